// Checks of the arguments of a call. Called by the check method of every
// request.

package stytch

import (
	"errors"
	"fmt"
	"net/url"
	"unicode/utf8"
)

const (
	minMinutes        = 5      // of everything below
	maxSessionMinutes = 527040 // 366 days
	maxTOTPMinutes    = 1440   // a day
	maxEmailMinutes   = 10080  // a week

	maxRecoveryCode = 128 // bytes
)

// The errors below name fields and never quote values, which may be codes,
// passwords and tokens.

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

// sessionInputs are the fields of which most calls take one.
const sessionInputs = "IntermediateSessionToken, SessionToken and SessionJWT"

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

// checkRecoveryCode accepts whatever the service or another one may have made
// a recovery code of. Its format is not documented.
func checkRecoveryCode(field, code string) error {
	ok := code != "" && len(code) <= maxRecoveryCode
	for i := range len(code) {
		ok = ok && ' ' <= code[i] && code[i] <= '~'
	}
	if !ok {
		return fmt.Errorf("%s is not 1 to %d printable ASCII characters", field, maxRecoveryCode)
	}
	return nil
}

// checkPassword also refuses what is not UTF-8: encoding/json would replace the
// odd bytes, so that another password would be checked.
func checkPassword(password string) error {
	if !utf8.ValidString(password) {
		return errors.New("the Password is not UTF-8")
	}
	return requireID("Password", password)
}

func checkMinutes(field string, minutes, longest int) error {
	if minutes != 0 && (minutes < minMinutes || minutes > longest) {
		return fmt.Errorf("%s is not 0 or %d to %d", field, minMinutes, longest)
	}
	return nil
}

func checkDuration(minutes int) error {
	return checkMinutes("SessionDurationMinutes", minutes, maxSessionMinutes)
}

func checkEnrollment(value string) error {
	switch value {
	case "", "enroll", "unenroll":
		return nil
	}
	return errors.New(`SetMFAEnrollment is not "", "enroll" or "unenroll"`)
}

func checkMFAMethod(value string) error {
	switch value {
	case "", "sms_otp", "totp":
		return nil
	}
	return errors.New(`DefaultMFAMethod is not "", "sms_otp" or "totp"`)
}
