// The rules of a guard that the model keeps, each with the file that it is
// from. The tests compare them with what a real guard does.

package morning

// moment is a time of the morning, in milliseconds after it began.
type moment = int32

const (
	second moment = 1000
	minute        = 60 * second
	hour          = 60 * minute
)

const (
	jwtLife  = 5 * minute // of a session JWT; Stytch's
	leeway   = 5 * second // stepup/config.go: Config.Leeway
	codeLife = 2 * minute // of a passcode; Stytch's
)

// How many calls to Stytch an instance has under way, and how long they wait:
// stepup/internal/provider/slots.go.
const (
	// CallsUnderWay is how many calls an instance has under way, by default.
	CallsUnderWay = 100
	maxWaiting    = 2000       // calls of a class that wait for their turn
	maxWait       = 4 * second // for a turn, if others wait for the answer too
)

// How long calls and requests may take: stepup/internal/provider/provider.go and
// stepup/query.go.
const (
	askPatience     = 2 * second
	sendPatience    = 5 * second
	codePatience    = 5 * second
	requestPatience = 6 * second
)

// jwks/keyring.go and jwks/verifier.go: how far apart fetches for unknown key
// ids are, and how long a request waits for one.
const (
	firstSpacing = 1 * second // then twice that, and so on
	lastSpacing  = 30 * second
	keyPatience  = 300
)

// What the memory is estimated with. "-what memory" prints the measured ones.
const (
	memoTokens     = 16384    // jwks/config.go: Config.MemoTokens
	memoBytes      = 1100     // of a remembered session, measured
	redisKeyBytes  = 304      // of a limiter key in Redis with one event, measured
	redisEventByte = 17       // of each further event
	waitingBytes   = 40 << 10 // of a request that waits, assumed
	keptBytes      = 6 << 10  // of an answer that is kept, assumed
)

// keepAnswer is how long a good answer of Stytch about a session is kept:
// stepup/internal/provider/flight.go.
const keepAnswer = 2 * second
