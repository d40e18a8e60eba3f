// The controls of organizations and members. Tests call them to change members
// behind the app's back and to read text messages and emails.

package stytchtest

// AddOrganization adds an organization and returns a snapshot of it. It panics if
// a field is not valid, or if the id or slug is taken. A test that needs only one
// organization does not have to call it: [Server.AddMember] makes one.
func (s *Server) AddOrganization(o Organization) *Organization {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	added, err := s.state.organizations.add(o)
	if err != nil {
		panic("stytchtest: AddOrganization: " + err.message)
	}
	snapshot := added.Organization
	return &snapshot
}

// AddMember adds a member and returns a snapshot of it. Unless the options say
// otherwise the member is active, belongs to the default organization and has a
// verified phone number of its own. AddMember panics on values that the service
// would refuse, such as a number that another member has.
func (s *Server) AddMember(opts ...MemberOption) *Member {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	m, err := s.state.members.add(append([]MemberOption{withUniquePhone()}, opts...)...)
	if err != nil {
		panic("stytchtest: AddMember: " + err.message)
	}
	return m.snapshot(s.state.clock.now())
}

// Member returns a new snapshot of a member, or nil if no member has this id.
func (s *Server) Member(id string) *Member {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if m := s.state.members.byID[id]; m != nil {
		return m.snapshot(s.state.clock.now())
	}
	return nil
}

// DeleteMember removes a member from its organization and ends its sessions. It
// panics if m is not a member of this server.
func (s *Server) DeleteMember(m *Member) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.state.deleteMember(s.mustFind(m))
}

// SetPhone replaces the phone number of a member, as an administrator might
// without the app noticing. An empty number removes it. A code on its way stops
// working. SetPhone panics on a number that the service would refuse, and if m is
// not a member of this server.
func (s *Server) SetPhone(m *Member, number string, verified bool) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	if err := s.state.members.setPhone(s.mustFind(m), number, verified); err != nil {
		panic("stytchtest: SetPhone: " + err.message)
	}
}

// LockMember locks a member for an hour, as ten wrong codes in a row do. It panics
// if m is not a member of this server.
func (s *Server) LockMember(m *Member) {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	s.mustFind(m).lock.start(s.state.clock.now())
}

// Messages returns the text messages to a member, newest last, or those to all
// members if memberID is empty. At least the newest 5,000 to all members are kept;
// older ones are forgotten.
func (s *Server) Messages(memberID string) []Message {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.messages.list(memberID)
}

// LastCode returns the code of the newest text message to m, or "" if there was
// none. The code may no longer work.
func (s *Server) LastCode(m *Member) string {
	messages := s.Messages(m.ID)
	if len(messages) == 0 {
		return ""
	}
	return messages[len(messages)-1].Code
}

// Mails returns the emails with magic links to a member, newest last, or those to all
// members if memberID is empty. At least the newest 5,000 to all members are kept.
func (s *Server) Mails(memberID string) []Mail {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	return s.state.magicLinks.list(memberID)
}

// mustFind panics if m is unknown: a member of another server is a mistake in the
// test. state.mu must be held.
func (s *Server) mustFind(m *Member) *member {
	held := s.state.members.byID[m.ID]
	if held == nil {
		panic("stytchtest: the member is not one of this server")
	}
	return held
}
