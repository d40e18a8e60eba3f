// The text messages that members would have received. The send endpoint adds
// them; tests, the admin API and the phone page read them.

package stytchtest

import (
	"slices"
	"time"
)

// A Message is a text message that a member would have received.
type Message struct {
	MemberID    string
	PhoneNumber string
	Code        string
	Locale      string // as in the request; "en" if the request named none
	SentAt      time.Time
}

// maxMessages bounds the memory of a long-running emulator.
const maxMessages = 10_000

// messages holds every message sent, newest last. state.mu must be held.
type messages struct {
	sent []Message
}

// add drops the older half when the list is full, which is cheaper than dropping
// one message each time.
func (l *messages) add(m Message) {
	if len(l.sent) == maxMessages {
		l.sent = slices.Clone(l.sent[maxMessages/2:])
	}
	l.sent = append(l.sent, m)
}

// list copies the messages to one member, or all of them if memberID is empty.
func (l *messages) list(memberID string) []Message {
	found := []Message{}
	for _, message := range l.sent {
		if memberID == "" || message.MemberID == memberID {
			found = append(found, message)
		}
	}
	return found
}

func (l *messages) copyTo(to *messages) { to.sent = slices.Clone(l.sent) }

func (l *messages) shift(d time.Duration) {
	for i := range l.sent {
		l.sent[i].SentAt = l.sent[i].SentAt.Add(d)
	}
}
