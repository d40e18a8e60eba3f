// Redaction: fmt and log/slog print only ids of requests and responses.

package stytch

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// Requests and responses carry codes, passwords, secrets and session tokens as
// plain strings, because they must be sent and stored. One careless
// log.Printf("%+v", request) would leak them, so fmt and log/slog print only
// ids. encoding/json still encodes everything but phone numbers in full.
//
// Requests and responses without any of these print as any struct does. A
// response that embeds Authenticated or PrimaryAuthenticated and has no methods
// here prints as that.

// formatMasked prints what LogValue shows, whatever the verb.
func formatMasked(s fmt.State, v slog.LogValuer) {
	fmt.Fprintf(s, "%T%v", v, v.LogValue())
}

// LogValue implements [slog.LogValuer]. It shows only the project id.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(slog.String("project_id", c.ProjectID))
}

// Format implements [fmt.Formatter]. Every verb prints only the project id.
func (c Config) Format(s fmt.State, _ rune) { formatMasked(s, c) }

// MarshalJSON implements [json.Marshaler]. It encodes only the project id.
func (c Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"project_id": c.ProjectID})
}

// organizationGroup is the printable part of a request that names no member.
func organizationGroup(organizationID string) slog.Value {
	return slog.GroupValue(slog.String("organization_id", organizationID))
}

// memberGroup is the printable part of a request about a member.
func memberGroup(organizationID, memberID string) slog.Value {
	return slog.GroupValue(
		slog.String("organization_id", organizationID),
		slog.String("member_id", memberID),
	)
}

// totpGroup is the printable part of a response with the secrets of a TOTP
// registration.
func totpGroup(requestID, memberID, registrationID string) slog.Value {
	return slog.GroupValue(
		slog.String("request_id", requestID),
		slog.String("member_id", memberID),
		slog.String("totp_registration_id", registrationID),
	)
}

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r SendSMSRequest) LogValue() slog.Value { return memberGroup(r.OrganizationID, r.MemberID) }

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r SendSMSRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r AuthenticateSMSRequest) LogValue() slog.Value {
	return memberGroup(r.OrganizationID, r.MemberID)
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r AuthenticateSMSRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r AuthenticateSMSResponse) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", r.RequestID), slog.String("member_id", r.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r AuthenticateSMSResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows nothing, because only
// credentials name the session here.
func (r AuthenticateSessionRequest) LogValue() slog.Value { return slog.GroupValue() }

// Format implements [fmt.Formatter]. Every verb prints only the type.
func (r AuthenticateSessionRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r AuthenticateSessionResponse) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", r.RequestID), slog.String("member_id", r.Member.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r AuthenticateSessionResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r RevokeSessionRequest) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("member_session_id", r.MemberSessionID),
		slog.String("member_id", r.MemberID),
	)
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r RevokeSessionRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows ids only.
func (a Authenticated) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", a.RequestID), slog.String("member_id", a.Member.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (a Authenticated) Format(s fmt.State, _ rune) { formatMasked(s, a) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r CreateTOTPRequest) LogValue() slog.Value { return memberGroup(r.OrganizationID, r.MemberID) }

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r CreateTOTPRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r AuthenticateTOTPRequest) LogValue() slog.Value {
	return memberGroup(r.OrganizationID, r.MemberID)
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r AuthenticateTOTPRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r MigrateTOTPRequest) LogValue() slog.Value { return memberGroup(r.OrganizationID, r.MemberID) }

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r MigrateTOTPRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r RecoverRequest) LogValue() slog.Value { return memberGroup(r.OrganizationID, r.MemberID) }

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r RecoverRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only the organization id.
func (r AuthenticatePasswordRequest) LogValue() slog.Value {
	return organizationGroup(r.OrganizationID)
}

// Format implements [fmt.Formatter]. Every verb prints only the organization id.
func (r AuthenticatePasswordRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only the organization id.
func (r ExchangeSessionRequest) LogValue() slog.Value { return organizationGroup(r.OrganizationID) }

// Format implements [fmt.Formatter]. Every verb prints only the organization id.
func (r ExchangeSessionRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only the organization id.
func (r ExchangeIntermediateSessionRequest) LogValue() slog.Value {
	return organizationGroup(r.OrganizationID)
}

// Format implements [fmt.Formatter]. Every verb prints only the organization id.
func (r ExchangeIntermediateSessionRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows nothing, because there are only
// credentials here.
func (r AuthenticateMagicLinkRequest) LogValue() slog.Value { return slog.GroupValue() }

// Format implements [fmt.Formatter]. Every verb prints only the type.
func (r AuthenticateMagicLinkRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows nothing, because there are only
// credentials here.
func (r DiscoverOrganizationsRequest) LogValue() slog.Value { return slog.GroupValue() }

// Format implements [fmt.Formatter]. Every verb prints only the type.
func (r DiscoverOrganizationsRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r CreateTOTPResponse) LogValue() slog.Value {
	return totpGroup(r.RequestID, r.MemberID, r.TOTPRegistrationID)
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r CreateTOTPResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r MigrateTOTPResponse) LogValue() slog.Value {
	return totpGroup(r.RequestID, r.MemberID, r.TOTPRegistrationID)
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r MigrateTOTPResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows only ids.
func (r RecoveryCodesResponse) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", r.RequestID), slog.String("member_id", r.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints only ids.
func (r RecoveryCodesResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows ids only.
func (p PrimaryAuthenticated) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", p.RequestID), slog.String("member_id", p.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (p PrimaryAuthenticated) Format(s fmt.State, _ rune) { formatMasked(s, p) }
