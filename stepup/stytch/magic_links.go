// Calls that send a login link by email and check the token in it.

package stytch

import (
	"cmp"
	"context"
	"net/http"
)

// LoginOrSignupByEmailRequest is the body of POST
// /v1/b2b/magic_links/email/login_or_signup.
type LoginOrSignupByEmailRequest struct {
	OrganizationID string `json:"organization_id"` // required; an id, slug or external id
	EmailAddress   string `json:"email_address"`   // required

	// LoginRedirectURL and SignupRedirectURL are where the links in the two
	// kinds of message lead: to the handler that calls AuthenticateMagicLink.
	// "" = the default of the project; without one the service refuses the
	// call.
	LoginRedirectURL  string `json:"login_redirect_url,omitempty"`
	SignupRedirectURL string `json:"signup_redirect_url,omitempty"`

	// PKCECodeChallenge is the SHA-256 of a verifier, in base64url (RFC 7636,
	// S256). The link then works only with the verifier. "" = no PKCE.
	PKCECodeChallenge string `json:"pkce_code_challenge,omitempty"`

	// LoginTemplateID and SignupTemplateID are the looks of the two kinds of
	// message. "" = the default of the project.
	LoginTemplateID  string `json:"login_template_id,omitempty"`
	SignupTemplateID string `json:"signup_template_id,omitempty"`

	// Locale is the language of the message: en, es, pt-br, fr and others.
	// "" = en.
	Locale string `json:"locale,omitempty"`

	// LoginExpirationMinutes and SignupExpirationMinutes are how long the
	// links in the two kinds of message work, 5 to 10080 (a week). 0 = omitted:
	// the service uses 60.
	LoginExpirationMinutes  int `json:"login_expiration_minutes,omitempty"`
	SignupExpirationMinutes int `json:"signup_expiration_minutes,omitempty"`
}

// LoginOrSignupByEmailResponse is the answer to a
// [LoginOrSignupByEmailRequest].
type LoginOrSignupByEmailResponse struct {
	RequestID     string       `json:"request_id"`
	StatusCode    int          `json:"status_code"`
	MemberID      string       `json:"member_id"`
	MemberCreated bool         `json:"member_created"` // there was no such member before
	Member        Member       `json:"member"`
	Organization  Organization `json:"organization"`
}

// AuthenticateMagicLinkRequest is the body of POST
// /v1/b2b/magic_links/authenticate.
type AuthenticateMagicLinkRequest struct {
	// MagicLinksToken is the one in the query of the link. Required.
	MagicLinksToken string `json:"magic_links_token"`

	// PKCECodeVerifier is what the challenge was made of. "" = the link was
	// requested without PKCE.
	PKCECodeVerifier string `json:"pkce_code_verifier,omitempty"`

	// At most one of these may be set. An intermediate session token gets the
	// factor added. With a session token or JWT of the member, no second
	// factor is asked for; that the session must hold one is documented only
	// for email codes. The service ignores a session of another member. All
	// "" = a new login.
	IntermediateSessionToken string `json:"intermediate_session_token,omitempty"`
	SessionToken             string `json:"session_token,omitempty"`
	SessionJWT               string `json:"session_jwt,omitempty"`

	// SessionDurationMinutes makes the session end this many minutes from
	// now, 5 to 527040 (366 days). The service ignores it if a factor is
	// missing. 0 = omitted: the service then uses 60.
	SessionDurationMinutes int `json:"session_duration_minutes,omitempty"`

	// SessionCustomClaims are merged into the session's claims, as in an
	// [AuthenticateSMSRequest]. The service ignores them if a factor is
	// missing. Empty = unchanged.
	SessionCustomClaims map[string]any `json:"session_custom_claims,omitempty"`

	// Locale is the language of the message that the service sends by itself
	// if the member has to show a second factor and has a phone number. "" = en.
	Locale string `json:"locale,omitempty"`

	// TelemetryID is a device fingerprint, which makes the answer include a
	// MemberDevice. "" = none.
	TelemetryID string `json:"telemetry_id,omitempty"`
}

// AuthenticateMagicLinkResponse is the answer to an
// [AuthenticateMagicLinkRequest]. fmt and log/slog print only its ids.
type AuthenticateMagicLinkResponse struct {
	PrimaryAuthenticated
	OrganizationID string `json:"organization_id"`
	MethodID       string `json:"method_id"`
	ResetSessions  bool   `json:"reset_sessions"`
}

// LoginOrSignupByEmail sends a link by email: to log in, or to sign up if the
// address belongs to no active member yet.
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, a
// message may be on its way.
func (c *Client) LoginOrSignupByEmail(ctx context.Context, req LoginOrSignupByEmailRequest) (*LoginOrSignupByEmailResponse, error) {
	const name = "magic_links/email/login_or_signup"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp LoginOrSignupByEmailResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/magic_links/email/login_or_signup", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

// AuthenticateMagicLink checks the token of a link, which can be used once. A
// pending or invited member becomes active. If a second factor is needed, the
// answer has an intermediate session token in place of a session, and the
// service may have sent a code already; see [MFARequired].
//
// Its errors are those of the package comment. Unless an error wraps
// [ErrRequest] or [ErrNotSent] or is an [*APIError] with a status of 4xx, the
// token may be used up.
func (c *Client) AuthenticateMagicLink(ctx context.Context, req AuthenticateMagicLinkRequest) (*AuthenticateMagicLinkResponse, error) {
	const name = "magic_links/authenticate"
	if err := req.check(); err != nil {
		return nil, refuse(name, err)
	}
	var resp AuthenticateMagicLinkResponse
	err := c.do(ctx, call{name, http.MethodPost, "/v1/b2b/magic_links/authenticate", req}, &resp)
	if err != nil {
		return nil, err
	}
	return &resp, nil
}

func (r LoginOrSignupByEmailRequest) check() error {
	return cmp.Or(
		requireID("OrganizationID", r.OrganizationID),
		requireID("EmailAddress", r.EmailAddress),
		checkMinutes("LoginExpirationMinutes", r.LoginExpirationMinutes, maxEmailMinutes),
		checkMinutes("SignupExpirationMinutes", r.SignupExpirationMinutes, maxEmailMinutes),
	)
}

func (r AuthenticateMagicLinkRequest) check() error {
	return cmp.Or(
		requireID("MagicLinksToken", r.MagicLinksToken),
		requireAtMostOne(sessionInputs, r.IntermediateSessionToken, r.SessionToken, r.SessionJWT),
		checkDuration(r.SessionDurationMinutes),
		checkClaims(r.SessionCustomClaims),
	)
}

func (r *LoginOrSignupByEmailResponse) missing() string {
	return missingMember(r.RequestID, r.MemberID, r.Member, r.Organization)
}
