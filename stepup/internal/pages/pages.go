// Package pages renders the verify pages of package stepup, which calls it to
// write a reply to a browser. It knows what a page says and how it looks, and
// nothing of members, sessions or Stytch.
package pages

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/rungauth/rung/stepup/contract"
)

//go:embed builtin
var builtin embed.FS

// Pages are the verify pages: templates, texts and static files, all read and
// checked once. They never change afterwards, so they are safe for concurrent
// use.
type Pages struct {
	templates map[contract.State]*template.Template
	texts     []*texts // English first
	matcher   language.Matcher
	assets    *assets
}

// New reads the built-in files with those of override laid over them, one by
// one; nil = none. With an override every page is rendered once in every
// language, so that a broken template or a missing text stops the app when it
// starts and not a member at work. For the same reason every form of such a page
// must have the fields that it sends. An error names the file.
func New(override fs.FS) (*Pages, error) {
	p, err := readPages(override)
	if err != nil {
		return nil, fmt.Errorf("stepup: Config.Pages: %w", err)
	}
	return p, nil
}

func readPages(override fs.FS) (*Pages, error) {
	own, err := fs.Sub(builtin, "builtin")
	if err != nil {
		return nil, err
	}
	files := overlay{builtin: own, override: override, used: make(map[string]bool)}
	p := &Pages{}
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
	if err := p.readTemplates(files); err != nil {
		return nil, err
	}
	if override == nil {
		return p, nil // the tests try our own
	}
	if err := files.check(); err != nil {
		return nil, err
	}
	return p, p.try(files)
}

// readTemplates parses the frame once and each state as a copy of it. Every
// file that is not part of the frame is a state.
func (p *Pages) readTemplates(files overlay) error {
	names, err := fs.Glob(files.builtin, "*.html")
	if err != nil {
		return err
	}
	frame := template.New("frame")
	for _, name := range frameFiles {
		if err := files.parse(frame, name); err != nil {
			return err
		}
	}
	p.templates = make(map[contract.State]*template.Template)
	for _, name := range names {
		if err := p.assets.useInTemplate(files, name); err != nil {
			return err
		}
		if slices.Contains(frameFiles, name) {
			continue
		}
		t, err := frame.Clone()
		if err != nil {
			return err
		}
		if err := files.parse(t, name); err != nil {
			return err
		}
		p.templates[contract.State(strings.TrimSuffix(name, ".html"))] = t
	}
	return nil
}

// ServeAsset answers a GET or HEAD for a file of the pages, or returns false
// if name is none.
//
// A name with another hash is answered too, but not for caches: while a new
// version is rolled out, a page of one instance asks another for its files, and
// a page in the wrong style is better than one without any.
func (p *Pages) ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	found, hash := p.assets.find(name)
	if found == nil {
		return false
	}
	found.serve(w, r, hash)
	return true
}
