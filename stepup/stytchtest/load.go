// The document that a server begins with. Tests and the command call Load before they
// listen.

package stytchtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// document is what Load reads.
type document struct {
	ProjectID string `json:"project_id"` // "" = as before
	Secret    string `json:"secret"`     // "" = as before
	settingFields
	Organizations []json.RawMessage `json:"organizations"`
}

// documentOrganization is an organization with its members.
type documentOrganization struct {
	organizationFields
	Members []json.RawMessage `json:"members"`
}

// Load gives the server what a JSON document says that it begins with, and what
// [Server.Reset] goes back to: organizations with members, all with ids of their own if
// wanted, and the fields of s.
//
//	{
//	  "project_id": "project-test-acme",
//	  "secret": "secret-test-acme",
//	  "organizations": [{
//	    "organization_id": "organization-test-acme",
//	    "organization_slug": "acme",
//	    "mfa_policy": "REQUIRED_FOR_ALL",
//	    "members": [{
//	      "member_id": "member-test-ada",
//	      "email_address": "ada@example.com",
//	      "mfa_phone_number": "+14155550100",
//	      "password": "correct horse battery staple",
//	      "totp_secret": "JBSWY3DPEHPK3PXP"
//	    }]
//	  }]
//	}
//
// Every field may be omitted. An organization and a member have the fields that the admin
// API takes for them; besides project_id and secret there are the fields that it takes for
// settings. A member has no phone number unless the document says so, and one that it has
// is verified.
//
// Load returns an error that names the field, and changes nothing, if the document has a
// field that is not known or is repeated, or a value that the service would refuse. Like
// the fields, Load is for the time before the first call.
func (s *Server) Load(text []byte) error {
	var doc document
	if err := decodeObject(text, &doc); err != nil {
		if err.field == "" {
			return fmt.Errorf("stytchtest: Load: line %d: the document is not one JSON object", lineOfError(text))
		}
		return loadError("", err)
	}
	changed, err := doc.override()
	if err != nil {
		return loadError("", err)
	}
	if strings.Contains(doc.ProjectID, ":") { // RFC 7617, section 2
		return errors.New("stytchtest: Load: project_id: a colon cannot be sent as Basic credentials")
	}
	before := s.snapshots.take()
	if err := s.loadOrganizations(doc.Organizations); err != nil {
		s.snapshots.put(before)
		return err
	}
	if doc.ProjectID != "" {
		s.ProjectID = doc.ProjectID
	}
	if doc.Secret != "" {
		s.Secret = doc.Secret
	}
	set(&s.BaseURLIssuer, changed.baseURLIssuer)
	set(&s.SessionTokens, changed.sessionTokens)
	set(&s.FactorToSend, changed.factorToSend)
	s.snapshots.begin()
	return nil
}

// loadOrganizations adds organizations with their members.
func (s *Server) loadOrganizations(texts []json.RawMessage) error {
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for i, text := range texts {
		path := fmt.Sprintf("organizations[%d]", i)
		var fields documentOrganization
		if err := decodeObject(text, &fields); err != nil {
			return loadError(path, err)
		}
		o, err := s.state.organizations.add(fields.organization())
		if err != nil {
			return loadError(path, err)
		}
		for j, text := range fields.Members {
			path := fmt.Sprintf("%s.members[%d]", path, j)
			var fields memberFields
			if err := decodeObject(text, &fields); err != nil {
				return loadError(path, err)
			}
			if _, err := fields.addTo(&s.state.members, o); err != nil {
				return loadError(path, err)
			}
		}
	}
	return nil
}

// loadError says where in the document the error is.
func loadError(path string, err *apiError) error {
	if err.field != "" {
		path = strings.TrimPrefix(path+"."+err.field, ".")
	}
	reason := strings.TrimSuffix(err.message, ".")
	return fmt.Errorf("stytchtest: Load: %s: %s", path, strings.ToLower(reason[:1])+reason[1:])
}

// lineOfError returns the line where a document stops being JSON, or the first one of a
// document that is JSON of another kind.
func lineOfError(text []byte) int {
	var broken *json.SyntaxError
	if errors.As(json.Unmarshal(text, new(any)), &broken) {
		return 1 + bytes.Count(text[:min(broken.Offset, int64(len(text)))], []byte("\n"))
	}
	return 1
}
