// The members: when they come, when they are active, how long they take. sim.go
// and journey.go ask.

package morning

import "math"

// How members behave. These are assumptions, not measurements.
const (
	atTheHour     = 0.3         // of all members come within minutes of 8:00 or 9:00
	betweenClicks = 20 * second // of an active member, on the average
	visitEvery    = 20 * minute // an active member goes to a guarded page, on the average
	shortest      = 20 * minute // an active stretch is this long at least, and at most
	longest       = 60 * minute
	shortestPause = 5 * minute
	longestPause  = 30 * minute

	isAbandoned = 0.03 // of the messages: the member turns to something else
	isLost      = 0.01 // the message never arrives
	isWrong     = 0.05 // of the passcodes

	refusalsBorne = 3 // by limits, until a member gives up
)

// member begins with what every event looks at, which then is one line of the
// processor's cache.
type member struct {
	organization int32
	jwtFrom      moment // when the JWT was made
	factorAt     moment // of the last step-up
	codeAt       moment // of the last message
	busy         bool   // with a step-up
	refusals     int8   // of it by limits

	activeFrom, activeTo, activeNext moment

	counted
}

// never is long before the morning.
const never = -24 * hour

// arrive chooses when a member signs in, and what they do next.
func (s *sim) arrive(who int32) {
	at := s.triangle(0, 4*hour, 100*minute)
	if s.rng.Float64() < atTheHour {
		at = hour*moment(1+s.rng.IntN(2)) + s.between(-2*minute, 8*minute)
	}
	// A shorter morning has everything earlier.
	at = moment(float64(at) * float64(s.end) / float64(5*hour))
	m := &s.members[who]
	m.factorAt, m.codeAt, m.jwtFrom = never, never, at
	m.activeFrom = at
	m.activeTo = at + s.between(shortest, longest)
	m.activeNext = m.activeTo + s.between(shortestPause, longestPause)
	s.wheel.add(s.nextClick(m, at), evRenew, who)
	s.wheel.add(at+s.exponential(visitEvery), evVisit, who)
}

// nextClick is when the member next clicks after the JWT has expired.
func (s *sim) nextClick(m *member, now moment) moment {
	return max(now, m.jwtFrom+jwtLife+leeway) + s.exponential(betweenClicks)
}

// awake reports whether the member is active now, and if not, when next.
func (s *sim) awake(m *member) (next moment, active bool) {
	for s.now() > m.activeTo {
		if s.now() < m.activeNext {
			return m.activeNext, false
		}
		m.activeFrom = m.activeNext
		m.activeTo = m.activeFrom + s.between(shortest, longest)
		m.activeNext = m.activeTo + s.between(shortestPause, longestPause)
	}
	return 0, true
}

func (s *sim) isActive(m *member) bool {
	_, active := s.awake(m)
	return active && s.now() >= m.activeFrom
}

// isFresh reports whether the policy is satisfied.
func (s *sim) isFresh(m *member) bool { return s.now()-m.factorAt < s.maxAge }

func (s *sim) hasExpired(m *member) bool { return s.now() >= m.jwtFrom+jwtLife+leeway }

func (s *sim) between(a, b moment) moment { return a + s.rng.Int32N(b-a) }

func (s *sim) exponential(mean moment) moment {
	return moment(min(s.rng.ExpFloat64()*float64(mean), float64(hour)))
}

// triangle is a time from a to b, most likely at peak.
func (s *sim) triangle(a, b, peak moment) moment {
	u, left := s.rng.Float64(), float64(peak-a)/float64(b-a)
	if u < left {
		return a + moment(math.Sqrt(u*left)*float64(b-a))
	}
	return b - moment(math.Sqrt((1-u)*(1-left))*float64(b-a))
}

// typing is from the message until its passcode is sent.
func (s *sim) typing() moment { return 8*second + s.exponential(10*second) }

// later is from a 503 until the member tries again.
func (s *sim) later() moment { return s.between(5*second, 35*second) }
