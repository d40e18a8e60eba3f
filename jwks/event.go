// Events about the key set. Reported by settle in refresh.go.

package jwks

import "time"

// EventKind says what an [Event] is about.
type EventKind string

const (
	// KeysFetched: a good key set arrived and is in use.
	KeysFetched EventKind = "keys_fetched"
	// FetchFailed: no good key set came back; the one held stays in use.
	FetchFailed EventKind = "fetch_failed"
	// KeySkipped: a fetched key set holds a key that is not used, for the
	// reason in Err. Reported at every fetch.
	KeySkipped EventKind = "key_skipped"
)

// Event reports one change or failure around the keys. It holds no token and
// nothing about members.
type Event struct {
	Kind EventKind

	// Forced is true if a token with an unknown key id caused the fetch, and
	// false if the fetch was due.
	Forced bool

	// Took is how long the fetch took; zero for KeySkipped.
	Took time.Duration

	// Keys is the number of keys in use after the event. Added and Removed
	// are the ids of the keys that the event brought and removed.
	Keys           int
	Added, Removed []string

	// KeyID is the id of the key that was skipped, cut to 128 bytes.
	KeyID string

	// Err is why the fetch failed or the key was skipped; nil for KeysFetched.
	Err error
}
