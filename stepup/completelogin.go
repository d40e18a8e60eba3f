// Completes a login that lacks its second factor. The app's sign-in handler
// calls CompleteLogin; verify.go finds the login again in later requests.

package stepup

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// errLogin: a Login lacks a required field.
var errLogin = errors.New("stepup: Login needs OrganizationID, MemberID and IntermediateSessionToken")

// CompleteLogin answers a member whose primary authentication needs a second
// factor: it sends a browser to the verify page, and tells a program what to do
// next. The verify handler completes the login with the intermediate session
// token, sets the session cookies (or returns the tokens, see Login.Bearer) and
// sends the member to Login.Next. A member who has no second factor adds one
// there, where Config.Enroll allows it.
//
// Call it in the handler that got the token, in place of any other answer. The
// token is sealed with Config.Key before it leaves the process; it is in no URL
// and on no page. A Login without a required field, which is the app's mistake,
// is answered with 500.
func (g *Guard) CompleteLogin(w http.ResponseWriter, r *http.Request, l Login) {
	ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
	defer cancel()
	channel := channelCookie
	if l.Bearer {
		channel = channelBearer
	}
	if l.OrganizationID == "" || l.MemberID == "" || l.IntermediateSessionToken == "" {
		q := newQuery(w, r.WithContext(ctx), &admission{of: g.admissions, shown: credential{channel: channel}}, g.bookmarks)
		g.responder.write(w, q, replyTo(ctx, g.events, errLogin))
		return
	}
	begun := &waiting{
		Organization: l.OrganizationID, Member: l.MemberID, Token: l.IntermediateSessionToken,
		Anchor: "login-" + rand.Text(), Expires: time.Now().Add(loginLife).Unix(), Methods: l.Methods,
	}
	if !l.ExpiresAt.IsZero() {
		begun.Expires = min(begun.Expires, l.ExpiresAt.Unix())
	}
	q := newQuery(w, r.WithContext(ctx), g.loginOf(begun, channel), g.bookmarks)
	q.policy = g.config.Logins.policy(begun.Methods)
	q.decision = q.policy.decide(nil, 0)
	q.next = g.links.returnPath(l.Next)
	q.login = g.logins.seal(begun)
	if !l.Bearer {
		g.logins.leave(w, q.login, begun)
	}
	g.responder.write(w, q, g.beginLogin(ctx, q, l))
}

// beginLogin is the first reply to a login.
func (g *Guard) beginLogin(ctx context.Context, q *query, l Login) reply {
	g.events.tell(ctx, q.from.who, Event{Kind: EventChallenged})
	if l.CodeSent {
		// It counts like one of ours, for the cooldown. What the limits say of it
		// comes too late.
		_, _ = g.quota.TakeSend(ctx, q.from.who.counted(), quota.Send{IP: clientIP(q.r, g.config.ClientIP)})
		ending := ""
		if n := len(l.PhoneNumber); n >= 2 {
			ending = l.PhoneNumber[n-2:]
		}
		q.mark = (*bookmark)(nil).with(q.from.who.anchor, ending, time.Now())
		for _, f := range g.factors {
			if q.policy.accepts(f.method) && slices.Contains(l.Methods, f.method) {
				q.mark.Offered = append(q.mark.Offered, f.method)
			}
		}
		_ = q.leave(q.mark) // the page asks for the passcode all the same
		q.factor = textMessage()
	}
	rep := g.asking(q)
	rep.see = g.links.page(q)
	return rep
}

// loginOf is the admission of a request that completes a login.
func (g *Guard) loginOf(l *waiting, ch channel) *admission {
	return &admission{of: g.admissions, who: l.subject(), shown: credential{channel: ch, intermediate: l.Token}}
}

// findLogin finds the login that a request completes. Without one, a member who is
// signed in already is sent on, and anybody else has to sign in again.
func (g *Guard) findLogin(w http.ResponseWriter, q *query) *reply {
	sealed, ch := g.logins.sealedIn(q.r, q.in)
	l := g.logins.open(sealed)
	if l == nil {
		r, found := g.admissions.admit(w, q.r)
		q.r = r
		if found.err == nil && sealed == "" {
			return &reply{code: contract.CodeAlreadySatisfied, see: q.next}
		}
		return &reply{code: contract.CodeLoginExpired}
	}
	q.from = g.loginOf(l, ch)
	q.policy, q.login = g.config.Logins.policy(l.Methods), sealed
	if (ch == channelCookie && q.in.isForm || q.in.session != "") && !g.keys.IsName(l.Anchor, q.in.session) {
		return &reply{code: contract.CodeMemberMismatch} // the browser has begun another login since
	}
	q.mark = g.bookmarks.load(q.r, q.from.who)
	q.decision = q.policy.decide(nil, 0)
	return nil
}
