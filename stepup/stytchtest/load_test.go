package stytchtest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

const fullDocument = `{
	"project_id": "project-live-acme",
	"secret": "secret-live-acme",
	"base_url_issuer": true,
	"session_tokens": "none",
	"factor_to_send": true,
	"organizations": [
		{
			"organization_id": "organization-acme", "organization_name": "Acme", "organization_slug": "acme",
			"mfa_policy": "REQUIRED_FOR_ALL", "allowed_mfa_methods": ["totp"],
			"members": [
				{
					"member_id": "member-ada", "email_address": "ada@example.com", "name": "Ada",
					"mfa_phone_number": "+14155550100", "password": "correct horse battery staple",
					"totp_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "roles": ["stytch_admin"]
				},
				{"member_id": "member-bob", "mfa_phone_number": "+14155550101", "mfa_phone_number_verified": false, "mfa_enrolled": true, "status": "invited"},
				{"totp": true}
			]
		},
		{"organization_slug": "globex", "members": []},
		{}
	]
}`

func TestLoad(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	if err := srv.Load([]byte(fullDocument)); err != nil {
		t.Fatal(err)
	}
	if srv.ProjectID != "project-live-acme" || srv.Secret != "secret-live-acme" || !srv.BaseURLIssuer ||
		srv.SessionTokens != stytchtest.NoSessionToken || !srv.FactorToSend {
		t.Errorf("got the fields %+v", srv)
	}
	ada, bob := srv.Member("member-ada"), srv.Member("member-bob")
	if ada == nil || bob == nil {
		t.Fatal("a member is missing")
	}
	if ada.OrganizationID != "organization-acme" || ada.EmailAddress != "ada@example.com" || ada.Name != "Ada" || ada.Status != "active" ||
		ada.PhoneNumber != "+14155550100" || !ada.PhoneVerified || ada.MFAEnrolled || ada.TOTPRegistrationID == "" {
		t.Errorf("Ada is %+v", ada)
	}
	if bob.PhoneNumber != "+14155550101" || bob.PhoneVerified || !bob.MFAEnrolled || bob.Status != "invited" || bob.TOTPRegistrationID != "" {
		t.Errorf("Bob is %+v", bob)
	}
	f := &fixture{t: t, srv: srv, member: ada, session: &stytchtest.Session{}}
	waiting := f.mustLogIn()
	if waiting["member_authenticated"] != false || waiting["organization"].(object)["mfa_methods"] != "RESTRICTED" {
		t.Errorf("the policy does not hold: %v", waiting)
	}
	if admin := waiting["member"].(object)["is_admin"]; admin != true {
		t.Error("Ada has not the role")
	}
	status, answer := f.post(totpAuthenticatePath, f.with("session_jwt", nil, intermediateSession, waiting[intermediateSession], "code", srv.TOTPCode(ada)))
	if status != 200 {
		t.Errorf("the code of the app: got %d %v", status, answer["error_type"])
	}
}

// The secret is that of the test vectors of RFC 6238, appendix B.
func TestMembersWithAGivenIDAndSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Unix(2_000_000_000, 0)))
		srv := stytchtest.NewUnstartedServer()
		member := srv.AddMember(stytchtest.WithID("ada|1"), stytchtest.WithTOTPSecret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"))
		if got := srv.TOTPCode(member); got != "279037" || member.ID != "ada|1" {
			t.Errorf("the app of %s shows %s, want 279037", member.ID, got)
		}
		for name, add := range map[string]func(){
			"WithTOTPSecret: ": func() { srv.AddMember(stytchtest.WithTOTPSecret("018")) },
			"AddMember: ":      func() { srv.AddMember(stytchtest.WithID("ada|1")) },
		} {
			func() {
				defer func() {
					if text, _ := recover().(string); !strings.HasPrefix(text, "stytchtest: "+name) {
						t.Errorf("got the panic %q, want one of %s", text, name)
					}
				}()
				add()
			}()
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	member := func(fields string) string { return `{"organizations": [{}, {"members": [{}, {` + fields + `}]}]}` }
	organization := func(fields string) string {
		return `{"organizations": [{"organization_slug": "taken"}, {` + fields + `}]}`
	}
	const where = "organizations[1].members[1]."
	tests := []struct{ name, document, want string }{
		{"nothing", ``, "line 1: "},
		{"a list", `[]`, "line 1: "},
		{"an object that breaks off", "{\n\"organizations\": [\n{\n", "line 4: "},
		{"a comma too many", "{\n\"organizations\": [],\n}", "line 3: "},
		{"a second object", "{}\n{}", "line 2: "},
		{"text that is not UTF-8", "{\"secret\": \"\xff\"}", "line 1: "},
		{"an unknown field", `{"organization": []}`, "organization: "},
		{"a field in another case", `{"Secret": "x"}`, "Secret: "},
		{"a repeated field", `{"secret": "a", "secret": "b"}`, "secret: "},
		{"a field of another type", `{"secret": 1}`, "secret: "},
		{"organizations that are no list", `{"organizations": {}}`, "organizations: "},
		{"an organization that is no object", `{"organizations": [{}, 3]}`, "organizations[1]: "},
		{"a project id with a colon", `{"project_id": "a:b"}`, "project_id: "},
		{"unknown session tokens", `{"session_tokens": "rotated"}`, "session_tokens: "},

		{"an unknown field of an organization", organization(`"slug": "x"`), "organizations[1].slug: "},
		{"a slug with a slash", organization(`"organization_slug": "a/b"`), "organizations[1].organization_slug: "},
		{"a slug that is taken", organization(`"organization_slug": "taken"`), "organizations[1].organization_slug: "},
		{"a name of 129 bytes", organization(`"organization_name": "` + strings.Repeat("x", 129) + `"`), "organizations[1].organization_name: "},
		{"an unknown policy", organization(`"mfa_policy": "SOMETIMES"`), "organizations[1].mfa_policy: "},
		{"an unknown method", organization(`"allowed_mfa_methods": ["email"]`), "organizations[1].allowed_mfa_methods: "},
		{"a repeated id", `{"organizations": [{"organization_id": "o"}, {"organization_id": "o"}]}`, "organizations[1].organization_id: "},

		{"an unknown field of a member", member(`"phone": "+14155550100"`), where + "phone: "},
		{"the organization of a member", member(`"organization_id": "x"`), where + "organization_id: "},
		{"a number that is not E.164", member(`"mfa_phone_number": "0415"`), where + "mfa_phone_number: "},
		{"an address without an @", member(`"email_address": "ada"`), where + "email_address: "},
		{"an unknown status", member(`"status": "gone"`), where + "status: "},
		{"a secret that is not base32", member(`"totp_secret": "018"`), where + "totp_secret: "},
		{"an id with a space", member(`"member_id": "a b"`), where + "member_id: "},
		{"roles that are no list", member(`"roles": "admin"`), where + "roles: "},
		{"a number that another member has", `{"organizations": [{"members": [{"mfa_phone_number": "+14155550100"}, {"mfa_phone_number": "+14155550100"}]}]}`,
			"organizations[0].members[1].mfa_phone_number: "},
		{"an address that another member has", `{"organizations": [{"members": [{"email_address": "a@b"}, {"email_address": "A@b"}]}]}`,
			"organizations[0].members[1].email_address: "},
		{"an id that a member of another organization has", `{"organizations": [{"members": [{"member_id": "m"}]}, {"members": [{"member_id": "m"}]}]}`,
			"organizations[1].members[0].member_id: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv := stytchtest.NewUnstartedServer()
			srv.AddMember(stytchtest.WithName("Before"))
			_, before := page(t, srv, "/_emulator/")
			err := srv.Load([]byte(tt.document))
			if err == nil {
				t.Fatal("the document was accepted")
			}
			place, ok := strings.CutPrefix(err.Error(), "stytchtest: Load: "+tt.want)
			if !ok || place == "" {
				t.Errorf("got %q, want the place %q", err, tt.want)
			}
			if _, after := page(t, srv, "/_emulator/"); after != before {
				t.Error("the document changed something")
			}
		})
	}
}

// An error names fields and quotes no values.
func TestLoadQuotesNoValues(t *testing.T) {
	for _, document := range []string{
		`{"secret": ["hunter2"]}`, `{"project_id": "hunter2:"}`, `{"session_tokens": "hunter2"}`,
		`{"organizations": ["hunter2"]}`, `{"organizations": [{"organization_slug": "hunter2/"}]}`,
		`{"organizations": [{"members": [{"mfa_phone_number": "hunter2"}]}]}`,
		`{"organizations": [{"members": [{"totp_secret": "hunter2"}]}]}`,
		`{"organizations": [{"members": [{"status": "hunter2"}]}]}`,
		`{"organizations": [{"members": [{"password": ["hunter2"]}]}]}`,
		`{"secret": "hunter2", hunter2}`,
	} {
		err := stytchtest.NewUnstartedServer().Load([]byte(document))
		if err == nil {
			t.Errorf("%s was accepted", document)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	}
}

// A document that loads is valid JSON, its members can be found by the ids in it, and
// Reset leads to the same. One that does not load changes nothing.
func FuzzLoad(f *testing.F) {
	f.Add(fullDocument)
	f.Add(`{"organizations": [{"members": [{"member_id": "a"}, {"member_id": "b"}]}]}`)
	f.Add(`{"organizations": [{"members": [{"member_id": "a"}]}, {"members": [{"member_id": "a"}]}]}`)
	f.Add(`{"organizations": null}`)
	f.Add(`{"organizations": [null]}`)
	f.Add(`{}{}`)
	f.Add(``)
	f.Fuzz(func(t *testing.T, text string) {
		srv := stytchtest.NewUnstartedServer()
		project, secret := srv.ProjectID, srv.Secret
		if err := srv.Load([]byte(text)); err != nil {
			if !strings.HasPrefix(err.Error(), "stytchtest: Load: ") || srv.ProjectID != project || srv.Secret != secret {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		var doc struct {
			Organizations []struct {
				Members []struct {
					ID string `json:"member_id"`
				} `json:"members"`
			} `json:"organizations"`
		}
		if err := json.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatalf("%q was accepted: %v", text, err)
		}
		for range 2 {
			for _, o := range doc.Organizations {
				for _, m := range o.Members {
					if m.ID != "" && srv.Member(m.ID) == nil {
						t.Errorf("%q: there is no member %q", text, m.ID)
					}
				}
			}
			srv.Reset()
		}
	})
}
