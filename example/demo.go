// The emulated Stytch project of the demo and its members. Opened by
// project.go, used to sign in.

package main

import (
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// demo is the emulated Stytch project and the people in it.
type demo struct {
	emulator *stytchtest.Server
	people   []person
}

// person is a member that the visitor can sign in as.
type person struct {
	ID, Name, Role string
	Lesson         string // what signing in as this person shows

	member *stytchtest.Member
	proofs []stytchtest.SignInOption // factors of a new session besides the magic link
}

// openDemo starts the emulator on a loopback port. It is a separate server, like
// Stytch: the app reaches it only by the three settings that a real project has.
func openDemo() (*demo, error) {
	emulator := stytchtest.NewUnstartedServer()
	if err := emulator.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	northwind := emulator.AddOrganization(stytchtest.Organization{Name: "Northwind Trading", Slug: "northwind"})
	d := &demo{emulator: emulator}
	add := func(p person, options ...stytchtest.MemberOption) {
		p.member = emulator.AddMember(append(options, stytchtest.InOrganization(northwind), stytchtest.WithName(p.Name))...)
		p.ID = p.member.ID
		d.people = append(d.people, p)
	}
	add(person{
		Name: "Ada Moreno", Role: "Treasurer",
		Lesson: "Has a phone. Opening the payouts sends it a code.",
	}, stytchtest.WithEmail("ada@northwind.example"), stytchtest.WithPhone("+12025550142"))
	add(person{
		Name: "Ben Okafor", Role: "Controller",
		Lesson: "Gave a code 8 minutes ago. The payouts are open to him for 2 more.",
		proofs: []stytchtest.SignInOption{stytchtest.WithFactor("otp", "sms", 8*time.Minute)},
	}, stytchtest.WithEmail("ben@northwind.example"), stytchtest.WithPhone("+12025550167"))
	add(person{
		Name: "Chiara Lindt", Role: "Analyst",
		Lesson: "Has no phone on file, so there is nothing to send a code to.",
	}, stytchtest.WithEmail("chiara@northwind.example"), stytchtest.WithoutPhone())
	return d, nil
}

// find returns the person with the member id.
func (d *demo) find(id string) (person, bool) {
	for _, p := range d.people {
		if p.ID == id {
			return p, true
		}
	}
	return person{}, false
}

// signIn starts a session, as the last step of a login would.
func (d *demo) signIn(p person) *stytchtest.Session {
	return d.emulator.SignIn(p.member, p.proofs...)
}
