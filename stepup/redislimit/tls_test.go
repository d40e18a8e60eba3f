//go:build unix

package redislimit_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rungauth/rung/stepup/redislimit"
	"github.com/rungauth/rung/stepup/redislimit/internal/redistest"
)

// certificate makes a self-signed certificate for 127.0.0.1 as files, and the
// configurations of a server and a client that use it.
func certificate(t *testing.T, dir string) (certFile, keyFile string, server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "redis"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
	certFile, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, content := range map[string][]byte{certFile: certPEM, keyFile: keyPEM} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return certFile, keyFile, &tls.Config{Certificates: []tls.Certificate{pair}}, &tls.Config{RootCAs: pool}
}

// After the handshake a server of TLS 1.3 sends tickets that nobody asked for.
// Whoever takes them, or the wait for more, for a broken connection fails the take
// that opened it.
func TestFirstTakeOfATLSConnection(t *testing.T) {
	var config *tls.Config
	server := redistest.StartPort(t, func(s *redistest.Server, port string) []string {
		cert, key, _, client := certificate(t, s.Dir)
		config = client
		return []string{
			"--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key,
			"--tls-ca-cert-file", cert, "--tls-auth-clients", "no",
		}
	})
	for name, version := range map[string]uint16{"TLS 1.3": tls.VersionTLS13, "TLS 1.2": tls.VersionTLS12} {
		t.Run(name, func(t *testing.T) {
			for i := range 40 {
				config := config.Clone()
				config.MinVersion, config.MaxVersion = version, version
				client := redislimit.NewClient(&redis.Options{
					Addr: server.Addr, TLSConfig: config,
					DialTimeout: time.Minute, ReadTimeout: time.Minute, WriteTimeout: time.Minute, PoolTimeout: time.Minute,
				})
				rooms, err := open(t, client).Take(t.Context(), nine(name, 100))
				if err != nil || rooms[0].Events != i+1 {
					t.Errorf("the first take of connection %d = %v, %v", i, rooms, err)
				}
				client.Close()
			}
		})
	}
}

// The client closes connections whose handshake fails or hangs: the whole app shares
// the file descriptors.
func TestTLSHandshakesThatFailAreClosed(t *testing.T) {
	_, _, good, trusting := certificate(t, t.TempDir())
	shake := func(conn net.Conn) net.Conn {
		secure := tls.Server(conn, good)
		secure.Handshake()
		return secure
	}
	tests := []struct {
		name   string
		client *tls.Config
		serve  func(net.Conn)
	}{
		{"the server never answers", trusting, func(conn net.Conn) { io.Copy(io.Discard, conn) }},
		{"the server talks nonsense", trusting, func(conn net.Conn) {
			conn.Write([]byte("-ERR this port has no TLS\r\n"))
			io.Copy(io.Discard, conn)
		}},
		{"the server hangs up", trusting, func(conn net.Conn) {}},
		{"the certificate is not trusted", &tls.Config{RootCAs: x509.NewCertPool()}, func(conn net.Conn) { io.Copy(io.Discard, shake(conn)) }},
		{"the server hangs after the handshake", trusting, func(conn net.Conn) { io.Copy(io.Discard, shake(conn)) }},
		{"the server hangs up after the handshake", trusting, func(conn net.Conn) { shake(conn) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var held, seen atomic.Int64
			socket := listen(t, func(conn net.Conn) {
				seen.Add(1)
				held.Add(1)
				defer held.Add(-1)
				tt.serve(conn)
			})
			config := tt.client.Clone()
			config.ServerName = "127.0.0.1" // a socket has no name
			client := redislimit.NewClient(&redis.Options{Network: "unix", Addr: socket, TLSConfig: config})
			defer client.Close()
			limiter := open(t, client)
			defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it would close forgotten connections
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				if _, err := limiter.Take(ctx, one("k", perHour(1))); err == nil {
					t.Error("Take: no error")
				}
				cancel()
			}
			eventually(t, func() bool { return held.Load() == 0 })
			if seen.Load() == 0 {
				t.Error("no connection was ever made")
			}
		})
	}
}
