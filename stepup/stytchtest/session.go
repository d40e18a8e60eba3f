// One member session with its factors and claims. The table in sessions.go
// holds them.

package stytchtest

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// session is the emulator's record of a member session. state.mu must be held.
type session struct {
	id       string
	token    string
	member   *member
	factors  []*factor
	started  time.Time
	accessed time.Time
	expires  time.Time
	claims   map[string]json.RawMessage // custom claims
	revoked  bool
}

const (
	minSessionMinutes  = 5
	maxSessionMinutes  = 527040
	defaultSessionLife = time.Hour // of a request that names no duration
)

// checkDuration checks a session_duration_minutes. Nil = absent.
func checkDuration(minutes *int) *apiError {
	if minutes != nil && (*minutes < minSessionMinutes || *minutes > maxSessionMinutes) {
		return refuse("invalid_session_duration_minutes")
	}
	return nil
}

// sessionLife returns how long a session lives by its session_duration_minutes.
// Nil = absent.
func sessionLife(minutes *int) time.Duration {
	if minutes == nil {
		return defaultSessionLife
	}
	return time.Duration(*minutes) * time.Minute
}

// dropSecondFactors undoes every step-up of the session.
func (ss *session) dropSecondFactors() {
	ss.factors = slices.DeleteFunc(ss.factors, func(f *factor) bool { return f.order == "SECONDARY" })
}

// copied returns a copy that shares nothing with ss but its member.
func (ss *session) copied() *session {
	copied := *ss
	copied.factors = copyFactors(ss.factors)
	copied.claims = maps.Clone(ss.claims)
	return &copied
}

// shift moves the session and its factors. JWTs already handed out keep their
// times, since those are signed.
func (ss *session) shift(d time.Duration) {
	ss.started, ss.accessed, ss.expires = ss.started.Add(d), ss.accessed.Add(d), ss.expires.Add(d)
	for _, f := range ss.factors {
		f.shift(d)
	}
}

// sessionJSON is the MemberSession object. https://stytch.com/docs/b2b/api/session-object
type sessionJSON struct {
	MemberSessionID       string                     `json:"member_session_id"`
	MemberID              string                     `json:"member_id"`
	OrganizationID        string                     `json:"organization_id"`
	OrganizationSlug      string                     `json:"organization_slug"`
	StartedAt             string                     `json:"started_at"`
	LastAccessedAt        string                     `json:"last_accessed_at"`
	ExpiresAt             string                     `json:"expires_at"`
	AuthenticationFactors []map[string]any           `json:"authentication_factors"`
	Roles                 []string                   `json:"roles"`
	CustomClaims          map[string]json.RawMessage `json:"custom_claims"`
}

// json makes the object with all factors. A JWT may show fewer, since it is older.
func (ss *session) json() *sessionJSON {
	return &sessionJSON{
		MemberSessionID:       ss.id,
		MemberID:              ss.member.id,
		OrganizationID:        ss.member.organization.ID,
		OrganizationSlug:      ss.member.organization.Slug,
		StartedAt:             wireTime(ss.started),
		LastAccessedAt:        wireTime(ss.accessed),
		ExpiresAt:             wireTime(ss.expires),
		AuthenticationFactors: factorObjects(ss.factors),
		Roles:                 slices.Clone(ss.member.roles),
		CustomClaims:          maps.Clone(ss.claims),
	}
}
