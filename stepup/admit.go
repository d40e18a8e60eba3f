package stepup

import (
	"errors"
	"net/http"
)

// The funcs below decide whether a request is let through. They return it with
// the session that was found in its context, also beside an error, so that
// Deny need not find it again: renewing a session may have cost its old JWT.

// admitSession wants a good session. One whose JWT has expired is renewed, and
// its new cookies are set.
func (g *Guard) admitSession(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	id, err := g.renewed(w, r)
	if err != nil {
		return r, err
	}
	return id.into(r), nil
}

// admitOptional also lets those through who are not signed in.
func (g *Guard) admitOptional(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	admitted, err := g.admitSession(w, r)
	if errors.Is(err, ErrNoSession) {
		return r, nil
	}
	return admitted, err
}

// admitPolicy wants a good session that satisfies the policy. A navigation
// whose JWT does not is let through if Stytch says that the session itself
// does: the JWT is then older than the step-up, as in a tab that slept through
// one in another.
func (g *Guard) admitPolicy(w http.ResponseWriter, r *http.Request, policy Policy) (*http.Request, error) {
	id, err := g.renewed(w, r)
	if err != nil {
		return r, err
	}
	r = id.into(r)
	err = policy.check(id.session, now(), g.config.Leeway)
	if !errors.Is(err, ErrStepUpRequired) || isUnsafe(r.Method) || clientOf(r, id.channel) != clientBrowser {
		return r, err
	}
	current, err := g.ask(r.Context(), id)
	if err != nil {
		return r, g.ended(w, r, id, err)
	}
	if err := policy.check(current.session, now(), g.config.Leeway); err != nil {
		return r, err
	}
	id, err = g.adopt(w, r, id, current)
	if err != nil {
		return r, err
	}
	return id.into(r), nil
}
