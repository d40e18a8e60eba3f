package jwks_test

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
)

// overHTTP verifies against a real server, with its own client.
func overHTTP(t *testing.T, handler http.HandlerFunc) (*jwks.Verifier, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	v, err := jwks.New(jwks.Config{ProjectID: projectID, BaseURL: server.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v, server.URL
}

func TestOverHTTP(t *testing.T) {
	key := newSigner(0)
	v, url := overHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/b2b/sessions/jwks/"+projectID {
			http.NotFound(w, r)
			return
		}
		io.WriteString(w, keySet(key))
	})
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := v.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, v, key.mint(map[string]any{"iss": url}), nil)
	expect(t, v, key.mint(nil), nil)
}

func TestOverHTTPNothingElseIsFollowedOrSwallowed(t *testing.T) {
	key := newSigner(0)
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		io.WriteString(w, keySet(key))
	}))
	defer other.Close()
	for name, handler := range map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusFound)
		},
		"a gzip bomb": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			io.Copy(z, io.LimitReader(letters{}, 8<<20))
			z.Close()
		},
		"a large header": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 128<<10))
			io.WriteString(w, keySet(key))
		},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := overHTTP(t, handler)
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			defer cancel()
			if err := v.Ready(ctx); !errors.Is(err, jwks.ErrUnavailable) {
				t.Errorf("got %v, want ErrUnavailable", err)
			}
		})
	}
	if n := elsewhere.Load(); n > 0 {
		t.Errorf("%d requests went where the redirect points", n)
	}
}
