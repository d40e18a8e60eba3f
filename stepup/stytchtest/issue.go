// The last step of an authenticate call: signing its JWT, or spoiling the
// answer if a Tamper asks for it. The pipeline calls issue after the endpoint,
// without the lock.

package stytchtest

import "time"

// issue signs the JWT of an answer that t may have spoiled first. An answer without a
// session, that of a login which waits for another factor, has nothing to sign.
func (a *api) issue(out *sessionAnswer, t Tamper) {
	if out.session == nil {
		return
	}
	switch t {
	case OtherMember, OtherMemberJWT, OtherOrganization, OtherSession, NoSecondFactor, OldFactors:
		a.spoil(out, t)
	case ForgedJWT:
		out.SessionJWT = a.keys.forge(out.claims)
		return
	case NoJWT:
		return
	}
	out.SessionJWT = a.keys.sign(out.claims)
}

// spoil replaces the session in the answer, or only in its JWT.
func (a *api) spoil(out *sessionAnswer, t Tamper) {
	a.state.mu.Lock()
	defer a.state.mu.Unlock()
	if a.state.sessions.byID[out.session.id] != out.session {
		return // a snapshot was restored during the call
	}
	spoiled := a.sessionAnswer(a.standIn(out.session, t))
	if t == OtherMemberJWT {
		out.claims = spoiled.claims
		return
	}
	spoiled.envelope = out.envelope
	*out = spoiled
}

// standIn returns a copy of ss that differs only as t says: even the session of
// another member has the same factors. state.mu must be held.
func (a *api) standIn(ss *session, t Tamper) *session {
	other := *ss
	other.factors = copyFactors(ss.factors)
	switch t {
	case NoSecondFactor:
		other.dropSecondFactors()
		return &other
	case OldFactors:
		for _, f := range other.factors {
			f.shift(-24 * time.Hour)
		}
		return &other
	case OtherMember, OtherMemberJWT:
		other.member = a.addStranger(ss.member.organization)
	case OtherOrganization:
		other.member = a.addStranger(nil)
	}
	other.id, other.token = a.ids.next("session"), newToken()
	a.state.sessions.keep(&other)
	return &other
}

// addStranger adds a member of o, or of a new organization if o is nil. state.mu
// must be held.
func (a *api) addStranger(o *organization) *member {
	if o == nil {
		var err *apiError
		if o, err = a.state.organizations.add(Organization{}); err != nil {
			panic("stytchtest: " + err.message)
		}
	}
	m, err := a.state.members.add(InOrganization(&o.Organization), withUniquePhone())
	if err != nil {
		panic("stytchtest: " + err.message)
	}
	return m
}
