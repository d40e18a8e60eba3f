// Logins that lack their second factor, and the sealed text that one is between
// two requests. completelogin.go completes them.

package stepup

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// Login is a primary authentication that Stytch answered with an intermediate
// session token in place of a session, because the member must prove a second
// factor. The fields are those of that answer.
type Login struct {
	OrganizationID           string // required
	MemberID                 string // required
	IntermediateSessionToken string // required
	// ExpiresAt is when the token expires. Zero = in ten minutes.
	ExpiresAt time.Time
	// CodeSent reports that Stytch has sent a passcode by text message
	// (mfa_required.secondary_auth_initiated is "sms_otp"). It is not sent
	// again: that would make it worthless. false = nothing was sent.
	CodeSent bool
	// PhoneNumber is the number that it was sent to
	// (mfa_required.member_options.mfa_phone_number). The page shows its last
	// digits. "" = not known.
	PhoneNumber string
	// Methods are the second factors that the member has
	// (mfa_required.member_options), of which the page offers those that
	// Logins.Methods allow. Recovery codes come with TOTP, and need not be named.
	// Empty = Stytch is asked, where the first answer needs it.
	Methods []Method
	// Next is where the member is going: a path of this origin. "" = "/".
	Next string
	// Bearer is for a client that keeps its own tokens: it gets the login in
	// the answer, sealed, and the tokens in the last one. false = cookies.
	Bearer bool
}

// errLogin: a Login lacks a required field, or one is no text.
var errLogin = errors.New("stepup: Login needs OrganizationID, MemberID and IntermediateSessionToken, in UTF-8")

// Logins says how logins that lack their second factor are completed. The zero
// value is the default.
type Logins struct {
	// SessionDuration is how long the session lives. 0 = 60 minutes; from 5
	// minutes to 366 days.
	SessionDuration time.Duration
	// Methods are the second factors that complete a login. nil = all: SMS,
	// TOTP and recovery codes.
	Methods []Method
	// EnrollMFA has Stytch ask the member for a second factor at each login
	// from now on (set_mfa_enrollment). false = as it is.
	EnrollMFA bool
	// SetDefault makes the factor the one that Stytch asks the member for first
	// (set_default_mfa). false = as it is.
	SetDefault bool
}

func (l *Logins) withDefaults() error {
	if l.SessionDuration == 0 {
		l.SessionDuration = time.Hour
	}
	if l.SessionDuration < minSessionDuration || l.SessionDuration > maxSessionDuration {
		return fmt.Errorf("stepup: Config.Logins.SessionDuration must be 5 minutes to 366 days, is %v", l.SessionDuration)
	}
	if l.Methods == nil {
		l.Methods = []Method{TOTP, SMS, RecoveryCode}
	}
	for _, m := range l.Methods {
		if !isKnown(m) || m == Primary {
			return fmt.Errorf("stepup: Config.Logins.Methods holds %q, which is not a second factor", m)
		}
	}
	if len(l.Methods) == 0 {
		return errors.New("stepup: Config.Logins.Methods must be nil or hold a method")
	}
	l.Methods = slices.Clone(l.Methods)
	return nil
}

// policy is what a login has to satisfy: any one of the methods that it may be
// completed with, proved since it began.
func (l *Logins) policy() *Policy {
	var r Requirement
	for _, m := range l.Methods {
		r = append(r, Proof{Method: m, MaxAge: loginLife})
	}
	return &Policy{all: []Requirement{r}}
}

const (
	// loginFolder is where the verify pages of logins are, below VerifyPath.
	loginFolder = "login/"
	// loginSuffix follows Config.CookieName in the name of the cookie of a login.
	loginSuffix = "-login"
)

// How long Stytch's intermediate session tokens live.
const loginLife = 10 * time.Minute

// waiting is a login between two requests. Only its sealed text leaves this
// process.
type waiting struct {
	Organization string `json:"o"`
	Member       string `json:"m"`
	Token        string `json:"t"` // the intermediate session token
	Anchor       string `json:"a"` // an id of its own
	Expires      int64  `json:"e"` // Unix seconds
}

func (l *waiting) subject() subject {
	return subject{organization: l.Organization, member: l.Member, anchor: l.Anchor}
}

// logins seals logins and finds them again.
type logins struct {
	keys   seal.Keyring
	name   string // of the cookie
	secure bool
}

// seal returns an error for ids that are not UTF-8.
func (s *logins) seal(l *waiting) (string, error) {
	text, err := json.Marshal(l)
	if err != nil {
		return "", errLogin // the cause may quote the token
	}
	return s.keys.Seal(nil, text, "login"), nil
}

// open returns the login of a sealed text, or nil if it does not open or has
// expired.
func (s *logins) open(sealed string) *waiting {
	_, text, err := s.keys.Open(sealed, "login")
	var l waiting
	if err != nil || json.Unmarshal(text, &l) != nil || time.Now().Unix() >= l.Expires {
		return nil
	}
	return &l
}

// find returns the login of a request, or nil, and its sealed text, which a
// program sends in the body. The text is "" if there is none. Junk among several
// cookies is skipped. Two logins are refused with ErrConflict, because nothing
// tells which of them was planted.
func (s *logins) find(r *http.Request, in input) (l *waiting, sealed string, ch channel, err error) {
	if in.login != "" {
		return s.open(in.login), in.login, channelBearer, nil
	}
	var values [maxCandidates]string
	n := inbound.CookieValues(r.Header, s.name, values[:])
	for _, value := range values[:n] {
		found := s.open(value)
		switch {
		case found == nil && l == nil && value != "":
			sealed = value
		case found != nil && l != nil && found.Anchor != l.Anchor:
			return nil, "", channelCookie, ErrConflict
		case found != nil:
			l, sealed = found, value
		}
	}
	return l, sealed, channelCookie, nil
}

// leave puts a login into the answer. An error means that no browser would keep
// it.
func (s *logins) leave(w http.ResponseWriter, sealed string, l *waiting) error {
	if len(s.name)+len(sealed) > maxCookieBytes {
		return errCookieSize
	}
	s.set(w, sealed, max(1, int(time.Until(time.Unix(l.Expires, 0))/time.Second)))
	return nil
}

// forget removes the login that is there.
func (s *logins) forget(w http.ResponseWriter, r *http.Request) {
	dropCookie(w, s.name)
	if _, err := r.Cookie(s.name); err == nil {
		s.set(w, "", -1)
	}
}

func (s *logins) set(w http.ResponseWriter, value string, maxAge int) {
	dropCookie(w, s.name)
	http.SetCookie(w, &http.Cookie{
		Name: s.name, Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// nameOf is how a page names its login: by the login and by the member, so that
// one that was left open can be told from a page of whoever is signed in later.
func (s *logins) nameOf(of subject) string {
	return s.keys.Name(of.anchor) + "." + s.keys.Name(of.organization+"\x00"+of.member)
}

// isName reports whether name was made for the login of a subject.
func (s *logins) isName(of subject, name string) bool {
	login, _, _ := strings.Cut(name, ".")
	return s.keys.IsName(of.anchor, login) && s.isNameOfMember(of, name)
}

// isNameOfMember reports whether name was made for a login of the member.
func (s *logins) isNameOfMember(of subject, name string) bool {
	_, member, _ := strings.Cut(name, ".")
	return s.keys.IsName(of.organization+"\x00"+of.member, member)
}
