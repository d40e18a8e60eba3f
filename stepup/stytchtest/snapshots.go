// The snapshots of the emulator, which suites of tests go back to. The controls in
// snapshotcontrol.go and the admin endpoints take and restore them.

package stytchtest

import (
	"net/http"
	"slices"
	"sync"
	"time"
)

// maxSnapshots bounds the memory of a suite that takes one before each test.
const maxSnapshots = 100

// snapshot is everything that calls and controls change, as it was at one time.
type snapshot struct {
	id       string
	taken    time.Time
	state    *state
	keys     heldKeys
	faults   []Fault
	calls    []Call
	override override
}

// snapshots takes, keeps and restores snapshots of the other parts.
type snapshots struct {
	ids       idSource
	state     *state
	keys      *keyset
	faults    *faultList
	calls     *callLog
	overrides *overrides

	mu    sync.Mutex
	start snapshot // what reset restores
	kept  []snapshot
}

// take returns a snapshot without keeping it. It copies one part after the other, so
// calls in progress may show in some of them only.
func (s *snapshots) take() snapshot {
	return snapshot{
		id:       s.ids.next("snapshot"),
		taken:    time.Now(),
		state:    s.state.copied(),
		keys:     s.keys.held(),
		faults:   s.faults.held(),
		calls:    s.calls.list(),
		override: s.overrides.held(),
	}
}

// put restores a snapshot. What it holds is as old as it was then.
func (s *snapshots) put(was snapshot) {
	s.state.restore(was.state, time.Since(was.taken))
	s.keys.hold(was.keys)
	s.faults.hold(was.faults)
	s.calls.hold(was.calls)
	s.overrides.hold(was.override)
}

// begin makes what there is now the state that reset restores.
func (s *snapshots) begin() {
	start := s.take()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.start = start
}

// keep takes a snapshot and returns its id. Beyond the limit it forgets the oldest.
func (s *snapshots) keep() string {
	taken := s.take()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.kept) == maxSnapshots {
		s.kept = slices.Clone(s.kept[1:])
	}
	s.kept = append(s.kept, taken)
	return taken.id
}

// restore goes back to a snapshot that keep took, any number of times.
func (s *snapshots) restore(id string) *apiError {
	s.mu.Lock()
	i := slices.IndexFunc(s.kept, func(was snapshot) bool { return was.id == id })
	if i < 0 {
		s.mu.Unlock()
		return &apiError{
			status:  http.StatusNotFound,
			kind:    "snapshot_not_found",
			message: "There is no such snapshot. Only the newest are kept.",
		}
	}
	was := s.kept[i]
	s.mu.Unlock()
	s.put(was)
	return nil
}

// reset goes back to the start.
func (s *snapshots) reset() {
	s.mu.Lock()
	was := s.start
	s.mu.Unlock()
	s.put(was)
}
