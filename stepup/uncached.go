// Keeps what a handler answers out of shared caches. middleware.go calls it.

package stepup

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// pass hands a request on to the handler behind the middleware. guarded tells
// that the handler is for members alone: then its answer is private, unless the
// handler says otherwise.
//
// An answer that sets a session cookie must never be stored: a cache that
// ignores Vary would give one member's session to the next (RFC 9111, 7.3; the
// class of CVE-2023-30861). Only such an answer, after a renewal, is written
// through a writer of ours, since nothing else sees what the handler sets last.
func pass(w http.ResponseWriter, r *http.Request, a *admission, next http.Handler, guarded bool) {
	h := w.Header()
	if guarded && h["Cache-Control"] == nil {
		h["Cache-Control"] = []string{"private"}
	}
	if !a.asked {
		next.ServeHTTP(w, r)
		return
	}
	uw := &uncached{ResponseWriter: w}
	next.ServeHTTP(uw, r)
	uw.seal(http.StatusOK) // the handler may have written nothing
}

// uncached is a ResponseWriter whose answer is not stored if it sets a cookie.
type uncached struct {
	http.ResponseWriter
	sealed bool
}

func (w *uncached) seal(status int) {
	if w.sealed {
		return
	}
	// More follows an interim answer.
	w.sealed = status >= http.StatusOK || status == http.StatusSwitchingProtocols
	if h := w.Header(); len(h["Set-Cookie"]) > 0 {
		h.Set("Cache-Control", "no-store")
	}
}

// WriteHeader implements [http.ResponseWriter].
func (w *uncached) WriteHeader(status int) {
	w.seal(status)
	w.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (w *uncached) Write(b []byte) (int, error) {
	w.seal(http.StatusOK)
	return w.ResponseWriter.Write(b)
}

// ReadFrom implements [io.ReaderFrom], by which files are sent.
func (w *uncached) ReadFrom(r io.Reader) (int64, error) {
	w.seal(http.StatusOK)
	return io.Copy(w.ResponseWriter, r)
}

// Flush implements [http.Flusher].
func (w *uncached) Flush() { _ = w.FlushError() }

// FlushError is Flush for [http.ResponseController].
func (w *uncached) FlushError() error {
	w.seal(http.StatusOK)
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements [http.Hijacker].
func (w *uncached) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap is for [http.ResponseController].
func (w *uncached) Unwrap() http.ResponseWriter { return w.ResponseWriter }
