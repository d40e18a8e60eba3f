// Tokens whose key is not in the current set: wait, fetch or refuse. Called by
// verify in verifier.go.

package jwks

import (
	"context"
	"crypto/rsa"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// maxWait bounds how long Verify waits for keys.
	maxWait = 300 * time.Millisecond

	// maxIssuedWait bounds how long VerifyIssued waits. A passcode has been
	// used up for the token, so a fetch is waited for to its end.
	maxIssuedWait = fetchTimeout
)

// awaitKey returns the key that a header names and the current set lacks. It
// waits for the first set, and asks for a newer one if that can help.
//
// Here unverified claims choose between two refusals. That is safe because
// neither lets anybody in.
func (v *Verifier) awaitKey(ctx context.Context, h header, payload []byte, from source) (*rsa.PublicKey, error) {
	wait := maxWait
	if from == fromStytch {
		wait = maxIssuedWait
	}
	patience := time.NewTimer(wait)
	defer patience.Stop()
	keys, err := v.keyring.wait(ctx, patience.C)
	if err != nil {
		return nil, err
	}
	if key := keys.find(ctx, h); key != nil {
		return key, nil
	}
	times, err := readUnverifiedTimes(payload)
	if err != nil {
		return nil, err
	}
	if times.issuedAt.After(time.Now().Add(v.leeway)) {
		return nil, invalid("unknown key, and issued in the future")
	}
	// What we know of the key does not count against a token that Stytch has
	// just issued.
	if from == fromStranger {
		if err := keys.disowns(h, times.issuedAt); err != nil {
			return nil, err
		}
	}

	asked := time.Now()
	for {
		flight := v.keyring.refetch(from)
		landed := v.keyring.land(ctx, flight, patience.C)
		keys = v.keyring.current(time.Now())
		if key := keys.find(ctx, h); key != nil {
			return key, nil
		}
		// A fetch that somebody else has begun may have missed the key.
		if from == fromStranger || !landed || !flight.begun.Before(asked) {
			break
		}
	}
	if from == fromStranger || keys.isSince(asked) {
		if err := keys.disowns(h, times.issuedAt); err != nil {
			return nil, err
		}
	}
	if keys != nil && v.isPast(times.expires, time.Now()) {
		return nil, invalid("unknown key, and expired")
	}
	// The key may be newer than the set. Calling the token invalid would sign
	// out the first members to arrive after a rotation.
	return nil, &unavailable{"unknown key, and no key set newer than the token", ctx.Err()}
}

// unverifiedTimes holds iat and exp of a payload whose signature has not been
// checked. They serve only to choose between two refusals.
type unverifiedTimes struct {
	issuedAt time.Time
	expires  int64
}

// readUnverifiedTimes refuses a payload that no key could make good.
func readUnverifiedTimes(payload []byte) (unverifiedTimes, error) {
	var times unverifiedTimes
	err := decodeClaims(payload, &times)
	if err != nil || times.issuedAt.IsZero() || times.expires == 0 {
		return times, invalid("unknown key, and claims not as they must be")
	}
	return times, nil
}

// UnmarshalJSONFrom reads the two claims and skips all others.
func (t *unverifiedTimes) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return readObject(dec, func(name []byte) (err error) {
		switch string(name) {
		case "iat":
			seconds, err := readSeconds(dec)
			t.issuedAt = time.Unix(seconds, 0)
			return err
		case "exp":
			t.expires, err = readSeconds(dec)
			return err
		}
		return dec.SkipValue()
	})
}
