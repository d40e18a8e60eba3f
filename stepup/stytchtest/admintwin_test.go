package stytchtest_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// A twin is a line of the table in the README.
type twin struct {
	method, path string
	controls     []string // methods and fields of Server
	fields       []string // of the body or query
}

func twins(t *testing.T) []twin {
	t.Helper()
	var found []twin
	for _, line := range regexp.MustCompile(`(?m)^\| `+"`"+`(GET|POST) (\S+)`+"`"+` \| (.+) \| ?(.*)\|$`).FindAllStringSubmatch(readme(t), -1) {
		found = append(found, twin{line[1], line[2], strings.Fields(line[3]), strings.Fields(line[4])})
	}
	return found
}

// Programs in other languages can do all that Go tests can, except for what has no
// meaning to them.
func TestEveryControlHasAnAdminTwin(t *testing.T) {
	documented := map[string]bool{}
	for _, row := range twins(t) {
		for _, name := range row.controls {
			documented[name] = true
		}
	}
	controls := map[string]bool{}
	server := reflect.TypeFor[*stytchtest.Server]()
	for method := range server.Methods() {
		controls[method.Name] = true
	}
	for i := range server.Elem().NumField() {
		if field := server.Elem().Field(i); field.IsExported() {
			controls[field.Name] = true
		}
	}
	for _, name := range []string{"Client", "Close", "Handler", "Listen", "Load", "ProjectID", "Secret", "URL"} {
		if !controls[name] {
			t.Errorf("there is no %s", name)
		}
		delete(controls, name)
	}
	for name := range controls {
		if !documented[name] {
			t.Errorf("%s has no twin in the table of the README", name)
		}
	}
	for name := range documented {
		if !controls[name] {
			t.Errorf("the table of the README has %s, which Server has not", name)
		}
	}
}

// What Go tests say by options and in structs has a field in the admin API too.
func TestEveryOptionHasAFieldOfTheAdminAPI(t *testing.T) {
	fields := map[string]string{
		"Organization.ID": "organizations organization_id", "Organization.Name": "organizations organization_name",
		"Organization.Slug": "organizations organization_slug", "Organization.MFAPolicy": "organizations mfa_policy",
		"Organization.MFAMethods": "organizations allowed_mfa_methods",

		"InOrganization": "members organization_id", "WithEmail": "members email_address", "WithID": "members member_id",
		"WithMFAEnrolled": "members mfa_enrolled", "WithName": "members name", "WithPassword": "members password",
		"WithPhone": "members mfa_phone_number", "WithoutPhone": "members mfa_phone_number",
		"WithUnverifiedPhone": "members mfa_phone_number_verified", "WithRoles": "members roles", "WithStatus": "members status",
		"WithTOTP": "members totp", "WithTOTPSecret": "members totp_secret",

		"WithCustomClaims": "sessions session_custom_claims", "WithDuration": "sessions session_duration_minutes",
		"WithFactor": "sessions factors", "WithImpersonation": "sessions impersonated", "WithJWTAge": "sessions jwt_age_seconds",
		"CodeSent": "logins code_sent",

		"Fault.Path": "faults path", "Fault.Times": "faults times", "Fault.Delay": "faults delay_ms",
		"Fault.AfterEffect": "faults after_effect", "Fault.HangUp": "faults hang_up", "Fault.Status": "faults status",
		"Fault.ErrorType": "faults error_type", "Fault.Body": "faults body", "Fault.Header": "faults header",
		"Fault.Tamper": "faults tamper",
	}
	table := map[string]bool{}
	for _, row := range twins(t) {
		for _, field := range row.fields {
			table[row.method+" "+row.path+" "+field] = true
		}
	}
	options := exportedOptions(t)
	for _, described := range []reflect.Type{reflect.TypeFor[stytchtest.Organization](), reflect.TypeFor[stytchtest.Fault]()} {
		for i := range described.NumField() {
			options = append(options, described.Name()+"."+described.Field(i).Name)
		}
	}
	for _, name := range options {
		if name == "Fault.Unreachable" {
			continue // no server on a network can be
		}
		if field := fields[name]; !table["POST "+field] {
			t.Errorf("%s has no field in the table of the README: %q", name, field)
		}
		delete(fields, name)
	}
	for name := range fields {
		t.Errorf("there is no %s", name)
	}
}

// exportedOptions lists the functions of the package that return an option.
func exportedOptions(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range regexp.MustCompile(`(?m)^func ([A-Z]\w*)\(.*\) (?:Member|SignIn|Login)Option \{`).FindAllStringSubmatch(string(text), -1) {
			found = append(found, f[1])
		}
	}
	if len(found) < 15 {
		t.Fatalf("found only the options %v", found)
	}
	return found
}

// The table has all routes, and each route knows the fields that the table has.
func TestTheTableOfTheAdminAPIIsRight(t *testing.T) {
	source, err := os.ReadFile("adminroutes.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes, rows []string
	for _, route := range regexp.MustCompile(`"((?:GET|POST) /_emulator/[a-z_/]+)": +ad\.`).FindAllStringSubmatch(string(source), -1) {
		routes = append(routes, route[1])
	}
	srv := stytchtest.NewUnstartedServer()
	for _, row := range twins(t) {
		rows = append(rows, row.method+" /_emulator/"+row.path)
		for _, field := range append(row.fields, "no_such_field") {
			path, body := row.path, any(object{field: nil})
			if row.method == "GET" {
				path, body = row.path+"?"+field+"=x", nil
			}
			if row.path == "calls" && row.method == "GET" {
				continue // reads no query
			}
			_, answer := admin(t, srv, row.method, path, body)
			text, _ := answer["error_message"].(string)
			unknown := answer["error_type"] == "bad_request" && strings.Contains(text, "no_such_field")
			misses := answer["error_type"] == "bad_request" && strings.Contains(text, `"`+field+`"`)
			if field == "no_such_field" && !unknown || field != "no_such_field" && misses {
				t.Errorf("%s %s with the field %s: %v %s", row.method, row.path, field, answer["error_type"], text)
			}
		}
	}
	slices.Sort(routes)
	slices.Sort(rows)
	if !slices.Equal(routes, rows) {
		t.Errorf("the routes are\n%s\nthe table has\n%s", strings.Join(routes, "\n"), strings.Join(rows, "\n"))
	}
}

func TestTheControlsThroughTheAdminAPI(t *testing.T) {
	srv, f, signedIn := adminFixture(t, object{"mfa_phone_number": "+14155550180", "roles": []string{"stytch_admin"}},
		object{"session_custom_claims": object{"plan": "pro"}})
	who := object{"member_id": f.member.ID}
	if claims := signedIn["member_session"].(object)["custom_claims"].(object); claims["plan"] != "pro" {
		t.Errorf("custom claims: got %v", claims)
	}
	member := mustAdmin(t, srv, "GET", "members?member_id="+f.member.ID, nil)
	if member["is_admin"] != true || len(member["roles"].([]any)) != 1 {
		t.Errorf("roles: got %v", member["roles"])
	}

	old := mustAdmin(t, srv, "POST", "sessions/jwt", object{"member_session_id": f.session.ID, "age_seconds": 3600})
	if iat := claimsOf(t, old["session_jwt"].(string))["iat"].(float64); iat > claimsOf(t, f.session.JWT)["iat"].(float64)-3590 {
		t.Error("the JWT is not an hour old")
	}

	mustAdmin(t, srv, "POST", "settings", object{"session_tokens": "new", "base_url_issuer": true})
	answer := f.refresh()
	if answer["session_token"] == f.session.Token || claimsOf(t, answer["session_jwt"].(string))["iss"] != srv.URL {
		t.Errorf("the settings do not show: %v", claimsOf(t, answer["session_jwt"].(string))["iss"])
	}
	mustAdmin(t, srv, "POST", "settings", object{"session_tokens": "none", "factor_to_send": true})
	if answer := f.refresh(); answer["session_token"] != "" || claimsOf(t, answer["session_jwt"].(string))["iss"] != srv.URL {
		t.Errorf("got the token %q", answer["session_token"])
	}
	status, answer := f.post(sendPath, f.with())
	checkRefusal(t, status, answer, 400, "session_enforced_factor_matching_session_required")
	mustAdmin(t, srv, "POST", "settings", object{"factor_to_send": false, "session_tokens": "same"})
	f.send()

	mustAdmin(t, srv, "POST", "members/phone", object{"member_id": f.member.ID, "mfa_phone_number": "+14155550181", "mfa_phone_number_verified": true})
	if got := srv.Member(f.member.ID); got.PhoneNumber != "+14155550181" || !got.PhoneVerified {
		t.Errorf("the phone is %+v", got)
	}
	if got := mustAdmin(t, srv, "POST", "members/phone", who); got["mfa_phone_number"] != "" {
		t.Errorf("without a number: got %v", got["mfa_phone_number"])
	}
	if got := mustAdmin(t, srv, "POST", "members/lock", who); got["is_locked"] != true {
		t.Error("the member is not locked")
	}

	mustAdmin(t, srv, "POST", "faults", object{"path": sendPath, "status": 500, "times": 9})
	mustAdmin(t, srv, "POST", "faults/clear", object{})
	status, answer = f.post(sendPath, f.with())
	checkRefusal(t, status, answer, 429, "user_lock_limit_reached")
	mustAdmin(t, srv, "POST", "calls/reset", object{})
	if n := len(srv.Calls()); n != 0 {
		t.Errorf("after the reset the log has %d calls", n)
	}

	mustAdmin(t, srv, "POST", "clock/skew", object{"skew_seconds": 7200})
	if iat := claimsOf(t, f.refresh()["session_jwt"].(string))["iat"].(float64); iat < claimsOf(t, f.session.JWT)["iat"].(float64)+7190 {
		t.Error("the clock is not ahead")
	}
	mustAdmin(t, srv, "POST", "clock/skew", object{"skew_seconds": 0})

	mustAdmin(t, srv, "POST", "sessions/revoke", object{"member_session_id": f.session.ID})
	status, answer = f.post(sessionPath, object{"session_jwt": f.session.JWT})
	checkRefusal(t, status, answer, 404, "session_not_found")
	if got := mustAdmin(t, srv, "POST", "members/delete", who); got["status"] != "deleted" {
		t.Errorf("the member is %v", got["status"])
	}

	restricted := mustAdmin(t, srv, "POST", "organizations", object{"organization_id": "organization-test-given", "allowed_mfa_methods": []string{"totp"}})
	if restricted["mfa_methods"] != "RESTRICTED" || restricted["organization_id"] != "organization-test-given" {
		t.Errorf("got %v", restricted)
	}
	invited := mustAdmin(t, srv, "POST", "members", object{"organization_id": "organization-test-given", "status": "invited"})
	if invited["status"] != "invited" {
		t.Errorf("got %v", invited["status"])
	}
}
