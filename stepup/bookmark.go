// Remembers in the browser what was sent and when, for the pages. send.go
// leaves a bookmark, later steps load it, and write.go removes it.

package stepup

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"github.com/rungauth/rung/stepup/contract"
)

// How long a bookmark is of use: the passcode works for two minutes, and after
// that the page can say that it has expired.
const bookmarkLife = 10 * time.Minute

// How long Stytch's one-time passcodes work.
const passcodeLife = 2 * time.Minute

// bookmark says when and where messages were sent, for the page to show. It
// opens nothing: a forged, replayed or lost one costs a click, and wrong
// passcodes are not counted in it. nil = no message is known.
type bookmark struct {
	Session string  `json:"s"` // the session that asked
	Ending  string  `json:"e"` // last digits of the number
	Sent    []int64 `json:"t"` // when, in Unix milliseconds, newest last

	Offered []contract.Method `json:"m,omitempty"` // what the member could prove instead
}

func (b *bookmark) newest() time.Time {
	if b == nil || len(b.Sent) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(b.Sent[len(b.Sent)-1])
}

func (b *bookmark) ending() string {
	if b == nil {
		return ""
	}
	return b.Ending
}

// expires is when the newest passcode stops working.
func (b *bookmark) expires() time.Time { return b.newest().Add(passcodeLife) }

// works reports whether the newest passcode still works.
func (b *bookmark) works() bool { return time.Now().Before(b.expires()) }

// times are when the messages were sent, oldest first.
func (b *bookmark) times() []time.Time {
	if b == nil {
		return nil
	}
	times := make([]time.Time, len(b.Sent))
	for i, at := range b.Sent {
		times[i] = time.UnixMilli(at)
	}
	return times
}

// This many messages are remembered: as many as the cooldown looks back.
const maxBookmarkSent = 10

// with is the bookmark after one more message.
func (b *bookmark) with(session, ending string, at time.Time) *bookmark {
	next := &bookmark{Session: session, Ending: ending}
	if b != nil {
		next.Sent = append(next.Sent, b.Sent...)
	}
	next.Sent = append(next.Sent, at.UnixMilli())
	if extra := len(next.Sent) - maxBookmarkSent; extra > 0 {
		next.Sent = next.Sent[extra:]
	}
	return next
}

// bookmarks stores bookmarks in gorilla sessions, as one JSON text: gob, their
// usual encoding, would need every type registered in an init.
type bookmarks struct {
	store  sessions.Store
	name   string
	secure bool
}

const bookmarkField = "bookmark"

// newBookmarks uses store, or, if that is nil, a cookie made with the keys.
func newBookmarks(store sessions.Store, name string, secure bool, keys [][]byte) *bookmarks {
	s := &bookmarks{store: store, name: name, secure: secure}
	if s.store == nil {
		cookies := sessions.NewCookieStore(keys...)
		cookies.MaxAge(int(bookmarkLife / time.Second)) // of the signature, not only of the cookie
		s.store = cookies
	}
	return s
}

// load returns the bookmark of a subject, or nil. One that cannot be read (a
// rotated key, tampering, a store that is down) counts as none, not as an
// error. The request is never changed: Store.New, not Store.Get, which puts a
// registry into the caller's request.
func (s *bookmarks) load(r *http.Request, who subject) *bookmark {
	kept, err := s.store.New(r, s.name)
	if err != nil || kept == nil {
		return nil
	}
	text, _ := kept.Values[bookmarkField].(string)
	var b bookmark
	if json.Unmarshal([]byte(text), &b) != nil || b.Session != who.anchor || len(b.Offered) > 3 || len(b.Sent) > maxBookmarkSent {
		return nil
	}
	// The bookmark carries its own end, because a browser need not respect the
	// age of a cookie.
	if newest := b.newest(); newest.IsZero() || time.Since(newest) >= bookmarkLife {
		return nil
	}
	return &b
}

// leave puts a bookmark into the response; nil removes the one that is there,
// and never fails.
func (s *bookmarks) leave(w http.ResponseWriter, r *http.Request, b *bookmark) error {
	if b == nil {
		dropCookie(w, s.name)
		if _, err := r.Cookie(s.name); err == nil {
			_ = s.write(w, r, "", -1)
		}
		return nil
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return s.write(w, r, string(text), int(bookmarkLife/time.Second))
}

// write sets every attribute each time: the defaults of gorilla/sessions are
// SameSite=None and readable by scripts. Lax and not Strict, since a member
// may come to a guarded page from a link in an email.
func (s *bookmarks) write(w http.ResponseWriter, r *http.Request, text string, maxAge int) error {
	kept, err := s.store.New(r, s.name)
	if kept == nil || err != nil { // an unreadable one is overwritten
		kept = sessions.NewSession(s.store, s.name)
	}
	kept.Values[bookmarkField] = text
	kept.Options = &sessions.Options{
		Path: "/", MaxAge: maxAge, Secure: s.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	dropCookie(w, s.name)
	return s.store.Save(r, w, kept)
}
