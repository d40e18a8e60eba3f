package stepup_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// newGuardWith is newGuard with a configuration of its own.
func newGuardWith(srv *stytchtest.Server, config stepup.Config) *stepup.Guard {
	client, err := stytch.New(stytch.Config{
		ProjectID: srv.ProjectID, Secret: srv.Secret, BaseURL: srv.URL, HTTPClient: srv.Client(),
	})
	if err != nil {
		log.Fatal(err)
	}
	key := make([]byte, 32)
	rand.Read(key)
	config.Client, config.Key, config.Cookies = client, key, stepup.ServerCookies()
	guard, err := stepup.New(config)
	if err != nil {
		log.Fatal(err)
	}
	if err := guard.Ready(context.Background()); err != nil {
		log.Fatal(err)
	}
	return guard
}

// A sign-in handler got an intermediate session token in place of a session. The
// guard asks for the second factor and sets the session cookies.
func ExampleGuard_CompleteLogin() {
	srv := stytchtest.NewUnstartedServer()
	guard := newGuardWith(srv, stepup.Config{})
	defer guard.Close()
	member := srv.AddMember(stytchtest.WithMFAEnrolled())

	mux := http.NewServeMux()
	mux.Handle("/stepup/", guard.VerifyHandler())
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		// What Stytch answers to the right password of a member with MFA: see
		// stytch.Client.AuthenticatePassword.
		token := srv.StartLogin(member, stytchtest.CodeSent())
		guard.CompleteLogin(w, r, stepup.Login{
			OrganizationID: member.OrganizationID, MemberID: member.ID, IntermediateSessionToken: token,
			CodeSent: true, PhoneNumber: member.PhoneNumber, Next: "/payouts",
			Bearer: true, // a program, to keep this short
		})
	})

	call := func(path, body string) (answer struct {
		Code, Login string
		SessionJWT  string `json:"session_jwt"`
	}) {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			log.Fatal(err)
		}
		fmt.Println("POST", path, w.Code, answer.Code)
		return answer
	}
	login := call("/sign-in", "{}").Login
	done := call("/stepup/login/", `{"login":"`+login+`","code":"`+srv.LastCode(member)+`"}`)
	fmt.Println("signed in:", done.SessionJWT != "")
	// Output:
	// POST /sign-in 200 challenge_pending
	// POST /stepup/login/ 200 verified
	// signed in: true
}

// Which policy applies can depend on the request: here, on who is asking for how
// much.
func ExampleGuard_RequireFunc() {
	small := stepup.Policy{Name: "small", MaxAge: 8 * time.Hour}
	large := stepup.Policy{
		Name: "large", MaxAge: 10 * time.Minute, Methods: []stepup.Method{stepup.SMS, stepup.TOTP},
		AllOf: []stepup.Requirement{{{Method: stepup.Primary, MaxAge: time.Hour}}},
	}
	srv := stytchtest.NewUnstartedServer()
	guard := newGuardWith(srv, stepup.Config{Policies: []stepup.Policy{small, large}})
	defer guard.Close()
	for _, p := range guard.Policies() {
		fmt.Println("policy", p.Name)
	}

	transfer := guard.RequireFunc(func(r *http.Request, session *jwks.Session) stepup.Policy {
		if session.HasRole("treasurer") && r.URL.Query().Get("amount") == "50" {
			return small
		}
		return large
	})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "sent") }))

	session := srv.SignIn(srv.AddMember(stytchtest.WithRoles("treasurer")), stytchtest.WithFactor("otp", "sms", time.Hour))
	for _, amount := range []string{"50", "5000"} {
		r := httptest.NewRequest(http.MethodPost, "/transfers?"+url.Values{"amount": {amount}}.Encode(), nil)
		session.SetBearer(r)
		w := httptest.NewRecorder()
		transfer.ServeHTTP(w, r)
		fmt.Println(amount, w.Code)
	}
	// Output:
	// policy small
	// policy large
	// 50 200
	// 5000 401
}
