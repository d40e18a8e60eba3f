package stepup_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// transfer asks for a second factor of the last ten minutes and a primary factor
// of the last eight hours.
func transfer() stepup.Policy {
	return stepup.Policy{Name: "transfer", AllOf: []stepup.Requirement{
		{{Method: stepup.SMS, MaxAge: 10 * time.Minute}, {Method: stepup.TOTP, MaxAge: 10 * time.Minute}},
		{{Method: stepup.Primary, MaxAge: 8 * time.Hour}},
	}}
}

// withPolicies are the policies of an app, the first one that of its routes.
func withPolicies(policies ...stepup.Policy) func(*stepup.Config) {
	return func(c *stepup.Config) { c.Policies = policies }
}

// check is what Check says of a policy, with the session as a bearer token.
func (a *app) check(session *stytchtest.Session, p stepup.Policy) (err error) {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	session.SetBearer(r)
	ran := false
	a.guard.RequireSession(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ran, err = true, a.guard.Check(r, p)
	})).ServeHTTP(httptest.NewRecorder(), r)
	if !ran {
		a.t.Fatal("the session was refused")
	}
	return err
}

// signIn starts a session of 30 days with factors of some age, which come as
// "type/method" and age by turns.
func (a *app) signIn(m *stytchtest.Member, factors ...any) *stytchtest.Session {
	options := []stytchtest.SignInOption{stytchtest.WithDuration(30 * 24 * time.Hour)}
	for i := 0; i < len(factors); i += 2 {
		kind, method, _ := strings.Cut(factors[i].(string), "/")
		options = append(options, stytchtest.WithFactor(kind, method, factors[i+1].(time.Duration)))
	}
	return a.emu.SignIn(m, options...)
}

const (
	sms      = "otp/sms"
	totp     = "totp/authenticator_app"
	recovery = "recovery_codes/recovery_code"
	password = "password/unknown"
)

func TestEveryRequirementMustBeMetByOneOfItsProofs(t *testing.T) {
	const minute, hour = time.Minute, time.Hour
	second, primary := transfer().AllOf[0], transfer().AllOf[1]
	byAge := stepup.Policy{Name: "by_age", AllOf: []stepup.Requirement{
		{{Method: stepup.SMS, MaxAge: 10 * minute}, {Method: stepup.TOTP, MaxAge: hour}, {Method: stepup.Primary, MaxAge: 5 * minute}},
	}}
	whole := stepup.Policy{Name: "whole", MaxAge: 10 * minute, AllOf: []stepup.Requirement{{{Method: stepup.RecoveryCode, MaxAge: hour}}}}
	for _, tt := range []struct {
		name             string
		policy           stepup.Policy
		factors          []any
		missing, expired []stepup.Requirement
	}{
		{"a text message and a password, both recent", transfer(), []any{sms, minute, password, hour}, nil, nil},
		{"an authenticator app in its place", transfer(), []any{totp, minute, password, hour}, nil, nil},
		{"an old text message beside a recent app", transfer(), []any{sms, hour, totp, minute, password, hour}, nil, nil},
		{"a primary factor one second too young to be too old", transfer(), []any{sms, minute, password, 8*hour - time.Second}, nil, nil},
		{"a primary factor exactly as old as is too old", transfer(), []any{sms, minute, password, 8 * hour}, nil, []stepup.Requirement{primary}},
		{"an old primary factor beside a recent one", transfer(), []any{sms, minute, password, 20 * hour, "sso/sso_saml", hour}, nil, nil},
		{"a second factor exactly as old as is too old", transfer(), []any{sms, 10 * minute, password, hour}, nil, []stepup.Requirement{second}},
		{"no second factor", transfer(), []any{password, hour}, []stepup.Requirement{second}, nil},
		{"no primary factor that counts", transfer(), []any{sms, minute, "trusted_auth_token/trusted_token_exchange", minute}, []stepup.Requirement{primary}, nil},
		{"nothing at all", transfer(), []any{"trusted_auth_token/trusted_token_exchange", minute}, []stepup.Requirement{second, primary}, nil},
		{"one of each state", transfer(), []any{totp, hour, "imported/imported", minute}, []stepup.Requirement{primary}, []stepup.Requirement{second}},
		{"everything too old", transfer(), []any{sms, hour, password, 9 * hour}, nil, []stepup.Requirement{second, primary}},
		{"a recovery code that the policy does not name", transfer(), []any{recovery, minute, password, hour}, []stepup.Requirement{second}, nil},
		{"a second factor of the future", transfer(), []any{sms, -minute, password, hour}, []stepup.Requirement{second}, nil},
		{"a second factor within the leeway of the future", transfer(), []any{sms, -3 * time.Second, password, hour}, nil, nil},

		{"an app within its own age, and beyond that of a text message", byAge, []any{totp, 59 * minute, password, hour}, nil, nil},
		{"a text message beyond its own age, and within that of an app", byAge, []any{sms, 59 * minute, password, hour}, nil, byAge.AllOf},
		{"a primary factor where it stands for a second one", byAge, []any{password, 4 * minute}, nil, nil},

		{"a text message and a recovery code", whole, []any{sms, minute, recovery, 59 * minute}, nil, nil},
		{"a recovery code alone", whole, []any{recovery, minute}, []stepup.Requirement{{{Method: stepup.SMS, MaxAge: 10 * minute}}}, nil},
		{"an app, where Methods are left out", whole, []any{totp, minute, recovery, minute}, []stepup.Requirement{{{Method: stepup.SMS, MaxAge: 10 * minute}}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, withPolicies(tt.policy))
				member := a.emu.AddMember(stytchtest.WithTOTP())
				session := a.signIn(member, tt.factors...)

				err := a.check(session, tt.policy)
				var required *stepup.RequiredError
				switch {
				case len(tt.missing)+len(tt.expired) == 0:
					if err != nil {
						t.Errorf("got %v, want no error", err)
					}
				case !errors.As(err, &required), !errors.Is(err, stepup.ErrStepUpRequired):
					t.Fatalf("got %v, want a *RequiredError", err)
				case !reflect.DeepEqual(required.Missing, tt.missing), !reflect.DeepEqual(required.Expired, tt.expired):
					t.Errorf("got missing %v, expired %v, want %v, %v", required.Missing, required.Expired, tt.missing, tt.expired)
				}

				answer := a.bearer(session.JWT).call(http.MethodGet, "/payouts", "")
				if err == nil {
					answer.wantStatus(http.StatusOK)
					return
				}
				answer.wantStatus(http.StatusUnauthorized)
				want := append(unmet("missing", tt.missing), unmet("expired", tt.expired)...)
				if got := answer.document()["unmet"]; !reflect.DeepEqual(got, want) {
					t.Errorf("got unmet %v, want %v", got, want)
				}
				if got, want := answer.header.Get("WWW-Authenticate"), fmt.Sprintf(`max_age="%.0f"`, shortest(tt.policy).Seconds()); !strings.Contains(got, want) {
					t.Errorf("got WWW-Authenticate %q, want %s", got, want)
				}
				if a.payouts.Load() != 0 {
					t.Error("the handler behind the guard ran")
				}
			})
		})
	}
}

// shortest is the age up to which every proof of a policy counts.
func shortest(p stepup.Policy) time.Duration {
	var ages []time.Duration
	if p.MaxAge > 0 {
		ages = append(ages, p.MaxAge)
	}
	for _, r := range p.AllOf {
		for _, proof := range r {
			ages = append(ages, proof.MaxAge)
		}
	}
	return slices.Min(ages)
}

// unmet is "unmet" of a problem document, as JSON decodes it.
func unmet(state string, requirements []stepup.Requirement) (list []any) {
	for _, r := range requirements {
		var proofs []any
		for _, p := range r {
			proofs = append(proofs, map[string]any{"method": string(p.Method), "max_age": p.MaxAge.Seconds()})
		}
		list = append(list, map[string]any{"state": state, "any_of": proofs})
	}
	return list
}

// A passcode makes no primary factor fresh, so none is asked for.
func TestAStalePrimaryFactorLeadsToTheSignIn(t *testing.T) {
	const signIn = "/login?next=%2Fpayouts%3Fpage%3D2"
	for _, tt := range []struct {
		name    string
		factors []any
	}{
		{"a primary factor that is too old, beside a recent second one", []any{sms, time.Minute, password, 9 * time.Hour}},
		{"both too old", []any{sms, time.Hour, password, 9 * time.Hour}},
		{"no second factor, and a primary one that is too old", []any{password, 9 * time.Hour}},
		{"no primary factor that counts", []any{"trusted_auth_token/trusted_token_exchange", time.Minute}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, withPolicies(transfer(), spare()))
				session := a.signIn(a.emu.AddMember(stytchtest.WithTOTP()), tt.factors...)
				b := a.browser(session)

				b.get("/payouts?page=2").wantRedirect(signIn)
				b.get("/stepup/?policy=transfer&next=%2Fpayouts%3Fpage%3D2").wantRedirect(signIn)

				htmx := b.get("/payouts?page=2", "Hx-Request", "true", "Hx-Current-Url", appURL+"/payouts?page=2", "Sec-Fetch-Mode", "cors")
				htmx.wantCode(401, contract.CodeReauthenticationRequired)
				if got := htmx.header.Get("HX-Redirect"); got != signIn {
					t.Errorf("got HX-Redirect %q, want %q", got, signIn)
				}

				for name, program := range map[string]reply{
					"with cookies": b.fetch(http.MethodGet, "/payouts?page=2", ""),
					"with a token": a.bearer(session.JWT).call(http.MethodGet, "/payouts?page=2", ""),
				} {
					d := program.wantCode(401, contract.CodeReauthenticationRequired)
					if links, _ := d["links"].(map[string]any); links["sign_in"] != signIn {
						t.Errorf("%s: got links %v", name, links)
					}
					if got := program.header.Get("WWW-Authenticate"); !strings.Contains(got, `max_age="600"`) {
						t.Errorf("%s: got WWW-Authenticate %q", name, got)
					}
				}

				page := b.submit("/payouts", "amount=5").wantPage(401, contract.StateReauthenticate, contract.CodeReauthenticationRequired)
				page.wantBody("Sign in again to continue", `href="/login"`, "was not sent")
				form := b.get("/stepup/?policy=spare").fields()
				form.Set("policy", "transfer")
				form.Set("code", "000000")
				for _, endpoint := range []string{"/stepup/send", "/stepup/"} {
					b.post(endpoint, form).wantPage(401, contract.StateReauthenticate, contract.CodeReauthenticationRequired)
				}
				if n := len(a.emu.Messages("")) + a.calls("otps/sms/authenticate"); n != 0 || a.payouts.Load() != 0 {
					t.Errorf("%d messages and guesses, and the handler ran %d times", n, a.payouts.Load())
				}
			})
		})
	}
}

// spare is a policy by which a test gets at a page of a session.
func spare() stepup.Policy {
	return stepup.Policy{Name: "spare", MaxAge: time.Minute, Methods: []stepup.Method{stepup.TOTP}}
}

func TestANewSignInMeetsAPrimaryRequirement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, withPolicies(transfer()))
		member := a.emu.AddMember()
		b := a.browser(a.signIn(member, sms, time.Minute, password, 9*time.Hour))
		b.get("/payouts").wantRedirect("/login?next=%2Fpayouts")
		b = a.browser(a.emu.SignIn(member))
		b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(http.StatusOK)
		time.Sleep(10 * time.Minute)
		page := b.challenge().wantPage(200, contract.StateCode, contract.CodeChallengePending)
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		time.Sleep(8 * time.Hour)
		b.get("/payouts").wantStatus(http.StatusSeeOther)
	})
}

func bothFactors() stepup.Policy {
	return stepup.Policy{Name: "both", AllOf: []stepup.Requirement{
		{{Method: stepup.SMS, MaxAge: 10 * time.Minute}},
		{{Method: stepup.TOTP, MaxAge: 10 * time.Minute}},
	}}
}

func TestTwoSecondFactorsAreAskedForOneAfterTheOther(t *testing.T) {
	t.Run("a browser that goes to a page", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, withPolicies(bothFactors()))
			member := a.emu.AddMember(stytchtest.WithTOTP())
			b := a.browser(a.emu.SignIn(member))
			page := b.challenge().wantPage(200, contract.StateCode, contract.CodeChallengePending)
			next := b.follow(b.enter(page, a.emu.LastCode(member)))
			next.wantPage(200, contract.StateCode, contract.CodeStepUpRequired).wantBody("authenticator app")
			b.get("/payouts").wantStatus(http.StatusSeeOther) // one is not enough
			b.enter(next, a.emu.TOTPCode(member)).wantRedirect("/payouts")
			b.get("/payouts").wantStatus(http.StatusOK)
			if n := len(a.emu.Messages("")); n != 1 {
				t.Errorf("%d messages were sent, want 1", n)
			}
		})
	})
	t.Run("a browser, the app first", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			policy := bothFactors()
			slices.Reverse(policy.AllOf)
			a := newApp(t, withPolicies(policy))
			member := a.emu.AddMember(stytchtest.WithTOTP())
			b := a.browser(a.emu.SignIn(member))
			page := b.challenge().wantPage(200, contract.StateCode, contract.CodeStepUpRequired)
			page = b.follow(b.enter(page, a.emu.TOTPCode(member))).wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
			page = b.follow(b.post("/stepup/send", page.fields())).wantPage(200, contract.StateCode, contract.CodeChallengePending)
			b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
			b.get("/payouts").wantStatus(http.StatusOK)
		})
	})
	t.Run("a browser that posts a form", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newShop(t, withPolicies(bothFactors()))
			member := s.emu.AddMember(stytchtest.WithTOTP())
			b := s.browser(s.emu.SignIn(member))
			page := b.stepUp(b.submit("/pay", "to=acme"), member)
			page.wantPage(401, contract.StateCode, contract.CodeStepUpRequired).wantBody("authenticator app", "Your form is kept.")
			s.wantOrders()
			b.press(b.enter(page, s.emu.TOTPCode(member)).wantPage(200, contract.StateContinue, contract.CodeVerified)).wantStatus(200)
			s.wantOrders("/pay to=acme")
		})
	})
	t.Run("a program", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, withPolicies(bothFactors()))
			member := a.emu.AddMember(stytchtest.WithTOTP())
			b := a.browser(a.emu.SignIn(member))
			d := b.fetch(http.MethodGet, "/payouts", "").wantCode(401, contract.CodeStepUpRequired)
			if d["method"] != sms {
				t.Errorf("asked for %v first", d["method"])
			}
			b.fetch(http.MethodPost, "/stepup/send", `{"policy":"both"}`).wantCode(200, contract.CodeChallengePending)
			d = b.fetch(http.MethodPost, "/stepup/", `{"policy":"both","code":"`+a.emu.LastCode(member)+`"}`).wantCode(401, contract.CodeStepUpRequired)
			if want := unmet("missing", bothFactors().AllOf[1:]); d["method"] != totp || !reflect.DeepEqual(d["unmet"], want) {
				t.Errorf("after the first factor: %v", d)
			}
			b.fetch(http.MethodPost, "/stepup/", `{"policy":"both","code":"`+a.emu.TOTPCode(member)+`"}`).wantCode(200, contract.CodeVerified)
			b.fetch(http.MethodGet, "/payouts", "").wantStatus(200)
		})
	})
	t.Run("one that was proved in another tab is not asked for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a := newApp(t, withPolicies(bothFactors()))
			member := a.emu.AddMember(stytchtest.WithTOTP())
			b := a.browser(a.signIn(member, totp, time.Minute))
			b.enter(b.challenge(), a.emu.LastCode(member)).wantRedirect("/payouts")
			b.get("/payouts").wantStatus(http.StatusOK)
		})
	})
}

// A member who has none of the second factors can still sign in.
func TestAMemberWithoutASecondFactorSignsInWhereThatWillDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		either := stepup.Policy{Name: "either", AllOf: []stepup.Requirement{
			{{Method: stepup.SMS, MaxAge: 10 * time.Minute}, {Method: stepup.Primary, MaxAge: 5 * time.Minute}},
		}}
		bound := either
		bound.Name, bound.Bound = "bound", true
		a := newApp(t, withPolicies(either, bound))
		without, with := a.emu.AddMember(stytchtest.WithoutPhone()), a.emu.AddMember()
		b := a.browser(a.signIn(without, password, time.Hour))
		b.get("/payouts").wantRedirect("/login?next=%2Fpayouts")
		b.fetch("GET", "/payouts", "").wantCode(401, contract.CodeReauthenticationRequired)
		a.browser(a.emu.SignIn(without)).get("/payouts").wantStatus(200)
		b.get("/stepup/?policy=bound&next=%2Fx").wantPage(403, contract.StateNoPhone, contract.CodeFactorNotEnrolled) // that takes a passcode

		b = a.browser(a.signIn(with, password, time.Hour))
		b.enter(b.challenge(), a.emu.LastCode(with)).wantRedirect("/payouts")
		b.get("/payouts").wantStatus(200)
	})
}

func TestPresets(t *testing.T) {
	const ten = 10 * time.Minute
	for _, tt := range []struct {
		policy  stepup.Policy
		name    string
		maxAge  time.Duration
		primary bool
	}{
		{stepup.Strict(), "strict", ten, false},
		{stepup.StrictMFA(), "strict_mfa", ten, true},
		{stepup.Moderate(), "moderate", time.Hour, false},
		{stepup.Lax(), "lax", 24 * time.Hour, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newApp(t, withPolicies(tt.policy))
				if tt.policy.Name != tt.name {
					t.Errorf("is named %q", tt.policy.Name)
				}
				member := a.emu.AddMember()
				const moment = time.Second
				for _, s := range []struct {
					factors []any
					opens   bool
				}{
					{[]any{sms, tt.maxAge - moment, password, ten - moment}, true},
					{[]any{totp, tt.maxAge - moment, password, ten - moment}, true},
					{[]any{sms, tt.maxAge, password, moment}, false},
					{[]any{totp, tt.maxAge, password, moment}, false},
					{[]any{recovery, moment, password, moment}, false},
					{[]any{sms, moment, password, ten}, !tt.primary},
					{[]any{password, moment}, false},
				} {
					if err := a.check(a.signIn(member, s.factors...), tt.policy); (err == nil) != s.opens {
						t.Errorf("%v: got %v, opens is %v", s.factors, err, s.opens)
					}
				}
			})
		})
	}
	if _, err := stepup.New(func() stepup.Config {
		c := goodConfig(t)
		c.Policies = []stepup.Policy{stepup.Strict(), stepup.StrictMFA(), stepup.Moderate(), stepup.Lax()}
		return c
	}()); err != nil {
		t.Errorf("all of them in one app: %v", err)
	}
}

func TestThePolicyIsChosenPerRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := &stytchtest.Organization{}
		a := newApp(t, withPolicies(stepup.Lax(), stepup.Strict(), stepup.StrictMFA()))
		bank = a.emu.AddOrganization(stytchtest.Organization{Name: "Bank"})
		a.handler = a.guard.RequireFunc(func(r *http.Request, s *jwks.Session) stepup.Policy {
			switch {
			case s.OrganizationID() == bank.ID:
				return stepup.StrictMFA()
			case r.FormValue("amount") == "50000":
				return stepup.Strict()
			case r.FormValue("amount") == "zero":
				return stepup.Policy{}
			case r.FormValue("amount") == "other":
				return stepup.Moderate()
			case r.FormValue("amount") == "laxer":
				p := stepup.Strict()
				p.MaxAge = 24 * time.Hour
				return p
			}
			return stepup.Lax()
		})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			a.payouts.Add(1)
			fmt.Fprint(w, "transferred "+r.FormValue("amount"))
		}))
		hourOld := a.signIn(a.emu.AddMember(), sms, time.Hour)
		banker := a.signIn(a.emu.AddMember(stytchtest.InOrganization(bank)), sms, time.Minute, password, time.Hour)
		for _, tt := range []struct {
			name    string
			session *stytchtest.Session
			amount  string
			status  int
			policy  string
			code    contract.Code
		}{
			{"a small amount", hourOld, "5", 200, "", ""},
			{"a large amount", hourOld, "50000", 401, "strict", contract.CodeStepUpRequired},
			{"an organization that is stricter", banker, "5", 401, "strict_mfa", contract.CodeReauthenticationRequired},
			{"the zero policy", hourOld, "zero", 500, "", contract.CodeMisconfigured},
			{"a policy that is not registered", hourOld, "other", 500, "", contract.CodeMisconfigured},
			{"one that has the name of one that is, and is laxer", hourOld, "laxer", 500, "", contract.CodeMisconfigured},
		} {
			a.payouts.Store(0)
			b := a.browser(tt.session)
			answer := b.do(http.MethodPost, "/", formType, "amount="+tt.amount, "Accept", "application/json", "Sec-Fetch-Mode", "cors").wantStatus(tt.status)
			if tt.status == 200 {
				answer.wantBody("transferred 5")
				continue
			}
			d := answer.document()
			if policy, _ := d["policy"].(string); d["code"] != string(tt.code) || policy != tt.policy {
				t.Errorf("%s: got %v", tt.name, d)
			}
			if n := a.payouts.Load(); n != 0 {
				t.Errorf("%s: the handler ran", tt.name)
			}
		}
		if n := len(a.eventsOf(stepup.EventFailed, string(contract.CodeMisconfigured))); n != 3 {
			t.Errorf("%d events report a policy that is not registered, want 3", n)
		}
		a.browser(nil).get("/").wantStatus(http.StatusSeeOther) // without a session, nothing is chosen
	})
}

func TestThePoliciesOfAGuardAreListedAndCannotBeChanged(t *testing.T) {
	policies := func() []stepup.Policy {
		return []stepup.Policy{
			{Name: "b", MaxAge: time.Minute, Methods: []stepup.Method{stepup.TOTP, stepup.SMS}},
			transfer(), stepup.StrictMFA(),
			{Name: "a", MaxAge: time.Minute, Bound: true, EveryTime: true, Live: true},
		}
	}
	config := goodConfig(t)
	config.Policies = policies()
	guard, err := stepup.New(config)
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	spoil := func(all []stepup.Policy) {
		for i := range all {
			for j := range all[i].Methods {
				all[i].Methods[j] = stepup.Primary
			}
			for j := range all[i].AllOf {
				for k := range all[i].AllOf[j] {
					all[i].AllOf[j][k].MaxAge = 366 * 24 * time.Hour
				}
				all[i].AllOf[j] = append(all[i].AllOf[j], stepup.Proof{Method: stepup.Primary, MaxAge: time.Hour})
			}
			all[i] = stepup.Policy{Name: "spoiled"}
		}
	}
	for _, list := range [][]stepup.Policy{guard.Policies(), config.Policies} {
		spoil(list)
		if got := guard.Policies(); !reflect.DeepEqual(got, policies()) {
			t.Fatalf("got %v, want %v", got, policies())
		}
		for _, p := range policies() {
			guard.Require(p) // panics if it is not registered any more
		}
	}
}

// The verdicts of the model.
const (
	passes       = "passes"
	impersonated = "impersonated"
)

// model says what a session proves about a policy, in another way than the guard
// does: it tries every factor against every proof and keeps all that it finds.
func model(p stepup.Policy, s *jwks.Session, now time.Time) (verdict string) {
	factors := slices.Collect(s.Factors())
	var requirements []stepup.Requirement
	if p.MaxAge > 0 {
		r := stepup.Requirement{}
		for _, m := range p.Methods {
			r = append(r, stepup.Proof{Method: m, MaxAge: p.MaxAge})
		}
		if len(r) == 0 {
			r = stepup.Requirement{{Method: stepup.SMS, MaxAge: p.MaxAge}}
		}
		requirements = append(requirements, r)
	}
	requirements = append(requirements, p.AllOf...)
	var missing, expired []stepup.Requirement
	for _, r := range requirements {
		proved, fresh := 0, 0
		for _, f := range factors {
			for _, proof := range r {
				age := now.Sub(f.LastAuthenticatedAt)
				if !modelMatches(proof.Method, f.Type, f.DeliveryMethod) || f.LastAuthenticatedAt.IsZero() || age < -5*time.Second {
					continue
				}
				proved++
				if age < proof.MaxAge {
					fresh++
				}
			}
		}
		switch {
		case proved == 0:
			missing = append(missing, r)
		case fresh == 0:
			expired = append(expired, r)
		}
	}
	switch {
	case slices.ContainsFunc(factors, func(f jwks.Factor) bool { return f.Type+f.DeliveryMethod == "impersonatedimpersonation" }):
		return impersonated
	case len(requirements) > 0 && len(missing) == 0 && len(expired) == 0:
		return passes
	}
	return fmt.Sprintf("missing %v, expired %v", missing, expired)
}

func modelMatches(m stepup.Method, kind, method string) bool {
	if m != stepup.Primary {
		return string(m) == kind+"/"+method
	}
	return slices.Contains([]string{"password", "magic_link", "email_otp", "sso"}, kind) ||
		slices.Contains([]string{"oauth/oauth_google", "oauth/oauth_microsoft"}, kind+"/"+method)
}

// The factors that sessions are made of below, real ones and some that look like
// them.
func anyFactors() []string {
	return []string{
		sms, totp, recovery, password, "magic_link/email", "sso/sso_saml", "email_otp/email", "oauth/oauth_google",
		"otp/whatsapp", "otp/email", "oauth/oauth_exchange_google", "oauth/oauth_access_token_exchange",
		"trusted_auth_token/trusted_token_exchange", "imported/imported", "impersonated/impersonation", "totp/sms", "primary/primary",
	}
}

// anyPolicies are policies of every shape, the same each time.
func anyPolicies() []stepup.Policy {
	random := rand.New(rand.NewPCG(9470, 2))
	methods := []stepup.Method{stepup.SMS, stepup.TOTP, stepup.RecoveryCode, stepup.Primary}
	age := func() time.Duration { return time.Duration(1+random.IntN(30)) * time.Minute }
	var all []stepup.Policy
	for i := range 60 {
		p := stepup.Policy{Name: fmt.Sprint("p", i)}
		if random.IntN(2) == 0 {
			p.MaxAge = age()
			for _, j := range random.Perm(len(methods))[:random.IntN(4)] {
				p.Methods = append(p.Methods, methods[j])
			}
		}
		for range random.IntN(4) {
			var r stepup.Requirement
			for range 1 + random.IntN(3) {
				r = append(r, stepup.Proof{Method: methods[random.IntN(len(methods))], MaxAge: age()})
			}
			p.AllOf = append(p.AllOf, r)
		}
		if p.MaxAge == 0 && len(p.AllOf) == 0 {
			p.MaxAge = age()
		}
		all = append(all, p)
	}
	return all
}

// wantModel compares Check with the model for a session whose factors the bytes
// describe, two for each.
func (a *app) wantModel(t *testing.T, v *jwks.Verifier, member *stytchtest.Member, data []byte, policies []stepup.Policy) {
	t.Helper()
	kinds := anyFactors()
	var factors []any
	for ; len(data) >= 2 && len(factors) < 16; data = data[2:] {
		// Half a minute away from every age that a policy asks for, and up to
		// three minutes in the future.
		age := time.Duration(int(data[1]%36)-3)*time.Minute + 30*time.Second
		factors = append(factors, kinds[int(data[0])%len(kinds)], age)
	}
	session := a.signIn(member, factors...)
	verified, err := v.Verify(t.Context(), session.JWT)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range policies {
		got := passes
		err := a.check(session, p)
		var required *stepup.RequiredError
		switch {
		case errors.As(err, &required):
			got = fmt.Sprintf("missing %v, expired %v", required.Missing, required.Expired)
		case errors.Is(err, stepup.ErrImpersonated):
			got = impersonated
		case err != nil:
			t.Fatal(err)
		}
		if want := model(p, verified, time.Now()); got != want {
			t.Errorf("factors %v, policy %+v:\ngot  %s\nwant %s", factors, p, got, want)
		}
	}
}

func TestEveryPolicyAgreesWithTheModel(t *testing.T) {
	a := newApp(t, withPolicies(anyPolicies()...))
	member := a.emu.AddMember()
	v := a.verifier()
	if err := v.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		data := make([]byte, 2*random.IntN(7))
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		a.wantModel(t, v, member, data, anyPolicies())
	}
}

func FuzzPolicies(f *testing.F) {
	f.Add([]byte{0, 3, 3, 10})
	f.Add([]byte{1, 0, 3, 255, 14, 9})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		a := newApp(t, withPolicies(anyPolicies()...))
		v := a.verifier()
		if err := v.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.wantModel(t, v, a.emu.AddMember(), data, anyPolicies())
	})
}
