// Headers that answers have in common. write.go sets them, and credential.go
// with the cookies.

package stepup

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// keepOutOfCaches is for every answer: it is about one member at one moment,
// and varies with the headers named here. What the app varies by stays.
func keepOutOfCaches(h http.Header) {
	h.Set("Cache-Control", "no-store")
	for _, name := range []string{"Accept", "Authorization", "Content-Type", "Cookie", "HX-Request", "Sec-Fetch-Dest", "Sec-Fetch-Mode"} {
		if !slices.Contains(h["Vary"], name) {
			h.Add("Vary", name)
		}
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
