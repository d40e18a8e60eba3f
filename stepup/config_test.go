package stepup_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytch"
)

func goodConfig(t *testing.T) stepup.Config {
	t.Helper()
	client, err := stytch.New(stytch.Config{
		ProjectID: "project-test-11111111-1111-1111-1111-111111111111", Secret: "secret-test-x",
		HTTPClient: &http.Client{Transport: noNetwork{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return stepup.Config{
		Client: client, Key: []byte("0123456789abcdef0123456789abcdef"),
		Cookies: stepup.ServerCookies(), Policies: []stepup.Policy{money},
	}
}

type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }

func TestNewNamesTheFieldThatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		field  string
		change func(*stepup.Config)
	}{
		{"Client", func(c *stepup.Config) { c.Client = nil }},
		{"Key", func(c *stepup.Config) { c.Key = nil }},
		{"Key", func(c *stepup.Config) { c.Key = c.Key[:31] }},
		{"Key", func(c *stepup.Config) { c.Key = make([]byte, 32) }},
		{"Cookies", func(c *stepup.Config) { c.Cookies = stepup.Cookies{} }},
		{"Cookies", func(c *stepup.Config) { c.Cookies.JWTName = "a b" }},
		{"Cookies", func(c *stepup.Config) { c.Cookies.JWTName = c.Cookies.TokenName + "same"; c.Cookies.TokenName = "same" }},
		{"Cookies", func(c *stepup.Config) { c.Cookies.JWTName, c.Cookies.TokenName = "same", "same" }},
		{"Cookies", func(c *stepup.Config) { c.Cookies.Domain = "exa mple.com" }},
		{"Credential", func(c *stepup.Config) {
			c.Credential.Read = func(*http.Request) (string, string) { return "", "" }
		}},
		{"Credential", func(c *stepup.Config) {
			c.Credential.Read = func(*http.Request) (string, string) { return "", "" }
			c.Credential.Write = func(http.ResponseWriter, *http.Request, string, string, time.Time) error { return nil }
		}}, // beside Cookies
		{"Leeway", func(c *stepup.Config) { c.Leeway = -time.Second }},
		{"Leeway", func(c *stepup.Config) { c.Leeway = 2 * time.Minute }},
		{"RefreshWithin", func(c *stepup.Config) { c.RefreshWithin = -1 }},
		{"SessionDuration", func(c *stepup.Config) { c.SessionDuration = 4 * time.Minute }},
		{"SessionDuration", func(c *stepup.Config) { c.SessionDuration = 367 * 24 * time.Hour }},
		{"VerifyPath", func(c *stepup.Config) { c.VerifyPath = "stepup/" }},
		{"VerifyPath", func(c *stepup.Config) { c.VerifyPath = "/stepup//" }},
		{"VerifyPath", func(c *stepup.Config) { c.VerifyPath = "/" }},
		{"VerifyPath", func(c *stepup.Config) { c.VerifyPath = "/step%75p/" }},
		{"Links.Login", func(c *stepup.Config) { c.Links.Login = "javascript:alert(1)" }},
		{"Links.Login", func(c *stepup.Config) { c.Links.Login = "//evil.example" }},
		{"Links.Settings", func(c *stepup.Config) { c.Links.Settings = "data:text/html,x" }},
		{"Links.Support", func(c *stepup.Config) { c.Links.Support = "mailto:x@example.com" }},
		{"Links.Cancel", func(c *stepup.Config) { c.Links.Cancel = "https://www.example.com/" }},
		{"Forms.Actions", func(c *stepup.Config) { c.Forms.Actions = []string{"https://pay.example.com/x"} }},
		{"MaxCalls", func(c *stepup.Config) { c.MaxCalls = -1 }},
		{"MaxCalls", func(c *stepup.Config) { c.MaxCalls = 10_001 }},
		{"LimiterTimeout", func(c *stepup.Config) { c.LimiterTimeout = time.Millisecond }},
		{"LimiterTimeout", func(c *stepup.Config) { c.LimiterTimeout = 6 * time.Second }},
		{"Enroll.CallingCodes", func(c *stepup.Config) { c.Enroll = &stepup.Enrollment{CallingCodes: []string{"12345678"}} }},
		{"Enroll.Allows", func(c *stepup.Config) {
			c.Enroll = &stepup.Enrollment{CallingCodes: []string{"1"}, Allows: func(string) bool { return true }}
		}},
		{"CookieName", func(c *stepup.Config) { c.CookieName = "a;b" }},
		{"CookieName", func(c *stepup.Config) { c.CookieName = "__Host-x"; c.InsecureCookies = true }},
		{"TrustedOrigins", func(c *stepup.Config) { c.TrustedOrigins = []string{"https://a.example/"} }},
		{"Policies", func(c *stepup.Config) { c.Policies = []stepup.Policy{{}} }},
		{"Policies", func(c *stepup.Config) { c.Policies = []stepup.Policy{{Name: "x"}} }},
		{"Policies", func(c *stepup.Config) { c.Policies = []stepup.Policy{{Name: "x", MaxAge: -1}} }},
		{"Policies", func(c *stepup.Config) { c.Policies = []stepup.Policy{{Name: "a b", MaxAge: 1}} }},
		{"Policies", func(c *stepup.Config) { c.Policies = []stepup.Policy{{Name: strings.Repeat("x", 65), MaxAge: 1}} }},
		{"Policies", func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "x", MaxAge: 1, Methods: []stepup.Method{"email_otp/email"}}}
		}},
		{"Policies", func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "x", Methods: []stepup.Method{stepup.SMS}}}
		}},
		{"Policies", func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "x", AllOf: []stepup.Requirement{{}}}}
		}},
		{"Policies", func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "x", AllOf: []stepup.Requirement{{{Method: stepup.Primary}}}}}
		}},
		{"Policies", func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "x", AllOf: []stepup.Requirement{{{Method: "sms", MaxAge: time.Hour}}}}}
		}},
		{"Policies", func(c *stepup.Config) {
			c.Policies = []stepup.Policy{{Name: "x", Bound: true, AllOf: []stepup.Requirement{{{Method: stepup.Primary, MaxAge: time.Hour}}}}}
		}},
		{"ClientIP", func(c *stepup.Config) { c.Policies = []stepup.Policy{{Name: "x", MaxAge: 1, SameAddress: true}} }},
		{"ExtendBy", func(c *stepup.Config) { c.ExtendBy = -1 }},
		{"ExtendBy", func(c *stepup.Config) { c.ExtendBy, c.SessionDuration = time.Hour, time.Hour }},
		{"MaxSession", func(c *stepup.Config) { c.MaxSession = time.Minute }},
		{"Logins.SessionDuration", func(c *stepup.Config) { c.Logins.SessionDuration = time.Minute }},
		{"Logins.Methods", func(c *stepup.Config) { c.Logins.Methods = []stepup.Method{stepup.Primary} }},
		{"Logins.Methods", func(c *stepup.Config) { c.Logins.Methods = []stepup.Method{} }},
		{"Enroll.Methods", func(c *stepup.Config) { c.Enroll = &stepup.Enrollment{Methods: []stepup.Method{stepup.RecoveryCode}} }},
		{"Policies", func(c *stepup.Config) { c.Policies = []stepup.Policy{money, money} }},
		{"Limits.CodesPerSession", func(c *stepup.Config) { c.Limits.CodesPerSession = 10 }},
		{"Cookies.Older", func(c *stepup.Config) { c.Cookies.Older = []stepup.CookiePlace{{}} }},
		{"Cookies.Older", func(c *stepup.Config) { c.Cookies.Older = []stepup.CookiePlace{{Domain: "a b"}} }},
		{"Limits.CodesPerMember", func(c *stepup.Config) { c.Limits.CodesPerMember = -1 }},
		{"Limits.SendsPerMember", func(c *stepup.Config) { c.Limits.SendsPerMember = stepup.Windows{} }},
		{"Limits.SendsPerIP", func(c *stepup.Config) { c.Limits.SendsPerIP = stepup.Windows{time.Hour: 0} }},
		{"Limits.SendsPerProject", func(c *stepup.Config) { c.Limits.SendsPerProject = stepup.Windows{0: 5} }},
		{"Limits.SendsPerSession", func(c *stepup.Config) { c.Limits.SendsPerSession = stepup.Windows{} }},
		{"Limits.Cooldown", func(c *stepup.Config) { c.Limits.Cooldown = stepup.Windows{time.Hour: -1} }},
		{"Pages", func(c *stepup.Config) {
			c.Pages, c.Render = fstest.MapFS{}, func(http.ResponseWriter, *http.Request, contract.Page) {}
		}},
		{"Pages", func(c *stepup.Config) { c.Pages = fstest.MapFS{"code.html": {Data: []byte("{{.Nothing")}} }},
	} {
		config := goodConfig(t)
		tt.change(&config)
		guard, err := stepup.New(config)
		if err == nil {
			guard.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "Config."+tt.field) {
			t.Errorf("%s: got %v, want an error that names it", tt.field, err)
		}
	}
}

func TestNewDoesNotWaitForTheNetwork(t *testing.T) {
	guard, err := stepup.New(goodConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	guard.Close() // twice is once
}

func TestTheVerifierOfTheCallerIsNotClosed(t *testing.T) {
	config := goodConfig(t)
	verifier, err := jwks.New(config.Client.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	defer verifier.Close()
	config.Verifier = verifier
	guard, err := stepup.New(config)
	if err != nil {
		t.Fatal(err)
	}
	guard.Close()
}

func TestRequireRefusesAPolicyThatIsNotConfigured(t *testing.T) {
	guard, err := stepup.New(goodConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	defer guard.Close()
	for _, policy := range []stepup.Policy{{}, {Name: "other", MaxAge: time.Hour}, {Name: "money", MaxAge: time.Hour}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v was accepted", policy)
				}
			}()
			guard.Require(policy)
		}()
	}
}
