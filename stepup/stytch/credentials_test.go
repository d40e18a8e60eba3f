package stytch_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

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
