// The words of the pages in each language. New reads and compares them when
// the app starts; the templates fill them in by way of view.go.

package pages

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// texts are the words of the pages in one language, by key. A text that counts
// something has a key for each plural form of the language, named as in CLDR:
// "duration.hours.one", "duration.hours.other". Only the last must exist.
type texts struct {
	file string
	tag  language.Tag
	by   map[string]string
}

// readTexts reads every language there is, English first: it is the fallback,
// and decides which texts and placeholders the others must have.
func readTexts(files overlay) ([]*texts, error) {
	names := []string{"messages/en.json"}
	for _, source := range []fs.FS{files.builtin, files.override} {
		if source == nil {
			continue
		}
		found, err := fs.Glob(source, "messages/*.json")
		if err != nil {
			return nil, err
		}
		names = append(names, found...)
	}
	slices.Sort(names[1:])
	var all []*texts
	for _, name := range names {
		if slices.ContainsFunc(all, func(t *texts) bool { return t.file == name }) {
			continue
		}
		t, err := readLanguage(files, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all = append(all, t)
		if err := t.compare(all[0]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// readLanguage reads one language. The texts of the app are laid over the
// built-in ones key by key, so that a text that comes with a new version does
// not break an app that changed another one.
func readLanguage(files overlay, name string) (*texts, error) {
	stem := strings.TrimSuffix(path.Base(name), ".json")
	tag, err := language.Parse(stem)
	if err != nil {
		return nil, err
	}
	if tag.String() != stem {
		return nil, fmt.Errorf("the name of this language is %s", tag)
	}
	t := &texts{file: name, tag: tag, by: make(map[string]string)}
	for _, source := range []fs.FS{files.builtin, files.override} {
		if source == nil {
			continue
		}
		if _, err := fs.Stat(source, name); err != nil {
			continue
		}
		b, err := fs.ReadFile(source, name)
		if err != nil {
			return nil, err
		}
		var by map[string]string
		if err := json.Unmarshal(b, &by); err != nil {
			return nil, err
		}
		maps.Copy(t.by, by)
	}
	return t, nil
}

// compare returns an error for a text that english has and t has not, or the
// reverse, and for a placeholder that nothing would fill in.
func (t *texts) compare(english *texts) error {
	for _, key := range slices.Sorted(maps.Keys(english.by)) {
		if t.by[standard(key)] == "" {
			return fmt.Errorf("%s: no text for %q", t.file, standard(key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t.by)) {
		known := english.by[standard(key)]
		if known == "" {
			return fmt.Errorf("%s: %q is not in %s", t.file, standard(key), english.file)
		}
		names := placeholders(known)
		for name := range placeholders(t.by[key]) {
			if !names[name] {
				return fmt.Errorf("%s: %q: {%s} is not in the text of %s", t.file, key, name, english.file)
			}
		}
	}
	return nil
}

// standard is the key of the plural form that all languages have.
func standard(key string) string {
	for _, form := range []string{".zero", ".one", ".two", ".few", ".many"} {
		if stem, ok := strings.CutSuffix(key, form); ok {
			return stem + ".other"
		}
	}
	return key
}

func placeholders(text string) map[string]bool {
	names := make(map[string]bool)
	for {
		_, rest, found := strings.Cut(text, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return names
		}
		names[name] = true
		text = after
	}
}

// text returns the text of key with its placeholders filled in from pairs of
// name and value. Text and values are escaped, except for values that are
// HTML already, which only the methods of view make.
func (t *texts) text(key string, pairs ...any) (template.HTML, error) {
	text, ok := t.by[key]
	if !ok {
		return "", fmt.Errorf("%s: no text for %q", t.file, key)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("%q: a name without a value", key)
	}
	values := make(map[string]template.HTML, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		values[fmt.Sprint(pairs[i])] = escaped(pairs[i+1])
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(template.HTMLEscapeString(before))
		if !found {
			return template.HTML(b.String()), nil
		}
		name, after, _ := strings.Cut(rest, "}")
		value, ok := values[name]
		if !ok {
			return "", fmt.Errorf("%s: %q: no value for {%s}", t.file, key, name)
		}
		b.WriteString(string(value))
		text = after
	}
}

// count is text in the plural form for n, which fills in {n}.
func (t *texts) count(key string, n int, pairs ...any) (template.HTML, error) {
	forms := map[plural.Form]string{
		plural.Zero: ".zero", plural.One: ".one", plural.Two: ".two", plural.Few: ".few", plural.Many: ".many",
	}
	form := forms[plural.Cardinal.MatchPlural(t.tag, n, 0, 0, 0, 0)]
	if form == "" || t.by[key+form] == "" {
		form = ".other"
	}
	return t.text(key+form, append(pairs, "n", strconv.Itoa(n))...)
}

func escaped(value any) template.HTML {
	if html, ok := value.(template.HTML); ok {
		return html
	}
	return template.HTML(template.HTMLEscapeString(fmt.Sprint(value)))
}
