// The part of the suite about programs: scripts of the app's own pages, htmx,
// clients with a bearer token, and whatever else asks without a person.

package routers_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func programs() []conformanceCase {
	return []conformanceCase{
		{"a script is told what is missing, and steps up by the links", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			refused := b.fetch(http.MethodGet, a.prefix+"/payouts", "")
			refused.wantHeader("Content-Type", "application/problem+json").
				wantHeader("WWW-Authenticate", `error="insufficient_user_authentication"`, `max_age="600"`)
			d := refused.wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
			if d.Links.Verify != a.at("") || d.Links.Send != a.at("send") {
				t.Fatalf("got links %+v", d.Links)
			}
			a.wantMessages(t, member, 0)
			b.fetch(http.MethodPost, d.Links.Send, `{"policy":"money"}`).wantCode(http.StatusOK, contract.CodeChallengePending)
			b.fetch(http.MethodGet, d.Links.Status, "").wantCode(http.StatusOK, contract.CodeChallengePending)
			b.fetch(http.MethodPost, d.Links.Verify, `{"policy":"money","code":"`+wrong(a.emu.LastCode(member))+`"}`).
				wantCode(http.StatusUnprocessableEntity, contract.CodeIncorrect)
			verified := b.fetch(http.MethodPost, d.Links.Verify, `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`)
			if d := verified.wantCode(http.StatusOK, contract.CodeVerified); d.SessionJWT != "" {
				t.Error("a token that came in a cookie went out in a body")
			}
			b.fetch(http.MethodGet, d.Links.Status, "").wantCode(http.StatusOK, contract.CodeAlreadySatisfied)
			b.fetch(http.MethodGet, a.prefix+"/payouts", "").wantStatus(http.StatusOK)
			a.wantReached(t, 1)
		}},
		{"a program steps up with its bearer token, and gets no cookies", func(t *testing.T, a *app) {
			member := a.emu.AddMember()
			p := a.program(t, a.emu.SignIn(member).JWT)
			p.fetch(http.MethodPost, a.prefix+"/payouts", `{"amount":5000}`).wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
			sent := p.fetch(http.MethodPost, a.at("send"), `{"policy":"money"}`)
			sent.wantCode(http.StatusOK, contract.CodeChallengePending)
			verified := p.fetch(http.MethodPost, a.at(""), `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`)
			d := verified.wantCode(http.StatusOK, contract.CodeVerified)
			if len(sent.cookies()) != 0 || len(verified.cookies()) != 0 {
				t.Error("a program with a bearer token got cookies")
			}
			p = a.program(t, d.SessionJWT)
			p.fetch(http.MethodPost, a.prefix+"/payouts", `{"amount":5000}`).wantStatus(http.StatusOK).wantBody("POST payouts to all by " + member.ID)
			a.wantArrived(t, `{"amount":5000}`)
			a.wantReached(t, 1)
		}},
		{"a program without a session is told so", func(t *testing.T, a *app) {
			p := a.program(t, "junk")
			for _, path := range []string{"/account", "/payouts"} {
				p.fetch(http.MethodGet, a.prefix+path, "").wantHeader("WWW-Authenticate", "Bearer").
					wantCode(http.StatusUnauthorized, contract.CodeSessionRequired)
			}
			a.browser(t, nil).fetch(http.MethodPost, a.prefix+"/transfers", "{}").wantCode(http.StatusUnauthorized, contract.CodeSessionRequired)
		}},
		{"the bearer token counts, not the cookies beside it", func(t *testing.T, a *app) {
			b, _ := a.steppedUp(t)
			p := a.program(t, a.emu.SignIn(a.emu.AddMember()).JWT)
			p.http.Jar = b.http.Jar
			p.fetch(http.MethodGet, a.prefix+"/payouts", "").wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
		}},
		{"Check inside a handler refuses programs too", func(t *testing.T, a *app) {
			member := a.emu.AddMember()
			p := a.program(t, a.emu.SignIn(member).JWT)
			p.post(a.prefix+"/transfers", "amount=10").wantStatus(http.StatusOK)
			p.post(a.prefix+"/transfers", "amount=5000").wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
			a.wantArrived(t, "amount=10")
			p = a.program(t, a.emu.SignIn(member, stytchtest.WithFactor("otp", "sms", 0)).JWT)
			p.post(a.prefix+"/transfers", "amount=5000").wantStatus(http.StatusOK)
			a.wantArrived(t, "amount=5000")
			a.wantReached(t, 1)
		}},
		{"htmx is told where to go", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			current := origin + a.prefix + "/account?tab=2"
			r := b.fetch(http.MethodGet, a.prefix+"/payouts", "", "HX-Request", "true", "HX-Current-URL", current)
			r.wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
			to := a.at("") + "?next=" + url.QueryEscape(a.prefix+"/account?tab=2") + "&policy=money"
			if got := r.header.Get("HX-Redirect"); got != to {
				t.Fatalf("HX-Redirect is %q, want %q", got, to)
			}
			a.wantMessages(t, member, 0)
			b.stepUp(b.get(to), member).wantRedirect(a.prefix + "/account?tab=2")
			b.fetch(http.MethodGet, a.prefix+"/payouts", "", "HX-Request", "true").wantStatus(http.StatusOK)
			a.wantReached(t, 1)
		}},
		{"a HEAD is refused like a GET, and sends nothing", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			r := b.do(http.MethodHead, a.prefix+"/payouts", "", "").wantStatus(http.StatusSeeOther)
			if r.body != "" || r.header.Get("Location") == "" {
				t.Errorf("got body %q, location %q", r.body, r.header.Get("Location"))
			}
			a.wantMessages(t, member, 0)
			b, _ = a.steppedUp(t)
			if r := b.do(http.MethodHead, a.prefix+"/payouts", "", "").wantStatus(http.StatusOK); r.body != "" {
				t.Errorf("got body %q", r.body)
			}
			a.wantReached(t, 1)
		}},
		{"OPTIONS and every other method are guarded", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			for _, method := range []string{http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete} {
				b.fetch(method, a.prefix+"/payouts", "").wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
				a.wantReached(t, 0)
			}
			b, _ = a.steppedUp(t)
			b.fetch(http.MethodDelete, a.prefix+"/payouts", "").wantStatus(http.StatusOK).wantBody("DELETE payouts")
			a.wantReached(t, 1)
		}},
		{"a prefetch reaches nothing and sends nothing", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			if r := b.get(a.prefix+"/payouts", "Sec-Purpose", "prefetch").wantStatus(http.StatusUnauthorized); r.body != "" {
				t.Errorf("got body %q", r.body)
			}
			a.wantMessages(t, member, 0)
		}},
		{"a program cannot name a policy that there is not", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			b.fetch(http.MethodPost, a.at("send"), `{"policy":"other"}`).wantCode(http.StatusNotFound, contract.CodeUnknownPolicy)
			b.fetch(http.MethodPost, a.at(""), `{"policy":`).wantCode(http.StatusBadRequest, contract.CodeBadRequest)
		}},
	}
}
