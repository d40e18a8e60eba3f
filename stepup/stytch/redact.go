package stytch

import (
	"fmt"
	"log/slog"
)

// Requests and responses carry codes and session tokens as plain strings, for
// they must be sent and stored. A leak needs one careless
// log.Printf("%+v", request), so fmt and log/slog print their ids only.
// encoding/json still encodes them in full, phone numbers excepted.

// formatMasked prints what LogValue shows, whatever the verb.
func formatMasked(s fmt.State, v slog.LogValuer) {
	fmt.Fprintf(s, "%T%v", v, v.LogValue())
}

// memberGroup is what is shown of a request or response about a member.
func memberGroup(organizationID, memberID string) slog.Value {
	return slog.GroupValue(
		slog.String("organization_id", organizationID),
		slog.String("member_id", memberID),
	)
}

// LogValue implements [slog.LogValuer]. It shows ids only.
func (r SendSMSRequest) LogValue() slog.Value { return memberGroup(r.OrganizationID, r.MemberID) }

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (r SendSMSRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows ids only.
func (r AuthenticateSMSRequest) LogValue() slog.Value {
	return memberGroup(r.OrganizationID, r.MemberID)
}

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (r AuthenticateSMSRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows ids only.
func (r AuthenticateSMSResponse) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", r.RequestID), slog.String("member_id", r.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (r AuthenticateSMSResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows nothing: all that names the
// session here is a credential.
func (r AuthenticateSessionRequest) LogValue() slog.Value { return slog.GroupValue() }

// Format implements [fmt.Formatter]. Every verb prints the type only.
func (r AuthenticateSessionRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows ids only.
func (r AuthenticateSessionResponse) LogValue() slog.Value {
	return slog.GroupValue(slog.String("request_id", r.RequestID), slog.String("member_id", r.Member.MemberID))
}

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (r AuthenticateSessionResponse) Format(s fmt.State, _ rune) { formatMasked(s, r) }

// LogValue implements [slog.LogValuer]. It shows ids only.
func (r RevokeSessionRequest) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("member_session_id", r.MemberSessionID),
		slog.String("member_id", r.MemberID),
	)
}

// Format implements [fmt.Formatter]. Every verb prints ids only.
func (r RevokeSessionRequest) Format(s fmt.State, _ rune) { formatMasked(s, r) }
