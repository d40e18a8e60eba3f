// Templates, static files and response headers. Every handler renders through
// here.

package main

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"time"
)

//go:embed templates
var templateFiles embed.FS

//go:embed static
var assetFiles embed.FS

// pagePolicy allows only what this app serves itself. Against clickjacking, no
// site may frame a page that moves money.
const pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "

// pages are the parsed templates, by name.
type pages struct {
	byName map[string]*template.Template
}

// view is the data of every page.
type view struct {
	Title   string
	Path    string // of the page, to mark it in the navigation
	Session any    // the *jwks.Session of the member; nil = not signed in
	Phone   bool   // whether to show the simulated phone
	Data    any    // what only this page shows
}

func parsePages() *pages {
	funcs := template.FuncMap{"ago": ago, "clock": clock}
	p := &pages{byName: map[string]*template.Template{
		"phone": template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/phone.html")),
	}}
	for _, name := range []string{
		"signin", "sent", "organizations", "home", "account", "payouts", "transfers", "statements", "approvers",
	} {
		p.byName[name] = template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles,
			"templates/layout.html", "templates/"+name+".html"))
	}
	return p
}

// render writes a page. Pages show balances, so no cache may keep them, and the
// back button must not bring them back after a sign-out.
func (p *pages) render(w http.ResponseWriter, status int, name string, v view) {
	p.write(w, status, name, "'none'", v)
}

func (p *pages) write(w http.ResponseWriter, status int, name, ancestors string, data any) {
	var out bytes.Buffer
	if err := p.byName[name].ExecuteTemplate(&out, "page", data); err != nil {
		panic(err) // a mistake in the template; the tests visit every page
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", pagePolicy+ancestors)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin") // with "no-referrer", CrossOriginProtection would not see where a form comes from
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w)
}

// staticFiles serves the style sheet, the script and the icon.
func staticFiles() http.Handler {
	files := http.FileServerFS(assetFiles)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache") // they change with each build
		w.Header().Set("X-Content-Type-Options", "nosniff")
		files.ServeHTTP(w, r)
	})
}

// ago says how long ago t was.
func ago(t time.Time) string {
	switch minutes := int(time.Since(t).Minutes()); {
	case minutes < 1:
		return "just now"
	case minutes == 1:
		return "a minute ago"
	case minutes < 60:
		return fmt.Sprintf("%d minutes ago", minutes)
	}
	return "at " + clock(t)
}

func clock(t time.Time) string { return t.Local().Format("15:04") }
