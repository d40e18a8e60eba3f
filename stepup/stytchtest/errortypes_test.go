package stytchtest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// errorTypes are error types of the service by their status.
type errorTypes map[int]string

// documentedTypes are in the error pages of
// https://stytch.com/docs/api-reference/b2b/api/errors, or were seen.
func documentedTypes() errorTypes {
	return errorTypes{
		400: `action_available_only_for_active_members action_available_only_once_primary_authentication_is_met
			active_totp_exists allowed_mfa_methods_required_for_restricted downstream_carrier_error
			duplicate_member_phone_number`,
		401: `attribute_mismatch endpoint_not_authorized_for_sdk enterprise_endpoint insufficient_factors
			unable_to_auth_otp_code unauthorized_credentials`,
		403: `captcha_required organization_suspended session_authorization_error
			session_authorization_tenancy_error use_https`,
		404: `email_not_found intermediate_session_not_found otp_code_not_found phone_number_not_found
			session_not_found`,
		429: `captcha_failed too_few_tokens_authenticated too_many_requests user_lock_limit_reached`,
		500: `internal_server_error`,
	}
}

// inferredTypes are types of the service whose status follows from the naming of those.
func inferredTypes() errorTypes {
	return errorTypes{
		400: `billing_not_verified custom_claims_too_large default_mfa_member_missing_factor
			duplicate_member_phone_number_for_member expired_totp incompatible_session_type invalid_b2b_endpoint
			invalid_code invalid_id invalid_intermediate_session_token_for_organization invalid_locale
			invalid_organization_id invalid_phone_number invalid_phone_number_country_code
			invalid_phone_number_sandbox invalid_recovery_code invalid_session_duration
			invalid_session_duration_minutes invalid_session_missing_primary_factor invalid_session_token
			invalid_totp_code jwt_invalid_audience jwt_invalid_claims jwt_invalid_issuer
			live_id_used_in_test_environment member_reset_password member_session_member_id_mismatch
			missing_sms_parameter no_active_recovery_code_backed_factor no_session_arguments
			no_session_revoke_arguments operation_restricted_by_organization_mfa_methods pending_totp_exists
			recovery_code_used_as_totp_code reserved_claims_in_custom_claims
			session_enforced_factor_matching_session_required session_not_mutable
			session_on_code_does_not_match_session_passed_in stytch_claims_in_custom_claims
			test_id_used_in_live_environment too_many_session_arguments too_many_session_revoke_arguments
			too_many_unverified_factors totp_code_already_authenticated totp_code_used_as_recovery_code
			unable_to_parse_session_jwt unsubscribed_phone_number a_type_that_nobody_knows`,
		401: `invalid_authorization_header invalid_project_id_authentication invalid_secret_authentication
			stale_factors unable_to_auth_magic_link unable_to_authenticate_recovery_code
			unable_to_authenticate_totp unauthorized_project_id_live unauthorized_project_id_test
			user_unauthenticated`,
		404: `magic_link_not_found member_not_found member_password_not_found member_phone_number_not_found
			organization_not_found project_not_found recovery_codes_not_found route_not_found
			secondary_factor_not_found totp_not_found`,
		503: `server_unavailable`,
	}
}

func TestForcedErrorTypesHaveTheStatusOfTheService(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	listed := map[string]int{}
	for _, list := range []errorTypes{documentedTypes(), inferredTypes()} {
		for status, kinds := range list {
			for kind := range strings.FieldsSeq(kinds) {
				listed[kind] = status
				srv.Fail(stytchtest.Fault{ErrorType: kind})
				got, answer := request(t, srv, "POST", sendPath, object{})
				checkRefusal(t, got, answer, status, kind)
			}
		}
	}
	// The other way around: what the emulator knows is in the lists, in the right one.
	for _, list := range statusTable(t) {
		for kind, documented := range list {
			if listed[kind] == 0 {
				t.Errorf("%s has a status in errors.go and is in none of the lists", kind)
				continue
			}
			if is := strings.Contains(" "+strings.Join(strings.Fields(documentedTypes()[listed[kind]]), " ")+" ", " "+kind+" "); is != documented {
				t.Errorf("%s: documented is %v in errors.go and %v in the list", kind, documented, is)
			}
		}
	}
}

// statusTable reads the cases of statusOf: the types of each, and whether they stand
// under the comment "documented" or "inferred".
func statusTable(t *testing.T) []map[string]bool {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "errors.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var table []map[string]bool
	ast.Inspect(file, func(n ast.Node) bool {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f.Name.Name == "statusOf"
		}
		clause, ok := n.(*ast.CaseClause)
		if !ok {
			return true
		}
		kinds := map[string]bool{}
		for _, value := range clause.List {
			kind, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds[kind] = markOf(fset, file, clause, value.Pos()) == "documented"
		}
		table = append(table, kinds)
		return true
	})
	if len(table) < 5 {
		t.Fatalf("errors.go has %d statuses", len(table))
	}
	return table
}

// markOf returns the last comment of the clause before pos, or else the one that ends
// its line.
func markOf(fset *token.FileSet, file *ast.File, clause *ast.CaseClause, pos token.Pos) string {
	mark := ""
	for _, group := range file.Comments {
		inside := group.Pos() > clause.Pos()
		switch {
		case inside && group.Pos() < pos,
			inside && mark == "" && fset.Position(group.Pos()).Line == fset.Position(pos).Line:
			mark = strings.TrimSpace(group.Text())
		}
	}
	return mark
}
