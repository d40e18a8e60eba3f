// Package inbound reads what a request brings along: what kind of client sent
// it, from where, and what a member typed. It decides nothing and trusts
// nothing; package stepup calls it before and within each step.
package inbound

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Kind is the kind of client that an answer is for.
type Kind uint8

const (
	API      Kind = iota // programs, fetch, images, sockets: a status and JSON
	Browser              // a navigation: a redirect or a page
	HTMX                 // htmx: JSON and the HX-Redirect header
	Prefetch             // a guess of the browser: nothing at all
)

// KindOf returns the kind of client to answer; bearer means that its
// credential came in an Authorization header. Only navigations are redirected:
// fetch would silently follow a redirect and take the page for its data, and
// an image on a hostile site would follow it for every visitor.
func KindOf(r *http.Request, bearer bool) Kind {
	h := r.Header
	switch {
	case isPrefetch(h):
		return Prefetch
	case bearer:
		return API
	case h.Get("Hx-Request") == "true":
		return HTMX
	case MediaType(h) == "application/json":
		return API
	case isTurbo(h):
		return Browser
	}
	switch h.Get("Sec-Fetch-Mode") {
	case "navigate":
		switch h.Get("Sec-Fetch-Dest") {
		case "object", "embed":
			return API // a page of ours would show in the place of a picture
		case "empty":
			return API // <a download>: a page of ours would be saved as the file
		}
		return Browser
	case "same-origin":
		// A service worker that makes a navigation anew. A script that asks for
		// data asks for HTML last, if at all.
		if prefersHTML(h) {
			return Browser
		}
		return API
	case "": // plain http, where browsers do not send it, or no browser
		if prefersHTML(h) && h.Get("X-Requested-With") != "XMLHttpRequest" {
			return Browser
		}
		return API
	}
	return API
}

// isTurbo reports whether Turbo made the fetch in place of a navigation. Turbo
// follows a redirect on purpose, renders an error page in place, and leaves
// its frame or reloads if a page says so, as the verify page does.
func isTurbo(h http.Header) bool {
	return h.Get("Turbo-Frame") != "" || strings.Contains(h.Get("Accept"), "text/vnd.turbo-stream.html")
}

// isPrefetch reports whether the browser made the request ahead of its user:
// it must neither send a message nor count as a visit (HTML, speculative
// navigation; the older headers are those of Safari, Firefox and htmx's
// preload extension).
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

// IsOwnNavigation reports whether the member surely navigated, from a page of
// this origin or by typing, so that a message may be sent without another
// click. A link on another site, a frame or an image does not count.
func IsOwnNavigation(r *http.Request) bool {
	h := r.Header
	site := h.Get("Sec-Fetch-Site")
	return r.Method == http.MethodGet &&
		h.Get("Sec-Fetch-Mode") == "navigate" && h.Get("Sec-Fetch-Dest") == "document" &&
		(site == "same-origin" || site == "none") && !isPrefetch(h)
}

// IsUnsafe reports whether the method may change something (RFC 9110, 9.2.1).
func IsUnsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// prefersHTML reports whether the Accept header asks for a page rather than
// for JSON (RFC 9110, 12.5.1). "*/*" alone comes from a program.
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

// MediaType is the type of the body without its parameters, in lower case; "" =
// there is none, or it cannot be read.
func MediaType(h http.Header) string {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}
