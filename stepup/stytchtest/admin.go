package stytchtest

import (
	"net"
	"net/http"
)

func (s *Server) adminRoutes() http.Handler { _ = net.SplitHostPort; return http.NotFoundHandler() }
