// The endpoints that register an authenticator app: a new one, or one that the member
// has from another system. The routes call them through the pipeline.

package stytchtest

import (
	"net/http"
	"slices"
	"time"
)

const (
	minTOTPMinutes     = 5
	maxTOTPMinutes     = 1440
	defaultTOTPMinutes = 60
)

// createTOTPRequest has all parameters of the endpoint.
type createTOTPRequest struct {
	OrganizationID    string `json:"organization_id"`
	MemberID          string `json:"member_id"`
	ExpirationMinutes *int   `json:"expiration_minutes"`
	credentials
}

// life returns how long the registration may be pending.
func (req createTOTPRequest) life() (time.Duration, *apiError) {
	minutes := defaultTOTPMinutes
	if req.ExpirationMinutes != nil {
		minutes = *req.ExpirationMinutes
	}
	if minutes < minTOTPMinutes || minutes > maxTOTPMinutes {
		return 0, refuse("invalid_expiration")
	}
	return time.Duration(minutes) * time.Minute, nil
}

// totpAnswer is the answer of both endpoints.
type totpAnswer struct {
	memberAnswer
	TOTPRegistrationID string   `json:"totp_registration_id"`
	RecoveryCodes      []string `json:"recovery_codes"`
}

// newTOTPAnswer has the answer of create besides that of migrate.
type newTOTPAnswer struct {
	totpAnswer
	Secret string `json:"secret"`
	QRCode string `json:"qr_code"`
}

// createTOTP is POST /v1/b2b/totp.
// https://stytch.com/docs/api-reference/b2b/api/mfa/totp/create-totp
func (f mfa) createTOTP(r *http.Request, body []byte) (answer, *apiError) {
	var req createTOTPRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	life, err := req.life()
	if err != nil {
		return nil, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.findMember(req.OrganizationID, req.MemberID, "totp")
	if err != nil {
		return nil, err
	}
	if err := f.checkBypass(m, req.credentials, true); err != nil {
		return nil, err
	}
	now := f.state.clock.now()
	if err := checkNoTOTP(m, now); err != nil {
		return nil, err
	}
	m.totp = newTOTP(f.ids, now.Add(life))
	m.updated = now
	return &newTOTPAnswer{
		totpAnswer: f.totpAnswer(m),
		Secret:     totpSecretText(m.totp.secret),
		QRCode:     qrCode(),
	}, nil
}

// checkNoTOTP refuses a second registration. A pending one counts until it expires or
// is deleted: the error type exists, but whether the service would rather replace it
// is not documented.
func checkNoTOTP(m *member, now time.Time) *apiError {
	switch {
	case m.totp == nil || m.totp.expired(now):
		return nil
	case m.totp.active:
		return refuse("active_totp_exists")
	}
	return refuse("pending_totp_exists")
}

// totpAnswer is memberAnswer for the TOTP endpoints. state.mu must be held.
func (f mfa) totpAnswer(m *member) totpAnswer {
	return totpAnswer{
		memberAnswer:       *f.memberAnswer(m),
		TOTPRegistrationID: m.totp.id,
		RecoveryCodes:      m.totp.recovery.texts(),
	}
}

// migrateTOTPRequest has all parameters of the endpoint.
type migrateTOTPRequest struct {
	OrganizationID string   `json:"organization_id"`
	MemberID       string   `json:"member_id"`
	Secret         string   `json:"secret"`
	RecoveryCodes  []string `json:"recovery_codes"` // empty = ten new ones
}

// checkRecoveryCodes refuses codes of which one could never be used up.
func (req migrateTOTPRequest) checkRecoveryCodes() *apiError {
	for i, code := range req.RecoveryCodes {
		if code == "" || slices.Contains(req.RecoveryCodes[:i], code) {
			return refuse("invalid_recovery_code")
		}
	}
	return nil
}

// migrateTOTP is POST /v1/b2b/totp/migrate. The registration is active at once.
// https://stytch.com/docs/api-reference/b2b/api/mfa/totp/migrate-totp
func (f mfa) migrateTOTP(r *http.Request, body []byte) (answer, *apiError) {
	var req migrateTOTPRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	secret, err := parseTOTPSecret(req.Secret)
	if err != nil {
		return nil, err
	}
	if err := req.checkRecoveryCodes(); err != nil {
		return nil, err
	}
	f.state.mu.Lock()
	defer f.state.mu.Unlock()
	m, err := f.findMember(req.OrganizationID, req.MemberID, "totp")
	if err != nil {
		return nil, err
	}
	now := f.state.clock.now()
	if err := checkNoTOTP(m, now); err != nil {
		return nil, err
	}
	m.totp = newActiveTOTP(f.ids, secret)
	if len(req.RecoveryCodes) > 0 {
		m.totp.recovery = importRecoveryCodes(f.ids, req.RecoveryCodes)
	}
	m.updated = now
	out := f.totpAnswer(m)
	return &out, nil
}
