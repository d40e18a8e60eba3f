// The style sheet and the script of the pages. The verify handler asks for them
// before it looks at anything else of a request.

package pages

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// An asset is the style sheet or the script of the pages. Its name holds a hash
// of its content, so that it may be cached for good and still change with the
// next version.
type asset struct {
	body        []byte
	contentType string
	hash        string
}

// readAssets returns the assets by file extension.
func readAssets(files overlay) (map[string]*asset, error) {
	assets := make(map[string]*asset)
	for _, a := range []struct {
		extension, contentType string
		parts                  []string
	}{
		{"css", "text/css; charset=utf-8", []string{"theme.css", "stepup.css"}},
		{"js", "text/javascript; charset=utf-8", []string{"stepup.js"}},
	} {
		var body []byte
		for _, part := range a.parts {
			b, err := files.read(part)
			if err != nil {
				return nil, err
			}
			body = append(body, b...)
		}
		sum := sha256.Sum256(body)
		assets[a.extension] = &asset{body: body, contentType: a.contentType, hash: hex.EncodeToString(sum[:8])}
	}
	return assets, nil
}

// assetName is the name under which pages ask for the current content.
func (p *Pages) assetName(extension string) string {
	return "stepup." + p.assets[extension].hash + "." + extension
}

// ServeAsset answers a GET or HEAD for a file of the pages, or returns false
// if name is none.
//
// A name with another hash is answered too, but not for caches: while a new
// version is rolled out, a page of one instance asks another for its files, and
// a page in the wrong style is better than one without any.
func (p *Pages) ServeAsset(w http.ResponseWriter, r *http.Request, name string) bool {
	rest, ok := strings.CutPrefix(name, "stepup.")
	hash, extension, hashed := strings.Cut(rest, ".")
	if !hashed {
		hash, extension = "", rest
	}
	a := p.assets[extension]
	if !ok || a == nil || hashed && !isHash(hash) {
		return false
	}
	h := w.Header()
	switch hash {
	case a.hash:
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	case "":
		h.Set("Cache-Control", "public, max-age=300")
	default:
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", a.contentType)
	h.Set("ETag", `"`+a.hash+`"`)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
	return true
}

func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 8
}
