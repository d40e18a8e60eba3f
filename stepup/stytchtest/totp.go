// The registration of one authenticator app, and the codes that it shows (RFC 6238).
// The TOTP endpoints make registrations and redeem codes.

package stytchtest

import (
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

const (
	totpPeriod      = 30 * time.Second
	totpDrift       = 1  // periods that a code may be early or late
	totpSecretBytes = 20 // RFC 4226, section 4, R6
)

// totp is the TOTP registration of a member. state.mu must be held.
type totp struct {
	id       string
	secret   []byte
	active   bool
	expires  time.Time // of a registration that is not active
	recovery recoveryCodes
	used     []int64 // periods whose code was used
}

// newTOTP returns a pending registration with a secret and recovery codes of its own.
func newTOTP(ids idSource, expires time.Time) *totp {
	t := &totp{
		id:       ids.next("member-totp"),
		secret:   make([]byte, totpSecretBytes),
		expires:  expires,
		recovery: newRecoveryCodes(ids),
	}
	rand.Read(t.secret)
	return t
}

// newActiveTOTP returns an active registration. Nil = with a secret of its own.
func newActiveTOTP(ids idSource, secret []byte) *totp {
	t := newTOTP(ids, time.Time{})
	t.active = true
	if secret != nil {
		t.secret = secret
	}
	return t
}

// expired reports whether the registration was not activated in time.
func (t *totp) expired(now time.Time) bool { return !t.active && !now.Before(t.expires) }

// redeem uses up the code of the current period or of one beside it. The first right
// code activates the registration. RFC 6238, section 5.2, demands that a code works
// only once.
func (t *totp) redeem(code string, at time.Time) *apiError {
	current := totpPeriodOf(at)
	t.used = slices.DeleteFunc(t.used, func(period int64) bool { return period < current-totpDrift })
	outcome := refuse("unable_to_authenticate_totp")
	for period := current - totpDrift; period <= current+totpDrift; period++ {
		switch {
		case totpCode(t.secret, period) != code:
		case slices.Contains(t.used, period):
			outcome = refuse("totp_code_already_authenticated")
		default:
			t.used = append(t.used, period)
			t.active = true
			return nil
		}
	}
	return outcome
}

// code returns what the authenticator app shows at the given time.
func (t *totp) code(at time.Time) string { return totpCode(t.secret, totpPeriodOf(at)) }

func (t *totp) copied() *totp {
	copied := *t
	copied.secret = slices.Clone(t.secret)
	copied.recovery = slices.Clone(t.recovery)
	copied.used = slices.Clone(t.used)
	return &copied
}

func (t *totp) shift(d time.Duration) { t.expires = moved(t.expires, d) }

// totpPeriodOf counts the periods since 1970 (RFC 6238, section 4).
func totpPeriodOf(at time.Time) int64 { return at.Unix() / int64(totpPeriod/time.Second) }

// totpCode computes the code of a period (RFC 4226, section 5.3). Authenticator apps
// use SHA-1, which FIPS 140-only mode would otherwise refuse; nobody relies on the
// codes of an emulator.
func totpCode(secret []byte, period int64) string {
	var sum []byte
	fips140.WithoutEnforcement(func() {
		mac := hmac.New(sha1.New, secret)
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(period)))
		sum = mac.Sum(nil)
	})
	offset := sum[len(sum)-1] & 0x0f
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

// totpSecretText is the secret as people type it into an authenticator app.
func totpSecretText(secret []byte) string { return totpEncoding().EncodeToString(secret) }

// parseTOTPSecret reads a secret in the form of [totpSecretText].
func parseTOTPSecret(text string) ([]byte, *apiError) {
	secret, err := totpEncoding().DecodeString(text)
	if err != nil || len(secret) == 0 {
		return nil, refuseBecause("invalid_argument", "The secret must be in base32 without padding.").of("totp_secret")
	}
	return secret, nil
}

// totpEncoding is that of otpauth URIs: base32 without padding (RFC 4648, section 6).
func totpEncoding() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }
