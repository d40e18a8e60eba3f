// The organizations of a member, and switching to another one while signed in.
// Routed in routes.go.

package main

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/stytch"
)

type organizationsView struct {
	Organizations []choice
	Action        string // where the form goes
	Next          string // where to go afterwards; "" = the server knows
	Problem       string
}

// choice is an organization that the member can go to.
type choice struct {
	ID, Name string
	Current  bool
	Note     string // what it asks for
}

// discover lists the organizations that a member belongs to or is invited to, the
// current one first.
func (a *app) discover(ctx context.Context, req stytch.DiscoverOrganizationsRequest, current string) ([]choice, error) {
	resp, err := a.client.DiscoverOrganizations(ctx, req)
	if err != nil {
		return nil, err
	}
	var choices []choice
	for _, found := range resp.DiscoveredOrganizations {
		if found.Organization == nil || found.Membership == nil || !strings.HasSuffix(found.Membership.Type, "_member") {
			continue
		}
		c := choice{
			ID: found.Organization.OrganizationID, Name: found.Organization.OrganizationName,
			Current: found.Organization.OrganizationID == current,
		}
		switch {
		case found.PrimaryRequired != nil:
			c.Note = "Asks you to sign in to it."
		case found.MFARequired != nil:
			c.Note = "Asks for a second factor."
		}
		choices = append(choices, c)
	}
	slices.SortFunc(choices, func(x, y choice) int {
		switch {
		case x.Current:
			return -1
		case y.Current:
			return 1
		}
		return cmp.Compare(x.Name, y.Name)
	})
	return choices, nil
}

// organizations lists those of the member that is signed in.
func (a *app) organizations(w http.ResponseWriter, r *http.Request) {
	a.showOrganizations(w, r, http.StatusOK, "")
}

func (a *app) showOrganizations(w http.ResponseWriter, r *http.Request, status int, problem string) {
	session, _ := stepup.SessionFromContext(r.Context())
	v := organizationsView{Action: "/organizations", Next: a.guard.ReturnPath(r.FormValue("next")), Problem: problem}
	var err error
	v.Organizations, err = a.discover(r.Context(), stytch.DiscoverOrganizationsRequest{SessionJWT: sessionJWT(r)}, session.OrganizationID())
	if err != nil {
		a.log.Warn("organizations", "error", err)
		status, v.Problem = http.StatusServiceUnavailable, "Your organizations cannot be shown at the moment. Try again soon."
	}
	a.show(w, r, status, "organizations", "Choose your organization", v)
}

// switchOrganization takes the session to another organization, which may ask for
// a second factor, or for another first one.
func (a *app) switchOrganization(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	session, _ := stepup.SessionFromContext(r.Context())
	chosen, next := r.PostFormValue("organization"), a.guard.ReturnPath(r.PostFormValue("next"))
	if chosen == session.OrganizationID() {
		http.Redirect(w, r, next, http.StatusSeeOther)
		return
	}
	resp, err := a.client.ExchangeSession(r.Context(), stytch.ExchangeSessionRequest{
		OrganizationID: chosen, SessionJWT: sessionJWT(r), SessionDurationMinutes: sessionMinutes,
	})
	var refused *stytch.APIError
	switch {
	case err == nil:
		a.finishSignIn(w, r, &resp.PrimaryAuthenticated, next)
	case errors.As(err, &refused) && refused.StatusCode/100 == 4, errors.Is(err, stytch.ErrRequest):
		a.log.Warn("organizations", "error", err)
		a.showOrganizations(w, r, http.StatusUnprocessableEntity, "You cannot switch to this organization.")
	default:
		a.log.Warn("organizations", "error", err)
		a.showOrganizations(w, r, http.StatusServiceUnavailable, "Switching is not possible at the moment. Try again soon.")
	}
}
