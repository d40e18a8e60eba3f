// The load balancer in front of the instances. Built by runCluster in main.go.

package main

import (
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
)

// balance sends each request to the next instance in turn, over transport. Real
// balancers often keep a browser on one instance; nothing here needs that.
func balance(instances []net.Addr, transport http.RoundTripper) http.Handler {
	var turn atomic.Uint64
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			next := instances[turn.Add(1)%uint64(len(instances))]
			r.SetURL(&url.URL{Scheme: "http", Host: next.String()})
			// The host that the browser knows: the instances compare the Origin of
			// a form with it.
			r.Out.Host = r.In.Host
			// Replaces what the client sent under these names, so the instances
			// may trust them.
			r.SetXForwarded()
		},
		Transport: transport,
	}
}
