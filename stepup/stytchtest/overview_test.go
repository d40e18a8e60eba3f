package stytchtest_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestTheOverviewShowsWhatThereIs(t *testing.T) {
	synctest.Test(t, checkOverview)
}

func checkOverview(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	_, empty := page(t, srv, "/_emulator/")
	for _, text := range []string{"No organizations", "No members", "No sessions", "No logins", "No text messages", "No emails", "No calls"} {
		if !strings.Contains(empty, text) {
			t.Errorf("an empty emulator does not say %q", text)
		}
	}

	o := srv.AddOrganization(stytchtest.Organization{Name: "<b>Acme</b>", Slug: "acme", MFAPolicy: "REQUIRED_FOR_ALL", MFAMethods: []string{"sms_otp"}})
	member := srv.AddMember(stytchtest.InOrganization(o), stytchtest.WithName("<b>Ada</b>"), stytchtest.WithPassword(password), stytchtest.WithTOTP())
	locked := srv.AddMember(stytchtest.WithUnverifiedPhone("+14155550190"), stytchtest.WithMFAEnrolled())
	srv.LockMember(locked)
	f := &fixture{t: t, srv: srv, member: member}
	f.session = srv.SignIn(member, stytchtest.WithFactor("otp", "sms", 20*time.Minute), stytchtest.WithFactor("totp", "authenticator_app", -time.Hour))
	ended, revoked := srv.SignIn(member, stytchtest.WithDuration(-time.Minute)), srv.SignIn(locked)
	srv.Revoke(revoked.ID)
	code := f.send()
	login := srv.StartLogin(member)
	mail := f.mail()
	srv.Fail(stytchtest.Fault{HangUp: true})
	if res, err := f.do(t.Context(), sendPath, f.with()); err == nil {
		res.Body.Close()
	}
	f.post("/v1/b2b/rbac/<policy>", object{})

	header, text := page(t, srv, "/_emulator/")
	for _, want := range []string{
		srv.URL, srv.ProjectID, "issuer stytch.com/" + srv.ProjectID,
		"&lt;b&gt;Acme&lt;/b&gt;", o.ID, "acme", "REQUIRED_FOR_ALL", "sms_otp",
		"&lt;b&gt;Ada&lt;/b&gt;", member.ID, member.EmailAddress, srv.TOTPCode(member), "10 recovery codes", ">password<",
		locked.ID, "unverified", ">enrolled<", ">locked<",
		f.session.ID, "otp by sms (20 min ago)", "totp (in the future)", "ends in 1 h", ended.ID, ">expired<", revoked.ID, ">revoked<",
		"magic_link (just now)", "ends in 10 min",
		code, strings.TrimPrefix(member.PhoneNumber, "+"),
		strings.ReplaceAll(mail.URL, "&", "&amp;"),
		"POST " + sendPath, "hung up", "not_imitated", "/v1/b2b/rbac/&lt;policy&gt;",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for name, secret := range map[string]string{
		"the secret": srv.Secret, "a password": password, "a session token": f.session.Token, "a session JWT": f.session.JWT,
		"an intermediate session token": login, "a recovery code": srv.RecoveryCodes(member)[0], "markup of a name": "<b>",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the page has %s", name)
		}
	}
	for _, active := range []string{"<script", "<style", "style=", "onclick=", "<form"} {
		if strings.Contains(text, active) {
			t.Errorf("the page has %s, which its policy blocks", active)
		}
	}
	const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for name, want := range map[string]string{
		"Content-Security-Policy": policy, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
		"X-Content-Type-Options": "nosniff", "Content-Type": "text/html; charset=utf-8",
	} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// On a phone the names of the columns are beside the values instead of above them, so
// each cell repeats its own.
func TestTheCellsOfTheOverviewAreLabeled(t *testing.T) {
	f := busy(t)
	_, text := page(t, f.srv, "/_emulator/")
	tables := regexp.MustCompile(`(?s)<table.*?</table>`).FindAllString(text, -1)
	if len(tables) != 7 {
		t.Fatalf("there are %d tables, want 7", len(tables))
	}
	for _, table := range tables {
		var columns []string
		for _, th := range regexp.MustCompile(`<th [^>]*>([^<]+)</th>`).FindAllStringSubmatch(table, -1) {
			columns = append(columns, th[1])
		}
		cells := regexp.MustCompile(`<td [^>]*data-label="([^"]+)"`).FindAllStringSubmatch(table, -1)
		if len(cells) == 0 || len(cells)%len(columns) != 0 || strings.Count(table, "<td") != len(cells) {
			t.Fatalf("%v: %d cells", columns, len(cells))
		}
		for i, cell := range cells {
			if want := columns[i%len(columns)]; cell[1] != want {
				t.Errorf("a cell is labeled %s, want %s", cell[1], want)
			}
		}
	}
}

func TestTheOverviewIsBounded(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for range 103 {
		srv.AddMember()
	}
	_, text := page(t, srv, "/_emulator/")
	if !strings.Contains(text, "Members 103") || !strings.Contains(text, "3 more are not shown") || strings.Contains(text, "member-104@") {
		t.Error("the page does not say that it shows the first 100 of 103 members")
	}
}

func TestTheOverviewHasItsFiles(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	header, text := page(t, srv, "/_emulator/overview/overview.css")
	if !strings.HasPrefix(header.Get("Content-Type"), "text/css") || text == "" {
		t.Errorf("got %q, %d bytes", header.Get("Content-Type"), len(text))
	}
	_, html := page(t, srv, "/_emulator/")
	if !strings.Contains(html, `href="/_emulator/overview/overview.css"`) {
		t.Error("the page does not use its style")
	}
	get := func(path string) *http.Response {
		t.Helper()
		client := srv.Client()
		client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		res, err := client.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	for _, path := range []string{"/_emulator/overview/", "/_emulator/overview/overview.html", "/_emulator/overview/../overview.go"} {
		if got := get(path).StatusCode; got != 404 && got != 307 {
			t.Errorf("%s: got %d", path, got)
		}
	}
	if res := get("/_emulator"); res.StatusCode != 307 || res.Header.Get("Location") != "/_emulator/" {
		t.Errorf("without the slash: got %d to %q", res.StatusCode, res.Header.Get("Location"))
	}
}

func TestHealthz(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	srv.Fail(stytchtest.Fault{Status: 500})
	status, text := send(t, srv, "GET", "/healthz", nil, "", "")
	if status != 200 || string(text) != `{"status":"ok"}` {
		t.Errorf("got %d %s", status, text)
	}
	if n := len(srv.Calls()); n != 0 {
		t.Errorf("the log has %d calls", n)
	}
}
