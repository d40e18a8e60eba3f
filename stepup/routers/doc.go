// Package routers holds no code but tests: the same suite runs through every
// router and framework that the README names, and through the middleware that
// apps commonly put in front of them. It is a Go module of its own, so that
// nobody who imports rung downloads a router.
package routers
