package stepup_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// The page behind LoadSession may be one that caches store. If it carries new
// tokens, it must not reach the next visitor.
func TestAPageWithNewTokensIsKeptOutOfCaches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		r := a.browser(a.emu.SignIn(member, stytchtest.WithJWTAge(6*time.Minute))).get("/").wantStatus(200)
		setCookie(t, r, "stytch_session_jwt")
		if got := r.header.Get("Cache-Control"); got != "no-store" || !slices.Contains(r.header["Vary"], "Cookie") {
			t.Errorf("got Cache-Control %q, Vary %q", got, r.header["Vary"])
		}
		// A page without them is up to the app.
		r = a.browser(a.emu.SignIn(member)).get("/").wantStatus(200)
		if got := r.header.Get("Cache-Control"); got != "" {
			t.Errorf("got Cache-Control %q where nothing was renewed", got)
		}
	})
}

func TestWhatTheAppVariesByStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		session := a.emu.SignIn(a.emu.AddMember())
		for name, show := range map[string]func(*http.Request){
			"a program": session.SetBearer,
			"a browser": func(r *http.Request) { session.AddCookies(r); r.Header.Set("Sec-Fetch-Mode", "navigate") },
			"nobody":    func(*http.Request) {},
		} {
			for _, method := range []string{"GET", "POST"} {
				r := httptest.NewRequest(method, "/payouts", nil)
				show(r)
				rec := httptest.NewRecorder()
				rec.Header().Set("Vary", "Origin") // of a CORS middleware in front
				a.handler.ServeHTTP(rec, r)
				if got := rec.Header()["Vary"]; !slices.Contains(got, "Origin") || !slices.Contains(got, "Cookie") {
					t.Errorf("%s, %s: got Vary %q", name, method, got)
				}
			}
		}
	})
}

// RFC 9110, 15.5.2: a 401 has a WWW-Authenticate field, and nothing else needs one.
func TestEvery401AndNothingElseNamesAScheme(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		seen := make(map[int]bool)
		for name, r := range map[string]reply{
			"the status of a program":    b.fetch("GET", "/stepup/status?policy=money", ""),
			"a program without step-up":  b.fetch("GET", "/payouts", ""),
			"a program without session":  a.browser(nil).fetch("GET", "/payouts", ""),
			"a form without step-up":     b.post("/transfers", nil),
			"a form without session":     a.browser(nil).post("/account", nil),
			"a prefetch":                 b.get("/payouts", "Sec-Purpose", "prefetch"),
			"a message for a program":    b.fetch("POST", "/stepup/send", `{"policy":"money"}`),
			"a message that comes early": b.fetch("POST", "/stepup/send", `{"policy":"money"}`),
			"the page":                   b.get("/stepup/?policy=money"),
			"a wrong code":               b.fetch("POST", "/stepup/", `{"policy":"money","code":"12345"}`),
			"a form of another site":     b.post("/payouts", nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"),
		} {
			seen[r.status] = true
			if got := r.header.Get("WWW-Authenticate"); strings.HasPrefix(got, "Bearer") != (r.status == 401) {
				t.Errorf("%s: status %d with WWW-Authenticate %q", name, r.status, got)
			}
		}
		for _, status := range []int{200, 401, 403, 422, 429} {
			if !seen[status] {
				t.Errorf("no answer was a %d", status)
			}
		}
	})
}

// A bearer client has no use for cookies, and a cookie that it got would sign
// in the next user of its machine.
func TestABearerClientIsGivenNoCookies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		member := a.emu.AddMember()
		session := a.emu.SignIn(member)
		b := a.bearer(session.JWT)
		for _, r := range []reply{
			b.do("POST", "/stepup/send", "application/json", `{"policy":"money"}`, "Cookie", "__Host-stepup=x").wantStatus(200),
			b.do("POST", "/stepup/cancel", "application/json", `{"policy":"money"}`, "Cookie", "__Host-stepup=x").wantStatus(200),
			b.do("POST", "/stepup/", "application/json", `{"policy":"money","code":"`+a.emu.LastCode(member)+`"}`, "Cookie", "__Host-stepup=x").wantStatus(200),
			b.do("POST", "/logout", "", "", "Cookie", "__Host-stepup=x").wantStatus(200),
		} {
			if got := r.header["Set-Cookie"]; got != nil {
				t.Errorf("%s: got Set-Cookie %q", r.from, got)
			}
		}
	})
}

// A fragment by itself is no page to come back to.
func TestHTMXComesBackToThePageThatAsked(t *testing.T) {
	for _, tt := range []struct{ name, current, want string }{
		{"a page of this origin", appURL + "/dashboard?tab=2", "/stepup/?next=%2Fdashboard%3Ftab%3D2&policy=money"},
		{"a page of another origin", "https://evil.example/dashboard", "/stepup/?policy=money"},
		{"junk", "::", "/stepup/?policy=money"},
		{"nothing", "", "/stepup/?next=%2Fpayouts%3Ffragment%3Drows&policy=money"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t)
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			r := b.get("/payouts?fragment=rows", "Hx-Request", "true", "Sec-Fetch-Mode", "cors", "HX-Current-URL", tt.current)
			if got := r.header.Get("HX-Redirect"); got != tt.want {
				t.Errorf("%s: got HX-Redirect %q, want %q", tt.name, got, tt.want)
			}
		})
	}
}

// An old script silently follows a redirect and takes a page for its data.
func TestAnXMLHttpRequestIsAProgram(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		headers := []string{"Accept", "text/html, */*; q=0.01", "Sec-Fetch-Mode", "", "Sec-Fetch-Dest", "", "Sec-Fetch-Site", ""}
		b.get("/payouts", append(headers, "X-Requested-With", "XMLHttpRequest")...).wantCode(http.StatusUnauthorized, contract.CodeStepUpRequired)
		b.get("/payouts", append(headers, "X-Requested-With", "com.example.webview")...).wantStatus(http.StatusSeeOther)
	})
}

// The way back is in the query, which comes before the fragment.
func TestTheWayBackIsInTheQueryOfTheLoginPage(t *testing.T) {
	for login, want := range map[string]string{
		"/login":                               "/login?next=%2Faccount",
		"/login?from=app":                      "/login?from=app&next=%2Faccount",
		"https://login.example.com/app#signin": "https://login.example.com/app?next=%2Faccount#signin",
		"https://login.example.com/?a=b#/in?c": "https://login.example.com/?a=b&next=%2Faccount#/in?c",
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, func(c *stepup.Config) { c.Links.Login = login })
			a.browser(nil).get("/account").wantRedirect(want)
		})
	}
}
