package stepup_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// outcome is what an error of Stytch means to a client.
type outcome struct {
	code   contract.Code
	reason contract.Reason
	scope  contract.Scope
}

// outcomes are the error types of Stytch and the one outcome of each.
func outcomes() map[string]outcome {
	byType := make(map[string]outcome)
	for _, group := range []struct {
		outcome outcome
		types   string
	}{
		{outcome{code: contract.CodeIncorrect}, `otp_code_not_found invalid_code session_on_code_does_not_match_session_passed_in
			invalid_totp_code unable_to_authenticate_totp recovery_code_used_as_totp_code
			invalid_recovery_code unable_to_authenticate_recovery_code totp_code_used_as_recovery_code`},
		{outcome{code: contract.CodeExpired}, "unable_to_auth_otp_code totp_code_already_authenticated"},
		{outcome{code: contract.CodeLoginExpired}, "intermediate_session_not_found invalid_intermediate_session_token_for_organization"},
		{outcome{code: contract.CodeSessionExpired}, `session_not_found invalid_session_token unable_to_parse_session_jwt
			jwt_invalid_audience jwt_invalid_issuer jwt_invalid_claims session_not_mutable incompatible_session_type
			member_session_member_id_mismatch invalid_session_missing_primary_factor member_not_found
			organization_not_found user_unauthenticated`},
		{outcome{code: contract.CodeFactorNotEnrolled}, `member_phone_number_not_found phone_number_not_found missing_sms_parameter
			totp_not_found expired_totp secondary_factor_not_found recovery_codes_not_found no_active_recovery_code_backed_factor`},
		{outcome{code: contract.CodeDeliveryUnavailable, reason: contract.ReasonCountry}, "invalid_phone_number_country_code"},
		{outcome{code: contract.CodeDeliveryUnavailable, reason: contract.ReasonUnsubscribed}, "unsubscribed_phone_number"},
		{outcome{code: contract.CodeDeliveryUnavailable, reason: contract.ReasonNumber}, "invalid_phone_number invalid_phone_number_sandbox downstream_carrier_error"},
		{outcome{code: contract.CodeDeliveryUnavailable, reason: contract.ReasonRestricted}, `operation_restricted_by_organization_mfa_methods
			session_enforced_factor_matching_session_required insufficient_factors stale_factors
			action_available_only_for_active_members action_available_only_once_primary_authentication_is_met`},
		{outcome{code: contract.CodePhoneUnavailable}, "duplicate_member_phone_number duplicate_member_phone_number_for_member"},
		{outcome{code: contract.CodeEnrollmentRequired}, "pending_totp_exists active_totp_exists"},
		{outcome{code: contract.CodeLocked, scope: contract.ScopeMember}, "user_lock_limit_reached"},
		{outcome{code: contract.CodeMisconfigured}, `unauthorized_credentials invalid_secret_authentication invalid_project_id_authentication
			invalid_authorization_header unauthorized_project_id_live unauthorized_project_id_test
			live_id_used_in_test_environment test_id_used_in_live_environment invalid_b2b_endpoint enterprise_endpoint
			endpoint_not_authorized_for_sdk billing_not_verified organization_suspended use_https
			invalid_session_duration invalid_session_duration_minutes invalid_locale custom_claims_too_large
			reserved_claims_in_custom_claims stytch_claims_in_custom_claims default_mfa_member_missing_factor
			no_session_arguments too_many_session_arguments`},
		{outcome{code: contract.CodeProviderUnavailable}, "too_many_requests captcha_failed too_few_tokens_authenticated internal_server_error something_new"},
	} {
		for _, kind := range strings.Fields(group.types) {
			byType[kind] = group.outcome
		}
	}
	return byType
}

// stytchCalls are all the calls to Stytch that a request may cause, and a
// request that causes each.
func stytchCalls() map[string]func(a *app, fault stytchtest.Fault) reply {
	return map[string]func(a *app, fault stytchtest.Fault) reply{
		"sessions/authenticate, to renew": func(a *app, fault stytchtest.Fault) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember(), stytchtest.WithJWTAge(time.Hour), stytchtest.WithDuration(3*time.Hour)))
			fault.Path, fault.Times = "sessions/authenticate", 2
			a.emu.Fail(fault)
			return b.fetch("GET", "/account", "")
		},
		"sessions/authenticate, to challenge": func(a *app, fault stytchtest.Fault) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			fault.Path, fault.Times = "sessions/authenticate", 2
			a.emu.Fail(fault)
			return b.fetch("GET", "/payouts", "")
		},
		"sessions/authenticate, before a code": func(a *app, fault stytchtest.Fault) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			fault.Path, fault.Times = "sessions/authenticate", 2
			a.emu.Fail(fault)
			return b.fetch("POST", "/stepup/", `{"policy":"money","code":"123456"}`)
		},
		"otps/sms/send": func(a *app, fault stytchtest.Fault) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			fault.Path = "otps/sms/send"
			a.emu.Fail(fault)
			return b.fetch("POST", "/stepup/send", `{"policy":"money"}`)
		},
		"otps/sms/authenticate": func(a *app, fault stytchtest.Fault) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantStatus(http.StatusOK)
			fault.Path = "otps/sms/authenticate"
			a.emu.Fail(fault)
			return b.fetch("POST", "/stepup/", `{"policy":"money","code":"123456"}`)
		},
		"members/mfa_phone_numbers": func(a *app, fault stytchtest.Fault) reply {
			b := a.browser(a.emu.SignIn(a.emu.AddMember(stytchtest.WithUnverifiedPhone("+14155550123"))))
			fault.Path = "organizations/"
			a.emu.Fail(fault)
			return b.fetch("POST", "/stepup/phone", `{"policy":"money","phone":"+14155550177"}`)
		},
	}
}

// An error of Stytch means the same whichever call it comes from.
func TestEveryErrorTypeHasOneOutcomeWhicheverCallReturnsIt(t *testing.T) {
	for kind, want := range outcomes() {
		t.Run(kind, func(t *testing.T) {
			for name, call := range stytchCalls() {
				want := want
				switch {
				case name == "sessions/authenticate, to renew" && want.code == contract.CodeMisconfigured:
					// A page that needs no step-up must not fail for good with what only
					// the app can mend: it is an outage.
					want.code = contract.CodeProviderUnavailable
				case name == "members/mfa_phone_numbers" && want.reason == contract.ReasonNumber:
					// The number was typed a moment ago, and can be typed again.
					want.code = contract.CodePhoneInvalid
				}
				synctest.Test(t, func(t *testing.T) {
					a := newApp(t, enrolling(stepup.Enrollment{}))
					r := call(a, stytchtest.Fault{ErrorType: kind})
					d := r.document()
					text := func(name string) string { s, _ := d[name].(string); return s }
					got := outcome{contract.Code(text("code")), contract.Reason(text("reason")), contract.Scope(text("scope"))}
					if got != want || r.status != want.code.Status() {
						t.Errorf("from %s: got %d %+v, want %d %+v", name, r.status, got, want.code.Status(), want)
					}
					if a.payouts.Load() != 0 {
						t.Errorf("from %s: the handler behind the guard ran", name)
					}
				})
			}
		})
	}
}

// A list by hand would forget the type that was added last.
func TestEveryErrorTypeThatIsKnownHasAnOutcome(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "internal/provider/failure.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	want := outcomes()
	ast.Inspect(file, func(node ast.Node) bool {
		clause, ok := node.(*ast.CaseClause)
		if !ok {
			return true
		}
		for _, expr := range clause.List {
			if literal, ok := expr.(*ast.BasicLit); ok {
				known++
				kind, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := want[kind]; !ok {
					t.Errorf("the table lacks %s", kind)
				}
			}
		}
		return true
	})
	if known < 40 {
		t.Errorf("only %d types were found in the source", known)
	}
}

// SignOut clears the cookies whatever Stytch says, and reports what may live on.
func TestSignOutTellsASessionThatHasEndedFromOneThatMayLive(t *testing.T) {
	for kind, want := range outcomes() {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t)
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			a.emu.Fail(stytchtest.Fault{Path: "sessions/revoke", ErrorType: kind})
			status := http.StatusServiceUnavailable
			if want.code == contract.CodeSessionExpired {
				status = http.StatusOK
			}
			b.post("/logout", nil).wantStatus(status)
			if b.cookie("stytch_session_jwt") != "" || b.cookie("stytch_session") != "" {
				t.Errorf("%s: the cookies are still there", kind)
			}
		})
	}
}
