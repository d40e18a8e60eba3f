package stytchtest

import "strings"

const digits = "0123456789"

// phone is the MFA phone number of a member.
type phone struct {
	id       string
	number   string
	verified bool
}

// SetPhone replaces the phone number of a member, as an administrator might
// behind the back of the app. The empty number removes it. A code that is on
// its way stops working. It panics on a number that the service would refuse.
func (s *Server) SetPhone(m *Member, number string, verified bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.mustFind(m)
	if number == "" {
		s.unlinkPhone(held)
		return
	}
	if err := s.checkNumber(held, number); err != nil {
		panic("stytchtest: SetPhone: " + err.message)
	}
	s.linkPhone(held, number)
	held.phone.verified = verified
}

// linkPhone gives m a number that it has yet to prove. Its id is new even if the
// number was linked before, so that factors of the old one stay apart.
func (s *Server) linkPhone(m *member, number string) {
	m.phone = phone{id: s.id("phone-number"), number: number}
	m.passcode = nil
	m.updated = s.now()
}

// unlinkPhone leaves the enrolment as it is, and the sessions in which the number
// was proved: the service revokes none.
func (s *Server) unlinkPhone(m *member) {
	m.phone = phone{}
	m.passcode = nil
	if m.defaultMFA == "sms_otp" {
		m.defaultMFA = ""
	}
	m.updated = s.now()
}

// checkNumber reports whether m may have number. A number counts as taken even
// while the other member has not verified it.
func (s *Server) checkNumber(m *member, number string) *apiError {
	if !validNumber(number) {
		return refuse("invalid_phone_number")
	}
	for _, other := range s.members {
		if other != m && other.organization == m.organization && other.phone.number == number {
			return refuse("duplicate_member_phone_number")
		}
	}
	return nil
}

// validNumber reports whether number is in E.164 form: a plus and up to fifteen
// digits, the first of which is not zero.
func validNumber(number string) bool {
	rest, ok := strings.CutPrefix(number, "+")
	return ok && len(rest) >= 7 && len(rest) <= 15 && rest[0] != '0' && strings.Trim(rest, digits) == ""
}
