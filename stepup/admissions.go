// What it takes to find out whose request it is. The methods are in admit.go,
// identity.go, renew.go and signout.go.

package stepup

import (
	"net/http"
	"time"

	"github.com/rungauth/rung/stepup/internal/provider"
	"github.com/rungauth/rung/stepup/internal/quota"
)

// admissions finds out whose request it is, renews sessions and ends them. It
// knows no policy: that a session satisfies one is for the Guard to decide.
type admissions struct {
	provider      *provider.Provider
	quota         *quota.Counters
	tokens        tokens
	bookmarks     *bookmarks
	origins       *http.CrossOriginProtection
	refreshWithin time.Duration
	events        events
}
