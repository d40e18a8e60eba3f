package stepup

import (
	"context"
	"log/slog"
	"time"
)

// EventKind says what happened.
type EventKind string

// The events. The first three are everyday; Failed is worth an alarm.
const (
	EventChallenged      EventKind = "challenged"       // a request was refused until the member steps up
	EventCodeSent        EventKind = "code_sent"        // Stytch accepted a text message
	EventVerified        EventKind = "verified"         // a step-up succeeded
	EventSessionRejected EventKind = "session_rejected" // a token was refused, or a session has ended
	EventRefreshed       EventKind = "refreshed"        // an expired session JWT was renewed
	EventCodeRejected    EventKind = "code_rejected"    // a code was wrong, expired or superseded
	EventLimited         EventKind = "limited"          // a limit refused something, or a budget was passed
	EventLocked          EventKind = "locked"           // no more codes may be tried
	EventResumed         EventKind = "resumed"          // a kept form was opened after a step-up
	EventEnrolled        EventKind = "enrolled"         // a member proved a new phone number
	EventFailed          EventKind = "failed"           // something did not work that should have
)

// Event is something that happened. It holds no code, token or phone number.
type Event struct {
	Kind           EventKind
	Policy         string        // name of the policy; "" = none was at stake
	Method         Method        // the second factor; "" = none was at stake
	MemberID       string        // "" = not known
	OrganizationID string        // "" = not known
	SessionID      string        // "" = not known
	Reason         string        // a fixed word: one of the Code constants, or which limit
	RequestID      string        // Stytch's request_id; "" = Stytch was not asked
	Duration       time.Duration // how long Stytch took; 0 = it was not asked
	Err            error         // what went wrong; nil = nothing
}

// LogEvents returns a func for Config.OnEvent that writes one record an event:
// at level Error for EventFailed, Warn for EventLimited and EventLocked, and
// Info for the others.
func LogEvents(logger *slog.Logger) func(context.Context, Event) {
	return func(ctx context.Context, e Event) {
		level := slog.LevelInfo
		switch e.Kind {
		case EventFailed:
			level = slog.LevelError
		case EventLimited, EventLocked:
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

// tell reports an event about the session that id holds; id may be nil.
func (g *Guard) tell(ctx context.Context, id *identity, e Event) {
	if g.config.OnEvent == nil {
		return
	}
	if id != nil && id.session != nil {
		e.SessionID = id.session.ID()
		e.MemberID = id.session.MemberID()
		e.OrganizationID = id.session.OrganizationID()
	}
	g.config.OnEvent(ctx, e)
}
