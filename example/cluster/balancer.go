package main

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
)

// balance hands every request to the next instance in turn, whoever it comes
// from. Real balancers are often kinder and keep a browser on one instance;
// nothing here needs that. It calls the instances through transport.
func balance(instances []net.Addr, transport http.RoundTripper) http.Handler {
	var turn atomic.Uint64
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			next := instances[turn.Add(1)%uint64(len(instances))]
			r.SetURL(&url.URL{Scheme: "http", Host: next.String()})
			// The name that the browser knows: the instances compare the Origin
			// of a form with it.
			r.Out.Host = r.In.Host
			// In place of what the client sent under these names, which is why
			// the instances may believe them.
			r.SetXForwarded()
		},
		Transport: transport,
	}
}
