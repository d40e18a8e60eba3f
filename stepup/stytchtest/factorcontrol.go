// The controls that read what only a member has: its authenticator app and its
// recovery codes. Tests call them to give second factors.

package stytchtest

// TOTPCode returns the six digits that the authenticator app of m shows now, or "" if
// m has no TOTP registration. A pending registration has a code too: the first right
// one activates it. The time is that of the emulator, skew included, and Advance moves
// it: after a code was used, Advance(30*time.Second) makes the app show the next one.
// An app that is not this one, given the secret, agrees only until then. TOTPCode
// panics if m is not a member of this server.
func (s *Server) TOTPCode(m *Member) string {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.totpCode(s.mustFind(m))
}

// RecoveryCodes returns the recovery codes of m that have not been used. There are none
// without a TOTP registration; those of a pending one do not work yet. RecoveryCodes
// panics if m is not a member of this
// server.
func (s *Server) RecoveryCodes(m *Member) []string {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.mustFind(m).recoveryCodes()
}
