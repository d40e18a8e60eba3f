// Identifiers: ids, tokens and serial numbers. The state draws them for new
// organizations, members and sessions, the pipeline for each answer.

package stytchtest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// idSource makes ids in the service's form. It is safe for concurrent use.
type idSource struct {
	// projectID is asked each time, since a test may set Server.ProjectID after
	// the server was made.
	projectID func() string
}

// next returns an id such as member-test-<uuid>.
func (i idSource) next(kind string) string {
	return kind + "-" + i.environment() + "-" + newUUID()
}

// environment returns the word in the middle of every id.
func (i idSource) environment() string {
	if strings.HasPrefix(i.projectID(), "project-live-") {
		return "live"
	}
	return "test"
}

// serial makes default names, email addresses and phone numbers unique.
// state.mu must be held.
type serial int

func (n *serial) next() int {
	*n++
	return int(*n)
}

// newUUID returns a random UUID (RFC 9562, section 5.4). It ignores the error of
// rand.Read, which since Go 1.24 ends the program instead of returning one.
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// newToken returns a session token or intermediate session token: 44 characters
// of base64url, as at the service.
func newToken() string {
	var b [33]byte
	rand.Read(b[:])
	return base64.URLEncoding.EncodeToString(b[:])
}
