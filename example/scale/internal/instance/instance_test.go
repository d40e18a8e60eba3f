package instance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/example/scale/internal/instance"
	"github.com/rungauth/rung/stepup"
)

func TestAStepUpIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, err := instance.New(10*time.Minute, new(stepup.MemoryLimiter))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		member := a.Emulator.AddMember()
		b := a.Browser(a.Emulator.SignIn(member))
		a.Stytch.Reset()
		err = b.StepUp(func() string {
			time.Sleep(20 * time.Second) // until the passcode is typed
			return a.Emulator.LastCode(member)
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := a.Stytch.Calls(); got != 4 {
			t.Errorf("%d calls to Stytch, want 4: how the session stands, the message, how it stands now, the passcode", got)
		}
		if got := a.Limiter.Trips(); got != 5 {
			t.Errorf("%d operations of the limiter, want 5", got)
		}
		if got := a.Limiter.Rules()["send-cooldown"].Windows[30*time.Second]; got != 1 {
			t.Errorf("the cooldown allows %d messages in 30 s, want 1", got)
		}
	})
}
