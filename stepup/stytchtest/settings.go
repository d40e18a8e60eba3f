// The settings of the project, as endpoints read them. They are copied from the
// fields of Server for each call, since a test may change those between calls.

package stytchtest

import "sync"

// settings is a copy of the exported fields of [Server].
type settings struct {
	url           string
	projectID     string
	secret        string
	baseURLIssuer bool
	sessionTokens SessionTokens
	factorToSend  bool
}

// SessionTokens says which session_token an authenticate call by session_jwt is
// answered with. The documentation leaves it open.
type SessionTokens int

const (
	SameSessionToken SessionTokens = iota // the token that the session has
	NoSessionToken                        // an empty string
	NewSessionToken                       // a new token; the one before stops working
)

// overrides are the settings that the admin API has changed. Unlike the fields of
// [Server] they may change while calls are in progress.
type overrides struct {
	mu sync.Mutex
	override
}

// override is a change of the settings. Nil = as before.
type override struct {
	baseURLIssuer *bool
	sessionTokens *SessionTokens
	factorToSend  *bool
}

// change adds to what has been changed so far.
func (o *overrides) change(by override) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if by.baseURLIssuer != nil {
		o.baseURLIssuer = by.baseURLIssuer
	}
	if by.sessionTokens != nil {
		o.sessionTokens = by.sessionTokens
	}
	if by.factorToSend != nil {
		o.factorToSend = by.factorToSend
	}
}

// held returns what has been changed so far.
func (o *overrides) held() override {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.override
}

// hold goes back to what had been changed at another time.
func (o *overrides) hold(changed override) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.override = changed
}

// applyTo returns the settings with the overrides.
func (o *overrides) applyTo(s settings) settings {
	o.mu.Lock()
	defer o.mu.Unlock()
	set(&s.baseURLIssuer, o.baseURLIssuer)
	set(&s.sessionTokens, o.sessionTokens)
	set(&s.factorToSend, o.factorToSend)
	return s
}

// set changes a field unless there is no value for it.
func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// issuer returns the iss claim of new session JWTs.
func (set settings) issuer() string {
	if set.baseURLIssuer {
		return set.url
	}
	return set.projectIssuer()
}

// projectIssuer returns the issuer of a project without a custom domain.
func (set settings) projectIssuer() string { return "stytch.com/" + set.projectID }

// acceptsIssuer reports whether session JWTs may carry this iss claim. Both forms
// count, whichever of them new JWTs have.
func (set settings) acceptsIssuer(issuer string) bool {
	return issuer == set.projectIssuer() || issuer == set.url
}
