package stepup

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gorilla/sessions"
)

// How long the bookmark of a message is of use: the code lives two minutes,
// the rest is for telling that it has expired.
const pendingLife = 10 * time.Minute

// Stytch's one-time passcodes live two minutes.
const codeLife = 2 * time.Minute

// pending is the bookmark of the messages that were sent to a member: what
// the page needs to say when and where. It opens nothing. A forged, replayed
// or lost one costs a click, and wrong codes are not counted in it.
type pending struct {
	Session string  `json:"s"` // the session that asked
	Ending  string  `json:"e"` // last digits of the number
	Sent    []int64 `json:"t"` // when, in Unix milliseconds, newest last
}

func (p *pending) newest() time.Time {
	if p == nil || len(p.Sent) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(p.Sent[len(p.Sent)-1])
}

func (p *pending) ending() string {
	if p == nil {
		return ""
	}
	return p.Ending
}

// works tells whether the newest code still lives.
func (p *pending) works() bool { return time.Now().Before(p.newest().Add(codeLife)) }

// resendAt is when the windows allow another message, as far as the bookmark
// knows; the limiter decides.
func (p *pending) resendAt(windows Windows) time.Time {
	var at time.Time
	if p == nil {
		return at
	}
	for per, n := range windows {
		if n > len(p.Sent) {
			continue
		}
		if free := time.UnixMilli(p.Sent[len(p.Sent)-n]).Add(per); free.After(at) {
			at = free
		}
	}
	return at
}

// So many messages are remembered: as many as the cooldown looks back.
const maxPendingSent = 10

// with is the bookmark after one more message.
func (p *pending) with(session, ending string, at time.Time) *pending {
	next := &pending{Session: session, Ending: ending}
	if p != nil {
		next.Sent = append(next.Sent, p.Sent...)
	}
	next.Sent = append(next.Sent, at.UnixMilli())
	if extra := len(next.Sent) - maxPendingSent; extra > 0 {
		next.Sent = next.Sent[extra:]
	}
	return next
}

// pendingStore keeps the bookmark in a gorilla session, as one JSON text: gob,
// its usual encoding, would need every type registered in an init.
type pendingStore struct {
	store  sessions.Store
	name   string
	secure bool
}

const pendingField = "pending"

func newPendingStore(config Config, k keyring) *pendingStore {
	s := &pendingStore{store: config.Store, name: config.CookieName, secure: !config.InsecureCookies}
	if s.store == nil {
		cookies := sessions.NewCookieStore(k.cookies...)
		cookies.MaxAge(int(pendingLife / time.Second)) // of the signature, not only of the cookie
		s.store = cookies
	}
	return s
}

// load returns the bookmark of a session, or nil. A cookie that can not be
// read (a rotated key, tampering, a store that is down) is no bookmark and no
// reason to fail. The request is never changed: Store.New, not Store.Get,
// which puts a registry into the caller's request.
func (s *pendingStore) load(r *http.Request, session string) *pending {
	kept, err := s.store.New(r, s.name)
	if err != nil || kept == nil {
		return nil
	}
	text, _ := kept.Values[pendingField].(string)
	var p pending
	if json.Unmarshal([]byte(text), &p) != nil || p.Session != session || len(p.Sent) > maxPendingSent {
		return nil
	}
	// The bookmark carries its own end, because the age of a cookie is the
	// browser's affair.
	if newest := p.newest(); newest.IsZero() || time.Since(newest) >= pendingLife {
		return nil
	}
	return &p
}

// save sets every attribute each time: the defaults of gorilla/sessions are
// SameSite=None and readable by scripts. Lax and not Strict, since the way to
// a guarded page may begin in a mail.
func (s *pendingStore) save(w http.ResponseWriter, r *http.Request, p *pending) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return s.write(w, r, string(text), int(pendingLife/time.Second))
}

// clear forgets the bookmark. Whether it succeeds changes nothing.
func (s *pendingStore) clear(w http.ResponseWriter, r *http.Request) {
	dropCookie(w, s.name)
	if _, err := r.Cookie(s.name); err == nil {
		_ = s.write(w, r, "", -1)
	}
}

func (s *pendingStore) write(w http.ResponseWriter, r *http.Request, text string, maxAge int) error {
	kept, err := s.store.New(r, s.name)
	if kept == nil || err != nil { // an unreadable one is written over
		kept = sessions.NewSession(s.store, s.name)
	}
	kept.Values[pendingField] = text
	kept.Options = &sessions.Options{
		Path: "/", MaxAge: maxAge, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	dropCookie(w, s.name)
	return s.store.Save(r, w, kept)
}
