// Logins that lack their second factor, and the sealed text that one is between
// two requests. completelogin.go completes them.

package stepup

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
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
	// Logins.Methods allow. nil = Stytch is asked.
	Methods []Method
	// Next is where the member is going: a path of this origin. "" = "/".
	Next string
	// Bearer is for a client that keeps its own tokens: it gets the login in
	// the answer, sealed, and the tokens in the last one. false = cookies.
	Bearer bool
}

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
// completed with, proved just now.
func (l *Logins) policy(has []Method) *Policy {
	var r Requirement
	for _, m := range l.Methods {
		if has == nil || slices.Contains(has, m) || m == RecoveryCode && slices.Contains(has, TOTP) {
			r = append(r, Proof{Method: m, MaxAge: time.Hour})
		}
	}
	if len(r) == 0 { // the member has none of them yet, and may add one
		return l.policy(nil)
	}
	return &Policy{all: []Requirement{r}}
}

// loginFolder is where the verify pages of logins are, below VerifyPath.
const loginFolder = "login/"

// How long Stytch's intermediate session tokens live.
const loginLife = 10 * time.Minute

// waiting is a login between two requests. Only its sealed text leaves this
// process.
type waiting struct {
	Organization string   `json:"o"`
	Member       string   `json:"m"`
	Token        string   `json:"t"` // the intermediate session token
	Anchor       string   `json:"a"` // an id of its own
	Expires      int64    `json:"e"` // Unix seconds
	Methods      []Method `json:"f,omitempty"`
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

func (s *logins) seal(l *waiting) string {
	text, err := json.Marshal(l)
	if err != nil {
		return "" // ids that are not UTF-8: no such login opens
	}
	return s.keys.Seal(nil, text, "login")
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

// sealedIn returns the sealed login of a request, which a program sends in the
// body, and the channel it came in.
func (s *logins) sealedIn(r *http.Request, in input) (string, channel) {
	if in.login != "" {
		return in.login, channelBearer
	}
	value, _ := inbound.OnlyCookie(r.Header, s.name)
	return value, channelCookie
}

// leave puts a login into the answer.
func (s *logins) leave(w http.ResponseWriter, sealed string, l *waiting) {
	s.set(w, sealed, int(time.Until(time.Unix(l.Expires, 0))/time.Second))
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
