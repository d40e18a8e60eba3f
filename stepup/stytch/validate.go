// Checks of the arguments of a call. Called by the check method of every
// request.

package stytch

import (
	"errors"
	"fmt"
	"net/url"
)

const (
	minSessionMinutes = 5
	maxSessionMinutes = 527040  // 366 days
	maxClaimsSize     = 4 << 10 // bytes, encoded
)

// The errors below name fields and never quote values, which may be codes and
// tokens.

var errCode = errors.New("the Code is not six ASCII digits")

// refuse returns the error of a call that refuses its arguments.
func refuse(name string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrRequest, name, err)
}

// requireID refuses an empty id. An organization id that got lost would turn the
// path of one endpoint into that of another.
func requireID(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s is empty", field)
	}
	return nil
}

// requirePathID also refuses dot segments, which no escaping makes safe in a
// path: clients, proxies and servers remove them (RFC 3986 section 5.2.4).
func requirePathID(field, value string) error {
	if value == "." || value == ".." {
		return fmt.Errorf("%s is a dot segment", field)
	}
	return requireID(field, value)
}

// pathf is fmt.Sprintf for paths. Each id becomes one escaped segment.
func pathf(format string, ids ...string) string {
	segments := make([]any, len(ids))
	for i, id := range ids {
		segments[i] = url.PathEscape(id)
	}
	return fmt.Sprintf(format, segments...)
}

func countSet(values ...string) (n int) {
	for _, v := range values {
		if v != "" {
			n++
		}
	}
	return n
}

func requireOne(fields string, values ...string) error {
	if n := countSet(values...); n != 1 {
		return fmt.Errorf("exactly one of %s must be set, not %d", fields, n)
	}
	return nil
}

func requireAtMostOne(fields string, values ...string) error {
	if n := countSet(values...); n > 1 {
		return fmt.Errorf("at most one of %s may be set, not %d", fields, n)
	}
	return nil
}

// checkCode accepts only ASCII digits. Full-width ones are for the caller to
// convert, who knows that a person typed them.
func checkCode(code string) error {
	if len(code) != 6 {
		return errCode
	}
	for i := range len(code) {
		if code[i] < '0' || code[i] > '9' {
			return errCode
		}
	}
	return nil
}

func checkMinutes(minutes int) error {
	if minutes != 0 && (minutes < minSessionMinutes || minutes > maxSessionMinutes) {
		return fmt.Errorf("SessionDurationMinutes is not 0 or %d to %d", minSessionMinutes, maxSessionMinutes)
	}
	return nil
}

func checkClaims(claims map[string]any) error {
	if len(claims) == 0 {
		return nil
	}
	data, err := encode(claims)
	if err != nil {
		return fmt.Errorf("SessionCustomClaims %w", err)
	}
	if len(data) > maxClaimsSize {
		return fmt.Errorf("SessionCustomClaims is %d bytes encoded, over %d", len(data), maxClaimsSize)
	}
	return nil
}

func checkEnrollment(value string) error {
	switch value {
	case "", "enroll", "unenroll":
		return nil
	}
	return errors.New(`SetMFAEnrollment is not "", "enroll" or "unenroll"`)
}
