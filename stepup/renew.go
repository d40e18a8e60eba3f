// Asks Stytch about the session of a request, and gives the client the tokens
// that it returns. admit.go, middleware.go, look.go and write.go call it.

package stepup

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// renew renews the session of a JWT that has expired: JWTs last five minutes,
// and a tab that slept longer must not be signed out. Bearer clients renew
// their own tokens.
func (s *admissions) renew(w http.ResponseWriter, r *http.Request, a admission) admission {
	a.shown.token = s.tokens.opaque(r, a.shown.channel)
	if a.shown.channel != channelCookie || a.shown.token == "" && !s.renewsAlone(&a) {
		err := fmt.Errorf("%w: %w", ErrNoSession, jwks.ErrExpired)
		s.events.tell(r.Context(), a.who, Event{Kind: EventSessionRejected, Err: err})
		return s.nobody(a.shown.channel, err)
	}
	current, f := s.ask(r.Context(), &a)
	switch {
	case f == nil:
		fresh, err := s.adopt(w, r, &a, current)
		if err != nil {
			return s.nobody(a.shown.channel, err)
		}
		return *fresh
	case errors.Is(f, provider.ErrMismatch):
		s.events.tell(r.Context(), a.who, Event{Kind: EventFailed, Err: f.Err})
		return s.nobody(a.shown.channel, fmt.Errorf("%w: %w", ErrNoSession, f.Err))
	}
	err := s.explain(w, r, &a, f)
	if errors.Is(err, errMisconfigured) {
		// The app's own fault, but an outage like any other to the member, who
		// may not even need a step-up here.
		err = fmt.Errorf("%w: %w", ErrUnavailable, provider.Unavailable(f.Err))
	}
	return s.nobody(a.shown.channel, err)
}

// ask asks Stytch how the session stands, or the member of a login.
func (s *admissions) ask(ctx context.Context, a *admission) (*provider.Standing, *provider.Failure) {
	who, expired := a.who, a.shown.expired
	if who.isLogin() {
		return s.provider.AskMember(ctx, who.asked())
	}
	return s.provider.Ask(ctx, provider.Question{
		Of: who.asked(), JWT: a.shown.jwt, Token: a.shown.token, Alone: s.renewsAlone(a),
		TakeRenewal: func(ctx context.Context) error {
			if err := s.quota.TakeRenewal(ctx, who.counted()); err != nil {
				return provider.Unavailable(err)
			}
			return nil
		},
		Answered: func(ctx context.Context, current *provider.Standing) {
			if expired {
				s.events.tell(ctx, who, Event{Kind: EventRefreshed, RequestID: current.RequestID, Duration: current.Took})
			}
		},
	})
}

// adopt gives the client the new tokens of its session, in the channel that
// the old ones came in, and never more than it had: an opaque token goes only
// to a client that showed the previous one, or that has just signed in.
func (s *admissions) adopt(w http.ResponseWriter, r *http.Request, a *admission, current *provider.Standing) (*admission, error) {
	fresh := &admission{of: s, who: subjectOf(current.Session), shown: credential{channel: a.shown.channel, jwt: current.JWT, token: a.shown.token}}
	token := ""
	if a.who.isLogin() || a.shown.token != "" && a.shown.token == current.Proved {
		token = current.Token
	}
	if token != "" {
		fresh.shown.token = token
	}
	if a.shown.channel != channelCookie {
		return fresh, nil
	}
	if err := s.tokens.write(w, r, current.Session, current.JWT, token); err != nil {
		err = fmt.Errorf("%w: %w", errMisconfigured, err)
		s.events.tell(r.Context(), a.who, Event{Kind: EventFailed, Reason: string(contract.CodeMisconfigured), Err: err})
		return nil, err
	}
	return fresh, nil
}

// clearSession clears the session cookies and our own.
func (s *admissions) clearSession(w http.ResponseWriter, r *http.Request, who subject, ch channel) {
	if ch == channelBearer {
		return
	}
	_ = s.bookmarks.leave(w, r, nil)
	if err := s.tokens.clear(w, r); err != nil {
		s.events.tell(r.Context(), who, Event{Kind: EventFailed, Err: err})
	}
}
