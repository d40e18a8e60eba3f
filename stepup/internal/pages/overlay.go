// Lays the files of Config.Pages over the built-in ones. New reads every file
// through it.

package pages

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"path"
)

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

// check refuses an override that would have no effect, in whole or in part: a
// folder too high up, or a misspelled name.
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
