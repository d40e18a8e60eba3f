// Saves the limiter work when many navigations come at once. challenge.go asks
// it before it sends.

package stepup

import (
	"sync"
	"time"
)

// A session is remembered this long.
const rememberTexted = 2 * time.Second

// recent remembers for a moment which sessions a message was tried for, so
// that of a thousand navigations at once one asks the limiter and the others
// go straight to the page. It only saves work: the limiter decides, here and
// on every other machine. The zero value is ready.
type recent struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// first reports whether the session has had no other navigation within the
// last moment.
func (c *recent) first(session string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.until[session]) {
		return false
	}
	for s, until := range c.until {
		if !now.Before(until) {
			delete(c.until, s)
		}
	}
	if c.until == nil {
		c.until = make(map[string]time.Time)
	}
	c.until[session] = now.Add(rememberTexted)
	return true
}
