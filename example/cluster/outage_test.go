//go:build unix

package main_test

import (
	"syscall"
	"testing"
)

// While Redis hangs or is gone, no code is sent or checked. Members who have stepped
// up notice nothing, because nothing is counted for them.
func TestWithoutRedisNobodyGetsThrough(t *testing.T) {
	c := start(t)
	s := c.on(t)
	ada, ben := s.person(), s.person()
	verified, waiting := ada.signIn(0), ben.signIn(0)

	open := func(p *person, b *browser) (fields map[string][]string, code string) {
		verify := b.get("/payouts").want(t, 303).location
		return b.get(verify).want(t, 200).form(t, "/stepup/"), p.onlyCode()
	}
	adaFields, adaCode := open(ada, verified)
	verified.post("/stepup/", with(adaFields, "code", adaCode)).want(t, 303)
	benFields, benCode := open(ben, waiting)
	seen := s.calls("sms/authenticate")

	denied := func(how string) {
		t.Helper()
		for range 3 { // by every instance
			for path, form := range map[string]map[string][]string{
				"/stepup/":     with(benFields, "code", benCode),
				"/stepup/send": benFields,
			} {
				r := waiting.post(path, form).want(t, 503)
				if r.header.Get("Retry-After") == "" {
					t.Errorf("%s: POST %s has no Retry-After", how, path)
				}
			}
		}
		if n := s.calls("sms/authenticate"); n != seen {
			t.Errorf("%s: Stytch judged %d codes", how, n-seen)
		}
		ben.onlyCode()
		if got := atOnce(100, func(int) reply { return verified.get("/payouts") }, kindOf); got["page"] != 100 {
			t.Errorf("%s: a member who has stepped up got %v, want only the page", how, got)
		}
		if got := atOnce(100, func(int) reply { return waiting.get("/account") }, kindOf); got["page"] != 100 {
			t.Errorf("%s: a member who is signed in got %v, want only the page", how, got)
		}
	}

	c.signal(t, c.redis, syscall.SIGSTOP)
	denied("hung")
	c.signal(t, c.redis, syscall.SIGCONT)
	// The same page goes on: the code that could not be checked still works.
	// Timeouts that are under way may take a moment.
	for range 100 {
		if waiting.post("/stepup/", with(benFields, "code", benCode)).status == 303 {
			break
		}
	}
	waiting.get("/payouts").want(t, 200, "Halden Freight")

	cleo := s.person()
	late := cleo.signIn(0)
	benFields, benCode = open(cleo, late)
	waiting, ben = late, cleo
	seen = s.calls("sms/authenticate")
	c.signal(t, c.redis, syscall.SIGKILL)
	denied("killed")
}
