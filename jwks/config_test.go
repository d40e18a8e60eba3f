package jwks_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

func TestNewRefusesABadConfig(t *testing.T) {
	for _, c := range []struct {
		name   string
		config jwks.Config
		field  string
	}{
		{"no project", jwks.Config{}, "ProjectID"},
		{"a project with a slash", jwks.Config{ProjectID: "project-test-1/../x"}, "ProjectID"},
		{"a project with a space", jwks.Config{ProjectID: "project-test-1 "}, "ProjectID"},
		{"plain http", jwks.Config{ProjectID: projectID, BaseURL: "http://test.stytch.com"}, "BaseURL"},
		{"http to a private address", jwks.Config{ProjectID: projectID, BaseURL: "http://10.0.0.1"}, "BaseURL"},
		{"http to a name that only begins like localhost", jwks.Config{ProjectID: projectID, BaseURL: "http://localhost.example.com"}, "BaseURL"},
		{"no scheme", jwks.Config{ProjectID: projectID, BaseURL: "test.stytch.com"}, "BaseURL"},
		{"no host", jwks.Config{ProjectID: projectID, BaseURL: "https:///x"}, "BaseURL"},
		{"another scheme", jwks.Config{ProjectID: projectID, BaseURL: "ftp://test.stytch.com"}, "BaseURL"},
		{"a password", jwks.Config{ProjectID: projectID, BaseURL: "https://user:hunter2@test.stytch.com"}, "BaseURL"},
		{"a query", jwks.Config{ProjectID: projectID, BaseURL: "https://test.stytch.com?x"}, "BaseURL"},
		{"a fragment", jwks.Config{ProjectID: projectID, BaseURL: "https://test.stytch.com#"}, "BaseURL"},
		{"not a URL", jwks.Config{ProjectID: projectID, BaseURL: "https://user:hunter2@%zz"}, "BaseURL"},
		{"a negative leeway", jwks.Config{ProjectID: projectID, Leeway: -1}, "Leeway"},
		{"a leeway of more than a minute", jwks.Config{ProjectID: projectID, Leeway: time.Minute + 1}, "Leeway"},
		{"keys that are stale at once", jwks.Config{ProjectID: projectID, MaxStale: time.Minute}, "MaxStale"},
		{"a negative MaxStale", jwks.Config{ProjectID: projectID, MaxStale: -1}, "MaxStale"},
		{"a negative MemoBytes", jwks.Config{ProjectID: projectID, MemoBytes: -1}, "MemoBytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := jwks.New(c.config)
			if err == nil || v != nil {
				t.Fatalf("got %v and error %v, want an error", v, err)
			}
			if !strings.HasPrefix(err.Error(), "jwks: Config."+c.field) {
				t.Errorf("got %q, want an error that names the field %s", err, c.field)
			}
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %q", err)
			}
		})
	}
}

func TestKeysAreFetchedFrom(t *testing.T) {
	for _, c := range []struct {
		name   string
		config jwks.Config
		want   string
	}{
		{"the test API", jwks.Config{ProjectID: "project-test-1"}, "https://test.stytch.com/v1/b2b/sessions/jwks/project-test-1"},
		{"the live API", jwks.Config{ProjectID: "project-live-1"}, "https://api.stytch.com/v1/b2b/sessions/jwks/project-live-1"},
		{"a custom domain", jwks.Config{ProjectID: "project-live-1", BaseURL: "https://login.example.com/"}, "https://login.example.com/v1/b2b/sessions/jwks/project-live-1"},
		{"a loopback address", jwks.Config{ProjectID: "project-test-1", BaseURL: "http://127.0.0.1:8080"}, "http://127.0.0.1:8080/v1/b2b/sessions/jwks/project-test-1"},
		{"an IPv6 loopback address", jwks.Config{ProjectID: "project-test-1", BaseURL: "http://[::1]:8080"}, "http://[::1]:8080/v1/b2b/sessions/jwks/project-test-1"},
		{"localhost", jwks.Config{ProjectID: "project-test-1", BaseURL: "http://localhost:8080"}, "http://localhost:8080/v1/b2b/sessions/jwks/project-test-1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var request *http.Request
				s := new(keyServer)
				s.answerWith(func(r *http.Request) (*http.Response, error) {
					request = r
					return respond(http.StatusOK, keySet(newSigner(0)))(r)
				})
				c.config.HTTPClient = &http.Client{Transport: s}
				v, err := jwks.New(c.config)
				if err != nil {
					t.Fatal(err)
				}
				defer v.Close()
				if err := v.Ready(context.Background()); err != nil {
					t.Fatal(err)
				}
				if got := request.Method + " " + request.URL.String(); got != "GET "+c.want {
					t.Errorf("got %s, want GET %s", got, c.want)
				}
				if v.ProjectID() != c.config.ProjectID {
					t.Errorf("ProjectID: got %s, want %s", v.ProjectID(), c.config.ProjectID)
				}
				if request.Header.Get("Authorization") != "" {
					t.Error("an Authorization header was sent; the set is public")
				}
			})
		})
	}
}

func TestTheClientOfTheCallerIsNotChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(newSigner(0))
		client := &http.Client{Transport: s}
		ready(t, s, func(c *jwks.Config) { c.HTTPClient = client })
		if client.CheckRedirect != nil || client.Jar != nil || client.Timeout != 0 {
			t.Errorf("got %+v, want it unchanged", client)
		}
	})
}
