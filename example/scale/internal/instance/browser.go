// A browser that calls the app without a network. The measurements and the tests
// step up with it.

package instance

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/rungauth/rung/stepup/stytchtest"
)

const origin = "https://app.example.com"

// Browser is the browser of one member, who is signed in.
type Browser struct {
	app     *App
	cookies map[string]string
}

// Browser returns a browser with the cookies of a session.
func (a *App) Browser(session *stytchtest.Session) *Browser {
	b := &Browser{app: a, cookies: make(map[string]string)}
	for _, c := range session.Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return b
}

// Reply is what the app answered.
type Reply struct {
	Status   int
	Location string
	Body     string
}

// Get goes to a page. It follows no redirect.
func (b *Browser) Get(path string) Reply { return b.do(http.MethodGet, path, nil) }

// Post sends a form of a page of the app.
func (b *Browser) Post(path string, form url.Values) Reply { return b.do(http.MethodPost, path, form) }

func (b *Browser) do(method, path string, form url.Values) Reply {
	r, err := http.NewRequest(method, origin+path, io.NopCloser(strings.NewReader(form.Encode())))
	if err != nil {
		panic(err) // the paths are the app's own
	}
	r.RequestURI, r.RemoteAddr = r.URL.RequestURI(), "192.0.2.1:1234"
	r.Header.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	for name, value := range map[string]string{"Site": "same-origin", "Mode": "navigate", "Dest": "document"} {
		r.Header.Set("Sec-Fetch-"+name, value)
	}
	if method == http.MethodPost {
		r.Header.Set("Origin", origin)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := &recorder{header: http.Header{}}
	b.app.handler.ServeHTTP(w, r)
	for _, c := range (&http.Response{Header: w.header}).Cookies() {
		b.cookies[c.Name] = c.Value
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return Reply{Status: w.status, Location: w.header.Get("Location"), Body: w.body.String()}
}

// StepUp is a whole step-up: the guarded page redirects to the verify page, the
// passcode is typed, and the guarded page opens. readCode returns the passcode
// of the message.
func (b *Browser) StepUp(readCode func() string) error {
	if err := b.Prove(b.Get("/guarded"), readCode); err != nil {
		return err
	}
	if opened := b.Get("/guarded"); opened.Status != http.StatusOK {
		return unexpected("the guarded page after the passcode", opened.Status)
	}
	return nil
}

// Prove follows the answer of a guarded page to the verify page, and types the
// passcode there.
func (b *Browser) Prove(guarded Reply, readCode func() string) error {
	if guarded.Status != http.StatusSeeOther {
		return unexpected("the guarded page", guarded.Status)
	}
	page := b.Get(guarded.Location)
	form := fields(page.Body)
	if form.Get("next") == "" {
		return unexpected("the verify page", page.Status)
	}
	form.Set("code", readCode())
	if typed := b.Post("/stepup/", form); typed.Status != http.StatusSeeOther {
		return unexpected("the passcode", typed.Status)
	}
	return nil
}

// fields are the fields of the forms of a page.
func fields(page string) url.Values {
	values := url.Values{}
	for {
		_, after, found := strings.Cut(page, "<input ")
		if !found {
			return values
		}
		tag, rest, _ := strings.Cut(after, ">")
		page = rest
		if name := attribute(tag, "name"); name != "" && !values.Has(name) {
			values.Set(name, attribute(tag, "value"))
		}
	}
}

// attribute returns the value of an attribute of a tag; "" = it has none.
func attribute(tag, name string) string {
	_, after, _ := strings.Cut(" "+tag, " "+name+`="`)
	value, _, _ := strings.Cut(after, `"`)
	return html.UnescapeString(value)
}

// recorder keeps an answer. It does the work of httptest.ResponseRecorder, whose
// package adds a flag to every program that imports it.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}
