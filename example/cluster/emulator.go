// The emulated Stytch and signing in to it. Opened by runCluster, used by the
// instances.

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// member is a member that the visitor can sign in as.
type member struct {
	ID, OrganizationID, Name string
}

// openEmulator starts the emulated Stytch with two members who have phones.
func openEmulator() (*stytchtest.Server, []member, error) {
	emulator := stytchtest.NewUnstartedServer()
	if err := emulator.Listen("127.0.0.1:0"); err != nil {
		return nil, nil, err
	}
	var members []member
	for _, person := range []struct{ name, phone string }{
		{"Ada Moreno", "+12025550142"},
		{"Ben Okafor", "+12025550167"},
	} {
		m := emulator.AddMember(stytchtest.WithName(person.name), stytchtest.WithPhone(person.phone))
		members = append(members, member{ID: m.ID, OrganizationID: m.OrganizationID, Name: person.name})
	}
	return emulator, members, nil
}

// credentials are the result of a login.
type credentials struct {
	JWT     string `json:"session_jwt"`
	Token   string `json:"session_token"`
	Session struct {
		ExpiresAt time.Time `json:"expires_at"`
	} `json:"member_session"`
}

// signIn stands for the login of a real app. The emulator runs in another process,
// so signIn goes through its admin API.
func signIn(ctx context.Context, emulator string, m member) (*credentials, error) {
	body, err := json.Marshal(map[string]string{"organization_id": m.OrganizationID, "member_id": m.ID})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, emulator+"/_emulator/sessions", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("sign-in: %s", resp.Status)
	}
	var c credentials
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&c); err != nil {
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	return &c, nil
}
