package stepup

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

//go:embed pages
var builtinPages embed.FS

// pages are the verify pages: templates, texts and static files, all read and
// checked once. They never change afterwards, so they are safe for concurrent
// use.
type pages struct {
	templates map[State]*template.Template
	texts     []*texts // English first
	matcher   language.Matcher
	assets    map[string]*asset
}

// newPages reads the built-in files with those of override laid over them, one
// by one; nil = none. With an override every page is rendered once in every
// language, so that a broken template or a missing text stops the app at its
// start and not a member at their work. An error names the file.
func newPages(override fs.FS) (*pages, error) {
	p, err := readPages(override)
	if err != nil {
		return nil, fmt.Errorf("stepup: Config.Pages: %w", err)
	}
	return p, nil
}

func readPages(override fs.FS) (*pages, error) {
	builtin, err := fs.Sub(builtinPages, "pages")
	if err != nil {
		return nil, err
	}
	files := overlay{builtin: builtin, override: override}
	if err := files.check(); err != nil {
		return nil, err
	}
	p := &pages{}
	if p.texts, err = readTexts(files); err != nil {
		return nil, err
	}
	tags := make([]language.Tag, len(p.texts))
	for i, t := range p.texts {
		tags[i] = t.tag
	}
	p.matcher = language.NewMatcher(tags)
	if p.assets, err = readAssets(files); err != nil {
		return nil, err
	}
	if p.templates, err = readTemplates(files); err != nil {
		return nil, err
	}
	if override == nil {
		return p, nil // our own are tried by the tests
	}
	return p, p.try()
}

// readTemplates parses the frame once, and each state as a copy of it. The
// files that are not part of the frame are the states.
func readTemplates(files overlay) (map[State]*template.Template, error) {
	names, err := fs.Glob(files.builtin, "*.html")
	if err != nil {
		return nil, err
	}
	shared := []string{"page.html", "brand.html", "icons.html"}
	frame := template.New("frame")
	for _, name := range shared {
		if err := files.parse(frame, name); err != nil {
			return nil, err
		}
	}
	templates := make(map[State]*template.Template)
	for _, name := range names {
		if slices.Contains(shared, name) {
			continue
		}
		t, err := frame.Clone()
		if err != nil {
			return nil, err
		}
		if err := files.parse(t, name); err != nil {
			return nil, err
		}
		templates[State(strings.TrimSuffix(name, ".html"))] = t
	}
	return templates, nil
}

// overlay is the built-in files with those of the app laid over them.
type overlay struct {
	builtin, override fs.FS
}

// read returns the app's file of that name, or else the built-in one.
func (o overlay) read(name string) ([]byte, error) {
	if o.override != nil {
		b, err := fs.ReadFile(o.override, name)
		if !errors.Is(err, fs.ErrNotExist) {
			return b, err
		}
	}
	return fs.ReadFile(o.builtin, name)
}

func (o overlay) parse(t *template.Template, name string) error {
	b, err := o.read(name)
	if err != nil {
		return err
	}
	if _, err = t.New(name).Parse(string(b)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// check refuses an override that would have no effect, whole or in part: a
// folder too high, or a name with a slip in it.
func (o overlay) check() error {
	if o.override == nil {
		return nil
	}
	found := 0
	for _, pattern := range []string{"*.html", "*.css", "*.js", "messages/*.json"} {
		names, err := fs.Glob(o.override, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			found++
			if path.Ext(name) == ".json" {
				continue // a new language is welcome
			}
			if _, err := fs.Stat(o.builtin, name); err != nil {
				return fmt.Errorf("%s: there is no built-in file of this name", name)
			}
		}
	}
	if found == 0 {
		return errors.New("no file that belongs to the pages, is it the right folder (fs.Sub)?")
	}
	return nil
}
