// Completes a login that lacks its second factor. The app's sign-in handler
// calls CompleteLogin; verify.go finds the login again in later requests.

package stepup

import (
	"context"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/quota"
)

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
	begun := &waiting{
		Organization: l.OrganizationID, Member: l.MemberID, Token: l.IntermediateSessionToken,
		Anchor: "login-" + rand.Text(), Expires: time.Now().Add(loginLife).Unix(),
	}
	if !l.ExpiresAt.IsZero() {
		begun.Expires = min(begun.Expires, l.ExpiresAt.Unix())
	}
	sealed, err := g.leaveLogin(w, l, begun)
	if err != nil {
		q := newQuery(w, r.WithContext(ctx), &admission{of: g.admissions, shown: credential{channel: channel}}, g.bookmarks)
		g.responder.write(w, q, replyTo(ctx, g.events, err))
		return
	}
	q := newQuery(w, r.WithContext(ctx), g.loginOf(begun, channel), g.bookmarks)
	q.policy, q.login = g.config.Logins.policy(), sealed
	q.decision = q.policy.decide(nil, 0)
	q.next = g.links.returnPath(l.Next)
	g.responder.write(w, q, g.beginLogin(ctx, q, l))
}

// leaveLogin seals a login, and leaves it in the browser.
func (g *Guard) leaveLogin(w http.ResponseWriter, l Login, begun *waiting) (string, error) {
	if l.OrganizationID == "" || l.MemberID == "" || l.IntermediateSessionToken == "" {
		return "", errLogin
	}
	sealed, err := g.logins.seal(begun)
	if err != nil || l.Bearer {
		return sealed, err
	}
	return sealed, g.logins.leave(w, sealed, begun)
}

// beginLogin is the first reply to a login.
func (g *Guard) beginLogin(ctx context.Context, q *query, l Login) reply {
	g.events.tell(ctx, q.from.who, Event{Kind: EventChallenged})
	sent := l.CodeSent && q.policy.accepts(SMS)
	if len(l.Methods) > 0 {
		for _, f := range g.factors {
			if q.policy.accepts(f.method) && (slices.Contains(l.Methods, f.method) || f.method == RecoveryCode && slices.Contains(l.Methods, TOTP)) {
				q.offered = append(q.offered, f.method)
			}
		}
		q.factor = g.pick(q, q.offered)
	} else if sent || q.kind != inbound.Browser { // else the page asks
		if _, stop := g.look(ctx, q); stop != nil && !sent {
			return *stop
		}
	}
	if sent {
		// It counts like one of ours, for the cooldown. What the limits say of it
		// comes too late.
		_, _ = g.quota.TakeSend(ctx, q.from.who.counted(), quota.Send{IP: clientIP(q.r, g.config.ClientIP)})
		q.mark = (*bookmark)(nil).with(q.from.who.anchor, jwks.PhoneNumber(l.PhoneNumber).LastDigits(2), time.Now())
		q.mark.Offered = q.offered
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

// findLogin finds the login that a request completes.
func (g *Guard) findLogin(w http.ResponseWriter, q *query) *reply {
	if rep := g.readInput(w, q, maxLoginInput); rep != nil {
		return rep
	}
	l, sealed, ch, err := g.logins.find(q.r, q.in)
	switch {
	case g.admissions.isForged(q.r, ch):
		return &reply{code: contract.CodeCrossOrigin}
	case err != nil:
		return &reply{code: contract.CodeSessionConflict}
	case l == nil && sealed == "":
		return g.findNoLogin(w, q)
	case l == nil:
		return &reply{code: contract.CodeLoginExpired}
	}
	q.from, q.policy, q.login = g.loginOf(l, ch), g.config.Logins.policy(), sealed
	if (ch == channelCookie && q.in.isForm || q.in.session != "") && !g.logins.isName(q.from.who, q.in.session) {
		return &reply{code: contract.CodeMemberMismatch} // the browser has begun another login since
	}
	q.mark = g.bookmarks.load(q.r, q.from.who)
	q.decision = q.policy.decide(nil, 0)
	return nil
}

// findNoLogin sends a member who is signed in by now to where they were going:
// they went back, or clicked twice. Anybody else has to sign in again.
func (g *Guard) findNoLogin(w http.ResponseWriter, q *query) *reply {
	r, found := g.admissions.admit(w, q.r)
	q.r = r
	switch {
	case found.err != nil || found.shown.channel != channelCookie:
		return &reply{code: contract.CodeLoginExpired}
	case q.in.isForm && !g.logins.isNameOfMember(found.who, q.in.session):
		return &reply{code: contract.CodeMemberMismatch}
	}
	return &reply{code: contract.CodeAlreadySatisfied, see: q.next}
}
