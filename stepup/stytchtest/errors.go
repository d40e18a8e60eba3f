// The refusals of the API, with the status and text of each error type.
// Everything that refuses a call takes its error from here.

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

// describe returns the status and text of an error type. Types without a case are
// 400, like most of the eight hundred that the service has.
func describe(kind string) (status int, message string) {
	switch kind {
	case "unauthorized_credentials":
		return http.StatusUnauthorized, "Unauthorized credentials."
	case "unable_to_auth_otp_code":
		return http.StatusUnauthorized, "The OTP code has already been used or has expired."
	case "session_authorization_error":
		return http.StatusForbidden, "The member session is not authorized to perform the requested action on the requested resource."
	case "session_authorization_tenancy_error":
		return http.StatusForbidden, "The member session belongs to a different organization than the one specified in the request."
	case "organization_suspended":
		return http.StatusForbidden, "The organization is suspended."
	case "otp_code_not_found":
		return http.StatusNotFound, "The OTP code was not found."
	case "session_not_found":
		return http.StatusNotFound, "Session could not be found."
	case "intermediate_session_not_found":
		return http.StatusNotFound, "The intermediate session has expired, has been consumed or never existed."
	case "organization_not_found":
		return http.StatusNotFound, "Organization could not be found."
	case "member_not_found":
		return http.StatusNotFound, "Member could not be found."
	case "member_phone_number_not_found":
		return http.StatusNotFound, "The member has no MFA phone number."
	case "phone_number_not_found":
		return http.StatusNotFound, "Phone number could not be found."
	case "project_not_found":
		return http.StatusNotFound, "Project could not be found."
	case "route_not_found":
		return http.StatusNotFound, "The requested route was not found."
	case "too_many_requests":
		return http.StatusTooManyRequests, "Too many requests have been made."
	case "user_lock_limit_reached":
		return http.StatusTooManyRequests, "The member has been locked after too many failed attempts."
	case "internal_server_error":
		return http.StatusInternalServerError, "Oops, something seems to have gone wrong."
	case "server_unavailable":
		return http.StatusServiceUnavailable, "The server is unavailable."
	}
	return http.StatusBadRequest, describeBadRequest(kind)
}

// describeBadRequest returns the text of an error type whose status is 400.
func describeBadRequest(kind string) string {
	switch kind {
	case "action_available_only_for_active_members":
		return "You may not attach an MFA factor to a member that is not active."
	case "custom_claims_too_large":
		return "Custom claims may not exceed four kilobytes."
	case "duplicate_member_phone_number":
		return "Another member of the organization has this phone number."
	case "duplicate_member_phone_number_for_member":
		return "The member already has an MFA phone number. Delete it before setting another."
	case "invalid_code":
		return "The code must be six digits."
	case "invalid_locale":
		return "The locale is not supported."
	case "invalid_member_get_fields":
		return "Exactly one of member_id and email_address must be provided."
	case "invalid_phone_number":
		return "The phone number must be in E.164 format."
	case "invalid_session_duration_minutes":
		return "session_duration_minutes must be between 5 and 527040."
	case "member_session_member_id_mismatch":
		return "The session belongs to another member."
	case "missing_sms_parameter":
		return "mfa_phone_number is required, as the member has no phone number."
	case "no_session_arguments":
		return "Exactly one of intermediate_session_token, session_token and session_jwt must be provided."
	case "no_session_revoke_arguments":
		return "Exactly one of member_session_id, session_token, session_jwt and member_id must be provided."
	case "operation_restricted_by_organization_mfa_methods":
		return "The organization does not allow this MFA method."
	case "session_enforced_factor_matching_session_required":
		return "The member has an active MFA factor: a session of the member that proves it is required."
	case "stytch_claims_in_custom_claims":
		return "Custom claims may not begin with https://stytch.com/."
	case "too_many_session_arguments":
		return "Only one of the session arguments may be provided."
	case "too_many_session_revoke_arguments":
		return "Only one of the revoke arguments may be provided."
	case "unable_to_parse_session_jwt":
		return "The session JWT could not be parsed or its signature is not valid."
	}
	return "The request is not valid: " + kind + "."
}
