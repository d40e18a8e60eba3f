// Lays the files of Config.Pages over the built-in ones. New reads every file
// through it.

package pages

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
)

// fileTypes are the files of the app that are served as they are, by extension.
var fileTypes = map[string]string{
	".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2",
}

// frameFiles are the templates that every page is made of.
var frameFiles = []string{"page.html", "brand.html", "icons.html"}

// overlay is the built-in files with those of the app laid over them.
type overlay struct {
	builtin, override fs.FS
	used              map[string]bool // files of override that the pages use
}

// read returns the app's file of that name, or else the built-in one.
func (o overlay) read(name string) ([]byte, error) {
	b, err := o.readOwn(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return b, err
	}
	return fs.ReadFile(o.builtin, name)
}

// readOwn returns the app's file of that name.
func (o overlay) readOwn(name string) ([]byte, error) {
	if o.override == nil {
		return nil, fs.ErrNotExist
	}
	b, err := fs.ReadFile(o.override, name)
	if err == nil {
		o.used[name] = true
	}
	return b, err
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

// own returns the names of the app's files. As with go:embed, names that begin
// with a dot or an underscore are left out: tools put such files anywhere.
func (o overlay) own() (names []string, err error) {
	if o.override == nil {
		return nil, nil
	}
	err = fs.WalkDir(o.override, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := name != "." && (strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_"))
		switch {
		case hidden && entry.IsDir():
			return fs.SkipDir
		case !hidden && !entry.IsDir():
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// check refuses a file that has no effect: in a folder too high up, misspelled,
// or a picture that nothing shows. What else lies in folders is the app's own
// business.
func (o overlay) check() error {
	names, err := o.own()
	if err != nil || o.override == nil {
		return err
	}
	var unused string
	for _, name := range names {
		folder := path.Dir(name)
		ours := folder == "." || folder == "messages" || fileTypes[path.Ext(name)] != ""
		if ours && !o.used[name] && (unused == "" || path.Dir(unused) != ".") {
			unused = name
		}
	}
	switch {
	case len(o.used) == 0 && (unused == "" || path.Dir(unused) != "."):
		return errors.New("no file that belongs to the pages, is it the right folder (fs.Sub)?")
	case unused == "":
		return nil
	case fileTypes[path.Ext(unused)] != "":
		return fmt.Errorf("%s: no template says {{.File %q}}, and no style sheet url(%s)", unused, unused, unused)
	}
	return fmt.Errorf("%s: the pages use no file of this name", unused)
}

// source is the file of the app that a mistake in the page of a state must be
// in: that of the state, or else a part of the frame.
func (o overlay) source(state string) string {
	for _, name := range append([]string{state}, frameFiles...) {
		if o.used[name] {
			return name
		}
	}
	return state
}
