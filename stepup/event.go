// Events, for an app to log, count and alert on. Every step of a request
// reports through events.tell.

package stepup

import (
	"context"
	"log/slog"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// EventKind says what happened.
type EventKind string

// The events. The first three are routine; EventFailed is worth an alert.
const (
	EventChallenged      EventKind = "challenged"       // a request was refused until the member steps up
	EventCodeSent        EventKind = "code_sent"        // Stytch accepted a text message
	EventVerified        EventKind = "verified"         // a passcode was right, and the session has its factor
	EventLoggedIn        EventKind = "logged_in"        // a passcode was right, and completed a login
	EventRecovered       EventKind = "recovered"        // it was a recovery code, which is used up: warn the member
	EventSessionRejected EventKind = "session_rejected" // a token was refused, or a session has ended
	EventRefreshed       EventKind = "refreshed"        // an expired session JWT was renewed
	EventCodeRejected    EventKind = "code_rejected"    // a passcode was wrong, expired or superseded
	EventLimited         EventKind = "limited"          // a limit refused something, or a budget was exceeded
	EventLocked          EventKind = "locked"           // no more passcodes may be tried
	EventResumed         EventKind = "resumed"          // a kept form was opened after a step-up
	EventEnrolled        EventKind = "enrolled"         // a member proved a new second factor
	EventFailed          EventKind = "failed"           // something failed that should have worked
)

// Event is something that happened. It holds no passcode, token or phone number.
type Event struct {
	Kind           EventKind
	Policy         string        // name of the policy; "" = none was at stake
	Method         Method        // the second factor; "" = none was at stake
	MemberID       string        // "" = not known
	OrganizationID string        // "" = not known
	SessionID      string        // "" = not known
	Reason         string        // a fixed word, such as a contract.Code or the name of a limit
	RequestID      string        // Stytch's request_id; "" = Stytch was not asked
	Duration       time.Duration // how long Stytch took; 0 = it was not asked
	Err            error         // what went wrong; nil = nothing
}

// LogEvents returns a func for Config.OnEvent that writes one record for each
// event: at level Error for EventFailed, Warn for EventLimited, EventLocked and
// EventRecovered, and Info for the others. The func may be called concurrently.
func LogEvents(logger *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		level := slog.LevelInfo
		switch e.Kind {
		case EventFailed:
			level = slog.LevelError
		case EventLimited, EventLocked, EventRecovered:
			level = slog.LevelWarn
		}
		attrs := make([]slog.Attr, 0, 9)
		for _, a := range []struct{ key, value string }{
			{"policy", e.Policy}, {"method", string(e.Method)}, {"member_id", e.MemberID},
			{"organization_id", e.OrganizationID}, {"session_id", e.SessionID},
			{"reason", e.Reason}, {"request_id", e.RequestID},
		} {
			if a.value != "" {
				attrs = append(attrs, slog.String(a.key, a.value))
			}
		}
		if e.Duration > 0 {
			attrs = append(attrs, slog.Duration("duration", e.Duration))
		}
		if e.Err != nil {
			attrs = append(attrs, slog.String("error", e.Err.Error()))
		}
		logger.LogAttrs(ctx, level, "stepup: "+string(e.Kind), attrs...)
	}
}

// events tells the app what happens.
type events struct {
	on func(context.Context, Event) // nil = nobody listens
}

// tell reports an event about a subject, or about nobody.
func (e events) tell(ctx context.Context, who subject, event Event) {
	if e.on == nil {
		return
	}
	event.SessionID, event.MemberID, event.OrganizationID = who.anchor, who.member, who.organization
	e.on(ctx, event)
}

// tellLimit passes on a report of package quota.
func (e events) tellLimit(ctx context.Context, who quota.Subject, r quota.Report) {
	event := Event{Kind: EventLimited, Reason: r.Limit}
	if r.Err != nil {
		event.Kind, event.Err = EventFailed, r.Err
	}
	e.tell(ctx, subject{organization: who.Organization, member: who.Member, anchor: who.Anchor}, event)
}

// tellFailure reports a failed call to Stytch. policy and method are "" if
// none was at stake.
func (e events) tellFailure(ctx context.Context, who subject, policy string, method Method, f *provider.Failure) {
	event := Event{Kind: EventFailed, Policy: policy, Method: method, Reason: string(f.Code), RequestID: f.RequestID, Err: f.Err}
	switch f.Code {
	case contract.CodeSessionExpired, contract.CodeLoginExpired:
		event.Kind = EventSessionRejected
	case contract.CodeIncorrect, contract.CodeExpired:
		event.Kind = EventCodeRejected
	case contract.CodeLocked:
		event.Kind = EventLocked
	}
	e.tell(ctx, who, event)
}
