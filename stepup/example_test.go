package stepup_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// The quick start: two handlers of an app, one for members and one for members
// who typed a passcode within the last ten minutes.
func Example() {
	account := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, _ := stepup.SessionFromContext(r.Context())
		fmt.Fprintln(w, "signed in as", session.MemberID())
	})
	payouts := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "the money")
	})

	client, err := stytch.New(stytch.Config{
		ProjectID: os.Getenv("STYTCH_PROJECT_ID"),
		Secret:    os.Getenv("STYTCH_SECRET"),
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err := stepup.ParseKey(os.Getenv("STEPUP_KEY")) // openssl rand -base64 32
	if err != nil {
		log.Fatal(err)
	}
	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}
	guard, err := stepup.New(stepup.Config{
		Client:   client,
		Key:      key,                    // the same on every instance
		Cookies:  stepup.ServerCookies(), // or SDKCookies(), where Stytch's browser SDK owns them
		Policies: []stepup.Policy{money},
	})
	if err != nil {
		log.Fatal(err)
	}

	mux := http.NewServeMux()
	mux.Handle("GET /stepup/", guard.VerifyHandler())
	mux.Handle("POST /stepup/", guard.VerifyHandler())
	mux.Handle("GET /account", guard.RequireSession(account))
	mux.Handle("GET /payouts", guard.Require(money)(payouts))
	server := &http.Server{
		Addr: "127.0.0.1:8080", Handler: mux,
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, // slow clients must not hold memory
	}
	err = server.ListenAndServe()
	guard.Close()
	log.Fatal(err)
}

// A test of handlers behind a guard needs no account and no network: the
// emulator signs members in, with second factors as old as the test likes, and
// the app verifies real tokens.
func Example_testing() {
	srv := stytchtest.NewUnstartedServer()
	guard, money := newGuard(srv) // what the app's main does, with the emulator's settings
	defer guard.Close()
	payouts := guard.Require(money)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "the money")
	}))

	member := srv.AddMember()
	for _, age := range []time.Duration{2 * time.Minute, 20 * time.Minute} {
		session := srv.SignIn(member, stytchtest.WithFactor("otp", "sms", age))
		r := httptest.NewRequest(http.MethodGet, "/payouts", nil)
		session.AddCookies(r)
		w := httptest.NewRecorder()
		payouts.ServeHTTP(w, r)
		fmt.Println("passcode given", age, "ago:", w.Code)
	}
	// Output:
	// passcode given 2m0s ago: 200
	// passcode given 20m0s ago: 401
}

// newGuard makes a guard on the emulator. A server that listens needs no
// HTTPClient.
func newGuard(srv *stytchtest.Server) (*stepup.Guard, stepup.Policy) {
	client, err := stytch.New(stytch.Config{
		ProjectID: srv.ProjectID, Secret: srv.Secret, BaseURL: srv.URL, HTTPClient: srv.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	money := stepup.Policy{Name: "money", MaxAge: 10 * time.Minute}
	guard, err := stepup.New(stepup.Config{
		Client:   client,
		Key:      key,
		Cookies:  stepup.ServerCookies(),
		Policies: []stepup.Policy{money},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := guard.Ready(context.Background()); err != nil {
		log.Fatal(err)
	}
	return guard, money
}

// Whether a transfer is large shows only inside the handler, so the handler
// asks: Check decides and writes nothing, Deny answers.
func ExampleGuard_Check() {
	srv := stytchtest.NewUnstartedServer()
	guard, money := newGuard(srv)
	defer guard.Close()

	const limit = 1000
	transfer := guard.RequireSession(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		amount, err := strconv.Atoi(r.PostFormValue("amount"))
		if err != nil {
			http.Error(w, "no amount", http.StatusUnprocessableEntity)
			return
		}
		if amount > limit {
			if err := guard.Check(r, money); err != nil {
				guard.Deny(w, r, err)
				return
			}
		}
		fmt.Fprint(w, "sent")
	}))

	session := srv.SignIn(srv.AddMember())
	for _, amount := range []string{"250", "5000"} {
		r := httptest.NewRequest(http.MethodPost, "/transfers", strings.NewReader("amount="+amount))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		session.SetBearer(r)
		w := httptest.NewRecorder()
		transfer.ServeHTTP(w, r)
		fmt.Println(amount, w.Code)
	}
	// Output:
	// 250 200
	// 5000 401
}

// A program steps up over JSON: it asks for a message, posts the passcode and
// goes on with the session JWT of the answer.
func ExampleGuard_VerifyHandler_json() {
	srv := stytchtest.NewUnstartedServer()
	guard, money := newGuard(srv)
	defer guard.Close()
	mux := http.NewServeMux()
	mux.Handle("/stepup/", guard.VerifyHandler())
	mux.Handle("/api/payouts", guard.Require(money)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `{}`)
	})))

	member := srv.AddMember()
	token := srv.SignIn(member).JWT
	call := func(method, path, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		var answer struct {
			Code       string
			SessionJWT string `json:"session_jwt"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			log.Fatal(err)
		}
		if answer.SessionJWT != "" {
			token = answer.SessionJWT
		}
		fmt.Println(method, path, w.Code, answer.Code)
	}
	call("GET", "/api/payouts", "")
	call("POST", "/stepup/send", `{"policy":"money"}`)
	call("POST", "/stepup/", `{"policy":"money","code":"`+srv.LastCode(member)+`"}`)
	call("GET", "/api/payouts", "")
	// Output:
	// GET /api/payouts 401 step_up_required
	// POST /stepup/send 200 challenge_pending
	// POST /stepup/ 200 verified
	// GET /api/payouts 200
}
