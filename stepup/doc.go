// Package stepup asks members of Stytch B2B organizations for a recent second
// factor before they reach what is worth one: a code by text message, typed
// into a page of this package, after which they are where they were going.
//
// # How it decides
//
// A Guard reads the session JWT of a request, from a cookie or a bearer token,
// and verifies it with package jwks, in this process. A Policy says how old the
// newest second factor in that JWT may be. Nothing else is proof: no cookie,
// store or memory of this package says that a member was verified, so nothing
// of it can be forged, replayed or left behind.
//
// Policies are attached to handlers, never to paths:
//
//	mux.Handle("GET /account", guard.RequireSession(account))
//	mux.Handle("GET /payouts", guard.Require(money)(payouts))
//
// Where the need shows only inside a handler, Check decides and writes nothing,
// and Deny answers in the client's language:
//
//	if amount > limit {
//		if err := guard.Check(r, money); err != nil {
//			guard.Deny(w, r, err)
//			return
//		}
//	}
//
// # What happens to who is refused
//
// A browser that navigated is sent to the verify page (VerifyHandler), with a
// message on its way if the member surely asked for the page: not for a
// prefetch, an image, a frame or a link on another site, and once in ten
// minutes. A form that was posted is answered with the page in place; it is
// sealed into the page and sent again by a button of its own once the code was
// right. Programs get a 401 that says what is missing and where to get it, and
// ask for the message and hand in the code in JSON.
//
// An answer goes the way the credential came: to a cookie with cookies and no
// token in the body, to a bearer token with a body and no cookie.
//
// # What to decide
//
//   - Cookies: ServerCookies, unless the pages use Stytch's browser SDK, which
//     has to read them: SDKCookies.
//   - Key: 32 random bytes, the same on every instance.
//   - Limiter: MemoryLimiter counts for one process. An app of several needs
//     one that they share, such as package redislimit.
//   - TrustedProxies: without it nothing is limited by client address.
//   - LoginURL: it is given the way back as "next", which the sign-in handler
//     must pass through Guard.ReturnPath before it uses it.
//
// Texts, styles and templates of the pages can be replaced one by one
// (Config.Pages), or the rendering as a whole (Config.Render).
//
// Package stytchtest emulates Stytch, so that handlers behind a guard can be
// tested without an account: see the examples.
package stepup
