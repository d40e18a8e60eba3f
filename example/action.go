package main

import (
	"net/http"
	"strings"

	"github.com/rungauth/rung/stepup"
)

// describeAction says what the code is asked for, so that a member who did not
// mean to do that notices. It sees either the request that was refused, or one
// of the verify page, which names the way back in "next". For a form it is
// called once: what it says then is kept with the form.
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
	if path == "/payouts" {
		return "Open the payouts"
	}
	return ""
}
