package stytchtest_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

const (
	passwordPath        = "/v1/b2b/passwords/authenticate"
	mailPath            = "/v1/b2b/magic_links/email/login_or_signup"
	magicLinkPath       = "/v1/b2b/magic_links/authenticate"
	exchangePath        = "/v1/b2b/sessions/exchange"
	discoveryPath       = "/v1/b2b/discovery/organizations"
	exchangeLoginPath   = "/v1/b2b/discovery/intermediate_sessions/exchange"
	password            = "correct horse battery staple"
	requiredForAll      = "REQUIRED_FOR_ALL"
	defaultRedirect     = "http://localhost:3000/authenticate"
	intermediateSession = "intermediate_session_token"
)

// logIn authenticates the member by password. The pairs change the request, as in with.
func (f *fixture) logIn(pairs ...any) (int, object) {
	f.t.Helper()
	body := object{
		"organization_id": f.member.OrganizationID,
		"email_address":   f.member.EmailAddress,
		"password":        password,
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == nil {
			delete(body, pairs[i].(string))
		} else {
			body[pairs[i].(string)] = pairs[i+1]
		}
	}
	return f.post(passwordPath, body)
}

// mustLogIn is logIn for calls that succeed.
func (f *fixture) mustLogIn(pairs ...any) object {
	f.t.Helper()
	status, answer := f.logIn(pairs...)
	if status != 200 {
		f.t.Fatalf("password authenticate: got %d %v", status, answer["error_type"])
	}
	return answer
}

// newLogin makes a member with a password, and an organization with the policy.
func newLogin(t *testing.T, policy string, opts ...stytchtest.MemberOption) *fixture {
	srv := stytchtest.NewUnstartedServer()
	o := srv.AddOrganization(stytchtest.Organization{MFAPolicy: policy})
	opts = append([]stytchtest.MemberOption{stytchtest.InOrganization(o), stytchtest.WithPassword(password)}, opts...)
	member := srv.AddMember(opts...)
	return &fixture{t, srv, member, srv.SignIn(member)}
}

// checkWaiting checks the answer to a primary authentication that needs more, and
// returns its intermediate session token.
func checkWaiting(t *testing.T, answer object) string {
	t.Helper()
	token, _ := answer[intermediateSession].(string)
	if answer["member_authenticated"] != false || answer["member_session"] != nil ||
		answer["session_token"] != "" || answer["session_jwt"] != "" || len(token) != 44 {
		t.Errorf("authenticated %v, session %v, tokens %q %q, intermediate token of %d characters", answer["member_authenticated"],
			answer["member_session"], answer["session_token"], answer["session_jwt"], len(token))
	}
	end := parse(t, answer["intermediate_session_token_expires_at"])
	if left := time.Until(end).Round(time.Minute); left != 10*time.Minute {
		t.Errorf("the intermediate session lives for %v, want 10m", left)
	}
	return token
}

// checkLoggedIn checks the answer to a primary authentication that was enough, and
// returns its session.
func checkLoggedIn(t *testing.T, answer object) object {
	t.Helper()
	session, ok := answer["member_session"].(object)
	if !ok || answer["member_authenticated"] != true || answer["session_token"] == "" || answer["session_jwt"] == "" ||
		answer[intermediateSession] != "" || answer["intermediate_session_token_expires_at"] != nil ||
		answer["mfa_required"] != nil || answer["primary_required"] != nil {
		t.Fatalf("got authenticated %v, session %v, mfa_required %v, primary_required %v",
			answer["member_authenticated"], answer["member_session"], answer["mfa_required"], answer["primary_required"])
	}
	return session
}

// kinds lists the types of the factors of a session.
func kinds(session object) []string {
	var found []string
	for _, f := range session["authentication_factors"].([]any) {
		found = append(found, f.(object)["type"].(string))
	}
	return found
}

func TestWhatAPrimaryAuthenticationLeadsTo(t *testing.T) {
	type opts = []stytchtest.MemberOption
	enrolled, app, noPhone := stytchtest.WithMFAEnrolled(), stytchtest.WithTOTP(), stytchtest.WithoutPhone()
	phone := stytchtest.WithPhone("+14155550150")
	tests := []struct {
		name    string
		policy  string
		methods []string
		opts    opts
		in      bool // a session at once
		options object
		sent    bool
	}{
		{name: "a member that is not enrolled is let in", opts: opts{phone}, in: true},
		{name: "an enrolled member is texted", opts: opts{phone, enrolled}, sent: true,
			options: object{"mfa_phone_number": "+14155550150", "totp_registration_id": ""}},
		{name: "the policy makes every member wait", policy: requiredForAll, opts: opts{phone}, sent: true,
			options: object{"mfa_phone_number": "+14155550150", "totp_registration_id": ""}},
		{name: "a member with nothing to give has to enroll", policy: requiredForAll, opts: opts{noPhone}},
		{name: "an authenticator app needs no text", opts: opts{noPhone, app, enrolled},
			options: object{"mfa_phone_number": "", "totp_registration_id": "ID"}},
		{name: "a member with both is texted by default", opts: opts{phone, app, enrolled}, sent: true,
			options: object{"mfa_phone_number": "+14155550150", "totp_registration_id": "ID"}},
		{name: "an unverified number is texted too", opts: opts{stytchtest.WithUnverifiedPhone("+14155550150"), enrolled}, sent: true,
			options: object{"mfa_phone_number": "+14155550150", "totp_registration_id": ""}},
		{name: "an organization without SMS sends no text", methods: []string{"totp"}, opts: opts{phone, enrolled},
			options: object{"mfa_phone_number": "+14155550150", "totp_registration_id": ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := stytchtest.NewUnstartedServer()
			o := srv.AddOrganization(stytchtest.Organization{MFAPolicy: tt.policy, MFAMethods: tt.methods})
			member := srv.AddMember(append(tt.opts, stytchtest.InOrganization(o), stytchtest.WithPassword(password))...)
			f := &fixture{t: t, srv: srv, member: member}
			answer := f.mustLogIn("locale", "es")
			if tt.in {
				session := checkLoggedIn(t, answer)
				if got := kinds(session); !slices.Equal(got, []string{"password"}) {
					t.Errorf("got the factors %v", got)
				}
			} else {
				checkWaiting(t, answer)
				required := answer["mfa_required"].(object)
				checkKeys(t, "mfa_required", required, "member_options", "secondary_auth_initiated")
				if answer["primary_required"] != nil {
					t.Errorf("primary_required: got %v", answer["primary_required"])
				}
				if (required["secondary_auth_initiated"] == "sms_otp") != tt.sent {
					t.Errorf("secondary_auth_initiated: got %v", required["secondary_auth_initiated"])
				}
				checkOptions(t, required["member_options"], tt.options, member.TOTPRegistrationID)
			}
			messages := srv.Messages(member.ID)
			if (len(messages) == 1) != tt.sent || tt.sent && messages[0].Locale != "es" {
				t.Errorf("got the messages %v", messages)
			}
		})
	}
}

func checkOptions(t *testing.T, got any, want object, registrationID string) {
	t.Helper()
	options, ok := got.(object)
	if !ok || want == nil {
		if got != nil || want != nil {
			t.Errorf("member_options: got %v, want %v", got, want)
		}
		return
	}
	checkKeys(t, "member_options", options, "mfa_phone_number", "totp_registration_id")
	for name, value := range want {
		if value == "ID" {
			value = registrationID
		}
		if options[name] != value {
			t.Errorf("%s: got %v, want %v", name, options[name], value)
		}
	}
}

func TestALoginByPasswordAndCode(t *testing.T) {
	f := newLogin(t, requiredForAll)
	answer := f.mustLogIn("session_duration_minutes", 5, "session_custom_claims", object{"plan": "free"})
	token := checkWaiting(t, answer)
	second := []any{"session_jwt", nil, intermediateSession, token}

	status, answer := f.post(authenticatePath, f.with(append(second, "code", f.srv.LastCode(f.member))...))
	if status != 200 {
		t.Fatalf("the code that was sent by itself: got %d %v", status, answer["error_type"])
	}
	session := answer["member_session"].(object)
	if got := kinds(session); !slices.Equal(got, []string{"password", "otp"}) {
		t.Errorf("got the factors %v", got)
	}
	if left := time.Until(parse(t, session["expires_at"])).Round(time.Minute); left != time.Hour || len(session["custom_claims"].(object)) != 0 {
		t.Errorf("duration and claims of the first step count: %v, %v", left, session["custom_claims"])
	}
	if f.srv.Member(f.member.ID).MFAEnrolled != true {
		t.Error("the policy did not enroll the member")
	}
	status, answer = f.post(sendPath, f.with(second...))
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")
}

func TestASessionFromBeforeMayStandForTheSecondFactor(t *testing.T) {
	tests := []struct {
		name   string
		signIn []stytchtest.SignInOption
		pairs  func(f *fixture) []any
		in     bool
		same   bool // the session from before goes on
	}{
		{"a session with a second factor", []stytchtest.SignInOption{stytchtest.WithFactor("otp", "sms", time.Minute)},
			func(f *fixture) []any { return []any{"session_jwt", f.session.JWT} }, true, true},
		{"by its token", []stytchtest.SignInOption{stytchtest.WithFactor("otp", "sms", time.Minute)},
			func(f *fixture) []any { return []any{"session_token", f.session.Token} }, true, true},
		{"a session without one", nil,
			func(f *fixture) []any { return []any{"session_jwt", f.session.JWT} }, false, false},
		{"the session of another member is ignored", nil, func(f *fixture) []any {
			other := f.srv.SignIn(f.srv.AddMember(), stytchtest.WithFactor("otp", "sms", time.Minute))
			return []any{"session_jwt", other.JWT}
		}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newLogin(t, requiredForAll)
			f.session = f.srv.SignIn(f.member, tt.signIn...)
			answer := f.mustLogIn(append(tt.pairs(f), "session_duration_minutes", 30)...)
			if !tt.in {
				checkWaiting(t, answer)
				if n := len(f.sessionFactors()); n != 1 {
					t.Errorf("the session from before has %d factors, want 1 as before", n)
				}
				return
			}
			session := checkLoggedIn(t, answer)
			if (session["member_session_id"] == f.session.ID) != tt.same || !slices.Equal(kinds(session), []string{"magic_link", "otp", "password"}) {
				t.Errorf("got %v with %v", session["member_session_id"], kinds(session))
			}
		})
	}
}

func TestAPrimaryFactorMayJoinAnIntermediateSession(t *testing.T) {
	f := newLogin(t, requiredForAll)
	token := f.srv.StartLogin(f.member)
	f.srv.Advance(time.Minute)
	_, answer := f.logIn(intermediateSession, token)
	if answer[intermediateSession] != token || answer["member_authenticated"] != false {
		t.Errorf("got authenticated %v, another token: %v", answer["member_authenticated"], answer[intermediateSession] != token)
	}
	if left := time.Until(parse(t, answer["intermediate_session_token_expires_at"])).Round(time.Minute); left != 9*time.Minute {
		t.Errorf("the token lives for %v, want 9m as before", left)
	}
	_, answer = f.post(authenticatePath, f.with("session_jwt", nil, intermediateSession, token, "code", f.srv.LastCode(f.member)))
	if got := kinds(answer["member_session"].(object)); !slices.Equal(got, []string{"magic_link", "password", "otp"}) {
		t.Errorf("got the factors %v", got)
	}

	free := newLogin(t, "")
	token = free.srv.StartLogin(free.member)
	session := checkLoggedIn(t, free.mustLogIn(intermediateSession, token))
	if got := kinds(session); !slices.Equal(got, []string{"magic_link", "password"}) {
		t.Errorf("where no second factor is needed: got the factors %v", got)
	}
	status, answer := free.logIn(intermediateSession, token)
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")
}

func TestAuthenticatePasswordRefuses(t *testing.T) {
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		before func(f *fixture)
		pairs  func(f *fixture) []any
		status int
		kind   string
	}{
		{name: "an unknown field", pairs: func(*fixture) []any { return []any{"member_id", "x"} },
			status: 400, kind: "bad_request"},
		{name: "no organization", pairs: func(*fixture) []any { return []any{"organization_id", nil} },
			status: 400, kind: "invalid_organization_id"},
		{name: "an unknown organization", pairs: func(*fixture) []any { return []any{"organization_id", "organization-test-x"} },
			status: 404, kind: "organization_not_found"},
		{name: "an unknown email", pairs: func(*fixture) []any { return []any{"email_address", "x@example.com"} },
			status: 404, kind: "email_not_found"},
		{name: "a wrong password", pairs: func(*fixture) []any { return []any{"password", "x"} },
			status: 401, kind: "unauthorized_credentials"},
		{name: "no password", pairs: func(*fixture) []any { return []any{"password", nil} },
			status: 401, kind: "unauthorized_credentials"},
		{name: "a member without a password", opts: []stytchtest.MemberOption{stytchtest.WithPassword("")},
			status: 404, kind: "member_password_not_found"},
		{name: "a member that is not active", opts: []stytchtest.MemberOption{stytchtest.WithStatus("invited")},
			status: 400, kind: "action_available_only_for_active_members"},
		{name: "a deleted member", before: func(f *fixture) { f.srv.DeleteMember(f.member) },
			status: 404, kind: "email_not_found"},
		{name: "a locked member", before: func(f *fixture) { f.srv.LockMember(f.member) },
			status: 429, kind: "user_lock_limit_reached"},
		{name: "an unknown locale", pairs: func(*fixture) []any { return []any{"locale", "de"} },
			status: 400, kind: "invalid_locale"},
		{name: "a duration out of range", pairs: func(*fixture) []any { return []any{"session_duration_minutes", 4} },
			status: 400, kind: "invalid_session_duration_minutes"},
		{name: "custom claims over 4 KiB", pairs: func(*fixture) []any {
			return []any{"session_custom_claims", object{"a": strings.Repeat("x", 4096)}}
		}, status: 400, kind: "custom_claims_too_large"},
		{name: "two session arguments", pairs: func(f *fixture) []any {
			return []any{"session_token", f.session.Token, "session_jwt", f.session.JWT}
		}, status: 400, kind: "too_many_session_arguments"},
		{name: "a session that was revoked", before: func(f *fixture) { f.srv.Revoke(f.session.ID) },
			pairs:  func(f *fixture) []any { return []any{"session_jwt", f.session.JWT} },
			status: 404, kind: "session_not_found"},
		{name: "an unknown intermediate session", pairs: func(*fixture) []any { return []any{intermediateSession, "none"} },
			status: 404, kind: "intermediate_session_not_found"},
		{name: "the intermediate session of another member", pairs: func(f *fixture) []any {
			o := &stytchtest.Organization{ID: f.member.OrganizationID}
			return []any{intermediateSession, f.srv.StartLogin(f.srv.AddMember(stytchtest.InOrganization(o)))}
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "the intermediate session of another organization", pairs: func(f *fixture) []any {
			return []any{intermediateSession, f.srv.StartLogin(f.srv.AddMember())}
		}, status: 400, kind: "invalid_intermediate_session_token_for_organization"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newLogin(t, requiredForAll, tt.opts...)
			if tt.before != nil {
				tt.before(f)
			}
			var pairs []any
			if tt.pairs != nil {
				pairs = tt.pairs(f)
			}
			status, answer := f.logIn(pairs...)
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if n := len(f.srv.Messages("")); n != 0 {
				t.Errorf("%d messages were sent", n)
			}
		})
	}
}

func TestWrongPasswordsCountTowardTheLock(t *testing.T) {
	f := newLogin(t, requiredForAll)
	fail := func(n int) {
		t.Helper()
		for range n {
			f.logIn("password", "x")
		}
	}
	fail(5)
	f.mustLogIn() // a first factor alone resets nothing
	fail(5)
	status, answer := f.logIn()
	checkRefusal(t, status, answer, 429, "user_lock_limit_reached")
	status, answer = f.post(sendPath, f.with())
	checkRefusal(t, status, answer, 429, "user_lock_limit_reached")

	free := newLogin(t, "")
	for range 2 {
		for range 9 {
			free.logIn("password", "x")
		}
		free.mustLogIn() // a login does
	}
}

// mail has a magic link sent and returns it.
func (f *fixture) mail(pairs ...any) stytchtest.Mail {
	f.t.Helper()
	body := object{"organization_id": f.member.OrganizationID, "email_address": f.member.EmailAddress}
	for i := 0; i < len(pairs); i += 2 {
		body[pairs[i].(string)] = pairs[i+1]
	}
	status, answer := f.post(mailPath, body)
	if status != 200 || answer["member_created"] != false || answer["member_id"] != f.member.ID {
		f.t.Fatalf("login_or_signup: got %d %v", status, answer)
	}
	mails := f.srv.Mails(f.member.ID)
	return mails[len(mails)-1]
}

func TestAMagicLink(t *testing.T) {
	f := newLogin(t, "", stytchtest.WithEmail("Ada@example.com"))
	if n := len(f.srv.Mails("")); n != 0 {
		t.Fatalf("there are %d mails", n)
	}
	mail := f.mail("email_address", "ada@EXAMPLE.com", "locale", "fr", "login_redirect_url", "https://app.example.com/login?next=%2F")
	link, err := url.Parse(mail.URL)
	if err != nil {
		t.Fatal(err)
	}
	query := link.Query()
	if link.Host != "app.example.com" || query.Get("next") != "/" || query.Get("token") != mail.Token ||
		query.Get("stytch_token_type") != "multi_tenant_magic_links" {
		t.Errorf("the link is %s", mail.URL)
	}
	if mail.EmailAddress != "Ada@example.com" || mail.Locale != "fr" || mail.MemberID != f.member.ID || len(mail.Token) != 44 {
		t.Errorf("got %+v", mail)
	}
	if other := f.srv.AddMember(); len(f.srv.Mails(other.ID)) != 0 {
		t.Error("another member got the mail too")
	}
	status, answer := f.post(magicLinkPath, object{"magic_links_token": mail.Token, "session_duration_minutes": 30,
		"session_custom_claims": object{"plan": "pro"}, "telemetry_id": "t"})
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	session := checkLoggedIn(t, answer)
	if !slices.Equal(kinds(session), []string{"magic_link"}) || session["custom_claims"].(object)["plan"] != "pro" || answer["member_device"] == nil {
		t.Errorf("got %v, device %v", session, answer["member_device"])
	}
	if left := time.Until(parse(t, session["expires_at"])).Round(time.Minute); left != 30*time.Minute {
		t.Errorf("the session lives for %v, want 30m", left)
	}
	if answer["reset_sessions"] != false || !strings.HasPrefix(answer["method_id"].(string), "email-test-") {
		t.Errorf("reset_sessions %v, method_id %v", answer["reset_sessions"], answer["method_id"])
	}
	if got := f.mail().URL; !strings.HasPrefix(got, defaultRedirect+"?") {
		t.Errorf("without a redirect URL: the link is %s", got)
	}
}

func TestAMagicLinkAcceptsAnInvitation(t *testing.T) {
	f := newLogin(t, requiredForAll, stytchtest.WithStatus("invited"))
	_, answer := f.post(magicLinkPath, object{"magic_links_token": f.mail().Token})
	token := checkWaiting(t, answer)
	if got := answer["member"].(object)["status"]; got != "active" {
		t.Errorf("the member is %v", got)
	}
	status, answer := f.post(authenticatePath, f.with("session_jwt", nil, intermediateSession, token, "code", f.srv.LastCode(f.member)))
	if status != 200 {
		t.Errorf("the second factor: got %d %v", status, answer["error_type"])
	}
}

func TestLoginOrSignupRefuses(t *testing.T) {
	tests := []struct {
		name   string
		before func(f *fixture)
		pairs  []any
		status int
		kind   string
	}{
		{name: "an unknown field", pairs: []any{"member_id", "x"}, status: 400, kind: "bad_request"},
		{name: "an unknown organization", pairs: []any{"organization_id", "x"}, status: 404, kind: "organization_not_found"},
		{name: "no email address", pairs: []any{"email_address", "ada"}, status: 400, kind: "invalid_email"},
		{name: "a stranger", pairs: []any{"email_address", "x@example.com"}, status: 400, kind: "email_jit_provisioning_not_allowed"},
		{name: "a deleted member", before: func(f *fixture) { f.srv.DeleteMember(f.member) }, status: 400, kind: "email_jit_provisioning_not_allowed"},
		{name: "a locked member", before: func(f *fixture) { f.srv.LockMember(f.member) }, status: 429, kind: "user_lock_limit_reached"},
		{name: "an unknown locale", pairs: []any{"locale", "de"}, status: 400, kind: "invalid_locale"},
		{name: "a relative redirect URL", pairs: []any{"login_redirect_url", "/login"}, status: 400, kind: "invalid_login_redirect_url"},
		{name: "a redirect URL that is a script", pairs: []any{"signup_redirect_url", "javascript:alert(1)"}, status: 400, kind: "invalid_signup_redirect_url"},
		{name: "a link that lives for four minutes", pairs: []any{"login_expiration_minutes", 4}, status: 400, kind: "invalid_expiration"},
		{name: "a link that lives for over a week", pairs: []any{"signup_expiration_minutes", 10081}, status: 400, kind: "invalid_expiration"},
		{name: "a short code challenge", pairs: []any{"pkce_code_challenge", "x"}, status: 400, kind: "invalid_pkce_code_challenge"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newLogin(t, "")
			if tt.before != nil {
				tt.before(f)
			}
			body := object{"organization_id": f.member.OrganizationID, "email_address": f.member.EmailAddress}
			for i := 0; i < len(tt.pairs); i += 2 {
				body[tt.pairs[i].(string)] = tt.pairs[i+1]
			}
			status, answer := f.post(mailPath, body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if n := len(f.srv.Mails("")); n != 0 {
				t.Errorf("%d mails were sent", n)
			}
		})
	}
}

func TestAuthenticateMagicLinkRefuses(t *testing.T) {
	// The verifier and challenge of RFC 7636, appendix B.
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	tests := []struct {
		name   string
		mail   []any
		before func(f *fixture, token string)
		pairs  func(f *fixture) []any
		status int
		kind   string
		spent  bool
	}{
		{name: "an unknown token", pairs: func(*fixture) []any { return []any{"magic_links_token", "none"} },
			status: 404, kind: "magic_link_not_found"},
		{name: "an unknown field", pairs: func(*fixture) []any { return []any{"token", "none"} },
			status: 400, kind: "bad_request"},
		{name: "a link that was used", before: func(f *fixture, token string) { f.post(magicLinkPath, object{"magic_links_token": token}) },
			status: 401, kind: "unable_to_auth_magic_link", spent: true},
		{name: "a link that is an hour old", before: func(f *fixture, _ string) { f.srv.Advance(time.Hour) },
			status: 401, kind: "unable_to_auth_magic_link", spent: true},
		{name: "a link that lived for five minutes", mail: []any{"login_expiration_minutes", 5},
			before: func(f *fixture, _ string) { f.srv.Advance(5 * time.Minute) },
			status: 401, kind: "unable_to_auth_magic_link", spent: true},
		{name: "the link of a deleted member", before: func(f *fixture, _ string) { f.srv.DeleteMember(f.member) },
			status: 404, kind: "magic_link_not_found", spent: true},
		{name: "no verifier", mail: []any{"pkce_code_challenge", challenge},
			status: 400, kind: "pkce_expected_code_verifier"},
		{name: "another verifier", mail: []any{"pkce_code_challenge", challenge},
			pairs:  func(*fixture) []any { return []any{"pkce_code_verifier", verifier + "x"} },
			status: 400, kind: "pkce_mismatch"},
		{name: "a verifier without a challenge", pairs: func(*fixture) []any { return []any{"pkce_code_verifier", verifier} },
			status: 400, kind: "pkce_did_not_expect_code_verifier"},
		{name: "a locked member", before: func(f *fixture, _ string) { f.srv.LockMember(f.member) },
			status: 429, kind: "user_lock_limit_reached", spent: true},
		{name: "two session arguments", pairs: func(f *fixture) []any {
			return []any{"session_token", f.session.Token, "session_jwt", f.session.JWT}
		}, status: 400, kind: "too_many_session_arguments"},
		{name: "an unknown session", pairs: func(*fixture) []any { return []any{"session_token", "none"} },
			status: 404, kind: "session_not_found"},
		{name: "an unknown intermediate session", pairs: func(*fixture) []any { return []any{intermediateSession, "none"} },
			status: 404, kind: "intermediate_session_not_found"},
		{name: "an unknown locale", pairs: func(*fixture) []any { return []any{"locale", "de"} },
			status: 400, kind: "invalid_locale"},
		{name: "a duration out of range", pairs: func(*fixture) []any { return []any{"session_duration_minutes", 4} },
			status: 400, kind: "invalid_session_duration_minutes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newLogin(t, "")
			token := f.mail(tt.mail...).Token
			if tt.before != nil {
				tt.before(f, token)
			}
			body := object{"magic_links_token": token}
			if tt.pairs != nil {
				pairs := tt.pairs(f)
				for i := 0; i < len(pairs); i += 2 {
					body[pairs[i].(string)] = pairs[i+1]
				}
			}
			status, answer := f.post(magicLinkPath, body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if tt.spent {
				return
			}
			// Nothing else was wrong: the link still works.
			retry := object{"magic_links_token": token}
			if tt.mail != nil {
				retry["pkce_code_verifier"] = verifier
			}
			if status, answer := f.post(magicLinkPath, retry); status != 200 {
				t.Errorf("the link afterward: got %d %v, want 200", status, answer["error_type"])
			}
		})
	}
}

// twin adds a member with the same email address in another organization.
func (f *fixture) twin(o stytchtest.Organization, opts ...stytchtest.MemberOption) *stytchtest.Member {
	added := f.srv.AddOrganization(o)
	return f.srv.AddMember(append([]stytchtest.MemberOption{stytchtest.InOrganization(added), stytchtest.WithEmail(f.member.EmailAddress)}, opts...)...)
}

func TestExchangeSession(t *testing.T) {
	type factors = []stytchtest.SignInOption
	magicLink, sms := stytchtest.WithFactor("magic_link", "email", 20*time.Minute), stytchtest.WithFactor("otp", "sms", time.Minute)
	tests := []struct {
		name    string
		policy  string
		twin    []stytchtest.MemberOption
		signIn  factors
		kinds   []string // of the new session; nil = it waits
		primary bool     // for a primary factor
	}{
		{name: "a magic link goes along", signIn: factors{magicLink}, kinds: []string{"magic_link"}},
		{name: "a password does not", signIn: factors{stytchtest.WithFactor("password", "knowledge", 0)}, primary: true},
		{name: "SSO does not", signIn: factors{stytchtest.WithFactor("sso", "sso_saml", 0)}, primary: true},
		{name: "OAuth goes along", signIn: factors{stytchtest.WithFactor("oauth", "oauth_google", 0)}, kinds: []string{"oauth"}},
		{name: "a code to another number does not", policy: requiredForAll, signIn: factors{magicLink, sms}},
		{name: "a code to the same number goes along", policy: requiredForAll, signIn: factors{magicLink, sms},
			twin: []stytchtest.MemberOption{stytchtest.WithPhone("+14155550160")}, kinds: []string{"magic_link", "otp"}},
		{name: "a code to a number that is not verified there does not", policy: requiredForAll, signIn: factors{magicLink, sms},
			twin: []stytchtest.MemberOption{stytchtest.WithUnverifiedPhone("+14155550160")}},
		{name: "an authenticator app does not", policy: requiredForAll,
			signIn: factors{magicLink, stytchtest.WithFactor("totp", "authenticator_app", 0)}, twin: []stytchtest.MemberOption{stytchtest.WithTOTP()}},
		{name: "an invitation is accepted", signIn: factors{magicLink}, kinds: []string{"magic_link"},
			twin: []stytchtest.MemberOption{stytchtest.WithStatus("invited")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, stytchtest.WithPhone("+14155550160"))
			f.session = f.srv.SignIn(f.member, tt.signIn...)
			twin := f.twin(stytchtest.Organization{MFAPolicy: tt.policy}, tt.twin...)
			status, answer := f.post(exchangePath, object{"organization_id": twin.OrganizationID, "session_jwt": f.session.JWT})
			if status != 200 || answer["member_id"] != twin.ID {
				t.Fatalf("got %d %v for member %v", status, answer["error_type"], answer["member_id"])
			}
			if n := len(f.sessionFactors()); n != len(tt.signIn) {
				t.Errorf("the first session has %d factors", n)
			}
			if tt.kinds == nil {
				checkWaiting(t, answer)
				if (answer["primary_required"] != nil) != tt.primary || (answer["mfa_required"] != nil) == tt.primary {
					t.Errorf("primary_required %v, mfa_required %v", answer["primary_required"], answer["mfa_required"])
				}
				return
			}
			session := checkLoggedIn(t, answer)
			if !slices.Equal(kinds(session), tt.kinds) || session["organization_id"] != twin.OrganizationID {
				t.Errorf("got %v in %v", kinds(session), session["organization_id"])
			}
			if got := f.srv.Member(twin.ID).Status; got != "active" {
				t.Errorf("the member is %s", got)
			}
			if tt.name == "a magic link goes along" {
				first := session["authentication_factors"].([]any)[0].(object)
				if age := time.Since(parse(t, first["last_authenticated_at"])).Round(time.Minute); age != 20*time.Minute {
					t.Errorf("the factor is %v old, want 20m as before", age)
				}
			}
		})
	}
}

func TestAnExchangeMayNeedAPrimaryFactorFirst(t *testing.T) {
	f := newFixture(t)
	f.session = f.srv.SignIn(f.member, stytchtest.WithFactor("password", "knowledge", 0))
	twin := f.twin(stytchtest.Organization{MFAPolicy: requiredForAll}, stytchtest.WithPassword(password))
	_, answer := f.post(exchangePath, object{"organization_id": twin.OrganizationID, "session_token": f.session.Token})
	token := checkWaiting(t, answer)
	methods := answer["primary_required"].(object)
	checkKeys(t, "primary_required", methods, "allowed_auth_methods")
	if got := methods["allowed_auth_methods"].([]any); !slices.Contains(got, any("password")) {
		t.Errorf("allowed_auth_methods: got %v", got)
	}

	there := &fixture{t: t, srv: f.srv, member: twin, session: f.session}
	for _, path := range []string{sendPath, authenticatePath} {
		body := there.with("session_jwt", nil, intermediateSession, token)
		if path == authenticatePath {
			body["code"] = wrong
		}
		status, answer := there.post(path, body)
		checkRefusal(t, status, answer, 400, "action_available_only_once_primary_authentication_is_met")
	}
	answer = there.mustLogIn(intermediateSession, token)
	if answer[intermediateSession] != token || answer["primary_required"] != nil || answer["mfa_required"] == nil {
		t.Errorf("after the password: primary_required %v, mfa_required %v", answer["primary_required"], answer["mfa_required"])
	}
	status, answer := there.post(authenticatePath, there.with("session_jwt", nil, intermediateSession, token, "code", f.srv.LastCode(twin)))
	if status != 200 || !slices.Equal(kinds(answer["member_session"].(object)), []string{"password", "otp"}) {
		t.Errorf("the second factor: got %d %v", status, answer["error_type"])
	}
}

func TestExchangeSessionRefuses(t *testing.T) {
	f := newFixture(t)
	twin := f.twin(stytchtest.Organization{})
	locked := f.twin(stytchtest.Organization{})
	f.srv.LockMember(locked)
	deleted := f.twin(stytchtest.Organization{})
	f.srv.DeleteMember(deleted)
	foreign := f.srv.AddOrganization(stytchtest.Organization{})
	jwt, token := f.session.JWT, f.session.Token
	for _, tt := range []struct {
		name   string
		body   object
		status int
		kind   string
	}{
		{"no session", object{"organization_id": twin.OrganizationID}, 400, "no_session_arguments"},
		{"two sessions", object{"organization_id": twin.OrganizationID, "session_jwt": jwt, "session_token": token}, 400, "too_many_session_arguments"},
		{"an intermediate session", object{"organization_id": twin.OrganizationID, intermediateSession: "x"}, 400, "bad_request"},
		{"an unknown session", object{"organization_id": twin.OrganizationID, "session_token": "x"}, 404, "session_not_found"},
		{"no organization", object{"session_jwt": jwt}, 400, "invalid_organization_id"},
		{"an unknown organization", object{"organization_id": "x", "session_jwt": jwt}, 404, "organization_not_found"},
		{"an organization without this person", object{"organization_id": foreign.ID, "session_jwt": jwt}, 404, "member_not_found"},
		{"an organization that has deleted this person", object{"organization_id": deleted.OrganizationID, "session_jwt": jwt}, 404, "member_not_found"},
		{"an organization that has locked this person", object{"organization_id": locked.OrganizationID, "session_jwt": jwt}, 429, "user_lock_limit_reached"},
		{"an unknown locale", object{"organization_id": twin.OrganizationID, "session_jwt": jwt, "locale": "x"}, 400, "invalid_locale"},
		{"a duration out of range", object{"organization_id": twin.OrganizationID, "session_jwt": jwt, "session_duration_minutes": 4}, 400, "invalid_session_duration_minutes"},
		{"a claim in Stytch's namespace", object{"organization_id": twin.OrganizationID, "session_jwt": jwt,
			"session_custom_claims": object{"https://stytch.com/x": 1}}, 400, "stytch_claims_in_custom_claims"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := f.post(exchangePath, tt.body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

func TestExchangeLogin(t *testing.T) {
	f := newFixture(t)
	free := f.twin(stytchtest.Organization{}, stytchtest.WithStatus("pending"))
	strict := f.twin(stytchtest.Organization{MFAPolicy: requiredForAll})
	token := f.srv.StartLogin(f.member)

	_, answer := f.post(exchangeLoginPath, object{intermediateSession: token, "organization_id": strict.OrganizationID, "locale": "it"})
	if got := checkWaiting(t, answer); got != token {
		t.Error("the answer has another token")
	}
	if messages := f.srv.Messages(strict.ID); len(messages) != 1 || messages[0].Locale != "it" {
		t.Errorf("got the messages %v", messages)
	}
	status, answer := f.post(sendPath, f.with("session_jwt", nil, intermediateSession, token))
	checkRefusal(t, status, answer, 400, "invalid_intermediate_session_token_for_organization")

	status, answer = f.post(exchangeLoginPath, object{intermediateSession: token, "organization_id": free.OrganizationID, "session_duration_minutes": 5})
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	session := checkLoggedIn(t, answer)
	if session["member_id"] != free.ID || !slices.Equal(kinds(session), []string{"magic_link"}) || f.srv.Member(free.ID).Status != "active" {
		t.Errorf("got %v, and the member is %s", session, f.srv.Member(free.ID).Status)
	}
	status, answer = f.post(exchangeLoginPath, object{intermediateSession: token, "organization_id": free.OrganizationID})
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")
}

func TestDiscoveryRefuses(t *testing.T) {
	f := newFixture(t)
	twin := f.twin(stytchtest.Organization{})
	locked := f.twin(stytchtest.Organization{})
	f.srv.LockMember(locked)
	foreign := f.srv.AddOrganization(stytchtest.Organization{})
	strict := f.twin(stytchtest.Organization{MFAPolicy: requiredForAll}, stytchtest.WithPassword(password))
	byPassword := (&fixture{t: t, srv: f.srv, member: strict}).mustLogIn()[intermediateSession]
	login := func() string { return f.srv.StartLogin(f.member) }
	for _, tt := range []struct {
		name, path string
		body       object
		status     int
		kind       string
	}{
		{"an exchange of nothing", exchangeLoginPath, object{"organization_id": twin.OrganizationID}, 400, "no_session_arguments"},
		{"an exchange of a session", exchangeLoginPath, object{"organization_id": twin.OrganizationID, "session_jwt": f.session.JWT}, 400, "bad_request"},
		{"an exchange of an unknown token", exchangeLoginPath, object{"organization_id": twin.OrganizationID, intermediateSession: "x"}, 404, "intermediate_session_not_found"},
		{"an exchange of a login by password", exchangeLoginPath, object{"organization_id": twin.OrganizationID, intermediateSession: byPassword},
			400, "invalid_intermediate_session_token_for_organization"},
		{"an unknown organization", exchangeLoginPath, object{"organization_id": "x", intermediateSession: login()}, 404, "organization_not_found"},
		{"an organization without this person", exchangeLoginPath, object{"organization_id": foreign.ID, intermediateSession: login()}, 400, "email_jit_provisioning_not_allowed"},
		{"an organization that has locked this person", exchangeLoginPath, object{"organization_id": locked.OrganizationID, intermediateSession: login()}, 429, "user_lock_limit_reached"},
		{"an unknown locale", exchangeLoginPath, object{"organization_id": twin.OrganizationID, intermediateSession: login(), "locale": "x"}, 400, "invalid_locale"},
		{"a list for nothing", discoveryPath, object{}, 400, "no_session_arguments"},
		{"a list for two", discoveryPath, object{"session_jwt": f.session.JWT, intermediateSession: login()}, 400, "too_many_session_arguments"},
		{"a list for an unknown session", discoveryPath, object{"session_token": "x"}, 404, "session_not_found"},
		{"a list for an unknown token", discoveryPath, object{intermediateSession: "x"}, 404, "intermediate_session_not_found"},
		{"a list for a login by password", discoveryPath, object{intermediateSession: byPassword}, 400, "invalid_intermediate_session_token_for_organization"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := f.post(tt.path, tt.body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

func TestListOrganizations(t *testing.T) {
	f := newFixture(t, stytchtest.WithMFAEnrolled())
	strict := f.twin(stytchtest.Organization{MFAPolicy: requiredForAll}, stytchtest.WithTOTP())
	invited := f.twin(stytchtest.Organization{}, stytchtest.WithStatus("invited"))
	f.srv.DeleteMember(f.twin(stytchtest.Organization{}))
	f.srv.AddMember() // a stranger
	stepped := f.srv.SignIn(f.member, stytchtest.WithFactor("otp", "sms", 0))
	for _, tt := range []struct {
		name string
		body object
		hint any
		own  bool // lets the person in at home
	}{
		{"by a login", object{intermediateSession: f.srv.StartLogin(f.member)}, f.member.OrganizationID, false},
		{"by a session", object{"session_jwt": f.session.JWT}, nil, false},
		{"by a session with a second factor", object{"session_token": stepped.Token}, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := f.post(discoveryPath, tt.body)
			if status != 200 {
				t.Fatalf("got %d %v", status, answer["error_type"])
			}
			checkKeys(t, "the answer", answer, "request_id", "status_code", "email_address", "discovered_organizations", "organization_id_hint")
			if answer["email_address"] != f.member.EmailAddress || answer["organization_id_hint"] != tt.hint {
				t.Errorf("got email %v, hint %v", answer["email_address"], answer["organization_id_hint"])
			}
			got := map[string]string{}
			for _, found := range answer["discovered_organizations"].([]any) {
				found := found.(object)
				checkKeys(t, "organization", found, "member_authenticated", "organization", "membership", "primary_required", "mfa_required")
				checkKeys(t, "organization", found["organization"].(object), organizationKeys...)
				membership := found["membership"].(object)
				checkKeys(t, "membership", membership, "type", "details", "member")
				checkKeys(t, "member", membership["member"].(object), memberKeys...)
				text := membership["type"].(string)
				if found["member_authenticated"] == true {
					text += " in"
				}
				got[membership["member"].(object)["member_id"].(string)] = text
			}
			own := "active_member"
			if tt.own {
				own += " in"
			}
			want := map[string]string{f.member.ID: own, strict.ID: "active_member", invited.ID: "invited_member in"}
			if len(got) != len(want) {
				t.Errorf("got %d organizations, want %d", len(got), len(want))
			}
			for id, text := range want {
				if got[id] != text {
					t.Errorf("got %q, want %q", got[id], text)
				}
			}
		})
	}
	if n := len(f.srv.Messages("")) + len(f.srv.Mails("")); n != 0 {
		t.Errorf("listing sent %d messages", n)
	}
}
