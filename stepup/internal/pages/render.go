// Writes a page as HTML. The guard calls it for every answer to a browser that
// is not a redirect, unless Config.Render takes its place.

package pages

import (
	"bytes"
	"fmt"
	"net/http"
	"strconv"

	"github.com/rungauth/rung/stepup/contract"
)

// Render writes a page. The page is complete before its first byte is written,
// so that a template that fails is a plain error and never half a page with a
// button on it.
func (p *Pages) Render(w http.ResponseWriter, r *http.Request, page contract.Page) {
	var b bytes.Buffer
	status := page.Status
	if status == 0 {
		status = http.StatusOK
	}
	t := p.textsFor(page.Language)
	if err := p.execute(&b, t, page, r.Method == http.MethodGet); err != nil {
		b.Reset()
		b.WriteString("<!doctype html>\n<html lang=\"en\"><title>Error</title><h1>Something is wrong on our side</h1>\n")
		status = http.StatusInternalServerError
	} else {
		w.Header().Set("Content-Language", t.tag.String())
		p.assets.allowed.allow(w.Header())
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

func (p *Pages) execute(b *bytes.Buffer, t *texts, page contract.Page, get bool) error {
	state := p.templates[page.State]
	if state == nil {
		return fmt.Errorf("no page for the state %q", page.State)
	}
	page.Language = t.tag.String()
	return state.ExecuteTemplate(b, "page", &view{Page: page, Get: get, pages: p, texts: t})
}

func (p *Pages) textsFor(language string) *texts {
	for _, t := range p.texts {
		if t.tag.String() == language {
			return t
		}
	}
	return p.texts[0]
}
