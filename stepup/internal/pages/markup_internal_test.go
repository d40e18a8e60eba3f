package pages

import (
	"encoding/xml"
	"fmt"
	"io"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

// A markup is a page as far as these tests read it.
type markup struct {
	source, text string
	elements     []*element
}

type element struct {
	name string
	attr map[string]string
	text string   // its own and that of the elements in it
	form *element // the form that it is in
}

func parsePage(t testing.TB, p *Pages, page contract.Page) markup {
	t.Helper()
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest("GET", "/stepup/", nil), page)
	if page.Status != 0 && w.Code != page.Status || page.Status == 0 && w.Code != 200 {
		t.Fatalf("%s: status %d: %s", page.State, w.Code, w.Body)
	}
	doc := markup{source: w.Body.String()}
	// XML forbids control characters and broken UTF-8, HTML passes them on as text.
	source := strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return 0xfffd
		}
		return r
	}, strings.ToValidUTF8(doc.source, "\ufffd"))
	decoder := xml.NewDecoder(strings.NewReader(source))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []*element
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return doc
		}
		if err != nil {
			t.Fatalf("%s: %v in\n%s", page.State, err, doc.source)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attr: make(map[string]string)}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			for i := len(open) - 1; i >= 0; i-- {
				if open[i].name == "form" {
					e.form = open[i]
				}
			}
			doc.elements, open = append(doc.elements, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			text := strings.ReplaceAll(string(token), "\u00a0", " ")
			doc.text += text
			for _, e := range open {
				e.text += text
			}
		}
	}
}

func (d markup) all(name string) (found []*element) {
	for _, e := range d.elements {
		if e.name == name {
			found = append(found, e)
		}
	}
	return found
}

func (d markup) byID(id string) *element {
	for _, e := range d.elements {
		if e.attr["id"] == id {
			return e
		}
	}
	return nil
}

// skeleton is the markup without its words.
func (d markup) skeleton() string {
	var b strings.Builder
	for _, e := range d.elements {
		var names []string
		for name := range e.attr {
			names = append(names, name)
		}
		slices.Sort(names)
		fmt.Fprintf(&b, "%s%v ", e.name, names)
	}
	return b.String()
}
