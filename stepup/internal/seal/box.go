// Seals and opens the boxes that wait in a page for the member to come back.
// stepup/sealed.go calls it.

package seal

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrOpen says nothing more to a client: only the log needs to know whether a
// box was altered, is of another member or was made with a lost key.
var ErrOpen = errors.New("stepup: sealed form does not open")

// Seal makes a text of a header, which stays readable, and of a secret, which
// does not. Both are authenticated, together with everything that the box is
// bound to: Open takes the same parts in the same order, or fails.
func (k Keyring) Seal(header, secret []byte, bound ...string) string {
	box := k.boxes[0].Seal(nil, nil, secret, bind(header, bound))
	return base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(box)
}

// Open returns what was sealed by an instance with one of the keys and bound to
// the same parts. Every error wraps ErrOpen.
func (k Keyring) Open(sealed string, bound ...string) (header, secret []byte, err error) {
	head, tail, _ := strings.Cut(sealed, ".")
	if header, err = base64.RawURLEncoding.Strict().DecodeString(head); err != nil {
		return nil, nil, fmt.Errorf("%w: encoding", ErrOpen)
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(tail)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: encoding", ErrOpen)
	}
	for _, sealer := range k.boxes {
		if secret, err = sealer.Open(nil, nil, box, bind(header, bound)); err == nil {
			return header, secret, nil
		}
	}
	return nil, nil, fmt.Errorf("%w: not sealed for this session", ErrOpen)
}

// bind puts the length of each part in front of it, so that no two lists of
// parts bind the same.
func bind(header []byte, parts []string) []byte {
	var b []byte
	for _, part := range append(slices.Clip(parts), string(header)) {
		b = binary.BigEndian.AppendUint64(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
