package stytch_test

import (
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

func TestRecoverOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).Recover, smsAnswer, "POST", "/v1/b2b/recovery_codes/recover", []wireCase[stytch.RecoverRequest]{
		{
			"only what is required",
			stytch.RecoverRequest{OrganizationID: "org", MemberID: "member", RecoveryCode: "a-b", SessionJWT: "a.b.c"},
			`{"organization_id":"org","member_id":"member","recovery_code":"a-b","session_jwt":"a.b.c"}`,
		},
		{
			"everything, with an intermediate session token",
			stytch.RecoverRequest{
				OrganizationID: "org", MemberID: "member", RecoveryCode: "a-b", IntermediateSessionToken: "ist",
				SessionDurationMinutes: 60, SessionCustomClaims: map[string]any{"gone": nil}, TelemetryID: "tel",
			},
			`{"organization_id":"org","member_id":"member","recovery_code":"a-b","intermediate_session_token":"ist",` +
				`"session_duration_minutes":60,"session_custom_claims":{"gone":null},"telemetry_id":"tel"}`,
		},
		{
			"a session token, and a code that is not changed",
			stytch.RecoverRequest{OrganizationID: "org", MemberID: "member", RecoveryCode: " <&> ", SessionToken: "tok"},
			`{"organization_id":"org","member_id":"member","recovery_code":" <&> ","session_token":"tok"}`,
		},
	})
}

func TestRecoverRefusesArguments(t *testing.T) {
	setCode := func(code string) func(*stytch.RecoverRequest) {
		return func(r *stytch.RecoverRequest) { r.RecoveryCode = code }
	}
	wantRefusals(t, (*stytch.Client).Recover, smsAnswer, recoverMember, []refusal[stytch.RecoverRequest]{
		{"no organization", func(r *stytch.RecoverRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.RecoverRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"no code", setCode(""), "RecoveryCode is not 1 to 128"},
		{"a code of one character", setCode("x"), ""},
		{"the whole of printable ASCII", setCode(printableASCII()), ""},
		{"a code of 128 characters", setCode(strings.Repeat("x", 128)), ""},
		{"a code of 129 characters", setCode(strings.Repeat("x", 129)), "RecoveryCode is not 1 to 128"},
		{"a newline", setCode(recoveryCode + "\n"), "RecoveryCode is not 1 to 128"},
		{"a NUL", setCode("\x00" + recoveryCode), "RecoveryCode is not 1 to 128"},
		{"a DEL", setCode(recoveryCode + "\x7f"), "RecoveryCode is not 1 to 128"},
		{"full-width letters", setCode("ＡＢＣＤ"), "RecoveryCode is not 1 to 128"},
		{"no session", func(r *stytch.RecoverRequest) { r.SessionJWT = "" }, "exactly one of"},
		{"two sessions", func(r *stytch.RecoverRequest) { r.SessionToken = token }, "exactly one of"},
		{"4 minutes", func(r *stytch.RecoverRequest) { r.SessionDurationMinutes = 4 }, "SessionDurationMinutes is not"},
		{"claims that are not JSON", func(r *stytch.RecoverRequest) { r.SessionCustomClaims = map[string]any{"c": quoting(token)} }, "SessionCustomClaims cannot be encoded"},
	})
}

func printableASCII() string {
	var all strings.Builder
	for c := byte(' '); c <= '~'; c++ {
		all.WriteByte(c)
	}
	return all.String()
}

func TestRecoverCountsWhatIsLeft(t *testing.T) {
	body := strings.Replace(smsAnswer, `{`, `{"recovery_codes_remaining":7,`, 1)
	resp := decoded(t, (*stytch.Client).Recover, recoverMember, body)
	if resp.RecoveryCodesRemaining != 7 || resp.MemberID != memberID || resp.SessionJWT != sessJWT {
		t.Errorf("got %d codes left of member %q", resp.RecoveryCodesRemaining, resp.MemberID)
	}
}

func TestRecoveryCodesOnTheWire(t *testing.T) {
	for _, tt := range []struct {
		name, organization, member, want string
	}{
		{"plain ids", "org", "member", "/v1/b2b/recovery_codes/org/member"},
		{"ids are escaped", "o/p", "m?q", "/v1/b2b/recovery_codes/o%2Fp/m%3Fq"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, sent := answering(t, 200, recoveryCodesAnswer)
			resp, err := client.RecoveryCodes(t.Context(), stytch.RecoveryCodesRequest{OrganizationID: tt.organization, MemberID: tt.member})
			if err != nil {
				t.Fatal(err)
			}
			if len(resp.RecoveryCodes) != 1 || resp.RecoveryCodes[0] != recoveryCode || resp.MemberID != memberID {
				t.Errorf("got %d codes of %q", len(resp.RecoveryCodes), resp.MemberID)
			}
			wantOneRequest(t, *sent, "GET", tt.want, "")
		})
	}
}

func TestRotateRecoveryCodesOnTheWire(t *testing.T) {
	wantOnTheWire(t, (*stytch.Client).RotateRecoveryCodes, recoveryCodesAnswer, "POST", "/v1/b2b/recovery_codes/rotate", []wireCase[stytch.RotateRecoveryCodesRequest]{
		{"the member", stytch.RotateRecoveryCodesRequest{OrganizationID: "org", MemberID: "member"}, `{"organization_id":"org","member_id":"member"}`},
	})
	resp := decoded(t, (*stytch.Client).RotateRecoveryCodes, stytch.RotateRecoveryCodesRequest{OrganizationID: "org", MemberID: "member"}, recoveryCodesAnswer)
	if len(resp.RecoveryCodes) != 1 || resp.RecoveryCodes[0] != recoveryCode {
		t.Errorf("got %d codes", len(resp.RecoveryCodes))
	}
}

func TestRecoveryCodeCallsRefuseArguments(t *testing.T) {
	wantRefusals(t, (*stytch.Client).RecoveryCodes, recoveryCodesAnswer, stytch.RecoveryCodesRequest{OrganizationID: orgID, MemberID: memberID}, []refusal[stytch.RecoveryCodesRequest]{
		{"no organization", func(r *stytch.RecoveryCodesRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"no member", func(r *stytch.RecoveryCodesRequest) { r.MemberID = "" }, "MemberID is empty"},
		{"a dot segment for a member", func(r *stytch.RecoveryCodesRequest) { r.MemberID = ".." }, "MemberID is a dot segment"},
	})
	wantRefusals(t, (*stytch.Client).RotateRecoveryCodes, recoveryCodesAnswer, stytch.RotateRecoveryCodesRequest{OrganizationID: orgID, MemberID: memberID}, []refusal[stytch.RotateRecoveryCodesRequest]{
		{"rotate: no organization", func(r *stytch.RotateRecoveryCodesRequest) { r.OrganizationID = "" }, "OrganizationID is empty"},
		{"rotate: no member", func(r *stytch.RotateRecoveryCodesRequest) { r.MemberID = "" }, "MemberID is empty"},
	})
}

func TestWhatARecoveryCodeAnswerMustHave(t *testing.T) {
	ids := stytch.RecoveryCodesRequest{OrganizationID: orgID, MemberID: memberID}
	wantMissing(t, (*stytch.Client).Recover, recoverMember, smsAnswer,
		"request_id", "member_id", "member", "organization", "session_jwt")
	wantMissing(t, (*stytch.Client).RecoveryCodes, ids, recoveryCodesAnswer,
		"request_id", "member_id", "member", "organization")
	wantMissing(t, (*stytch.Client).RotateRecoveryCodes, stytch.RotateRecoveryCodesRequest(ids), recoveryCodesAnswer,
		"request_id", "member_id", "member", "organization", "recovery_codes")
	for _, none := range []string{"[]", "null"} {
		body := strings.Replace(recoveryCodesAnswer, `["`+recoveryCode+`"]`, none, 1)
		if resp := decoded(t, (*stytch.Client).RecoveryCodes, ids, body); len(resp.RecoveryCodes) != 0 {
			t.Errorf("%s: got %d codes, want none", none, len(resp.RecoveryCodes))
		}
	}
}
