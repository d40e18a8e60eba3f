// Package stepup asks members of Stytch B2B organizations for a recent second
// factor before they reach anything worth protecting: the passcode of a text
// message or of an authenticator app, which they type into a page of this
// package. Then they go on to where they were going. It completes logins that
// lack their second factor in the same way.
//
// # How it decides
//
// A Guard reads the session JWT of a request, from a cookie or a bearer token,
// and verifies it with package jwks, in this process. A Policy says which
// factors that JWT must hold, and how old they may be. Nothing else is proof: no
// cookie, store or memory of this package says that a member was verified, so
// there is nothing in it to forge, replay or leave behind.
//
// A policy can ask for one of several factors, and for several of them, each
// with an age of its own:
//
//	stepup.Policy{
//		Name: "money", MaxAge: 10 * time.Minute, Methods: []stepup.Method{stepup.SMS, stepup.TOTP},
//		AllOf: []stepup.Requirement{{{Method: stepup.Primary, MaxAge: 8 * time.Hour}}},
//	}
//
// A second factor is asked for here, of those that the member has the strongest
// first. A primary factor that is too old leads to Links.Login. A proof can also
// be bound to the very request that the member approved (Policy.Bound), be good
// for one request (EveryTime) or at one address (SameAddress), and Stytch can be
// asked each time whether the session still lives (Live).
//
// Policies are attached to handlers, never to paths:
//
//	mux.Handle("GET /account", guard.RequireSession(account))
//	mux.Handle("GET /payouts", guard.Require(money)(payouts))
//
// RequireFunc takes a policy that is chosen for each request. Where the need
// shows only inside a handler, Check decides and writes
// nothing, and Deny answers in the form that the client expects:
//
//	if amount > limit {
//		if err := guard.Check(r, money); err != nil {
//			guard.Deny(w, r, err)
//			return
//		}
//	}
//
// # What a refused client gets
//
// A browser that navigated is sent to the verify page (VerifyHandler). A
// message is already on its way if the member surely asked for the page: not
// for a prefetch, an image, a frame or a link on another site, and at most
// once in ten minutes. A form that was posted is answered with the page
// itself: the form is sealed into it, and a button sends it again once the
// passcode was right. Programs get a 401 that says what is missing and where
// to get it; they ask for the message and submit the passcode in JSON.
//
// An answer goes out the way the credential came in: a cookie gets cookies and
// no token in the body, a bearer token gets a body and no cookie.
//
// # At login
//
// A primary authentication that Stytch answers with an intermediate session
// token in place of a session goes to CompleteLogin. The same pages then ask for
// the second factor, or let the member add one, and set the session cookies.
//
// # What to decide
//
//   - Cookies: ServerCookies, unless the pages use Stytch's browser SDK, which
//     has to read them: SDKCookies.
//   - Key: 32 random bytes, the same on every instance.
//   - Limiter: MemoryLimiter counts for one process. An app of several needs
//     one that they share, such as package redislimit.
//   - ClientIP: without it nothing is limited by client address. TrustProxies
//     makes one for apps behind proxies.
//   - Links.Login: it gets the way back in the query parameter "next", which
//     the sign-in handler must pass through Guard.ReturnPath before it uses it.
//
// Texts, styles and templates of the pages can be replaced one by one
// (Config.Pages), or the rendering as a whole (Config.Render).
//
// Package stytchtest emulates Stytch, so that handlers behind a guard can be
// tested without an account: see the examples.
package stepup
