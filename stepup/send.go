package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rungauth/rung/stepup/stytch"
)

// challenge answers a browser that navigated to a guarded route: a message, if
// this navigation may cause one, and then the verify page.
func (g *Guard) challenge(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	current, stopped := g.look(w, r, id, a)
	if stopped {
		return
	}
	bookmark := g.pending.load(r, id.session.ID())
	if mayText(r) && !g.config.AskFirst && !now().Before(bookmark.newest().Add(codeLife)) {
		sent := g.send(w, r, id, current, bookmark, a, true)
		if sent.code != CodeChallengePending && sent.code != CodeResent && sent.code != CodeResendCooldown {
			g.respond(w, r, id, sent)
			return
		}
	}
	g.redirect(w, g.pageURL(a.policy.Name, a.next))
}

// challengeInPlace answers a form that was posted to a guarded route: the
// verify page at once, since a redirect would lose what was posted. Nothing is
// sent before the member asks for it.
func (g *Guard) challengeInPlace(w http.ResponseWriter, r *http.Request, id *identity, a answer) {
	a.formLost = true
	current, stopped := g.look(w, r, id, a)
	if stopped {
		return
	}
	a.ending = current.member.MFAPhoneNumber.LastDigits(2)
	a = g.marked(g.pending.load(r, id.session.ID()), a)
	a.httpStatus = http.StatusUnauthorized
	g.writePage(w, r, id, a)
}

// marked says what the bookmark knows: a code that still works is asked for,
// otherwise a new one is offered.
func (g *Guard) marked(bookmark *pending, a answer) answer {
	expires := bookmark.newest().Add(codeLife)
	a.resendAt = bookmark.resendAt(g.config.Limits.SendsPerMember)
	if bookmark == nil || !now().Before(expires) {
		a.code = CodeStepUpRequired
		return a
	}
	a.code, a.expiresAt, a.ending = CodeChallengePending, expires, bookmark.Ending
	if len(bookmark.Sent) > 1 {
		a.code = CodeResent
	}
	return a
}

// look asks Stytch how the session stands before anything is sent or asked
// for: a revoked session is refused, a step-up that happened elsewhere is
// taken over, and a member who can not be texted is told so. It returns true
// if it has answered the request.
func (g *Guard) look(w http.ResponseWriter, r *http.Request, id *identity, a answer) (*standing, bool) {
	current, err := g.ask(r.Context(), id)
	if err != nil {
		g.respondError(w, r, id, a, g.ended(w, r, id, err))
		return nil, true
	}
	if a.policy.check(current.session, now(), g.config.Leeway) == nil {
		a.code = CodeAlreadySatisfied
		g.satisfied(w, r, id, current, a)
		return nil, true
	}
	switch {
	case current.member.IsLocked:
		a.code, a.scope, a.retryAfter = CodeLocked, ScopeMember, retryMemberLock
		if wait := current.member.LockExpiresAt.Sub(now()); wait > 0 {
			a.retryAfter = wait
		}
	case current.member.MFAPhoneNumber == "" || !current.member.MFAPhoneNumberVerified:
		// A number that nobody has proved may belong to anybody: whoever holds
		// a stolen session could have typed it.
		a.code = CodeFactorNotEnrolled
	default:
		return current, false
	}
	g.respond(w, r, id, a)
	return nil, true
}

// send texts a code, if the limits allow one, and remembers it in the
// bookmark. The order matters: the slot is taken before Stytch is called, so
// that of many requests at once one sends; and the bookmark is written before,
// so that a message that nobody can be led to is never sent.
func (g *Guard) send(w http.ResponseWriter, r *http.Request, id *identity, current *standing, bookmark *pending, a answer, automatic bool) answer {
	ctx := r.Context()
	a.ending = current.member.MFAPhoneNumber.LastDigits(2)
	takes := g.sendTakes(r, id, automatic)
	refused, wait, err := g.takeAll(ctx, id, takes)
	if err != nil {
		g.tell(ctx, id, Event{Kind: EventFailed, Policy: a.policy.Name, Reason: "limiter", Err: err})
		a.code, a.retryAfter = CodeProviderUnavailable, retryUnavailable
		return a
	}
	if refused != nil {
		a.code, a.retryAfter = CodeResendCooldown, wait
		a.resendAt = now().Add(wait)
		a.expiresAt = bookmark.newest()
		if !a.expiresAt.IsZero() {
			a.expiresAt = a.expiresAt.Add(codeLife)
		}
		return a
	}
	next := bookmark.with(id.session.ID(), a.ending, now())
	if id.channel == channelCookie {
		if err := g.pending.save(w, r, next); err != nil {
			g.undo(ctx, takes)
			g.tell(ctx, id, Event{Kind: EventFailed, Policy: a.policy.Name, Reason: "bookmark", Err: fmt.Errorf("stepup: Config.Store: %w", err)})
			a.code = CodeMisconfigured
			return a
		}
	}
	if err := g.text(ctx, id, a.policy, smsLocale(g.language(r))); err != nil {
		return g.notSent(w, r, id, bookmark, a, takes, err)
	}
	a.code = CodeChallengePending
	if bookmark != nil {
		a.code = CodeResent
	}
	a.expiresAt = next.newest().Add(codeLife)
	a.resendAt = next.resendAt(g.config.Limits.SendsPerMember)
	return a
}

// sendTakes are the limits of one message, the cheapest to fill last: a
// session that is refused under its member leaves no trace under addresses.
func (g *Guard) sendTakes(r *http.Request, id *identity, automatic bool) []take {
	organization, member := id.session.OrganizationID(), id.session.MemberID()
	project := g.stytch.client.ProjectID()
	limits := g.config.Limits
	var takes []take
	if automatic {
		takes = append(takes, take{reason: "automatic", key: g.automaticKey(id), windows: automaticWindows})
	}
	takes = append(takes, take{reason: "member", key: g.limitKey("send-member", project, organization, member), windows: limits.SendsPerMember})
	if ip := g.clientIP(r); ip.IsValid() {
		takes = append(takes, take{reason: "ip", key: g.limitKey("send-ip", project, ip.String()), windows: limits.SendsPerIP})
	}
	return append(takes,
		take{reason: "organization", key: g.limitKey("send-organization", project, organization), windows: limits.SendsPerOrganization, advisory: !limits.StopAtBudget},
		take{reason: "project", key: g.limitKey("send-project", project), windows: limits.SendsPerProject, advisory: !limits.StopAtBudget},
	)
}

func (g *Guard) automaticKey(id *identity) string {
	return g.limitKey("send-automatic", g.stytch.client.ProjectID(), id.session.ID())
}

// text sends the message (POST /v1/b2b/otps/sms/send). The session goes along,
// because Stytch wants it of members whose session holds a factor already; the
// number never does: whoever could name it could have the code.
func (g *Guard) text(ctx context.Context, id *identity, policy *Policy, locale string) error {
	began := now()
	var resp *stytch.SendSMSResponse
	err := g.stytch.call(ctx, sendPatience, func(ctx context.Context) (err error) {
		resp, err = g.stytch.client.SendSMS(ctx, stytch.SendSMSRequest{
			OrganizationID: id.session.OrganizationID(),
			MemberID:       id.session.MemberID(),
			SessionJWT:     id.jwt,
			Locale:         locale,
		})
		return err
	})
	if err == nil {
		g.tell(ctx, id, Event{Kind: EventCodeSent, Policy: policy.Name, Method: SMS, RequestID: resp.RequestID, Duration: now().Sub(began)})
	}
	return err
}

// notSent accounts for a message that Stytch did not accept, or may not have.
func (g *Guard) notSent(w http.ResponseWriter, r *http.Request, id *identity, bookmark *pending, a answer, takes []take, err error) answer {
	ctx := r.Context()
	f := failureOf(err)
	kind := EventFailed
	if f.code == CodeSessionExpired {
		kind = EventSessionRejected
	}
	g.tell(ctx, id, Event{Kind: kind, Policy: a.policy.Name, Method: SMS, Reason: f.code, RequestID: f.requestID, Err: err})
	if f.refund {
		g.undo(ctx, takes)
	}
	if !f.unclear && id.channel == channelCookie {
		// Nothing was sent: the bookmark says so again. If it may have been,
		// the member can type the code that may arrive.
		dropCookie(w, g.config.CookieName)
		if bookmark != nil {
			_ = g.pending.save(w, r, bookmark)
		} else {
			g.pending.clear(w, r)
		}
	}
	if f.code == CodeSessionExpired {
		g.forget(w, r, id)
	}
	failed := answerTo(f)
	failed.policy, failed.next, failed.ending, failed.formLost = a.policy, a.next, a.ending, a.formLost
	return failed
}

// respondError writes the answer to an error of this package.
func (g *Guard) respondError(w http.ResponseWriter, r *http.Request, id *identity, a answer, err error) {
	failed := g.answerToError(r, err)
	if errors.Is(err, ErrNoSession) {
		failed.code = CodeSessionExpired
	}
	failed.policy, failed.next, failed.entered = a.policy, a.next, a.entered
	g.respond(w, r, id, failed)
}
