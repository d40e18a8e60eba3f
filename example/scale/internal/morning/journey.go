// What members and the guard do, step by step. Each func stands for one of
// package stepup: renew.go, challenge.go, send.go, submit.go and prove.go.

package morning

// mayRenew is a click of a member. If the JWT has expired, the session is
// renewed.
func (s *sim) mayRenew(who int32) {
	m := &s.members[who]
	if next, active := s.awake(m); !active {
		s.wheel.add(next, evRenew, who)
		return
	}
	if !s.hasExpired(m) {
		s.wheel.add(s.nextClick(m, s.now()), evRenew, who)
		return
	}
	s.request(who, stepClick)
}

// visit is a member who goes to a guarded page.
func (s *sim) visit(who int32) {
	m := &s.members[who]
	if next, active := s.awake(m); !active {
		s.wheel.add(next+s.exponential(visitEvery), evVisit, who)
		return
	}
	s.wheel.add(s.now()+s.exponential(visitEvery), evVisit, who)
	if m.busy || s.isFresh(m) {
		return
	}
	m.busy, m.refusals = true, 0
	s.sum.Begun++
	s.request(who, stepGet)
}

// again is the next step of a step-up, unless the member has gone.
func (s *sim) again(who int32, kind eventKind) {
	m := &s.members[who]
	if _, active := s.awake(m); !active {
		s.giveUp(m)
		return
	}
	switch {
	case kind == evGet:
		s.request(who, stepGet)
	case kind == evType && s.now()-m.codeAt < codeLife:
		s.request(who, stepType)
	default: // there is no passcode that works
		s.request(who, stepSend)
	}
}

func (s *sim) giveUp(m *member) {
	m.busy = false
	s.sum.GivenUp++
}

// request arrives at any instance.
func (s *sim) request(who int32, st step) {
	c := call{who: who, instance: s.rng.Int32N(int32(len(s.instances))), began: s.now(), step: st, phase: phaseLook}
	if s.hasExpired(&s.members[who]) {
		c.phase = phaseRenew
	}
	c.at = s.now()
	s.begin(c)
}

// next makes another call of the same request.
func (s *sim) next(c call, p phase) {
	c.phase, c.at = p, s.now()
	s.begin(c)
}

// unavailable answers with 503. The member tries again later.
func (s *sim) unavailable(c call, cause Cause) {
	s.tally.unavailable(s.now(), cause)
	kind := [...]eventKind{stepClick: evRenew, stepGet: evGet, stepSend: evSend, stepType: evType}[c.step]
	s.wheel.add(s.now()+s.later(), kind, c.who)
}

func causeOf(o outcome) Cause {
	if o == noTurn {
		return CauseTurn
	}
	return CauseStytch
}

// goOn goes on with a request after a call to Stytch.
func (s *sim) goOn(c call, o outcome) {
	m := &s.members[c.who]
	switch c.phase {
	case phaseSend:
		s.sent(c, m, o)
		return
	case phaseProve:
		s.judged(c, m, o)
		return
	}
	if o != answered {
		s.unavailable(c, causeOf(o))
		return
	}
	// The answer holds a new JWT.
	if s.now() >= s.rotation && !s.instances[c.instance].keys.judge(s.now(), s.published, s.latency) {
		s.unavailable(c, CauseKeys)
		return
	}
	switch {
	case c.phase == phaseReconcile: // the passcode was not right
		s.unavailable(c, CauseStytch)
	case c.phase == phaseRenew && c.step == stepClick:
		m.jwtFrom = s.now()
		s.wheel.add(s.nextClick(m, s.now()), evRenew, c.who)
	case c.phase == phaseRenew:
		m.jwtFrom = s.now()
		s.next(c, phaseLook)
	case c.step == stepType:
		s.attempt(c, m)
	default:
		s.send(c, m)
	}
}

// send asks Redis, for a lock and then for a message, and sends it.
func (s *sim) send(c call, m *member) {
	s.tally.redis(s.now()) // is there a lock?
	if s.redisIsAway() {
		if c.step == stepGet { // the page comes without a message, and offers to send one
			s.wheel.add(s.now()+s.between(3*second, 10*second), evSend, c.who)
			return
		}
		s.unavailable(c, CauseRedis)
		return
	}
	if s.limits.locked(s.now(), &m.counted) {
		s.tally.refused[limitLocked]++
		s.giveUp(m)
		return
	}
	s.tally.redis(s.now())
	warned := s.limits.warned
	taken, refused, wait := s.limits.takeSend(s.now(), &m.counted, m.organization, c.step == stepGet)
	if s.limits.warned > warned && s.sum.FirstWarning == 0 {
		s.sum.FirstWarning = span(s.now())
	}
	if refused != limitNone {
		s.heldBack(c, m, refused, wait)
		return
	}
	c.taken = taken
	s.next(c, phaseSend)
}

// heldBack is a message that a limit refuses. The member waits for it, if that
// is not long.
func (s *sim) heldBack(c call, m *member, refused limit, wait moment) {
	s.tally.refused[refused]++
	if refused == limitOrganization && s.sum.FirstRefusal == 0 {
		s.sum.FirstRefusal, s.sum.FirstRefusalMembers = span(s.now()), s.large[m.organization]
	}
	m.refusals++
	switch {
	case refused == limitAutomatic:
		wait = 0 // the button sends
	case wait > minute || refused == limitLocked || m.refusals >= refusalsBorne:
		s.giveUp(m)
		return
	}
	s.wheel.add(s.now()+wait+s.between(second, 5*second), evSend, c.who)
}

// sent is what becomes of a message.
func (s *sim) sent(c call, m *member, o outcome) {
	switch o {
	case noTurn:
		s.tally.redis(s.now())
		s.limits.refundSend(&m.counted, m.organization, c.taken)
	case answered:
		s.deliver(c, m)
		return
	}
	c.step = stepSend // the page that offers to send again
	s.unavailable(c, causeOf(o))
}

func (s *sim) deliver(c call, m *member) {
	s.tally.row.Messages++
	if s.config.sent != nil {
		s.config.sent(c.who, s.now())
	}
	m.codeAt = s.now()
	s.tally.redis(s.now()) // the page asks whether there is a lock
	switch u := s.rng.Float64(); {
	case u < isAbandoned:
		m.busy = false
		s.sum.Abandoned++
	case u < isAbandoned+isLost:
		s.wheel.add(s.now()+s.between(45*second, 75*second), evSend, c.who)
	default:
		s.wheel.add(s.now()+s.typing(), evType, c.who)
	}
}

// attempt asks Redis for a guess, and then Stytch.
func (s *sim) attempt(c call, m *member) {
	s.tally.redis(s.now())
	if s.redisIsAway() {
		s.unavailable(c, CauseRedis)
		return
	}
	if !s.limits.takeAttempt(s.now(), &m.counted) {
		s.tally.refused[limitLocked]++
		s.giveUp(m)
		return
	}
	s.next(c, phaseProve)
}

// judged is what becomes of a passcode.
func (s *sim) judged(c call, m *member, o outcome) {
	switch {
	case o == noTurn:
		s.tally.redis(s.now())
		s.limits.refundAttempt(&m.counted)
		s.unavailable(c, CauseTurn)
	case o == hung:
		s.next(c, phaseReconcile)
	case s.rng.Float64() < isWrong:
		s.sum.Wrong++
		s.wheel.add(s.now()+s.between(4*second, 12*second), evType, c.who)
	default:
		s.tally.redis(s.now())
		if !s.redisIsAway() { // what cannot be given back stays counted
			s.limits.proved(s.now(), &m.counted, m.organization)
		}
		m.factorAt, m.jwtFrom, m.busy = s.now(), s.now(), false
		s.tally.row.StepUps++
		s.sum.Done++
	}
}
