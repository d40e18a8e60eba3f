// The style sheet, the script and the other files of the pages. The verify
// handler asks for them before it looks at anything else of a request.

package pages

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// An asset is a file that the pages ask for. Its name holds a hash of its
// content, so that it may be cached for good and still change with the next
// version.
type asset struct {
	body        []byte
	zipped      []byte // body, compressed; nil = it would gain nothing
	contentType string
	hash        string
}

func newAsset(body []byte, contentType string) (*asset, error) {
	sum := sha256.Sum256(body)
	a := &asset{body: body, contentType: contentType, hash: hex.EncodeToString(sum[:8])}
	if !strings.HasPrefix(contentType, "text/") && contentType != "image/svg+xml" {
		return a, nil // compressed already
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(body); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if b.Len() < len(body) {
		a.zipped = b.Bytes()
	}
	return a, nil
}

// assets are all files that the pages ask for, by name.
type assets struct {
	by      map[string]*asset
	allowed policy // what the app's files need
}

// readAssets reads every asset. The app's pictures and fonts come first, since
// the style sheet refers to them.
func readAssets(files overlay) (*assets, error) {
	a := &assets{by: make(map[string]*asset)}
	if err := a.readFiles(files); err != nil {
		return nil, err
	}
	for _, whole := range []struct {
		name, contentType string
		parts             []string
	}{
		{"stepup.css", "text/css; charset=utf-8", []string{"theme.css", "stepup.css"}},
		{"stepup.js", "text/javascript; charset=utf-8", []string{"stepup.js"}},
	} {
		var body []byte
		for _, part := range whole.parts {
			b, err := files.read(part)
			if err != nil {
				return nil, err
			}
			if path.Ext(part) == ".css" {
				if b, err = a.useInStyle(files, part, b); err != nil {
					return nil, err
				}
			}
			body = append(body, b...)
		}
		var err error
		if a.by[whole.name], err = newAsset(body, whole.contentType); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// name is the name under which pages ask for the current content of a file:
// "stepup.css" has a hash before its extension.
func (a *assets) name(name string) string {
	extension := path.Ext(name)
	return strings.TrimSuffix(name, extension) + "." + a.by[name].hash + extension
}

// find returns the file of a name, with and without the hash in it.
func (a *assets) find(name string) (found *asset, hash string) {
	if found := a.by[name]; found != nil {
		return found, ""
	}
	extension := path.Ext(name)
	stem := strings.TrimSuffix(name, extension)
	hash = strings.TrimPrefix(path.Ext(stem), ".")
	if !isHash(hash) {
		return nil, ""
	}
	return a.by[strings.TrimSuffix(stem, "."+hash)+extension], hash
}

// serve answers a request for the file, whose name held hash.
func (a *asset) serve(w http.ResponseWriter, r *http.Request, hash string) {
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
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if a.contentType == "image/svg+xml" {
		// Opened by itself, a picture is a document of this origin.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox")
	}
	body, tag := a.body, a.hash
	if a.zipped != nil {
		h.Add("Vary", "Accept-Encoding")
		// A range is of what was sent before, and that may have been either.
		if r.Header.Get("Range") == "" && acceptsGzip(r.Header.Values("Accept-Encoding")) {
			body, tag = a.zipped, a.hash+"-gzip"
			h.Set("Content-Encoding", "gzip")
			h.Set("Content-Length", strconv.Itoa(len(body)))
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 8
}

// acceptsGzip reports whether an answer should be compressed (RFC 9110,
// 12.5.3): gzip, or else "*", has a weight that is not 0, and none below that of
// an uncompressed answer. A coding that cannot be read counts as unnamed.
func acceptsGzip(header []string) bool {
	weights := make(map[string]float64)
	for entry := range strings.SplitSeq(strings.Join(header, ","), ",") {
		coding, parameter, weighted := strings.Cut(entry, ";")
		weight := 1.0
		if weighted {
			name, value, _ := strings.Cut(parameter, "=")
			var err error
			weight, err = strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil || !strings.EqualFold(strings.TrimSpace(name), "q") || !(weight >= 0 && weight <= 1) {
				continue
			}
		}
		weights[strings.ToLower(strings.TrimSpace(coding))] = weight
	}
	weight, named := weights["gzip"]
	if !named {
		weight = weights["*"]
	}
	return weight > 0 && weight >= weights["identity"]
}
