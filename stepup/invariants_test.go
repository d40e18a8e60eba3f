package stepup_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/rungauth/rung/stepup"
)

// behind serves one request with these cookies through a handler.
func behind(cookie string, h http.Handler) (w *httptest.ResponseRecorder, panicked any) {
	w = httptest.NewRecorder()
	r := httptest.NewRequest("GET", "/x", nil)
	r.Header.Set("Cookie", cookie)
	defer func() { panicked = recover() }()
	h.ServeHTTP(w, r)
	return w, nil
}

// An app may make an error of its own of any sentinel. Deny knows no policy to
// ask for then.
func TestDenyOfTheBareSentinelIsTheAppsMistake(t *testing.T) {
	a := newApp(t)
	s := a.emu.SignIn(a.emu.AddMember())
	for _, cookie := range []string{"stytch_session_jwt=" + s.JWT, ""} {
		w, p := behind(cookie, a.guard.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.guard.Deny(w, r, fmt.Errorf("transfer: %w", stepup.ErrStepUpRequired))
		})))
		if p != nil || w.Code != http.StatusInternalServerError {
			t.Errorf("got %d, panic %v; want 500", w.Code, p)
		}
	}
}

// A zero would be read as "now" or "none".
func TestDocumentsOmitWhatIsNotKnown(t *testing.T) {
	a := newApp(t)
	b := a.browser(a.emu.SignIn(a.emu.AddMember()))
	for _, d := range []map[string]any{
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`).document(),
		a.browser(nil).fetch("GET", "/payouts", "").document(),
	} {
		for name, value := range d {
			if value == 0.0 || value == false || value == "" {
				t.Errorf("%v holds %q: %v", d["code"], name, value)
			}
		}
	}
}

// The status endpoint changes nothing, the page of htmx included.
func TestStatusDoesNotMoveHTMX(t *testing.T) {
	_, _, b := signedIn(t)
	r := b.get("/stepup/status?policy=money", "Hx-Request", "true", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty")
	if to := r.header.Get("Hx-Redirect"); to != "" {
		t.Errorf("HX-Redirect: %s", to)
	}
}

// Contexts end up in logs.
func TestThePrintedContextHoldsNoToken(t *testing.T) {
	a := newApp(t)
	s := a.emu.SignIn(a.emu.AddMember())
	behind("stytch_session_jwt="+s.JWT, a.guard.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
			if strings.Contains(fmt.Sprintf(verb, r.Context()), s.JWT) {
				t.Errorf("the context printed with %s holds the session JWT", verb)
			}
		}
	})))
}

func TestEventsOfTheVerifyHandlerCarryTheSession(t *testing.T) {
	var mu sync.Mutex
	a := newApp(t, func(c *stepup.Config) {
		c.OnEvent = func(ctx context.Context, e stepup.Event) {
			mu.Lock()
			defer mu.Unlock()
			if _, ok := stepup.SessionFromContext(ctx); !ok {
				t.Errorf("%s: no session in the context", e.Kind)
			}
		}
	})
	b := a.browser(a.emu.SignIn(a.emu.AddMember()))
	b.fetch("POST", "/stepup/send", `{"policy":"money"}`)
	b.fetch("POST", "/stepup/", `{"policy":"money","code":"000000"}`)
}

func TestNobodyChangesAPolicyThroughARequiredError(t *testing.T) {
	policy := func() stepup.Policy {
		return stepup.Policy{Name: "both", MaxAge: 1e11, Methods: []stepup.Method{stepup.SMS, stepup.TOTP}}
	}
	a := newApp(t, func(c *stepup.Config) { c.Policies = []stepup.Policy{policy()} })
	s := a.emu.SignIn(a.emu.AddMember())
	behind("stytch_session_jwt="+s.JWT, a.guard.LoadSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods := a.guard.Check(r, policy()).(*stepup.RequiredError).Policy.Methods
		methods[0], methods[1] = methods[1], methods[0]
		if _, ok := a.guard.Check(r, policy()).(*stepup.RequiredError); !ok {
			t.Error(a.guard.Check(r, policy()))
		}
	})))
}

// net/http drops cookies with such bytes, and so does the rest of the app.
func TestCookiesThatAreNoCookiesDoNotCount(t *testing.T) {
	a := newApp(t)
	s, other := a.emu.SignIn(a.emu.AddMember()), a.emu.SignIn(a.emu.AddMember())
	w, _ := behind(strings.Repeat("stytch_session_jwt=\x80; ", 3)+"stytch_session_jwt="+s.JWT,
		a.guard.RequireSession(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	if w.Code != http.StatusOK || len(a.kinds()) > 0 {
		t.Errorf("got %d, events %v; want 200 and none", w.Code, a.kinds())
	}
	bad := "stytch_session=\x80; "
	behind(bad+"stytch_session="+s.Token+"; "+bad+"stytch_session="+other.Token, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = a.guard.SignOut(w, r)
	}))
	if n := a.calls("sessions/revoke"); n != 0 {
		t.Errorf("one of two opaque tokens was taken for the only one: %d revocations", n)
	}
}
