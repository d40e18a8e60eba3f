// The table of organizations. AddOrganization and the admin API add to it;
// endpoints find an organization here before they look at its members.

package stytchtest

import (
	"fmt"
	"slices"
	"time"
)

// organizations holds every organization by id. state.mu must be held.
type organizations struct {
	byID   map[string]*organization
	clock  *clock
	ids    idSource
	serial *serial
}

// add fills in the empty fields of o and stores it.
func (t *organizations) add(o Organization) (*organization, *apiError) {
	n := t.serial.next()
	if o.ID == "" {
		o.ID = t.ids.next("organization")
	}
	if o.Name == "" {
		o.Name = fmt.Sprintf("Organization %d", n)
	}
	if o.Slug == "" {
		o.Slug = fmt.Sprintf("organization-%d", n)
	}
	if o.MFAPolicy == "" {
		o.MFAPolicy = "OPTIONAL"
	}
	if t.byID[o.ID] != nil {
		return nil, refuse("duplicate_organization").of("organization_id")
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	for _, other := range t.byID {
		if other.Slug == o.Slug {
			return nil, refuse("organization_slug_already_used").of("organization_slug")
		}
	}
	o.MFAMethods = slices.Clone(o.MFAMethods)
	now := t.clock.now()
	added := &organization{Organization: o, created: now, updated: now}
	t.byID[o.ID] = added
	return added, nil
}

// find takes an id or a slug, as the service does.
func (t *organizations) find(ref string) (*organization, *apiError) {
	if ref == "" {
		return nil, refuse("invalid_organization_id")
	}
	if o := t.byID[ref]; o != nil {
		return o, nil
	}
	for _, o := range t.byID {
		if o.Slug == ref {
			return o, nil
		}
	}
	return nil, refuse("organization_not_found")
}

// findOrAddDefault returns the organization of members for which a test names
// none. The first such member creates it.
func (t *organizations) findOrAddDefault() (*organization, *apiError) {
	if o, err := t.find("default"); err == nil {
		return o, nil
	}
	return t.add(Organization{Name: "Acme", Slug: "default"})
}

// copyTo replaces what to holds by a copy of what t holds.
func (t *organizations) copyTo(to *organizations) {
	to.byID = map[string]*organization{}
	for id, o := range t.byID {
		to.byID[id] = o.copied()
	}
}

func (t *organizations) shift(d time.Duration) {
	for _, o := range t.byID {
		o.shift(d)
	}
}
