// The client address that messages are counted under. send.go asks for it.

package stepup

import (
	"net/http"
	"net/netip"

	"github.com/rungauth/rung/stepup/internal/inbound"
)

// TrustProxies returns a func for Config.ClientIP that believes the
// X-Forwarded-For header as far as proxies in these networks wrote it. The
// func returns the zero Addr if that leads to no address of a client. It may
// be called concurrently.
func TrustProxies(networks ...netip.Prefix) func(r *http.Request) netip.Addr {
	networks = inbound.Unmap(networks)
	return func(r *http.Request) netip.Addr { return inbound.ForwardedFor(r, networks) }
}

// clientIP is the address that messages are counted under, or the zero Addr if
// it is not known: then they are not counted by address.
func clientIP(r *http.Request, of func(*http.Request) netip.Addr) netip.Addr {
	if of == nil {
		return netip.Addr{}
	}
	return inbound.Network(of(r))
}
