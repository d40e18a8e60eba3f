package stytch_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytch"
)

func TestNewRefusesABadConfigAndNamesTheField(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*stytch.Config)
		want   string
	}{
		{"no project id", func(c *stytch.Config) { c.ProjectID = "" }, "Config.ProjectID: required"},
		{"no secret", func(c *stytch.Config) { c.Secret = "" }, "Config.Secret: required"},
		{"project id and secret swapped", func(c *stytch.Config) { c.ProjectID, c.Secret = "secret-test-THE_PROJECT_SECRET", c.ProjectID }, "Config.ProjectID: this is a secret"},
		{"padded secret as project id", func(c *stytch.Config) { c.ProjectID = secret }, "Config.ProjectID: has other characters"},
		{"colon in the project id", func(c *stytch.Config) { c.ProjectID = "project:test" }, "Config.ProjectID: has other characters"},
		{"slash in the project id", func(c *stytch.Config) { c.ProjectID = "project/test" }, "Config.ProjectID: has other characters"},
		{"newline after the secret", func(c *stytch.Config) { c.Secret += "\n" }, "Config.Secret: contains white space"},
		{"secret that is not ASCII", func(c *stytch.Config) { c.Secret += "é" }, "Config.Secret: contains"},
		{"negative timeout", func(c *stytch.Config) { c.Timeout = -1 }, "Config.Timeout: negative"},
		{"plain http to a host elsewhere", func(c *stytch.Config) { c.BaseURL = "http://stytch.example.com" }, "Config.BaseURL: must be https"},
		{"plain http to a host that begins like a loopback one", func(c *stytch.Config) { c.BaseURL = "http://127.0.0.1.example.com" }, "Config.BaseURL: must be https"},
		{"live id with a test secret", func(c *stytch.Config) { c.ProjectID, c.Secret = "project-live-1", "secret-test-THE_PROJECT_SECRET" }, "Config.Secret: is of a test project"},
		{"test id with a live secret", func(c *stytch.Config) { c.ProjectID, c.Secret = "project-test-1", "secret-live-THE_PROJECT_SECRET" }, "Config.Secret: is of a live project"},
		{"the id of a workspace", func(c *stytch.Config) { c.ProjectID = "workspace-prod-1" }, "Config.ProjectID: this is the id of another kind"},
		{"a public token", func(c *stytch.Config) { c.ProjectID = "public-token-test-1" }, "Config.ProjectID: this is the id of another kind"},
		{"another scheme", func(c *stytch.Config) { c.BaseURL = "ftp://127.0.0.1" }, "Config.BaseURL: must be https"},
		{"no scheme", func(c *stytch.Config) { c.BaseURL = "login.example.com" }, "Config.BaseURL: not an absolute URL"},
		{"no host", func(c *stytch.Config) { c.BaseURL = "https:///v1" }, "Config.BaseURL: not an absolute URL"},
		{"port without host", func(c *stytch.Config) { c.BaseURL = "https://:443" }, "Config.BaseURL: not an absolute URL"},
		{"opaque URL", func(c *stytch.Config) { c.BaseURL = "https:login.example.com" }, "Config.BaseURL: not an absolute URL"},
		{"user info", func(c *stytch.Config) { c.BaseURL = "https://u:THE_PROJECT_SECRET@login.example.com" }, "Config.BaseURL: must not contain user info"},
		{"user info in a URL that cannot be parsed", func(c *stytch.Config) { c.BaseURL = "https://u:THE_PROJECT_SECRET@login example.com" }, "Config.BaseURL: not an absolute URL"},
		{"query", func(c *stytch.Config) { c.BaseURL = "https://login.example.com/?a=b" }, "Config.BaseURL: must not contain a query"},
		{"empty query", func(c *stytch.Config) { c.BaseURL = "https://login.example.com?" }, "Config.BaseURL: must not contain a query"},
		{"fragment", func(c *stytch.Config) { c.BaseURL = "https://login.example.com#top" }, "Config.BaseURL: must not contain a query or a fragment"},
		{"empty fragment", func(c *stytch.Config) { c.BaseURL = "https://login.example.com/#" }, "Config.BaseURL: must not contain a query or a fragment"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := stytch.Config{ProjectID: projectID, Secret: secret}
			tt.change(&config)
			client, err := stytch.New(config)
			if client != nil || err == nil || !strings.HasPrefix(err.Error(), "stytch: "+tt.want) {
				t.Fatalf("got %v, %v, want an error with %q", client, err, tt.want)
			}
			mustNotLeak(t, err.Error())
		})
	}
}

func TestBaseURL(t *testing.T) {
	for _, tt := range []struct{ name, projectID, configured, want string }{
		{"a test project goes to the test host", "project-test-1", "", "https://test.stytch.com"},
		{"a live project goes to the live host", "project-live-1", "", "https://api.stytch.com"},
		{"any other prefix goes to the test host", "acme", "", "https://test.stytch.com"},
		{"a configured URL wins", "project-live-1", "https://login.example.com", "https://login.example.com"},
		{"a trailing slash is trimmed", "project-live-1", "https://login.example.com/", "https://login.example.com"},
		{"a path stays", "project-live-1", "https://example.com/stytch/", "https://example.com/stytch"},
		{"plain http to 127.0.0.1", "project-test-1", "http://127.0.0.1:8080/", "http://127.0.0.1:8080"},
		{"plain http to ::1", "project-test-1", "http://[::1]:8080", "http://[::1]:8080"},
		{"plain http to localhost", "project-test-1", "http://localhost:8080", "http://localhost:8080"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked string
			transport := roundTripper(func(r *http.Request) (*http.Response, error) {
				asked = r.URL.String()
				return nil, context.Canceled
			})
			client, err := stytch.New(stytch.Config{
				ProjectID:  tt.projectID,
				Secret:     strings.Replace(secret, "secret-test-", "secret-live-", strings.Count(tt.projectID, "live")),
				BaseURL:    tt.configured,
				HTTPClient: &http.Client{Transport: transport},
			})
			if err != nil {
				t.Fatal(err)
			}
			client.SendSMS(t.Context(), sendSMS)
			if want := tt.want + "/v1/b2b/otps/sms/send"; asked != want {
				t.Errorf("asked %s, want %s", asked, want)
			}
			if got := client.JWKS(); got.BaseURL != tt.want || got.ProjectID != tt.projectID || client.ProjectID() != tt.projectID {
				t.Errorf("JWKS is for %s of %s, want %s of %s", got.BaseURL, got.ProjectID, tt.want, tt.projectID)
			}
		})
	}
}

func TestJWKSMakesAVerifier(t *testing.T) {
	keys := make(chan *http.Request, 8)
	transport := roundTripper(func(r *http.Request) (*http.Response, error) {
		select {
		case keys <- r:
		default:
		}
		return nil, context.Canceled
	})
	httpClient := &http.Client{Transport: transport, Timeout: time.Minute}
	client := newClient(t, stytch.Config{HTTPClient: httpClient})
	if client.JWKS().HTTPClient == httpClient {
		t.Error("the verifier gets the caller's *http.Client, want a copy")
	}
	verifier, err := jwks.New(client.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	defer verifier.Close()
	r := <-keys
	if want := "https://test.stytch.com/v1/b2b/sessions/jwks/" + projectID; r.URL.String() != want {
		t.Errorf("keys asked of %s, want %s", r.URL, want)
	}
	if r.Header.Get("Authorization") != "" {
		t.Error("the request for keys carries the secret")
	}
}

func TestHTTPClientIsCopied(t *testing.T) {
	var used string
	named := func(name string) http.RoundTripper {
		return roundTripper(func(*http.Request) (*http.Response, error) {
			used = name
			return nil, context.Canceled
		})
	}
	httpClient := &http.Client{Transport: named("first")}
	client := newClient(t, stytch.Config{HTTPClient: httpClient})
	httpClient.Transport = named("second")
	client.JWKS().HTTPClient.Transport = named("third")
	client.SendSMS(t.Context(), sendSMS)
	if used != "first" {
		t.Errorf("the %s transport is used after the caller changed it, want the first", used)
	}
	if httpClient.CheckRedirect != nil || httpClient.Timeout != 0 {
		t.Error("the caller's *http.Client was changed")
	}
}
