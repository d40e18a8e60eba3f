// The suite that every router passes: what members and programs do, request by
// request. routers_test.go runs it.

package routers_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// conformance runs the suite over an app that is being served.
func conformance(t *testing.T, a *app) {
	t.Helper()
	run(t, a, journeys(), pages(), forms(), programs(), sessions(), addresses())
}

// run runs a part of the suite.
func run(t *testing.T, a *app, parts ...[]conformanceCase) {
	t.Helper()
	for _, part := range parts {
		for _, tt := range part {
			t.Run(tt.name, func(t *testing.T) {
				defer func() { // what a case does not expect must not be counted in the next
					a.wantReached(t, 0)
					a.wantArrived(t)
				}()
				tt.run(t, a)
			})
		}
	}
	t.Logf("%d requests", a.requests.Load())
}

// conformanceCase is one sentence about an app behind a guard.
type conformanceCase struct {
	name string
	run  func(t *testing.T, a *app)
}

// journeys are what members do with a browser.
func journeys() []conformanceCase {
	return []conformanceCase{
		{"a member without a session signs in first", func(t *testing.T, a *app) {
			b := a.browser(t, nil)
			for _, path := range []string{"/account", "/payouts?page=2"} {
				b.get(a.prefix + path).wantRedirect(a.prefix + "/login?next=" + url.QueryEscape(a.prefix+path))
			}
			b.get(a.prefix + "/").wantStatus(http.StatusOK).wantBody("home of nobody")
		}},
		{"a member with a session needs no step-up where none is asked for", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			b.get(a.prefix + "/").wantStatus(http.StatusOK).wantBody("home of " + member.ID)
			b.get(a.prefix+"/account").wantStatus(http.StatusOK).wantBody("account of "+member.ID).wantHeader("Cache-Control", "private")
			a.wantMessages(t, member, 0)
		}},
		{"a member goes to a guarded page, gives a passcode and comes back", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			target := a.prefix + "/payouts?page=2&q=a%20b%26c&q=%C3%BC&empty="
			refused := b.get(target).wantRedirect(a.at("") + "?next=" + url.QueryEscape(target) + "&policy=money")
			a.wantMessages(t, member, 1)

			page := b.follow(refused).wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
			page.wantBody(member.PhoneNumber[len(member.PhoneNumber)-2:])
			b.press(page, "", "code", wrong(a.emu.LastCode(member))).
				wantPage(http.StatusUnprocessableEntity, contract.StateCode, contract.CodeIncorrect)
			a.wantReached(t, 0)

			verified := b.press(page, "", "code", a.emu.LastCode(member)).wantRedirect(target)
			set := verified.cookies()
			if len(set) != 3 || set["stytch_session_jwt"] == nil || set["stytch_session"] == nil || set["__Host-stepup"] == nil {
				t.Errorf("the answer to the right passcode sets %d cookies, want the two of the session and to clear ours", len(set))
			}
			b.get(target).wantStatus(http.StatusOK).wantHeader("Cache-Control", "private").
				wantBody("GET payouts to all by "+member.ID, `query "page=2&q=a%20b%26c&q=%C3%BC&empty="`)
			a.wantReached(t, 1)
			a.wantMessages(t, member, 1)
		}},
		{"a step-up holds for the next request", func(t *testing.T, a *app) {
			b, member := a.steppedUp(t)
			b.get(a.prefix + "/payouts").wantStatus(http.StatusOK).wantBody(member.ID)
			b.get(a.prefix + "/payouts").wantStatus(http.StatusOK)
			a.wantReached(t, 2)
		}},
		{"the handler gets what the router found in the path", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			target := a.prefix + "/payees/J%C3%B6rg%20Sons?page=2"
			b.stepUp(b.follow(b.get(target)), member).wantRedirect(target)
			b.get(target).wantStatus(http.StatusOK).wantBody("payouts to Jörg Sons by " + member.ID)
			a.wantReached(t, 1)
		}},
		{"a member gives up and goes home", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			page := b.follow(b.get(a.prefix + "/payouts"))
			b.press(page, "cancel").wantRedirect(a.prefix + "/")
			b.get(a.prefix + "/payouts").wantStatus(http.StatusSeeOther)
		}},
		{"a member asks for another message", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			// From another site, nothing is sent without a click.
			page := b.follow(b.get(a.prefix+"/payouts", "Sec-Fetch-Site", "cross-site"))
			page.wantPage(http.StatusOK, contract.StateAsk, contract.CodeStepUpRequired)
			a.wantMessages(t, member, 0)
			b.stepUp(page, member).wantRedirect(a.prefix + "/payouts")
			a.wantMessages(t, member, 1)
		}},
		{"a login that lacks its second factor is completed below the verify path", func(t *testing.T, a *app) {
			member := a.emu.AddMember(stytchtest.WithMFAEnrolled())
			a.begin(member)
			b := a.browser(t, nil)
			page := b.follow(b.post(a.prefix+"/login", "").wantRedirect(a.at("login/") + "?next=" + url.QueryEscape(a.prefix+"/account")))
			page.wantPage(http.StatusOK, contract.StateCode, contract.CodeChallengePending)
			b.stepUp(page, member).wantRedirect(a.prefix + "/account")
			b.get(a.prefix + "/account").wantBody("account of " + member.ID)
			b.get(a.prefix + "/payouts").wantStatus(http.StatusOK) // a login with a passcode is a step-up too
			a.wantReached(t, 1)
		}},
		{"what the app does not have is not found, and sends nothing", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			b.get(a.prefix + "/nowhere").wantStatus(http.StatusNotFound)
			b.post(a.prefix+"/nowhere", "amount=5000").wantStatus(http.StatusNotFound)
			b.do(http.MethodDelete, a.prefix+"/account", "", "").wantStatus(http.StatusNotFound, http.StatusMethodNotAllowed)
			a.wantMessages(t, member, 0)
		}},
		{"a panic in a guarded handler harms nobody else", func(t *testing.T, a *app) {
			b, member := a.steppedUp(t)
			b.get(a.prefix+"/broken").wantStatus(0, http.StatusInternalServerError, http.StatusBadGateway)
			if a.reached.Swap(0) == 0 { // more than once where a proxy tries again
				t.Error("the handler did not run")
			}
			b.get(a.prefix + "/payouts").wantStatus(http.StatusOK).wantBody(member.ID)
			a.wantReached(t, 1)
			b, _ = a.signedIn(t)
			b.get(a.prefix + "/broken").wantStatus(http.StatusSeeOther)
		}},
	}
}

var asset = regexp.MustCompile(`(?:href|src)="([^"]+\.(?:css|js))"`)

// pages are about how the verify pages arrive.
func pages() []conformanceCase {
	return []conformanceCase{
		{"the page arrives with its headers", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			page := b.follow(b.get(a.prefix + "/payouts"))
			page.wantHeader("Content-Type", "text/html").wantHeader("Content-Security-Policy", "default-src 'none'").
				wantHeader("Cache-Control", "no-store").wantHeader("Vary", "Cookie", "Accept")
			if !strings.HasPrefix(page.form().action, a.at("")) {
				t.Errorf("the form leads to %q, want %q", page.form().action, a.at(""))
			}
		}},
		{"the style sheet and the script are served for good", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			page := b.follow(b.get(a.prefix + "/payouts"))
			found := asset.FindAllStringSubmatch(page.body, -1)
			if len(found) != 2 {
				t.Fatalf("the page asks for %v, want a style sheet and a script", found)
			}
			for _, m := range found {
				r := a.browser(t, nil).get(m[1]).wantStatus(http.StatusOK).wantHeader("Cache-Control", "immutable").
					wantHeader("Content-Type", map[bool]string{true: "text/css", false: "text/javascript"}[strings.HasSuffix(m[1], ".css")])
				if len(r.body) < 1000 {
					t.Errorf("%s has %d bytes", m[1], len(r.body))
				}
				b.get(m[1], "If-None-Match", r.header.Get("ETag")).wantStatus(http.StatusNotModified)
				if head := b.do(http.MethodHead, m[1], "", "").wantStatus(http.StatusOK); head.body != "" {
					t.Errorf("HEAD %s has a body", m[1])
				}
			}
		}},
		{"a HEAD of the page has no body", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			r := b.do(http.MethodHead, a.at("")+"?policy=money", "", "").wantStatus(http.StatusOK).wantHeader("Content-Type", "text/html")
			if r.body != "" {
				t.Errorf("got the body %q", r.body)
			}
		}},
		{"the page is for members alone", func(t *testing.T, a *app) {
			a.browser(t, nil).get(a.at("") + "?policy=money&next=" + url.QueryEscape(a.prefix+"/payouts")).
				wantRedirect(a.prefix + "/login?next=" + url.QueryEscape(a.prefix+"/payouts"))
		}},
		{"unknown paths below the verify path are not found", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			for _, name := range []string{"x", "send/x", "login/x", "stepup.png", "%73end%2fx"} {
				b.get(a.at(name)).wantStatus(http.StatusNotFound)
				b.post(a.at(name), "policy=money").wantStatus(http.StatusNotFound)
			}
		}},
		{"other methods below the verify path are refused", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
				// A router may refuse what it has no route for by itself.
				b.do(method, a.at("")+"?policy=money", "", "").wantStatus(http.StatusMethodNotAllowed, http.StatusNotFound)
			}
			b.get(a.at("send")).wantStatus(http.StatusMethodNotAllowed).wantHeader("Allow", "POST")
			b.post(a.at("status"), "policy=money").wantStatus(http.StatusMethodNotAllowed).wantHeader("Allow", "GET, HEAD")
		}},
		{"an escaped name below the verify path is that name", func(t *testing.T, a *app) {
			b, _ := a.signedIn(t)
			b.get(a.at("%73tatus")+"?policy=money").wantCode(http.StatusOK, contract.CodeStepUpRequired)
		}},
		{"a form of another site is refused", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			b.post(a.at("send"), "policy=money", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").
				wantPage(http.StatusForbidden, contract.StateCrossOrigin, contract.CodeCrossOrigin)
			b.post(a.prefix+"/payouts", "amount=5000", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").
				wantPage(http.StatusForbidden, contract.StateCrossOrigin, contract.CodeCrossOrigin)
			a.wantMessages(t, member, 0)
		}},
	}
}

// sessions are about session cookies.
func sessions() []conformanceCase {
	return []conformanceCase{
		{"a session whose JWT has expired is renewed", func(t *testing.T, a *app) {
			b, member := a.signedIn(t, stytchtest.WithJWTAge(6*time.Minute))
			old := b.cookie("stytch_session_jwt")
			r := b.get(a.prefix + "/account").wantStatus(http.StatusOK).wantBody("account of " + member.ID)
			set := r.cookies()
			for _, name := range []string{"stytch_session_jwt", "stytch_session"} {
				if c := set[name]; c == nil || !c.Secure || !c.HttpOnly || c.Path != "/" {
					t.Errorf("cookie %s is %v, want a new one", name, c)
				}
			}
			if now := b.cookie("stytch_session_jwt"); now == "" || now == old {
				t.Errorf("the JWT is the same as before")
			}
			r.wantHeader("Cache-Control", "no-store")
			if again := b.get(a.prefix + "/account").wantStatus(http.StatusOK); len(again.cookies()) != 0 {
				t.Errorf("a session that is fresh got %d cookies", len(again.cookies()))
			}
		}},
		{"an answer that sets session cookies is stored nowhere, whatever the handler says", func(t *testing.T, a *app) {
			b, member := a.signedIn(t, stytchtest.WithJWTAge(6*time.Minute))
			r := b.get(a.prefix + "/").wantStatus(http.StatusOK).wantBody("home of " + member.ID)
			if len(r.cookies()) != 2 {
				t.Fatalf("the answer sets %d cookies, want the two of the session", len(r.cookies()))
			}
			if got := r.header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("the answer sets session cookies and is %q", got)
			}
			b.get(a.prefix+"/").wantHeader("Cache-Control", publicly) // the handler's own word
		}},
		{"a renewal on the way to a step-up loses neither", func(t *testing.T, a *app) {
			b, member := a.signedIn(t, stytchtest.WithJWTAge(6*time.Minute))
			refused := b.get(a.prefix + "/payouts")
			if refused.cookies()["stytch_session_jwt"] == nil || refused.cookies()["__Host-stepup"] == nil {
				t.Errorf("the redirect sets %d cookies, want those of the session and our own", len(refused.cookies()))
			}
			b.stepUp(b.follow(refused), member).wantRedirect(a.prefix + "/payouts")
		}},
		{"a step-up in another tab needs no second one here", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			stale := []*http.Cookie{{Name: "stytch_session_jwt", Value: b.cookie("stytch_session_jwt"), Path: "/", Secure: true}}
			b.stepUp(b.follow(b.get(a.prefix+"/payouts")), member)
			b.carry(stale...)
			r := b.get(a.prefix + "/payouts").wantStatus(http.StatusOK)
			if r.cookies()["stytch_session_jwt"] == nil {
				t.Error("the new JWT was not set")
			}
			a.wantReached(t, 1)
		}},
		{"signing out ends the session and clears the cookies", func(t *testing.T, a *app) {
			b, _ := a.steppedUp(t)
			r := b.post(a.prefix+"/logout", "").wantStatus(http.StatusOK).wantBody("signed out")
			for _, name := range []string{"stytch_session_jwt", "stytch_session"} {
				if c := r.cookies()[name]; c == nil || c.MaxAge >= 0 || b.cookie(name) != "" {
					t.Errorf("cookie %s is still there: %v", name, c)
				}
			}
			b.get(a.prefix + "/account").wantRedirect(a.prefix + "/login?next=" + url.QueryEscape(a.prefix+"/account"))
		}},
		{"another site signs nobody out", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			b.post(a.prefix+"/logout", "", "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").wantStatus(http.StatusForbidden)
			b.get(a.prefix + "/account").wantBody("account of " + member.ID)
		}},
		{"a forged JWT is nobody's", func(t *testing.T, a *app) {
			b, member := a.signedIn(t)
			jwt := b.cookie("stytch_session_jwt")
			b.carry(&http.Cookie{Name: "stytch_session_jwt", Value: jwt[:len(jwt)-8] + "AAAAAAAA", Path: "/", Secure: true})
			b.get(a.prefix + "/payouts").wantRedirect(a.prefix + "/login?next=" + url.QueryEscape(a.prefix+"/payouts"))
			if home := b.get(a.prefix + "/").wantStatus(http.StatusOK); strings.Contains(home.body, member.ID) {
				t.Error("the forged JWT counts")
			}
		}},
		{"two sessions in one request are a conflict, not a choice", func(t *testing.T, a *app) {
			mine, _ := a.steppedUp(t)
			theirs, _ := a.steppedUp(t)
			b := a.browser(t, nil)
			b.get(a.prefix+"/payouts", "Cookie", "stytch_session_jwt="+mine.cookie("stytch_session_jwt")+"; stytch_session_jwt="+theirs.cookie("stytch_session_jwt")).
				wantPage(http.StatusBadRequest, contract.StateConflict, contract.CodeSessionConflict)
		}},
		{"a session that has ended at Stytch does not step up", func(t *testing.T, a *app) {
			member := a.emu.AddMember()
			session := a.emu.SignIn(member)
			b := a.browser(t, session)
			a.emu.Revoke(session.ID)
			b.get(a.prefix + "/payouts").wantRedirect(a.prefix + "/login?next=" + url.QueryEscape(a.prefix+"/payouts"))
			if b.cookie("stytch_session_jwt") != "" {
				t.Error("the cookies of the ended session are still there")
			}
		}},
	}
}
