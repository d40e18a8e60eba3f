// A request with the JWTs of several sessions: which of them are alive. admit.go
// and signout.go ask it.

package stepup

import (
	"errors"
	"net/http"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/provider"
)

// rivals returns the sessions of which a request shows a JWT, without those whose
// JWT is too old to renew them: a cookie that was left behind, before its Domain
// was changed for instance, is no second sign-in for as long as it lives.
func (s *admissions) rivals(r *http.Request) []admission {
	var found []admission
	shown := s.tokens.present(r)
	for _, token := range shown.jwts[:shown.n] {
		session, err := s.provider.Verify(r.Context(), token)
		var old *jwks.ExpiredError
		if errors.As(err, &old) {
			session = old.Session
		} else if err != nil {
			continue
		}
		a := admission{of: s, who: subjectOf(session), shown: credential{channel: shown.channel, jwt: token, expired: err != nil}}
		if s.renewsAlone(&a) && !holds(found, a.who) {
			found = append(found, a)
		}
	}
	return found
}

func holds(found []admission, who subject) bool {
	for i := range found {
		if found[i].who.isSame(who) {
			return true
		}
	}
	return false
}

// settle asks Stytch about the sessions of a request that shows several, and
// returns the one that is alive, with its cookies renewed; nil = there are more of
// them, or none, or nobody can tell.
func (s *admissions) settle(w http.ResponseWriter, r *http.Request) *admission {
	var alive *admission
	var standing *provider.Standing
	for _, a := range s.rivals(r) {
		current, f := s.ask(r.Context(), &a)
		switch {
		case f != nil && f.Code == contract.CodeSessionExpired:
			continue
		case f != nil || alive != nil:
			return nil
		}
		alive, standing = &a, current
	}
	if alive == nil {
		return nil
	}
	fresh, err := s.adopt(w, r, alive, standing)
	if err != nil {
		return nil
	}
	return fresh
}
