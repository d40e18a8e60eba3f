package stepup

import (
	"errors"
	"testing"

	"github.com/rungauth/rung/jwks"
)

// What nobody has filled in denies.
func TestZeroValuesDeny(t *testing.T) {
	if err := (decision{}).err(&Policy{}); !errors.Is(err, ErrStepUpRequired) {
		t.Errorf("the zero decision: got %v", err)
	}
	for name, session := range map[string]*jwks.Session{"no session": nil, "a session without factors": {}} {
		if d := (&Policy{}).decide(session, 0); d.satisfied || !d.until.IsZero() {
			t.Errorf("the zero policy, with %s: got %+v", name, d)
		}
		p := Strict()
		p.all = p.requirements()
		if d := p.decide(session, 0); d.satisfied || len(d.missing) != 1 {
			t.Errorf("a policy, with %s: got %+v", name, d)
		}
	}
	if (&Policy{}).next(decision{}) != nil {
		t.Error("the zero policy asks for a factor")
	}
}
