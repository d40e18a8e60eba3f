package stytchtest

import "time"

// now is the emulator's clock. It reads time.Now, so that inside a
// testing/synctest bubble it is the bubble's clock. s.mu must be held.
func (s *Server) now() time.Time { return time.Now().Add(s.skew) }

// Advance makes everything the emulator holds d older: codes, messages, locks,
// sessions and their factors. The clock itself does not move, so that tokens
// minted afterwards carry the real time and verify anywhere; they tell of older
// factors. It panics if d is negative.
func (s *Server) Advance(d time.Duration) {
	if d < 0 {
		panic("stytchtest: Advance by a negative duration")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shift(-d)
}

// SetClockSkew puts the emulator's clock ahead of the machine's by d, or behind
// it if d is negative, as Stytch's clock is ahead of an app whose own clock is
// slow. Every timestamp that the emulator writes from now on shows it, tokens
// included. What it holds keeps its age.
func (s *Server) SetClockSkew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shift(d - s.skew)
	s.skew = d
}

// shift moves every time that the emulator holds. The tables name their own, so
// that a new field is not forgotten far from where it is declared.
func (s *Server) shift(d time.Duration) {
	for _, o := range s.organizations {
		o.shift(d)
	}
	for _, m := range s.members {
		m.shift(d)
	}
	for _, ss := range s.sessions {
		ss.shift(d)
	}
	for _, l := range s.logins {
		l.expires = l.expires.Add(d)
	}
	for i := range s.messages {
		s.messages[i].SentAt = s.messages[i].SentAt.Add(d)
	}
}

// moved returns t moved by d; a time that was never set stays unset.
func moved(t time.Time, d time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(d)
}

// wireTime writes a time as the service does: UTC, whole seconds.
func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// wireTimeOrNull is wireTime for fields that are null while unset.
func wireTimeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := wireTime(t)
	return &text
}
