// What a step returns. write.go makes a page, a redirect or JSON of it.

package stepup

import (
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// reply is what a step has decided, in no language yet. Pages and JSON are
// both made of it, so that neither can reveal or allow more than the other.
type reply struct {
	code   contract.Code
	status int            // instead of the code's; 0 = the code's
	state  contract.State // instead of the code's; "" = the code's
	data   bool           // JSON even for a browser

	see      string             // where browsers are sent; "" = they get a page
	standing *provider.Standing // its tokens go out in the channel that the old ones came in; nil = none
	done     bool               // the step-up is over: the bookmark goes
	ended    bool               // the session is over: its cookies go
	again    bool               // the same request will succeed now

	until      time.Time // until when the policy is satisfied; zero = it is not
	ending     string    // last digits of the number
	expiresAt  time.Time // of the newest passcode; zero = none is known
	resendAt   time.Time
	retryAfter time.Duration

	recoveryCodes  []string // to be written down; nil = none
	recoveryRemain *int     // nil = not known

	left       *int // attempts; nil = not known
	superseded bool
	reason     contract.Reason
	scope      contract.Scope
}

// failure is the reply to a call that failed.
func failure(f *provider.Failure) reply {
	return reply{
		code: f.Code, reason: f.Reason, scope: f.Scope, retryAfter: f.RetryAfter,
		ended: f.Code == contract.CodeSessionExpired,
	}
}

// lockedBy is the reply where no more passcodes are judged.
func lockedBy(refused *quota.Refused) reply {
	rep := reply{code: contract.CodeLocked, scope: contract.ScopeSession, retryAfter: refused.Wait}
	if refused.Member {
		rep.scope = contract.ScopeMember
	}
	return rep
}

// wasSent reports whether a message was sent.
func (rep reply) wasSent() bool {
	return rep.code == contract.CodeChallengePending || rep.code == contract.CodeResent
}

// mustSignIn reports whether the member has to sign in, or to do so again.
func (rep reply) mustSignIn() bool {
	switch rep.code {
	case contract.CodeSessionRequired, contract.CodeSessionExpired, contract.CodeLoginExpired, contract.CodeReauthenticationRequired:
		return true
	}
	return false
}

func (rep reply) httpStatus() int {
	if rep.status != 0 {
		return rep.status
	}
	return rep.code.Status()
}

func (rep reply) pageState() contract.State {
	if rep.state != "" {
		return rep.state
	}
	return rep.code.State()
}
