// The headers of every answer of ours.

package stepup

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

// keepOutOfCaches is for every answer of ours: they are about one member at
// one moment, and negotiated. What the app varies by stays.
func keepOutOfCaches(h http.Header) {
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "Cookie", "HX-Request", "Sec-Fetch-Dest", "Sec-Fetch-Mode"} {
		if !slices.Contains(h["Vary"], name) {
			h.Add("Vary", name)
		}
	}
}

// setAuthenticate sets the WWW-Authenticate field, which every 401 has (RFC
// 9110, 15.5.2): that of RFC 9470, 3 where a step-up is missing, and of RFC
// 6750, 3.1 where the session is.
func setAuthenticate(h http.Header, q *query, rep reply) {
	if rep.httpStatus() != http.StatusUnauthorized {
		return
	}
	switch {
	case rep.code == contract.CodeSessionExpired:
		h.Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="The session has ended"`)
	case rep.code == contract.CodeSessionRequired || q.policy == nil:
		h.Set("WWW-Authenticate", "Bearer")
	default:
		h.Set("WWW-Authenticate", `Bearer error="insufficient_user_authentication", error_description="A more recent second factor is required", max_age="`+
			strconv.FormatInt(seconds(q.policy.MaxAge), 10)+`"`)
	}
}

func setRetryAfter(h http.Header, d time.Duration) {
	if d > 0 {
		h.Set("Retry-After", strconv.FormatInt(seconds(d), 10))
	}
}

// seconds rounds up: a client that comes back a moment too early is refused
// again.
func seconds(d time.Duration) int64 {
	return int64((d + time.Second - 1) / time.Second)
}
