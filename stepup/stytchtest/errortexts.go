// The text of each error type. Refusals in errors.go take theirs from here.

package stytchtest

// messageOf returns the text of an error type. The service has texts of its own, on
// which nothing should depend. "Use inferred" marks types that the service has, but for
// which it is not documented that this is the refusal that they are for.
func messageOf(kind string) string {
	switch kind {
	case "action_available_only_for_active_members":
		return "You may not attach an MFA factor to a member that is not active."
	case "action_available_only_once_primary_authentication_is_met": // use inferred
		return "The intermediate session lacks a primary factor."
	case "active_totp_exists":
		return "The member already has an active TOTP registration. Delete it before creating another."
	case "captcha_failed":
		return "The CAPTCHA was not solved."
	case "custom_claims_too_large":
		return "Custom claims may not exceed four kilobytes."
	case "duplicate_member_email":
		return "Another member of the organization has or had this email address."
	case "duplicate_organization":
		return "Another organization has this id."
	case "duplicate_member_phone_number":
		return "Another member of the organization has this phone number."
	case "duplicate_member_phone_number_for_member": // use inferred
		return "The member already has an MFA phone number. Delete it before setting another."
	case "email_jit_provisioning_not_allowed": // use inferred
		return "The organization has no member with this email address, and nobody may join it."
	case "email_not_found":
		return "The organization has no member with this email address."
	case "expired_totp": // use inferred
		return "The TOTP registration was not activated in time. Create another."
	case "intermediate_session_not_found":
		return "The intermediate session has expired, has been consumed or never existed."
	case "internal_server_error":
		return "Oops, something seems to have gone wrong."
	case "invalid_code":
		return "The code must be six digits."
	case "invalid_totp_code": // use inferred
		return "The code must be six digits."
	case "invalid_email":
		return "The email address is not valid."
	case "invalid_expiration": // use inferred
		return "The expiration must be between 5 and 1440 minutes."
	case "invalid_intermediate_session_token_for_organization": // use inferred
		return "The intermediate session is of another organization, or cannot leave its own."
	case "invalid_locale":
		return "The locale is not supported."
	case "invalid_login_redirect_url", "invalid_signup_redirect_url":
		return "The redirect URL must be absolute, with the scheme http or https."
	case "invalid_member_get_fields":
		return "Exactly one of member_id and email_address must be provided."
	case "invalid_organization_allowed_mfa_methods":
		return "The MFA methods must be sms_otp and totp."
	case "invalid_organization_mfa_policy":
		return "The MFA policy must be OPTIONAL or REQUIRED_FOR_ALL."
	case "invalid_organization_name":
		return "The name must be at most 128 bytes."
	case "invalid_organization_slug":
		return "The slug must be 2 to 128 letters, digits and - . _ ~"
	case "invalid_phone_number":
		return "The phone number must be in E.164 format."
	case "invalid_pkce_code_challenge": // use inferred
		return "The PKCE code challenge must be a SHA-256 hash in base64url."
	case "invalid_recovery_code": // use inferred
		return "Recovery codes must not be empty or repeated."
	case "invalid_session_duration_minutes":
		return "session_duration_minutes must be between 5 and 527040."
	case "magic_link_not_found":
		return "The magic link was not found."
	case "member_not_found":
		return "Member could not be found."
	case "member_password_not_found":
		return "The member has no password."
	case "member_phone_number_not_found":
		return "The member has no MFA phone number."
	case "member_session_member_id_mismatch": // use inferred
		return "The session belongs to another member."
	case "missing_sms_parameter": // use inferred
		return "mfa_phone_number is required, as the member has no phone number."
	case "no_active_recovery_code_backed_factor": // use inferred
		return "The member has no active TOTP registration, which recovery codes come with."
	case "no_session_arguments":
		return "Exactly one of intermediate_session_token, session_token and session_jwt must be provided."
	case "no_session_revoke_arguments":
		return "Exactly one of member_session_id, session_token, session_jwt and member_id must be provided."
	case "operation_restricted_by_organization_mfa_methods":
		return "The organization does not allow this MFA method."
	case "organization_not_found":
		return "Organization could not be found."
	case "organization_slug_already_used":
		return "Another organization has this slug."
	case "organization_suspended":
		return "The organization is suspended."
	case "otp_code_not_found":
		return "The OTP code was not found."
	case "pending_totp_exists": // use inferred
		return "The member already has a pending TOTP registration. Activate or delete it first."
	case "phone_number_not_found":
		return "Phone number could not be found."
	case "pkce_did_not_expect_code_verifier":
		return "The flow began without a code challenge, so there must be no code verifier."
	case "pkce_expected_code_verifier":
		return "The flow began with a code challenge: a code verifier is required."
	case "pkce_mismatch":
		return "The code verifier is not that of the code challenge."
	case "project_not_found":
		return "Project could not be found."
	case "recovery_code_used_as_totp_code": // use inferred
		return "A recovery code is not a TOTP code. Use the recover endpoint."
	case "recovery_codes_not_found":
		return "The member has no recovery codes."
	case "route_not_found":
		return "The requested route was not found."
	case "server_unavailable":
		return "The server is unavailable."
	case "session_authorization_error":
		return "The member session is not authorized to perform the requested action on the requested resource."
	case "session_authorization_tenancy_error":
		return "The member session belongs to a different organization than the one specified in the request."
	case "session_enforced_factor_matching_session_required": // use inferred
		return "The member has an active MFA factor: a session of the member that proves it is required."
	case "session_not_found":
		return "Session could not be found."
	case "stytch_claims_in_custom_claims":
		return "Custom claims may not begin with https://stytch.com/."
	case "too_many_requests":
		return "Too many requests have been made."
	case "too_many_session_arguments":
		return "Only one of the session arguments may be provided."
	case "too_many_session_revoke_arguments":
		return "Only one of the revoke arguments may be provided."
	case "totp_code_already_authenticated":
		return "The TOTP code has already been used. Wait for the next one."
	case "totp_code_used_as_recovery_code": // use inferred
		return "A TOTP code is not a recovery code."
	case "totp_not_found":
		return "The member has no TOTP registration."
	case "unable_to_auth_magic_link":
		return "The magic link has already been used or has expired."
	case "unable_to_auth_otp_code":
		return "The OTP code has already been used or has expired."
	case "unable_to_authenticate_recovery_code": // use inferred
		return "The recovery code is wrong or has already been used."
	case "unable_to_authenticate_totp": // use inferred
		return "The TOTP code is wrong."
	case "unable_to_parse_session_jwt":
		return "The session JWT could not be parsed or its signature is not valid."
	case "unauthorized_credentials":
		return "Unauthorized credentials."
	case "user_lock_limit_reached":
		return "The member has been locked after too many failed attempts."
	}
	return "The request is not valid: " + kind + "."
}
