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

// The checks below name fields and never quote values: those are ids at best,
// codes and tokens at worst.

var errCode = errors.New("the Code is not six ASCII digits")

// refuse is the error of a call whose arguments are not acceptable.
func refuse(name string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrRequest, name, err)
}

// requireID refuses an empty id. Without this, an organization id that was
// lost on the way would turn one endpoint's path into another's.
func requireID(field, value string) error {
	if value == "" {
		return fmt.Errorf("%s is empty", field)
	}
	return nil
}

// requirePathID also refuses ids that no escaping makes safe in a path: dot
// segments are removed by clients, proxies and servers (RFC 3986 section
// 5.2.4).
func requirePathID(field, value string) error {
	if value == "." || value == ".." {
		return fmt.Errorf("%s is a dot segment", field)
	}
	return requireID(field, value)
}

// pathf is fmt.Sprintf for paths: each id becomes one escaped segment.
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

// checkCode knows no other digits than ASCII: full-width ones are to be mapped
// before, where it is known what a person typed.
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
