// The client address that a message is counted under. stepup/clientip.go calls
// it.

package inbound

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// ForwardedFor returns the address of the client behind the proxies whose
// networks are trusted, or the zero Addr if it is not known for sure.
//
// Anyone can write X-Forwarded-For, so only what trusted proxies added is
// believed: from the right, the first hop that is not one of them.
func ForwardedFor(r *http.Request, trusted []netip.Prefix) netip.Addr {
	trusts := func(hop netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(hop) })
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || len(trusted) == 0 {
		return netip.Addr{}
	}
	hop := peer.Addr().Unmap().WithZone("")
	forwarded := strings.Split(strings.Join(r.Header["X-Forwarded-For"], ","), ",")
	for i := len(forwarded) - 1; i >= 0 && trusts(hop); i-- {
		text := strings.TrimSpace(forwarded[i])
		if text == "" {
			continue // an empty element of a list is none (RFC 9110, 5.6.1)
		}
		next, err := parseHop(text)
		if err != nil {
			break
		}
		hop = next.Unmap().WithZone("")
	}
	if trusts(hop) {
		return netip.Addr{} // a proxy's own request, or a header that cannot be read
	}
	return hop
}

// parseHop reads an address with or without a port or brackets: some load
// balancers add them, though the header has none by custom.
func parseHop(s string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr, nil
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if inner, ok := strings.CutSuffix(inner, "]"); ok {
			return netip.ParseAddr(inner)
		}
	}
	addr, err := netip.ParseAddrPort(s)
	return addr.Addr(), err
}

// Unmap returns prefixes that match addresses as ForwardedFor compares them: an
// IPv4 network that was written as one of IPv6 (::ffff:10.0.0.0/104) would never
// match.
func Unmap(prefixes []netip.Prefix) []netip.Prefix {
	unmapped := make([]netip.Prefix, len(prefixes))
	for i, p := range prefixes {
		unmapped[i] = p
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			unmapped[i] = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
	}
	return unmapped
}

// Network returns what one client surely has to itself: an IPv4 address, or
// the /64 of an IPv6 address, of which one client has all 2^64 addresses. The
// zero Addr stays the zero Addr.
func Network(a netip.Addr) netip.Addr {
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
