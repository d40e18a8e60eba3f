package jwks

import "time"

// EventKind says what an [Event] is about.
type EventKind string

const (
	// KeysFetched: a good key set arrived and is in use.
	KeysFetched EventKind = "keys_fetched"
	// FetchFailed: no good key set came back; the one held stays in use.
	FetchFailed EventKind = "fetch_failed"
	// KeySkipped: a key set that was fetched holds a key that is not used, for
	// the reason in Err. It is told at every fetch.
	KeySkipped EventKind = "key_skipped"
)

// Event is one thing that happened to the keys. It carries no token and
// nothing about members.
type Event struct {
	Kind EventKind

	// Forced is true where a token with an unknown key id caused the fetch,
	// and false where it was due.
	Forced bool

	// Took is how long the fetch took; zero for KeySkipped.
	Took time.Duration

	// Keys is how many keys are in use afterwards; Added and Removed say by
	// which that set differs from the one before.
	Keys           int
	Added, Removed []string

	// KeyID is the id of the key that was skipped, cut to 128 bytes.
	KeyID string

	// Err is why the fetch failed or the key was skipped; nil for KeysFetched.
	Err error
}
