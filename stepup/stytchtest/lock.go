// The lock of one member, which wrong codes lead to. Every endpoint that checks a
// secret of a member counts the outcome here.

package stytchtest

import "time"

const (
	lockAfter = 10 // failures in a row
	lockLife  = time.Hour
)

// lockout counts the failures in a row of one member, over all methods together.
// state.mu must be held.
// https://stytch.com/docs/resources/platform/user-locks
type lockout struct {
	failures int
	created  time.Time // zero = never locked, or the lock has been lifted
	expires  time.Time
}

// count counts the outcome of an attempt, nil for a success, and returns it. The
// caller has checked that the member is not locked. The failure that starts the lock
// is answered like any other; the lock shows from the next attempt on. Only success
// and the end of a lock reset the count; a new code does not, or an attacker could
// guess without end.
func (l *lockout) count(outcome *apiError, now time.Time) *apiError {
	if outcome == nil || !l.expires.IsZero() { // the lock is over, or the caller would have refused
		*l = lockout{}
	}
	if outcome != nil {
		l.failures++
		if l.failures >= lockAfter {
			l.start(now)
		}
	}
	return outcome
}

// start locks the member for an hour from now, even if it is already locked.
func (l *lockout) start(now time.Time) { l.created, l.expires = now, now.Add(lockLife) }

// locked reports whether the member is locked at the given time.
func (l *lockout) locked(now time.Time) bool { return now.Before(l.expires) }

// shift moves the times of the lock. The failure count has no time to move.
func (l *lockout) shift(d time.Duration) {
	l.created, l.expires = moved(l.created, d), moved(l.expires, d)
}
