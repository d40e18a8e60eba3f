// The part of the suite about how a path is spelled: no spelling leads past the
// guard, whatever the router makes of it.

package routers_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

// spellings are other ways to write the path of a guarded handler. Routers
// differ in which of them they take for it.
func spellings(prefix string) []string {
	var all []string
	for _, path := range []string{
		"/payouts", "/payouts?x=1", "/payouts?", "/payouts/", "/payouts//", "//payouts", "/./payouts", "/payouts/.", "/payouts/..",
		"/account/../payouts", "/account/%2e%2e/payouts", "/%2e/payouts", "/..%2fpayouts", "/%2fpayouts", "/payouts%2f", "/payouts%2F..",
		"/%70ayouts", "/payou%74s", "/%2570ayouts", "/PAYOUTS", "/Payouts", "/payouts;x=1", "/payouts%3bx", "/payouts%00", "/payouts%20", "/payouts%0a",
		"/payouts%3fx", "/payouts%23x", `/payouts%5c`, "/payouts.", "/payouts.json", "/stepup/../payouts", "/stepup/%2e%2e/payouts", "/stepup//../payouts",
		"/payees/acme", "/payees/acme/", "/payees//acme", "/payees/%61cme", "/payees/../payees/acme", "/payees/a%2fb", "/payees/..%2fpayouts", "/payees/%2e%2e/payouts", "/payees/;/acme",
	} {
		all = append(all, prefix+path)
	}
	return append(all,
		"/."+prefix+"/payouts", "/"+prefix+"/payouts", "/x/.."+prefix+"/payouts",
		"http://app.example.com"+prefix+"/payouts", // the absolute form (RFC 9112, 3.2.2)
		"https://other.example"+prefix+"/payouts",
	)
}

func addresses() []conformanceCase {
	return []conformanceCase{
		{"no spelling of a guarded path leads past the guard", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			proved, _ := a.steppedUp(t)
			reachable := 0
			for _, spelling := range spellings(a.prefix) {
				r := b.ask(http.MethodGet, spelling)
				a.wantReached(t, 0)
				if proved.ask(http.MethodGet, spelling); a.reached.Swap(0) == 0 {
					continue // this router does not take it for a guarded path
				}
				reachable++
				r.wantStatus(http.StatusSeeOther)
				if got := r.header.Get("Location"); !strings.HasPrefix(got, a.at("")+"?") {
					t.Errorf("%q: redirected to %q, want the verify page", spelling, got)
				}
			}
			if reachable < 4 {
				t.Errorf("with a step-up, %d spellings reach the handler: this proves nothing", reachable)
			}
			t.Logf("%d of %d spellings are one of the guarded path", reachable, len(spellings(a.prefix)))
			a.wantMessages(t, member, 1)
		}},
		{"no spelling of a guarded path takes a form past the guard", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			proved, _ := a.steppedUp(t)
			reachable := 0
			for _, spelling := range spellings(a.prefix) {
				r := b.ask(http.MethodPost, spelling)
				a.wantReached(t, 0)
				a.wantArrived(t)
				if proved.ask(http.MethodPost, spelling); a.reached.Swap(0) == 0 {
					continue
				}
				a.wantArrived(t, strings.TrimSpace(query(spelling)+" amount=5000"))
				reachable++
				r.wantPage(http.StatusUnauthorized, contract.StateAsk, contract.CodeStepUpRequired)
			}
			if reachable < 4 {
				t.Errorf("with a step-up, %d spellings reach the handler: this proves nothing", reachable)
			}
		}},
		{"a member comes back to the spelling that they asked for", func(t *testing.T, a *app) {
			for _, target := range []string{"/payouts?a=1&a=2&b=%2F%3F%23", "/payouts?q=a'b(c)&next=https://evil.example/", "/payees/%C3%BC%20%2B+?x"} {
				b, member := a.signedIn(t)
				b.stepUp(b.follow(b.get(a.prefix+target)), member).wantRedirect(a.prefix + target)
				b.get(a.prefix + target).wantStatus(http.StatusOK).wantBody(member.ID)
				a.wantReached(t, 1)
			}
		}},
		{"a path that could be another host is not gone back to", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			for _, next := range []string{"//evil.example", "/\\evil.example", "https://evil.example/", a.at(""), a.at("send")} {
				page := b.get(a.at("") + "?" + url.Values{"policy": {"money"}, "next": {next}}.Encode())
				page.wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
				for _, field := range page.form().fields {
					if field.Name == "next" && field.Value != "/" {
						t.Errorf("next=%q became %q", next, field.Value)
					}
				}
			}
			a.wantMessages(t, member, 0)
		}},
	}
}

// ask sends a request and goes where routers send a spelling that they do not
// like. The guard's own redirects (303) are not followed, nor those that would
// turn a form into a GET.
func (c *client) ask(method, path string) reply {
	c.t.Helper()
	body, contentType := "", ""
	if method == http.MethodPost {
		body, contentType = "amount=5000", formType
	}
	r := c.do(method, path, contentType, body)
	for range 5 {
		switch {
		case r.status == http.StatusTemporaryRedirect, r.status == http.StatusPermanentRedirect:
		case r.status == http.StatusMovedPermanently && method == http.MethodGet:
		default:
			return r
		}
		r = c.do(method, r.header.Get("Location"), contentType, body)
	}
	return r
}

func query(path string) string {
	_, query, _ := strings.Cut(path, "?")
	return query
}
