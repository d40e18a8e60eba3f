// The authentication factors of sessions and logins. Signing in and stepping up
// add one; answers and JWTs show them.

package stytchtest

import (
	"slices"
	"strings"
	"time"
)

// factor is one authentication factor of a session.
type factor struct {
	kind, method  string // type and delivery_method
	order         string // PRIMARY or SECONDARY
	key           string // name of the object with the details, "" = none
	detail        map[string]string
	authenticated time.Time // last_authenticated_at
	created       time.Time
	updated       time.Time
}

// newFactor makes a factor of m that was proved at the given time. It accepts pairs
// that the service does not know, since a test may ask whether they count.
func newFactor(ids idSource, m *member, kind, method string, at time.Time) *factor {
	f := &factor{
		kind: kind, method: method, order: "PRIMARY",
		authenticated: at, created: at, updated: at,
	}
	if secondary(kind, method) {
		f.order = "SECONDARY"
	}
	f.key, f.detail = factorDetail(ids, m, method)
	return f
}

// secondary reports whether a factor is a second factor. The service calls an
// email code email_otp, a primary factor; otp by email is treated the same.
func secondary(kind, method string) bool {
	switch kind {
	case "otp":
		return method != "email"
	case "totp", "recovery_codes":
		return true
	}
	return false
}

// factorDetail returns the object with the details of a factor, and its name. Both
// follow from the delivery method.
// https://stytch.com/docs/b2b/api/session-object
func factorDetail(ids idSource, m *member, method string) (key string, detail map[string]string) {
	switch method {
	case "email":
		return "email_factor", map[string]string{"email_id": m.email.id, "email_address": m.email.address}
	case "sms", "whatsapp":
		p := m.phone
		if p.number == "" { // it was deleted, but the factor stays
			p = phone{id: ids.next("phone-number"), number: "+12005550000"}
		}
		return "phone_number_factor", map[string]string{"phone_id": p.id, "phone_number": p.number}
	case "authenticator_app":
		id := m.totpID()
		if id == "" { // as with the phone
			id = ids.next("member-totp")
		}
		return "authenticator_app_factor", map[string]string{"totp_id": id}
	case "recovery_code":
		return "recovery_code_factor", map[string]string{"totp_recovery_code_id": ids.next("totp-recovery-code")}
	case "sso_saml", "sso_oidc":
		kind := strings.TrimPrefix(method, "sso_")
		return kind + "_sso_factor", map[string]string{
			"id": ids.next(kind + "-registration"), "provider_id": ids.next(kind + "-connection"), "external_id": "external-" + m.id,
		}
	case "impersonation":
		return "impersonated_factor", map[string]string{
			"impersonator_id": ids.next("impersonator"), "impersonator_email_address": "support@example.com",
		}
	case "trusted_token_exchange":
		return "trusted_auth_token_factor", map[string]string{"token_id": newUUID()}
	case "oauth_access_token_exchange":
		return "oauth_access_token_exchange_factor", map[string]string{"client_id": ids.next("connected-app")}
	}
	if provider, ok := strings.CutPrefix(method, "oauth_exchange_"); ok {
		return provider + "_oauth_exchange_factor", map[string]string{"email_id": m.email.id}
	}
	if provider, ok := strings.CutPrefix(method, "oauth_"); ok {
		return provider + "_oauth_factor", map[string]string{
			"id": ids.next("oauth-member"), "provider_subject": "subject-" + m.id, "email_id": m.email.id,
		}
	}
	return "", nil
}

// same reports whether f and g prove the same thing. Proving it again moves the
// timestamps of the factor instead of adding one.
func (f *factor) same(g *factor) bool {
	return f.kind == g.kind && f.method == g.method && f.key == g.key &&
		f.detail["phone_id"] == g.detail["phone_id"] &&
		f.detail["totp_id"] == g.detail["totp_id"] &&
		f.detail["totp_recovery_code_id"] == g.detail["totp_recovery_code_id"]
}

// hasOrder reports whether one of the factors is PRIMARY or SECONDARY, whichever is
// asked for.
func hasOrder(factors []*factor, order string) bool {
	return slices.ContainsFunc(factors, func(f *factor) bool { return f.order == order })
}

// withProved adds f to factors, or renews the factor that proves the same thing.
func withProved(factors []*factor, f *factor) []*factor {
	for _, held := range factors {
		if held.same(f) {
			held.authenticated, held.updated = f.authenticated, f.updated
			return factors
		}
	}
	return append(factors, f)
}

// copyFactors copies factors that are to live on in another session or login.
func copyFactors(factors []*factor) []*factor {
	var copies []*factor
	for _, f := range factors {
		copied := *f
		copies = append(copies, &copied)
	}
	return copies
}

// shift moves all three times: an older factor was also created earlier.
func (f *factor) shift(d time.Duration) {
	f.authenticated, f.created, f.updated = f.authenticated.Add(d), f.created.Add(d), f.updated.Add(d)
}

// json makes the AuthenticationFactor object, the same in answers and JWTs.
func (f *factor) json() map[string]any {
	object := map[string]any{
		"type":                  f.kind,
		"delivery_method":       f.method,
		"last_authenticated_at": wireTime(f.authenticated),
		"created_at":            wireTime(f.created),
		"updated_at":            wireTime(f.updated),
		"sequence_order":        f.order,
	}
	if f.key != "" {
		object[f.key] = f.detail
	}
	return object
}

// factorObjects makes the authentication_factors of a session or its JWT.
func factorObjects(factors []*factor) []map[string]any {
	objects := []map[string]any{}
	for _, f := range factors {
		objects = append(objects, f.json())
	}
	return objects
}
