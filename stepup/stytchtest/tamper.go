package stytchtest

import (
	"time"
)

// Tamper names a way in which the answer to an authenticate call, a success by
// all other signs, must not be trusted. Whatever the call does is done.
type Tamper string

const (
	// OtherMember answers with the session of another member of the organization.
	OtherMember Tamper = "other_member"

	// OtherMemberJWT answers properly, but for a session_jwt of another member,
	// well signed and with the same factors.
	OtherMemberJWT Tamper = "other_member_jwt"

	// OtherOrganization answers with the session of a member of another
	// organization.
	OtherOrganization Tamper = "other_organization"

	// OtherSession answers with another session of the same member.
	OtherSession Tamper = "other_session"

	// NoSecondFactor leaves second factors out of the session and its JWT.
	NoSecondFactor Tamper = "no_second_factor"

	// OldFactors answers with factors that were last proved a day ago.
	OldFactors Tamper = "old_factors"

	// ForgedJWT answers with a session_jwt that names a published key and was
	// signed with another.
	ForgedJWT Tamper = "forged_jwt"

	// NoJWT answers with an empty session_jwt.
	NoJWT Tamper = "no_jwt"
)

// valid reports whether t is none or one of the above. A misspelt one would spoil
// nothing, and the test that asked for it would pass for the wrong reason.
func (t Tamper) valid() bool {
	switch t {
	case "", OtherMember, OtherMemberJWT, OtherOrganization, OtherSession,
		NoSecondFactor, OldFactors, ForgedJWT, NoJWT:
		return true
	}
	return false
}

// complete signs the JWT of an answer, or spoils it first.
func (s *Server) complete(a *sessionAnswer, t Tamper) {
	switch t {
	case OtherMember, OtherMemberJWT, OtherOrganization, OtherSession, NoSecondFactor, OldFactors:
		s.replace(a, t)
	case ForgedJWT:
		a.SessionJWT = s.keys.forge(a.claims)
		return
	case NoJWT:
		return
	}
	a.SessionJWT = s.keys.sign(a.claims)
}

// replace puts what belongs to another session into the answer. The stand-in has
// the factors of the real one, so that nothing but its identity, or for the last
// two nothing but the factors, tells them apart.
func (s *Server) replace(a *sessionAnswer, t Tamper) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	standIn := *a.session
	standIn.factors = nil
	for _, f := range a.session.factors {
		copied := *f
		standIn.factors = append(standIn.factors, &copied)
	}
	switch t {
	case OtherMember, OtherMemberJWT:
		standIn.member = s.stranger(a.session.member.organization)
	case OtherOrganization:
		standIn.member = s.stranger(nil)
	case NoSecondFactor:
		standIn.dropSecondFactors()
	case OldFactors:
		for _, f := range standIn.factors {
			f.shift(-24 * time.Hour)
		}
	}
	if t != NoSecondFactor && t != OldFactors {
		standIn.id, standIn.token = s.ids.next("session"), newToken()
		s.state.sessions.byID[standIn.id] = &standIn
	}
	spoiled := s.sessionAnswer(&standIn)
	if t == OtherMemberJWT {
		a.claims = spoiled.claims
		return
	}
	spoiled.envelope = a.envelope
	*a = spoiled
}

// stranger adds a member that stands for somebody else: of o, or of an
// organization of its own.
func (s *Server) stranger(o *organization) *member {
	if o == nil {
		var err *apiError
		if o, err = s.state.organizations.add(Organization{}); err != nil {
			panic("stytchtest: " + err.message)
		}
	}
	m, err := s.state.members.add(InOrganization(&o.Organization), withUniquePhone())
	if err != nil {
		panic("stytchtest: " + err.message)
	}
	return m
}
