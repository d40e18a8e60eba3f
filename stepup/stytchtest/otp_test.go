package stytchtest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

const (
	sendPath         = "/v1/b2b/otps/sms/send"
	authenticatePath = "/v1/b2b/otps/sms/authenticate"
	sessionPath      = "/v1/b2b/sessions/authenticate"
	revokePath       = "/v1/b2b/sessions/revoke"
)

// fixture is a server with a member that has just logged in.
type fixture struct {
	t       *testing.T
	srv     *stytchtest.Server
	member  *stytchtest.Member
	session *stytchtest.Session
}

func newFixture(t *testing.T, opts ...stytchtest.MemberOption) *fixture {
	srv := stytchtest.NewUnstartedServer()
	member := srv.AddMember(opts...)
	return &fixture{t, srv, member, srv.SignIn(member)}
}

// with returns a request body that names the member and its session. The pairs of
// name and value change it; a nil value removes a field.
func (f *fixture) with(pairs ...any) object {
	body := object{
		"organization_id": f.member.OrganizationID,
		"member_id":       f.member.ID,
		"session_jwt":     f.session.JWT,
	}
	for i := 0; i < len(pairs); i += 2 {
		name := pairs[i].(string)
		if pairs[i+1] == nil {
			delete(body, name)
		} else {
			body[name] = pairs[i+1]
		}
	}
	return body
}

func (f *fixture) post(path string, body any) (int, object) {
	f.t.Helper()
	return request(f.t, f.srv, "POST", path, body)
}

// send has a code sent to the member and returns it.
func (f *fixture) send() string {
	f.t.Helper()
	if status, answer := f.post(sendPath, f.with()); status != 200 {
		f.t.Fatalf("send: got %d %v", status, answer["error_type"])
	}
	return f.srv.LastCode(f.member)
}

// stepUp sends a code and uses it.
func (f *fixture) stepUp(pairs ...any) object {
	f.t.Helper()
	status, answer := f.post(authenticatePath, f.with(append(pairs, "code", f.send())...))
	if status != 200 {
		f.t.Fatalf("authenticate: got %d %v", status, answer["error_type"])
	}
	return answer
}

// wrong is a code that the emulator never sends.
const wrong = "123456"

func TestSendRefuses(t *testing.T) {
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		before func(f *fixture)
		body   func(f *fixture) any
		status int
		kind   string
	}{
		{name: "a body that is not JSON", body: func(*fixture) any { return "code=1" },
			status: 400, kind: "bad_request"},
		{name: "an array", body: func(*fixture) any { return `[]` },
			status: 400, kind: "bad_request"},
		{name: "two objects", body: func(*fixture) any { return `{} {}` },
			status: 400, kind: "bad_request"},
		{name: "no body", body: func(*fixture) any { return nil },
			status: 400, kind: "bad_request"},
		{name: "a body over the limit", body: func(f *fixture) any { return f.with("locale", strings.Repeat("x", 70<<10)) },
			status: 400, kind: "bad_request"},
		{name: "an unknown field", body: func(f *fixture) any { return f.with("phone_number", "+14155550100") },
			status: 400, kind: "bad_request"},
		{name: "a field in another case", body: func(f *fixture) any { return f.with("Locale", "en") },
			status: 400, kind: "bad_request"},
		{name: "a repeated field", body: func(*fixture) any { return `{"locale":"en","locale":"en"}` },
			status: 400, kind: "bad_request"},
		{name: "a field of the wrong type", body: func(f *fixture) any { return f.with("locale", 1) },
			status: 400, kind: "bad_request"},
		{name: "a field of authenticate", body: func(f *fixture) any { return f.with("code", wrong) },
			status: 400, kind: "bad_request"},
		{name: "no organization", body: func(f *fixture) any { return f.with("organization_id", nil) },
			status: 400, kind: "invalid_organization_id"},
		{name: "an unknown organization", body: func(f *fixture) any { return f.with("organization_id", "organization-test-x") },
			status: 404, kind: "organization_not_found"},
		{name: "no member", body: func(f *fixture) any { return f.with("member_id", nil) },
			status: 400, kind: "invalid_id"},
		{name: "an unknown member", body: func(f *fixture) any { return f.with("member_id", "member-test-x") },
			status: 404, kind: "member_not_found"},
		{name: "a member of another organization", body: func(f *fixture) any {
			other := f.srv.AddOrganization(stytchtest.Organization{})
			return f.with("organization_id", other.ID)
		}, status: 404, kind: "member_not_found"},
		{name: "an unknown locale", body: func(f *fixture) any { return f.with("locale", "de") },
			status: 400, kind: "invalid_locale"},
		{name: "two session arguments", body: func(f *fixture) any { return f.with("session_token", f.session.Token) },
			status: 400, kind: "too_many_session_arguments"},
		{name: "the session of another member", body: func(f *fixture) any {
			return f.with("session_jwt", f.srv.SignIn(f.srv.AddMember()).JWT)
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "the login of another member", body: func(f *fixture) any {
			return f.with("session_jwt", nil, "intermediate_session_token", f.srv.StartLogin(f.srv.AddMember()))
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "a revoked session", before: func(f *fixture) { f.srv.Revoke(f.session.ID) },
			status: 404, kind: "session_not_found"},
		{name: "no session of a member with a verified phone", body: func(f *fixture) any { return f.with("session_jwt", nil) },
			status: 400, kind: "session_enforced_factor_matching_session_required"},
		{name: "a session without the factor, with FactorToSend",
			before: func(f *fixture) { f.srv.FactorToSend = true },
			status: 400, kind: "session_enforced_factor_matching_session_required"},
		{name: "a first phone of a member with TOTP, from a session without TOTP",
			opts:   []stytchtest.MemberOption{stytchtest.WithoutPhone(), stytchtest.WithTOTP()},
			body:   func(f *fixture) any { return f.with("mfa_phone_number", "+14155550101") },
			status: 400, kind: "session_enforced_factor_matching_session_required"},
		{name: "a member that is not active", opts: []stytchtest.MemberOption{stytchtest.WithStatus("invited")},
			status: 400, kind: "action_available_only_for_active_members"},
		{name: "a deleted member", before: func(f *fixture) { f.srv.DeleteMember(f.member) },
			status: 400, kind: "action_available_only_for_active_members"},
		{name: "a locked member", before: func(f *fixture) { f.srv.LockMember(f.member) },
			status: 429, kind: "user_lock_limit_reached"},
		{name: "no number for a member without a phone", opts: []stytchtest.MemberOption{stytchtest.WithoutPhone()},
			status: 400, kind: "missing_sms_parameter"},
		{name: "a number that is not E.164", opts: []stytchtest.MemberOption{stytchtest.WithoutPhone()},
			body:   func(f *fixture) any { return f.with("mfa_phone_number", "415 555 0100") },
			status: 400, kind: "invalid_phone_number"},
		{name: "a number that another member has", opts: []stytchtest.MemberOption{stytchtest.WithoutPhone()},
			body: func(f *fixture) any {
				other := f.srv.AddMember(stytchtest.WithUnverifiedPhone("+14155550102"))
				return f.with("mfa_phone_number", other.PhoneNumber)
			}, status: 400, kind: "duplicate_member_phone_number"},
		{name: "a number other than the member's", body: func(f *fixture) any { return f.with("mfa_phone_number", "+14155550103") },
			status: 400, kind: "duplicate_member_phone_number_for_member"},
		{name: "a number other than the member's unverified one",
			opts:   []stytchtest.MemberOption{stytchtest.WithUnverifiedPhone("+14155550104")},
			body:   func(f *fixture) any { return f.with("mfa_phone_number", "+14155550105") },
			status: 400, kind: "duplicate_member_phone_number_for_member"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, tt.opts...)
			if tt.before != nil {
				tt.before(f)
			}
			var body any = f.with()
			if tt.body != nil {
				body = tt.body(f)
			}
			status, answer := f.post(sendPath, body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if n := len(f.srv.Messages("")); n != 0 {
				t.Errorf("%d messages were sent", n)
			}
		})
	}
}

// checkRefusal checks the status and type of a refusal, and that the body has the
// five keys of one.
func checkRefusal(t *testing.T, status int, answer object, wantStatus int, wantKind string) {
	t.Helper()
	if status != wantStatus || answer["error_type"] != wantKind {
		t.Fatalf("got %d %v (%v), want %d %s", status, answer["error_type"], answer["error_message"], wantStatus, wantKind)
	}
	if answer["status_code"] != float64(wantStatus) {
		t.Errorf("status_code: got %v, want %d", answer["status_code"], wantStatus)
	}
	if id, _ := answer["request_id"].(string); !strings.HasPrefix(id, "request-id-test-") {
		t.Errorf("request_id: got %q", id)
	}
	if url, _ := answer["error_url"].(string); !strings.HasSuffix(url, "#"+wantKind) {
		t.Errorf("error_url: got %q", url)
	}
	if text, _ := answer["error_message"].(string); text == "" {
		t.Error("the error has no message")
	}
	if len(answer) != 5 {
		t.Errorf("the error has %d keys, want 5: %v", len(answer), answer)
	}
}

func TestSendTextsACode(t *testing.T) {
	f := newFixture(t)
	f.post(sendPath, f.with("locale", "pt-br"))
	messages := f.srv.Messages(f.member.ID)
	if len(messages) != 1 {
		t.Fatalf("got %d messages, want 1", len(messages))
	}
	got := messages[0]
	if got.MemberID != f.member.ID || got.PhoneNumber != f.member.PhoneNumber || got.Locale != "pt-br" || len(got.Code) != 6 {
		t.Errorf("got %+v", got)
	}
	if other := f.srv.AddMember(); f.srv.LastCode(other) != "" || len(f.srv.Messages(other.ID)) != 0 {
		t.Error("another member got the message too")
	}
}

func TestSendAcceptsEveryWayToNameASession(t *testing.T) {
	f := newFixture(t)
	for name, body := range map[string]object{
		"session_jwt":                f.with(),
		"session_token":              f.with("session_jwt", nil, "session_token", f.session.Token),
		"intermediate_session_token": f.with("session_jwt", nil, "intermediate_session_token", f.srv.StartLogin(f.member)),
		"slug of the organization":   f.with("organization_id", "default"),
		"the same number":            f.with("mfa_phone_number", f.member.PhoneNumber),
	} {
		if status, answer := f.post(sendPath, body); status != 200 {
			t.Errorf("%s: got %d %v, want 200", name, status, answer["error_type"])
		}
	}
}

func TestSendLinksTheFirstPhoneUnverified(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone())
	// A member without an active factor needs no session.
	status, answer := f.post(sendPath, f.with("session_jwt", nil, "mfa_phone_number", "+14155550110"))
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	member := answer["member"].(object)
	if member["mfa_phone_number"] != "+14155550110" || member["mfa_phone_number_verified"] != false {
		t.Errorf("got number %v, verified %v", member["mfa_phone_number"], member["mfa_phone_number_verified"])
	}
	f.post(authenticatePath, f.with("code", f.srv.LastCode(f.member)))
	if got := f.srv.Member(f.member.ID); !got.PhoneVerified {
		t.Error("the code did not verify the number")
	}
}

func TestSendWithAnIntermediateSession(t *testing.T) {
	type opts = []stytchtest.MemberOption
	noPhone, app := stytchtest.WithoutPhone(), stytchtest.WithTOTP()
	tests := []struct {
		name   string
		opts   opts
		before func(f *fixture)
		pairs  []any
		kind   string // "" = the code is sent
	}{
		{name: "to a verified number"},
		{name: "to the first number", opts: opts{noPhone}, pairs: []any{"mfa_phone_number", "+14155550111"}},
		{name: "to a number that was never verified", opts: opts{stytchtest.WithUnverifiedPhone("+14155550111")}},
		{name: "again to a number that it enrolls", opts: opts{noPhone}, pairs: []any{"mfa_phone_number", "+14155550111"},
			before: func(f *fixture) {
				f.post(sendPath, f.with("session_jwt", nil, "intermediate_session_token", f.srv.StartLogin(f.member), "mfa_phone_number", "+14155550111"))
			}},
		{name: "to nothing", opts: opts{noPhone}, kind: "missing_sms_parameter"},
		{name: "to a number that is not E.164", opts: opts{noPhone}, pairs: []any{"mfa_phone_number", "0415"}, kind: "invalid_phone_number"},
		{name: "to a number other than the member's", pairs: []any{"mfa_phone_number", "+14155550111"},
			kind: "duplicate_member_phone_number_for_member"},
		{name: "to the first number of a member with an app", opts: opts{noPhone, app}, pairs: []any{"mfa_phone_number", "+14155550111"},
			kind: "session_enforced_factor_matching_session_required"},
		{name: "to an unverified number of a member with an app", opts: opts{stytchtest.WithUnverifiedPhone("+14155550111"), app},
			kind: "session_enforced_factor_matching_session_required"},
		{name: "to a verified number, with FactorToSend", before: func(f *fixture) { f.srv.FactorToSend = true },
			kind: "session_enforced_factor_matching_session_required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, tt.opts...)
			if tt.before != nil {
				tt.before(f)
			}
			login := []any{"session_jwt", nil, "intermediate_session_token", f.srv.StartLogin(f.member)}
			status, answer := f.post(sendPath, f.with(append(login, tt.pairs...)...))
			if tt.kind != "" {
				checkRefusal(t, status, answer, 400, tt.kind)
				return
			}
			if status != 200 {
				t.Fatalf("send: got %d %v", status, answer["error_type"])
			}
			status, answer = f.post(authenticatePath, f.with(append(login, "code", f.srv.LastCode(f.member))...))
			if status != 200 || !f.srv.Member(f.member.ID).PhoneVerified {
				t.Errorf("authenticate: got %d %v", status, answer["error_type"])
			}
		})
	}
}

func TestAuthenticateRefuses(t *testing.T) {
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		before func(f *fixture)
		pairs  func(f *fixture) []any
		status int
		kind   string
		spent  bool // the code no longer works afterward
	}{
		{name: "no session argument", pairs: func(*fixture) []any { return []any{"session_jwt", nil} },
			status: 400, kind: "no_session_arguments"},
		{name: "two session arguments", pairs: func(f *fixture) []any { return []any{"session_token", f.session.Token} },
			status: 400, kind: "too_many_session_arguments"},
		{name: "an unknown field", pairs: func(*fixture) []any { return []any{"mfa_phone_number", "+14155550100"} },
			status: 400, kind: "bad_request"},
		{name: "no code", pairs: func(*fixture) []any { return []any{"code", nil} },
			status: 400, kind: "invalid_code"},
		{name: "five digits", pairs: func(*fixture) []any { return []any{"code", "12345"} },
			status: 400, kind: "invalid_code"},
		{name: "six letters", pairs: func(*fixture) []any { return []any{"code", "abcdef"} },
			status: 400, kind: "invalid_code"},
		{name: "full-width digits", pairs: func(*fixture) []any { return []any{"code", "１２３４５６"} },
			status: 400, kind: "invalid_code"},
		{name: "a code that is a number", pairs: func(*fixture) []any { return []any{"code", 123456} },
			status: 400, kind: "bad_request"},
		{name: "a duration below five minutes", pairs: func(*fixture) []any { return []any{"session_duration_minutes", 4} },
			status: 400, kind: "invalid_session_duration_minutes"},
		{name: "a duration of zero", pairs: func(*fixture) []any { return []any{"session_duration_minutes", 0} },
			status: 400, kind: "invalid_session_duration_minutes"},
		{name: "a duration over 366 days", pairs: func(*fixture) []any { return []any{"session_duration_minutes", 527041} },
			status: 400, kind: "invalid_session_duration_minutes"},
		{name: "an unknown enrollment", pairs: func(*fixture) []any { return []any{"set_mfa_enrollment", "yes"} },
			status: 400, kind: "invalid_argument"},
		{name: "custom claims over 4 KiB", pairs: func(*fixture) []any {
			return []any{"session_custom_claims", object{"a": strings.Repeat("x", 4096)}}
		}, status: 400, kind: "custom_claims_too_large"},
		{name: "a custom claim in Stytch's namespace", pairs: func(*fixture) []any {
			return []any{"session_custom_claims", object{"https://stytch.com/session": object{}}}
		}, status: 400, kind: "stytch_claims_in_custom_claims"},
		{name: "a session that was revoked", before: func(f *fixture) { f.srv.Revoke(f.session.ID) },
			status: 404, kind: "session_not_found"},
		{name: "an unknown session token", pairs: func(*fixture) []any {
			return []any{"session_jwt", nil, "session_token", "none"}
		}, status: 404, kind: "session_not_found"},
		{name: "an unknown intermediate session", pairs: func(*fixture) []any {
			return []any{"session_jwt", nil, "intermediate_session_token", "none"}
		}, status: 404, kind: "intermediate_session_not_found"},
		{name: "the session of another member", pairs: func(f *fixture) []any {
			return []any{"session_jwt", f.srv.SignIn(f.srv.AddMember()).JWT}
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "a malformed JWT", pairs: func(*fixture) []any { return []any{"session_jwt", "a.b.c"} },
			status: 400, kind: "unable_to_parse_session_jwt"},
		{name: "a locked member", before: func(f *fixture) { f.srv.LockMember(f.member) },
			status: 429, kind: "user_lock_limit_reached"},
		{name: "a wrong code", pairs: func(*fixture) []any { return []any{"code", wrong} },
			status: 404, kind: "otp_code_not_found"},
		{name: "the code of another member", pairs: func(f *fixture) []any {
			other := f.srv.AddMember()
			f.post(sendPath, object{
				"organization_id": other.OrganizationID, "member_id": other.ID,
				"session_jwt": f.srv.SignIn(other).JWT,
			})
			return []any{"code", f.srv.LastCode(other)}
		}, status: 404, kind: "otp_code_not_found"},
		{name: "a code that is two minutes old", before: func(f *fixture) { f.srv.Advance(2 * time.Minute) },
			status: 401, kind: "unable_to_auth_otp_code", spent: true},
		{name: "a code that was used", before: func(f *fixture) {
			f.post(authenticatePath, f.with("code", f.srv.LastCode(f.member)))
		}, status: 401, kind: "unable_to_auth_otp_code", spent: true},
		{name: "a code from before a newer send", pairs: func(f *fixture) []any {
			before := f.srv.LastCode(f.member)
			f.send()
			return []any{"code", before}
		}, status: 404, kind: "otp_code_not_found"},
		{name: "a code to a number that the member no longer has", before: func(f *fixture) {
			f.srv.SetPhone(f.member, "+14155550120", true)
		}, status: 404, kind: "otp_code_not_found", spent: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, tt.opts...)
			f.send()
			if tt.before != nil {
				tt.before(f)
			}
			pairs := []any{"code", f.srv.LastCode(f.member)}
			if tt.pairs != nil {
				pairs = append(pairs, tt.pairs(f)...)
			}
			status, answer := f.post(authenticatePath, f.with(pairs...))
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if tt.spent || tt.status == 429 {
				return
			}
			// Nothing else was wrong: the code still works in another session.
			retry := f.srv.SignIn(f.member)
			status, answer = f.post(authenticatePath, f.with("code", f.srv.LastCode(f.member), "session_jwt", retry.JWT))
			if status != 200 {
				t.Errorf("the right code afterward: got %d %v, want 200", status, answer["error_type"])
			}
		})
	}
}

func TestAnOrganizationMayForbidSMS(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	o := srv.AddOrganization(stytchtest.Organization{MFAMethods: []string{"totp"}})
	member := srv.AddMember(stytchtest.InOrganization(o))
	f := &fixture{t, srv, member, srv.SignIn(member)}
	status, answer := f.post(sendPath, f.with())
	checkRefusal(t, status, answer, 400, "operation_restricted_by_organization_mfa_methods")
}

func TestACodeWorksForTwoMinutes(t *testing.T) {
	f := newFixture(t)
	code := f.send()
	f.srv.Advance(2*time.Minute - 10*time.Second)
	if status, answer := f.post(authenticatePath, f.with("code", code)); status != 200 {
		t.Errorf("after 110 s: got %d %v, want 200", status, answer["error_type"])
	}
}

func TestTenFailuresInARowLockTheMember(t *testing.T) {
	f := newFixture(t)
	fail := func(n int) {
		t.Helper()
		for i := range n {
			if status, answer := f.post(authenticatePath, f.with("code", wrong)); status != 404 {
				t.Fatalf("failure %d: got %d %v, want 404", i+1, status, answer["error_type"])
			}
		}
	}
	fail(9)
	f.stepUp() // success resets the count
	fail(9)
	code := f.send() // a new code does not reset it
	fail(1)

	for _, path := range []string{authenticatePath, sendPath} {
		body := f.with("code", code)
		if path == sendPath {
			body = f.with()
		}
		status, answer := f.post(path, body)
		checkRefusal(t, status, answer, 429, "user_lock_limit_reached")
	}
	member := f.memberObject()
	if member["is_locked"] != true || member["lock_created_at"] == nil || member["lock_expires_at"] == nil {
		t.Errorf("is_locked %v, lock_created_at %v, lock_expires_at %v", member["is_locked"], member["lock_created_at"], member["lock_expires_at"])
	}
	if !f.srv.Member(f.member.ID).Locked {
		t.Error("the snapshot is not locked")
	}
	if status, _ := f.post(sessionPath, object{"session_jwt": f.session.JWT}); status != 200 {
		t.Errorf("sessions of a locked member: got %d, want 200", status)
	}

	f.srv.Advance(time.Hour)
	if member := f.memberObject(); member["is_locked"] != false || member["lock_created_at"] != nil {
		t.Error("the lock is still there after an hour")
	}
	f.session = f.srv.SignIn(f.member)
	fail(9) // the end of the lock resets the count
	f.stepUp()
}

func (f *fixture) memberObject() object {
	f.t.Helper()
	path := "/v1/b2b/organizations/" + f.member.OrganizationID + "/member?member_id=" + f.member.ID
	status, answer := request(f.t, f.srv, "GET", path, nil)
	if status != 200 {
		f.t.Fatalf("member get: got %d %v", status, answer["error_type"])
	}
	return answer["member"].(object)
}

func TestExpiredAndUsedCodesCountAsFailures(t *testing.T) {
	f := newFixture(t)
	code := f.send()
	f.post(authenticatePath, f.with("code", code))
	for range 10 {
		f.post(authenticatePath, f.with("code", code))
	}
	status, answer := f.post(authenticatePath, f.with("code", code))
	checkRefusal(t, status, answer, 429, "user_lock_limit_reached")
}

func TestSetMFAEnrollment(t *testing.T) {
	tests := []struct {
		name   string
		policy string
		opts   []stytchtest.MemberOption
		set    any
		want   bool
	}{
		{name: "absent leaves the member unenrolled", want: false},
		{name: "absent leaves the member enrolled", opts: []stytchtest.MemberOption{stytchtest.WithMFAEnrolled()}, want: true},
		{name: "enroll", set: "enroll", want: true},
		{name: "unenroll", opts: []stytchtest.MemberOption{stytchtest.WithMFAEnrolled()}, set: "unenroll", want: false},
		{name: "REQUIRED_FOR_ALL enrolls", policy: "REQUIRED_FOR_ALL", want: true},
		{name: "REQUIRED_FOR_ALL ignores unenroll", policy: "REQUIRED_FOR_ALL", set: "unenroll", want: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := stytchtest.NewUnstartedServer()
			o := srv.AddOrganization(stytchtest.Organization{MFAPolicy: tt.policy})
			member := srv.AddMember(append(tt.opts, stytchtest.InOrganization(o))...)
			f := &fixture{t, srv, member, srv.SignIn(member)}
			answer := f.stepUp("set_mfa_enrollment", tt.set)
			if got := answer["member"].(object)["mfa_enrolled"]; got != tt.want {
				t.Errorf("mfa_enrolled: got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSetDefaultMFA(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	path := "/v1/b2b/organizations/" + f.member.OrganizationID + "/members/" + f.member.ID
	request(t, f.srv, "PUT", path, object{"default_mfa_method": "totp"})
	if got := f.stepUp()["member"].(object)["default_mfa_method"]; got != "totp" {
		t.Errorf("without the field: got %v, want totp", got)
	}
	if got := f.stepUp("set_default_mfa", true)["member"].(object)["default_mfa_method"]; got != "sms_otp" {
		t.Errorf("with the field: got %v, want sms_otp", got)
	}
}

func TestATelemetryIDFillsTheDevice(t *testing.T) {
	f := newFixture(t)
	if got := f.stepUp(); got["member_device"] != nil {
		t.Errorf("without a telemetry_id: got %v, want null", got["member_device"])
	}
	device, ok := f.stepUp("telemetry_id", "telemetry")["member_device"].(object)
	if !ok || device["visitor_id"] == "" {
		t.Errorf("with a telemetry_id: got %v", device)
	}
}

func TestAnIntermediateSessionBecomesASession(t *testing.T) {
	f := newFixture(t)
	token := f.srv.StartLogin(f.member)
	login := []any{"session_jwt", nil, "intermediate_session_token", token}
	code := f.send()
	if status, _ := f.post(authenticatePath, f.with(append(login, "code", wrong)...)); status != 404 {
		t.Fatalf("a wrong code: got %d, want 404", status)
	}
	status, answer := f.post(authenticatePath, f.with(append(login, "code", code)...))
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	session := answer["member_session"].(object)
	if session["member_session_id"] == f.session.ID || len(session["authentication_factors"].([]any)) != 2 {
		t.Errorf("got %v, want a new session with two factors", session)
	}
	code = f.send()
	status, answer = f.post(authenticatePath, f.with(append(login, "code", code)...))
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")

	late := f.srv.StartLogin(f.member)
	f.srv.Advance(10 * time.Minute)
	code = f.send()
	status, answer = f.post(authenticatePath, f.with("session_jwt", nil, "intermediate_session_token", late, "code", code))
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")
}
