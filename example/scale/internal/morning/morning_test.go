package morning

import (
	"reflect"
	"testing"
	"time"
)

// smallMorning has everything that a large one has.
func smallMorning(t *testing.T) Config {
	return Config{
		Members: 10_000, Instances: 2, Length: 5 * time.Hour, Row: 30 * time.Minute, MaxAge: 10 * time.Minute,
		Latency: 200 * time.Millisecond, Rules: rules(t), Seed: 1,
		Rotation: 140 * time.Minute,
		Failover: 165 * time.Minute, FailoverLength: 3 * time.Second,
		Outage: 220 * time.Minute, OutageLength: 2 * time.Minute,
	}
}

func run(t *testing.T, c Config) *Result {
	t.Helper()
	r, err := Run(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNoMessageIsBeyondTheLimits(t *testing.T) {
	c := smallMorning(t)
	sent := make(map[int32][]moment)
	messages := 0
	c.sent = func(member int32, at moment) { sent[member] = append(sent[member], at); messages++ }
	counted := 0
	for _, row := range run(t, c).Rows {
		counted += row.Messages
	}
	if counted != messages || messages < 10_000 {
		t.Errorf("%d messages were sent and %d counted, want the same and more than one for each member", messages, counted)
	}
	// What a right passcode does not give back holds for whatever was sent. Each
	// message was counted a moment before it was sent.
	const slack = 10 * second
	for member, times := range sent {
		for _, w := range compact(c.Rules["send-cooldown"].Windows) {
			for i := w.n; i < len(times); i++ {
				if times[i]-times[i-w.n] < w.per-slack {
					t.Fatalf("member %d got %d messages within %v", member, w.n+1, span(times[i]-times[i-w.n]))
				}
			}
		}
	}
}

func TestNobodyIsTurnedAwayButInTheFaults(t *testing.T) {
	c := smallMorning(t)
	r := run(t, c)
	for _, tt := range []struct {
		name     string
		cause    Cause
		from, to time.Duration
	}{
		{"Redis", CauseRedis, c.Failover, c.Failover + c.FailoverLength},
		{"Stytch", CauseStytch, c.Outage, c.Outage + c.OutageLength + span(codePatience+maxWait+askPatience)},
	} {
		if from, to := r.FailedFrom[tt.cause], r.FailedTo[tt.cause]; from < tt.from || to > tt.to || to == 0 {
			t.Errorf("503 for %s from %v to %v, want some, from %v to %v", tt.name, from, to, tt.from, tt.to)
		}
	}
	if r.FailedTo[CauseKeys] != 0 {
		t.Errorf("503 for a key at %v, want none: it was published in time", r.FailedTo[CauseKeys])
	}
	if r.KeyFetches != c.Instances {
		t.Errorf("%d fetches for the new key, want one of each of %d instances", r.KeyFetches, c.Instances)
	}
}

func TestEveryStepUpEndsSomehow(t *testing.T) {
	r := run(t, smallMorning(t))
	if ended := r.Done + r.Abandoned + r.GivenUp + r.Open; ended != r.Begun {
		t.Errorf("%d step-ups ended and %d began", ended, r.Begun)
	}
	done, codes := 0, 0
	for _, row := range r.Rows {
		done += row.StepUps
		codes += row.Calls[KindCode]
	}
	if done != r.Done {
		t.Errorf("the rows have %d step-ups, the sum %d", done, r.Done)
	}
	if judged := r.Done + r.Wrong; codes < judged || codes > judged+judged/100 {
		t.Errorf("%d passcodes were shown to Stytch and %d judged; only those of the outage were not", codes, judged)
	}
}

func TestTheSameSeedMakesTheSameMorning(t *testing.T) {
	c := smallMorning(t)
	a, b := run(t, c), run(t, c)
	a.Took, b.Took = 0, 0
	if !reflect.DeepEqual(a, b) {
		t.Error("two mornings differ")
	}
	c.Seed = 2
	if other := run(t, c); other.Begun == a.Begun {
		t.Error("another seed makes the same morning")
	}
}

func TestAKeyThatIsPublishedLateIsFetchedAgainAndAgain(t *testing.T) {
	c := smallMorning(t)
	c.KeyLag = 10 * time.Second
	r := run(t, c)
	// After the first fetch, at 0 s: at 1 s, 3 s, 7 s and 15 s, or a click later.
	if from, to := r.FailedFrom[CauseKeys], r.FailedTo[CauseKeys]; from < c.Rotation || to > c.Rotation+20*time.Second || to < c.Rotation+c.KeyLag {
		t.Errorf("503 for the key from %v to %v, want them up to some seconds after %v", from, to, c.Rotation+c.KeyLag)
	}
	if r.KeyFetches < 3*c.Instances || r.KeyFetches > 5*c.Instances {
		t.Errorf("%d fetches of %d instances, want 3 to 5 of each", r.KeyFetches, c.Instances)
	}
}

func TestALargeOrganizationUsesUpItsBudget(t *testing.T) {
	c := smallMorning(t)
	c.Members, c.Organizations = 20_000, []float64{1000}
	if r := run(t, c); r.FirstRefusal == 0 || r.FirstRefusalMembers != 20_000 {
		t.Errorf("first refusal at %v for an organization of %d, want one for 20000", r.FirstRefusal, r.FirstRefusalMembers)
	}
	c.Members = 1000
	if r := run(t, c); r.FirstRefusal != 0 {
		t.Errorf("an organization of 1000 was refused a message at %v", r.FirstRefusal)
	}
}

func TestABadMorningIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"no members":   func(c *Config) { c.Members = 0 },
		"no instances": func(c *Config) { c.Instances = 0 },
		"no length":    func(c *Config) { c.Length = 0 },
		"no policy":    func(c *Config) { c.MaxAge = 0 },
		"no rules":     func(c *Config) { c.Rules = nil },
	} {
		t.Run(name, func(t *testing.T) {
			c := smallMorning(t)
			spoil(&c)
			if _, err := Run(c); err == nil {
				t.Error("it passed")
			}
		})
	}
}
