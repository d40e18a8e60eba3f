package stepup

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestOneOfManyIsTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c recent
		var firsts atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if c.first("session") {
					firsts.Add(1)
				}
			})
		}
		all.Wait()
		if got := firsts.Load(); got != 1 {
			t.Errorf("%d of 100 were first, want one", got)
		}
		if !c.first("other session") {
			t.Error("nobody was before in the other session")
		}
		time.Sleep(rememberTexted - time.Nanosecond)
		if c.first("session") {
			t.Error("first again too soon")
		}
		time.Sleep(time.Nanosecond)
		if !c.first("session") {
			t.Error("not first after the moment had passed")
		}
	})
}

func TestOnlyTheLastMomentIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c recent
		for i := range 1000 {
			c.first(fmt.Sprint("session ", i))
		}
		time.Sleep(rememberTexted)
		c.first("session")
		if len(c.until) != 1 {
			t.Errorf("%d sessions are remembered, want one", len(c.until))
		}
	})
}
