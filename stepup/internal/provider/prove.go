// Asks Stytch whether a passcode is right. stepup/prove.go calls Judge, and
// Prove within it.

package provider

import (
	"context"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

// Proof is what Stytch is shown to prove a factor.
type Proof struct {
	Of           Subject
	Passcode     string
	SessionJWT   string         // the session that gets the factor, or
	Intermediate string         // the intermediate session token of the login that lacks it
	Minutes      int            // the session ends this many minutes from now
	Claims       map[string]any // session_custom_claims; nil = unchanged
	EnrollMFA    bool           // set_mfa_enrollment: enroll
	SetDefault   bool           // set_default_mfa
}

// Answer is Stytch's answer to a proof that was right.
type Answer struct {
	*stytch.Authenticated
	RecoveryRemain *int // recovery codes that are left; nil = not known
}

// Verdict is what became of one passcode.
type Verdict struct {
	Standing *Standing // the session with its new factor; nil = the passcode opened nothing
	Enrolled bool      // the member did not have the factor before
	Failure  *Failure  // why, by Stytch's word; nil = Stytch was not asked
	Refused  error     // why Stytch was not asked; nil = it was
	Left     int       // guesses that remain
}

// Guess is a passcode that is to be judged.
type Guess struct {
	Of       Subject
	Method   string
	Passcode string
	Purpose  string // all that a right passcode is for, besides the factor
}

func (g Guess) key() string {
	return digest("code", g.Of.Organization, g.Of.Member, g.Of.Anchor, g.Method, g.Passcode, g.Purpose)
}

// Judge runs judge for a passcode. If the same guess comes twice at once, as with
// a double click, it is judged once, and if it was right it is right for the
// second too. ctx bounds only the waiting.
func (p *Provider) Judge(ctx context.Context, g Guess, judge func() Verdict) (Verdict, *Failure) {
	v, err := p.verdicts.do(ctx, g.Of.Anchor, g.key(), func() (Verdict, bool, error) {
		v := judge()
		return v, v.Standing != nil, nil
	})
	return v, classify(err)
}

// Judged reports whether the same guess was right a moment ago.
func (p *Provider) Judged(g Guess) bool {
	_, ok := p.verdicts.recall(g.key())
	return ok
}

// Prove shows Stytch a proof, by the call of its factor, and returns the
// session with the new factor. If the reply was lost, or says that the
// passcode was used before, Stytch is asked once how the session stands, and
// isNew whether a factor was added: a member whose passcode was right must not
// need a second message. A login has no session that could be asked about.
func (p *Provider) Prove(ctx context.Context, proof Proof,
	prove func(context.Context, *stytch.Client, Proof) (Answer, error), isNew func(*jwks.Session) bool,
) (*Standing, *Failure) {
	var current *Standing
	err := p.slots.call(ctx, classProve, codePatience, func(ctx context.Context) error {
		began := time.Now()
		answer, err := prove(ctx, p.client, proof)
		if err != nil {
			return err
		}
		current, err = p.confirm(ctx, proof.Of, answer.Authenticated, began)
		if err == nil {
			current.RecoveryRemain = answer.RecoveryRemain
		}
		return err
	})
	f := classify(err)
	if f == nil || !f.Unclear && f.Code != contract.CodeExpired || proof.SessionJWT == "" {
		return current, f
	}
	err = p.slots.call(ctx, classProve, askPatience, func(ctx context.Context) (err error) {
		current, err = p.askBy(ctx, proof.Of, stytch.AuthenticateSessionRequest{SessionJWT: proof.SessionJWT})
		return err
	})
	if err != nil || !isNew(current.Session) {
		return nil, f
	}
	return current, nil
}
