package inbound

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestClientAddresses(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, tt := range []struct {
		name      string
		trusted   []netip.Prefix
		remote    string
		forwarded []string
		want      string // "" = not known
	}{
		{"nobody is trusted", nil, "192.0.2.7:1", []string{"198.51.100.1"}, ""},
		{"a client that comes directly", proxies, "192.0.2.7:1", nil, "192.0.2.7"},
		{"a client that comes directly and lies", proxies, "192.0.2.7:1", []string{"198.51.100.1"}, "192.0.2.7"},
		{"a client behind a proxy", proxies, "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"a client behind a proxy that lies", proxies, "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"two proxies", proxies, "10.0.0.1:1", []string{"203.0.113.9, 198.51.100.1, 10.2.3.4"}, "198.51.100.1"},
		{"two header lines", proxies, "10.0.0.1:1", []string{"203.0.113.9", "198.51.100.1,10.2.3.4"}, "198.51.100.1"},
		{"a proxy alone", proxies, "10.0.0.1:1", nil, ""},
		{"only proxies", proxies, "10.0.0.1:1", []string{"10.1.1.1"}, ""},
		{"junk from a proxy", proxies, "10.0.0.1:1", []string{"unknown"}, ""},
		{"junk to the left", proxies, "10.0.0.1:1", []string{"unknown, 198.51.100.1"}, "198.51.100.1"},
		{"IPv6", proxies, "[fd00::1]:1", []string{"2001:db8:1:2:3:4:5:6"}, "2001:db8:1:2::"},
		{"another address of the same network", proxies, "[fd00::1]:1", []string{"2001:db8:1:2:ffff::1"}, "2001:db8:1:2::"},
		{"IPv4 in IPv6", proxies, "[::ffff:10.0.0.1]:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"an address in brackets without a port", proxies, "10.0.0.1:1", []string{"[2001:db8:1:2:3:4:5:6]"}, "2001:db8:1:2::"},
		{"an address in brackets with a port", proxies, "10.0.0.1:1", []string{"[2001:db8:1:2:3:4:5:6]:443"}, "2001:db8:1:2::"},
		{"an empty last hop", proxies, "10.0.0.1:1", []string{"198.51.100.1, "}, "198.51.100.1"},
		{"an IPv4 network that was written as one of IPv6", Unmap([]netip.Prefix{netip.MustParsePrefix("::ffff:10.0.0.0/104")}), "10.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		{"no address", proxies, "@", nil, ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = tt.remote
		r.Header["X-Forwarded-For"] = tt.forwarded
		got := Network(ForwardedFor(r, tt.trusted))
		if got.IsValid() != (tt.want != "") || got.IsValid() && got.String() != tt.want {
			t.Errorf("%s: got %v, want %q", tt.name, got, tt.want)
		}
	}
}
