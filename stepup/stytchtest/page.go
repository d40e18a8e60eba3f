// What the two pages have in common: how they and their files are sent. The pages are in
// phone.go and overview.go.

package stytchtest

import (
	"bytes"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"
)

// writePage sends a page under a Content-Security-Policy.
func writePage(w http.ResponseWriter, policy string, page *template.Template, view any) {
	var out bytes.Buffer
	if err := page.Execute(&out, view); err != nil {
		panic(err) // the templates are tested and the views complete
	}
	setPageHeader(w.Header(), policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = out.WriteTo(w)
}

// pageFiles returns the handler of the named files below /_emulator/, and of no others.
func pageFiles(assets fs.FS, policy string, names ...string) http.Handler {
	files := http.StripPrefix("/_emulator/", http.FileServerFS(assets))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !slices.Contains(names, strings.TrimPrefix(r.URL.Path, "/_emulator/")) {
			http.NotFound(w, r)
			return
		}
		setPageHeader(w.Header(), policy)
		files.ServeHTTP(w, r)
	})
}

// setPageHeader keeps codes out of caches, frames and Referer headers.
func setPageHeader(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}
