package pages

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strconv"
	"testing"
)

func TestAcceptsGzip(t *testing.T) {
	for _, test := range []struct {
		header string
		want   bool
	}{
		{"gzip", true}, {"gzip, deflate, br, zstd", true}, {"br;q=1.0, GZIP ; q=0.8, *;q=0.1", true}, {"*", true}, {"deflate, *;q=0.5", true},
		{"gzip;q=0.001", true}, {"identity;q=0, gzip", true}, {"gzip;q=1, identity;q=0.5", true}, {"gzip;q=0.5, identity;q=0.5", true},
		{"", false}, {"identity", false}, {"br", false}, {"gzip;q=0", false}, {"gzip;q=0.000, *", false}, {"*;q=0", false}, {"gzip;q=0.5, identity", false},
		{"gzip;q=2", false}, {"gzip;q=-1", false}, {"gzip;q=NaN", false}, {"gzip;q=", false}, {"gzip;level=1", false}, {"xgzip", false}, {";;;,,,", false},
	} {
		if got := acceptsGzip([]string{test.header}); got != test.want {
			t.Errorf("%q: %v", test.header, got)
		}
	}
	if !acceptsGzip([]string{"br", "gzip;q=0.5"}) || acceptsGzip(nil) {
		t.Error("several headers are not one list, or none is")
	}
}

func TestAssetsAreCompressed(t *testing.T) {
	p := mustPages(t, branded())
	ask := func(name string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", "/stepup/"+name, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		if !p.ServeAsset(w, r, name) {
			t.Fatalf("%s is not served", name)
		}
		return w
	}
	total := 0
	for _, name := range []string{"stepup.css", "stepup.js"} {
		plain, zipped := ask(name), ask(name, "Accept-Encoding", "gzip, br")
		h := zipped.Header()
		if h.Get("Content-Encoding") != "gzip" || h.Get("Content-Length") != strconv.Itoa(zipped.Body.Len()) || h.Get("Content-Type") != plain.Header().Get("Content-Type") {
			t.Errorf("%s: %v", name, h)
		}
		z, err := gzip.NewReader(bytes.NewReader(zipped.Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(z); err != nil || !bytes.Equal(b, plain.Body.Bytes()) || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: the two contents differ, %v", name, err)
		}
		if plain.Header().Get("Vary") != "Accept-Encoding" || h.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary %q and %q", name, plain.Header().Get("Vary"), h.Get("Vary"))
		}
		if plain.Header().Get("ETag") == h.Get("ETag") {
			t.Errorf("%s: both contents have the tag %s", name, h.Get("ETag"))
		}
		again := ask(name, "Accept-Encoding", "gzip", "If-None-Match", h.Get("ETag"))
		if again.Code != 304 || again.Body.Len() > 0 || again.Header().Get("Content-Encoding") != "" || again.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s, asked again: %d %v", name, again.Code, again.Header())
		}
		if other := ask(name, "If-None-Match", h.Get("ETag")); other.Code != 200 {
			t.Errorf("%s, asked for the other content with that tag: %d", name, other.Code)
		}
		part := ask(name, "Accept-Encoding", "gzip", "Range", "bytes=0-9")
		if part.Code != 206 || part.Header().Get("Content-Encoding") != "" || part.Body.String() != plain.Body.String()[:10] {
			t.Errorf("%s, a part of it: %d %v", name, part.Code, part.Header())
		}
		total += zipped.Body.Len()
	}
	if total > 6<<10 {
		t.Errorf("style sheet and script have %d bytes, want 6 KiB at most", total)
	}
	for _, name := range []string{"images/icon.png", "fonts/acme.woff2"} {
		if h := ask(name, "Accept-Encoding", "gzip").Header(); h.Get("Content-Encoding") != "" || h.Get("Vary") != "" {
			t.Errorf("%s: %v", name, h)
		}
	}
}
