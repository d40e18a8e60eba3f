// Sends a passcode, if the limits allow it. challenge.go and submit.go call
// it.

package stepup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/inbound"
	"github.com/rungauth/rung/stepup/internal/pages"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
	"github.com/rungauth/rung/stepup/stytch"
)

// message is a message to be sent.
type message struct {
	current   *provider.Standing // the session as Stytch has it
	automatic bool               // nobody pressed a button for it
	number    jwks.PhoneNumber   // to be linked to the member first; "" = the one on file
	enrolls   bool               // the member has just typed the number
	replaces  bool               // an unproved number is on file and must be deleted first
}

// sendAndShow sends a message and shows where its passcode is typed.
func (s *steps) sendAndShow(ctx context.Context, q *query, m message) reply {
	rep := s.send(ctx, q, m)
	// A form that comes along cannot survive a redirect.
	if rep.wasSent() && q.form == nil && q.kind == inbound.Browser {
		rep.see = s.links.page(q)
	}
	return rep
}

// send sends a passcode, if the limits allow one, and notes it in the
// bookmark. The order matters. The limits are counted before Stytch is called,
// so that only one of many concurrent requests sends. The bookmark is left
// before the call too, so that no message is sent for a page that cannot ask
// for its passcode.
func (s *steps) send(ctx context.Context, q *query, m message) reply {
	if _, stop := s.claims(ctx, q); stop != nil {
		return *stop
	}
	rep := reply{ending: ending(m.current)}
	if m.number != "" {
		rep.ending = m.number.LastDigits(2)
	}
	who := q.from.who
	sent := quota.Send{IP: clientIP(q.r, s.config.ClientIP), Automatic: m.automatic}
	if s.config.ClientIP != nil && !sent.IP.IsValid() {
		// A proxy that writes no address turns a limit off: not unheard.
		s.events.tell(ctx, who, Event{Kind: EventFailed, Policy: q.policy.Name, Reason: "client_ip", Err: errNoAddress})
	}
	if m.enrolls {
		sent.Number = string(cmp.Or(m.number, m.current.Member.MFAPhoneNumber))
	}
	var taken quota.Taken
	err := q.limiter // a request waits for a limiter that hangs once
	if err == nil {
		taken, err = s.quota.TakeSend(ctx, who.counted(), sent)
	}
	if err != nil {
		if m.enrolls { // nothing was sent to the number just typed
			rep.ending = q.mark.ending()
		}
		return s.heldBack(ctx, q, rep, m, err)
	}
	next := q.mark.with(who.anchor, rep.ending, time.Now())
	next.Offered = q.offered
	if err := q.leave(next); err != nil {
		s.quota.Refund(ctx, who.counted(), taken)
		s.events.tell(ctx, who, Event{Kind: EventFailed, Policy: q.policy.Name, Reason: "bookmark", Err: fmt.Errorf("stepup: Config.Store: %w", err)})
		rep.code = contract.CodeMisconfigured
		return rep
	}
	if f := s.deliver(ctx, q, m); f != nil {
		return s.notSent(ctx, q, rep, m, taken, f)
	}
	if m.enrolls { // the member has a number now
		s.provider.Forget(who.anchor)
	}
	rep.code = contract.CodeChallengePending
	if q.mark != nil {
		rep.code = contract.CodeResent
	}
	rep.expiresAt, rep.resendAt = next.expires(), s.quota.ResendAt(next.times())
	return rep
}

// heldBack is the reply if the limits refuse a message, or the limiter does
// not answer.
func (s *steps) heldBack(ctx context.Context, q *query, rep reply, m message, err error) reply {
	var refused *quota.Refused
	if !errors.As(err, &refused) {
		s.events.tell(ctx, q.from.who, Event{Kind: EventFailed, Policy: q.policy.Name, Reason: "limiter", Err: err})
		if m.automatic {
			rep.code = contract.CodeResendCooldown // nothing is sent, and the page offers to
			return rep
		}
		rep.code, rep.retryAfter = contract.CodeProviderUnavailable, provider.RetryUnavailable
		return rep
	}
	if refused.Locked {
		return lockedBy(refused)
	}
	rep.code, rep.retryAfter, rep.resendAt = contract.CodeResendCooldown, refused.Wait, time.Now().Add(refused.Wait)
	if m.enrolls && q.mark == nil {
		rep.state = contract.StatePhone // no passcode is on its way
	}
	if q.mark != nil {
		rep.expiresAt = q.mark.expires()
	}
	return rep
}

// deliver has Stytch send the message.
func (s *steps) deliver(ctx context.Context, q *query, m message) *provider.Failure {
	if m.replaces {
		if f := s.dropUnproved(ctx, q); f != nil {
			return f
		}
	}
	d := delivery{who: q.from.who, shown: q.from.shown, number: m.number, locale: messageLocale(q, s.pages, s.config.Language)}
	requestID, took, f := s.provider.Send(ctx, func(ctx context.Context, client *stytch.Client) (string, error) {
		return sendTextMessage(ctx, client, d)
	})
	if f == nil {
		s.events.tell(ctx, d.who, Event{Kind: EventCodeSent, Policy: q.policy.Name, Method: SMS, RequestID: requestID, Duration: took})
	}
	return f
}

// dropUnproved deletes the member's number that was never proved. Stytch has
// no conditional delete, so it is asked right before whether the number has
// been proved meanwhile, in another session for instance.
func (s *steps) dropUnproved(ctx context.Context, q *query) *provider.Failure {
	s.provider.Forget(q.from.who.anchor)
	current, f := s.admissions.ask(ctx, q.from)
	if f != nil {
		return f
	}
	if textMessage().ready(current) {
		return &provider.Failure{Code: contract.CodePhoneUnavailable, Refund: true, Err: errNumberProved}
	}
	return s.provider.DeleteNumber(ctx, q.from.who.organization, q.from.who.member)
}

// messageLocale returns the language of the message: the one that the app
// chose comes first, since Stytch writes more languages than the pages do.
func messageLocale(q *query, p *pages.Pages, language func(*http.Request) string) string {
	preferred := q.preferredLanguage(language)
	if locale := pages.MessageLocale(preferred); locale != "" {
		return locale
	}
	return pages.MessageLocale(p.Language(q.r, preferred))
}

// notSent refunds a message that Stytch did not accept, if it surely was not
// sent, and returns the reply.
func (s *steps) notSent(ctx context.Context, q *query, rep reply, m message, taken quota.Taken, f *provider.Failure) reply {
	s.events.tellFailure(ctx, q.from.who, q.policy.Name, SMS, f)
	if f.Refund {
		s.quota.Refund(ctx, q.from.who.counted(), taken)
	}
	if !f.Unclear {
		// Nothing was sent, so the earlier bookmark is restored. If a message
		// may have been sent, the new one stays, so that its passcode can be
		// typed.
		_ = q.leave(q.mark)
	}
	shown := rep.ending
	rep = q.failure(f)
	rep.ending = shown
	if m.enrolls && f.Reason == contract.ReasonNumber {
		rep.code = contract.CodePhoneInvalid // it was typed a moment ago, and can be typed again
	}
	return rep
}
