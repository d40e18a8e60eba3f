// Where requests come from and where members are sent. deny.go, verify.go and
// the steps get every address here.

package stepup

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rungauth/rung/stepup/internal/inbound"
)

// Links are pages of the app that the verify pages lead to. The zero value
// leads to "/" and offers nothing else.
type Links struct {
	// Login is where browsers without a session are sent, with the way back in
	// the query parameter "next": a path, or an http or https URL. It must not
	// itself be behind RequireSession. "" = "/".
	Login string
	// Settings is where a member can change their phone number: a path, or an
	// http or https URL. "" = not offered.
	Settings string
	// Support is where a member who cannot go on alone gets help: a path, or an
	// http or https URL. "" = not offered.
	Support string
	// Cancel is where a member who gives up is sent: a path of this origin,
	// since browsers let the forms of the verify page lead nowhere else.
	// "" = "/".
	Cancel string
}

func (l Links) withDefaults() (Links, error) {
	if l.Login == "" {
		l.Login = "/"
	}
	if l.Cancel == "" {
		l.Cancel = "/"
	}
	for _, link := range []struct{ field, url string }{{"Login", l.Login}, {"Settings", l.Settings}, {"Support", l.Support}} {
		if link.url != "" && !isLink(link.url) {
			return l, fmt.Errorf("stepup: Config.Links.%s must be a path or an http or https URL, is %q", link.field, link.url)
		}
	}
	if !inbound.IsLocalPath(l.Cancel) {
		return l, fmt.Errorf("stepup: Config.Links.Cancel must be a path of this origin, is %q", l.Cancel)
	}
	return l, nil
}

// isLink reports whether s is a path, or an http or https URL: javascript: and
// the like must not get into pages and Location headers.
func isLink(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return false
	}
	if u.Scheme == "" && u.Host == "" {
		return inbound.IsLocalPath(s)
	}
	return (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}

// links are the app's links and our own.
type links struct {
	Links
	verify  string                       // VerifyPath, with a slash at its end
	bare    bool                         // it is used without that slash
	public  func(r *http.Request) string // Config.PublicPath, or nil
	trusted []string                     // Config.TrustedOrigins
}

// returnPath returns path if a member may be sent there, and "/" otherwise. A
// path of the verify handler would send them in a circle.
func (l *links) returnPath(path string) string {
	if !inbound.IsLocalPath(path) || l.isVerify(path) {
		return "/"
	}
	return path
}

// isVerify reports whether path leads to the verify handler, however it is
// spelled.
func (l *links) isVerify(path string) bool {
	path, _, _ = strings.Cut(path, "#")
	path, _, _ = strings.Cut(path, "?")
	path, err := url.PathUnescape(path)
	return err != nil || strings.HasPrefix(path+"/", l.verify)
}

// path is the escaped path that the client asked for. Middleware in front may
// have stripped a prefix from r.URL, so the request line comes first.
func (l *links) path(r *http.Request) string {
	if l.public != nil {
		return l.public(r)
	}
	if strings.HasPrefix(r.RequestURI, "/") {
		path, _, _ := strings.Cut(r.RequestURI, "?")
		return path
	}
	return r.URL.EscapedPath()
}

// pathAndQuery is path with the query of the request.
func (l *links) pathAndQuery(r *http.Request) string {
	if r.URL.RawQuery == "" {
		return l.path(r)
	}
	return l.path(r) + "?" + r.URL.RawQuery
}

// target is where the member was going, so that they can be sent there later.
func (l *links) target(r *http.Request) string {
	whole := r.Header.Get("Hx-Boosted") == "true" || r.Header.Get("Hx-History-Restore-Request") == "true" // htmx navigates
	switch {
	case r.Header.Get("Hx-Request") == "true" && r.Header.Get("Hx-Current-Url") != "" && (!whole || inbound.IsUnsafe(r.Method)): // a fragment is nothing to come back to
		return l.pageOf(r, r.Header.Get("Hx-Current-Url"))
	case inbound.IsUnsafe(r.Method):
		return l.pageOf(r, r.Referer())
	}
	return l.returnPath(l.pathAndQuery(r))
}

// pageOf returns the path of the page that a request was made from, or "/" if
// that is not one of this origin or a trusted one: behind a proxy that rewrites
// Host, pages are of an origin that only the configuration knows.
func (l *links) pageOf(r *http.Request, page string) string {
	u, err := url.Parse(page)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) && !slices.Contains(l.trusted, u.Scheme+"://"+strings.ToLower(u.Host)) {
		return "/"
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	return l.returnPath(path)
}

// endpoint is what follows VerifyPath in the path of a request, without a slash
// at its end.
func (l *links) endpoint(r *http.Request) string {
	path, err := url.PathUnescape(l.path(r))
	name, ok := strings.CutPrefix(path+"/", l.verify)
	if !ok || err != nil {
		name = strings.TrimPrefix(r.URL.Path, "/")
	}
	// Routers and middleware add and remove the last slash.
	name = strings.TrimRight(name, "/")
	if name+"/" == loginFolder {
		return loginFolder
	}
	return name
}

// login is where to sign in, with the way back.
func (l *links) login(next string) string {
	if next == "/" || next == "" {
		return l.Login
	}
	login, fragment, hasFragment := strings.Cut(l.Login, "#")
	separator := "?"
	if strings.Contains(login, "?") {
		separator = "&"
	}
	login += separator + url.Values{"next": {next}}.Encode()
	if hasFragment {
		login += "#" + fragment
	}
	return login
}
