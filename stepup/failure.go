package stepup

import (
	"errors"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
)

// failure is what a failed call to Stytch means for the member and for what
// was counted before it. The zero value is the careful one: Stytch may have
// judged, nothing is given back, nobody gets through.
type failure struct {
	code       string        // one of the Code constants
	reason     string        // why a message can not be delivered
	refund     bool          // Stytch surely judged nothing: what was counted is given back
	unclear    bool          // it may have happened although the call failed
	retryAfter time.Duration // 0 = not known
	requestID  string
}

// Wait that is named where Stytch names none.
const (
	retryUnavailable = 30 * time.Second
	retryMemberLock  = time.Hour // Stytch's default lock
)

// failureOf maps every error of a call to its one outcome. Types decide, since
// neither their names nor their statuses do ("…_not_found" can be a 400, and a
// 401 can mean a bad secret or a used code).
func failureOf(err error) failure {
	var api *stytch.APIError
	switch {
	case errors.As(err, &api):
		f := failureOfType(api)
		f.requestID = api.RequestID
		return f
	case errors.Is(err, errNumberProved):
		return failure{code: CodePhoneUnavailable, refund: true}
	case errors.Is(err, stytch.ErrRequest):
		return failure{code: CodeMisconfigured, refund: true}
	case errors.Is(err, stytch.ErrNotSent), errors.Is(err, errBusy), errors.Is(err, errClosed):
		return failure{code: CodeProviderUnavailable, refund: true, retryAfter: retryUnavailable}
	case errors.Is(err, errMismatch), errors.Is(err, ErrUnavailable):
		return failure{code: CodeProviderUnavailable, retryAfter: retryUnavailable}
	}
	// Time-outs, resets and answers that can not be read.
	return failure{code: CodeProviderUnavailable, unclear: true, retryAfter: retryUnavailable}
}

func failureOfType(api *stytch.APIError) failure {
	switch api.Type {
	case "otp_code_not_found", "invalid_code", "session_on_code_does_not_match_session_passed_in":
		return failure{code: CodeIncorrect}
	case "unable_to_auth_otp_code":
		return failure{code: CodeExpired}

	case "session_not_found", "invalid_session_token", "unable_to_parse_session_jwt",
		"jwt_invalid_audience", "jwt_invalid_issuer", "jwt_invalid_claims",
		"session_not_mutable", "incompatible_session_type", "member_session_member_id_mismatch",
		"invalid_session_missing_primary_factor", "member_not_found", "organization_not_found", "user_unauthenticated":
		return failure{code: CodeSessionExpired, refund: true}

	case "member_phone_number_not_found", "phone_number_not_found", "missing_sms_parameter":
		return failure{code: CodeFactorNotEnrolled}
	case "invalid_phone_number_country_code":
		return failure{code: CodeDeliveryUnavailable, reason: ReasonCountry}
	case "unsubscribed_phone_number":
		return failure{code: CodeDeliveryUnavailable, reason: ReasonUnsubscribed}
	case "invalid_phone_number", "invalid_phone_number_sandbox", "downstream_carrier_error":
		return failure{code: CodeDeliveryUnavailable, reason: ReasonNumber}
	case "operation_restricted_by_organization_mfa_methods", "session_enforced_factor_matching_session_required",
		"insufficient_factors", "stale_factors", "action_available_only_for_active_members",
		"action_available_only_once_primary_authentication_is_met":
		return failure{code: CodeDeliveryUnavailable, reason: ReasonRestricted}
	case "duplicate_member_phone_number", "duplicate_member_phone_number_for_member":
		return failure{code: CodePhoneUnavailable}

	case "user_lock_limit_reached":
		return failure{code: CodeLocked, retryAfter: orElse(api.RetryAfter, retryMemberLock)}

	case "unauthorized_credentials", "invalid_secret_authentication", "invalid_project_id_authentication",
		"invalid_authorization_header", "unauthorized_project_id_live", "unauthorized_project_id_test",
		"live_id_used_in_test_environment", "test_id_used_in_live_environment",
		"invalid_b2b_endpoint", "enterprise_endpoint", "endpoint_not_authorized_for_sdk", "billing_not_verified",
		"organization_suspended", "use_https", "invalid_session_duration", "invalid_session_duration_minutes",
		"invalid_locale",
		"custom_claims_too_large", "reserved_claims_in_custom_claims", "stytch_claims_in_custom_claims":
		return failure{code: CodeMisconfigured, refund: true}
	}
	switch {
	case api.StatusCode == http.StatusTooManyRequests:
		return failure{code: CodeProviderUnavailable, refund: true, retryAfter: orElse(api.RetryAfter, retryUnavailable)}
	case api.StatusCode >= http.StatusInternalServerError:
		return failure{code: CodeProviderUnavailable, unclear: true, retryAfter: orElse(api.RetryAfter, retryUnavailable)}
	}
	// Redirects, and refusals of a type that is not known here.
	return failure{code: CodeProviderUnavailable, retryAfter: retryUnavailable}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
