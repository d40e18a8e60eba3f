// The ways in which a request names a session or a login. Requests about second
// factors and about primary ones embed them.

package stytchtest

// credentials are the three ways in which a request can name what a member has
// already proved.
type credentials struct {
	IntermediateSessionToken string `json:"intermediate_session_token"`
	SessionToken             string `json:"session_token"`
	SessionJWT               string `json:"session_jwt"`
}

// count returns how many are given. An empty string counts as absent, since SDKs
// omit empty strings.
func (c credentials) count() int {
	n := 0
	for _, given := range []string{c.IntermediateSessionToken, c.SessionToken, c.SessionJWT} {
		if given != "" {
			n++
		}
	}
	return n
}
