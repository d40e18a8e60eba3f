// The controls by which a suite of tests goes back to a known state. Tests call them
// between cases.

package stytchtest

// Snapshot remembers organizations, members, sessions, logins, messages, mails, faults,
// signing keys, the clock, the call log and the changes of the admin API to settings, and
// returns the id of the snapshot. It does not remember the fields of s. The newest 100
// snapshots are kept. Snapshot, Restore and Reset are exact while no call is in progress.
func (s *Server) Snapshot() string { return s.snapshots.keep() }

// Restore goes back to a snapshot, as often as wanted. Sessions, codes and locks are as
// old as they were when it was taken, however long ago that is; session JWTs that were
// handed out keep their times, since those are signed. Restore panics if there is no such
// snapshot.
func (s *Server) Restore(id string) {
	if err := s.snapshots.restore(id); err != nil {
		panic("stytchtest: Restore: there is no such snapshot")
	}
}

// Reset goes back to the beginning: to what the last [Server.Load] left, and without one
// to a server without organizations. Snapshots are kept.
func (s *Server) Reset() { s.snapshots.reset() }
