// The pictures and fonts of Config.Pages. New reads them and what refers to
// them, so that a name without a file stops the app when it starts.

package pages

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// readFiles adds the pictures and fonts of the app.
func (a *assets) readFiles(files overlay) error {
	names, err := files.own()
	if err != nil {
		return err
	}
	for _, name := range names {
		contentType := fileTypes[path.Ext(name)]
		if contentType == "" {
			continue
		}
		body, err := files.readOwn(name)
		if err != nil {
			return err
		}
		delete(files.used, name) // that it is there is not yet a use
		if a.by[name], err = newAsset(body, contentType); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if strings.HasPrefix(contentType, "font/") {
			a.allowed = a.allowed.with("font-src 'self'")
		} else {
			a.allowed = a.allowed.with("img-src 'self'")
		}
	}
	return nil
}

var (
	templateComment = regexp.MustCompile(`(?s)\{\{-?\s*/\*.*?\*/\s*-?\}\}`)
	fileCall        = regexp.MustCompile("\\.File\\s+[\"`]([^\"`]*)[\"`]")
	styleURL        = regexp.MustCompile(`(?s)/\*.*?\*/|url\(\s*("[^"]*"|'[^']*'|[^"'()\s]+)\s*\)`)
)

// useInTemplate notes the files that a template asks for with .File.
func (a *assets) useInTemplate(files overlay, name string) error {
	b, err := files.read(name)
	if err != nil {
		return err
	}
	for _, call := range fileCall.FindAllSubmatch(templateComment.ReplaceAll(b, nil), -1) {
		if err := a.use(files, string(call[1])); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// useInStyle returns a style sheet with the names of files replaced by those
// under which they are served. Addresses that are no names are left alone.
func (a *assets) useInStyle(files overlay, name string, style []byte) ([]byte, error) {
	var failed error
	style = styleURL.ReplaceAllFunc(style, func(match []byte) []byte {
		sub := styleURL.FindSubmatch(match)
		file := strings.Trim(string(sub[1]), `"'`)
		if sub[1] == nil || file == "" || strings.ContainsRune("/#", rune(file[0])) || strings.Contains(file, ":") {
			return match
		}
		rest := ""
		if i := strings.IndexAny(file, "?#"); i >= 0 {
			file, rest = file[:i], file[i:]
		}
		if err := a.use(files, file); err != nil {
			failed = fmt.Errorf("%s: %w", name, err)
			return match
		}
		return []byte(`url("` + a.name(file) + rest + `")`)
	})
	return style, failed
}

func (a *assets) use(files overlay, name string) error {
	if a.by[name] == nil || fileTypes[path.Ext(name)] == "" {
		return fmt.Errorf("there is no picture or font %q in the folder", name)
	}
	files.used[name] = true
	return nil
}
