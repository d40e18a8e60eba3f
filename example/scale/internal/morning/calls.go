// The calls to Stytch: they wait for their turn, take their time, and then the
// request goes on in journey.go.

package morning

// step is what a request is about.
type step uint8

const (
	stepClick step = iota // any page
	stepGet               // a guarded page
	stepSend              // the button "Send code"
	stepType              // a passcode
)

// phase is what a call of a request is for.
type phase uint8

const (
	phaseRenew phase = iota // the JWT has expired
	phaseLook               // how does the session stand
	phaseSend
	phaseProve
	phaseReconcile // was the passcode right after all
)

// outcome is how a call ended.
type outcome uint8

const (
	answered outcome = iota
	hung             // it was made, and not answered
	noTurn           // it was not made
)

// call is a call to Stytch.
type call struct {
	who      int32
	instance int32
	began    moment // of the request
	at       moment // of the call, when it began to wait
	step     step
	phase    phase
	taken    taken
	state    callState
	outcome  outcome
}

type callState uint8

const (
	callWaits callState = iota
	callRuns
	callIsGone // it gave up waiting, and its place is still in the queue
)

func (c *call) class() class {
	switch c.phase {
	case phaseSend:
		return classSend
	case phaseProve:
		return classProve
	}
	return classAsk
}

func (c *call) kind() Kind {
	return [...]Kind{phaseRenew: KindRenewal, phaseLook: KindLook, phaseSend: KindSend, phaseProve: KindCode, phaseReconcile: KindLook}[c.phase]
}

// patience is how long Stytch may take to answer, and wait how long the call may
// wait for its turn.
func (c *call) patience(now moment) moment {
	switch c.phase {
	case phaseSend:
		return min(sendPatience, c.began+requestPatience-now)
	case phaseProve:
		return codePatience
	}
	return askPatience
}

func (c *call) wait(now moment) moment {
	if c.phase == phaseSend { // nobody else waits for the answer
		return max(0, c.began+requestPatience-now)
	}
	return maxWait
}

// begin makes a call of a request, or lets it wait.
func (s *sim) begin(c call) {
	n := s.newCall(c)
	in := &s.instances[c.instance]
	switch {
	case in.mayBegin(c.class()):
		s.start(n)
	case in.wait(c.class(), n):
		s.calls[n].state = callWaits
		s.wheel.add(s.now()+c.wait(s.now()), evWaitOver, n)
	default:
		s.freeCalls = append(s.freeCalls, n)
		s.goOn(c, noTurn)
		return
	}
	s.tally.row.WaitingPeak = max(s.tally.row.WaitingPeak, in.load())
}

func (s *sim) newCall(c call) int32 {
	if last := len(s.freeCalls) - 1; last >= 0 {
		n := s.freeCalls[last]
		s.freeCalls = s.freeCalls[:last]
		s.calls[n] = c
		return n
	}
	s.calls = append(s.calls, c)
	return int32(len(s.calls) - 1)
}

// start makes a call whose turn it is.
func (s *sim) start(n int32) {
	c := &s.calls[n]
	s.instances[c.instance].underWay++
	c.state, c.outcome = callRuns, answered
	took := s.latency
	if !s.config.steady {
		took = s.latency*6/10 + s.rng.Int32N(max(1, s.latency*8/10))
	}
	if s.stytchIsAway() || took > c.patience(s.now()) {
		c.outcome, took = hung, c.patience(s.now())
	}
	s.tally.call(s.now(), c.kind())
	s.wheel.add(s.now()+took, evCallEnds, n)
}

func (s *sim) callEnds(n int32) {
	c := s.calls[n]
	s.freeCalls = append(s.freeCalls, n)
	in := &s.instances[c.instance]
	in.underWay--
	if next := in.next(s.settleGone); next >= 0 {
		s.start(next)
	}
	s.goOn(c, c.outcome)
}

// settleGone reports whether a call in a queue has given up.
func (s *sim) settleGone(n int32) bool {
	if s.calls[n].state != callIsGone {
		return false
	}
	s.freeCalls = append(s.freeCalls, n)
	return true
}

// waitOver ends the wait of a call that still waits. The call in the place n may
// be another one by now, which began later.
func (s *sim) waitOver(n int32) {
	c := &s.calls[n]
	if c.state != callWaits || s.now() < c.at+c.wait(c.at) {
		return
	}
	c.state = callIsGone
	s.instances[c.instance].waiting[c.class()].live--
	s.goOn(*c, noTurn)
}
