// The refusals of the API, with the status of each error type. Everything that
// refuses a call takes its error from here.

package stytchtest

import (
	"net/http"
	"strconv"
)

// apiError is a refusal as the service words it.
type apiError struct {
	status  int
	kind    string // error_type
	message string
	field   string // whose value is refused, "" = not one of an organization or a member
}

// errorJSON is the body of every refusal.
// https://stytch.com/docs/api-reference/b2b/api/errors/400
type errorJSON struct {
	StatusCode   int    `json:"status_code"`
	RequestID    string `json:"request_id"`
	ErrorType    string `json:"error_type"`
	ErrorMessage string `json:"error_message"`
	ErrorURL     string `json:"error_url"`
}

// refuse returns the error of this type, with its usual status and text.
func refuse(kind string) *apiError {
	status, message := describe(kind)
	return &apiError{status: status, kind: kind, message: message}
}

// refuseBecause is refuse with a text of its own, for the developer who reads the
// test output. The text must not contain a code, a token or a phone number.
func refuseBecause(kind, message string) *apiError {
	err := refuse(kind)
	err.message = message
	return err
}

// of names the field whose value is refused. Calls are answered as the service does,
// without it; [Server.Load] says where in its document the field is.
func (e *apiError) of(field string) *apiError {
	e.field = field
	return e
}

// json makes the body. As at the service, the error URL ends in the error type.
func (e *apiError) json(requestID string) errorJSON {
	return errorJSON{
		StatusCode:   e.status,
		RequestID:    requestID,
		ErrorType:    e.kind,
		ErrorMessage: e.message,
		ErrorURL:     "https://stytch.com/docs/api-reference/b2b/api/errors/" + strconv.Itoa(e.status) + "#" + e.kind,
	}
}

// describe returns the status and text of an error type.
func describe(kind string) (status int, message string) {
	return statusOf(kind), messageOf(kind)
}

// statusOf returns the status of an error type, for refusals as for a [Fault] that
// names no status. The types are those of Stytch's own SDKs. "Documented" statuses are
// in the error pages of https://stytch.com/docs/api-reference/b2b/api/errors or were
// seen; "inferred" ones follow the naming of those. Types without a case are 400, like
// most of the eight hundred that the service has, documented or not.
func statusOf(kind string) int {
	switch kind {
	case // documented
		"unauthorized_credentials", "unable_to_auth_otp_code", "attribute_mismatch",
		"endpoint_not_authorized_for_sdk", "enterprise_endpoint", "insufficient_factors",
		// inferred
		"invalid_authorization_header", "invalid_project_id_authentication",
		"invalid_secret_authentication", "stale_factors", "unable_to_auth_magic_link",
		"unable_to_authenticate_recovery_code", "unable_to_authenticate_totp",
		"unauthorized_project_id_live", "unauthorized_project_id_test", "user_unauthenticated":
		return http.StatusUnauthorized
	case // documented
		"captcha_required", "organization_suspended", "session_authorization_error",
		"session_authorization_tenancy_error", "use_https":
		return http.StatusForbidden
	case // documented
		"email_not_found", "intermediate_session_not_found", "otp_code_not_found",
		"phone_number_not_found", "session_not_found",
		// inferred
		"magic_link_not_found", "member_not_found", "member_password_not_found",
		"member_phone_number_not_found", "organization_not_found", "project_not_found",
		"recovery_codes_not_found", "route_not_found", "secondary_factor_not_found", "totp_not_found":
		return http.StatusNotFound
	case // documented
		"captcha_failed", "too_few_tokens_authenticated", "too_many_requests", "user_lock_limit_reached":
		return http.StatusTooManyRequests
	case "internal_server_error": // documented
		return http.StatusInternalServerError
	case "server_unavailable": // inferred
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}
