// The state of a morning, and the loop over its events. Run in morning.go begins
// it; journey.go and calls.go say what each event does.

package morning

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// sim is a morning under way.
type sim struct {
	config  Config
	rng     *rand.Rand
	wheel   wheel
	tally   tally
	limits  *limits
	members []member
	large   []int // members of each organization

	instances []host
	calls     []call
	freeCalls []int32

	end, rotation, published   moment
	failover, failoverEnd      moment
	outage, outageEnd          moment
	maxAge, latency, rowLength moment

	sum Result // what result completes
}

func newSim(c Config, rng *rand.Rand) *sim {
	s := &sim{
		config: c, rng: rng, members: make([]member, c.Members), instances: make([]host, c.Instances),
		end: of(c.Length), rotation: math.MaxInt32, published: math.MaxInt32,
		failover: of(c.Failover), failoverEnd: of(c.Failover + c.FailoverLength),
		outage: of(c.Outage), outageEnd: of(c.Outage + c.OutageLength),
		maxAge: of(c.MaxAge), latency: of(c.Latency), rowLength: of(c.Row),
	}
	if c.Rotation > 0 {
		s.rotation, s.published = of(c.Rotation), of(c.Rotation+c.KeyLag)
	}
	s.settle()
	s.limits = newLimits(c.Rules, len(s.large))
	for i := range s.members {
		s.arrive(int32(i))
	}
	for at := s.rowLength; at <= s.end; at += s.rowLength {
		s.wheel.add(at-1, evRow, 0)
	}
	return s
}

func of(d time.Duration) moment { return moment(d.Milliseconds()) }

// settle puts the members into organizations.
func (s *sim) settle() {
	next := 0
	put := func(n int) {
		n = min(n, len(s.members)-next)
		if n <= 0 {
			return
		}
		for i := range n {
			s.members[next+i].organization = int32(len(s.large))
		}
		next += n
		s.large = append(s.large, n)
	}
	for _, share := range s.config.Organizations {
		put(int(share * float64(len(s.members)) / 1000))
	}
	for next < len(s.members) {
		put(50)
	}
}

func (s *sim) now() moment { return s.wheel.now }

func (s *sim) run() {
	for {
		e, ok := s.wheel.next(s.end)
		if !ok {
			return
		}
		switch e.kind {
		case evRenew:
			s.mayRenew(e.who)
		case evVisit:
			s.visit(e.who)
		case evGet, evSend, evType:
			s.again(e.who, e.kind)
		case evCallEnds:
			s.callEnds(e.who)
		case evWaitOver:
			s.waitOver(e.who)
		case evRow:
			s.endRow()
		}
	}
}

// redisIsAway and stytchIsAway report whether they answer at the moment.
func (s *sim) redisIsAway() bool  { return s.now() >= s.failover && s.now() < s.failoverEnd }
func (s *sim) stytchIsAway() bool { return s.now() >= s.outage && s.now() < s.outageEnd }

// endRow completes a row, and looks at what memory holds.
func (s *sim) endRow() {
	row := &s.tally.row
	keys, events := 0, 0
	for i := range s.members {
		m := &s.members[i]
		if s.isActive(m) {
			row.Active++
		}
		k, e := s.limits.keys(s.now(), &m.counted)
		keys, events = keys+k, events+e
	}
	for _, l := range slices.Concat(s.limits.organizations, []log{s.limits.projectLog}) {
		if n := l.within(s.now(), max(s.limits.organization.longest(), s.limits.project.longest())); n > 0 {
			keys, events = keys+1, events+n
		}
	}
	row.RedisMemory = keys*redisKeyBytes + (events-keys)*redisEventByte
	kept := row.CallsPeak * int(keepAnswer/second) / len(s.instances)
	row.Memory = min(row.Active, memoTokens)*memoBytes + row.WaitingPeak*waitingBytes + kept*keptBytes
	s.tally.end(s.now()+1-s.rowLength, s.now()+1, s.limits.warned)
}

// result sums up.
func (s *sim) result() *Result {
	r := &s.sum
	r.Rows = s.tally.rows
	for c := range Causes {
		if s.tally.everFailed[c] {
			r.FailedFrom[c], r.FailedTo[c] = span(s.tally.failedFrom[c]), span(s.tally.failed[c])
		}
	}
	for i := range s.instances {
		r.KeyFetches += s.instances[i].keys.fetches
	}
	for i := range s.members {
		if s.members[i].busy {
			r.Open++
		}
	}
	return r
}
