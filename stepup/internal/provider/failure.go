// What a failed call to Stytch means. Every call of this package is classified
// here, once, and nowhere else.

package provider

import (
	"errors"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

// Failure is what a failed call means for the member, and for what was counted
// before it. It stays this type up to the answer. The same error of Stytch is
// the same Failure, whichever endpoint returned it.
type Failure struct {
	Code       contract.Code
	Reason     contract.Reason // why a member cannot be sent a passcode
	Scope      contract.Scope  // what is locked
	RequestID  string          // Stytch's; "" = it did not answer
	RetryAfter time.Duration   // 0 = not known
	Unproved   bool            // the member's authenticator app is in the way, and has never been a factor
	Refund     bool            // Stytch surely did nothing: what was counted is given back
	Unclear    bool            // it may have happened although the call failed
	Err        error
}

// Error returns the text of the cause, which holds no passcode, token or phone
// number.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }

// The waits that are used if Stytch names none.
const (
	RetryUnavailable = 30 * time.Second
	retryMemberLock  = time.Hour // Stytch's default lock
)

// Unavailable returns the Failure for what cannot be judged at the moment.
func Unavailable(err error) *Failure {
	return &Failure{Code: contract.CodeProviderUnavailable, RetryAfter: RetryUnavailable, Err: err}
}

// classify maps the error of a call to its one outcome; nil stays nil. Error
// types decide, since neither names nor statuses do: "…_not_found" can be a
// 400, and a 401 can mean a bad secret or a used passcode.
func classify(err error) *Failure {
	var known *Failure
	var api *stytch.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return known
	case errors.As(err, &api):
		f := classifyType(api)
		f.RequestID, f.Err = api.RequestID, err
		return f
	case errors.Is(err, stytch.ErrRequest):
		return &Failure{Code: contract.CodeMisconfigured, Refund: true, Err: err}
	}
	f := Unavailable(err)
	switch {
	case errors.Is(err, stytch.ErrNotSent), errors.Is(err, errBusy), errors.Is(err, errClosed):
		f.Refund = true
	case errors.Is(err, ErrMismatch):
		// Stytch has judged, and its answer cannot be used.
	default: // time-outs, resets and answers that cannot be read
		f.Unclear = true
	}
	return f
}

// classifyType never returns nil. A Failure with nothing but a code is the
// cautious one: Stytch may have judged, so nothing is given back.
func classifyType(api *stytch.APIError) *Failure {
	switch api.Type {
	case "otp_code_not_found", "invalid_code", "session_on_code_does_not_match_session_passed_in",
		"invalid_totp_code", "unable_to_authenticate_totp", "recovery_code_used_as_totp_code",
		"invalid_recovery_code", "unable_to_authenticate_recovery_code", "totp_code_used_as_recovery_code":
		return &Failure{Code: contract.CodeIncorrect}
	case "unable_to_auth_otp_code", "totp_code_already_authenticated":
		return &Failure{Code: contract.CodeExpired}
	case "intermediate_session_not_found", "invalid_intermediate_session_token_for_organization":
		return &Failure{Code: contract.CodeLoginExpired, Refund: true}

	case "session_not_found", "invalid_session_token", "unable_to_parse_session_jwt",
		"jwt_invalid_audience", "jwt_invalid_issuer", "jwt_invalid_claims",
		"session_not_mutable", "incompatible_session_type", "member_session_member_id_mismatch",
		"invalid_session_missing_primary_factor", "member_not_found", "organization_not_found", "user_unauthenticated":
		return &Failure{Code: contract.CodeSessionExpired, Refund: true}

	case "member_phone_number_not_found", "phone_number_not_found", "missing_sms_parameter",
		"totp_not_found", "expired_totp", "secondary_factor_not_found", "recovery_codes_not_found", "no_active_recovery_code_backed_factor":
		return &Failure{Code: contract.CodeFactorNotEnrolled}
	case "invalid_phone_number_country_code":
		return &Failure{Code: contract.CodeDeliveryUnavailable, Reason: contract.ReasonCountry}
	case "unsubscribed_phone_number":
		return &Failure{Code: contract.CodeDeliveryUnavailable, Reason: contract.ReasonUnsubscribed}
	case "invalid_phone_number", "invalid_phone_number_sandbox", "downstream_carrier_error":
		return &Failure{Code: contract.CodeDeliveryUnavailable, Reason: contract.ReasonNumber}
	case "operation_restricted_by_organization_mfa_methods", "session_enforced_factor_matching_session_required",
		"insufficient_factors", "stale_factors", "action_available_only_for_active_members",
		"action_available_only_once_primary_authentication_is_met":
		return &Failure{Code: contract.CodeDeliveryUnavailable, Reason: contract.ReasonRestricted}
	case "duplicate_member_phone_number", "duplicate_member_phone_number_for_member":
		return &Failure{Code: contract.CodePhoneUnavailable}
	case "pending_totp_exists":
		return &Failure{Code: contract.CodeEnrollmentRequired, Unproved: true, Refund: true}
	case "active_totp_exists":
		return &Failure{Code: contract.CodeEnrollmentRequired, Refund: true}

	case "user_lock_limit_reached":
		return &Failure{Code: contract.CodeLocked, Scope: contract.ScopeMember, RetryAfter: orElse(api.RetryAfter, retryMemberLock)}

	case "captcha_failed", "too_few_tokens_authenticated": // 429, and no member can do more than wait
		return &Failure{Code: contract.CodeProviderUnavailable, Refund: true, RetryAfter: orElse(api.RetryAfter, RetryUnavailable)}

	case "unauthorized_credentials", "invalid_secret_authentication", "invalid_project_id_authentication",
		"invalid_authorization_header", "unauthorized_project_id_live", "unauthorized_project_id_test",
		"live_id_used_in_test_environment", "test_id_used_in_live_environment",
		"invalid_b2b_endpoint", "enterprise_endpoint", "endpoint_not_authorized_for_sdk", "billing_not_verified",
		"organization_suspended", "use_https", "invalid_session_duration", "invalid_session_duration_minutes",
		"invalid_locale",
		"default_mfa_member_missing_factor", "no_session_arguments", "too_many_session_arguments",
		"custom_claims_too_large", "reserved_claims_in_custom_claims", "stytch_claims_in_custom_claims":
		return &Failure{Code: contract.CodeMisconfigured, Refund: true}
	}
	f := &Failure{Code: contract.CodeProviderUnavailable, RetryAfter: RetryUnavailable}
	switch {
	case api.StatusCode == http.StatusTooManyRequests:
		f.Refund, f.RetryAfter = true, orElse(api.RetryAfter, RetryUnavailable)
	case api.StatusCode >= http.StatusInternalServerError:
		f.Unclear, f.RetryAfter = true, orElse(api.RetryAfter, RetryUnavailable)
	}
	// What remains are redirects, and refusals of a type that is not known here.
	return f
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
