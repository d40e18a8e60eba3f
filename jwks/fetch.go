// One fetch of the key set over HTTP. Called by the goroutine in refresh.go.

package jwks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	fetchTimeout = 5 * time.Second // for one fetch, body included
	maxSetLength = 256 << 10       // a set of one key has under 4 KB
)

var errTooLong = fmt.Errorf("answer is longer than %d KiB", maxSetLength>>10)

// fetcher gets the key set over HTTP. The key set decides who is let in, so it
// is fetched from the configured URL and from nowhere else.
type fetcher struct {
	client *http.Client
	url    string
}

// newFetcher copies client, so that the copy can refuse redirects.
func newFetcher(client *http.Client, url string) *fetcher {
	if client == nil {
		client = &http.Client{Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    fetchTimeout,
			MaxResponseHeaderBytes: 64 << 10,
			// One fetch in ten minutes: a connection kept for the next one
			// would only be a goroutine that outlives Close. And no fetch can
			// meet an HTTP/2 connection that has died since the last one.
			DisableKeepAlives: true,
		}}
	}
	copied := *client
	copied.Jar = nil
	// A redirect that is forged on the network, or an open one at Stytch, would
	// choose the host that our keys come from.
	copied.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &fetcher{client: &copied, url: url}
}

// fetch returns the body of a 200 answer. It takes at most fetchTimeout and
// never holds more than maxSetLength bytes, however long, slow or compressed
// the answer is.
func (f *fetcher) fetch(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Cache-Control", "no-cache") // a cache would hide a rotation
	response, err := f.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answer has status %d", response.StatusCode)
	}
	if response.ContentLength > maxSetLength {
		return nil, errTooLong
	}
	// Content-Length says nothing about a compressed or chunked body. Reading
	// one byte past the limit shows that there is more.
	body := make([]byte, maxSetLength+1)
	n, err := io.ReadFull(contextReader{ctx, response.Body}, body)
	switch {
	case err == nil:
		return nil, errTooLong
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return body[:n], nil
	}
	return nil, err
}

// contextReader stops between two reads once ctx is done. The transport of
// net/http does so by itself; others may not.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
