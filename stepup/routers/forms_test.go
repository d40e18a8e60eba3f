// The part of the suite about forms: what a member posted to a guarded route is
// kept, and sent again by the button that follows the passcode.

package routers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

func forms() []conformanceCase {
	// One name twice, letters of many scripts, and everything that has a meaning
	// in a URL.
	const fields = "payee=J%C3%B6rg+%26+S%C3%B6hne&amount=5000&tag=a&tag=b%2Bc&note=%E6%97%A5%E6%9C%AC%0D%0A%3C%22%27%3E&empty="
	return []conformanceCase{
		{"a form is kept, and the button sends it", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			page := b.post(a.prefix+"/payouts?draft=7&x=%2F", fields)
			page.wantPage(http.StatusUnauthorized, contract.StateAsk, contract.CodeStepUpRequired).
				wantHeader("WWW-Authenticate", "insufficient_user_authentication")
			a.wantMessages(t, member, 0)
			ready := b.stepUp(page, member).wantPage(http.StatusOK, contract.StateContinue, contract.CodeVerified)
			if got := ready.form().action; got != a.prefix+"/payouts?draft=7&x=%2F" {
				t.Errorf("the button leads to %q", got)
			}
			a.wantArrived(t)
			b.press(ready, "").wantStatus(http.StatusOK).wantBody("POST payouts to all by " + member.ID)
			a.wantArrived(t, "draft=7&x=%2F "+fields)
			a.wantReached(t, 1)
		}},
		{"a form that its handler has parsed before Check is kept too", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			b.post(a.prefix+"/transfers", "amount=10").wantStatus(http.StatusOK).wantBody("transferred 10")
			a.wantArrived(t, "amount=10")
			page := b.post(a.prefix+"/transfers?draft=7", "amount=5000&payee=acme")
			page.wantPage(http.StatusUnauthorized, contract.StateAsk, contract.CodeStepUpRequired)
			ready := b.stepUp(page, member).wantPage(http.StatusOK, contract.StateContinue, contract.CodeVerified)
			b.press(ready, "").wantStatus(http.StatusOK).wantBody("transferred 5000")
			a.wantArrived(t, "draft=7 amount=5000&payee=acme")
			a.wantReached(t, 1)
		}},
		{"a form to a path with escapes goes back to that path", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			target := a.prefix + "/payees/J%C3%B6rg%20Sons"
			ready := b.stepUp(b.post(target, "amount=5000"), member).wantPage(http.StatusOK, contract.StateContinue, contract.CodeVerified)
			if got := ready.form().action; got != target {
				t.Errorf("the button leads to %q, want %q", got, target)
			}
			b.press(ready, "").wantStatus(http.StatusOK).wantBody("payouts to Jörg Sons by " + member.ID)
			a.wantArrived(t, "amount=5000")
			a.wantReached(t, 1)
		}},
		{"a wrong passcode does not lose the form", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			page := b.press(b.post(a.prefix+"/payouts", fields), "send")
			page = b.press(page, "", "code", wrong(a.emu.LastCode(member)))
			page.wantPage(http.StatusUnprocessableEntity, contract.StateCode, contract.CodeIncorrect)
			ready := b.press(page, "", "code", a.emu.LastCode(member)).wantPage(http.StatusOK, contract.StateContinue, contract.CodeVerified)
			b.press(ready, "").wantStatus(http.StatusOK)
			a.wantArrived(t, fields)
			a.wantReached(t, 1)
		}},
		{"a member who gives up sends nothing", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			b.press(b.post(a.prefix+"/payouts", fields), "cancel").wantRedirect(a.prefix + "/")
		}},
		{"a form too large to be kept is lost, and the page says so first", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			page := b.post(a.prefix+"/payouts", "note="+strings.Repeat("x", 70<<10))
			page.wantPage(http.StatusUnauthorized, contract.StateAsk, contract.CodeStepUpRequired)
			for _, field := range page.form().fields {
				if field.Name == "form" {
					t.Error("the page carries a form")
				}
			}
			page.wantBody(`<p class="note">`)
		}},
		{"after a step-up, bodies of all kinds reach the handler whole", func(t *testing.T, a *app) {
			b, _ := a.steppedUp(t)
			b.post(a.prefix+"/payouts", fields).wantStatus(http.StatusOK)
			b.do(http.MethodPost, a.prefix+"/payouts", "application/octet-stream", strings.Repeat("y", 1<<20)).
				wantStatus(http.StatusOK).wantBody("1048576 bytes")
			b.fetch(http.MethodPut, a.prefix+"/payouts", `{"amount":5000}`).wantStatus(http.StatusOK).wantBody("PUT payouts", "15 bytes")
			a.wantReached(t, 3)
			a.wantArrived(t, fields, strings.Repeat("y", 1<<20))
		}},
		{"a form of a member without a session leads to the sign-in page", func(t *testing.T, a *app) {
			a.browser(t, nil).post(a.prefix+"/payouts", fields).
				wantPage(http.StatusUnauthorized, contract.StateSignedOut, contract.CodeSessionRequired).
				wantBody(`href="` + a.prefix + `/login`)
		}},
	}
}
