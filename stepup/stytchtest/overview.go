// The overview page, which shows what is in the emulator: organizations, members,
// sessions, logins, messages, mails and calls. The admin routes serve it with its style.

package stytchtest

import (
	"embed"
	"html/template"
	"net/http"
)

// overviewAssets holds the template and the style of the page.
//
//go:embed overview
var overviewAssets embed.FS

// overviewPolicy allows the page its own style and nothing else.
const overviewPolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// newOverviewPage returns the handler of GET /_emulator/. The page shows what the admin
// API does: codes and links, but no password, secret or token of a session.
func newOverviewPage(a *api) http.Handler {
	page := template.Must(template.ParseFS(overviewAssets, "overview/overview.html"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, overviewPolicy, page, newOverviewView(a))
	})
}

// newOverviewFiles returns the handler of the style.
func newOverviewFiles() http.Handler {
	return pageFiles(overviewAssets, overviewPolicy, "overview/overview.css")
}
