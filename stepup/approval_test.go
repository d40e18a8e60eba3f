package stepup_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// wire is a policy whose proofs are good for one request. The authenticator app
// of its members sends no messages.
func wire() stepup.Policy {
	return stepup.Policy{Name: "wire", MaxAge: 10 * time.Minute, Methods: []stepup.Method{stepup.TOTP}, Bound: true}
}

// each is a policy that wants a new proof for each request, whichever that is.
func each() stepup.Policy {
	return stepup.Policy{Name: "each", MaxAge: 10 * time.Minute, Methods: []stepup.Method{stepup.TOTP}, EveryTime: true}
}

// plain is a policy that the same factor satisfies, for any request.
func plain() stepup.Policy {
	return stepup.Policy{Name: "plain", MaxAge: 10 * time.Minute, Methods: []stepup.Method{stepup.TOTP}}
}

// bank is an app that guards what its members do one by one. It has one route
// for each way to guard: /wire, /wire2 and /other are behind Require of the
// policies wire and other, /parsed calls Check after ParseForm, /checked calls
// Check right away, /each and /plain are behind Require.
type bank struct {
	*app
	ran []string // what the handlers were asked to do: method, target and body
}

func newBank(t *testing.T, change ...func(*stepup.Config)) *bank {
	t.Helper()
	return newBankOn(t, stytchtest.NewUnstartedServer(), change...)
}

func newBankOn(t *testing.T, emu *stytchtest.Server, change ...func(*stepup.Config)) *bank {
	t.Helper()
	other := wire()
	other.Name = "other"
	base := func(c *stepup.Config) {
		c.Policies = []stepup.Policy{wire(), other, each(), plain()}
		c.Action = action
	}
	b := &bank{app: newAppOn(t, emu, append([]func(*stepup.Config){base}, change...)...)}
	handle := http.HandlerFunc(b.run)
	require := func(name string) http.Handler { return b.guard.Require(b.named(name))(handle) }
	mux := http.NewServeMux()
	mux.Handle("/stepup/", b.guard.VerifyHandler())
	mux.Handle("/wire", require("wire"))
	mux.Handle("/wire2", require("wire"))
	mux.Handle("/other", require("other"))
	mux.Handle("/each", require("each"))
	mux.Handle("/plain", require("plain"))
	checked := func(before func(*http.Request)) http.Handler {
		return b.guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			before(r)
			if err := b.guard.Check(r, b.named("wire")); err != nil {
				b.guard.Deny(w, r, err)
				return
			}
			b.run(w, r)
		}))
	}
	mux.Handle("/checked", checked(func(*http.Request) {}))
	mux.Handle("/parsed", checked(func(r *http.Request) { r.ParseForm() }))
	b.handler = mux
	return b
}

// named is a policy of the bank.
func (b *bank) named(name string) stepup.Policy {
	for _, p := range b.guard.Policies() {
		if p.Name == name {
			return p
		}
	}
	b.t.Fatalf("no policy is named %q", name)
	return stepup.Policy{}
}

// action is what the bank says of a request: of a transfer its amount and payee.
// It reads the body as a handler would.
func action(r *http.Request, _ stepup.Policy) string {
	to, amount := r.FormValue("to"), r.FormValue("amount") // of a form of several parts, too
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var body struct{ To, Amount string }
		if json.NewDecoder(r.Body).Decode(&body) != nil {
			return "Something"
		}
		to, amount = body.To, body.Amount
	}
	if to == "" {
		return "Statement"
	}
	return "Transfer $" + amount + " to " + to
}

func (b *bank) run(w http.ResponseWriter, r *http.Request) {
	body := r.PostForm.Encode()
	if r.PostForm == nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			b.t.Error(err)
		}
		body = string(text)
	}
	b.ran = append(b.ran, strings.TrimSpace(r.Method+" "+r.RequestURI+" "+body))
	fmt.Fprint(w, "done")
}

// wantRan checks what the handlers behind the guard have done so far.
func (b *bank) wantRan(want ...string) {
	b.t.Helper()
	if !slices.Equal(b.ran, want) {
		b.t.Fatalf("ran:\n%q\nwant\n%q", b.ran, want)
	}
}

// client is a member of the bank with a browser.
type client struct {
	*browser
	member *stytchtest.Member
}

func (b *bank) client() client {
	member := b.emu.AddMember(stytchtest.WithTOTP())
	return client{b.browser(b.emu.SignIn(member, stytchtest.WithDuration(24*time.Hour))), member}
}

// code is a passcode that was not used yet.
func (c client) code() string {
	time.Sleep(30 * time.Second)
	return c.app.emu.TOTPCode(c.member)
}

// approve types a passcode into a page.
func (c client) approve(page reply) reply {
	c.app.t.Helper()
	return c.enter(page.wantPage(page.status, contract.StateCode, contract.CodeStepUpRequired), c.code())
}

// prove types a passcode into the page that answered a form, and returns the
// page that shows the form once more.
func (c client) prove(page reply) reply {
	c.app.t.Helper()
	return c.approve(page).wantPage(200, contract.StateContinue, contract.CodeVerified)
}

// asks checks that an answer asks a browser for a passcode.
func (r reply) asks() reply {
	r.t.Helper()
	return r.wantPage(401, contract.StateCode, contract.CodeStepUpRequired)
}

// approving checks what a page says that its passcode approves, in the app's
// words.
func (r reply) approving(action string) reply {
	r.t.Helper()
	if want := "You are approving: " + action + " "; !strings.Contains(r.text(), want) {
		r.t.Fatalf("%s: the page does not say %q:\n%s", r.from, want, r.text())
	}
	return r
}

const aTransfer = "to=Acme&amount=5%2C000&note="

func TestAProofOpensTheRequestThatWasShownOnce(t *testing.T) {
	const sorted = "amount=5%2C000&note=&to=Acme"
	for _, target := range []string{"/wire?from=7", "/checked?from=7", "/parsed?from=7"} {
		t.Run(target, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank(t)
				c := b.client()
				arrives := aTransfer
				if strings.HasPrefix(target, "/parsed") {
					arrives = sorted
				}
				page := c.submit(target, aTransfer).asks().approving("Transfer $5,000 to Acme")
				last := c.prove(page).approving("Transfer $5,000 to Acme")
				b.wantRan()
				c.press(last).wantStatus(200).wantBody("done")
				b.wantRan("POST " + target + " " + arrives)

				c.press(last).asks()
				c.submit(target, aTransfer).asks()
				c.get("/plain").wantStatus(200) // the factor is as fresh as before
				b.wantRan("POST "+target+" "+arrives, "GET /plain")

				c.press(c.prove(c.submit(target, aTransfer))).wantStatus(200)
				b.wantRan("POST "+target+" "+arrives, "GET /plain", "POST "+target+" "+arrives)
			})
		})
	}
}

func TestAProofOpensNoOtherRequest(t *testing.T) {
	post := func(target, contentType, body string) func(client) reply {
		return func(c client) reply { return c.do(http.MethodPost, target, contentType, body) }
	}
	for _, tt := range []struct {
		name string
		send func(c client) reply
	}{
		{"another amount", post("/wire?from=7", formType, "to=Acme&amount=50%2C000&note=")},
		{"another payee", post("/wire?from=7", formType, "to=Evil&amount=5%2C000&note=")},
		{"one field more", post("/wire?from=7", formType, aTransfer+"&urgent=1")},
		{"one field less", post("/wire?from=7", formType, "to=Acme&amount=5%2C000")},
		{"a field twice", post("/wire?from=7", formType, aTransfer+"&amount=50%2C000")},
		{"a field twice, the other one first", post("/wire?from=7", formType, "amount=50%2C000&"+aTransfer)},
		{"another case in a name", post("/wire?from=7", formType, "to=Acme&Amount=5%2C000&note=")},
		{"a field in the query instead of the body", post("/wire?from=7&note=", formType, "to=Acme&amount=5%2C000")},
		{"another path", post("/wire2?from=7", formType, aTransfer)},
		{"another path of another policy", post("/other?from=7", formType, aTransfer)},
		{"another query", post("/wire?from=8", formType, aTransfer)},
		{"no query", post("/wire", formType, aTransfer)},
		{"a longer query", post("/wire?from=7&from=8", formType, aTransfer)},
		{"the query spelled another way", post("/wire?%66rom=7", formType, aTransfer)},
		{"another method", func(c client) reply { return c.do(http.MethodPut, "/wire?from=7", formType, aTransfer) }},
		{"a DELETE", func(c client) reply { return c.do(http.MethodDelete, "/wire?from=7", formType, aTransfer) }},
		{"a GET with the same body", func(c client) reply { return c.do(http.MethodGet, "/wire?from=7", formType, aTransfer) }},
		{"the same bytes as text", post("/wire?from=7", "text/plain", aTransfer)},
		{"the same bytes, said to be compressed", func(c client) reply {
			return c.submit("/wire?from=7", aTransfer+"&%zz=1", "Content-Encoding", "gzip")
		}},
		{"no body", post("/wire?from=7", formType, "")},
		{"a body that is no form", post("/wire?from=7", formType, aTransfer+"&%zz=1")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank(t)
				c := b.client()
				last := c.prove(c.submit("/wire?from=7", aTransfer))
				if r := tt.send(c); r.status != 401 && r.status != 303 {
					t.Errorf("got status %d", r.status)
				}
				b.wantRan()
				// What was refused does not use the proof up.
				c.press(last).wantStatus(200)
				b.wantRan("POST /wire?from=7 " + aTransfer)
			})
		})
	}
}

func TestTheOrderOfFieldsDoesNotMatter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		c.prove(c.submit("/wire", "to=Acme&amount=5&cc=a&cc=b"))
		c.submit("/wire", "cc=b&cc=a&amount=5&to=Acme").asks() // but the order of values does
		c.submit("/wire", "cc=a&amount=5&cc=b&to=Acme").wantStatus(200)
		b.wantRan("POST /wire cc=a&amount=5&cc=b&to=Acme")
	})
}

// The member types them again, and might type them differently.
func TestWithheldFieldsAreNotPartOfTheProof(t *testing.T) {
	for _, target := range []string{"/wire", "/parsed"} {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t, func(c *stepup.Config) { c.Forms.Withhold = []string{"memo"} })
			c := b.client()
			last := c.prove(c.submit(target, "to=Acme&amount=5&password=wrong&memo=x&memo=y"))
			action, fields := last.waiting()
			if got := urlencoded(fields); got != "to=Acme&amount=5&password=&memo=" && got != "amount=5&to=Acme&memo=&password=" {
				t.Errorf("the page sends %q", got)
			}
			c.submit(action, "to=Acme&amount=50&password=right&memo=z").asks()
			c.submit(action, "to=Acme&amount=5&password=right&memo=z").wantStatus(200)
			if len(b.ran) != 1 {
				t.Errorf("ran %q", b.ran)
			}
		})
	}
}

func TestAProofBelongsToOneSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		page := c.submit("/wire", aTransfer).asks()
		last := c.prove(page)
		// Both have just stepped up themselves, in other sessions.
		again := client{b.browser(b.signIn(c.member, totp, time.Minute)), c.member}
		someone := b.client()
		someone.browser = b.browser(b.signIn(someone.member, totp, time.Minute))
		// And a session that holds the very claims of the one that was approved.
		verified, err := b.verifier().Verify(t.Context(), c.cookie("stytch_session_jwt"))
		if err != nil {
			t.Fatal(err)
		}
		claims := map[string]any{}
		if err := verified.Claims(&claims); err != nil || claims["rung_approval"] == nil {
			t.Fatal(claims, err)
		}
		copied := client{b.browser(b.emu.SignIn(c.member, stytchtest.WithFactor("totp", "authenticator_app", time.Minute), stytchtest.WithCustomClaims(claims))), c.member}
		for name, other := range map[string]client{"the same member": again, "another member": someone, "copied claims": copied} {
			other.press(last).asks()
			other.get("/plain").wantStatus(200)
			// The page of another session is of no use either.
			other.enter(page, other.code()).wantPage(409, contract.StateOtherMember, contract.CodeMemberMismatch)
			form := page.fields()
			form.Set("session", other.submit("/wire", aTransfer).fields().Get("session"))
			form.Del("form")
			form.Set("code", other.code())
			other.post("/stepup/", form).wantPage(400, contract.StateBadRequest, contract.CodeBadRequest)
			if b.ran = slices.DeleteFunc(b.ran, func(s string) bool { return s == "GET /plain" }); len(b.ran) > 0 {
				t.Errorf("%s: ran %q", name, b.ran)
			}
		}
		c.press(last).wantStatus(200)
		b.wantRan("POST /wire " + aTransfer)
	})
}

// Whoever can write custom claims, but does not hold Config.Key, gains nothing.
func TestAForgedClaimOpensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := stytchtest.NewUnstartedServer()
		b := newBankOn(t, emu)
		forger := newBankOn(t, emu, func(c *stepup.Config) { c.Key = []byte("another key, of thirty-two bytes") })
		c := b.client()
		theirs := client{forger.browser(nil), c.member}
		theirs.client = c.client
		theirs.client.Transport = forger
		theirs.prove(theirs.submit("/wire", aTransfer))
		made := forger.claimed()[0]["rung_approval"].(string)
		theirs.client.Transport = b
		c.submit("/wire", aTransfer).asks() // the session holds the claim
		b.wantRan()

		mine := b.client()
		mine.prove(mine.submit("/wire", aTransfer))
		real := b.claimed()
		parts := strings.Split(real[len(real)-1]["rung_approval"].(string), ".")
		if len(parts) != 4 {
			t.Fatalf("the claim is %q", parts)
		}
		join := func(hash, nonce, expires, tag string) string {
			return strings.Join([]string{hash, nonce, expires, tag}, ".")
		}
		for name, claim := range map[string]any{
			"signed with another key":      made,
			"without a tag":                join(parts[0], parts[1], parts[2], ""),
			"with another nonce":           join(parts[0], "NONCE", parts[2], parts[3]),
			"without a nonce":              join(parts[0], "", parts[2], parts[3]),
			"that lives longer":            join(parts[0], parts[1], "zzzzzz", parts[3]),
			"with a part more":             join(parts[0], parts[1], parts[2], parts[3]) + ".x",
			"with a tag that is cut off":   join(parts[0], parts[1], parts[2], parts[3][:10]),
			"that is empty":                "",
			"that is dots":                 "...",
			"that is a number":             7,
			"that is a list":               []string{parts[0], parts[1], parts[2], parts[3]},
			"that is an object":            map[string]any{"h": parts[0]},
			"of another session, as it is": join(parts[0], parts[1], parts[2], parts[3]),
		} {
			session := emu.SignIn(c.member, stytchtest.WithFactor("totp", "authenticator_app", time.Minute),
				stytchtest.WithCustomClaims(map[string]any{"rung_approval": claim}))
			if r := b.browser(session).submit("/wire", aTransfer); r.status != 401 {
				t.Errorf("a claim %s: got status %d", name, r.status)
			}
		}
		b.wantRan()
	})
}

func TestWhatIsOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		seen := map[string]bool{}
		for range 3 {
			c.press(c.prove(c.submit("/wire", aTransfer))).wantStatus(200)
		}
		for i, claims := range b.claimed() {
			claim, _ := claims["rung_approval"].(string)
			hash, rest, _ := strings.Cut(claim, ".")
			nonce, _, _ := strings.Cut(rest, ".")
			if len(hash) != 43 || len(nonce) != 26 || len(claims) != 1 || len(claim) > 200 {
				t.Errorf("the claims are %v", claims)
			}
			if seen[nonce] {
				t.Error("a nonce came twice")
			}
			if seen[nonce] = true; i > 0 && !seen[hash] {
				t.Error("the same request has another hash")
			}
			seen[hash] = true
			if strings.Contains(claim, "Acme") {
				t.Errorf("the claim tells what was approved: %q", claim)
			}
		}
		// A step-up for a policy that does not bind its proofs sets no such claim.
		time.Sleep(time.Hour)
		c.approve(c.follow(c.get("/plain"))).wantRedirect("/plain")
		if all := b.claimed(); len(all[len(all)-1]) != 0 {
			t.Errorf("the claims of another policy are %v", all[len(all)-1])
		}
	})
}

func TestTwoTabsWithTwoActions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		five := c.submit("/wire", "to=Acme&amount=5").asks().approving("Transfer $5 to Acme")
		fifty := c.submit("/wire", "to=Acme&amount=50").asks().approving("Transfer $50 to Acme")

		last := c.prove(five)
		c.submit("/wire", "to=Acme&amount=50").asks()
		c.press(last).wantStatus(200)
		c.submit("/wire", "to=Acme&amount=50").asks()
		b.wantRan("POST /wire to=Acme&amount=5")

		c.press(c.prove(fifty)).wantStatus(200)
		c.submit("/wire", "to=Acme&amount=5").asks()
		b.wantRan("POST /wire to=Acme&amount=5", "POST /wire to=Acme&amount=50")
	})
}

func TestAKeptFormIsNotApprovedAsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		five := c.submit("/wire", "to=Acme&amount=5").asks()
		fifty := c.submit("/wire", "to=Acme&amount=50").asks()
		mixed := five.fields()
		mixed.Set("form", fifty.fields().Get("form"))
		calls := b.calls("totp/authenticate")
		mixed.Set("code", c.code())
		c.post("/stepup/", mixed).wantPage(400, contract.StateBadRequest, contract.CodeBadRequest)
		// A form without an approval is not approved as something else either.
		mixed.Del("bound")
		c.post("/stepup/", mixed).wantPage(400, contract.StateBadRequest, contract.CodeBadRequest)
		if b.calls("totp/authenticate") != calls {
			t.Error("a passcode was shown to Stytch")
		}
		c.submit("/wire", "to=Acme&amount=5").asks()
		c.submit("/wire", "to=Acme&amount=50").asks()
		b.wantRan()
	})
}

func TestAPageOpensOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		challenge := c.get("/wire?month=5").wantStatus(303)
		to, err := url.Parse(challenge.header.Get("Location"))
		if err != nil || to.Path != "/stepup/" || to.Query().Get("bound") == "" || to.Query().Get("next") != "/wire?month=5" || to.Query().Get("policy") != "wire" {
			t.Fatalf("redirected to %v, %v", to, err)
		}
		page := c.follow(challenge).wantPage(200, contract.StateCode, contract.CodeStepUpRequired).approving("Statement")
		c.approve(page).wantRedirect("/wire?month=5")
		b.wantRan()
		for _, mark := range []string{"Sec-Purpose", "Purpose", "X-Moz"} {
			c.get("/wire?month=5", mark, "prefetch").wantStatus(401)
		}
		c.get("/wire?month=6").wantStatus(303)
		b.wantRan()
		c.get("/wire?month=5").wantStatus(200)
		c.get("/wire?month=5").wantStatus(303) // reloaded
		b.wantRan("GET /wire?month=5")
	})
}

func TestAHEADIsTheSameAsAGET(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		c.approve(c.follow(c.get("/wire"))).wantRedirect("/wire")
		c.do(http.MethodHead, "/wire", "", "").wantStatus(200)
		c.get("/wire").wantStatus(303)
		b.wantRan("HEAD /wire")
	})
}

// The address of the page may have lost its query, in a bookmark for instance.
func TestAPageThatWasOpenedByItselfApprovesTheWayBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		page := c.get("/stepup/?policy=wire&next=%2Fwire%3Fmonth%3D5")
		c.approve(page).wantRedirect("/wire?month=5")
		c.submit("/wire?month=5", aTransfer).asks()
		c.get("/wire").wantStatus(303)
		c.get("/wire?month=5").wantStatus(200)
		b.wantRan("GET /wire?month=5")
	})
}

// bound is what a program is told and sends back.
func (r reply) bound() string {
	r.t.Helper()
	bound, _ := r.document()["bound"].(string)
	if bound == "" {
		r.t.Fatalf("%s: no bound in %s", r.from, r.body)
	}
	return bound
}

func passcode(policy, code, bound string) string {
	fields := map[string]string{"policy": policy, "code": code}
	if bound != "" {
		fields["bound"] = bound
	}
	text, _ := json.Marshal(fields)
	return string(text)
}

func TestAProgramSendsBackWhatItsPasscodeApproves(t *testing.T) {
	const body = `{"to":"Acme","amount":"5"}`
	for _, kind := range []string{"with cookies", "with a token"} {
		t.Run(kind, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank(t)
				c := b.client()
				call := c.fetch
				if kind == "with a token" {
					token := c.cookie("stytch_session_jwt")
					call = func(method, target, body string, _ ...string) reply {
						r := b.bearer(token).call(method, target, body)
						var d map[string]any
						if json.Unmarshal([]byte(r.body), &d) == nil && d["session_jwt"] != nil {
							token = d["session_jwt"].(string)
						}
						return r
					}
				}
				refused := call("POST", "/wire?from=7", body)
				d := refused.wantCode(401, contract.CodeStepUpRequired)
				if d["method"] != totp || d["policy"] != "wire" {
					t.Errorf("got %v", d)
				}
				bound := refused.bound()
				attempts := func() int { return b.calls("totp/authenticate") }
				before := attempts()
				for name, wrong := range map[string]string{
					"none":                           "",
					"of nothing":                     "x",
					"cut off":                        bound[:len(bound)-2],
					"changed by a character":         flip(bound),
					"of another policy":              call("POST", "/other?from=7", body).bound(),
					"of a program of another member": b.client().fetch("POST", "/wire?from=7", body).bound(),
				} {
					code := c.code()
					answer := call("POST", "/stepup/", passcode("wire", code, wrong))
					if d := answer.document(); answer.status != 400 || d["code"] != string(contract.CodeBadRequest) {
						t.Errorf("bound %s: got %d %s", name, answer.status, answer.body)
					}
				}
				if attempts() != before {
					t.Error("a passcode was shown to Stytch")
				}
				if d := call("POST", "/stepup/", passcode("wire", wrong(c.code()), bound)).wantCode(422, contract.CodeIncorrect); d["attempts_left"] != 4.0 {
					t.Errorf("an attempt was spent: %v", d)
				}
				call("POST", "/stepup/", passcode("wire", c.code(), bound)).wantCode(200, contract.CodeVerified)

				for _, other := range []string{`{"to":"Acme","amount":"50"}`, `{"to":"Acme", "amount":"5"}`, `{"amount":"5","to":"Acme"}`, body + "\n", body[1:], ""} {
					if r := call("POST", "/wire?from=7", other); r.status != 401 {
						t.Errorf("body %q: got status %d", other, r.status)
					}
				}
				b.wantRan()
				call("POST", "/wire?from=7", body).wantStatus(200)
				call("POST", "/wire?from=7", body).wantCode(401, contract.CodeStepUpRequired)
				b.wantRan("POST /wire?from=7 " + body)
			})
		})
	}
}

func TestTheTypeOfABodyIsBoundToo(t *testing.T) {
	const body = `{"to":"Acme","amount":"5"}`
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, func(c *stepup.Config) { c.Action = nil })
		c := b.client()
		send := func(contentType string, headers ...string) reply {
			return c.do("POST", "/wire", contentType, body, append(headers, "Accept", "application/json", "Sec-Fetch-Mode", "cors")...)
		}
		bound := send("application/json").bound()
		c.fetch("POST", "/stepup/", passcode("wire", c.code(), bound)).wantCode(200, contract.CodeVerified)
		for _, other := range []string{"application/json; charset=utf-16", "text/plain", "application/xml", ""} {
			send(other).wantStatus(401)
		}
		send("application/json", "Content-Encoding", "gzip").wantStatus(401)
		b.wantRan()
		send("application/json").wantStatus(200)
	})
}

// flip changes a character in the middle of base64 text.
func flip(s string) string {
	c := byte('A')
	if s[len(s)/2] == c {
		c = 'B'
	}
	return s[:len(s)/2] + string(c) + s[len(s)/2+1:]
}

func TestAnApprovalWaitsAQuarterOfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		form, page, program := c.submit("/wire", aTransfer).asks(), c.get("/wire"), c.fetch("POST", "/wire", "{}")
		time.Sleep(14 * time.Minute)
		c.get(page.header.Get("Location")).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
		time.Sleep(time.Minute)
		calls := b.calls("totp/authenticate")
		c.enter(form, c.code()).wantPage(400, contract.StateBadRequest, contract.CodeBadRequest)
		c.get(page.header.Get("Location")).wantRedirect("/wire") // which asks again
		c.fetch("POST", "/stepup/", passcode("wire", c.code(), program.bound())).wantCode(400, contract.CodeBadRequest)
		if b.calls("totp/authenticate") != calls {
			t.Error("a passcode was shown to Stytch")
		}
	})
}

// A passcode that could approve nothing is not sent either.
func TestNoMessageForAnApprovalThatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, func(c *stepup.Config) {
			bySMS := wire()
			bySMS.Methods = nil
			c.Policies = append(c.Policies[1:], bySMS)
		})
		b.handler = b.guard.VerifyHandler()
		c := b.client()
		c.get("/stepup/?policy=wire&bound=x&next=%2Fwire").wantRedirect("/wire")
		c.fetch("POST", "/stepup/send", `{"policy":"wire","bound":"x"}`).wantCode(400, contract.CodeBadRequest)
		if n := len(b.emu.Messages("")); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
		c.fetch("POST", "/stepup/send", `{"policy":"wire"}`).wantCode(200, contract.CodeChallengePending) // it may come later
	})
}

func TestAProofIsGoodForAsLongAsItsFactor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		last := c.prove(c.submit("/wire", aTransfer))
		time.Sleep(10*time.Minute - time.Second)
		c.press(last).wantStatus(200)
		last = c.prove(c.submit("/wire", aTransfer))
		time.Sleep(10 * time.Minute)
		c.press(last).asks()
	})
}

// A stranger who steps up again must not use an old approval with it.
func TestANewerFactorDoesNotBringAnApprovalBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		last := c.prove(c.submit("/wire", aTransfer))
		time.Sleep(10 * time.Minute)
		c.approve(c.follow(c.get("/plain"))).wantRedirect("/plain")
		c.press(last).asks()
		b.wantRan()
	})
}

func TestBodiesThatAreTooLargeToBeBound(t *testing.T) {
	const limit = 64 << 10
	fill := func(prefix string, n int) string { return prefix + strings.Repeat("x", n-len(prefix)) }
	for _, tt := range []struct {
		name, target, contentType, prefix string
		chunked                           bool
	}{
		{"a form", "/wire", formType, "to=Acme&amount=5&note=", false},
		{"a form that the handler has parsed", "/parsed", formType, "to=Acme&amount=5&note=", false},
		{"JSON", "/wire", "application/json", `{"to":"Acme"} `, false},
		{"JSON of no given length", "/wire", "application/json", `{"to":"Acme"} `, true},
		{"JSON, with Check", "/checked", "application/json", `{"to":"Acme"} `, false},
		{"anything", "/wire", "application/octet-stream", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBank(t)
				c := b.client()
				send := func(n int) int {
					r := httptest.NewRequest("POST", tt.target, strings.NewReader(fill(tt.prefix, n)))
					if tt.chunked {
						r.ContentLength = -1
					}
					r.Header.Set("Content-Type", tt.contentType)
					r.Header.Set("Authorization", "Bearer "+c.cookie("stytch_session_jwt"))
					w := httptest.NewRecorder()
					b.handler.ServeHTTP(w, r)
					return w.Code
				}
				if got := send(limit); got != 401 {
					t.Errorf("64 KiB: got status %d, want 401", got)
				}
				if got := send(limit + 1); got != 413 {
					t.Errorf("a byte more: got status %d, want 413", got)
				}
				if got := send(20 << 20); got != 413 {
					t.Errorf("20 MiB: got status %d, want 413", got)
				}
				b.wantRan()
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		c.submit("/wire", fill("note=", limit+1)).wantPage(413, contract.StateBadRequest, contract.CodeBadRequest)
		whole := fill("note=", 50<<10)
		c.press(c.prove(c.submit("/wire", whole))).wantStatus(200)
		b.wantRan("POST /wire " + whole)
	})
}

// What was read before can neither be bound nor be told from nothing.
func TestABodyThatWasReadBeforeIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		length int64
		read   func(*http.Request)
	}{
		{"all of it", 26, func(r *http.Request) { io.ReadAll(r.Body) }},
		{"a part of it", 26, func(r *http.Request) { io.ReadFull(r.Body, make([]byte, 3)) }},
		{"all of it, of no given length", -1, func(r *http.Request) { io.ReadAll(r.Body) }},
		{"replaced by nothing", 26, func(r *http.Request) { r.Body = http.NoBody }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBank(t, func(c *stepup.Config) { c.Action = nil })
			session := b.emu.SignIn(b.emu.AddMember(stytchtest.WithTOTP()), stytchtest.WithFactor("totp", "authenticator_app", time.Minute))
			r := httptest.NewRequest("POST", "/checked", strings.NewReader(`{"to":"Acme","amount":"5"}`))
			r.ContentLength = tt.length
			r.Header.Set("Content-Type", "application/json")
			session.SetBearer(r)
			var err error
			b.guard.RequireSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				tt.read(r)
				err = b.guard.Check(r, wire())
			})).ServeHTTP(httptest.NewRecorder(), r)
			if err == nil || errors.Is(err, stepup.ErrStepUpRequired) {
				t.Errorf("got %v, want an error that is no invitation to approve nothing", err)
			}
		})
	}
}

// Config.Action may read the body, and the handler still gets all of it.
func TestTheActionMayReadTheBody(t *testing.T) {
	for _, tt := range []struct{ name, contentType, body, says string }{
		{"a form", formType, aTransfer, "Transfer $5,000 to Acme"},
		{"JSON", "application/json", `{"to":"Acme","amount":"5"}`, "Transfer $5 to Acme"},
		{"a multipart form", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"to\"\r\n\r\nAcme\r\n--b\r\nContent-Disposition: form-data; name=\"amount\"\r\n\r\n5\r\n--b--\r\n", "Transfer $5 to Acme"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var said []string
				b := newBank(t, func(c *stepup.Config) {
					c.Action = func(r *http.Request, p stepup.Policy) string {
						says := action(r, p)
						if r.URL.Path == "/wire" {
							said = append(said, says)
						}
						return says
					}
				})
				c := b.client()
				send := func(body string) reply {
					return c.do("POST", "/wire", tt.contentType, body, "Accept", "application/json", "Sec-Fetch-Mode", "cors")
				}
				bound := send(tt.body).bound()
				c.fetch("POST", "/stepup/", passcode("wire", c.code(), bound)).wantCode(200, contract.CodeVerified)
				send(strings.Replace(tt.body, "5", "50", 1)).wantStatus(401)
				send(tt.body).wantStatus(200)
				b.wantRan(strings.TrimSpace("POST /wire " + tt.body))
				for i, says := range said {
					if says != tt.says && says != strings.Replace(tt.says, "5", "50", 1) {
						t.Errorf("call %d: the action is %q", i, says)
					}
				}
			})
		})
	}
}

// The text is a part of what was approved.
func TestAnActionWhoseTextChangesIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := "Transfer $5 at a rate of 1.1"
		b := newBank(t, func(c *stepup.Config) {
			c.Action = func(*http.Request, stepup.Policy) string { return text }
		})
		c := b.client()
		last := c.prove(c.submit("/wire", aTransfer).approving(text))
		text = "Transfer $5 at a rate of 1.2"
		again := c.press(last).asks().approving(text)
		b.wantRan()
		c.press(c.prove(again)).wantStatus(200)
		b.wantRan("POST /wire " + aTransfer)

		// Even if it is another one each time it is asked for.
		n := 0
		fickle := newBank(t, func(c *stepup.Config) {
			c.Action = func(*http.Request, stepup.Policy) string { n++; return fmt.Sprint("Transfer ", n) }
		})
		f := fickle.client()
		f.press(f.prove(f.submit("/wire", aTransfer))).asks()
		fickle.wantRan()
	})
}

func TestALongActionCanBeApproved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := "Pay " + strings.Repeat("Müller & Söhne, ", 500)
		b := newBank(t, func(c *stepup.Config) {
			c.Action = func(*http.Request, stepup.Policy) string { return long }
		})
		c := b.client()
		c.press(c.prove(c.submit("/wire", aTransfer))).wantStatus(200)
		page := c.get("/wire")
		if n := len(page.header.Get("Location")); n > 4096 {
			t.Errorf("the address of the page has %d bytes", n)
		}
		c.approve(c.follow(page)).wantRedirect("/wire")
		c.get("/wire").wantStatus(200)
		bound := c.fetch("POST", "/wire", "{}").bound()
		c.fetch("POST", "/stepup/", passcode("wire", c.code(), bound)).wantCode(200, contract.CodeVerified)
		c.fetch("POST", "/wire", "{}").wantStatus(200)
	})
}

func TestOfManyRequestsAtOnceOneGoesThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		c.prove(c.submit("/wire", aTransfer))
		done := make(chan int)
		for range 50 {
			go func() { done <- c.submit("/wire", aTransfer).status }()
		}
		passed := 0
		for range 50 {
			if <-done == 200 {
				passed++
			}
		}
		if passed != 1 || len(b.ran) != 1 {
			t.Errorf("%d of 50 requests passed, and the handler ran %d times", passed, len(b.ran))
		}
	})
}

// Nor does one passcode approve two of them.
func TestAPasscodeApprovesOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		five, fifty := c.submit("/wire", "to=Acme&amount=5").asks(), c.submit("/wire", "to=Acme&amount=50").asks()
		code := c.code()
		done := make(chan reply)
		for _, page := range []reply{five, fifty} {
			form := page.fields()
			form.Set("code", code)
			go func() { done <- c.post("/stepup/", form) }()
		}
		approved := 0
		for range 2 {
			switch r := <-done; r.status {
			case 200:
				approved++
			default:
				r.wantPage(422, contract.StateCode, contract.CodeExpired)
			}
		}
		c.submit("/wire", "to=Acme&amount=5")
		c.submit("/wire", "to=Acme&amount=50")
		if approved != 1 || len(b.ran) != 1 {
			t.Errorf("%d were approved, and ran %q", approved, b.ran)
		}
	})
}

func TestAMemberWhoSetsUpAnAppApprovesWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, func(c *stepup.Config) { c.Enroll = &stepup.Enrollment{Methods: []stepup.Method{stepup.TOTP}} })
		member := b.emu.AddMember(stytchtest.WithoutPhone())
		c := client{b.browser(b.emu.SignIn(member)), member}
		page := c.submit("/wire", aTransfer).wantPage(403, contract.StateAuthenticator, contract.CodeEnrollmentRequired).approving("Transfer $5,000 to Acme")
		page = c.post("/stepup/authenticator", page.fields()).wantPage(200, contract.StateAuthenticator, contract.CodeEnrollmentStarted)
		last := c.enter(page, b.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
		c.press(last).wantStatus(200)
		c.press(last).asks()
		b.wantRan("POST /wire " + aTransfer)
	})
}

func TestWithoutALimiterNothingBoundIsLetThrough(t *testing.T) {
	for name, target := range map[string]string{"Require": "/wire", "Check": "/checked", "EveryTime": "/each"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := &hookLimiter{}
				b := newBank(t, func(c *stepup.Config) { c.Limiter = limiter })
				c := b.client()
				last := c.prove(c.submit(target, aTransfer))
				limiter.take = func(context.Context, string) error { return errors.New("out of order") }
				c.press(last).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
				b.wantRan()
				if n := len(b.eventsOf(stepup.EventFailed, "limiter")); n == 0 {
					t.Error("no event reports it")
				}
				limiter.take = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
				c.press(last).wantStatus(503)
				b.wantRan()
				limiter.take = nil
				c.press(last).wantStatus(200)
				b.wantRan("POST " + target + " " + aTransfer)
			})
		})
	}
}

// What the documentation of Policy.Bound says of a MemoryLimiter.
func TestAMemoryLimiterForgetsAtARestartWhatWasUsed(t *testing.T) {
	for _, shared := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			emu, limiter := stytchtest.NewUnstartedServer(), new(stepup.MemoryLimiter)
			start := func() *bank {
				return newBankOn(t, emu, func(c *stepup.Config) {
					if shared { // as a redislimit.Limiter would be
						c.Limiter = limiter
					}
				})
			}
			before := start()
			c := before.client()
			last := c.prove(c.submit("/wire", aTransfer))
			c.press(last).wantStatus(200)
			c.press(last).asks()

			after := start()
			c.browser.client.Transport = after
			if want := map[bool]int{false: 200, true: 401}[shared]; c.press(last).status != want {
				t.Errorf("shared %v: the proof was good for another request: %q", shared, after.ran)
			}
			c.press(last).wantStatus(401)
		})
	}
}

func TestAProofForEveryRequest(t *testing.T) {
	t.Run("a page", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			c := b.client()
			c.approve(c.follow(c.get("/plain"))).wantRedirect("/plain")
			c.get("/plain").wantStatus(200)
			page := c.follow(c.get("/each")) // a step-up for another policy a moment ago does not count
			for range 2 {
				c.approve(page).wantRedirect("/each")
				c.get("/each", "Sec-Purpose", "prefetch").wantStatus(401)
				c.get("/each").wantStatus(200)
				page = c.follow(c.get("/each")).wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
			}
			b.wantRan("GET /plain", "GET /each", "GET /each")
			// Nor does one for a request that waits elsewhere.
			c.prove(c.submit("/wire", aTransfer))
			c.get("/each").wantStatus(303)
		})
	})
	t.Run("a form, which is another one than was proved for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			c := b.client()
			c.prove(c.submit("/each", "amount=5"))
			c.submit("/each", "amount=50").wantStatus(200)
			c.submit("/each", "amount=5").asks()
			b.wantRan("POST /each amount=50")
		})
	})
	t.Run("a program, which may leave out what it was told", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			c := b.client()
			bound := c.fetch("POST", "/each", "{}").bound()
			c.fetch("POST", "/stepup/", passcode("each", c.code(), bound)).wantCode(200, contract.CodeVerified)
			c.fetch("POST", "/each", "{}").wantStatus(200)
			c.fetch("POST", "/each", "{}").wantCode(401, contract.CodeStepUpRequired)
			c.fetch("POST", "/stepup/", passcode("each", c.code(), "")).wantCode(200, contract.CodeVerified)
			c.fetch("POST", "/each", "{}").wantStatus(200)
			c.fetch("POST", "/each", "{}").wantCode(401, contract.CodeStepUpRequired)
		})
	})
	t.Run("one that was proved before the request was refused", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			c := b.client()
			early := c.follow(c.get("/each"))
			late := c.follow(c.get("/each"))
			c.approve(early).wantRedirect("/each")
			c.get("/each").wantStatus(200)
			// The page that waited all the time still wants a passcode of its own.
			c.enter(late, b.emu.TOTPCode(c.member))
			c.get("/each").wantStatus(303)
			c.approve(late).wantRedirect("/each")
			c.get("/each").wantStatus(200)
			b.wantRan("GET /each", "GET /each")
		})
	})
	t.Run("a double click on the passcode is one proof", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t)
			c := b.client()
			page := c.follow(c.get("/each"))
			code := c.code()
			c.enter(page, code).wantRedirect("/each")
			c.enter(page, code).wantRedirect("/each")
			c.get("/each").wantStatus(200)
			c.get("/each").wantStatus(303)
		})
	})
}

// A stale JWT, of another tab for instance, is no reason to ask again.
func TestAnApprovalThatTheJWTLacksIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		jwt, token := c.cookie("stytch_session_jwt"), c.cookie("stytch_session")
		last := c.prove(c.submit("/wire", aTransfer))
		old := b.browser(&stytchtest.Session{JWT: jwt, Token: token, ExpiresAt: time.Now().Add(time.Hour)})
		old.press(last).wantStatus(200)
		c.press(last).asks() // it was used
		old.press(last).asks()
		b.wantRan("POST /wire " + aTransfer)
	})
}

func TestApprovalsOutliveARotationOfTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := stytchtest.NewUnstartedServer()
		limiter := new(stepup.MemoryLimiter)
		b := newBankOn(t, emu, func(c *stepup.Config) { c.Limiter = limiter })
		c := b.client()
		page := c.submit("/wire", aTransfer).asks()
		last := c.prove(c.submit("/wire", "to=Other"))
		rotated := newBankOn(t, emu, func(c *stepup.Config) {
			c.Limiter = limiter
			c.Key, c.OldKeys = []byte("another key, of thirty-two bytes"), [][]byte{c.Key}
		})
		c.client.Transport = rotated
		c.browser.app = rotated.app
		c.press(last).wantStatus(200)
		c.press(c.prove(page)).wantStatus(200)
		rotated.wantRan("POST /wire to=Other", "POST /wire "+aTransfer)

		// And what was used before a rotation stays used.
		used := b.client()
		last = used.prove(used.submit("/wire", aTransfer))
		used.press(last).wantStatus(200)
		used.client.Transport = rotated
		used.press(last).asks()
	})
}

// near is a policy whose proofs are good at one address.
func near() stepup.Policy {
	return stepup.Policy{Name: "near", MaxAge: time.Hour, SameAddress: true}
}

// at makes the browser come from an address.
func (b *browser) at(address string) *browser {
	b.header.Set("Test-Remote-Addr", netip.AddrPortFrom(netip.MustParseAddr(address), 1234).String())
	return b
}

func addressApp(t *testing.T) *app {
	t.Helper()
	return newApp(t, withPolicies(near(), money), func(c *stepup.Config) { c.ClientIP = byRemoteAddr })
}

func TestAProofIsGoodAtTheAddressThatItWasMadeFrom(t *testing.T) {
	for _, tt := range []struct {
		name, from, to string
		same           bool
	}{
		{"the same IPv4 address", "192.0.2.1", "192.0.2.1", true},
		{"the next IPv4 address", "192.0.2.1", "192.0.2.2", false},
		{"an IPv4 address, written as one of IPv6", "192.0.2.1", "::ffff:192.0.2.1", true},
		{"another IPv6 address of the same /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true},
		{"an IPv6 address of the next /64", "2001:db8:1:2::1", "2001:db8:1:3::1", false},
		{"from IPv4 to IPv6", "192.0.2.1", "2001:db8::1", false},
	} {
		for name, target := range liveRoutes() {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a := addressApp(t)
					member := a.emu.AddMember()
					b := a.browser(a.emu.SignIn(member)).at(tt.from)
					b.enter(b.follow(b.get(target)), a.emu.LastCode(member)).wantRedirect(target)
					b.get(target).wantStatus(200)
					time.Sleep(6 * time.Minute) // the claim survives a renewal
					b.get(target).wantStatus(200)

					moved := b.at(tt.to)
					if tt.same {
						moved.get(target).wantStatus(200)
						return
					}
					d := moved.fetch("GET", target, "").wantCode(401, contract.CodeStepUpRequired)
					if d["unmet"] != nil {
						t.Errorf("got unmet %v of a factor that is recent", d["unmet"])
					}
					served := a.payouts.Load()
					page := moved.follow(moved.get(target)).wantPage(200, contract.StateCode, contract.CodeChallengePending)
					moved.enter(page, a.emu.LastCode(member)).wantRedirect(target)
					moved.get(target).wantStatus(200)
					b.at(tt.from).get(target).wantStatus(303)
					if got := a.payouts.Load(); got != served+1 {
						t.Errorf("the handler ran %d times", got-served)
					}
				})
			})
		}
	}
}

func TestEveryStepUpSaysWhereItWasMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := addressApp(t)
		member := a.emu.AddMember()
		mux := http.NewServeMux()
		mux.Handle("/money", a.guard.Require(money)(http.NotFoundHandler()))
		mux.Handle("/", a.handler)
		a.handler = mux
		b := a.browser(a.emu.SignIn(member)).at("192.0.2.1")
		b.enter(b.follow(b.get("/money")), a.emu.LastCode(member)).wantRedirect("/money")
		b.get("/payouts").wantStatus(200)
		b.at("192.0.2.2").get("/money").wantStatus(404) // that policy does not care
		b.get("/payouts").wantStatus(303)
	})
}

func TestALoginThatWasCompletedCountsAsMadeAtItsAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := addressApp(t)
		member := a.emu.AddMember(stytchtest.WithMFAEnrolled())
		mux := http.NewServeMux()
		mux.Handle("/", a.handler)
		mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
			a.guard.CompleteLogin(w, r, stepup.Login{
				OrganizationID: member.OrganizationID, MemberID: member.ID, CodeSent: true,
				IntermediateSessionToken: a.emu.StartLogin(member, stytchtest.CodeSent()), Next: "/payouts",
			})
		})
		a.handler = mux
		b := a.browser(nil).at("192.0.2.1")
		page := b.follow(b.post("/sign-in", nil))
		form := page.fields()
		form.Set("code", a.emu.LastCode(member))
		b.post("/stepup/login/", form).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(200).wantBody(member.ID)
		b.at("192.0.2.9").get("/payouts").wantStatus(303)
	})
}

// The evidence of an address is nobody else's, and nobody without Config.Key can
// make it.
func TestAnAddressIsForgedByNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := addressApp(t)
		member := a.emu.AddMember()
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		claim := a.claimed()[0]["rung_address"]
		if text, _ := claim.(string); len(text) != 43 {
			t.Fatalf("the claim is %v", claim)
		}
		for name, claims := range map[string]map[string]any{
			"of another member": {"rung_address": claim},
			"of no key":         {"rung_address": strings.Repeat("A", 43)},
			"that is empty":     {"rung_address": ""},
			"in clear":          {"rung_address": "192.0.2.1"},
			"of another type":   {"rung_address": []string{claim.(string)}},
			"that is missing":   {},
		} {
			session := a.emu.SignIn(a.emu.AddMember(), withFreshSMS(), stytchtest.WithCustomClaims(claims))
			if r := a.browser(session).get("/payouts"); r.status != 303 {
				t.Errorf("a claim %s: got status %d", name, r.status)
			}
		}
	})
}

func TestAProofOfAnUnknownAddressIsNotOneOfTheLastKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := true
		a := newApp(t, withPolicies(near(), money), func(c *stepup.Config) {
			c.ClientIP = func(r *http.Request) netip.Addr {
				if !known {
					return netip.Addr{}
				}
				return byRemoteAddr(r)
			}
		})
		member := a.emu.AddMember()
		b := a.browser(a.signIn(member))
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		time.Sleep(time.Hour)
		known = false
		page := b.get("/stepup/?policy=money&next=%2F")
		page = b.follow(b.post("/stepup/send", page.fields()))
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/")
		known = true
		b.get("/payouts").wantStatus(303)
	})
}

// No passcode would help, so none is asked for.
func TestAClientWhoseAddressIsNotKnownIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		known := true
		a := newApp(t, withPolicies(near()), func(c *stepup.Config) {
			c.ClientIP = func(r *http.Request) netip.Addr {
				if !known {
					return netip.Addr{}
				}
				return byRemoteAddr(r)
			}
		})
		member := a.emu.AddMember()
		stranger := a.browser(a.emu.SignIn(member))
		b := a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		known = false
		sent := len(a.emu.Messages(""))
		for _, c := range []*browser{b, stranger} {
			c.get("/payouts").wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
			c.get("/transfers").wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
			c.get("/stepup/?policy=near&next=%2Fpayouts").wantPage(500, contract.StateFailed, contract.CodeMisconfigured)
			c.fetch("GET", "/payouts", "").wantCode(500, contract.CodeMisconfigured)
			c.fetch("POST", "/stepup/send", `{"policy":"near"}`).wantCode(500, contract.CodeMisconfigured)
			c.fetch("POST", "/stepup/", `{"policy":"near","code":"000000"}`).wantCode(500, contract.CodeMisconfigured)
		}
		if n := len(a.emu.Messages("")); n != sent || a.payouts.Load() != 0 {
			t.Errorf("%d messages were sent, and the handler ran %d times", n-sent, a.payouts.Load())
		}
		if len(a.eventsOf(stepup.EventFailed, "client_ip")) == 0 {
			t.Error("no event reports it")
		}
		known = true
		b.get("/payouts").wantStatus(200)
	})
}

// half sends half of a JSON body to a server and falls silent. It returns what the
// server answered until it hung up, and after how long.
func half(t *testing.T, server *http.Server, target, cookie string) (answer string, took time.Duration) {
	t.Helper()
	listener := make(pipes, 1)
	go server.Serve(listener)
	defer server.Close()
	defer close(listener) // first: Close waits for Serve
	client, conn := net.Pipe()
	defer client.Close()
	listener <- conn
	began := time.Now()
	go io.WriteString(client, "POST "+target+" HTTP/1.1\r\nHost: app.example.com\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nCookie: "+cookie+
		"\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n{\"to\":\"Ac")
	client.SetReadDeadline(began.Add(time.Hour))
	text, _ := io.ReadAll(client)
	return string(text), time.Since(began)
}

func TestABodyThatDoesNotArriveIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		answer, took := half(t, &http.Server{Handler: b.handler}, "/wire", "stytch_session_jwt="+c.cookie("stytch_session_jwt"))
		if !strings.HasPrefix(answer, "HTTP/1.1 400 ") || took > 11*time.Second { // twice ours, and the half second in which net/http closes
			t.Errorf("after %v, got %q", took, answer)
		}
		b.wantRan()
	})
}

// The guard reads no body where the proof is not bound to one, so what the server
// allows for it must still hold for the handler.
func TestTheTimeoutOfTheServerHoldsForTheHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		c.prove(c.submit("/each", aTransfer))
		var err error
		handler := b.guard.Require(each())(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, err = io.ReadAll(r.Body)
		}))
		_, took := half(t, &http.Server{Handler: handler, ReadTimeout: 3 * time.Second}, "/each", "stytch_session_jwt="+c.cookie("stytch_session_jwt"))
		if err == nil || took > 10*time.Second {
			t.Errorf("after %v, the handler got %v", took, err)
		}
	})
}

// Tenants of one app may share a session.
func TestAProofIsGoodAtOneHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		c.prove(c.submit("/wire", aTransfer))
		at := func(host string) int {
			r := httptest.NewRequest("POST", "/wire", strings.NewReader(aTransfer))
			r.Host = host
			r.Header.Set("Content-Type", formType)
			r.Header.Set("Authorization", "Bearer "+c.cookie("stytch_session_jwt"))
			w := httptest.NewRecorder()
			b.handler.ServeHTTP(w, r)
			return w.Code
		}
		if got := at("other.example.com"); got != 401 {
			t.Errorf("at another host: got status %d", got)
		}
		if got := at("app.example.com"); got != 200 {
			t.Errorf("at the same host: got status %d", got)
		}
	})
}

// ParseForm reads no body of a DELETE, and the handler may do so itself.
func TestTheBodyOfAParsedDELETEIsBoundToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, func(c *stepup.Config) { c.Action = nil })
		c := b.client()
		send := func(body string) reply {
			return c.do(http.MethodDelete, "/parsed", formType, body, "Accept", "application/json", "Sec-Fetch-Mode", "cors")
		}
		bound := send("id=5").bound()
		c.fetch("POST", "/stepup/", passcode("wire", c.code(), bound)).wantCode(200, contract.CodeVerified)
		send("id=6").wantStatus(401)
		b.wantRan()
		send("id=5").wantStatus(200)
	})
}

func TestAnHTMXRequestIsApprovedOnThePage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		send := func() reply {
			return c.submit("/wire", aTransfer, "Hx-Request", "true", "Hx-Current-Url", appURL+"/transfers?new", "Sec-Fetch-Mode", "cors")
		}
		refused := send()
		refused.wantCode(401, contract.CodeStepUpRequired)
		page := c.get(refused.header.Get("HX-Redirect")).approving("Transfer $5,000 to Acme")
		c.approve(page).wantRedirect("/transfers?new")
		send().wantStatus(200)
		send().wantStatus(401)
		b.wantRan("POST /wire " + aTransfer)
	})
}

// Giving up is possible as long as the page is open.
func TestAnOldPageCanBeGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		page := c.submit("/wire", aTransfer).asks()
		time.Sleep(time.Hour)
		c.post("/stepup/cancel", page.fields()).wantRedirect("/")
	})
}

func TestAPolicyMayWantTwoFactorsForOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		both := bothFactors()
		both.Bound = true
		s := newShop(t, withPolicies(both), func(c *stepup.Config) { c.Action = action })
		member := s.emu.AddMember(stytchtest.WithTOTP())
		b := s.browser(s.emu.SignIn(member))
		page := b.stepUp(b.submit("/pay", aTransfer).approving("Transfer $5,000 to Acme"), member)
		page.wantPage(401, contract.StateCode, contract.CodeStepUpRequired).approving("Transfer $5,000 to Acme")
		b.submit("/pay", aTransfer).wantStatus(401)
		last := b.enter(page, s.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)
		b.press(last).wantStatus(200)
		b.press(last).wantStatus(401)
		s.wantOrders("/pay " + aTransfer)
	})
}

// That the proof must be for this request changes nothing about what else a
// policy wants.
func TestABoundPolicyIsAPolicyLikeAnyOther(t *testing.T) {
	for name, bind := range map[string]func(*stepup.Policy){
		"Bound":     func(p *stepup.Policy) { p.Bound = true },
		"EveryTime": func(p *stepup.Policy) { p.EveryTime = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				policy := transfer()
				bind(&policy)
				a := newApp(t, withPolicies(policy))
				member := a.emu.AddMember()
				for _, b := range []*browser{
					a.browser(a.signIn(member, sms, time.Minute, password, 9*time.Hour)),
					a.browser(a.signIn(member, password, 9*time.Hour)),
				} {
					b.get("/payouts").wantRedirect("/login?next=%2Fpayouts")
					b.submit("/payouts", aTransfer).wantPage(401, contract.StateReauthenticate, contract.CodeReauthenticationRequired)
					d := b.fetch("GET", "/payouts", "").wantCode(401, contract.CodeReauthenticationRequired)
					if unmet, _ := d["unmet"].([]any); len(unmet) == 0 {
						t.Errorf("got %v", d)
					}
				}
				staff := a.browser(a.emu.SignIn(member, withFreshSMS(), stytchtest.WithImpersonation()))
				staff.get("/payouts").wantPage(403, contract.StateImpersonated, contract.CodeImpersonation)
				staff.submit("/payouts", aTransfer).wantPage(403, contract.StateImpersonated, contract.CodeImpersonation)
				staff.get("/stepup/?policy=transfer&next=%2Fpayouts").wantPage(403, contract.StateImpersonated, contract.CodeImpersonation)
				staff.fetch("GET", "/payouts", "").wantCode(403, contract.CodeImpersonation)
				staff.fetch("POST", "/stepup/send", `{"policy":"transfer"}`).wantCode(403, contract.CodeImpersonation)
				if n := len(a.emu.Messages("")); n != 0 || a.payouts.Load() != 0 {
					t.Errorf("%d messages were sent, and the handler ran %d times", n, a.payouts.Load())
				}
				d := a.browser(a.emu.SignIn(member)).fetch("GET", "/payouts", "").wantCode(401, contract.CodeStepUpRequired)
				if want := unmet("missing", transfer().AllOf[:1]); !reflect.DeepEqual(d["unmet"], want) {
					t.Errorf("got unmet %v, want %v", d["unmet"], want)
				}
			})
		})
	}
}

// Browsers choose another boundary each time.
func TestAFormOfSeveralPartsIsBoundByItsParts(t *testing.T) {
	parts := func(boundary string, values ...string) (contentType, body string) {
		for i := 0; i < len(values); i += 2 {
			body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + values[i] + "\"\r\n\r\n" + values[i+1] + "\r\n"
		}
		return "multipart/form-data; boundary=" + boundary, body + "--" + boundary + "--\r\n"
	}
	const file = "invoice\"; filename=\"invoice.pdf\"\r\nContent-Type: \"application/pdf"
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t)
		c := b.client()
		send := func(boundary string, values ...string) reply {
			contentType, body := parts(boundary, values...)
			return c.do("POST", "/wire", contentType, body, "Referer", appURL+"/transfers")
		}
		page := send("one", "to", "Acme", "amount", "5", file, "%PDF", "password", "x").asks().approving("Transfer $5 to Acme").wantBody("Your form was not saved")
		c.approve(page).wantRedirect("/transfers")
		for name, other := range map[string][]string{
			"another value":              {"to", "Acme", "amount", "50", file, "%PDF", "password", "x"},
			"another file":               {"to", "Acme", "amount", "5", file, "%PDX", "password", "x"},
			"another name":               {"to", "Acme", "amount", "5", strings.Replace(file, "invoice.pdf", "other.pdf", 1), "%PDF", "password", "x"},
			"another type":               {"to", "Acme", "amount", "5", strings.Replace(file, "application/pdf", "text/html", 1), "%PDF", "password", "x"},
			"a part more":                {"to", "Acme", "amount", "5", file, "%PDF", "amount", "50", "password", "x"},
			"a part less":                {"to", "Acme", "amount", "5", "password", "x"},
			"parts run into one":         {"to", "Acme", "amount", "5\r\n--two\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n", file, "%PDF", "password", "x"},
			"a withheld name for a file": {"to", "Acme", "amount", "5", file, "%PDF", "password", "x", "password\"; filename=\"x", "y"},
		} {
			if r := send("two", other...); r.status != 401 {
				t.Errorf("%s: got status %d", name, r.status)
			}
		}
		b.wantRan()
		send("two", "to", "Acme", "amount", "5", file, "%PDF", "password", "y").wantStatus(200)
		send("three", "to", "Acme", "amount", "5", file, "%PDF", "password", "y").asks()
		if len(b.ran) != 1 {
			t.Errorf("ran %q", b.ran)
		}
	})
}
