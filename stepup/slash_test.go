package stepup_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
)

// Routers and middleware add the last slash of a path or remove it.
func TestTheVerifyPagesAreServedWithAndWithoutTheLastSlash(t *testing.T) {
	for _, configured := range []string{"/verify", "/verify/"} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, func(c *stepup.Config) { c.VerifyPath = configured })
			member := a.emu.AddMember()
			b := a.browser(a.emu.SignIn(member))
			b.get("/payouts").wantStatus(http.StatusSeeOther)
			page := b.get("/verify?policy=money&next=%2Fpayouts").wantPage(200, contract.StateCode, contract.CodeChallengePending)
			fields := page.fields()
			fields.Set("code", a.emu.LastCode(member))
			b.post("/verify", fields).wantRedirect("/payouts")
			b.get("/payouts").wantStatus(200)
			b.get("/verify/status/?policy=money").wantStatus(200)
		})
	}
}

// A boosted link of htmx is a navigation, and a fragment is none.
func TestHTMXReturnsToThePageOfABoostedLink(t *testing.T) {
	for _, tt := range []struct{ name, header, method, want string }{
		{"a fragment", "", "GET", "%2Fform"},
		{"a boosted link", "HX-Boosted", "GET", "%2Fpayouts"},
		{"a page out of the history", "HX-History-Restore-Request", "GET", "%2Fpayouts"},
		{"a boosted form", "HX-Boosted", "POST", "%2Fform"},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t)
			b := a.browser(a.emu.SignIn(a.emu.AddMember()))
			headers := []string{"HX-Request", "true", "HX-Current-URL", "https://app.example.com/form", "Sec-Fetch-Mode", "cors"}
			if tt.header != "" {
				headers = append(headers, tt.header, "true")
			}
			to := b.do(tt.method, "/payouts", "", "", headers...).wantStatus(401).header.Get("HX-Redirect")
			if !strings.Contains(to, "next="+tt.want) {
				t.Errorf("%s: sent to %q, want the way back to %s", tt.name, to, tt.want)
			}
		})
	}
}
