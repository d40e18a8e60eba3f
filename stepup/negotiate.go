package stepup

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// client is who an answer is for.
type client uint8

const (
	clientAPI      client = iota // programs, fetch, images, sockets: a status and JSON
	clientBrowser                // a navigation: a redirect or a page
	clientHTMX                   // htmx: JSON and the HX-Redirect header
	clientPrefetch               // a guess of the browser: nothing at all
)

// clientOf decides in which language a request is answered. A redirect is for
// navigations alone: fetch follows it without a word and takes a page for its
// data, and an image would follow it for every visitor of a hostile site.
func clientOf(r *http.Request, ch channel) client {
	h := r.Header
	switch {
	case isPrefetch(h):
		return clientPrefetch
	case ch == channelBearer:
		return clientAPI
	case h.Get("Hx-Request") == "true":
		return clientHTMX
	case mediaType(h.Get("Content-Type")) == "application/json":
		return clientAPI
	case isTurbo(h):
		return clientBrowser
	}
	switch h.Get("Sec-Fetch-Mode") {
	case "navigate":
		return clientBrowser
	case "": // plain http, where browsers do not send it, or no browser
		if prefersHTML(h) && h.Get("X-Requested-With") != "XMLHttpRequest" {
			return clientBrowser
		}
		return clientAPI
	}
	return clientAPI
}

// isTurbo tells the fetches that Turbo makes in place of a navigation. It
// follows a redirect on purpose, renders an error page in place, and leaves
// its frame or reloads where a page says so, as the verify page does.
func isTurbo(h http.Header) bool {
	return h.Get("Turbo-Frame") != "" || strings.Contains(h.Get("Accept"), "text/vnd.turbo-stream.html")
}

// isPrefetch tells requests that nobody made: they must neither send a message
// nor be taken for a visit (HTML, speculative navigation; the older marks are
// those of Safari, Firefox and htmx's preload extension).
func isPrefetch(h http.Header) bool {
	for _, name := range []string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz", "X-Sec-Purpose"} {
		for _, value := range h[name] {
			value = strings.ToLower(value)
			if strings.Contains(value, "prefetch") || strings.Contains(value, "prerender") || strings.Contains(value, "preview") {
				return true
			}
		}
	}
	return h.Get("Hx-Preloaded") != ""
}

// mayText tells whether a navigation is one that the member surely made from
// our own pages or by typing, so that a message may be sent for it without
// another click. A link on another site, a frame or an image is not.
func mayText(r *http.Request) bool {
	h := r.Header
	site := h.Get("Sec-Fetch-Site")
	return r.Method == http.MethodGet &&
		h.Get("Sec-Fetch-Mode") == "navigate" && h.Get("Sec-Fetch-Dest") == "document" &&
		(site == "same-origin" || site == "none") && !isPrefetch(h)
}

// prefersHTML tells whether the Accept header asks for a page rather than for
// JSON (RFC 9110, 12.5.1). "*/*" alone is a program.
func prefersHTML(h http.Header) bool {
	html, json := 0.0, 0.0
	for _, line := range h["Accept"] {
		for part := range strings.SplitSeq(line, ",") {
			kind, params, _ := strings.Cut(part, ";")
			switch strings.ToLower(strings.TrimSpace(kind)) {
			case "text/html", "application/xhtml+xml":
				html = max(html, quality(params))
			case "application/json", "application/problem+json":
				json = max(json, quality(params))
			}
		}
	}
	return html > json
}

func quality(params string) float64 {
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
		if strings.EqualFold(name, "q") {
			if q, err := strconv.ParseFloat(value, 64); err == nil && q >= 0 && q <= 1 {
				return q
			}
			return 0
		}
	}
	return 1
}

func mediaType(contentType string) string {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return kind
}
