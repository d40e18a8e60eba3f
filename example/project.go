// The choice of the Stytch project: yours or the emulated one. Called first by
// run in main.go.

package main

import (
	"errors"

	"github.com/rungauth/rung/stepup/stytch"
)

// project is the Stytch project that members sign in to.
type project struct {
	config       stytch.Config
	organization string // id or slug of the organization that the sign-in page is for
	demo         *demo  // the emulator and its members; nil = the real service
	close        func() // never nil
}

// openProject opens the project that the environment names, or else the emulator.
func openProject(getenv func(string) string) (*project, error) {
	config := stytch.Config{
		ProjectID: getenv("STYTCH_PROJECT_ID"),
		Secret:    getenv("STYTCH_SECRET"),
		BaseURL:   getenv("STYTCH_BASE_URL"),
	}
	organization := getenv("STYTCH_ORGANIZATION")
	if config.ProjectID == "" && config.Secret == "" && organization == "" {
		return openEmulator()
	}
	if config.ProjectID == "" || config.Secret == "" || !isOrganization(organization) {
		return nil, errors.New("STYTCH_PROJECT_ID, STYTCH_SECRET and STYTCH_ORGANIZATION (an id or slug) must be set together")
	}
	return &project{config: config, organization: organization, close: func() {}}, nil
}

func openEmulator() (*project, error) {
	demo, err := openDemo()
	if err != nil {
		return nil, err
	}
	return &project{
		config: stytch.Config{
			ProjectID: demo.emulator.ProjectID,
			Secret:    demo.emulator.Secret,
			BaseURL:   demo.emulator.URL,
		},
		organization: demo.people[0].Organization,
		demo:         demo,
		close:        demo.emulator.Close,
	}, nil
}
