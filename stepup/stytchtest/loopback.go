// The names of this machine. Listen checks its address against them, and the
// admin API the Host header of each request.

package stytchtest

import "net"

// inProcessURL is the base URL of a server that does not listen. Its top-level
// domain is reserved for tests (RFC 6761, section 6.2) and never resolves.
const inProcessURL = "https://stytch.test"

// isLoopback reports whether host means this machine alone. The empty host means
// every interface, so it does not.
func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// isLocalHost reports whether only programs on this machine send this Host header.
// A web page on the internet can point its own name at 127.0.0.1 and then share an
// origin with the admin API (DNS rebinding), but its requests still carry that
// name.
func isLocalHost(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	return isLoopback(host) || "https://"+host == inProcessURL
}
