// A request that the guard itself answers: one to the verify handler, or one
// that was refused. serve and Deny make it for the steps.

package stepup

import (
	"context"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// requestPatience is how long a whole request may take, with all its calls.
const requestPatience = 6 * time.Second

// query is a request that the guard answers itself. What is known of it is
// found out once, before the first step.
type query struct {
	r    *http.Request
	kind inbound.Kind
	from *admission // whose request it is

	in       input
	policy   *Policy        // the one at stake; nil = none is known
	decision decision       // of the policy, about the newest session that is known
	next     string         // where the member is going
	form     *contract.Form // the form that waits; nil = none
	lost     bool           // there was a form, and it was not kept
	login    string         // the sealed login that the request completes; "" = none
	asked    *approval      // the action that waits; nil = the policy does not bind its proofs
	bound    string         // the same, sealed
	unbound  bool           // the client says what it wants approved, and that is nothing of ours
	setup    *setup         // the authenticator app that is being set up; nil = none
	mark     *bookmark      // of the messages that were sent; nil = none is known

	factor  *factor  // that the page asks for; nil = not known
	offered []Method // that the member can prove instead, the strongest first, with that of factor
	addable []Method // that the member may add, if offered is empty

	looked  bool           // whether the next two are known
	lock    *quota.Refused // why no passcode would be judged; nil = one would
	limiter error          // the limiter did not answer: it is not asked again

	// bodyRead is called once all of the body has been read.
	bodyRead func()
	// leave puts a bookmark into the answer; nil removes the one there. It is
	// all that a step can write, and only send does.
	leave func(*bookmark) error
}

// isLogin reports whether the request completes a login, or has just completed
// it.
func (q *query) isLogin() bool { return q.login != "" }

// failure is the reply to a call that failed. A login has no session that could
// end: what Stytch no longer knows is the login.
func (q *query) failure(f *provider.Failure) reply {
	rep := failure(f)
	if q.isLogin() && rep.code == contract.CodeSessionExpired {
		rep.code, rep.ended = contract.CodeLoginExpired, false
	}
	return rep
}

// A step decides what a request is answered with. It never writes: serve and
// Deny end in write.
type step func(context.Context, *query) reply

func newQuery(w http.ResponseWriter, r *http.Request, from *admission, marks *bookmarks) *query {
	q := &query{
		r: r, kind: inbound.KindOf(r, from.shown.channel == channelBearer), from: from, next: "/",
		bodyRead: limitReading(w, r),
	}
	q.leave = func(b *bookmark) error {
		if q.from.shown.channel != channelCookie {
			return nil // programs get the times in the answer and remember them
		}
		return marks.leave(w, r, b)
	}
	return q
}
