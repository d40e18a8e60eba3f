// The endpoint that sends a magic link to log in. The routes call it through the
// pipeline.

package stytchtest

import (
	"cmp"
	"net/http"
	"net/url"
	"time"
)

const (
	minLinkMinutes     = 5
	maxLinkMinutes     = 10080
	defaultLinkMinutes = 60
)

// defaultRedirectURL is that of a new project.
const defaultRedirectURL = "http://localhost:3000/authenticate"

// loginOrSignupRequest has all parameters of the endpoint. Those of a sign-up are
// checked but do nothing, as nobody can sign up.
type loginOrSignupRequest struct {
	OrganizationID          string `json:"organization_id"`
	EmailAddress            string `json:"email_address"`
	LoginRedirectURL        string `json:"login_redirect_url"`
	SignupRedirectURL       string `json:"signup_redirect_url"`
	PKCECodeChallenge       string `json:"pkce_code_challenge"`
	LoginTemplateID         string `json:"login_template_id"`
	SignupTemplateID        string `json:"signup_template_id"`
	Locale                  string `json:"locale"`
	LoginExpirationMinutes  *int   `json:"login_expiration_minutes"`
	SignupExpirationMinutes *int   `json:"signup_expiration_minutes"`
}

// check refuses mistakes that do not depend on the member.
func (req loginOrSignupRequest) check() *apiError {
	switch {
	case !validLocale(req.Locale):
		return refuse("invalid_locale")
	case !validRedirect(req.LoginRedirectURL):
		return refuse("invalid_login_redirect_url")
	case !validRedirect(req.SignupRedirectURL):
		return refuse("invalid_signup_redirect_url")
	case req.PKCECodeChallenge != "" && len(req.PKCECodeChallenge) != len(pkceChallenge("")):
		return refuse("invalid_pkce_code_challenge")
	case !validLinkMinutes(req.LoginExpirationMinutes), !validLinkMinutes(req.SignupExpirationMinutes):
		return refuseBecause("invalid_expiration", "The expiration must be between 5 and 10080 minutes.")
	}
	return nil
}

// loginOrSignupAnswer is the answer. No member is ever created: the organizations here
// do not allow just-in-time provisioning.
type loginOrSignupAnswer struct {
	memberAnswer
	MemberCreated bool `json:"member_created"`
}

// loginOrSignup is POST /v1/b2b/magic_links/email/login_or_signup.
// https://stytch.com/docs/api-reference/b2b/api/email-magic-links/send-login-or-signup-email
func (p primary) loginOrSignup(r *http.Request, body []byte) (answer, *apiError) {
	var req loginOrSignupRequest
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := req.check(); err != nil {
		return nil, err
	}
	p.state.mu.Lock()
	defer p.state.mu.Unlock()
	o, err := p.state.organizations.find(req.OrganizationID)
	if err != nil {
		return nil, err
	}
	if !validEmail(req.EmailAddress) {
		return nil, refuse("invalid_email")
	}
	m, err := p.state.members.findToLogIn(o, req.EmailAddress)
	if err != nil {
		return nil, refuse("email_jit_provisioning_not_allowed")
	}
	now := p.state.clock.now()
	if m.lock.locked(now) {
		return nil, refuse("user_lock_limit_reached")
	}
	p.state.magicLinks.add(req.link(m, now))
	return &loginOrSignupAnswer{memberAnswer: *p.memberAnswer(m)}, nil
}

// link makes the link that m receives.
func (req loginOrSignupRequest) link(m *member, now time.Time) *magicLink {
	minutes := defaultLinkMinutes
	if req.LoginExpirationMinutes != nil {
		minutes = *req.LoginExpirationMinutes
	}
	token := newToken()
	return &magicLink{
		Mail: Mail{
			MemberID:     m.id,
			EmailAddress: m.email.address,
			URL:          linkURL(cmp.Or(req.LoginRedirectURL, defaultRedirectURL), token),
			Token:        token,
			Locale:       cmp.Or(req.Locale, "en"),
			SentAt:       now,
		},
		member:    m,
		expires:   now.Add(time.Duration(minutes) * time.Minute),
		challenge: req.PKCECodeChallenge,
	}
}

// linkURL adds to the redirect URL what the service adds.
func linkURL(redirect, token string) string {
	link, err := url.Parse(redirect)
	if err != nil {
		panic(err) // validRedirect has parsed it
	}
	query := link.Query()
	query.Set("stytch_token_type", "multi_tenant_magic_links")
	query.Set("token", token)
	link.RawQuery = query.Encode()
	return link.String()
}

// validRedirect reports whether text is absent or a URL that a browser could open. The
// service allows only those that the project lists.
func validRedirect(text string) bool {
	link, err := url.Parse(text)
	return text == "" || err == nil && (link.Scheme == "http" || link.Scheme == "https") && link.Host != ""
}

func validLinkMinutes(minutes *int) bool {
	return minutes == nil || *minutes >= minLinkMinutes && *minutes <= maxLinkMinutes
}
