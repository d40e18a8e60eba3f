//go:build unix

package main_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
)

// The defaults of stepup.Limits.
const (
	codesPerSession = 5
	codesPerMember  = 8
)

// judged sorts the answers to a code by status. Any other status is not from a page
// of ours.
func judged(r reply) string {
	switch r.status {
	case 303:
		return "right"
	case 422:
		return "wrong"
	case 429:
		return "locked"
	case 503:
		return "unavailable"
	}
	return fmt.Sprintf("status %d (%v): %s", r.status, r.err, r.text())
}

func thousandGuesses(t *testing.T, c *cluster) {
	guess(t, c.on(t), func() {
		for _, name := range []string{"1", "2", "3"} {
			c.restart(t, name)
		}
	})
}

// guess tries a thousand wrong codes at once, and then every way around the limit.
// restart is nil if the counters do not outlive the process.
func guess(t *testing.T, s *site, restart func()) {
	ada := s.person()
	b := ada.signIn(0)
	verify := b.get("/payouts").want(t, 303).location
	fields := b.get(verify).want(t, 200).form(t, "/stepup/")
	right := ada.onlyCode()
	unused := b.copy()
	before := s.calls("sms/authenticate")

	got := atOnce(1000, func(i int) reply {
		return b.post("/stepup/", with(fields, "code", other(right, i)))
	}, judged)
	if got["wrong"]+got["locked"]+got["unavailable"] != 1000 {
		t.Errorf("answers were %v", got)
	}
	if got["wrong"] > codesPerSession {
		t.Errorf("%d guesses were judged, want at most %d", got["wrong"], codesPerSession)
	}
	// A few may be left if takes were abandoned or undone.
	for i := 0; judged(b.post("/stepup/", with(fields, "code", other(right, 2000+i)))) != "locked"; i++ {
		if i == codesPerSession {
			t.Fatal("the session is never locked")
		}
	}
	seen := s.calls("sms/authenticate") - before
	if seen < 1 || seen > codesPerSession {
		t.Errorf("Stytch saw %d guesses, want 1 to %d", seen, codesPerSession)
	}

	locked := func(way string, b *browser) {
		t.Helper()
		for range 3 { // by every instance
			r := b.post("/stepup/", with(fields, "code", right)).want(t, 429)
			if r.header.Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", way)
			}
		}
		if n := s.calls("sms/authenticate") - before; n != seen {
			t.Errorf("%s: Stytch saw %d guesses, and %d before", way, n, seen)
		}
	}
	locked("the right code", b)
	locked("the cookies of before the first guess", unused)
	locked("no cookie of ours", b.copyWithout("__Host-stepup"))
	b.get("/payouts?tab=2").want(t, 429)
	locked("a new tab", b)
	if s.socket != "" {
		s.endCooldown()
		b.post("/stepup/send", fields).want(t, 429)
		if codes := s.codes(ada.member); len(codes) != 1 {
			t.Fatalf("%d messages, want none to a member whose code would be refused", len(codes)-1)
		}
		locked("a resend", b)
	}
	if restart != nil {
		restart()
		locked("a restart of every instance", b)
	}
}

// endCooldown makes Redis forget the messages, as if a day had passed only for
// them.
func (s *site) endCooldown() {
	s.t.Helper()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket})
	defer client.Close()
	ctx := context.Background()
	keys, err := client.Keys(ctx, "rung:{send-*").Result()
	if err != nil || len(keys) == 0 {
		s.t.Fatalf("found the keys %q: %v", keys, err)
	}
	for _, key := range keys {
		if err := client.Del(ctx, key).Err(); err != nil {
			s.t.Fatal(err)
		}
	}
}

// thief: an attacker who uses up the attempts of a stolen session, and goes on,
// locks that session but not the owner's own.
func thief(t *testing.T, c *cluster) {
	s := c.on(t)
	before := s.calls("sms/authenticate")
	ada := s.person()
	owner, robbed := ada.signIn(0), ada.signIn(0)
	verify := owner.get("/payouts").want(t, 303).location
	fields := owner.get(verify).want(t, 200).form(t, "/stepup/")
	right := ada.onlyCode()
	stolen := robbed.get(verify).want(t, 200).form(t, "/stepup/")
	for i := 0; judged(robbed.post("/stepup/", with(stolen, "code", other(right, i)))) != "locked"; i++ {
		if i == codesPerSession {
			t.Fatal("the stolen session is never locked")
		}
	}

	over := make(chan struct{})
	var thieves sync.WaitGroup
	var got [20]map[string]int
	for n := range got {
		got[n] = map[string]int{}
		thieves.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				default:
					got[n][judged(robbed.post("/stepup/", with(stolen, "code", other(right, 1000*(n+1)+i))))]++
				}
			}
		})
	}
	// A slow machine may be too busy to judge, and says so.
	patiently := func(code string) string {
		for {
			if kind := judged(owner.post("/stepup/", with(fields, "code", code))); kind != "unavailable" {
				return kind
			}
		}
	}
	wrong := patiently(other(right, 999))
	opened := patiently(right)
	close(over)
	thieves.Wait()
	if wrong != "wrong" || opened != "right" {
		t.Errorf("the owner's wrong code was %q and the right one %q", wrong, opened)
	}
	owner.get("/payouts").want(t, 200)
	for n := range got {
		if got[n]["right"]+got[n]["wrong"] != 0 {
			t.Errorf("a locked session got %v", got[n])
		}
	}
	robbed.post("/stepup/", with(stolen, "code", right)).want(t, 429)
	if n := s.calls("sms/authenticate") - before; n > codesPerMember {
		t.Errorf("Stytch saw %d guesses for the member, want at most %d", n, codesPerMember)
	}
}

// manyPresses: the button is pressed again and again, and each press reaches
// another instance. One wins at Stytch, and the others learn there that the
// session is stepped up.
func manyPresses(t *testing.T, c *cluster) {
	s := c.on(t)
	before := s.calls("sms/authenticate")
	ada := s.person()
	b := ada.signIn(0)
	verify := b.get("/payouts").want(t, 303).location
	fields := b.get(verify).want(t, 200).form(t, "/stepup/")
	code := ada.onlyCode()
	got := atOnce(30, func(int) reply {
		return b.copy().post("/stepup/", with(fields, "code", code))
	}, judged)
	if got["right"] != 30 {
		t.Errorf("answers were %v, want only the way back", got)
	}
	if n := s.calls("sms/authenticate") - before; n > 3 {
		t.Errorf("Stytch saw the code %d times, want at most once for each instance", n)
	}
	ada.onlyCode()
}
