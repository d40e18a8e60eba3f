// What the examples of the adapters have in common.

package routers_test

import (
	"log"
	"os"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

// exampleGuard makes a guard and a policy as in the quick start.
func exampleGuard() (*stepup.Guard, stepup.Policy) {
	client, err := stytch.New(stytch.Config{ProjectID: os.Getenv("STYTCH_PROJECT_ID"), Secret: os.Getenv("STYTCH_SECRET")})
	if err != nil {
		log.Fatal(err)
	}
	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}
	guard, err := stepup.New(stepup.Config{
		Client: client, Key: []byte(os.Getenv("STEPUP_KEY")), Cookies: stepup.ServerCookies(), Policies: []stepup.Policy{money},
	})
	if err != nil {
		log.Fatal(err)
	}
	return guard, money
}
