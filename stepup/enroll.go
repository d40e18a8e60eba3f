package stepup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// Enrollment lets members who have no verified phone number add one.
//
// Whoever holds a stolen session could add their own, and step up with it. So
// a primary factor must be fresh: a thief would have to sign in.
type Enrollment struct {
	// PrimaryMaxAge is how old the newest primary factor (password, magic
	// link, email code, SSO, OAuth sign-in) may be. 0 = 5 minutes; at most an
	// hour.
	PrimaryMaxAge time.Duration
	// CallingCodes are the country calling codes ("1", "44") that numbers may
	// have. Texts to some countries are what toll fraud lives on. nil = every
	// country that Stytch texts; an empty list is refused.
	CallingCodes []string
}

func (e Enrollment) withDefaults() (*Enrollment, error) {
	if e.PrimaryMaxAge == 0 {
		e.PrimaryMaxAge = 5 * time.Minute
	}
	if e.PrimaryMaxAge < 0 || e.PrimaryMaxAge > time.Hour {
		return nil, fmt.Errorf("stepup: Config.Enroll.PrimaryMaxAge must be 0 to 1 h, is %v", e.PrimaryMaxAge)
	}
	if e.CallingCodes != nil && len(e.CallingCodes) == 0 {
		return nil, errors.New("stepup: Config.Enroll.CallingCodes must be nil or hold a code")
	}
	for _, code := range e.CallingCodes {
		if len(code) < 1 || len(code) > 4 || strings.Trim(code, "0123456789") != "" || code[0] == '0' {
			return nil, fmt.Errorf("stepup: Config.Enroll.CallingCodes must hold codes like \"44\", has %q", code)
		}
	}
	e.CallingCodes = slices.Clone(e.CallingCodes)
	return &e, nil
}

// mayEnrol decides whether the phone form is shown, and again when it comes.
func (g *Guard) mayEnrol(current *standing) bool {
	if g.config.Enroll == nil || !allowsSMS(current.organization) {
		return false
	}
	now := time.Now()
	for f := range current.session.Factors() {
		age := now.Sub(f.LastAuthenticatedAt)
		if isPrimary(f) && age >= -g.config.Leeway && age < g.config.Enroll.PrimaryMaxAge {
			return true
		}
	}
	return false
}

func allowsSMS(o stytch.Organization) bool {
	return o.MFAMethods != "RESTRICTED" || slices.Contains(o.AllowedMFAMethods, "sms_otp")
}

// isPrimary tells the factors that a person signs in with, exactly. Exchanged,
// imported and trusted tokens were not typed by anybody just now.
func isPrimary(f jwks.Factor) bool {
	switch f.Type {
	case "password", "magic_link", "email_otp", "sso":
		return true
	case "oauth":
		return strings.HasPrefix(f.DeliveryMethod, "oauth_") &&
			!strings.HasPrefix(f.DeliveryMethod, "oauth_exchange_") && f.DeliveryMethod != "oauth_access_token_exchange"
	}
	return false
}

// submitPhone texts a code to the number that a member typed. Stytch links it
// to the member, and the code that comes back verifies it.
func (g *Guard) submitPhone(q request, a answer) {
	// Only the phone form shows the number again: elsewhere it would stand in
	// the field for the code.
	a.entered = ""
	if g.settled(q, a) {
		return
	}
	current, stopped := g.lookAtSession(q.w, q.r, q.id, a)
	if stopped {
		return
	}
	switch {
	case current.member.MFAPhoneNumberVerified && clientOf(q.r, q.id.channel) == clientBrowser && a.form == nil:
		g.redirect(q.w, g.pageURL(a.policy.Name, a.next)) // an old page: there is a number by now
		return
	case current.member.MFAPhoneNumberVerified:
		a.code = CodeStepUpRequired
		g.respond(q.w, q.r, q.id, a)
		return
	case !g.mayEnrol(current): // who is here has not just signed in
		a.code = CodeFactorNotEnrolled
		g.respond(q.w, q.r, q.id, a)
		return
	}
	number, ok := g.normalisePhone(q.in.phone)
	if !ok {
		a.code, a.entered = CodePhoneInvalid, q.in.phone
		g.respond(q.w, q.r, q.id, a)
		return
	}
	m := message{current: current, number: number, enrols: true}
	switch current.member.MFAPhoneNumber {
	case number:
		m.number = "" // on file, not proved yet
	case "":
	default:
		m.replaces = true // a typo of last time must not keep the member out for ever
	}
	g.sendAndRespond(q, a, m)
}

// errNumberProved: the number that was to be replaced is the member's by now.
var errNumberProved = errors.New("stepup: the member has a verified phone number")

// dropUnverified deletes the member's unverified number (DELETE
// /v1/b2b/organizations/{organization_id}/members/mfa_phone_numbers/{member_id}).
// Stytch has no deletion on a condition, so it is asked once more right before
// whether the number was proved, in another session for instance.
func (g *Guard) dropUnverified(ctx context.Context, id *identity) error {
	g.standings.forget(id.session.ID())
	current, err := g.ask(ctx, id)
	if err != nil {
		return err
	}
	if current.member.MFAPhoneNumberVerified {
		return errNumberProved
	}
	return g.stytch.call(ctx, within(ctx, askPatience), func(ctx context.Context) error {
		_, err := g.stytch.client.DeleteMFAPhoneNumber(ctx, stytch.DeleteMFAPhoneNumberRequest{
			OrganizationID: id.session.OrganizationID(), MemberID: id.session.MemberID(),
		})
		return err
	})
}

// normalisePhone makes the E.164 form of what was typed (ITU-T E.164, 6: at
// most 15 digits, beginning with the country calling code). Spaces and
// punctuation go, digits of other scripts are read as for codes. Whether the
// number can be texted is for Stytch to say: its sandbox number is one that
// numbering-plan libraries refuse, and these would double an app's size.
func (g *Guard) normalisePhone(typed string) (jwks.PhoneNumber, bool) {
	// "+44 (0)7700 …": the zero in brackets is dialled at home only.
	typed = strings.Replace(typed, "(0)", "", 1)
	var b strings.Builder
	for _, c := range typed {
		if digit, ok := decimal(c); ok {
			b.WriteByte(digit)
			continue
		}
		switch {
		case b.Len() == 0 && (c == '+' || c == '\uff0b'):
			b.WriteByte('+')
		case isCodeSeparator(c) && c != '#', c == '.', c == '(', c == ')', c == '/':
		default:
			return "", false
		}
	}
	number := b.String()
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		number = "+" + rest
	}
	if digits := len(number) - 1; digits < 7 || digits > 15 || number[0] != '+' || number[1] == '0' || strings.LastIndexByte(number, '+') != 0 || !g.calls(number) {
		return "", false
	}
	return jwks.PhoneNumber(number), true
}

func (g *Guard) calls(number string) bool {
	if g.config.Enroll == nil || len(g.config.Enroll.CallingCodes) == 0 {
		return true
	}
	return slices.ContainsFunc(g.config.Enroll.CallingCodes, func(code string) bool {
		return strings.HasPrefix(number, "+"+code)
	})
}
