package stytchtest

import "time"

const (
	passcodeLife = 2 * time.Minute
	lockAfter    = 10 // failures in a row
	lockLife     = time.Hour
)

// passcode is the one active code of a member. A new one replaces it, so that an
// older code is no different from a wrong one.
type passcode struct {
	digits string
	sent   time.Time
	used   bool
}

// Message is a text message that a member would have received.
type Message struct {
	MemberID    string
	PhoneNumber string
	Code        string
	Locale      string // as in the request; "en" where it named none
	SentAt      time.Time
}

// maxMessages bounds what a long-running emulator remembers.
const maxMessages = 10_000

// text sends m a new code, which ends the one before.
func (s *Server) text(m *member, locale string) {
	before := ""
	if m.passcode != nil {
		before = m.passcode.digits
	}
	m.passcode = &passcode{digits: newDigits(before), sent: s.now()}
	if locale == "" {
		locale = "en"
	}
	if len(s.messages) == maxMessages {
		s.messages = append([]Message(nil), s.messages[maxMessages/2:]...)
	}
	s.messages = append(s.messages, Message{
		MemberID:    m.id,
		PhoneNumber: m.phone.number,
		Code:        m.passcode.digits,
		Locale:      locale,
		SentAt:      m.passcode.sent,
	})
}

// redeem uses up the code of a member who is not locked, if digits is it. Every
// failure counts towards the lock: a wrong code, an expired one and a used one. A
// new code does not reset the count, only success and the end of a lock do.
func (s *Server) redeem(m *member, digits string) *apiError {
	now := s.now()
	if !m.lockExpires.IsZero() { // and over, or m would not have come this far
		m.failures, m.lockCreated, m.lockExpires = 0, time.Time{}, time.Time{}
	}
	code := m.passcode
	switch {
	case code == nil || code.digits != digits:
		m.fail(now)
		return refuse("otp_code_not_found")
	case code.used || !now.Before(code.sent.Add(passcodeLife)):
		m.fail(now)
		return refuse("unable_to_auth_otp_code")
	}
	code.used = true
	m.failures = 0
	return nil
}

// fail counts a failure. The one that fills the count is answered like any other;
// the lock shows from the next attempt on.
func (m *member) fail(now time.Time) {
	m.failures++
	if m.failures >= lockAfter {
		m.lock(now)
	}
}

// lock locks m from now on. A lock under way starts anew.
func (m *member) lock(now time.Time) {
	m.lockCreated, m.lockExpires = now, now.Add(lockLife)
}

// locked reports whether m is locked. The end of a lock is not an event, so
// everybody who asks brings the time.
func (m *member) locked(now time.Time) bool { return now.Before(m.lockExpires) }

// LockMember locks a member for an hour, as ten wrong codes in a row do.
func (s *Server) LockMember(m *Member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mustFind(m).lock(s.now())
}

// LastCode returns the code of the newest text message to m, which need not work
// any more. It is "" when none was sent.
func (s *Server) LastCode(m *Member) string {
	messages := s.Messages(m.ID)
	if len(messages) == 0 {
		return ""
	}
	return messages[len(messages)-1].Code
}

// Messages returns the text messages to a member, newest last. The empty id is
// every member's. The oldest of some thousands are forgotten.
func (s *Server) Messages(memberID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := []Message{}
	for _, message := range s.messages {
		if memberID == "" || message.MemberID == memberID {
			messages = append(messages, message)
		}
	}
	return messages
}
