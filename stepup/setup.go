// An authenticator app between two requests, while it is being set up.
// authenticator.go makes it, page.go and document.go show it, and submit.go
// opens it when the first passcode comes back.

package stepup

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/qrcode"
	"github.com/rungauth/rung/stepup/internal/seal"
)

// setup is an authenticator app that is being set up. It waits in the page,
// sealed, since Stytch tells the secret and the recovery codes once.
type setup struct {
	Registration  string   `json:"t"` // Stytch's id of the app
	Secret        string   `json:"s"`
	Account       string   `json:"a"`
	Issuer        string   `json:"i"`
	RecoveryCodes []string `json:"r"`

	over bool // the app is a factor by now: nothing of this is shown again
}

// isPending reports whether an app is being set up.
func (of *setup) isPending() bool { return of != nil && !of.over }

// seal makes the text that the page brings back with the first passcode.
func (of *setup) seal(keys seal.Keyring, who subject) string {
	text, err := json.Marshal(of)
	if err != nil {
		return "" // unreachable: all of it came as JSON
	}
	return keys.Seal(nil, text, append([]string{"setup"}, who.ids()...)...)
}

// openSetup returns what seal made for the same member and session, or nil.
func openSetup(keys seal.Keyring, who subject, sealed string) *setup {
	var of setup
	_, text, err := keys.Open(sealed, append([]string{"setup"}, who.ids()...)...)
	if err != nil || json.Unmarshal(text, &of) != nil {
		return nil
	}
	return &of
}

// shown is the setup as the page shows it.
func (of *setup) shown(sealed string) *contract.Setup {
	issuer := escaped(of.Issuer)
	uri := fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s", issuer, escaped(of.Account), escaped(of.Secret), issuer)
	shown := &contract.Setup{Secret: of.Secret, URI: uri, Sealed: sealed}
	if code, err := qrcode.Encode(uri); err == nil { // else the name is very long: the secret can be typed
		shown.QR = fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]d %[1]d" shape-rendering="crispEdges">`+
			`<rect width="%[1]d" height="%[1]d" fill="#fff"/><path d="%[2]s" fill="#000"/></svg>`, code.Size(), code.Path())
	}
	return shown
}

// escaped is text for any place of a URI. Apps take the account to begin at the
// first colon, and a plus sign for itself: the name of an organization, which
// is not ours, must end neither its own part nor the next.
func escaped(text string) string {
	return strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
}
