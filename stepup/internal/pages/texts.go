// The words of the pages in each language. New reads and compares them when
// the app starts; the templates fill them in by way of view.go.

package pages

import (
	"encoding/json"
	"errors"
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
// and the built-in English decides which texts and placeholders the others must
// have. An app may add texts of its own, in every language.
func readTexts(files overlay) ([]*texts, error) {
	names := []string{englishFile}
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
	known, err := readMessages(fs.ReadFile(files.builtin, englishFile))
	if err != nil {
		return nil, err
	}
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
		if err := t.compare(known, all[0]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

const englishFile = "messages/en.json"

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
	builtin := func(name string) ([]byte, error) { return fs.ReadFile(files.builtin, name) }
	for _, read := range []func(string) ([]byte, error){builtin, files.readOwn} {
		by, err := readMessages(read(name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(t.by, by)
	}
	return t, nil
}

func readMessages(b []byte, err error) (by map[string]string, _ error) {
	if err != nil {
		return nil, err
	}
	err = json.Unmarshal(b, &by)
	return by, err
}

// compare returns an error for a text that is missing or unknown, and for a
// placeholder that nothing would fill in. It names the file that the app wrote:
// known are the built-in texts in English, which are right, and english those
// that the app's are laid over.
func (t *texts) compare(known map[string]string, english *texts) error {
	for _, key := range slices.Sorted(maps.Keys(english.by)) {
		key := standard(key)
		switch {
		case t.by[key] != "":
		case known[key] != "":
			return fmt.Errorf("%s: no text for %q", t.file, key)
		default:
			return fmt.Errorf("%s: %q is no text of the pages, and one of your own must be in every language: %s has none", english.file, key, t.file)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(t.by)) {
		like, file := known[standard(key)], "the built-in "+englishFile
		if like == "" {
			like, file = english.by[standard(key)], english.file
		}
		if like == "" {
			return fmt.Errorf("%s: %q is not in %s", t.file, standard(key), english.file)
		}
		names := placeholders(like)
		for _, name := range slices.Sorted(maps.Keys(placeholders(t.by[key]))) {
			if !names[name] {
				return fmt.Errorf("%s: %q: {%s} is not in the text of %s", t.file, key, name, file)
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
