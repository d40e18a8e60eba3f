package stepup_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/sessions"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// loginPage is the verify page of a login whose member is going to /account.
const loginPage = "/stepup/login/?next=%2Faccount"

// portal is an app whose sign-in handler hands logins that lack their second
// factor to the guard.
type portal struct {
	*app
	mu      sync.Mutex
	begun   []stepup.Login // by the number that the sign-in handler is asked for
	cookies []string       // every cookie that was set
}

func newPortal(t *testing.T, change ...func(*stepup.Config)) *portal {
	t.Helper()
	return newPortalOn(t, stytchtest.NewUnstartedServer(), change...)
}

func newPortalOn(t *testing.T, emu *stytchtest.Server, change ...func(*stepup.Config)) *portal {
	t.Helper()
	p := &portal{app: newAppOn(t, emu, change...)}
	others := p.handler
	p.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/signin" {
			n, err := strconv.Atoi(r.Header.Get("Test-Login"))
			if err != nil {
				t.Error(err)
			}
			p.mu.Lock()
			l := p.begun[n]
			p.mu.Unlock()
			p.guard.CompleteLogin(w, r, l)
		} else {
			others.ServeHTTP(w, r)
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cookies = append(p.cookies, w.Header()["Set-Cookie"]...)
	})
	t.Cleanup(p.wantNoTokenToldOfALogin)
	return p
}

// wantNoTokenToldOfALogin searches all that left the process but the calls to
// Stytch for the intermediate session tokens.
func (p *portal) wantNoTokenToldOfALogin() {
	p.app.mu.Lock()
	defer p.app.mu.Unlock()
	for _, l := range p.begun {
		if l.IntermediateSessionToken == "" {
			continue
		}
		for where, texts := range map[string][]string{
			"an answer": p.pages, "a cookie": p.cookies, "the log": {p.log.String()}, "an event": {fmt.Sprintf("%+v", p.events)},
		} {
			for _, text := range texts {
				if strings.Contains(text, l.IntermediateSessionToken) {
					p.t.Errorf("%s holds an intermediate session token: %s", where, text)
				}
			}
		}
	}
}

// login is a login of the member as the app gets it from Stytch.
func (p *portal) login(m *stytchtest.Member, opts ...stytchtest.LoginOption) stepup.Login {
	l := stepup.Login{
		OrganizationID: m.OrganizationID, MemberID: m.ID, IntermediateSessionToken: p.emu.StartLogin(m, opts...),
		CodeSent: len(opts) > 0, PhoneNumber: m.PhoneNumber, Methods: []stepup.Method{}, Next: "/account",
	}
	if m.PhoneNumber != "" {
		l.Methods = append(l.Methods, stepup.SMS)
	}
	if m.TOTPRegistrationID != "" {
		l.Methods = append(l.Methods, stepup.TOTP)
	}
	return l
}

// signIn has the sign-in handler hand a login to the guard.
func (p *portal) signIn(b *browser, l stepup.Login, headers ...string) reply {
	p.t.Helper()
	p.mu.Lock()
	p.begun = append(p.begun, l)
	n := strconv.Itoa(len(p.begun) - 1)
	p.mu.Unlock()
	return b.post("/signin", url.Values{}, append([]string{"Test-Login", n}, headers...)...)
}

// begin is signIn for a browser that follows to the page.
func (p *portal) begin(b *browser, l stepup.Login) reply {
	p.t.Helper()
	return b.follow(p.signIn(b, l).wantRedirect(loginPage))
}

// confirm types a passcode into a page and submits it to where its form goes.
func (b *browser) confirm(page reply, code string) reply {
	b.app.t.Helper()
	form := page.fields()
	form.Set("code", code)
	return b.post(page.elements("form")[0].attr["action"], form)
}

// wantSignedIn checks that the browser holds a session of the member, and nothing
// of a login.
func (p *portal) wantSignedIn(b *browser, m *stytchtest.Member) {
	p.t.Helper()
	for _, name := range []string{"stytch_session_jwt", "stytch_session"} {
		if b.cookie(name) == "" {
			p.t.Errorf("the browser has no cookie %s", name)
		}
	}
	for _, name := range []string{"__Host-stepup-login", "__Host-stepup"} {
		if b.cookie(name) != "" {
			p.t.Errorf("the browser still has the cookie %s", name)
		}
	}
	b.get("/account").wantStatus(200).wantBody(m.ID)
}

// wantSignedOut checks that the browser holds no session.
func (p *portal) wantSignedOut(b *browser) {
	p.t.Helper()
	if b.cookie("stytch_session_jwt")+b.cookie("stytch_session") != "" {
		p.t.Error("the browser has a session")
	}
	b.get("/account").wantStatus(http.StatusSeeOther)
}

// bodies are the bodies of the calls to an endpoint of Stytch, oldest first.
func (a *app) bodies(endpoint string) (bodies []map[string]any) {
	a.t.Helper()
	for _, call := range a.emu.Calls() {
		if !strings.HasSuffix(call.Path, endpoint) {
			continue
		}
		var body map[string]any
		if err := json.Unmarshal(call.Body, &body); err != nil {
			a.t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

// required is an organization whose members all need a second factor.
func required(emu *stytchtest.Server) stytchtest.MemberOption {
	return stytchtest.InOrganization(emu.AddOrganization(stytchtest.Organization{MFAPolicy: "REQUIRED_FOR_ALL"}))
}

func TestALoginIsCompletedWithASecondFactor(t *testing.T) {
	for _, tt := range []struct {
		name   string
		member []stytchtest.MemberOption
		sent   bool // by the login
		open   func(p *portal, b *browser, first reply) reply
		code   func(p *portal, m *stytchtest.Member) string
		method stepup.Method
		shows  bool // the answer is a page before the member goes on
		texts  int
	}{
		{"by the message that the login sent", nil, true,
			func(p *portal, b *browser, first reply) reply {
				return first.wantPage(200, contract.StateCode, contract.CodeChallengePending)
			},
			func(p *portal, m *stytchtest.Member) string { return p.emu.LastCode(m) }, stepup.SMS, false, 1},
		{"by a message that the member asked for", nil, false,
			func(p *portal, b *browser, first reply) reply {
				first.wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
				return b.follow(b.post("/stepup/login/send", first.fields()).wantRedirect(loginPage)).
					wantPage(200, contract.StateCode, contract.CodeChallengePending)
			},
			func(p *portal, m *stytchtest.Member) string { return p.emu.LastCode(m) }, stepup.SMS, false, 1},
		{"by an authenticator app", []stytchtest.MemberOption{stytchtest.WithTOTP()}, false,
			func(p *portal, b *browser, first reply) reply {
				return first.wantPage(200, contract.StateCode, contract.CodeStepUpRequired).wantBody("authenticator app")
			},
			func(p *portal, m *stytchtest.Member) string { return p.emu.TOTPCode(m) }, stepup.TOTP, false, 0},
		{"by an authenticator app in place of the message", []stytchtest.MemberOption{stytchtest.WithTOTP()}, true,
			func(p *portal, b *browser, first reply) reply {
				form := first.wantPage(200, contract.StateCode, contract.CodeChallengePending).fields()
				form.Set("use", string(stepup.TOTP))
				return b.follow(b.post("/stepup/login/use", form)).
					wantPage(200, contract.StateCode, contract.CodeStepUpRequired).wantBody("authenticator app")
			},
			func(p *portal, m *stytchtest.Member) string { return p.emu.TOTPCode(m) }, stepup.TOTP, false, 1},
		{"by a recovery code in place of the app", []stytchtest.MemberOption{stytchtest.WithTOTP(), stytchtest.WithoutPhone()}, false,
			func(p *portal, b *browser, first reply) reply {
				form := first.wantPage(200, contract.StateCode, contract.CodeStepUpRequired).fields()
				form.Set("use", string(stepup.RecoveryCode))
				return b.follow(b.post("/stepup/login/use", form)).
					wantPage(200, contract.StateCode, contract.CodeStepUpRequired).wantBody("Enter a recovery code")
			},
			func(p *portal, m *stytchtest.Member) string { return p.emu.RecoveryCodes(m)[0] }, stepup.RecoveryCode, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember(append(tt.member, stytchtest.WithMFAEnrolled())...)
				var opts []stytchtest.LoginOption
				if tt.sent {
					opts = append(opts, stytchtest.CodeSent())
				}
				b := p.browser(nil)
				page := tt.open(p, b, p.begin(b, p.login(member, opts...)))
				if c := page.header.Get("Cache-Control"); c != "no-store" {
					t.Errorf("got Cache-Control %q", c)
				}
				b.get("/account").wantRedirect("/login?next=%2Faccount") // not yet
				last := b.confirm(page, tt.code(p, member))
				if tt.shows {
					last.wantPage(200, contract.StateContinue, contract.CodeVerified).wantBody("9 recovery codes left", `href="/account"`)
				} else {
					last.wantRedirect("/account")
				}
				p.wantSignedIn(b, member)
				if n := len(p.emu.Messages(member.ID)); n != tt.texts {
					t.Errorf("%d messages were sent, want %d", n, tt.texts)
				}
				events := p.eventsOf(stepup.EventLoggedIn, "")
				if len(events) != 1 || events[0].Method != tt.method || events[0].MemberID != member.ID || events[0].OrganizationID != member.OrganizationID {
					t.Fatalf("the events of the login are %+v", events)
				}
				session, err := p.verifier().Verify(t.Context(), b.cookie("stytch_session_jwt"))
				if err != nil {
					t.Fatal(err)
				}
				if events[0].SessionID != session.ID() {
					t.Errorf("the event is about the session %q, want that of the cookie, %q", events[0].SessionID, session.ID())
				}
				if got, want := p.count(stepup.EventRecovered), btoi(tt.method == stepup.RecoveryCode); got != want {
					t.Errorf("%d recoveries were reported, want %d", got, want)
				}
				if p.count(stepup.EventVerified)+p.count(stepup.EventFailed)+p.count(stepup.EventEnrolled) != 0 {
					t.Errorf("the events are %v", p.kinds())
				}
			})
		})
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestTheMessageOfALoginIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent())).wantBody("number ending " + member.PhoneNumber[len(member.PhoneNumber)-2:])
		for range 3 {
			b.get(loginPage).wantPage(200, contract.StateCode, contract.CodeChallengePending)
			b.get(loginPage, "Sec-Fetch-Site", "none")
			b.get(loginPage, "Sec-Purpose", "prefetch").wantStatus(401)
			b.get(loginPage, "Hx-Request", "true")
			b.fetch("GET", "/stepup/login/status", "").wantCode(200, contract.CodeChallengePending)
		}
		// It counts for the cooldown like one of ours.
		b.post("/stepup/login/send", page.fields()).wantPage(429, contract.StateCode, contract.CodeResendCooldown)
		if n := len(p.emu.Messages(member.ID)); n != 1 {
			t.Fatalf("%d messages were sent, want the one of the login", n)
		}
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")

		// Where the member asks for another one, it is the second.
		b = p.browser(nil)
		time.Sleep(time.Hour)
		page = p.begin(b, p.login(member, stytchtest.CodeSent()))
		time.Sleep(30 * time.Second)
		page = b.follow(b.post("/stepup/login/send", page.fields())).wantPage(200, contract.StateCode, contract.CodeResent)
		if n := len(p.emu.Messages(member.ID)); n != 3 {
			t.Errorf("%d messages were sent, want 3", n)
		}
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
	})
}

// A login whose code expired is not at its end.
func TestALoginGoesOnAfterItsMessageHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		time.Sleep(2 * time.Minute)
		b.confirm(page, p.emu.LastCode(member)).wantPage(422, contract.StateCode, contract.CodeExpired)
		ask := b.get(loginPage).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
		page = b.follow(b.post("/stepup/login/send", ask.fields()))
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
		p.wantSignedIn(b, member)
	})
}

func TestAProgramCompletesItsLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember(stytchtest.WithTOTP())
		b := p.browser(nil)
		l := p.login(member, stytchtest.CodeSent())
		l.Bearer = true
		first := p.signIn(b, l, "Accept", "application/json", "Sec-Fetch-Mode", "", "Sec-Fetch-Dest", "", "Sec-Fetch-Site", "", "Origin", "")
		d := first.wantCode(200, contract.CodeChallengePending)
		sealed, _ := d["login"].(string)
		if sealed == "" || d["method"] != string(stepup.SMS) {
			t.Fatalf("got %v", d)
		}
		want := []any{string(stepup.TOTP), string(stepup.SMS), string(stepup.RecoveryCode)}
		if got, _ := d["methods"].([]any); !slices.Equal(got, want) {
			t.Errorf("the methods are %v, want %v", d["methods"], want)
		}
		links, _ := d["links"].(map[string]any)
		if links["verify"] != "/stepup/login/" || links["send"] != "/stepup/login/send" {
			t.Errorf("the links are %v", links)
		}
		body := func(code, method string) string {
			return fmt.Sprintf(`{"login":%q,"code":%q,"method":%q}`, sealed, code, method)
		}
		b.call("POST", "/stepup/login/", `{"code":"`+p.emu.LastCode(member)+`"}`).wantCode(401, contract.CodeLoginExpired)
		d = b.call("POST", "/stepup/login/", body(wrong(p.emu.LastCode(member)), "otp/sms")).wantCode(422, contract.CodeIncorrect)
		if d["attempts_left"] != 4.0 || d["login"] != sealed || d["session_jwt"] != nil {
			t.Errorf("got %v", d)
		}
		d = b.call("POST", "/stepup/login/", body(p.emu.LastCode(member), "otp/sms")).wantCode(200, contract.CodeVerified)
		jwt, _ := d["session_jwt"].(string)
		token, _ := d["session_token"].(string)
		if jwt == "" || token == "" || d["login"] != nil {
			t.Fatalf("got %v", d)
		}
		// What a login has to satisfy is no policy of the app.
		for _, name := range []string{"policy", "max_age", "unmet", "elevated_until"} {
			if d[name] != nil {
				t.Errorf("%s is %v", name, d[name])
			}
		}
		if len(p.cookies) != 0 {
			t.Errorf("a bearer client got the cookies %q", p.cookies)
		}
		p.bearer(jwt).call("GET", "/account", "").wantStatus(200).wantBody(member.ID)
		time.Sleep(3 * time.Second)
		b.call("POST", "/stepup/login/", body(p.emu.TOTPCode(member), "totp/authenticator_app")).wantCode(401, contract.CodeLoginExpired)
	})
}

// The answer in which a program begins says what there is, with and without a
// message on its way.
func TestTheFirstAnswerToAProgramSaysHowToGoOn(t *testing.T) {
	for _, tt := range []struct {
		name    string
		methods []stepup.Method
		calls   int
	}{
		{"with the member's methods", []stepup.Method{stepup.SMS, stepup.TOTP}, 0},
		{"without them, where Stytch is asked", nil, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember(stytchtest.WithTOTP())
				l := p.login(member)
				l.Bearer, l.Methods = true, tt.methods
				p.emu.ResetCalls()
				d := p.signIn(p.browser(nil), l).wantCode(401, contract.CodeStepUpRequired)
				want := []any{string(stepup.TOTP), string(stepup.SMS), string(stepup.RecoveryCode)}
				if got, _ := d["methods"].([]any); !slices.Equal(got, want) || d["method"] != string(stepup.TOTP) {
					t.Errorf("the methods are %v, and that of the answer is %v", d["methods"], d["method"])
				}
				if n := len(p.emu.Calls()); n != tt.calls {
					t.Errorf("%d calls were made, want %d", n, tt.calls)
				}
			})
		})
	}
}

func TestAPageScriptCompletesALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		d := p.signIn(b, p.login(member, stytchtest.CodeSent()), "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "application/json").
			wantCode(200, contract.CodeChallengePending)
		if d["login"] != nil {
			t.Error("a script got the login")
		}
		d = b.fetch("POST", "/stepup/login/", `{"code":"`+p.emu.LastCode(member)+`"}`).wantCode(200, contract.CodeVerified)
		if d["session_jwt"] != nil || d["session_token"] != nil {
			t.Error("a script got the tokens")
		}
		p.wantSignedIn(b, member)
	})
}

func TestHTMXIsSentToTheLoginPage(t *testing.T) {
	for _, tt := range []struct {
		name string
		opts []stytchtest.LoginOption
	}{{"with a message on its way", []stytchtest.LoginOption{stytchtest.CodeSent()}}, {"without one", nil}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember()
				b := p.browser(nil)
				r := p.signIn(b, p.login(member, tt.opts...), "Hx-Request", "true", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty")
				if got := r.header.Get("Hx-Redirect"); got != loginPage {
					t.Fatalf("htmx is sent to %q, want %q\n%d %s", got, loginPage, r.status, r.body)
				}
				b.get(loginPage).wantStatus(200)
			})
		})
	}
}

// Each way in which a login can be wrong has one outcome.
func TestLoginsThatAreWrong(t *testing.T) {
	for _, tt := range []struct {
		name  string
		login func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login
		wait  time.Duration
	}{
		{name: "a token that Stytch does not know", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.IntermediateSessionToken = "made-up-token-made-up-token-made-up-token"
			return l
		}},
		{name: "a token of another member", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.IntermediateSessionToken = p.emu.StartLogin(p.emu.AddMember())
			return l
		}},
		{name: "a token of another organization", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.IntermediateSessionToken = p.emu.StartLogin(p.emu.AddMember(required(p.emu)))
			return l
		}},
		{name: "a member of another organization", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.OrganizationID = p.emu.AddOrganization(stytchtest.Organization{}).ID
			return l
		}},
		{name: "a token that has been used", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			other := p.browser(nil)
			other.confirm(p.begin(other, l), p.emu.TOTPCode(m)).wantRedirect("/account")
			return l
		}, wait: 30 * time.Second},
		{name: "a token that expires sooner", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.ExpiresAt = time.Now().Add(time.Minute)
			return l
		}, wait: time.Minute},
		{name: "a token that is ten minutes old", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.ExpiresAt = time.Now().Add(time.Hour)
			return l
		}, wait: 10 * time.Minute},
		{name: "a token that has expired when it arrives", login: func(p *portal, m *stytchtest.Member, l stepup.Login) stepup.Login {
			l.ExpiresAt = time.Now().Add(-time.Second)
			return l
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember(stytchtest.WithTOTP())
				l := tt.login(p, member, p.login(member))
				b, script := p.browser(nil), p.browser(nil)
				p.signIn(b, l).wantRedirect(loginPage)
				page := b.get(loginPage)
				l.Bearer = true
				sealed, _ := p.signIn(script, l).document()["login"].(string)
				time.Sleep(tt.wait)
				if page.status == 200 {
					b.confirm(page, p.emu.TOTPCode(member)).wantPage(401, contract.StateSignedOut, contract.CodeLoginExpired).wantBody("This sign-in has ended")
				} else {
					page.wantRedirect("/login?next=%2Faccount")
				}
				if b.cookie("__Host-stepup-login") != "" {
					t.Error("the browser keeps a login that is worth nothing")
				}
				script.call("POST", "/stepup/login/", fmt.Sprintf(`{"login":%q,"code":%q,"method":"totp/authenticator_app"}`, sealed, p.emu.TOTPCode(member))).
					wantCode(401, contract.CodeLoginExpired)
				b.get(loginPage).wantRedirect("/login?next=%2Faccount")
				p.wantSignedOut(b)
				// Members are slow. That is nothing to be woken for.
				if p.count(stepup.EventFailed) != 0 {
					t.Errorf("the events are %v", p.kinds())
				}
			})
		})
	}
}

func TestALoginWithoutItsFieldsIsTheMistakeOfTheApp(t *testing.T) {
	whole := stepup.Login{OrganizationID: "organization-test-1", MemberID: "member-test-1", IntermediateSessionToken: "a-token-of-a-login"}
	for _, tt := range []struct {
		name   string
		change func(*stepup.Login)
	}{
		{"no organization", func(l *stepup.Login) { l.OrganizationID = "" }},
		{"no member", func(l *stepup.Login) { l.MemberID = "" }},
		{"no token", func(l *stepup.Login) { l.IntermediateSessionToken = "" }},
		{"ids that are no text", func(l *stepup.Login) { l.MemberID = "member-\xff" }},
		{"ids that fit in no cookie", func(l *stepup.Login) { l.MemberID = strings.Repeat("m", 4096) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				l := whole
				tt.change(&l)
				b := p.browser(nil)
				p.signIn(b, l).wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
				if len(p.cookies) != 0 || p.count(stepup.EventFailed) != 1 {
					t.Errorf("got the cookies %q and the events %v", p.cookies, p.kinds())
				}
				if b.get(loginPage).wantStatus(303); len(p.emu.Calls()) > 1 {
					t.Errorf("Stytch was asked: %v", p.emu.Calls())
				}
			})
		})
	}
}

// A member who turns to another organization halfway has two logins, of which
// the browser keeps the newer one.
func TestTheFormOfAnOlderLoginIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, enrolling(stepup.Enrollment{Methods: []stepup.Method{stepup.SMS, stepup.TOTP}}))
		one, two := p.emu.AddMember(), p.emu.AddMember(required(p.emu))
		b := p.browser(nil)
		first := p.begin(b, p.login(one, stytchtest.CodeSent()))
		second := p.begin(b, p.login(two, stytchtest.CodeSent()))
		refuse := func(when string) {
			t.Helper()
			for _, path := range []string{"", "send", "use", "cancel", "phone", "authenticator"} {
				form := first.fields()
				form.Set("code", p.emu.LastCode(one))
				r := b.post("/stepup/login/"+path, form)
				if r.status != 409 {
					t.Errorf("%s, POST %s: got %d, want 409: %s", when, path, r.status, r.header.Get("Location"))
					continue
				}
				r.wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
			}
		}
		refuse("before the second is complete")
		b.confirm(second, p.emu.LastCode(two)).wantRedirect("/account")
		p.wantSignedIn(b, two)
		// The member must not take the session of the second for that of the first.
		refuse("after it")
		p.wantSignedIn(b, two)
		if n := p.calls("otps/sms/authenticate"); n != 1 {
			t.Errorf("Stytch saw %d passcodes, want 1", n)
		}
	})
}

func TestTheLoginPageHasItsStyleAndScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		b := p.browser(nil)
		page := p.begin(b, p.login(p.emu.AddMember(), stytchtest.CodeSent()))
		for _, file := range []string{page.elements("link")[0].attr["href"], page.elements("script")[0].attr["src"]} {
			if r := b.get(file); r.status != 200 || r.header.Get("Content-Type") == "text/html; charset=utf-8" {
				t.Errorf("%s: got %d, %s", file, r.status, r.header.Get("Content-Type"))
			}
		}
	})
}

func TestAFormOfALoginMustNameIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		for _, name := range []string{"", "junk", ".", page.fields().Get("session") + "x"} {
			form := page.fields()
			form.Set("session", name)
			form.Set("code", p.emu.LastCode(member))
			b.post("/stepup/login/", form).wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
		}
		p.wantSignedOut(b)
	})
}

// Whoever shares a browser leaves a session behind.
func TestALoginTakesThePlaceOfAnotherMembersSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		before, member := p.emu.AddMember(), p.emu.AddMember()
		b := p.browser(p.emu.SignIn(before))
		old := b.challenge() // with a bookmark
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		b.get("/account").wantBody(before.ID) // until it is complete
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
		p.wantSignedIn(b, member)
		time.Sleep(6 * time.Minute) // the JWT is renewed, by the opaque token
		b.get("/account").wantStatus(200).wantBody(member.ID)
		b.enter(old, p.emu.LastCode(before)).wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
	})
}

func TestASessionIsNoLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		one, other := p.emu.AddMember(), p.emu.AddMember()
		b := p.browser(p.emu.SignIn(other, withFreshSMS()))
		page := p.begin(b, p.login(one, stytchtest.CodeSent()))
		page.wantPage(200, contract.StateCode, contract.CodeChallengePending)
		// Neither the passcode nor the factor of one is good for the other.
		b.confirm(page, "000000").wantStatus(422)
		b.fetch("POST", "/stepup/send", `{"policy":"money"}`).wantCode(200, contract.CodeAlreadySatisfied)
		b.get("/account").wantBody(other.ID)
		b.confirm(page, p.emu.LastCode(one)).wantRedirect("/account")
		p.wantSignedIn(b, one)
		// A program's session is not asked for at the login pages.
		p.bearer(p.emu.SignIn(other, withFreshSMS()).JWT).call("POST", "/stepup/login/", `{"code":"123456"}`).wantCode(401, contract.CodeLoginExpired)
	})
}

func TestALoginIsNoSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		sealed := b.cookie("__Host-stepup-login")
		for _, headers := range [][]string{
			nil,
			{"Cookie", "stytch_session_jwt=" + sealed},
			{"Cookie", "stytch_session=" + sealed},
			{"Cookie", "__Host-stepup=" + sealed},
			{"Cookie", "__Host-stepup-login=" + sealed + "; stytch_session_jwt=" + sealed + "; stytch_session=" + sealed},
			{"Authorization", "Bearer " + sealed},
		} {
			b.get("/", headers...).wantStatus(200).wantBody("nobody")
			for _, path := range []string{"/account", "/payouts", "/stepup/?policy=money"} {
				if r := b.get(path, headers...); r.status != 303 && r.status != 401 {
					t.Errorf("%s with %q: got %d", path, headers, r.status)
				}
			}
			form := page.fields()
			form.Set("policy", "money")
			form.Set("code", p.emu.LastCode(member))
			b.post("/stepup/", form, headers...).wantStatus(401)
		}
		if n := p.payouts.Load(); n != 0 {
			t.Errorf("the handler behind the guard ran %d times", n)
		}
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
	})
}

func TestCookiesOfLoginsThatDoNotOpen(t *testing.T) {
	const key, other = "0123456789abcdef0123456789abcdef", "another key another key another!"
	for _, tt := range []struct {
		name   string
		change func(sealed string) string // of the cookie's value
		opens  bool
		config func(*stepup.Config) // of the guard that gets it
	}{
		{name: "unchanged", opens: true},
		{name: "by the key that was the key before", opens: true, config: func(c *stepup.Config) {
			c.Key, c.OldKeys = []byte(other), [][]byte{[]byte(key)}
		}},
		{name: "by another key", config: func(c *stepup.Config) { c.Key = []byte(other) }},
		{name: "empty", change: func(string) string { return "" }},
		{name: "junk", change: func(string) string { return "junk" }},
		{name: "one character less", change: func(s string) string { return s[:len(s)-1] }},
		{name: "one character changed", change: func(s string) string {
			c := byte('A')
			if s[len(s)/2] == c {
				c = 'B'
			}
			return s[:len(s)/2] + string(c) + s[len(s)/2+1:]
		}},
		{name: "with a header", change: func(s string) string { return "AAAA" + s }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember()
				b := p.browser(nil)
				p.begin(b, p.login(member, stytchtest.CodeSent()))
				sealed := b.cookie("__Host-stepup-login")
				if tt.change != nil {
					sealed = tt.change(sealed)
				}
				config := func(*stepup.Config) {}
				if tt.config != nil {
					config = tt.config
				}
				next := newPortalOn(t, p.emu, config)
				c := next.browser(nil)
				page := c.get(loginPage, "Cookie", "__Host-stepup-login="+sealed)
				if !tt.opens {
					page.wantRedirect("/login?next=%2Faccount")
					c.fetch("POST", "/stepup/login/", `{"code":"`+p.emu.LastCode(member)+`"}`, "Cookie", "__Host-stepup-login="+sealed).wantCode(401, contract.CodeLoginExpired)
					return
				}
				form := page.wantStatus(200).fields()
				form.Set("code", p.emu.LastCode(member))
				c.post("/stepup/login/", form, "Cookie", "__Host-stepup-login="+sealed).wantRedirect("/account")
				c.get("/account").wantStatus(200).wantBody(member.ID)
			})
		})
	}
}

// A sibling domain can plant a cookie beside ours, where ours has no prefix that
// forbids it.
func TestOfTwoLoginsInOneRequestNoneIsChosen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		one, two := p.emu.AddMember(), p.emu.AddMember()
		b, attacker := p.browser(nil), p.browser(nil)
		page := p.begin(b, p.login(one, stytchtest.CodeSent()))
		p.begin(attacker, p.login(two, stytchtest.CodeSent()))
		own, planted := "__Host-stepup-login="+b.cookie("__Host-stepup-login"), "__Host-stepup-login="+attacker.cookie("__Host-stepup-login")
		for _, cookies := range []string{own + "; " + planted, planted + "; " + own} {
			p.browser(nil).get(loginPage, "Cookie", cookies).wantPage(400, contract.StateConflict, contract.CodeSessionConflict)
		}
		// Junk is skipped, and what comes twice is once.
		for _, cookies := range []string{own + "; __Host-stepup-login=junk", "__Host-stepup-login=; " + own, own + "; " + own} {
			p.browser(nil).get(loginPage, "Cookie", cookies).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
		}
		b.confirm(page, p.emu.LastCode(one)).wantRedirect("/account")
	})
}

func TestTheCookieOfALoginHasEveryAttribute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		l := p.login(p.emu.AddMember())
		l.ExpiresAt = time.Now().Add(5 * time.Minute)
		for _, want := range []time.Duration{5 * time.Minute, 10 * time.Minute} {
			if want == 10*time.Minute {
				l.ExpiresAt = time.Time{} // not known
			}
			r := p.signIn(p.browser(nil), l)
			var found []*http.Cookie
			for _, line := range r.header["Set-Cookie"] {
				c, err := http.ParseSetCookie(line)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, c)
			}
			if len(found) != 1 {
				t.Fatalf("got %d cookies", len(found))
			}
			c := found[0]
			if c.Name != "__Host-stepup-login" || c.Path != "/" || c.Domain != "" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != int(want/time.Second) {
				t.Errorf("a login that expires in %v has the cookie %v", want, c)
			}
			if got := r.header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("got Cache-Control %q", got)
			}
		}
	})
}

func TestPrefetchesOfALoginPageAreAnsweredWithNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		p.signIn(b, p.login(member)).wantRedirect(loginPage)
		p.emu.ResetCalls()
		for _, header := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
			if r := b.get(loginPage, header, "prefetch").wantStatus(401); r.body != "" || r.header.Get("Location") != "" {
				t.Errorf("a prefetch got %q %v", r.body, r.header)
			}
		}
		if n := len(p.emu.Calls()); n != 0 {
			t.Errorf("%d calls were made", n)
		}
		b.get(loginPage).wantStatus(200)
	})
}

func TestFormsOfOtherSitesCompleteNoLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, enrolling(stepup.Enrollment{Methods: []stepup.Method{stepup.SMS, stepup.TOTP}}))
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		for _, path := range []string{"", "send", "use", "cancel", "phone", "authenticator"} {
			form := page.fields()
			form.Set("code", p.emu.LastCode(member))
			b.post("/stepup/login/"+path, form, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").
				wantPage(403, contract.StateCrossOrigin, contract.CodeCrossOrigin)
			// A header that only programs send makes no program of a cookie.
			b.post("/stepup/login/"+path, form, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example", "Authorization", "Bearer x").
				wantCode(403, contract.CodeCrossOrigin)
		}
		if len(p.emu.Messages(member.ID)) != 1 || p.calls("authenticate") != 0 {
			t.Error("something was done")
		}
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
	})
}

// A program that holds the login itself may be a page of any origin: no browser
// sends a login by itself.
func TestAProgramOfAnotherOriginCompletesItsLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		l := p.login(member, stytchtest.CodeSent())
		l.Bearer = true
		sealed, _ := p.signIn(b, l).document()["login"].(string)
		b.fetch("POST", "/stepup/login/", fmt.Sprintf(`{"login":%q,"code":%q}`, sealed, p.emu.LastCode(member)),
			"Sec-Fetch-Site", "cross-site", "Origin", "https://spa.example").wantCode(200, contract.CodeVerified)
	})
}

// A bearer client's login is none of the browser's business, and the other way
// round.
func TestALoginIsAnsweredInItsChannel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		one, two := p.emu.AddMember(), p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(one, stytchtest.CodeSent()))
		l := p.login(two, stytchtest.CodeSent())
		l.Bearer = true
		sealed, _ := p.signIn(b, l).document()["login"].(string)
		p.cookies = nil
		d := b.fetch("POST", "/stepup/login/", fmt.Sprintf(`{"login":%q,"code":%q}`, sealed, p.emu.LastCode(two))).wantCode(200, contract.CodeVerified)
		if d["session_jwt"] == nil {
			t.Errorf("got %v", d)
		}
		b.fetch("POST", "/stepup/login/", `{"login":"junk","code":"123456"}`).wantCode(401, contract.CodeLoginExpired)
		if len(p.cookies) != 0 {
			t.Errorf("the cookies %q were set", p.cookies)
		}
		b.confirm(page, p.emu.LastCode(one)).wantRedirect("/account")
		p.wantSignedIn(b, one)
	})
}

func TestBackAfterALoginLeadsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
		time.Sleep(time.Minute)
		b.get(loginPage).wantRedirect("/account")
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
		b.post("/stepup/login/send", page.fields()).wantRedirect("/account")
		if n := p.calls("otps/sms/authenticate"); n != 1 {
			t.Errorf("Stytch saw %d passcodes, want 1", n)
		}
		if n := len(p.emu.Messages(member.ID)); n != 1 {
			t.Errorf("%d messages were sent, want 1", n)
		}
		p.wantSignedIn(b, member)
	})
}

// restored is a browser with the cookies of another, as they are now.
func (b *browser) restored() *browser {
	c := b.app.browser(nil)
	u, _ := url.Parse(appURL)
	cookies := b.client.Jar.Cookies(u)
	for _, cookie := range cookies {
		cookie.Path, cookie.Secure = "/", true
	}
	c.client.Jar.SetCookies(u, cookies)
	return c
}

func TestADoubleClickCompletesALoginOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		p.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Delay: time.Second})
		code := p.emu.LastCode(member)
		done := make(chan *browser)
		for range 5 {
			go func() {
				tab := b.restored()
				tab.confirm(page, code).wantRedirect("/account")
				done <- tab
			}()
		}
		tokens := map[string]bool{}
		for range 5 {
			tab := <-done
			p.wantSignedIn(tab, member)
			tokens[tab.cookie("stytch_session")] = true
		}
		// A click a moment too late has the cookies from before.
		time.Sleep(time.Second)
		late := b.restored()
		late.confirm(page, code).wantRedirect("/account")
		tokens[late.cookie("stytch_session")] = true
		if n := p.calls("otps/sms/authenticate"); n != 1 || len(tokens) != 1 {
			t.Errorf("Stytch saw the passcode %d times, and there are %d sessions", n, len(tokens))
		}
		if n := p.count(stepup.EventLoggedIn); n != 1 {
			t.Errorf("%d logins were reported, want 1", n)
		}
	})
}

func TestALoginWhoseReplyWasLostIsBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		code := p.emu.LastCode(member)
		p.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", AfterEffect: true, HangUp: true})
		down := b.confirm(page, code).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
		p.wantSignedOut(b)
		// The token was used up, and the session's tokens are lost.
		b.confirm(down, code).wantPage(401, contract.StateSignedOut, contract.CodeLoginExpired)
		b.get(loginPage).wantRedirect("/login?next=%2Faccount")
		time.Sleep(time.Minute)
		page = p.begin(b, p.login(member, stytchtest.CodeSent()))
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
	})
}

func TestALoginOutlivesAnOutage(t *testing.T) {
	for _, path := range []string{"organizations/", "otps/sms/authenticate"} {
		t.Run("of "+path, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember()
				b := p.browser(nil)
				page := p.begin(b, p.login(member, stytchtest.CodeSent()))
				p.emu.Fail(stytchtest.Fault{Path: path, Unreachable: true, Times: 3})
				down := b.confirm(page, p.emu.LastCode(member)).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
				p.emu.ClearFaults()
				p.wantSignedOut(b)
				if got := down.fields().Get("code"); got != p.emu.LastCode(member) {
					t.Errorf("the passcode must be typed again: the page holds %q", got)
				}
				b.post("/stepup/login/", down.fields()).wantRedirect("/account")
				p.wantSignedIn(b, member)
			})
		})
	}
}

func TestAnAnswerThatIsWrongCompletesNoLogin(t *testing.T) {
	for _, tamper := range []stytchtest.Tamper{
		stytchtest.OtherMember, stytchtest.OtherMemberJWT, stytchtest.OtherOrganization,
		stytchtest.NoSecondFactor, stytchtest.OldFactors, stytchtest.ForgedJWT, stytchtest.NoJWT,
	} {
		t.Run(string(tamper), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				p.emu.AddMember() // for those that answer with another
				member := p.emu.AddMember()
				b := p.browser(nil)
				page := p.begin(b, p.login(member, stytchtest.CodeSent()))
				p.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Tamper: tamper})
				r := b.confirm(page, p.emu.LastCode(member))
				if r.status < 400 {
					t.Errorf("got %d %s", r.status, r.header.Get("Location"))
				}
				p.wantSignedOut(b)
				if p.count(stepup.EventLoggedIn) != 0 {
					t.Errorf("the events are %v", p.kinds())
				}
			})
		})
	}
}

func TestWrongPasscodesCountByTheMemberOverAllLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember(stytchtest.WithTOTP())
		session := p.emu.SignIn(member)
		guesses := 0
		for range 3 { // each login has a share of its own, and the member one for all
			b := p.browser(nil)
			page := p.begin(b, p.login(member))
			for range 3 {
				if r := b.confirm(page, wrong(p.emu.TOTPCode(member))); r.status == 422 {
					guesses++
				}
			}
		}
		if guesses != 7 { // the answer to the last one is the lock
			t.Errorf("%d guesses were judged as wrong, want 7", guesses)
		}
		if n := p.calls("totp/authenticate"); n != 8 {
			t.Errorf("Stytch saw %d guesses, want 8", n)
		}
		b := p.browser(nil)
		p.begin(b, p.login(member)).wantPage(429, contract.StateLocked, contract.CodeLocked)
		// The member's sessions have the same count.
		p.browser(session).get("/payouts").wantPage(429, contract.StateLocked, contract.CodeLocked)
		other := p.emu.AddMember(stytchtest.WithTOTP())
		c := p.browser(nil)
		c.confirm(p.begin(c, p.login(other)), p.emu.TOTPCode(other)).wantRedirect("/account")
		time.Sleep(time.Hour)
		b = p.browser(nil)
		b.confirm(p.begin(b, p.login(member)), p.emu.TOTPCode(member)).wantRedirect("/account")
	})
}

func TestOneLoginHasFiveGuesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember(stytchtest.WithTOTP())
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		form := page.fields()
		for i, method := range []stepup.Method{stepup.SMS, stepup.TOTP, stepup.RecoveryCode, stepup.TOTP, stepup.SMS} {
			form.Set("method", string(method))
			form.Set("code", map[stepup.Method]string{
				stepup.SMS: wrong(p.emu.LastCode(member)), stepup.TOTP: wrong(p.emu.TOTPCode(member)), stepup.RecoveryCode: "aaaa-bbbb-cccc",
			}[method])
			want := 422
			if i == 4 {
				want = 429
			}
			b.post("/stepup/login/", form).wantStatus(want)
		}
		form.Set("method", string(stepup.TOTP))
		form.Set("code", p.emu.TOTPCode(member))
		b.post("/stepup/login/", form).wantPage(429, contract.StateLocked, contract.CodeLocked)
		b.get(loginPage).wantPage(429, contract.StateLocked, contract.CodeLocked)
		b.post("/stepup/login/send", page.fields()).wantPage(429, contract.StateLocked, contract.CodeLocked)
		p.wantSignedOut(b)
	})
}

func TestMessagesCountByTheMemberOverAllLogins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		sent := 0
		for range 12 {
			b := p.browser(nil)
			page := p.begin(b, p.login(member))
			if r := b.post("/stepup/login/send", page.fields()); r.status == 303 {
				sent++
			}
			time.Sleep(4 * time.Minute)
		}
		if n := len(p.emu.Messages(member.ID)); n != 5 || sent != 5 {
			t.Errorf("%d messages were sent and %d shown in an hour, want 5", n, sent)
		}
	})
}

func TestAMemberWhomStytchLocksIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		l := p.login(member)
		p.emu.LockMember(member)
		p.begin(b, l).wantPage(429, contract.StateLocked, contract.CodeLocked)
	})
}

func TestALoginIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		b := p.browser(nil)
		page := p.begin(b, p.login(p.emu.AddMember(), stytchtest.CodeSent()))
		b.post("/stepup/login/cancel", page.fields()).wantRedirect("/")
		if b.cookie("__Host-stepup-login")+b.cookie("__Host-stepup") != "" {
			t.Error("the login is still there")
		}
		b.get(loginPage).wantRedirect("/login?next=%2Faccount")
		b.confirm(page, "123456").wantPage(401, contract.StateSignedOut, contract.CodeLoginExpired)
		// A program is not handed what it gave up.
		l := p.login(p.emu.AddMember())
		l.Bearer = true
		login, _ := p.signIn(b, l).document()["login"].(string)
		if d := b.call("POST", "/stepup/login/cancel", fmt.Sprintf(`{"login":%q}`, login)).wantCode(200, contract.CodeCanceled); d["login"] != nil {
			t.Errorf("got %v", d)
		}
	})
}

// What a journey asks of Stytch, call by call.
func TestALoginMakesNoNeedlessCalls(t *testing.T) {
	for _, tt := range []struct {
		name  string
		login func(p *portal, m *stytchtest.Member) stepup.Login
		first []string // until the first page is shown
		code  func(p *portal, m *stytchtest.Member) string
		then  []string
	}{
		{"the message sent and the methods known", func(p *portal, m *stytchtest.Member) stepup.Login { return p.login(m, stytchtest.CodeSent()) },
			nil, func(p *portal, m *stytchtest.Member) string { return p.emu.LastCode(m) }, []string{"member", "otps/sms/authenticate"}},
		{"the message sent and the methods unknown", func(p *portal, m *stytchtest.Member) stepup.Login {
			l := p.login(m, stytchtest.CodeSent())
			l.Methods = nil
			return l
		}, []string{"member"}, func(p *portal, m *stytchtest.Member) string { return p.emu.LastCode(m) }, []string{"member", "otps/sms/authenticate"}},
		{"nothing sent", func(p *portal, m *stytchtest.Member) stepup.Login { return p.login(m) },
			[]string{"member"}, func(p *portal, m *stytchtest.Member) string { return p.emu.TOTPCode(m) }, []string{"member", "totp/authenticate"}},
		{"nothing known", func(p *portal, m *stytchtest.Member) stepup.Login {
			l := p.login(m)
			l.Methods = nil
			return l
		}, []string{"member"}, func(p *portal, m *stytchtest.Member) string { return p.emu.TOTPCode(m) }, []string{"member", "totp/authenticate"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t)
				member := p.emu.AddMember(stytchtest.WithTOTP())
				l := tt.login(p, member)
				want := func(calls []string) {
					t.Helper()
					var got []string
					for _, c := range p.emu.Calls() {
						got = append(got, c.Path)
					}
					if !slices.EqualFunc(got, calls, strings.HasSuffix) {
						t.Errorf("Stytch was asked for %q, want %q", got, calls)
					}
					p.emu.ResetCalls()
				}
				p.emu.ResetCalls()
				b := p.browser(nil)
				page := p.begin(b, l)
				// Whatever is asked for, the page offers all that the member has.
				for _, other := range []string{"authenticator app", "recovery code"} {
					page.wantBody(other)
				}
				want(tt.first)
				time.Sleep(10 * time.Second)
				b.confirm(page, tt.code(p, member)).wantRedirect("/account")
				want(tt.then)
				b.get("/account").wantStatus(200)
				want(nil)
			})
		})
	}
}

// What the app set reaches Stytch, and with the factors that can carry it.
func TestTheOptionsOfLoginsReachStytch(t *testing.T) {
	for _, tt := range []struct {
		name   string
		config stepup.Logins
		max    time.Duration // Config.MaxSession
		enroll any
		first  any
		life   float64 // minutes
	}{
		{"nothing set", stepup.Logins{}, 0, nil, nil, 60},
		{"members are enrolled from now on", stepup.Logins{EnrollMFA: true}, 0, "enroll", nil, 60},
		{"the factor becomes the first", stepup.Logins{SetDefault: true}, 0, nil, true, 60},
		{"sessions live for a day", stepup.Logins{SessionDuration: 24 * time.Hour}, 0, nil, nil, 1440},
		{"sessions live no longer than any may", stepup.Logins{SessionDuration: 24 * time.Hour}, 8 * time.Hour, nil, nil, 480},
		{"all of it", stepup.Logins{EnrollMFA: true, SetDefault: true, SessionDuration: 5 * time.Minute}, 8 * time.Hour, "enroll", true, 5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, func(c *stepup.Config) { c.Logins, c.MaxSession = tt.config, tt.max })
				member := p.emu.AddMember(stytchtest.WithTOTP())
				for _, method := range []stepup.Method{stepup.SMS, stepup.TOTP, stepup.RecoveryCode} {
					time.Sleep(time.Minute)
					b := p.browser(nil)
					form := p.begin(b, p.login(member, stytchtest.CodeSent())).fields()
					form.Set("method", string(method))
					form.Set("code", map[stepup.Method]string{
						stepup.SMS: p.emu.LastCode(member), stepup.TOTP: p.emu.TOTPCode(member), stepup.RecoveryCode: p.emu.RecoveryCodes(member)[0],
					}[method])
					r := b.post("/stepup/login/", form)
					p.wantSignedIn(b, member)
					for _, line := range r.header["Set-Cookie"] {
						c, err := http.ParseSetCookie(line)
						if err != nil {
							t.Fatal(err)
						}
						if left := time.Until(c.Expires); strings.HasPrefix(c.Name, "stytch_") && left.Round(time.Minute) != time.Duration(tt.life)*time.Minute {
							t.Errorf("the cookie %s lives for %v", c.Name, left)
						}
					}
				}
				for _, endpoint := range []string{"otps/sms/authenticate", "totp/authenticate", "recovery_codes/recover"} {
					bodies := p.bodies(endpoint)
					if len(bodies) != 1 {
						t.Fatalf("%d calls to %s", len(bodies), endpoint)
					}
					enroll, first := tt.enroll, tt.first
					if endpoint == "recovery_codes/recover" {
						enroll, first = nil, nil // it knows neither
					}
					body := bodies[0]
					if body["set_mfa_enrollment"] != enroll || body["set_default_mfa"] != first || body["session_duration_minutes"] != tt.life {
						t.Errorf("%s got %v", endpoint, body)
					}
					if token, _ := body["intermediate_session_token"].(string); token == "" || body["session_jwt"] != nil || body["session_token"] != nil {
						t.Errorf("%s got the credentials %v", endpoint, body)
					}
				}
				// A step-up changes neither, and the session as Config.SessionDuration says.
				p.emu.ResetCalls()
				time.Sleep(time.Minute)
				b := p.browser(p.emu.SignIn(member))
				b.enter(b.challenge(), p.emu.LastCode(member)).wantRedirect("/payouts")
				if body := p.bodies("otps/sms/authenticate")[0]; body["set_mfa_enrollment"] != nil || body["set_default_mfa"] != nil || body["session_duration_minutes"] != 60.0 {
					t.Errorf("a step-up sent %v", body)
				}
			})
		})
	}
}

// The app says which factors complete a login.
func TestALoginIsCompletedWithWhatTheAppAllows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, func(c *stepup.Config) { c.Logins.Methods = []stepup.Method{stepup.TOTP} })
		member := p.emu.AddMember(stytchtest.WithTOTP())
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent())).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		for _, other := range []string{"Text a code", "recovery code"} {
			if strings.Contains(page.body, other) {
				t.Errorf("the page offers %q", other)
			}
		}
		for method, code := range map[stepup.Method]string{stepup.SMS: p.emu.LastCode(member), stepup.RecoveryCode: p.emu.RecoveryCodes(member)[0]} {
			form := page.fields()
			form.Set("method", string(method))
			form.Set("code", code)
			b.post("/stepup/login/", form)
			p.wantSignedOut(b)
		}
		if n := p.calls("otps/sms/authenticate") + p.calls("recovery_codes/recover"); n != 0 {
			t.Errorf("%d proofs of other factors were shown to Stytch", n)
		}
		b.confirm(page, p.emu.TOTPCode(member)).wantRedirect("/account")

		// A member who has something else alone cannot complete it.
		sms := p.emu.AddMember()
		p.begin(p.browser(nil), p.login(sms, stytchtest.CodeSent())).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
	})
}

func TestALoginLeadsNowhereElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		for _, next := range []string{"", "https://evil.example/", "//evil.example", "/stepup/login/", "/stepup/login/?next=/x"} {
			b := p.browser(nil)
			member := p.emu.AddMember()
			l := p.login(member, stytchtest.CodeSent())
			l.Next = next
			page := b.follow(p.signIn(b, l).wantRedirect("/stepup/login/"))
			form := page.fields()
			form.Set("next", next)
			form.Set("code", p.emu.LastCode(member))
			b.post("/stepup/login/", form).wantRedirect("/")
		}
	})
}

// adding is a configuration in which members without a second factor add one.
func adding(methods ...stepup.Method) func(*stepup.Config) {
	return enrolling(stepup.Enrollment{Methods: methods})
}

func TestAMemberAddsAPhoneNumberAtTheLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, adding(stepup.SMS, stepup.TOTP), func(c *stepup.Config) { c.Logins.EnrollMFA = true })
		member := p.emu.AddMember(required(p.emu), stytchtest.WithoutPhone())
		b := p.browser(nil)
		l := p.login(member)
		page := p.begin(b, l).wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
		page.wantBody("To finish signing in, add your phone number.", "Set up an authenticator app instead")
		typed := func(number string) reply {
			form := page.fields()
			form.Set("phone", number)
			return b.post("/stepup/login/phone", form)
		}
		typed("0").wantPage(422, contract.StatePhone, contract.CodePhoneInvalid)
		code := b.follow(typed("+1 415 555 0177").wantRedirect(loginPage)).wantPage(200, contract.StateCode, contract.CodeChallengePending).wantBody("ending 77")
		b.confirm(code, wrong(p.emu.LastCode(member))).wantPage(422, contract.StateCode, contract.CodeIncorrect)
		p.wantSignedOut(b)
		b.confirm(code, p.emu.LastCode(member)).wantRedirect("/account")
		p.wantSignedIn(b, member)
		now := p.emu.Member(member.ID)
		if now.PhoneNumber != "+14155550177" || !now.PhoneVerified || !now.MFAEnrolled {
			t.Errorf("the member is %+v", now)
		}
		p.wantNumbersSent("+14155550177")
		for _, endpoint := range []string{"otps/sms/send", "otps/sms/authenticate"} {
			for _, body := range p.bodies(endpoint) {
				if body["intermediate_session_token"] != l.IntermediateSessionToken {
					t.Errorf("%s got %v", endpoint, body)
				}
			}
		}
		for _, kind := range []stepup.EventKind{stepup.EventLoggedIn, stepup.EventEnrolled} {
			if events := p.eventsOf(kind, ""); len(events) != 1 || events[0].Method != stepup.SMS {
				t.Errorf("the events %s are %+v", kind, events)
			}
		}
		if p.shown("4155550177", "415 555 0177") != 0 {
			t.Error("the number is on a page")
		}
	})
}

func TestAMemberSetsUpAnAppAtTheLogin(t *testing.T) {
	for _, tt := range []struct {
		name    string
		methods []stepup.Method
		state   contract.State
	}{
		{"in place of a phone number", []stepup.Method{stepup.SMS, stepup.TOTP}, contract.StatePhone},
		{"where nothing else may be added", []stepup.Method{stepup.TOTP}, contract.StateAuthenticator},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, adding(tt.methods...))
				member := p.emu.AddMember(required(p.emu), stytchtest.WithoutPhone())
				b := p.browser(nil)
				l := p.login(member)
				offer := p.begin(b, l).wantPage(200, tt.state, contract.CodeEnrollmentRequired)
				page := b.post("/stepup/login/authenticator", offer.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
				secret, _ := page.setup()
				page = b.confirm(page, wrong(p.emu.TOTPCode(member))).wantPage(422, contract.StateAuthenticator, contract.CodeIncorrect)
				if again, _ := page.setup(); again != secret {
					t.Error("the secret changed")
				}
				p.wantSignedOut(b)
				codes := p.emu.RecoveryCodes(member)
				done := b.confirm(page, p.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
				done.wantBody(append(codes, `href="/account"`)...)
				p.wantSignedIn(b, member)
				if p.shown(codes...) != 1 || p.emu.Member(member.ID).TOTPRegistrationID == "" {
					t.Error("the app is no factor, or its codes are shown twice")
				}
				p.wantNoneOf(append(codes, secret)...)
				if body := p.bodies("/v1/b2b/totp")[0]; body["intermediate_session_token"] != l.IntermediateSessionToken {
					t.Errorf("the registration was asked for with %v", body)
				}
				for _, kind := range []stepup.EventKind{stepup.EventLoggedIn, stepup.EventEnrolled} {
					if events := p.eventsOf(kind, ""); len(events) != 1 || events[0].Method != stepup.TOTP {
						t.Errorf("the events %s are %+v", kind, events)
					}
				}
				b.confirm(page, p.emu.TOTPCode(member)).wantRedirect("/account") // back, and once more
				if p.shown(codes...) != 1 {
					t.Error("the codes are shown again")
				}
			})
		})
	}
}

func TestAProgramAddsAFactorAtTheLogin(t *testing.T) {
	for _, tt := range []struct {
		method stepup.Method
		add    func(p *portal, b *browser, m *stytchtest.Member, login string) (code string)
	}{
		{stepup.SMS, func(p *portal, b *browser, m *stytchtest.Member, login string) string {
			b.call("POST", "/stepup/login/phone", fmt.Sprintf(`{"login":%q,"phone":"+14155550123"}`, login)).wantCode(200, contract.CodeChallengePending)
			return fmt.Sprintf(`{"login":%q,"code":%q}`, login, p.emu.LastCode(m))
		}},
		{stepup.TOTP, func(p *portal, b *browser, m *stytchtest.Member, login string) string {
			d := b.call("POST", "/stepup/login/authenticator", fmt.Sprintf(`{"login":%q}`, login)).wantCode(200, contract.CodeEnrollmentStarted)
			setup, _ := d["setup"].(map[string]any)
			return fmt.Sprintf(`{"login":%q,"setup":%q,"code":%q}`, login, setup["sealed"], p.emu.TOTPCode(m))
		}},
	} {
		t.Run(string(tt.method), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, adding(stepup.SMS, stepup.TOTP))
				member := p.emu.AddMember(required(p.emu), stytchtest.WithoutPhone())
				b := p.browser(nil)
				l := p.login(member)
				l.Bearer = true
				d := p.signIn(b, l).wantCode(403, contract.CodeEnrollmentRequired)
				links, _ := d["links"].(map[string]any)
				if links["phone"] != "/stepup/login/phone" || links["authenticator"] != "/stepup/login/authenticator" {
					t.Fatalf("the links are %v", links)
				}
				login, _ := d["login"].(string)
				d = b.call("POST", "/stepup/login/", tt.add(p, b, member, login)).wantCode(200, contract.CodeVerified)
				if codes, _ := d["recovery_codes"].([]any); (len(codes) == 10) != (tt.method == stepup.TOTP) {
					t.Errorf("got %v", d)
				}
				if d["method"] != string(tt.method) || d["session_jwt"] == nil || d["session_token"] == nil {
					t.Errorf("got %v", d)
				}
				if len(p.cookies) != 0 || p.count(stepup.EventEnrolled) != 1 {
					t.Errorf("got the cookies %q and the events %v", p.cookies, p.kinds())
				}
			})
		})
	}
}

// Whoever has stolen a password must not add their own factor to the member's.
func TestAtALoginNobodyAddsAFactorBesideAnother(t *testing.T) {
	for _, tt := range []struct {
		name   string
		allow  stepup.Method // that completes logins
		member []stytchtest.MemberOption
	}{
		{"an app beside a phone", stepup.TOTP, nil},
		{"a phone beside an app", stepup.SMS, []stytchtest.MemberOption{stytchtest.WithTOTP(), stytchtest.WithoutPhone()}},
		{"a phone beside an app, where a number was never proved", stepup.SMS,
			[]stytchtest.MemberOption{stytchtest.WithTOTP(), stytchtest.WithUnverifiedPhone("+14155550199")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPortal(t, adding(stepup.SMS, stepup.TOTP), func(c *stepup.Config) { c.Logins.Methods = []stepup.Method{tt.allow} })
				member := p.emu.AddMember(tt.member...)
				b := p.browser(nil)
				page := p.begin(b, p.login(member)).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				form := page.fields()
				form.Set("phone", "+14155550123")
				b.post("/stepup/login/phone", form).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				b.post("/stepup/login/authenticator", form).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
				p.wantNumbersSent()
				if p.calls("/totp") != 0 {
					t.Error("an app was registered")
				}
			})
		})
	}
	t.Run("nor at all, where the app does not say so", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPortal(t)
			b := p.browser(nil)
			page := p.begin(b, p.login(p.emu.AddMember(required(p.emu), stytchtest.WithoutPhone()))).wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled)
			b.post("/stepup/login/phone", page.fields()).wantStatus(404)
			b.post("/stepup/login/authenticator", page.fields()).wantStatus(404)
		})
	})
}

// Stytch texts a number even if it was never proved.
func TestALoginSentItsMessageToANumberThatWasNeverProved(t *testing.T) {
	const typo = "+14155550199"
	t.Run("it is the member's, whose passcode proves it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPortal(t)
			member := p.emu.AddMember(required(p.emu), stytchtest.WithUnverifiedPhone(typo))
			b := p.browser(nil)
			page := p.begin(b, p.login(member, stytchtest.CodeSent())).wantPage(200, contract.StateCode, contract.CodeChallengePending)
			b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
			p.wantSignedIn(b, member)
			if !p.emu.Member(member.ID).PhoneVerified || p.count(stepup.EventEnrolled) != 1 {
				t.Errorf("the number is not proved: %v", p.kinds())
			}
		})
	})
	t.Run("it is a typo, and another one takes its place", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPortal(t, adding(stepup.SMS))
			member := p.emu.AddMember(required(p.emu), stytchtest.WithUnverifiedPhone(typo))
			b := p.browser(nil)
			page := p.begin(b, p.login(member, stytchtest.CodeSent()))
			time.Sleep(30 * time.Second)
			page = b.post("/stepup/login/send", page.fields()).wantPage(403, contract.StatePhone, contract.CodeEnrollmentRequired)
			form := page.fields()
			form.Set("phone", "+14155550123")
			page = b.follow(b.post("/stepup/login/phone", form)).wantPage(200, contract.StateCode, contract.CodeResent)
			b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
			if now := p.emu.Member(member.ID); now.PhoneNumber != "+14155550123" || !now.PhoneVerified {
				t.Errorf("the member is %+v", now)
			}
		})
	})
	t.Run("it may be anybody's, and the member has an app", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p := newPortal(t)
			member := p.emu.AddMember(stytchtest.WithTOTP(), stytchtest.WithUnverifiedPhone(typo))
			b := p.browser(nil)
			page := p.begin(b, p.login(member, stytchtest.CodeSent()))
			page = b.follow(b.confirm(page, p.emu.LastCode(member)))
			p.wantSignedOut(b)
			if p.calls("otps/sms/authenticate") != 0 || p.emu.Member(member.ID).PhoneVerified {
				t.Error("the number became a factor")
			}
			form := page.fields()
			form.Set("use", string(stepup.TOTP))
			page = b.follow(b.post("/stepup/login/use", form)).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
			b.confirm(page, p.emu.TOTPCode(member)).wantRedirect("/account")
		})
	})
}

func TestASetupIsOfOneLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, adding(stepup.TOTP), accepting(stepup.TOTP))
		member := p.emu.AddMember(stytchtest.WithoutPhone())
		b, other := p.browser(nil), p.browser(nil)
		page := b.post("/stepup/login/authenticator", p.begin(b, p.login(member)).fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
		form := p.begin(other, p.login(member)).fields()
		form.Set("setup", page.fields().Get("setup"))
		form.Set("code", p.emu.TOTPCode(member))
		other.post("/stepup/login/", form).wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
		// Nor is it of a session.
		c := p.browser(p.emu.SignIn(member))
		c.fetch("POST", "/stepup/", fmt.Sprintf(`{"policy":"money","setup":%q,"code":%q}`, page.fields().Get("setup"), p.emu.TOTPCode(member))).wantCode(409, contract.CodeMemberMismatch)
		if p.calls("totp/authenticate") != 0 {
			t.Error("Stytch saw the passcode")
		}
		b.confirm(page, p.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
	})
}

// watchedStore keeps sessions of gorilla on the server, and remembers all that it
// was given.
type watchedStore struct {
	mu   sync.Mutex
	kept []string
}

func (s *watchedStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return s.New(r, name)
}

func (s *watchedStore) New(r *http.Request, name string) (*sessions.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := sessions.NewSession(s, name)
	if c, err := r.Cookie(name); err == nil {
		if n, err := strconv.Atoi(c.Value); err == nil && n < len(s.kept) {
			found.Values["bookmark"] = s.kept[n]
		}
	}
	return found, nil
}

func (s *watchedStore) Save(_ *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := session.Values["bookmark"].(string)
	s.kept = append(s.kept, text)
	http.SetCookie(w, sessions.NewCookie(session.Name(), strconv.Itoa(len(s.kept)-1), session.Options))
	return nil
}

// Wherever a login ends, its token is nowhere but in the calls to Stytch: newPortal
// searches the rest.
func TestNoStoreHoldsTheTokenOfALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(watchedStore)
		p := newPortal(t, adding(stepup.SMS, stepup.TOTP), func(c *stepup.Config) { c.Store = store })
		for _, option := range []stytchtest.MemberOption{stytchtest.WithoutPhone(), stytchtest.WithTOTP()} {
			member := p.emu.AddMember(required(p.emu), option)
			for _, fault := range []stytchtest.Fault{{}, {Path: "organizations/", Status: 500}, {Path: "otps/sms/send", ErrorType: "invalid_phone_number"},
				{Path: "totp/authenticate", HangUp: true}, {Path: "totp", Status: 200, Body: "{"}} {
				b := p.browser(nil)
				l := p.login(member)
				p.signIn(b, l).wantRedirect(loginPage)
				if fault.Path != "" {
					p.emu.Fail(fault)
				}
				page := b.get(loginPage)
				for _, path := range []string{"send", "use", "phone", "authenticator", ""} {
					form := page.fields()
					form.Set("phone", "+14155550123")
					form.Set("code", p.emu.TOTPCode(member))
					b.post("/stepup/login/"+path, form)
				}
				b.fetch("GET", "/stepup/login/status", "")
				b.fetch("POST", "/stepup/login/", `{"code":"123456"}`)
				p.emu.ClearFaults()
				time.Sleep(time.Hour)
			}
		}
		for _, l := range p.begun {
			if strings.Contains(strings.Join(store.kept, "\n"), l.IntermediateSessionToken) {
				t.Error("the store holds an intermediate session token")
			}
		}
		if len(store.kept) < 5 || len(p.begun) != 10 {
			t.Errorf("%d bookmarks were kept of %d logins", len(store.kept), len(p.begun))
		}
	})
}

func TestALoginIsStoredWhereTheAppKeepsItsTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stored [][2]string
		p := newPortal(t, func(c *stepup.Config) {
			c.Cookies = stepup.Cookies{}
			c.Credential = stepup.Credential{
				Read: func(*http.Request) (string, string) {
					if len(stored) == 0 {
						return "", ""
					}
					return stored[len(stored)-1][0], stored[len(stored)-1][1]
				},
				Write: func(_ http.ResponseWriter, _ *http.Request, jwt, token string, _ time.Time) error {
					stored = append(stored, [2]string{jwt, token})
					return nil
				},
			}
		})
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		if len(stored) != 0 {
			t.Error("something was stored before the login was complete")
		}
		b.confirm(page, p.emu.LastCode(member)).wantRedirect("/account")
		if len(stored) != 1 || stored[0][0] == "" || stored[0][1] == "" {
			t.Errorf("%d pairs of tokens were stored", len(stored))
		}
		b.get("/account").wantStatus(200).wantBody(member.ID)
	})
}

func TestALoginWhoseTokensCannotBeStoredFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, func(c *stepup.Config) {
			c.Cookies = stepup.Cookies{}
			c.Credential = stepup.Credential{
				Read: func(*http.Request) (string, string) { return "", "" },
				Write: func(http.ResponseWriter, *http.Request, string, string, time.Time) error {
					return http.ErrServerClosed
				},
			}
		})
		member := p.emu.AddMember()
		b := p.browser(nil)
		page := p.begin(b, p.login(member, stytchtest.CodeSent()))
		b.confirm(page, p.emu.LastCode(member)).wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
	})
}

func TestTheHooksOfTheAppHearThatALoginHasNoSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, func(c *stepup.Config) {
			c.SessionCustomClaims = func(_ *http.Request, session *jwks.Session) map[string]any {
				if session != nil {
					t.Error("a login has a session")
				}
				return map[string]any{"by": "login"}
			}
			c.Action = func(*http.Request, stepup.Policy) string {
				t.Error("a login was taken for an action")
				return ""
			}
		})
		member := p.emu.AddMember(stytchtest.WithTOTP())
		b := p.browser(nil)
		form := p.begin(b, p.login(member)).fields()
		form.Set("method", string(stepup.RecoveryCode))
		form.Set("code", p.emu.RecoveryCodes(member)[0])
		b.post("/stepup/login/", form).wantPage(200, contract.StateContinue, contract.CodeVerified)
		if claims, _ := p.bodies("recovery_codes/recover")[0]["session_custom_claims"].(map[string]any); len(claims) != 1 || claims["by"] != "login" {
			t.Errorf("the claims are %v", claims)
		}
	})
}

func TestSigningOutForgetsALoginThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		one, two := p.emu.AddMember(), p.emu.AddMember()
		b := p.browser(p.emu.SignIn(one))
		p.begin(b, p.login(two, stytchtest.CodeSent()))
		b.post("/logout", url.Values{}, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example").wantStatus(503)
		if b.cookie("__Host-stepup-login") == "" {
			t.Error("another site can make the browser forget a login")
		}
		b.post("/logout", url.Values{}).wantStatus(200)
		if b.cookie("__Host-stepup-login") != "" {
			t.Error("the login is still there")
		}
		p.wantSignedOut(b)
	})
}

func TestTheCookieOfALoginHasANameOfItsOwn(t *testing.T) {
	emu := stytchtest.NewUnstartedServer()
	client, err := stytch.New(stytch.Config{ProjectID: emu.ProjectID, Secret: emu.Secret, BaseURL: emu.URL, HTTPClient: emu.Client()})
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(*stepup.Cookies){
		func(c *stepup.Cookies) { c.JWTName = "app-login" },
		func(c *stepup.Cookies) { c.TokenName = "app-login" },
	} {
		config := stepup.Config{Client: client, Key: []byte("0123456789abcdef0123456789abcdef"), Cookies: stepup.ServerCookies(), CookieName: "app"}
		change(&config.Cookies)
		if _, err := stepup.New(config); err == nil || !strings.Contains(err.Error(), "Config.CookieName") {
			t.Errorf("got %v", err)
		}
	}
}

// What changes nothing at Stytch is tried once more.
func TestOneErrorOfStytchDoesNotInterruptALogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t)
		member := p.emu.AddMember()
		b := p.browser(nil)
		l := p.login(member)
		p.emu.Fail(stytchtest.Fault{Path: "organizations/", Status: 500})
		p.begin(b, l).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
		if n := p.calls("/member"); n != 2 {
			t.Errorf("Stytch was asked %d times, want twice", n)
		}
	})
}

// The two kinds of factors that can be added lead to each other.
func TestAMemberTurnsFromOneNewFactorToTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPortal(t, adding(stepup.SMS, stepup.TOTP), accepting(stepup.SMS, stepup.TOTP))
		inLogin, inSession := p.browser(nil), p.browser(p.emu.SignIn(p.emu.AddMember(stytchtest.WithoutPhone())))
		member := p.emu.AddMember(stytchtest.WithoutPhone())
		for b, phone := range map[*browser]reply{
			inLogin:   p.begin(inLogin, p.login(member)),
			inSession: inSession.get("/payouts"),
		} {
			phone.wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
			base := strings.TrimSuffix(phone.elements("form")[0].attr["action"], "phone")
			setup := b.post(base+"authenticator", phone.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
			form := setup.fields()
			form.Set("use", string(stepup.SMS))
			phone = b.follow(b.post(base+"use", form)).wantPage(200, contract.StatePhone, contract.CodeEnrollmentRequired)
			if phone.fields().Has("setup") {
				t.Error("the setup that was given up comes along")
			}
			form = phone.fields()
			form.Set("use", string(stepup.TOTP))
			b.follow(b.post(base+"use", form)).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentRequired)
			form.Set("phone", "+1415555"+map[string]string{"/stepup/": "0188", "/stepup/login/": "0199"}[base])
			b.follow(b.post(base+"phone", form)).wantPage(200, contract.StateCode, contract.CodeChallengePending)
		}
	})
}

// However two logins, their pages and their passcodes are mixed, a session is
// given for a right passcode alone, of the member whose page it was typed into.
func TestALoginIsCompletedByItsOwnPageAlone(t *testing.T) {
	completed, refused := 0, 0
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(seed, 0))
				p := newPortal(t, adding(stepup.SMS, stepup.TOTP))
				members := []*stytchtest.Member{
					p.emu.AddMember(stytchtest.WithTOTP()), p.emu.AddMember(required(p.emu)), p.emu.AddMember(required(p.emu), stytchtest.WithoutPhone()),
				}
				type tab struct {
					page reply
					of   *stytchtest.Member
				}
				var tabs []tab
				b := p.browser(nil)
				for range 150 {
					time.Sleep(time.Duration(random.IntN(40)) * time.Second)
					before, texts := b.cookie("stytch_session_jwt"), len(p.emu.Messages(""))
					maySend := false
					var typed *stytchtest.Member // whose right passcode was typed into a page of theirs
					var answer reply
					var of *stytchtest.Member
					switch action := random.IntN(10); {
					case action < 2 || len(tabs) == 0:
						of = members[random.IntN(len(members))]
						l := p.login(of)
						if of.PhoneNumber != "" && random.IntN(2) == 0 {
							l, maySend = p.login(of, stytchtest.CodeSent()), true
						}
						answer = b.follow(p.signIn(b, l))
					case action == 2:
						b.post("/logout", url.Values{})
						continue
					default:
						from := tabs[len(tabs)-1]
						if random.IntN(2) == 0 {
							from = tabs[random.IntN(len(tabs))]
						}
						form := from.page.fields()
						of = from.of
						path := []string{"", "", "", "", "send", "use", "phone", "authenticator", "cancel"}[random.IntN(9)]
						whose := []*stytchtest.Member{of, of, members[random.IntN(len(members))]}[random.IntN(3)]
						code := []string{p.emu.LastCode(whose), p.emu.TOTPCode(whose), "000000"}[random.IntN(3)]
						form.Set("code", code)
						form.Set("phone", "+14155550177")
						if method := []string{"", string(stepup.SMS), string(stepup.TOTP)}[random.IntN(3)]; method != "" {
							form.Set("method", method)
						}
						if code != "" && (code == p.emu.LastCode(of) || code == p.emu.TOTPCode(of)) {
							typed = of
						}
						maySend = path == "send" || path == "phone"
						answer = b.post("/stepup/login/"+path, form)
						if answer.status == 409 {
							refused++
						}
					}
					if now := b.cookie("stytch_session_jwt"); now != "" && now != before {
						session, err := p.verifier().Verify(t.Context(), now)
						switch {
						case err != nil:
							t.Fatal(err)
						case typed == nil || session.MemberID() != typed.ID:
							t.Fatalf("a session of %s began, and the passcode was of %v", session.MemberID(), typed)
						}
						completed++
					}
					if sent := len(p.emu.Messages("")) - texts; sent > btoi(maySend) {
						t.Fatalf("%d messages were sent that nobody asked for", sent)
					}
					if answer.status == 500 {
						t.Fatalf("got %s", answer.body)
					}
					if answer.status == 303 {
						if answer = b.follow(answer); answer.status == 303 {
							continue
						}
					}
					if answer.fields().Get("session") != "" && answer.status < 404 {
						tabs = append(tabs, tab{answer, of})
					}
				}
			})
		})
	}
	if completed < 10 || refused < 50 {
		t.Errorf("%d logins were completed, and %d forms refused", completed, refused)
	}
}
