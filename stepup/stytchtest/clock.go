// The emulator's clock and its time format. The state tells the time by this
// clock, and the JSON objects format their times here.

package stytchtest

import "time"

// clock is the machine's clock plus a skew. state.mu must be held.
type clock struct {
	skew     time.Duration // > 0 = ahead of the machine's clock
	advanced time.Duration // by all calls of Advance together
}

// now reads time.Now, so inside a testing/synctest bubble it returns the bubble's
// time.
func (c *clock) now() time.Time { return time.Now().Add(c.skew) }

// authenticator returns the time that TOTP codes are of. Unlike now it moves with
// Advance: an authenticator app has nothing that could be made older, so time has to
// pass for it if the code that it has just shown is to become an old one.
func (c *clock) authenticator() time.Time { return c.now().Add(c.advanced) }

// moved returns t moved by d. The zero time stays zero, since it means "never".
func moved(t time.Time, d time.Duration) time.Time {
	if t.IsZero() {
		return t
	}
	return t.Add(d)
}

// wireTime formats a time as the service does: UTC, whole seconds.
func wireTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// wireTimeOrNull is wireTime for a field that is null until its time is set.
func wireTimeOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	text := wireTime(t)
	return &text
}
