package stepup_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

const formType = "application/x-www-form-urlencoded"

// shop is an app whose guarded routes take forms, and remembers what arrived:
// /pay is behind Require, /check parses the form and then calls Check.
type shop struct {
	*app
	orders []order
}

// order is a form as it arrived at the app's handler.
type order struct {
	target string // path and query
	fields string // urlencoded, in the order of arrival
	header http.Header
}

func newShop(t *testing.T, change ...func(*stepup.Config)) *shop {
	return newShopOn(t, stytchtest.NewUnstartedServer(), change...)
}

func newShopOn(t *testing.T, emu *stytchtest.Server, change ...func(*stepup.Config)) *shop {
	t.Helper()
	s := &shop{app: newAppOn(t, emu, change...)}
	mux := http.NewServeMux()
	mux.Handle("/stepup/", s.guard.VerifyHandler())
	mux.Handle("/pay", s.guard.Require(s.policy)(http.HandlerFunc(s.take)))
	mux.Handle("/check", s.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		if err := s.guard.Check(r, s.policy); err != nil {
			s.guard.Deny(w, r, err)
			return
		}
		s.take(w, r)
	})))
	s.handler = mux
	return s
}

func (s *shop) take(w http.ResponseWriter, r *http.Request) {
	fields := r.PostForm.Encode()
	if r.PostForm == nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			s.t.Error(err)
		}
		fields = string(body)
	}
	s.orders = append(s.orders, order{target: r.RequestURI, fields: fields, header: r.Header.Clone()})
	fmt.Fprint(w, "thank you")
}

// wantOrders checks what arrived at the handlers so far.
func (s *shop) wantOrders(want ...string) {
	s.t.Helper()
	var got []string
	for _, o := range s.orders {
		got = append(got, o.target+" "+o.fields)
	}
	if !slices.Equal(got, want) {
		s.t.Fatalf("arrived:\n%q\nwant\n%q", got, want)
	}
}

// submit posts a form to the app.
func (b *browser) submit(target, body string, headers ...string) reply {
	b.app.t.Helper()
	return b.do(http.MethodPost, target, formType, body, headers...)
}

// stepUp goes from the page that answered a refused form to the one that
// follows the right passcode.
func (b *browser) stepUp(page reply, member *stytchtest.Member) reply {
	b.app.t.Helper()
	page = b.post("/stepup/send", page.fields()).wantPage(200, contract.StateCode, contract.CodeChallengePending)
	return b.enter(page, b.app.emu.LastCode(member))
}

var (
	formTag = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	anyTag  = regexp.MustCompile(`(?s)<[^>]*>`)
)

// waiting is the form of the app on a page of StateContinue: where it goes, and
// its fields as a browser sends them, in order.
func (r reply) waiting() (action string, fields []contract.FormValue) {
	r.t.Helper()
	m := formTag.FindStringSubmatch(r.body)
	if m == nil {
		r.t.Fatalf("%s: no form in the page:\n%s", r.from, r.body)
	}
	for _, a := range attrs.FindAllStringSubmatch(m[1], -1) {
		if a[1] == "action" {
			action = html.UnescapeString(a[2])
		}
	}
	for _, tag := range inputTag.FindAllString(m[2], -1) {
		var field contract.FormValue
		for _, a := range attrs.FindAllStringSubmatch(tag, -1) {
			switch a[1] {
			case "name":
				field.Name = html.UnescapeString(a[2])
			case "value":
				field.Value = html.UnescapeString(a[2])
			}
		}
		fields = append(fields, field)
	}
	return action, fields
}

// text is what a page says, without its markup.
func (r reply) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(anyTag.ReplaceAllString(r.body, " "))), " ")
}

func urlencoded(fields []contract.FormValue) string {
	var parts []string
	for _, f := range fields {
		parts = append(parts, url.QueryEscape(f.Name)+"="+url.QueryEscape(f.Value))
	}
	return strings.Join(parts, "&")
}

// press presses the button of a page of StateContinue.
func (b *browser) press(page reply) reply {
	b.app.t.Helper()
	action, fields := page.waiting()
	return b.submit(action, urlencoded(fields))
}

// events returns the events of a kind and reason.
func (a *app) eventsOf(kind stepup.EventKind, reason string) (found []stepup.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.events {
		if e.Kind == kind && e.Reason == reason {
			found = append(found, e)
		}
	}
	return found
}

func TestAFormSurvivesTheStepUp(t *testing.T) {
	const body = "payee=Acme+%26+Sons&amount=5%2C000.00&item=b&item=a&note=&memo=Z%C3%BCrich+%E2%82%AC%0D%0A%3Cb%3E+%22x%22&csrf_token=t0k"
	for _, tt := range []struct{ name, target, arrives string }{
		{"refused by Require", "/pay?from=7&x=%2F", body},
		// The handler has made a map of it: the order of names is lost.
		{"refused by the handler, which has parsed it", "/check?from=7&x=%2F",
			"amount=5%2C000.00&csrf_token=t0k&item=b&item=a&memo=Z%C3%BCrich+%E2%82%AC%0D%0A%3Cb%3E+%22x%22&note=&payee=Acme+%26+Sons"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, func(c *stepup.Config) {
					c.Forms.Show = []string{"payee", "amount", "from"}
					c.Action = func(r *http.Request, p stepup.Policy) string {
						if r.URL.Path != "/check" && r.URL.Path != "/pay" {
							return "something else"
						}
						return "Pay Acme by " + p.Name
					}
				})
				member := s.emu.AddMember()
				b := s.browser(s.emu.SignIn(member))

				page := b.submit(tt.target, body).wantPage(401, contract.StateAsk, contract.CodeStepUpRequired)
				page.wantBody("Your form is kept.", "Pay Acme by money")
				if !strings.Contains(page.header.Get("WWW-Authenticate"), "insufficient_user_authentication") {
					t.Errorf("got WWW-Authenticate %q", page.header.Get("WWW-Authenticate"))
				}
				if len(s.emu.Messages("")) != 0 {
					t.Error("a form that was refused sent a message")
				}
				page = b.post("/stepup/send", page.fields()).wantPage(200, contract.StateCode, contract.CodeChallengePending)
				code := s.emu.LastCode(member)
				page = b.enter(page, wrong(code)).wantPage(422, contract.StateCode, contract.CodeIncorrect)
				page.wantBody("Your form is kept.", "Pay Acme by money")
				if n := strings.Count(page.body, page.fields().Get("form")); n != 1 {
					t.Errorf("the sealed form is in the page %d times, want once", n)
				}
				page = b.enter(page, code).wantPage(200, contract.StateContinue, contract.CodeVerified)
				s.wantOrders() // nothing is run by the code itself

				page.wantBody("Pay Acme by money", "<dt><bdi>payee</bdi></dt><dd><bdi>Acme &amp; Sons</bdi></dd>",
					"<dt><bdi>amount</bdi></dt><dd><bdi>5,000.00</bdi></dd>")
				text := page.text()
				for _, words := range []string{"item , note , memo , csrf_token", "POST " + tt.target} {
					if tt.arrives != body {
						words = strings.Replace(words, "item , note , memo , csrf_token", "csrf_token , item , memo , note", 1)
					}
					if !strings.Contains(text, words) {
						t.Errorf("the page does not say %q: %s", words, text)
					}
				}
				for _, value := range []string{"rich", "t0k"} {
					if strings.Contains(text, value) {
						t.Errorf("the page shows %q, which the app did not allow", value)
					}
				}
				action, fields := page.waiting()
				if action != tt.target || urlencoded(fields) != tt.arrives {
					t.Errorf("the page sends %q to %q, want %q to %q", urlencoded(fields), action, tt.arrives, tt.target)
				}
				b.press(page).wantStatus(200).wantBody("thank you")
				s.wantOrders(tt.target + " " + tt.arrives)
				if !slices.Contains(s.kinds(), stepup.EventResumed) {
					t.Error("no event reports the resumed form")
				}
			})
		})
	}
}

func TestAFormThatDoesNotFitIsReportedBeforeThePasscode(t *testing.T) {
	const kept = 64 << 10
	field := func(name string, n int) string { return name + "=" + strings.Repeat("a", n-len(name)-1) }
	for _, tt := range []struct {
		name, contentType, body string
		kept                    bool
	}{
		{"64 KiB", formType, field("note", kept), true},
		{"one byte more", formType, field("note", kept+1), false},
		{"64 KiB in small fields", formType, strings.Repeat("cell=1234567&", kept/13) + "x=", true},
		{"64 KiB of markup", formType, "html=" + strings.Repeat("%3C", (kept-5)/3), true},
		{"no fields at all", formType, "", true},
		{"a field without a value", formType, "approve", true},
		{"a parameter of the media type", formType + "; charset=UTF-8", "a=b", true},
		{"a form with a file", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--x--\r\n", false},
		{"plain text", "text/plain", "a=b", false},
		{"a body of no kind", "", "a=b", false},
		{"text that is not UTF-8", formType, "name=M%FCller", false},
		{"a NUL, which no page can hold", formType, "name=a%00b", false},
		{"a broken escape", formType, "name=%zz", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				member := s.emu.AddMember()
				b := s.browser(s.emu.SignIn(member))
				page := b.do("POST", "/pay", tt.contentType, tt.body, "Referer", appURL+"/pay/new").wantPage(401, contract.StateAsk, contract.CodeStepUpRequired)
				lost := strings.Contains(page.body, "Your form was not saved.")
				if isKept := page.fields().Has("form"); isKept != tt.kept || lost == tt.kept {
					t.Fatalf("kept %v, said to be lost %v; want kept %v", isKept, lost, tt.kept)
				}
				if !tt.kept {
					// The journey ends even so: at the page that the form is on.
					code := b.follow(b.post("/stepup/send", page.fields()))
					b.enter(code, s.emu.LastCode(member)).wantRedirect("/pay/new")
					s.wantOrders()
					return
				}
				done := b.stepUp(page, member).wantPage(200, contract.StateContinue, contract.CodeVerified)
				b.press(done).wantStatus(200)
				want, err := url.ParseQuery(tt.body)
				if err != nil {
					t.Fatal(err)
				}
				got, err := url.ParseQuery(s.orders[0].fields)
				if err != nil || got.Encode() != want.Encode() {
					t.Errorf("%d fields arrived, want %d; %v", len(got), len(want), err)
				}
			})
		})
	}
}

func TestOtherRequestsAreNotKept(t *testing.T) {
	for _, tt := range []struct {
		name, method, target, contentType, body string
		headers                                 []string
	}{
		{"PUT", "PUT", "/pay", formType, "a=b", nil},
		{"PATCH", "PATCH", "/pay", formType, "a=b", nil},
		{"a way back that is too long", "POST", "/pay?x=" + strings.Repeat("y", 4096), formType, "a=b", nil},
		{"a body that the handler has read", "POST", "/pay?eaten", formType, "a=b", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				inner := s.handler
				s.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.RawQuery == "eaten" {
						_, _ = io.Copy(io.Discard, r.Body)
					}
					inner.ServeHTTP(w, r)
				})
				b := s.browser(s.emu.SignIn(s.emu.AddMember()))
				page := b.do(tt.method, tt.target, tt.contentType, tt.body, append(tt.headers, "Origin", appURL)...)
				page.wantPage(401, contract.StateAsk, contract.CodeStepUpRequired).wantBody("Your form was not saved.")
				if page.fields().Has("form") {
					t.Error("the form is kept")
				}
			})
		})
	}
	t.Run("JSON", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			b := s.browser(s.emu.SignIn(s.emu.AddMember()))
			refused := b.fetch("POST", "/pay", `{"amount":5000}`)
			refused.wantCode(401, contract.CodeStepUpRequired)
			if strings.Contains(refused.body, "5000") {
				t.Error("the answer repeats what was sent")
			}
		})
	})
}

func TestTwoTabsWithTwoFormsNeedOnePasscode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		one := b.submit("/pay?n=1", "to=one").wantStatus(401)
		two := b.submit("/pay?n=2", "to=two").wantStatus(401)
		three := b.submit("/check?n=3", "to=three").wantStatus(401)
		first := b.stepUp(one, member).wantPage(200, contract.StateContinue, contract.CodeVerified)
		// Whatever the other tabs press, the passcode was given already.
		second := b.post("/stepup/send", two.fields()).wantPage(200, contract.StateContinue, contract.CodeAlreadySatisfied)
		third := b.enter(three, "").wantPage(200, contract.StateContinue, contract.CodeAlreadySatisfied)
		b.press(second).wantStatus(200)
		b.press(first).wantStatus(200)
		b.press(third).wantStatus(200)
		s.wantOrders("/pay?n=2 to=two", "/pay?n=1 to=one", "/check?n=3 to=three")
		if n := len(s.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestAFormIsShownAtOnceWhereStytchKnowsOfAStepUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		session := s.emu.SignIn(member)
		phone := s.browser(session) // another device with the same session
		code := phone.follow(phone.get("/pay"))
		phone.enter(code, s.emu.LastCode(member)).wantRedirect("/pay")
		time.Sleep(3 * time.Second)

		// Require goes on; a handler that denies has nothing to go on with.
		s.browser(session).submit("/pay", "to=acme").wantStatus(200).wantBody("thank you")
		b := s.browser(session)
		page := b.submit("/check", "to=acme").wantPage(200, contract.StateContinue, contract.CodeAlreadySatisfied)
		s.wantOrders("/pay to=acme")
		b.press(page).wantStatus(200)
		s.wantOrders("/pay to=acme", "/check to=acme")
		lost := s.browser(session).do("POST", "/check", "text/plain", "to=acme")
		lost.wantPage(200, contract.StateContinue, contract.CodeAlreadySatisfied).wantBody("Your form was not sent.")
	})
}

func TestAFormWhileAPasscodeIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		b.get("/pay").wantStatus(303)
		page := b.submit("/pay", "to=acme").wantPage(401, contract.StateCode, contract.CodeChallengePending)
		page.wantBody("Your form is kept.")
		b.press(b.enter(page, s.emu.LastCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)).wantStatus(200)
		s.wantOrders("/pay to=acme")
		if n := len(s.emu.Messages("")); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
	})
}

func TestGivingUpAFormSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		page := b.submit("/pay", "to=acme")
		b.post("/stepup/cancel", page.fields()).wantRedirect("/")
		// And on the last page.
		page = b.stepUp(b.submit("/pay", "to=acme"), member).wantPage(200, contract.StateContinue, contract.CodeVerified)
		forms := formTag.FindAllStringSubmatch(page.body, -1)
		cancel := reply{t: t, body: forms[len(forms)-1][0]}
		if !strings.Contains(cancel.body, `action="/stepup/cancel"`) || cancel.fields().Has("to") {
			t.Fatalf("the last form of the page is no way out: %s", cancel.body)
		}
		b.post("/stepup/cancel", cancel.fields()).wantRedirect("/")
		s.wantOrders()
	})
}

// A forged form must not become one of ours by way of a step-up.
func TestAFormOfAnotherSiteIsNeitherKeptNorSent(t *testing.T) {
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.com"},
		{"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		{"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		for _, target := range []string{"/pay", "/check"} {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				member := s.emu.AddMember()
				b := s.browser(s.emu.SignIn(member))
				page := b.submit(target, "to=thief", headers...).wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
				if page.fields().Has("form") || strings.Contains(page.body, "thief") {
					t.Errorf("%s with %v: the page holds the form", target, headers)
				}
				// A kept form is not opened for another site either.
				page = b.submit(target, "to=acme").wantStatus(401)
				b.post("/stepup/send", page.fields(), headers...).wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
				if len(s.emu.Messages("")) != 0 || len(s.orders) != 0 {
					t.Errorf("%s with %v: something happened", target, headers)
				}
			})
		}
	}
}

// If Stytch knows of a step-up that the cookies do not show yet, Require goes
// on by itself: but not with what another site sent.
func TestAForgedFormIsRefusedAfterAStepUpElsewhere(t *testing.T) {
	for _, target := range []string{"/pay", "/check"} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			member := s.emu.AddMember()
			session := s.emu.SignIn(member)
			elsewhere := s.browser(session)
			elsewhere.enter(elsewhere.follow(elsewhere.get("/pay")), s.emu.LastCode(member)).wantRedirect("/pay")
			time.Sleep(3 * time.Second)
			b := s.browser(session)
			b.submit(target, "to=thief", "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
			s.wantOrders()
		})
	}
}

// An app that relies on http.CrossOriginProtection must be no worse off with
// the guard around it.
func TestTheReplayMakesNoForgeryPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		protected := http.NewCrossOriginProtection().Handler(http.HandlerFunc(s.take))
		mux := http.NewServeMux()
		mux.Handle("/stepup/", s.guard.VerifyHandler())
		mux.Handle("/pay", s.guard.Require(s.policy)(protected))
		s.handler = mux
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		forged := []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}

		// Before the step-up the guard refuses it, afterwards the app does.
		b.submit("/pay", "to=thief", forged...).wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
		page := b.stepUp(b.submit("/pay", "to=acme").wantStatus(401), member).wantPage(200, contract.StateContinue, contract.CodeVerified)
		b.submit("/pay", "to=thief", forged...).wantStatus(403)
		s.wantOrders()

		b.press(page).wantStatus(200)
		s.wantOrders("/pay to=acme")
		// The form that arrives is one that a page of this origin sent, by a
		// click, and says so.
		arrived := s.orders[0].header
		if arrived.Get("Sec-Fetch-Site") != "same-origin" || arrived.Get("Origin") != appURL {
			t.Errorf("arrived with Sec-Fetch-Site %q and Origin %q", arrived.Get("Sec-Fetch-Site"), arrived.Get("Origin"))
		}
	})
}

func TestASealedFormOpensForItsOwnSessionOnly(t *testing.T) {
	// sealed is a form of /pay, as it lies in the page.
	sealed := func(b *browser) string {
		b.app.t.Helper()
		return b.submit("/pay?n=1", "to=thief&amount=5000").wantStatus(401).fields().Get("form")
	}
	swapHeader := func(s string, old, new string) string {
		head, tail, _ := strings.Cut(s, ".")
		plain, err := base64.RawURLEncoding.DecodeString(head)
		if err != nil || !strings.Contains(string(plain), old) {
			panic("the header of a sealed form reads " + string(plain))
		}
		return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(plain), old, new, 1))) + "." + tail
	}
	for _, tt := range []struct {
		name string
		form func(s *shop, b *browser, m *stytchtest.Member) string // what is put into the page of b
	}{
		{"of another session of the member", func(s *shop, _ *browser, m *stytchtest.Member) string { return sealed(s.browser(s.emu.SignIn(m))) }},
		{"of another member", func(s *shop, _ *browser, _ *stytchtest.Member) string {
			return sealed(s.browser(s.emu.SignIn(s.emu.AddMember())))
		}},
		{"of another organization", func(s *shop, _ *browser, _ *stytchtest.Member) string {
			other := s.emu.AddOrganization(stytchtest.Organization{})
			return sealed(s.browser(s.emu.SignIn(s.emu.AddMember(stytchtest.InOrganization(other)))))
		}},
		{"of another app", func(s *shop, b *browser, _ *stytchtest.Member) string {
			other := newShopOn(s.t, s.emu, func(c *stepup.Config) { c.Key = []byte("another key, of another app, 32 ") })
			there := other.browser(nil)
			there.client.Jar = b.client.Jar
			return sealed(there)
		}},
		{"with another path", func(_ *shop, b *browser, _ *stytchtest.Member) string {
			return swapHeader(sealed(b), "/pay?n=1", "/pay?n=2")
		}},
		{"with another method", func(_ *shop, b *browser, _ *stytchtest.Member) string { return swapHeader(sealed(b), "POST", "PUT") }},
		{"with a later end", func(_ *shop, b *browser, _ *stytchtest.Member) string {
			return swapHeader(sealed(b), `"e":9`, `"e":99`)
		}},
		{"with the fields of another form", func(_ *shop, b *browser, _ *stytchtest.Member) string {
			time.Sleep(time.Second)
			head, _, _ := strings.Cut(sealed(b), ".")
			time.Sleep(time.Second)
			_, tail, _ := strings.Cut(sealed(b), ".")
			return head + "." + tail
		}},
		{"after a quarter of an hour", func(_ *shop, b *browser, _ *stytchtest.Member) string {
			form := sealed(b)
			time.Sleep(15 * time.Minute)
			return form
		}},
		{"cut short", func(_ *shop, b *browser, _ *stytchtest.Member) string { f := sealed(b); return f[:len(f)-4] }},
		{"without its fields", func(_ *shop, b *browser, _ *stytchtest.Member) string {
			head, _, _ := strings.Cut(sealed(b), ".")
			return head
		}},
		{"that was never sealed", func(*shop, *browser, *stytchtest.Member) string { return "eyJtIjoiUE9TVCJ9.AAAA" }},
		{"that is no text of ours", func(*shop, *browser, *stytchtest.Member) string { return "<script>" }},
	} {
		t.Run("a form "+tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				member := s.emu.AddMember()
				b := s.browser(s.emu.SignIn(member))
				page := b.submit("/pay?own", "to=acme", "Referer", appURL+"/pay/new").wantStatus(401)
				form := page.fields()
				form.Set("form", tt.form(s, b, member))

				sent := b.post("/stepup/send", form)
				if sent.status != 303 { // it is announced, or the page is another that says nothing of a form
					t.Fatalf("got status %d:\n%s", sent.status, sent.body)
				}
				failed := s.eventsOf(stepup.EventFailed, "form")
				if len(failed) != 1 || failed[0].Err == nil || failed[0].MemberID != member.ID {
					t.Fatalf("the events are %v", failed)
				}
				form.Set("code", wrong(s.emu.LastCode(member)))
				lost := b.post("/stepup/", form).wantPage(422, contract.StateCode, contract.CodeIncorrect)
				lost.wantBody("Your form was not saved.")
				if lost.fields().Has("form") {
					t.Error("the page still carries a form")
				}
				form.Set("code", s.emu.LastCode(member))
				b.post("/stepup/", form).wantRedirect("/pay/new")
				s.wantOrders()
			})
		})
	}
}

func TestNoByteOfASealedFormMayChange(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		// Of each length modulo three: the last byte of two has bits to spare.
		forms := []url.Values{}
		for _, body := range []string{"to=acme", "to=acmes", "to=acmess"} {
			forms = append(forms, b.submit("/pay", body).wantStatus(401).fields())
		}
		b.enter(b.post("/stepup/send", forms[0]), s.emu.LastCode(member)).wantStatus(200)
		// Once the step-up is done, every post that opens a form shows it.
		for _, form := range forms {
			sealed := form.Get("form")
			b.post("/stepup/", form).wantPage(200, contract.StateContinue, contract.CodeAlreadySatisfied)
			for i := range sealed {
				others := "AB.=\n"
				if i == len(sealed)-1 {
					others += alphabet
				}
				for _, c := range []byte(others) {
					if sealed[i] == c {
						continue
					}
					form.Set("form", sealed[:i]+string(c)+sealed[i+1:])
					if r := b.post("/stepup/", form); r.status != http.StatusSeeOther {
						t.Fatalf("with byte %d of %d changed to %q: status %d", i, len(sealed), c, r.status)
					}
				}
			}
		}
	})
}

func TestAFormIsKeptForAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		page := b.submit("/pay", "to=acme").wantStatus(401)
		time.Sleep(15*time.Minute - time.Second)
		b.stepUp(page, member).wantPage(200, contract.StateContinue, contract.CodeVerified)
	})
}

func TestAFormOutlivesARotationOfTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := stytchtest.NewUnstartedServer()
		member := emu.AddMember()
		session := emu.SignIn(member)
		oldKey, newKey := []byte("the key before, 32 bytes of it, ok"), []byte("the key after, 32 bytes of it too, ok")
		before := newShopOn(t, emu, func(c *stepup.Config) { c.Key = oldKey })
		after := newShopOn(t, emu, func(c *stepup.Config) { c.Key, c.OldKeys = newKey, [][]byte{oldKey} })
		forgetful := newShopOn(t, emu, func(c *stepup.Config) { c.Key = newKey })

		page := before.browser(session).submit("/pay", "to=acme").wantStatus(401)
		b := after.browser(session)
		b.press(b.stepUp(page, member).wantPage(200, contract.StateContinue, contract.CodeVerified)).wantStatus(200)
		after.wantOrders("/pay to=acme")
		forgetful.browser(session).post("/stepup/send", page.fields()).wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)

		// What is sealed now is sealed with the new key alone.
		fresh := after.browser(emu.SignIn(member)).submit("/pay", "to=acme").wantStatus(401).fields()
		if r := before.browser(session).post("/stepup/send", fresh); r.status != http.StatusConflict {
			t.Errorf("the old key opens what was made with the new: status %d", r.status)
		}
	})
}

func TestSecretsAreNotKeptEvenSealed(t *testing.T) {
	const secret = "s3cr3t-value"
	withheld := []string{
		"password", "Password", "new_password", "newPassword", "password2", "confirmpassword", "user[password]", "current-password",
		"passwd", "pwd", "pass", "passphrase", "passcode", "pin", "otp", "otp_code", "totp", "mfa_code", "2fa_code", "one-time-code", "oneTimeCode",
		"code", "code[1]", "sms_code", "verificationCode", "security_code",
		"card", "card_number", "cardNumber", "card[number]", "ccnumber", "cc-number", "creditcard", "cvv", "CVV", "cvv2", "cvc", "cc-csc", "card_cvc",
		"iban", "ssn", "client_secret", "internal_memo",
	}
	kept := []string{
		"zipcode", "country_code", "promo_code", "currencyCode", "token", "csrf_token", "authenticity_token", "gorilla.csrf.Token",
		"spin", "opinion", "pinned", "discard", "cardinality", "passenger", "compass", "number", "account_number", "email", "shipping", "note",
	}
	for _, target := range []string{"/pay", "/check"} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, func(c *stepup.Config) {
				c.Forms.Withhold = []string{"internal_memo"}
				c.Forms.Show = []string{"password", "internal_memo", "note"} // asked for by mistake
			})
			member := s.emu.AddMember()
			b := s.browser(s.emu.SignIn(member))
			form := url.Values{}
			for _, name := range withheld {
				form.Set(name, secret)
			}
			for _, name := range kept {
				form.Set(name, "open-"+name)
			}
			form.Add("new_pin", "") // was left empty
			page := b.post(target, form).wantStatus(401)
			for _, name := range withheld {
				if !strings.Contains(page.text(), " "+name+" ") {
					t.Errorf("%s: the page does not say that %q is not kept", target, name)
				}
			}
			if strings.Contains(page.text(), "new_pin") {
				t.Errorf("%s: a field that was empty is to be filled in", target)
			}
			done := b.stepUp(page, member).wantPage(200, contract.StateContinue, contract.CodeVerified)
			for _, r := range []reply{page, done} {
				if strings.Contains(r.body, secret) || strings.Contains(r.body, base64.RawURLEncoding.EncodeToString([]byte(secret))[1:10]) {
					t.Errorf("%s: a secret is in the page", target)
				}
			}
			_, fields := done.waiting()
			got := map[string][]string{}
			for _, f := range fields {
				got[f.Name] = append(got[f.Name], f.Value)
			}
			for _, name := range kept {
				if !slices.Equal(got[name], []string{"open-" + name}) {
					t.Errorf("%s: %q is sent as %q", target, name, got[name])
				}
			}
			for _, name := range append(withheld, "new_pin") {
				if !slices.Equal(got[name], []string{""}) {
					t.Errorf("%s: %q is sent as %q, want it empty, to be typed", target, name, got[name])
				}
			}
			// They can be typed on the last page, so that the form is whole.
			for i, f := range fields {
				if slices.Contains(withheld, f.Name) {
					fields[i].Value = secret
				}
			}
			b.submit(target, urlencoded(fields)).wantStatus(200)
			want, _ := url.ParseQuery(urlencoded(fields))
			if arrived, _ := url.ParseQuery(s.orders[0].fields); arrived.Encode() != form.Encode() || want.Encode() != form.Encode() {
				t.Errorf("%s: arrived as %s", target, arrived.Encode())
			}
		})
	}
}

func TestWithheldFieldsAreTypedUnderTheirNames(t *testing.T) {
	for language, says := range map[string]string{
		"en":    "For your safety these fields were not kept. Fill them in again.",
		"es":    "Por seguridad no se guardaron estos campos. Complételos de nuevo.",
		"pt-BR": "Por segurança, estes campos não foram salvos. Preencha-os de novo.",
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t)
			member := s.emu.AddMember()
			b := s.browser(s.emu.SignIn(member))
			b.header.Set("Accept-Language", language)
			page := b.submit("/pay", "to=acme&pin=4711&pin=4712&password=x").wantStatus(401)
			done := b.stepUp(page, member).wantPage(200, contract.StateContinue, contract.CodeVerified)
			done.wantBody(says,
				`<label for="withheld-0"><bdi>pin</bdi></label>`+"\n"+`<input id="withheld-0" name="pin" type="password"`,
				`<label for="withheld-1"><bdi>password</bdi></label>`+"\n"+`<input id="withheld-1" name="password" type="password"`)
		})
	}
}

func TestASealedFormShowsNothingOfItsFields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		b := s.browser(s.emu.SignIn(s.emu.AddMember()))
		page := b.submit("/pay", "to=Panama&amount=123456789").wantStatus(401)
		text := page.body
		for part := range strings.SplitSeq(page.fields().Get("form"), ".") {
			decoded, err := base64.RawURLEncoding.DecodeString(part)
			if err != nil {
				t.Fatal(err)
			}
			text += string(decoded)
		}
		for _, hidden := range []string{"Panama", "123456789", "amount"} {
			if strings.Contains(text, hidden) {
				t.Errorf("%q can be read in the page", hidden)
			}
		}
		// Sealed twice, the same form looks different.
		if again := b.submit("/pay", "to=Panama&amount=123456789"); again.fields().Get("form") == page.fields().Get("form") {
			t.Error("the same form is sealed to the same text")
		}
	})
}

// Browsers apply form-action to the redirects that follow a form too.
func TestTheLastPageLetsTheAppRedirect(t *testing.T) {
	for _, tt := range []struct {
		name          string
		actions       []string
		before, after string // the form-action rule; "" = none
	}{
		{"anywhere", nil, "form-action 'self'", ""},
		{"where the app says", []string{"https://pay.example.com"}, "form-action 'self' https://pay.example.com", "form-action 'self' https://pay.example.com"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t, func(c *stepup.Config) { c.Forms.Actions = tt.actions })
				member := s.emu.AddMember()
				b := s.browser(s.emu.SignIn(member))
				page := b.submit("/pay", "to=acme").wantStatus(401)
				done := b.stepUp(page, member).wantPage(200, contract.StateContinue, contract.CodeVerified)
				for r, want := range map[*reply]string{&page: tt.before, &done: tt.after} {
					rule := ""
					for part := range strings.SplitSeq(r.header.Get("Content-Security-Policy"), "; ") {
						if strings.HasPrefix(part, "form-action") {
							rule = part
						}
					}
					if rule != want {
						t.Errorf("got the rule %q, want %q", rule, want)
					}
				}
			})
		})
	}
}

func TestAnAppMayRenderThePagesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pages []contract.Page
		s := newShop(t, func(c *stepup.Config) {
			c.Forms.Show = []string{"to"}
			c.Links.Support, c.Links.Settings = "https://help.example/", "/settings"
			c.Action = func(*http.Request, stepup.Policy) string { return "Pay Acme" }
			c.Render = func(w http.ResponseWriter, r *http.Request, page contract.Page) {
				pages = append(pages, page)
				w.WriteHeader(page.Status)
				fmt.Fprintf(w, `<main data-stepup="%s" data-code="%s">`, page.State, page.Code)
			}
		})
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		b.header.Set("Accept-Language", "pt-BR")
		refused := b.submit("/pay?n=1", "to=Acme&to=Sons&note=x&pin=4711").wantPage(401, contract.StateAsk, contract.CodeStepUpRequired)
		if refused.header.Get("Content-Security-Policy") == "" || refused.header.Get("Cache-Control") != "no-store" {
			t.Errorf("got headers %v", refused.header)
		}
		first := pages[0]
		form := func(code string) url.Values {
			last := pages[len(pages)-1]
			v := url.Values{"session": {last.Session}, "policy": {last.Policy}, "next": {last.Next}, "code": {code}}
			v.Set("form", last.Form.Sealed)
			return v
		}
		b.post(first.Base+"send", form("")).wantPage(200, contract.StateCode, contract.CodeChallengePending)
		if asks := pages[1]; asks.ExpiresAt.Sub(asks.Now) != 2*time.Minute || asks.ResendAt.Sub(asks.Now) != 30*time.Second ||
			asks.PhoneEnding != member.PhoneNumber[len(member.PhoneNumber)-2:] {
			t.Errorf("got %+v", asks)
		}
		b.post(first.Base, form(wrong(s.emu.LastCode(member)))).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		if left := pages[2].AttemptsLeft; left != 4 {
			t.Errorf("%d attempts are left, want 4", left)
		}
		b.post(first.Base, form(s.emu.LastCode(member))).wantPage(200, contract.StateContinue, contract.CodeVerified)
		for i, page := range pages {
			if page.Language != "pt-BR" || page.Action != "Pay Acme" || page.Policy != "money" || page.SupportURL != "https://help.example/" ||
				page.SettingsURL != "/settings" || page.Base != "/stepup/" || page.LoginURL == "" || page.Session == "" || page.Now.IsZero() {
				t.Errorf("page %d: got %+v", i, page)
			}
			f := page.Form
			if f == nil || f.Sealed == "" || f.Method != "POST" || f.Action != "/pay?n=1" || f.Title != "Pay Acme" ||
				!slices.Equal(f.Shown, []contract.FormValue{{Name: "to", Value: "Acme"}, {Name: "to", Value: "Sons"}}) ||
				!slices.Equal(f.Named, []string{"note"}) || !slices.Equal(f.Withheld, []string{"pin"}) {
				t.Errorf("page %d: got the form %+v", i, f)
			}
		}
		if got := urlencoded(pages[3].Form.Values); got != "to=Acme&to=Sons&note=x" {
			t.Errorf("the form to be sent is %q", got)
		}
	})
}

func TestAFormThatIsNotWholeIsNotKept(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle func(w http.ResponseWriter, r *http.Request)
	}{
		{"the handler could not parse it", func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, 64)
			_ = r.FormValue("amount")
		}},
		{"the handler has read the beginning", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = r.Body.Read(make([]byte, 12))
		}},
		{"it does not say how long it is", func(_ http.ResponseWriter, r *http.Request) {
			r.ContentLength = -1
			_, _ = r.Body.Read(make([]byte, 12))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newShop(t)
				s.handler = s.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					tt.handle(w, r)
					s.guard.Deny(w, r, s.guard.Check(r, s.policy))
				}))
				b := s.browser(s.emu.SignIn(s.emu.AddMember()))
				page := b.submit("/pay", "amount=5000&memo="+strings.Repeat("x", 100)).wantStatus(401)
				if page.fields().Has("form") {
					t.Error("it is in the page even so")
				}
			})
		})
	}
}

func TestAFormThatGoRefusesIsNotMadeAcceptable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		b := s.browser(s.emu.SignIn(s.emu.AddMember()))
		if page := b.submit("/pay", "amount=1;admin=1").wantStatus(401); page.fields().Has("form") {
			t.Error("it would be sent as amount=1%3Badmin%3D1")
		}
	})
}

func TestTheAppCanNameTheFormThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t, func(c *stepup.Config) {
			c.Action = func(r *http.Request, _ stepup.Policy) string { return "Transfer " + r.FormValue("amount") }
		})
		b := s.browser(s.emu.SignIn(s.emu.AddMember()))
		b.submit("/pay", "to=acme&amount=5000").wantStatus(401).wantBody("Transfer 5000")
	})
}

func TestTheValuesOfAFormAreOnTheLastPageOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pages := 0
		s := newShop(t, func(c *stepup.Config) {
			c.Render = func(w http.ResponseWriter, _ *http.Request, p contract.Page) {
				if pages++; p.Form == nil || len(p.Form.Values) > 0 {
					t.Errorf("%s: the form is %+v", p.State, p.Form)
				}
				w.WriteHeader(p.Status)
			}
		})
		s.browser(s.emu.SignIn(s.emu.AddMember())).submit("/pay", "amount=5000").wantStatus(401)
		if pages != 1 {
			t.Errorf("%d pages", pages)
		}
	})
}
