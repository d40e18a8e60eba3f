// Tokens that were verified before. Verify asks here first and adds every token
// that it accepts.

package jwks

import (
	"container/heap"
	"crypto/rsa"
	"sync"
	"time"
)

const (
	// memoShards spreads the locks that readers take.
	memoShards = 32

	// memoOverhead is what an entry takes besides its session: the entry, its
	// slots in map and queue, and the slots that these keep free for growth.
	memoOverhead = 192

	// keptAfterExpiry is how long an expired token is still recognized. A page
	// that was left open sends one in a burst of requests, and each is told
	// that it expired without another signature check.
	keptAfterExpiry = time.Minute
)

// memo remembers verified tokens. A JWT comes with every request for up to five
// minutes, and checking its signature costs a hundred times more than
// recognizing it.
//
// Only verified tokens get in, so forged ones cannot push good ones out. When
// the memo is full, a new token drops at most one live entry, so an attacker
// with tokens of their own pays one verification for each that they cause.
//
// It is our own code because existing caches do not fit (2 cores, 90 % reads,
// ns per operation; a map with a mutex: 29). otter v2 (94) and golang-lru's
// expirable (45) start a goroutine, which the latter never ends; ristretto
// (127) may miss right after a write and adds three modules; and none of them
// drops expired entries before live ones.
type memo struct {
	maxEntries int
	maxBytes   int
	leeway     time.Duration
	shards     [memoShards]memoShard

	mu    sync.Mutex // for writers; taken before a shard's
	queue expiryQueue
	bytes int
}

// memoShard is the part of the memo behind one lock, for readers.
type memoShard struct {
	mu       sync.RWMutex
	byDigest map[digest]*memoEntry
}

// memoEntry is a verified token. It holds the session and not the token, which
// is a live credential.
type memoEntry struct {
	digest  digest
	session *Session
	key     *rsa.PublicKey // the key that signed it
	expires time.Time      // exp with the leeway
	size    int            // in bytes
	index   int            // in the queue
}

func newMemo(maxEntries, maxBytes int, leeway time.Duration) *memo {
	m := &memo{maxEntries: maxEntries, maxBytes: maxBytes, leeway: leeway}
	for i := range m.shards {
		m.shards[i].byDigest = make(map[digest]*memoEntry)
	}
	return m
}

// get returns the entry of a remembered token, or nil. The caller checks its
// expiry and whether its key is still in use.
func (m *memo) get(d digest) *memoEntry {
	s := m.shard(d)
	s.mu.RLock()
	entry := s.byDigest[d]
	s.mu.RUnlock()
	return entry
}

// put remembers a verified token if there is room, or if room can be made.
func (m *memo) put(d digest, session *Session, key *rsa.PublicKey, now time.Time) {
	entry := &memoEntry{
		digest:  d,
		session: session,
		key:     key,
		expires: session.TokenExpiresAt().Add(m.leeway),
		size:    session.size() + memoOverhead,
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.get(d); old != nil {
		// Two requests verified it at the same time, or its key was replaced.
		// Readers use entries without a lock, so an entry is never changed.
		m.remove(old)
	}
	m.sweep(now.Add(-keptAfterExpiry))
	if !m.fits(entry, nil) {
		m.sweep(now)
	}
	if !m.fits(entry, nil) {
		if len(m.queue) == 0 || !m.fits(entry, m.queue[0]) {
			return
		}
		m.remove(m.queue[0])
	}
	m.add(entry)
}

// fits reports whether there is room for entry once drop (nil = none) is gone.
func (m *memo) fits(entry, drop *memoEntry) bool {
	entries, bytes := len(m.queue)+1, m.bytes+entry.size
	if drop != nil {
		entries, bytes = entries-1, bytes-drop.size
	}
	return entries <= m.maxEntries && bytes <= m.maxBytes
}

// sweep removes the entries that expired before t.
func (m *memo) sweep(t time.Time) {
	for len(m.queue) > 0 && m.queue[0].expires.Before(t) {
		m.remove(m.queue[0])
	}
}

func (m *memo) add(entry *memoEntry) {
	heap.Push(&m.queue, entry)
	m.bytes += entry.size
	s := m.shard(entry.digest)
	s.mu.Lock()
	s.byDigest[entry.digest] = entry
	s.mu.Unlock()
}

func (m *memo) remove(entry *memoEntry) {
	heap.Remove(&m.queue, entry.index)
	m.bytes -= entry.size
	s := m.shard(entry.digest)
	s.mu.Lock()
	delete(s.byDigest, entry.digest)
	s.mu.Unlock()
}

func (m *memo) shard(d digest) *memoShard { return &m.shards[d[0]%memoShards] }

// expiryQueue is a heap whose top is the entry that expires first.
type expiryQueue []*memoEntry

func (q expiryQueue) Len() int           { return len(q) }
func (q expiryQueue) Less(i, j int) bool { return q[i].expires.Before(q[j].expires) }
func (q expiryQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements [heap.Interface].
func (q *expiryQueue) Push(x any) {
	entry := x.(*memoEntry)
	entry.index = len(*q)
	*q = append(*q, entry)
}

// Pop implements [heap.Interface].
func (q *expiryQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
