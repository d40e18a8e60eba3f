package stytchtest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

const (
	recoverPath = "/v1/b2b/recovery_codes/recover"
	rotatePath  = "/v1/b2b/recovery_codes/rotate"
)

func (f *fixture) recoveryPath() string {
	return "/v1/b2b/recovery_codes/" + f.member.OrganizationID + "/" + f.member.ID
}

// listed returns the recovery codes that an answer lists.
func listed(t *testing.T, answer object) []string {
	t.Helper()
	texts, ok := answer["recovery_codes"].([]any)
	if !ok {
		t.Fatalf("recovery_codes is %v", answer["recovery_codes"])
	}
	var codes []string
	for _, text := range texts {
		codes = append(codes, text.(string))
	}
	return codes
}

func TestRecover(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	codes := f.srv.RecoveryCodes(f.member)
	status, answer := f.post(recoverPath, f.with("recovery_code", codes[3]))
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	if answer["recovery_codes_remaining"] != 9.0 {
		t.Errorf("recovery_codes_remaining: got %v, want 9", answer["recovery_codes_remaining"])
	}
	factors := answer["member_session"].(object)["authentication_factors"].([]any)
	factor := factors[len(factors)-1].(object)
	id, _ := factor["recovery_code_factor"].(object)["totp_recovery_code_id"].(string)
	if len(factors) != 2 || factor["type"] != "recovery_codes" || factor["delivery_method"] != "recovery_code" ||
		factor["sequence_order"] != "SECONDARY" || id == "" {
		t.Errorf("got the factors %v", factors)
	}
	if left := f.srv.RecoveryCodes(f.member); len(left) != 9 || slices.Contains(left, codes[3]) {
		t.Errorf("left: %d codes, used one among them: %v", len(left), slices.Contains(left, codes[3]))
	}
	if member := answer["member"].(object); member["mfa_enrolled"] != false {
		t.Error("a recovery code enrolled the member")
	}
	status, answer = f.post(recoverPath, f.with("recovery_code", codes[3]))
	checkRefusal(t, status, answer, 401, "unable_to_authenticate_recovery_code")
}

func TestARecoveryCodeCompletesALogin(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	login := []any{"session_jwt", nil, "intermediate_session_token", f.srv.StartLogin(f.member), "session_duration_minutes", 5}
	status, answer := f.post(recoverPath, f.with(append(login, "recovery_code", f.srv.RecoveryCodes(f.member)[0])...))
	if status != 200 {
		t.Fatalf("got %d %v", status, answer["error_type"])
	}
	session := answer["member_session"].(object)
	if left := time.Until(parse(t, session["expires_at"])).Round(time.Minute); session["member_session_id"] == f.session.ID || left != 5*time.Minute {
		t.Errorf("got session %v, which lives for %v", session["member_session_id"], left)
	}
	status, answer = f.post(recoverPath, f.with(append(login, "recovery_code", f.srv.RecoveryCodes(f.member)[0])...))
	checkRefusal(t, status, answer, 404, "intermediate_session_not_found")
}

func TestRecoverRefuses(t *testing.T) {
	tests := []struct {
		name   string
		opts   []stytchtest.MemberOption
		before func(f *fixture)
		pairs  []any
		status int
		kind   string
	}{
		{name: "no session argument", pairs: []any{"session_jwt", nil}, status: 400, kind: "no_session_arguments"},
		{name: "two session arguments", pairs: []any{"session_token", "x"}, status: 400, kind: "too_many_session_arguments"},
		{name: "an unknown field", pairs: []any{"set_mfa_enrollment", "enroll"}, status: 400, kind: "bad_request"},
		{name: "no code", pairs: []any{"recovery_code", nil}, status: 400, kind: "invalid_recovery_code"},
		{name: "a wrong code", pairs: []any{"recovery_code", "none-none-none"}, status: 401, kind: "unable_to_authenticate_recovery_code"},
		{name: "six digits", pairs: []any{"recovery_code", "123456"}, status: 400, kind: "totp_code_used_as_recovery_code"},
		{name: "a duration out of range", pairs: []any{"session_duration_minutes", 4}, status: 400, kind: "invalid_session_duration_minutes"},
		{name: "a claim in Stytch's namespace", pairs: []any{"session_custom_claims", object{"https://stytch.com/x": 1}},
			status: 400, kind: "stytch_claims_in_custom_claims"},
		{name: "an unknown member", pairs: []any{"member_id", "member-test-x"}, status: 404, kind: "member_not_found"},
		{name: "a session that was revoked", before: func(f *fixture) { f.srv.Revoke(f.session.ID) }, status: 404, kind: "session_not_found"},
		{name: "an unknown intermediate session", pairs: []any{"session_jwt", nil, "intermediate_session_token", "x"},
			status: 404, kind: "intermediate_session_not_found"},
		{name: "a member without a registration", opts: []stytchtest.MemberOption{},
			pairs: []any{"recovery_code", "none-none-none"}, status: 400, kind: "no_active_recovery_code_backed_factor"},
		{name: "a registration that is pending", opts: []stytchtest.MemberOption{stytchtest.WithoutPhone()},
			before: func(f *fixture) { f.create() }, status: 400, kind: "no_active_recovery_code_backed_factor"},
		{name: "a member that is not active", opts: []stytchtest.MemberOption{stytchtest.WithTOTP(), stytchtest.WithStatus("invited")},
			status: 400, kind: "action_available_only_for_active_members"},
		{name: "a locked member", before: func(f *fixture) { f.srv.LockMember(f.member) }, status: 429, kind: "user_lock_limit_reached"},
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
			pairs := tt.pairs
			before := f.srv.RecoveryCodes(f.member)
			if len(before) > 0 {
				pairs = append([]any{"recovery_code", before[0]}, pairs...)
			}
			status, answer := f.post(recoverPath, f.with(pairs...))
			checkRefusal(t, status, answer, tt.status, tt.kind)
			if !slices.Equal(f.srv.RecoveryCodes(f.member), before) {
				t.Error("a refused call used a code up")
			}
		})
	}
}

func TestRecoveryCodesAreListedAndRotated(t *testing.T) {
	f := newFixture(t, stytchtest.WithTOTP())
	codes := f.srv.RecoveryCodes(f.member)
	f.post(recoverPath, f.with("recovery_code", codes[0]))
	status, answer := request(t, f.srv, "GET", f.recoveryPath()+"?organization_id="+f.member.OrganizationID+"&member_id="+f.member.ID, nil)
	if status != 200 || !slices.Equal(listed(t, answer), codes[1:]) {
		t.Errorf("list: got %d, %v", status, answer["error_type"])
	}
	status, answer = f.post(rotatePath, object{"organization_id": f.member.OrganizationID, "member_id": f.member.ID})
	fresh := listed(t, answer)
	if status != 200 || len(fresh) != 10 || !slices.Equal(f.srv.RecoveryCodes(f.member), fresh) {
		t.Errorf("rotate: got %d and %d codes", status, len(fresh))
	}
	status, answer = f.post(recoverPath, f.with("recovery_code", codes[1]))
	checkRefusal(t, status, answer, 401, "unable_to_authenticate_recovery_code")
	if status, answer := f.post(recoverPath, f.with("recovery_code", fresh[0])); status != 200 {
		t.Errorf("a new code: got %d %v", status, answer["error_type"])
	}
}

func TestRecoveryCodesRefuse(t *testing.T) {
	f := newFixture(t, stytchtest.WithoutPhone())
	f.create() // pending codes are not listed
	who := object{"organization_id": f.member.OrganizationID, "member_id": f.member.ID}
	for _, tt := range []struct {
		name, method, path string
		body               any
		status             int
		kind               string
	}{
		{"a list of pending codes", "GET", f.recoveryPath(), nil, 404, "recovery_codes_not_found"},
		{"a rotation of pending codes", "POST", rotatePath, who, 404, "recovery_codes_not_found"},
		{"a list for an unknown member", "GET", "/v1/b2b/recovery_codes/" + f.member.OrganizationID + "/x", nil, 404, "member_not_found"},
		{"a list for an unknown organization", "GET", "/v1/b2b/recovery_codes/x/" + f.member.ID, nil, 404, "organization_not_found"},
		{"a list with another member than in the path", "GET", f.recoveryPath() + "?member_id=x", nil, 400, "bad_request"},
		{"a list with an unknown parameter", "GET", f.recoveryPath() + "?page=1", nil, 400, "bad_request"},
		{"a rotation for an unknown member", "POST", rotatePath, object{"organization_id": f.member.OrganizationID, "member_id": "x"}, 404, "member_not_found"},
		{"a rotation with a session", "POST", rotatePath, f.with(), 400, "bad_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, answer := request(t, f.srv, tt.method, tt.path, tt.body)
			checkRefusal(t, status, answer, tt.status, tt.kind)
		})
	}
}
