package stepup_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
)

// A clock that is behind Stytch's refuses every JWT for its first seconds. The
// member is not sent to sign in for another one, in a circle, and the event names
// the clock.
func TestAClockThatIsBehindSignsNobodyOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t)
		a.emu.SetClockSkew(20 * time.Second)
		b := a.browser(a.emu.SignIn(a.emu.AddMember()))
		r := b.get("/account").wantPage(http.StatusServiceUnavailable, contract.StateUnavailable, contract.CodeProviderUnavailable)
		if r.header.Get("Retry-After") == "" || b.cookie("stytch_session_jwt") == "" {
			t.Error("the answer does not say when to come back, or signs the member out")
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, e := range a.events {
			if e.Kind == stepup.EventFailed && e.Reason == "clock" && strings.Contains(e.Err.Error(), "not valid yet, by 15s") {
				return
			}
		}
		t.Errorf("no event names the clock: %v", a.events)
	})
}
