// The admin endpoints that remember and restore the state of the emulator. The admin
// routes call them; they do the work of Snapshot, Restore and Reset for tests in other
// languages.

package stytchtest

import "net/http"

// takeSnapshot is POST /_emulator/snapshot.
func (ad *admin) takeSnapshot(r *http.Request, body []byte) (any, *apiError) {
	if err := decode(r, body, &struct{}{}); err != nil {
		return nil, err
	}
	return map[string]any{"id": ad.api.snapshots.keep()}, nil
}

// restore is POST /_emulator/restore.
func (ad *admin) restore(r *http.Request, body []byte) (any, *apiError) {
	var req struct {
		ID string `json:"id"`
	}
	if err := decode(r, body, &req); err != nil {
		return nil, err
	}
	if err := ad.api.snapshots.restore(req.ID); err != nil {
		return nil, err
	}
	return struct{}{}, nil
}

// reset is POST /_emulator/reset.
func (ad *admin) reset(r *http.Request, body []byte) (any, *apiError) {
	if err := decode(r, body, &struct{}{}); err != nil {
		return nil, err
	}
	ad.api.snapshots.reset()
	return struct{}{}, nil
}
