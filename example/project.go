// The choice of the Stytch project: yours or the emulated one. Called first by
// run in main.go.

package main

import (
	"errors"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// project is the Stytch project that members sign in to.
type project struct {
	config  stytch.Config
	cookies stepup.Cookies
	demo    *demo  // the emulator and its members; nil = the real service
	close   func() // never nil
}

// openProject opens the project that the environment names, or else the emulator.
func openProject(getenv func(string) string) (*project, error) {
	config := stytch.Config{
		ProjectID: getenv("STYTCH_PROJECT_ID"),
		Secret:    getenv("STYTCH_SECRET"),
		BaseURL:   getenv("STYTCH_BASE_URL"),
	}
	if config.ProjectID == "" && config.Secret == "" {
		return openEmulator()
	}
	if config.ProjectID == "" || config.Secret == "" {
		return nil, errors.New("STYTCH_PROJECT_ID and STYTCH_SECRET must be set together")
	}
	return &project{
		config: config,
		// The app then has no sign-in of its own. The session comes from a page
		// on the same host with Stytch's browser SDK, which must be able to
		// read the cookies, or it takes the member for signed out.
		cookies: stepup.SDKCookies(),
		close:   func() {},
	}, nil
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
		cookies: stepup.ServerCookies(),
		demo:    demo,
		close:   demo.emulator.Close,
	}, nil
}
