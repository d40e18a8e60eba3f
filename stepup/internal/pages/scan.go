// Reads the forms of a page, for forms.go. It knows as much of HTML as that
// takes: tags, attributes, and what is no markup although it may look like it.

package pages

import (
	"html"
	"strings"
)

// A form is what a page's form sends, and where.
type form struct {
	id      string
	targets []string // of the form and of its buttons
	fields  []control
}

// A control is a field of a form.
type control struct {
	name, value string
	hidden      bool
}

// within returns where below base the form leads.
func (f *form) within(base string) (rest string, ok bool) {
	for _, target := range f.targets {
		if rest, ok := strings.CutPrefix(target, base); ok {
			return rest, true
		}
	}
	return "", false
}

// sends reports whether the form has a field with that value.
func (f *form) sends(name, value string) bool {
	for _, c := range f.fields {
		if c.name == name && c.value == value {
			return true
		}
	}
	return false
}

// asks reports whether the form has a field that can be typed into.
func (f *form) asks(name string) bool {
	for _, c := range f.fields {
		if c.name == name && !c.hidden {
			return true
		}
	}
	return false
}

// readForms returns the forms of a page in order.
func readForms(source string) (forms []*form) {
	type owned struct {
		attributes map[string]string
		name       string
		in         *form
	}
	var open *form
	var controls []owned
	for s := (scanner{source}); ; {
		name, attributes, ok := s.tag()
		if !ok {
			break
		}
		switch name {
		case "form":
			open = &form{id: attributes["id"], targets: []string{attributes["action"]}}
			forms = append(forms, open)
		case "/form":
			open = nil
		case "input", "textarea", "select", "button":
			controls = append(controls, owned{attributes, name, open})
		}
	}
	for _, c := range controls {
		f := c.in
		if id, elsewhere := c.attributes["form"]; elsewhere {
			for _, other := range forms {
				if other.id == id {
					f = other
				}
			}
		}
		_, disabled := c.attributes["disabled"]
		switch {
		case f == nil || disabled:
		case c.name == "button":
			if target, ok := c.attributes["formaction"]; ok {
				f.targets = append(f.targets, target)
			}
		default:
			f.fields = append(f.fields, control{c.attributes["name"], c.attributes["value"], c.attributes["type"] == "hidden"})
		}
	}
	return forms
}

// A scanner is what is left of a page.
type scanner struct{ rest string }

// tag returns the next tag: its name in lower case, with a slash if it ends an
// element, and its attributes.
func (s *scanner) tag() (name string, attributes map[string]string, ok bool) {
	for {
		_, rest, found := strings.Cut(s.rest, "<")
		if !found {
			return "", nil, false
		}
		s.rest = rest
		if comment, ok := strings.CutPrefix(rest, "!--"); ok {
			_, s.rest, _ = strings.Cut(comment, "-->")
			continue
		}
		name = strings.ToLower(s.until(" \t\r\n\f>"))
		if name != "/" {
			name = strings.TrimSuffix(name, "/") // <br/>
		}
		attributes = s.attributes()
		switch name {
		case "script", "style", "title", "template", "textarea", "noscript":
			// Text, or not part of the page.
			if i := strings.Index(strings.ToLower(s.rest), "</"+name); i >= 0 {
				s.rest = s.rest[i:]
			}
		}
		return name, attributes, true
	}
}

// attributes reads up to the end of a tag. Names are in lower case.
func (s *scanner) attributes() map[string]string {
	found := make(map[string]string)
	for {
		s.rest = strings.TrimLeft(s.rest, " \t\r\n\f/")
		if s.rest == "" {
			return found
		}
		if s.rest[0] == '>' {
			s.rest = s.rest[1:]
			return found
		}
		first := s.rest[:1] // even if it is "="
		s.rest = s.rest[1:]
		name := strings.ToLower(first + s.until("= \t\r\n\f/>"))
		s.rest = strings.TrimLeft(s.rest, " \t\r\n\f")
		value := ""
		if rest, ok := strings.CutPrefix(s.rest, "="); ok {
			s.rest = strings.TrimLeft(rest, " \t\r\n\f")
			if quote := s.rest; strings.HasPrefix(quote, `"`) || strings.HasPrefix(quote, "'") {
				value, s.rest, _ = strings.Cut(quote[1:], quote[:1])
			} else {
				value = s.until(" \t\r\n\f>")
			}
		}
		if _, twice := found[name]; !twice {
			found[name] = html.UnescapeString(value)
		}
	}
}

// until returns what comes before any of the bytes.
func (s *scanner) until(any string) string {
	i := strings.IndexAny(s.rest, any)
	if i < 0 {
		i = len(s.rest)
	}
	found := s.rest[:i]
	s.rest = s.rest[i:]
	return found
}
