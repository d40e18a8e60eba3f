package stytch_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

func TestCheckCredentialsTellsAWrongSecretFromARightOne(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	for _, tt := range []struct {
		name, project, secret string
		ok                    bool
	}{
		{"right", srv.ProjectID, srv.Secret, true},
		{"wrong secret", srv.ProjectID, "secret-test-wrong", false},
		{"wrong project", "project-test-00000000-0000-0000-0000-000000000009", srv.Secret, false},
	} {
		client, err := stytch.New(stytch.Config{ProjectID: tt.project, Secret: tt.secret, BaseURL: srv.URL, HTTPClient: srv.Client()})
		if err != nil {
			t.Fatal(err)
		}
		err = client.CheckCredentials(t.Context())
		var api *stytch.APIError
		if tt.ok && err != nil || !tt.ok && (!errors.As(err, &api) || api.StatusCode != http.StatusUnauthorized) {
			t.Errorf("%s: got %v", tt.name, err)
		}
	}
}

func TestCheckCredentialsNamesAClockThatIsWrong(t *testing.T) {
	for _, tt := range []struct {
		behind time.Duration
		ok     bool
	}{{0, true}, {3 * time.Second, true}, {-3 * time.Second, true}, {20 * time.Second, false}, {-20 * time.Second, false}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(tt.behind).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusNotFound)
			w.Write([]byte(`{"status_code":404,"error_type":"session_not_found","error_message":"none"}`))
		}))
		client, err := stytch.New(stytch.Config{ProjectID: "project-test-1", Secret: secret, BaseURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		err = client.CheckCredentials(t.Context())
		if ok := err == nil; ok != tt.ok || !ok && !errors.Is(err, stytch.ErrClock) {
			t.Errorf("a clock %v behind: got %v", tt.behind, err)
		}
		if skew := client.ClockSkew(); !tt.ok && (skew-tt.behind).Abs() > 10*time.Second {
			t.Errorf("a clock %v behind is said to be %v", tt.behind, skew)
		}
		server.Close()
	}
}

func TestCheckCredentialsSaysNothingIfTheServiceDoesNot(t *testing.T) {
	for _, status := range []int{403, 429, 500, 503} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		client, err := stytch.New(stytch.Config{ProjectID: "project-test-1", Secret: secret, BaseURL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		if err := client.CheckCredentials(t.Context()); err == nil {
			t.Errorf("status %d passes for good credentials", status)
		}
		server.Close()
	}
}
