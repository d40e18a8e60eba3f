//go:build unix

package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// kindOf sorts the answers to a navigation to a guarded page.
func kindOf(r reply) string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case r.status == 303 && strings.HasPrefix(r.location, "/stepup/?"):
		return "challenge"
	case r.status == 200:
		return "page"
	}
	return fmt.Sprintf("status %d to %q: %s", r.status, r.location, r.text())
}

func thousandNavigations(t *testing.T, c *cluster) { navigate(t, c.on(t)) }

// navigate opens guarded pages in ten tabs of one browser, a thousand times at
// once. Then it reloads, and goes back and forth between page and verify page.
func navigate(t *testing.T, s *site) {
	ada := s.person()
	b := ada.signIn(0)
	tab := func(i int) string { return fmt.Sprintf("/payouts?tab=%d", i%10) }
	got := atOnce(1000, func(i int) reply { return b.served(tab(i)) }, kindOf)
	if got["challenge"] != 1000 {
		t.Errorf("answers were %v, want only the challenge", got)
	}
	ada.onlyCode()

	got = atOnce(200, func(i int) reply {
		if i%2 == 0 {
			return b.served(tab(i))
		}
		return b.served("/stepup/?policy=money&next=%2Fpayouts")
	}, kindOf)
	if got["challenge"] != 100 || got["page"] != 100 {
		t.Errorf("reloads were answered with %v, want half challenge and half page", got)
	}
	// A browser without our cookie does not know that a code was sent.
	for i := range 12 {
		if kind := kindOf(b.copyWithout("__Host-stepup").served(tab(i))); kind != "challenge" {
			t.Errorf("without our cookie: %s", kind)
		}
	}
	code := ada.onlyCode()

	page := b.get("/stepup/?policy=money&next=%2Fpayouts").want(t, 200)
	b.post("/stepup/", with(page.form(t, "/stepup/"), "code", code)).want(t, 303)
	got = atOnce(30, func(i int) reply { return b.served(tab(i)) }, kindOf)
	if got["page"] != 30 {
		t.Errorf("after the code the tabs got %v, want only the page", got)
	}
	ada.onlyCode()
}

// thousandRenewals: a JWT lives for five minutes, so a burst of requests often
// begins with an expired one. Each process renews it once and keeps the answer
// for two seconds.
func thousandRenewals(t *testing.T, c *cluster) {
	s := c.on(t)
	b := s.person().signIn(10 * time.Minute)
	before := s.calls("sessions/authenticate")
	began := time.Now()
	got := atOnce(1000, func(int) reply { return b.copy().served("/account") }, kindOf)
	if got["page"] != 1000 {
		t.Errorf("answers were %v, want only the page", got)
	}
	atMost := 3 * (1 + int(time.Since(began)/(2*time.Second)))
	if n := s.calls("sessions/authenticate") - before; n < 1 || n > atMost {
		t.Errorf("Stytch was asked %d times, want at most %d", n, atMost)
	}
}
