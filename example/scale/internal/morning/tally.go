// What happened: the counts of each row of the table and of the whole morning.
// The other files of the model count here; the command prints it.

package morning

import "time"

// Cause is why a request was answered with 503.
type Cause int

// The causes.
const (
	CauseStytch Cause = iota // a call to Stytch was not answered
	CauseTurn                // a call to Stytch did not get its turn
	CauseRedis               // Redis did not answer
	CauseKeys                // the signing key was not known
	Causes
)

// Kind is a kind of call to Stytch.
type Kind int

// The kinds.
const (
	KindRenewal Kind = iota // sessions/authenticate, for a JWT that has expired
	KindLook                // sessions/authenticate, before a step-up goes on
	KindSend                // otps/sms/send
	KindCode                // otps/sms/authenticate
	Kinds
)

// Row is what happened in a part of the morning.
type Row struct {
	From, To time.Duration // after the morning began

	Active   int // members, at the end
	StepUps  int // that were completed
	Messages int
	Calls    [Kinds]int
	Redis    int // operations

	CallsPeak   int // calls to Stytch that began in one second, at most
	RedisPeak   int // operations in one second, at most
	WaitingPeak int // calls under way and waiting in one instance, at most
	Unavailable [Causes]int
	// Refused are messages and passcodes that a limit refused, by its name.
	Refused map[string]int
	Warned  int // messages beyond a budget that only warns

	Memory      int // of one instance, in bytes
	RedisMemory int // in bytes
}

// Failures is the number of answers with 503.
func (r *Row) Failures() (n int) {
	for _, of := range r.Unavailable {
		n += of
	}
	return n
}

// CallsInAll is the number of calls to Stytch.
func (r *Row) CallsInAll() (n int) {
	for _, of := range r.Calls {
		n += of
	}
	return n
}

// tally counts one row after the other.
type tally struct {
	row     Row
	refused [limitsInAll]int
	warned  int
	rows    []Row

	second             moment // that the next two are about
	inSecond           int    // calls
	redisInSecond      int
	failedFrom, failed [Causes]moment // the first and the last 503
	everFailed         [Causes]bool
}

func (t *tally) tick(now moment) {
	if s := now / second; s != t.second {
		t.second, t.inSecond, t.redisInSecond = s, 0, 0
	}
}

func (t *tally) call(now moment, k Kind) {
	t.tick(now)
	t.row.Calls[k]++
	t.inSecond++
	t.row.CallsPeak = max(t.row.CallsPeak, t.inSecond)
}

func (t *tally) redis(now moment) {
	t.tick(now)
	t.row.Redis++
	t.redisInSecond++
	t.row.RedisPeak = max(t.row.RedisPeak, t.redisInSecond)
}

func (t *tally) unavailable(now moment, c Cause) {
	t.row.Unavailable[c]++
	if !t.everFailed[c] {
		t.everFailed[c], t.failedFrom[c] = true, now
	}
	t.failed[c] = now
}

// end completes a row.
func (t *tally) end(from, to moment, warned int) {
	t.row.From, t.row.To = span(from), span(to)
	t.row.Refused = make(map[string]int)
	for l, n := range t.refused {
		if n > 0 {
			t.row.Refused[limit(l).String()] = n
		}
	}
	t.row.Warned, t.warned = warned-t.warned, warned
	t.rows = append(t.rows, t.row)
	t.row, t.refused = Row{}, [limitsInAll]int{}
}

func span(m moment) time.Duration { return time.Duration(m) * time.Millisecond }
