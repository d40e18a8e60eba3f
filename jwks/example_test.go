package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/rungauth/rung/jwks"
)

// The key server of the examples is a stand-in for Stytch. Omit HTTPClient to
// use the real one.
var exampleKey = newSigner(0)

func Example() {
	verifier, err := jwks.New(jwks.Config{
		ProjectID:  projectID,
		HTTPClient: &http.Client{Transport: serve(exampleKey)},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer verifier.Close()

	handler := func(token string) (status int, body string) {
		session, err := verifier.Verify(context.Background(), token)
		switch {
		case errors.Is(err, jwks.ErrUnavailable):
			return http.StatusServiceUnavailable, "try again in a moment"
		case errors.Is(err, jwks.ErrExpired):
			return http.StatusUnauthorized, "get a new token for your session"
		case err != nil:
			return http.StatusUnauthorized, "sign in"
		}
		return http.StatusOK, "hello " + session.MemberID()
	}

	fmt.Println(handler(exampleKey.mint(nil)))
	fmt.Println(handler(exampleKey.mint(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()})))
	fmt.Println(handler("forged"))
	// Output:
	// 200 hello member-test-11111111-1111-1111-1111-111111111111
	// 401 get a new token for your session
	// 401 sign in
}

func ExampleSession_Claims() {
	verifier, err := jwks.New(jwks.Config{
		ProjectID:  projectID,
		HTTPClient: &http.Client{Transport: serve(exampleKey)},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer verifier.Close()

	session, err := verifier.Verify(context.Background(), exampleKey.mint(map[string]any{
		"app": map[string]any{"plan": "pro", "seats": 12},
	}))
	if err != nil {
		log.Fatal(err)
	}
	var custom struct {
		App struct {
			Plan  string `json:"plan"`
			Seats int    `json:"seats"`
		} `json:"app"`
	}
	if err := session.Claims(&custom); err != nil {
		log.Fatal(err)
	}
	fmt.Println(custom.App.Plan, custom.App.Seats)
	// Output: pro 12
}

func ExampleSession_Factors() {
	verifier, err := jwks.New(jwks.Config{
		ProjectID:  projectID,
		HTTPClient: &http.Client{Transport: serve(exampleKey)},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer verifier.Close()

	session, err := verifier.Verify(context.Background(), exampleKey.mint(nil))
	if err != nil {
		log.Fatal(err)
	}
	for factor := range session.Factors() {
		if factor.Type == "otp" && factor.DeliveryMethod == "sms" {
			fmt.Println("a code was sent to", factor.Phone.Number)
		}
	}
	// Output: a code was sent to •••• 23
}
