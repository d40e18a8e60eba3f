// The settings of the project, as endpoints read them. They are copied from the
// fields of Server for each call, since a test may change those between calls.

package stytchtest

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
