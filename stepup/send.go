package stepup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

// message is a text message that is to be sent.
type message struct {
	current   *standing        // the session as Stytch has it
	bookmark  *pending         // of earlier messages; nil = none is known
	automatic bool             // nobody pressed a button for it
	number    jwks.PhoneNumber // to be linked to the member first; "" = the one on file
	enrols    bool             // the member has just typed the number
	replaces  bool             // another number, not proved, is on file and must go first
}

// send texts a code, if the limits allow one, and remembers it in the
// bookmark. The order matters: the slot is taken before Stytch is called, so
// that of many requests at once one sends; and the bookmark is written before,
// so that a message that nobody can be led to is never sent.
func (g *Guard) send(w http.ResponseWriter, r *http.Request, id *identity, a answer, m message) answer {
	a.ending = cmp.Or(m.number, m.current.member.MFAPhoneNumber).LastDigits(2)
	ctx, cancel := context.WithTimeout(r.Context(), limiterPatience)
	defer cancel()
	taken, err := g.takeAll(ctx, id, g.sendTakes(r, id, m.automatic))
	if err != nil {
		if m.enrols { // nothing was sent to what was just typed
			a.ending = m.bookmark.ending()
		}
		return g.heldBack(r, id, a, m, err)
	}
	next := m.bookmark.with(id.session.ID(), a.ending, time.Now())
	if id.channel == channelCookie {
		if err := g.pending.save(w, r, next); err != nil {
			g.refund(r.Context(), taken)
			g.tell(r.Context(), id, Event{Kind: EventFailed, Policy: a.policy.Name, Reason: "bookmark", Err: fmt.Errorf("stepup: Config.Store: %w", err)})
			a.code = CodeMisconfigured
			return a
		}
	}
	if m.replaces {
		err = g.dropUnverified(r.Context(), id)
	}
	if err == nil {
		err = g.text(r, id, a.policy, m.number)
	}
	if err != nil {
		return g.notSent(w, r, id, a, m, taken, err)
	}
	if m.enrols { // the member has a number now
		g.standings.forget(id.session.ID())
	}
	a.code = CodeChallengePending
	if m.bookmark != nil {
		a.code = CodeResent
	}
	a.expiresAt = next.newest().Add(codeLife)
	a.resendAt = next.resendAt(g.config.Limits.SendsPerMember)
	return a
}

// sendTakes are the limits of one message. The member comes before the
// address, so that a session that is refused for its member leaves no trace
// under the many addresses that it may come from.
func (g *Guard) sendTakes(r *http.Request, id *identity, automatic bool) []take {
	organization, member := id.session.OrganizationID(), id.session.MemberID()
	limits := g.config.Limits
	var takes []take
	if automatic {
		takes = append(takes, take{reason: "automatic", key: g.automaticKey(id), windows: automaticWindows, quiet: true})
	}
	takes = append(takes, take{reason: "member", key: g.limitKey("send-member", g.projectID, organization, member), windows: limits.SendsPerMember})
	if ip := g.clientIP(r); ip.IsValid() {
		takes = append(takes, take{reason: "ip", key: g.limitKey("send-ip", g.projectID, ip.String()), windows: limits.SendsPerIP})
	}
	return append(takes,
		take{reason: "organization", key: g.limitKey("send-organization", g.projectID, organization), windows: limits.SendsPerOrganization, advisory: !limits.StopAtBudget},
		take{reason: "project", key: g.limitKey("send-project", g.projectID), windows: limits.SendsPerProject, advisory: !limits.StopAtBudget},
	)
}

func (g *Guard) automaticKey(id *identity) string {
	return g.limitKey("send-automatic", g.projectID, id.session.ID())
}

// heldBack answers when the limits do not allow a message, or can not tell.
func (g *Guard) heldBack(r *http.Request, id *identity, a answer, m message, err error) answer {
	var refused *refusedTake
	if !errors.As(err, &refused) {
		g.tell(r.Context(), id, Event{Kind: EventFailed, Policy: a.policy.Name, Reason: "limiter", Err: err})
		if m.automatic {
			a.code = CodeResendCooldown // nothing is sent, and the page offers to
			return a
		}
		a.code, a.retryAfter = CodeProviderUnavailable, retryUnavailable
		return a
	}
	a.code, a.retryAfter, a.resendAt = CodeResendCooldown, refused.wait, time.Now().Add(refused.wait)
	a.asksPhone = m.enrols && m.bookmark == nil
	if m.bookmark != nil {
		a.expiresAt = m.bookmark.newest().Add(codeLife)
	}
	return a
}

// text sends the message (POST /v1/b2b/otps/sms/send). The session goes along,
// because Stytch wants it of members whose session holds a factor already. A
// number goes only if the phone form brought it: whoever could name it
// elsewhere could have the code.
func (g *Guard) text(r *http.Request, id *identity, policy *Policy, number jwks.PhoneNumber) error {
	ctx := r.Context()
	locale := g.messageLocale(r)
	began := time.Now()
	var resp *stytch.SendSMSResponse
	err := g.stytch.call(ctx, within(ctx, sendPatience), func(ctx context.Context) (err error) {
		resp, err = g.stytch.client.SendSMS(ctx, stytch.SendSMSRequest{
			OrganizationID: id.session.OrganizationID(),
			MemberID:       id.session.MemberID(),
			MFAPhoneNumber: number,
			SessionJWT:     id.jwt,
			Locale:         locale,
		})
		return err
	})
	if err == nil {
		g.tell(ctx, id, Event{Kind: EventCodeSent, Policy: policy.Name, Method: SMS, RequestID: resp.RequestID, Duration: time.Since(began)})
	}
	return err
}

// notSent accounts for a message that Stytch did not accept, or may not have.
func (g *Guard) notSent(w http.ResponseWriter, r *http.Request, id *identity, a answer, m message, taken []take, err error) answer {
	f := failureOf(err)
	kind := EventFailed
	if f.code == CodeSessionExpired {
		kind = EventSessionRejected
	}
	g.tell(r.Context(), id, Event{Kind: kind, Policy: a.policy.Name, Method: SMS, Reason: f.code, RequestID: f.requestID, Err: err})
	if f.refund {
		g.refund(r.Context(), taken)
	}
	if !f.unclear && id.channel == channelCookie {
		// Nothing was sent: the bookmark says so again. If it may have been,
		// the member can type the code that may arrive.
		g.pending.clear(w, r)
		if m.bookmark != nil {
			_ = g.pending.save(w, r, m.bookmark)
		}
	}
	if f.code == CodeSessionExpired {
		g.forget(w, r, id)
	}
	if m.enrols && f.reason == ReasonNumber {
		f.code = CodePhoneInvalid // it was typed a moment ago, and can be typed again
	}
	return a.failed(f)
}
