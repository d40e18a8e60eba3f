// Checks pages that are not made here. Whoever takes Config.Render can call it
// at start, for what New does with Config.Pages.

package pages

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/rungauth/rung/stepup/contract"
)

// CheckRender shows pages of every state to render, and returns an error for
// the first form without a field that it has to send. The pages are answers to
// a GET of /stepup/, in English, with made-up contents.
func CheckRender(render func(w http.ResponseWriter, r *http.Request, page contract.Page)) error {
	for _, page := range samplePages() {
		page.Language = "en"
		r, err := http.NewRequest(http.MethodGet, page.Base, nil)
		if err != nil {
			return err
		}
		w := &pageWriter{header: make(http.Header)}
		SetHeaders(w.header, page, nil)
		render(w, r, page)
		if err := checkForms(page, w.String()); err != nil {
			return fmt.Errorf("the page in the state %q: %w", page.State, err)
		}
	}
	return nil
}

// pageWriter keeps the body of an answer.
type pageWriter struct {
	bytes.Buffer
	header http.Header
}

func (w *pageWriter) Header() http.Header { return w.header }
func (w *pageWriter) WriteHeader(int)     {}
