// What every answer has that adds a second factor, whichever it was, or that
// authenticates a session.

package stytch

// Authenticated is what a call returns that authenticates a session or a second
// factor: the session as it stands now, with a newly signed JWT. The answers to
// first factors are [PrimaryAuthenticated]. fmt and log/slog print its ids only.
//
// Whether SessionToken is the one that the session had before is not documented.
type Authenticated struct {
	RequestID     string         `json:"request_id"`
	StatusCode    int            `json:"status_code"`
	Member        Member         `json:"member"`
	Organization  Organization   `json:"organization"`
	SessionToken  string         `json:"session_token"`  // may be ""
	SessionJWT    string         `json:"session_jwt"`    // newly signed
	MemberSession *MemberSession `json:"member_session"` // may be nil
}

func (a *Authenticated) missing(memberID string) string {
	if a.SessionJWT == "" {
		return "session_jwt"
	}
	return missingMember(a.RequestID, memberID, a.Member, a.Organization)
}
