package stytchtest_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"image/png"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

const (
	totpPath             = "/v1/b2b/totp"
	totpAuthenticatePath = "/v1/b2b/totp/authenticate"
	totpMigratePath      = "/v1/b2b/totp/migrate"
)

// rfcSecret is the secret of the test vectors of RFC 6238, appendix B, in base32.
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func (f *fixture) totpDeletePath() string { return f.memberPath() + "/totp" }

// create registers an authenticator app that is still pending.
func (f *fixture) create(pairs ...any) object {
	f.t.Helper()
	status, answer := f.post(totpPath, f.with(pairs...))
	if status != 200 {
		f.t.Fatalf("TOTP create: got %d %v", status, answer["error_type"])
	}
	return answer
}

// giveTOTP gives the code that the authenticator app of the member shows.
func (f *fixture) giveTOTP(pairs ...any) object {
	f.t.Helper()
	status, answer := f.post(totpAuthenticatePath, f.with(append(pairs, "code", f.srv.TOTPCode(f.member))...))
	if status != 200 {
		f.t.Fatalf("TOTP authenticate: got %d %v", status, answer["error_type"])
	}
	return answer
}

// wrongTOTP returns six digits that the authenticator app shows neither now nor in the
// minutes around now.
func (f *fixture) wrongTOTP() string {
	code := f.srv.TOTPCode(f.member)
	last := (code[5]-'0'+5)%10 + '0'
	return code[:5] + string(last)
}

func TestCreateTOTP(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone())
	answer := f.create()
	if id := answer["totp_registration_id"].(string); !strings.HasPrefix(id, "member-totp-test-") {
		t.Errorf("totp_registration_id: got %s", id)
	}
	secret, err := base32.StdEncoding.DecodeString(answer["secret"].(string))
	if err != nil || len(secret) != 20 {
		t.Errorf("the secret has %d bytes, want 20: %v", len(secret), err)
	}
	picture, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(answer["qr_code"].(string), "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Errorf("qr_code: %v", err)
	}
	codes := answer["recovery_codes"].([]any)
	if len(codes) != 10 {
		t.Errorf("got %d recovery codes, want 10", len(codes))
	}
	seen := map[any]bool{}
	for _, code := range codes {
		if seen[code] || !regexp.MustCompile(`^[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}$`).MatchString(code.(string)) {
			t.Errorf("recovery code %v", code)
		}
		seen[code] = true
	}
	if got := answer["member"].(object)["totp_registration_id"]; got != "" {
		t.Errorf("a pending registration shows in the member: %v", got)
	}
	if got := f.srv.Member(f.member.ID).TOTPRegistrationID; got != "" {
		t.Errorf("a pending registration shows in the snapshot: %v", got)
	}
}

func TestAFirstRightCodeActivatesTheRegistration(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone())
	created := f.create()
	answer := f.giveTOTP()
	id := created["totp_registration_id"]
	member := answer["member"].(object)
	if member["totp_registration_id"] != id || member["default_mfa_method"] != "totp" || member["mfa_enrolled"] != false {
		t.Errorf("the member has registration %v, default %v, enrolled %v", member["totp_registration_id"], member["default_mfa_method"], member["mfa_enrolled"])
	}
	if got := f.srv.Member(f.member.ID).TOTPRegistrationID; got != id {
		t.Errorf("the snapshot has registration %v, want %v", got, id)
	}
	session := answer["member_session"].(object)
	factors := session["authentication_factors"].([]any)
	factor := factors[len(factors)-1].(object)
	if session["member_session_id"] != f.session.ID || len(factors) != 2 || factor["type"] != "totp" ||
		factor["delivery_method"] != "authenticator_app" || factor["sequence_order"] != "SECONDARY" ||
		factor["authenticator_app_factor"].(object)["totp_id"] != id {
		t.Errorf("got the session %v", session)
	}

	f.srv.Advance(time.Minute)
	factors = f.giveTOTP()["member_session"].(object)["authentication_factors"].([]any)
	if len(factors) != 2 {
		t.Errorf("a second code: got %d factors, want the same two", len(factors))
	}
}

func TestCreateTOTPRefuses(t *testing.T) {
	without := []stytchtest.MemberOption{stytchtest.WithoutPhone()}
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		before func(f *fixture)
		pairs  func(f *fixture) []any
		status int
		kind   string
	}{
		{name: "an unknown field", pairs: func(*fixture) []any { return []any{"expires", 5} },
			status: 400, kind: "bad_request"},
		{name: "an expiration below five minutes", pairs: func(*fixture) []any { return []any{"expiration_minutes", 4} },
			status: 400, kind: "invalid_expiration"},
		{name: "an expiration over a day", pairs: func(*fixture) []any { return []any{"expiration_minutes", 1441} },
			status: 400, kind: "invalid_expiration"},
		{name: "an unknown organization", pairs: func(*fixture) []any { return []any{"organization_id", "organization-test-x"} },
			status: 404, kind: "organization_not_found"},
		{name: "an unknown member", pairs: func(*fixture) []any { return []any{"member_id", "member-test-x"} },
			status: 404, kind: "member_not_found"},
		{name: "two session arguments", pairs: func(f *fixture) []any { return []any{"session_token", f.session.Token} },
			status: 400, kind: "too_many_session_arguments"},
		{name: "the session of another member", pairs: func(f *fixture) []any {
			return []any{"session_jwt", f.srv.SignIn(f.srv.AddMember()).JWT}
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "an unknown intermediate session", pairs: func(*fixture) []any {
			return []any{"session_jwt", nil, "intermediate_session_token", "none"}
		}, status: 404, kind: "intermediate_session_not_found"},
		{name: "a revoked session", before: func(f *fixture) { f.srv.Revoke(f.session.ID) },
			status: 404, kind: "session_not_found"},
		{name: "a member that is not active", opts: []stytchtest.MemberOption{stytchtest.WithStatus("pending")},
			status: 400, kind: "action_available_only_for_active_members"},
		{name: "no session of a member with a verified phone", opts: []stytchtest.MemberOption{stytchtest.WithPhone("+14155550106")},
			pairs:  func(*fixture) []any { return []any{"session_jwt", nil} },
			status: 400, kind: "session_enforced_factor_matching_session_required"},
		{name: "a session without the phone of a member with a verified one",
			opts:   []stytchtest.MemberOption{stytchtest.WithPhone("+14155550106")},
			status: 400, kind: "session_enforced_factor_matching_session_required"},
		{name: "a registration that is pending", before: func(f *fixture) { f.create() },
			status: 400, kind: "pending_totp_exists"},
		{name: "a registration that is active", before: func(f *fixture) { f.create(); f.giveTOTP() },
			status: 400, kind: "active_totp_exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := tt.opts
			if opts == nil {
				opts = without
			}
			f := newFixture(t, opts...)
			if tt.before != nil {
				tt.before(f)
			}
			var pairs []any
			if tt.pairs != nil {
				pairs = tt.pairs(f)
			}
			registered := f.srv.TOTPCode(f.member)
			status, answer := f.post(totpPath, f.with(pairs...))
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if got := f.srv.TOTPCode(f.member); got != registered && (got == "" || registered == "") {
				t.Errorf("a refused call changed the registration")
			}
		})
	}
}

func TestAMemberWithoutAnActiveFactorNeedsNoSessionForTOTP(t *testing.T) {
	f := newFixture(t, stytchtest.WithUnverifiedPhone("+14155550107"))
	f.create("session_jwt", nil)
	proved := newFixture(t)
	proved.stepUp()
	proved.create() // the session has proved the phone
}

func TestAPendingRegistrationExpires(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone())
	first := f.create()
	f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(48*time.Hour))
	f.srv.Advance(time.Hour - time.Second)
	status, answer := f.post(totpPath, f.with())
	checkRefusal(t, status, answer, 400, "pending_totp_exists")

	f.srv.Advance(time.Second)
	status, answer = f.post(totpAuthenticatePath, f.with("code", f.srv.TOTPCode(f.member)))
	checkRefusal(t, status, answer, 400, "expired_totp")
	status, answer = request(t, f.srv, "DELETE", f.totpDeletePath(), nil)
	checkRefusal(t, status, answer, 404, "totp_not_found")

	second := f.create("expiration_minutes", 1440)
	if second["totp_registration_id"] == first["totp_registration_id"] {
		t.Error("the expired registration came back")
	}
	f.srv.Advance(24*time.Hour - time.Second)
	f.giveTOTP()
	f.srv.Advance(24 * time.Hour)
	f.session = f.srv.SignIn(f.member)
	f.giveTOTP() // an active registration does not expire
}

func TestAuthenticateTOTPRefuses(t *testing.T) {
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		before func(f *fixture)
		pairs  func(f *fixture) []any
		status int
		kind   string
	}{
		{name: "no session argument", pairs: func(*fixture) []any { return []any{"session_jwt", nil} },
			status: 400, kind: "no_session_arguments"},
		{name: "two session arguments", pairs: func(f *fixture) []any { return []any{"session_token", f.session.Token} },
			status: 400, kind: "too_many_session_arguments"},
		{name: "an unknown field", pairs: func(*fixture) []any { return []any{"totp_code", "123456"} },
			status: 400, kind: "bad_request"},
		{name: "no code", pairs: func(*fixture) []any { return []any{"code", nil} },
			status: 400, kind: "invalid_totp_code"},
		{name: "five digits", pairs: func(*fixture) []any { return []any{"code", "12345"} },
			status: 400, kind: "invalid_totp_code"},
		{name: "six letters", pairs: func(*fixture) []any { return []any{"code", "abcdef"} },
			status: 400, kind: "invalid_totp_code"},
		{name: "a recovery code", pairs: func(f *fixture) []any { return []any{"code", f.srv.RecoveryCodes(f.member)[0]} },
			status: 400, kind: "recovery_code_used_as_totp_code"},
		{name: "a wrong code", pairs: func(f *fixture) []any { return []any{"code", f.wrongTOTP()} },
			status: 401, kind: "unable_to_authenticate_totp"},
		{name: "the code of another member", pairs: func(f *fixture) []any {
			return []any{"code", f.srv.TOTPCode(f.srv.AddMember(stytchtest.WithTOTP()))}
		}, status: 401, kind: "unable_to_authenticate_totp"},
		{name: "a code that was used", before: func(f *fixture) { f.giveTOTP() },
			status: 400, kind: "totp_code_already_authenticated"},
		{name: "a duration out of range", pairs: func(*fixture) []any { return []any{"session_duration_minutes", 4} },
			status: 400, kind: "invalid_session_duration_minutes"},
		{name: "an unknown enrollment", pairs: func(*fixture) []any { return []any{"set_mfa_enrollment", "yes"} },
			status: 400, kind: "invalid_argument"},
		{name: "custom claims over 4 KiB", pairs: func(*fixture) []any {
			return []any{"session_custom_claims", object{"a": strings.Repeat("x", 4096)}}
		}, status: 400, kind: "custom_claims_too_large"},
		{name: "an unknown member", pairs: func(*fixture) []any { return []any{"member_id", "member-test-x"} },
			status: 404, kind: "member_not_found"},
		{name: "the session of another member", pairs: func(f *fixture) []any {
			return []any{"session_jwt", f.srv.SignIn(f.srv.AddMember()).JWT}
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "the login of another member", pairs: func(f *fixture) []any {
			return []any{"session_jwt", nil, "intermediate_session_token", f.srv.StartLogin(f.srv.AddMember())}
		}, status: 400, kind: "member_session_member_id_mismatch"},
		{name: "a member without a registration", opts: []stytchtest.MemberOption{},
			pairs:  func(*fixture) []any { return []any{"code", wrong} },
			status: 404, kind: "totp_not_found"},
		{name: "a member that is not active", opts: []stytchtest.MemberOption{stytchtest.WithTOTP(), stytchtest.WithStatus("invited")},
			status: 400, kind: "action_available_only_for_active_members"},
		{name: "a locked member", before: func(f *fixture) { f.srv.LockMember(f.member) },
			status: 429, kind: "user_lock_limit_reached"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := tt.opts
			if opts == nil {
				opts = []stytchtest.MemberOption{stytchtest.WithTOTP()}
			}
			f := newFixture(t, opts...)
			if tt.before != nil {
				tt.before(f)
			}
			pairs := []any{"code", f.srv.TOTPCode(f.member)}
			if tt.pairs != nil {
				pairs = append(pairs, tt.pairs(f)...)
			}
			status, answer := f.post(totpAuthenticatePath, f.with(pairs...))
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if answer := f.sessionFactors(); tt.before == nil && len(answer) != 1 {
				t.Errorf("a refused call left the session with %d factors", len(answer))
			}
		})
	}
}

// sessionFactors lists the factors of the fixture's session, if it is alive.
func (f *fixture) sessionFactors() []any {
	f.t.Helper()
	status, answer := f.post(sessionPath, object{"session_token": f.session.Token})
	if status != 200 {
		f.t.Fatalf("session authenticate: got %d %v", status, answer["error_type"])
	}
	return answer["member_session"].(object)["authentication_factors"].([]any)
}

// The times and codes are those of RFC 6238, appendix B, cut to six digits.
func TestTOTPCodesAreThoseOfTheRFC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, stytchtest.WithoutPhone())
		status, answer := f.post(totpMigratePath, f.with("session_jwt", nil, "secret", rfcSecret))
		if status != 200 {
			t.Fatalf("migrate: got %d %v", status, answer["error_message"])
		}
		for _, vector := range []struct {
			unix int64
			code string
		}{{1111111109, "081804"}, {1111111111, "050471"}, {1234567890, "005924"}, {2000000000, "279037"}} {
			time.Sleep(time.Until(time.Unix(vector.unix, 0)))
			if got := f.srv.TOTPCode(f.member); got != vector.code {
				t.Errorf("at %d: got %s, want %s", vector.unix, got, vector.code)
			}
		}
	})
}

func TestACodeWorksInItsPeriodAndTheOnesBesideIt(t *testing.T) {
	tests := []struct {
		name string
		late time.Duration // from the middle of its period; negative = early
		ok   bool
	}{
		{"at once", 0, true},
		{"a period late", 30 * time.Second, true},
		{"at the end of the next period", 44 * time.Second, true},
		{"two periods late", 46 * time.Second, false},
		{"a period early", -30 * time.Second, true},
		{"two periods early", -60 * time.Second, false},
		{"a day late", 24 * time.Hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFixture(t, stytchtest.WithTOTP())
				f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(48*time.Hour))
				time.Sleep(15 * time.Second) // the bubble begins with a period
				code := f.srv.TOTPCode(f.member)
				f.srv.SetClockSkew(tt.late)
				status, answer := f.post(totpAuthenticatePath, f.with("code", code))
				if tt.ok && status != 200 {
					t.Errorf("got %d %v, want 200", status, answer["error_type"])
				}
				if !tt.ok {
					checkRefusal(t, status, answer, 401, "unable_to_authenticate_totp")
				}
			})
		})
	}
}

func TestAdvanceMakesTOTPCodesOld(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	old := f.srv.TOTPCode(f.member)
	f.giveTOTP()
	f.srv.Advance(30 * time.Second)
	f.giveTOTP() // without waiting
	f.srv.Advance(2 * time.Minute)
	status, answer := f.post(totpAuthenticatePath, f.with("code", old))
	checkRefusal(t, status, answer, 401, "unable_to_authenticate_totp")
	f.srv.SetClockSkew(time.Hour)
	f.session = f.srv.SignIn(f.member)
	f.giveTOTP() // TOTPCode has the time of the emulator
}

func TestFailuresOfAllMethodsLockTheMember(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	fail := func(path, name, value, kind string, wantStatus int) {
		t.Helper()
		status, answer := f.post(path, f.with(name, value))
		checkRefusal(t, status, answer, wantStatus, kind)
	}
	failOnce := func(i int) {
		t.Helper()
		switch i % 3 {
		case 0:
			fail(authenticatePath, "code", wrong, "otp_code_not_found", 404)
		case 1:
			fail(totpAuthenticatePath, "code", f.wrongTOTP(), "unable_to_authenticate_totp", 401)
		case 2:
			fail(recoverPath, "recovery_code", "none-none-none", "unable_to_authenticate_recovery_code", 401)
		}
	}
	for i := range 9 {
		failOnce(i)
	}
	f.giveTOTP() // success of one method resets the count of all
	for i := range 10 {
		failOnce(i)
	}
	fail(totpAuthenticatePath, "code", f.srv.TOTPCode(f.member), "user_lock_limit_reached", 429)
	fail(authenticatePath, "code", wrong, "user_lock_limit_reached", 429)
	fail(recoverPath, "recovery_code", f.srv.RecoveryCodes(f.member)[0], "user_lock_limit_reached", 429)
	if f.memberObject()["is_locked"] != true {
		t.Error("the member object is not locked")
	}
}

func TestAReplayCountsAsAFailure(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	code := f.srv.TOTPCode(f.member)
	f.post(totpAuthenticatePath, f.with("code", code))
	for range 10 {
		f.post(totpAuthenticatePath, f.with("code", code))
	}
	status, answer := f.post(totpAuthenticatePath, f.with("code", code))
	checkRefusal(t, status, answer, 429, "user_lock_limit_reached")
}

func TestTOTPCompletesALogin(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP(), stytchtest.WithMFAEnrolled())
	token := f.srv.StartLogin(f.member)
	answer := f.giveTOTP("session_jwt", nil, "intermediate_session_token", token,
		"session_duration_minutes", 30, "session_custom_claims", object{"plan": "pro"}, "telemetry_id", "t")
	session := answer["member_session"].(object)
	if session["member_session_id"] == f.session.ID || len(session["authentication_factors"].([]any)) != 2 {
		t.Errorf("got %v, want a new session with two factors", session)
	}
	if session["custom_claims"].(object)["plan"] != "pro" || answer["member_device"] == nil {
		t.Errorf("claims %v, device %v", session["custom_claims"], answer["member_device"])
	}
	if left := time.Until(parse(t, session["expires_at"])).Round(time.Minute); left != 30*time.Minute {
		t.Errorf("the session lives for %v, want 30m", left)
	}
	status, answer := f.post(totpAuthenticatePath, f.with("session_jwt", nil, "intermediate_session_token", token, "code", f.srv.TOTPCode(f.member)))
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")
}

func TestTOTPSetsEnrollmentAndDefault(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	member := f.giveTOTP("set_mfa_enrollment", "enroll")["member"].(object)
	if member["mfa_enrolled"] != true || member["default_mfa_method"] != "sms_otp" {
		t.Errorf("enrolled %v, default %v", member["mfa_enrolled"], member["default_mfa_method"])
	}
	f.srv.Advance(30 * time.Second)
	member = f.giveTOTP("set_mfa_enrollment", "unenroll", "set_default_mfa", true)["member"].(object)
	if member["mfa_enrolled"] != false || member["default_mfa_method"] != "totp" {
		t.Errorf("enrolled %v, default %v", member["mfa_enrolled"], member["default_mfa_method"])
	}
}

func TestMigrateTOTP(t *testing.T) {
	f := newFixture(t) // its phone is verified, but migrate is about the past
	status, answer := f.post(totpMigratePath, f.with("session_jwt", nil,
		"secret", rfcSecret, "recovery_codes", []string{"mine-0001", "mine-0002"}))
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_message"])
	}
	if got := answer["recovery_codes"].([]any); len(got) != 2 || got[0] != "mine-0001" {
		t.Errorf("recovery codes: got %v", got)
	}
	if answer["member"].(object)["totp_registration_id"] != answer["totp_registration_id"] {
		t.Errorf("the registration is not active: %v", answer["member"])
	}
	f.giveTOTP()

	minted := newFixture(t)
	_, answer = minted.post(totpMigratePath, minted.with("session_jwt", nil, "secret", rfcSecret))
	if got := answer["recovery_codes"].([]any); len(got) != 10 {
		t.Errorf("without codes: got %v, want ten new ones", got)
	}
}

func TestMigrateTOTPRefuses(t *testing.T) {
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		pairs  []any
		status int
		kind   string
	}{
		{"no secret", nil, []any{"secret", nil}, 400, "invalid_argument"},
		{"a secret that is not base32", nil, []any{"secret", "0189"}, 400, "invalid_argument"},
		{"an empty recovery code", nil, []any{"recovery_codes", []string{""}}, 400, "invalid_recovery_code"},
		{"a repeated recovery code", nil, []any{"recovery_codes", []string{"a", "a"}}, 400, "invalid_recovery_code"},
		{"a session", nil, []any{"session_token", "none"}, 400, "bad_request"},
		{"an unknown member", nil, []any{"member_id", "member-test-x"}, 404, "member_not_found"},
		{"a member with an active registration", []stytchtest.MemberOption{stytchtest.WithTOTP()}, nil, 400, "active_totp_exists"},
		{"a deleted member", []stytchtest.MemberOption{stytchtest.WithStatus("deleted")}, nil, 400, "action_available_only_for_active_members"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t, tt.opts...)
			status, answer := f.post(totpMigratePath, f.with(append([]any{"session_jwt", nil, "secret", rfcSecret}, tt.pairs...)...))
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}

func TestDeleteTOTP(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone(), stytchtest.WithTOTP())
	f.giveTOTP()
	status, answer := request(t, f.srv, "DELETE", f.totpDeletePath(), nil)
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	member := answer["member"].(object)
	if member["totp_registration_id"] != "" || member["default_mfa_method"] != "" {
		t.Errorf("got registration %v, default %v", member["totp_registration_id"], member["default_mfa_method"])
	}
	if f.srv.TOTPCode(f.member) != "" || len(f.srv.RecoveryCodes(f.member)) != 0 {
		t.Error("a code or recovery codes are left")
	}
	if got := f.sessionFactors(); len(got) != 2 {
		t.Errorf("the session has %d factors, want both that were proved", len(got))
	}
	status, answer = request(t, f.srv, "DELETE", f.totpDeletePath(), nil)
	checkRefusal(t, status, answer, 404, "totp_not_found")
	f.create()
	if status, _ := request(t, f.srv, "DELETE", f.totpDeletePath(), nil); status != 200 {
		t.Errorf("a pending registration: got %d, want 200", status)
	}
	f.create()

	for path, kind := range map[string]string{
		"/v1/b2b/organizations/" + f.member.OrganizationID + "/members/member-test-x/totp": "member_not_found",
		"/v1/b2b/organizations/organization-test-x/members/" + f.member.ID + "/totp":       "organization_not_found",
	} {
		status, answer := request(t, f.srv, "DELETE", path, nil)
		checkRefusal(t, status, answer, 404, kind)
	}
}

func TestAnOrganizationMayForbidTOTP(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	o := srv.AddOrganization(stytchtest.Organization{MFAMethods: []string{"sms_otp"}})
	member := srv.AddMember(stytchtest.InOrganization(o), stytchtest.WithTOTP())
	f := &fixture{t, srv, member, srv.SignIn(member)}
	for path, body := range map[string]object{
		totpPath:             f.with(),
		totpAuthenticatePath: f.with("code", srv.TOTPCode(member)),
		totpMigratePath:      f.with("session_jwt", nil, "secret", rfcSecret),
		recoverPath:          f.with("recovery_code", srv.RecoveryCodes(member)[0]),
	} {
		status, answer := f.post(path, body)
		checkRefusal(t, status, answer, 400, "operation_restricted_by_organization_mfa_methods")
	}
}
