// The controls of the service itself: faults, signing keys, the clock and the
// call log. Tests call them.

package stytchtest

import "time"

// Fail arranges a fault. Faults that match the same call are used up one after
// another, in the order in which they were arranged. Fail panics on values that no
// answer can have, such as a status below 200.
func (s *Server) Fail(f Fault) {
	if err := f.check(); err != nil {
		panic("stytchtest: Fail: " + err.Error())
	}
	s.faults.add(f)
}

// ClearFaults forgets the faults that have not been used up.
func (s *Server) ClearFaults() { s.faults.clear() }

// RotateKeys replaces the signing key at once. With overlap, the previous key
// stays in the JWKS until the next rotation; the service keeps it for a month.
// Without overlap, tokens that it signed no longer verify anywhere, not even here.
func (s *Server) RotateKeys(overlap bool) { s.keys.rotate(overlap) }

// Advance makes everything in the emulator older by d: codes, those of authenticator
// apps included, messages, locks, logins, sessions and their factors. The clock itself does not move, so tokens minted
// afterward carry the real time and verify anywhere; only the factors in them are
// older. Advance panics if d is negative.
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		panic("stytchtest: Advance by a negative duration")
	}
	s.state.advance(d)
}

// SetClockSkew sets the emulator's clock ahead of the machine's by d, or behind it if
// d is negative; to an app this looks as if its own clock were wrong. Every timestamp
// written from now on is skewed, including those in tokens. Existing sessions, codes
// and messages keep their age. A second call replaces the skew of the first.
func (s *Server) SetClockSkew(d time.Duration) { s.state.setSkew(d) }

// Calls returns the API calls in the order in which they were answered. The log
// keeps at least the newest 5,000 calls and forgets older ones.
func (s *Server) Calls() []Call { return s.calls.list() }

// ResetCalls empties the call log.
func (s *Server) ResetCalls() { s.calls.reset() }
