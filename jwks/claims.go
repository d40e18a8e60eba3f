// Third step of Verify: the claims, read only after the signature over them is
// known to be good.

package jwks

import (
	"errors"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// claims is the payload of a token while it is read.
type claims struct {
	project  string // input: what aud must hold
	issuer   string
	audience bool // whether aud holds the project
	session  Session
}

// parseClaims reads the payload of a token whose signature is good, and checks
// all of it but the times. Custom claims sit beside Stytch's in one object, so a
// lax reader would let one of them stand in for "sub": names must match exactly,
// and none may appear twice at any level.
func (v *Verifier) parseClaims(payload []byte) (*Session, error) {
	c := claims{project: v.projectID}
	if err := decodeClaims(payload, &c); err != nil {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return nil, invalid("a name appears twice in the claims")
		}
		return nil, invalid("claims not as they must be")
	}
	if err := c.check(v.issuers); err != nil {
		return nil, err
	}
	s := c.session // a copy: c.session would keep c alive
	if s.expiresAt.IsZero() {
		// Very old tokens do not say when the session ends.
		s.expiresAt = s.TokenExpiresAt()
	}
	return &s, nil
}

// check refuses tokens of other projects, and tokens of this project that are
// not session JWTs: M2M and Connected Apps access tokens have the same issuer
// and audience and are signed with the same keys, but lack the session, the
// organization, or both.
func (c *claims) check(issuers [2]string) error {
	s := &c.session
	switch {
	case c.issuer != issuers[0] && c.issuer != issuers[1]:
		return invalid("another issuer")
	case !c.audience:
		return invalid("another audience")
	case s.tokenExpires == 0 || s.issuedAt == 0 || s.notBefore == 0:
		return invalid("exp, iat or nbf is missing")
	case s.memberID == "":
		return invalid("no member id")
	case s.id == "":
		return invalid("no session id")
	case s.organizationID == "":
		return invalid("no organization id")
	}
	return nil
}

// checkTime compares exp, nbf and iat with the clock, each with the leeway.
// Expiry comes last: ErrExpired means that nothing else is wrong.
func (v *Verifier) checkTime(s *Session, now time.Time) error {
	early := time.Unix(max(s.notBefore, s.issuedAt), 0).Sub(now.Add(v.leeway))
	switch {
	case early > 0:
		return &EarlyError{By: early}
	case v.isPast(s.tokenExpires, now):
		return &ExpiredError{Session: s}
	}
	return nil
}

// isPast reports whether a token with this exp has expired.
func (v *Verifier) isPast(exp int64, now time.Time) bool {
	return !now.Before(time.Unix(exp, 0).Add(v.leeway))
}

// UnmarshalJSONFrom reads the payload.
// https://www.rfc-editor.org/rfc/rfc7519#section-4.1
func (c *claims) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	s := &c.session
	err := readObject(dec, func(name []byte) (err error) {
		switch string(name) {
		case "iss":
			c.issuer, err = readString(dec)
			return err
		case "aud":
			return c.readAudience(dec)
		case "sub":
			s.memberID, err = readString(dec)
			return err
		case "exp":
			s.tokenExpires, err = readSeconds(dec)
			return err
		case "iat":
			s.issuedAt, err = readSeconds(dec)
			return err
		case "nbf":
			s.notBefore, err = readSeconds(dec)
			return err
		case stytchPrefix + "session":
			return s.readSession(dec)
		case stytchPrefix + "organization":
			return s.readOrganization(dec)
		}
		if !isCustom(name) {
			// jti, which Stytch does not set, or a claim newer than this code.
			return dec.SkipValue()
		}
		return s.readCustom(dec, name)
	})
	if s.custom != nil {
		s.custom = append(s.custom, '}')
	}
	return err
}

// readAudience reads aud, which is a string or an array of strings. One of them
// must equal the project; a prefix is not enough, as one project's id may begin
// with another's.
// https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3
func (c *claims) readAudience(dec *jsontext.Decoder) error {
	one := func() error {
		audience, err := readString(dec)
		c.audience = c.audience || audience == c.project
		return err
	}
	if dec.PeekKind() == '[' {
		return readArray(dec, one)
	}
	return one()
}

// readSeconds reads a time in whole seconds since 1970. RFC 7519 allows
// fractions, and some libraries accept strings. Stytch sends neither, and two
// readers might understand them differently, so both are refused. The bound
// keeps arithmetic on the result from overflowing.
func readSeconds(dec *jsontext.Decoder) (int64, error) {
	const year10000 = 253402300800
	if dec.PeekKind() != '0' {
		return 0, wrongKind(dec)
	}
	number, err := dec.ReadValue()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(string(number), 10, 64)
	if err != nil || n <= 0 || n >= year10000 {
		return 0, errKind
	}
	return n, nil
}

// readSession reads the claim "https://stytch.com/session". Only the id is
// required. The rest is read leniently, so that a change at Stytch may hide a
// factor or a role but ends no session.
func (s *Session) readSession(dec *jsontext.Decoder) error {
	return readObject(dec, func(name []byte) (err error) {
		switch string(name) {
		case "id":
			s.id, err = readString(dec)
			return err
		case "started_at":
			return readTimeInto(dec, &s.startedAt)
		case "last_accessed_at":
			return readTimeInto(dec, &s.lastAccessedAt)
		case "expires_at":
			return readTimeInto(dec, &s.expiresAt)
		case "authentication_factors":
			return lenient(readArray(dec, func() error {
				var f factorObject
				err := f.UnmarshalJSONFrom(dec)
				s.factors = append(s.factors, f)
				return err
			}))
		case "roles":
			return lenient(readArray(dec, func() error {
				role, err := readString(dec)
				if err == nil {
					s.roles = append(s.roles, role)
				}
				return lenient(err)
			}))
		}
		return dec.SkipValue()
	})
}

// readOrganization reads the claim "https://stytch.com/organization", which
// tokens of consumer projects lack. Older tokens have no slug.
func (s *Session) readOrganization(dec *jsontext.Decoder) error {
	return readObject(dec, func(name []byte) (err error) {
		switch string(name) {
		case "organization_id":
			s.organizationID, err = readString(dec)
			return err
		case "slug":
			return readStringInto(dec, &s.slug)
		}
		return dec.SkipValue()
	})
}
