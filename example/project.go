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
	demo    *demo  // the emulator and who is in it; nil = the real service
	close   func() // never nil
}

// openProject reads the environment: a project that it names, or the emulator.
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
		// This app has no sign-in of its own then. A session in the browser
		// comes from a page with Stytch's browser SDK on the same host, which
		// takes a cookie that it cannot read for a sign-out.
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
