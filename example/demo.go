// The emulated Stytch project of the demo and its members. Opened by
// project.go; phone.go shows what its members get.

package main

import (
	"github.com/rungauth/rung/stepup/stytchtest"
)

// demoPassword is everybody's password.
const demoPassword = "ledger-line-demo"

// demo is the emulated Stytch project and the people in it.
type demo struct {
	emulator *stytchtest.Server
	people   []person
	members  []*stytchtest.Member // of all organizations
	names    map[string]string    // of organizations, by id
}

// person is a member that the visitor can sign in as with one click.
type person struct {
	Name, Role   string
	Lesson       string // what signing in as this person shows
	Email        string
	Organization string // slug
}

// openDemo starts the emulator on a loopback port. It is a separate server, like
// Stytch: the app reaches it only by the settings that a real project has.
func openDemo() (*demo, error) {
	emulator := stytchtest.NewUnstartedServer()
	if err := emulator.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	d := &demo{emulator: emulator, names: map[string]string{}}
	northwind := d.organization(stytchtest.Organization{Name: "Northwind Trading", Slug: "northwind"})
	harbor := d.organization(stytchtest.Organization{Name: "Harbor Mutual", Slug: "harbor", MFAPolicy: "REQUIRED_FOR_ALL"})

	ada := person{
		Name: "Ada Moreno", Role: "Treasurer", Email: "ada@northwind.example",
		Lesson: "A password is enough. Opening the payouts sends her a code.",
	}
	d.add(northwind, ada, stytchtest.WithPhone("+12025550142"))
	d.add(northwind, person{
		Name: "Ben Okafor", Role: "Controller", Email: "ben@northwind.example",
		Lesson: "Signing in sends him a code. The payouts then ask for no other.",
	}, stytchtest.WithPhone("+12025550167"), stytchtest.WithMFAEnrolled())
	d.add(northwind, person{
		Name: "Dev Patel", Role: "Auditor", Email: "dev@northwind.example",
		Lesson: "Signs in with an authenticator app, or with one of his recovery codes.",
	}, stytchtest.WithoutPhone(), stytchtest.WithTOTP(), stytchtest.WithMFAEnrolled())
	d.add(northwind, person{
		Name: "Chiara Lindt", Role: "Analyst", Email: "chiara@northwind.example",
		Lesson: "Has no second factor. The payouts let her add one, while her sign-in is fresh.",
	}, stytchtest.WithoutPhone())
	d.add(harbor, person{
		Name: "Esi Owusu", Role: "New at Harbor Mutual", Email: "esi@harbor.example",
		Lesson: "Her organization requires two factors. She adds the second while she signs in.",
	}, stytchtest.WithoutPhone())
	// Ada belongs to both organizations, so she can switch.
	d.join(harbor, ada, stytchtest.WithPhone("+12025550142"))
	return d, nil
}

func (d *demo) organization(o stytchtest.Organization) *stytchtest.Organization {
	added := d.emulator.AddOrganization(o)
	d.names[added.ID] = added.Name
	return added
}

// add makes p a member that the sign-in page shows.
func (d *demo) add(o *stytchtest.Organization, p person, options ...stytchtest.MemberOption) {
	p.Organization = o.Slug
	d.people = append(d.people, p)
	d.join(o, p, options...)
}

// join makes p a member.
func (d *demo) join(o *stytchtest.Organization, p person, options ...stytchtest.MemberOption) {
	d.members = append(d.members, d.emulator.AddMember(append(options,
		stytchtest.InOrganization(o), stytchtest.WithName(p.Name),
		stytchtest.WithEmail(p.Email), stytchtest.WithPassword(demoPassword))...))
}

// find returns the member with the id; nil = there is none.
func (d *demo) find(id string) *stytchtest.Member {
	for _, m := range d.members {
		if m.ID == id {
			return m
		}
	}
	return nil
}
