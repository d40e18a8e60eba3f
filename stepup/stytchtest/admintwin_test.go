package stytchtest_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// A twin is a line of the table in the package comment.
type twin struct {
	method, path string
	controls     []string // methods and fields of Server
	fields       []string // of the body or query
}

func twins(t *testing.T) []twin {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var found []twin
	for _, line := range regexp.MustCompile(`(?m)^//\t(GET|POST) +(\S+) +(.+)$`).FindAllStringSubmatch(string(text), -1) {
		row := twin{method: line[1], path: line[2]}
		for _, name := range strings.Fields(line[3]) {
			if name[0] >= 'A' && name[0] <= 'Z' {
				row.controls = append(row.controls, name)
			} else {
				row.fields = append(row.fields, name)
			}
		}
		found = append(found, row)
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
	for _, name := range []string{"Client", "Close", "Handler", "Listen", "ProjectID", "Secret", "URL"} {
		if !controls[name] {
			t.Errorf("there is no %s", name)
		}
		delete(controls, name)
	}
	for name := range controls {
		if !documented[name] {
			t.Errorf("%s has no twin in the table of doc.go", name)
		}
	}
	for name := range documented {
		if !controls[name] {
			t.Errorf("the table of doc.go has %s, which Server has not", name)
		}
	}
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
