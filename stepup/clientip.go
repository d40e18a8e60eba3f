package stepup

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientIP is the address that a request is limited by, or the zero Addr
// where it is not known for sure: then nothing is limited by address.
//
// X-Forwarded-For is written by anybody, so only what trusted proxies added is
// believed: from the right, the first hop that is not one of them.
func (g *Guard) clientIP(r *http.Request) netip.Addr {
	if g.config.ClientIP != nil {
		return network(g.config.ClientIP(r))
	}
	if len(g.config.TrustedProxies) == 0 {
		return netip.Addr{}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	hop := peer.Addr().Unmap().WithZone("")
	forwarded := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(forwarded) - 1; i >= 0 && g.trusts(hop); i-- {
		next, err := parseHop(strings.TrimSpace(forwarded[i]))
		if err != nil {
			break
		}
		hop = next.Unmap().WithZone("")
	}
	if g.trusts(hop) {
		return netip.Addr{} // a proxy's own request, or a header that could not be read
	}
	return network(hop)
}

// parseHop reads an address with or without a port: some load balancers add
// one, though the header has none by custom.
func parseHop(s string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr, nil
	}
	addr, err := netip.ParseAddrPort(s)
	return addr.Addr(), err
}

func (g *Guard) trusts(hop netip.Addr) bool {
	for _, prefix := range g.config.TrustedProxies {
		if prefix.Contains(hop) {
			return true
		}
	}
	return false
}

// network is the /64 of an IPv6 address, of which one client has all 2^64
// addresses, and an IPv4 address itself.
func network(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if !a.Is6() {
		return a
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return netip.Addr{}
	}
	return prefix.Addr()
}
