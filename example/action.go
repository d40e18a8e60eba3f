// The text on the verify page that says what a code is for. The guard calls
// describeAction, which main.go sets.

package main

import (
	"net/http"
	"strings"

	"github.com/rungauth/rung/stepup"
)

// describeAction says what a code is for, so that a member who did not ask for
// that notices. r is the request that was refused, or a request to the verify
// page, whose parameter "next" is the way back. For a form it is called once,
// and the text is kept with the form.
func describeAction(r *http.Request, _ stepup.Policy) string {
	path := r.URL.Path
	if path == "/transfers" && r.Method == http.MethodPost {
		if t, problem := readTransfer(r); problem == "" {
			return "Transfer " + t.Amount.String() + " to " + t.Payee
		}
	}
	if next := r.FormValue("next"); next != "" {
		path, _, _ = strings.Cut(next, "?")
	}
	switch path {
	case "/payouts":
		return "Open the payouts"
	case "/statements":
		return "Open the statements"
	case "/approvers":
		return "Open the approvers"
	}
	return ""
}
