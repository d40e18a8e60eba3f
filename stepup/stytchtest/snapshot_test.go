package stytchtest_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

// a dump is all that the admin API and the overview page show, and the ids of the keys.
func dump(t *testing.T, srv *stytchtest.Server, members ...*stytchtest.Member) string {
	t.Helper()
	_, overview := page(t, srv, "/_emulator/")
	shown := []any{overview, mustAdmin(t, srv, "GET", "messages", nil), mustAdmin(t, srv, "GET", "mails", nil), mustAdmin(t, srv, "GET", "calls", nil)}
	for _, m := range members {
		for _, path := range []string{"members", "totp_code", "recovery_codes"} {
			status, answer := admin(t, srv, "GET", path+"?member_id="+m.ID, nil)
			delete(answer, "request_id")
			shown = append(shown, status, answer)
		}
	}
	for _, key := range jwks(t, srv) {
		shown = append(shown, key["kid"])
	}
	text, err := json.MarshalIndent(shown, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// busy makes a server with something of everything in it.
func busy(t *testing.T) *fixture {
	t.Helper()
	f := newLogin(t, "REQUIRED_FOR_ALL", stytchtest.WithTOTP(), stytchtest.WithID("member-test-ada"))
	f.stepUp()
	f.send()
	f.mustLogIn()
	f.mail()
	f.srv.StartLogin(f.member)
	request(t, f.srv, "PUT", f.memberPath(), object{
		"email_address": "new@example.com", "trusted_metadata": object{"a": 1}, "untrusted_metadata": object{"b": 1},
	})
	f.member = f.srv.Member(f.member.ID)
	f.post(authenticatePath, f.with("code", "271828"))
	f.srv.Fail(stytchtest.Fault{Path: "rbac/policy", Status: 503, Times: 2})
	return f
}

// disturb changes all that can be changed.
func disturb(f *fixture) {
	f.srv.SetPhone(f.member, "+14155550199", false)
	if status, answer := f.post(recoverPath, f.with("recovery_code", f.srv.RecoveryCodes(f.member)[0])); status != 200 {
		f.t.Fatalf("recover: got %d %v", status, answer["error_type"])
	}
	if status, answer := f.post(totpAuthenticatePath, f.with("code", f.srv.TOTPCode(f.member))); status != 200 {
		f.t.Fatalf("totp: got %d %v", status, answer["error_type"])
	}
	request(f.t, f.srv, "PUT", f.memberPath(), object{
		"email_address": "newer@example.com", "name": "changed", "roles": []string{}, "mfa_enrolled": true,
		"trusted_metadata": object{"a": nil, "c": 2}, "untrusted_metadata": object{"b": 2},
	})
	f.srv.StartLogin(f.srv.AddMember(), stytchtest.CodeSent())
	f.srv.AddOrganization(stytchtest.Organization{Name: "Other"})
	f.srv.LockMember(f.member)
	f.srv.Revoke(f.session.ID)
	f.srv.ClearFaults()
	f.srv.RotateKeys(false)
	f.srv.Advance(time.Hour)
	f.srv.SetClockSkew(time.Hour)
	mustAdmin(f.t, f.srv, "POST", "settings", object{"base_url_issuer": true})
	f.srv.DeleteMember(f.member)
	f.srv.ResetCalls()
}

func TestRestoreBringsEverythingBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := busy(t)
		dump(t, f.srv) // asks for the keys, which are made when they are needed
		id := f.srv.Snapshot()
		want := dump(t, f.srv, f.member)
		for round := range 3 {
			disturb(f)
			if dump(t, f.srv, f.member) == want {
				t.Fatal("nothing was disturbed")
			}
			f.srv.Restore(id)
			if got := dump(t, f.srv, f.member); got != want {
				t.Fatalf("round %d: got\n%s\nwant\n%s", round, got, want)
			}
			if !verifies(t, f.srv, f.session.JWT) {
				t.Error("a JWT from before no longer verifies")
			}
			if got := claimsOf(t, f.refresh()["session_jwt"].(string))["iss"]; got == f.srv.URL {
				t.Error("the settings are still changed")
			}
			if status, _ := send(t, f.srv, "GET", "/v1/b2b/rbac/policy", nil, "", ""); status != 503 {
				t.Errorf("a fault that was left: got %d, want 503", status)
			}
			if got := f.srv.AddMember().Name; got != "Member 3" {
				t.Errorf("the next member is %s", got)
			}
			f.srv.Restore(id)
		}
	})
}

func TestWhatIsRestoredIsAsOldAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		code := f.send()
		token := f.srv.StartLogin(f.member)
		time.Sleep(time.Minute)
		id := f.srv.Snapshot()
		for range 2 {
			time.Sleep(3 * time.Hour)
			f.srv.Restore(id)
			time.Sleep(time.Minute - time.Second)
			if status, answer := f.post(authenticatePath, f.with("session_jwt", nil, "session_token", f.session.Token, "code", code)); status != 200 {
				t.Errorf("a code that had a minute left: got %d %v", status, answer["error_type"])
			}
			f.srv.Restore(id)
			time.Sleep(time.Minute)
			status, answer := f.post(authenticatePath, f.with("session_jwt", nil, "session_token", f.session.Token, "code", code))
			checkRefusal(t, status, answer, 401, "unable_to_auth_otp_code")
			time.Sleep(7 * time.Minute)
			if status, answer := f.post(sendPath, f.with("session_jwt", nil, "intermediate_session_token", token)); status != 200 {
				t.Errorf("a login that had a minute left: got %d %v", status, answer["error_type"])
			}
		}
	})
}

func TestResetGoesBackToTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := stytchtest.NewUnstartedServer()
		kid := jwks(t, srv)[0]["kid"]
		srv.ResetCalls()
		empty := dump(t, srv)
		srv.ResetCalls()
		srv.StartLogin(srv.AddMember(), stytchtest.CodeSent())
		id := srv.Snapshot()
		srv.Fail(stytchtest.Fault{Status: 500})
		srv.Reset()
		if got := dump(t, srv); got != empty {
			t.Errorf("without Load: got\n%s\nwant\n%s", got, empty)
		}
		if got := jwks(t, srv)[0]["kid"]; got != kid {
			t.Error("clients have to fetch the keys again")
		}
		srv.Restore(id)
		if n := len(srv.Messages("")); n != 1 {
			t.Errorf("a snapshot from before the reset has %d messages", n)
		}

		if err := srv.Load([]byte(`{"organizations": [{"members": [{"member_id": "ada"}]}]}`)); err != nil {
			t.Fatal(err)
		}
		ada := srv.Member("ada")
		srv.LockMember(ada)
		srv.Reset()
		if got := srv.Member("ada"); got == nil || got.Locked || len(srv.Messages("")) != 1 {
			t.Errorf("after Load: got %+v", got)
		}
	})
}

func TestSnapshotsThroughTheAdminAPI(t *testing.T) {
	srv, f, _ := adminFixture(t, object{}, object{})
	id := mustAdmin(t, srv, "POST", "snapshot", object{})["id"]
	mustAdmin(t, srv, "POST", "members/delete", object{"member_id": f.member.ID})
	mustAdmin(t, srv, "POST", "restore", object{"id": id})
	if got := srv.Member(f.member.ID).Status; got != "active" {
		t.Errorf("after restore the member is %s", got)
	}
	mustAdmin(t, srv, "POST", "reset", object{})
	if srv.Member(f.member.ID) != nil {
		t.Error("after reset there is still the member")
	}
	status, answer := admin(t, srv, "POST", "restore", object{"id": "snapshot-test-x"})
	checkRefusal(t, status, answer, 404, "snapshot_not_found")
}

func TestTheNewestSnapshotsAreKept(t *testing.T) {
	srv := stytchtest.NewUnstartedServer()
	var ids []string
	for range 101 {
		ids = append(ids, srv.Snapshot())
	}
	srv.Restore(ids[1])
	srv.Restore(ids[100])
	defer func() {
		if text, _ := recover().(string); !strings.HasPrefix(text, "stytchtest: Restore: ") {
			t.Errorf("got the panic %q", text)
		}
	}()
	srv.Restore(ids[0])
}

// Calls may be in progress, even ones whose session the snapshot does not have.
func TestRestoreDuringCalls(t *testing.T) {
	f := busy(t)
	f.srv.ClearFaults()
	id := f.srv.Snapshot()
	f.srv.Fail(stytchtest.Fault{Times: 1 << 20, Tamper: stytchtest.OtherOrganization})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 90 { // then the first is still kept
			f.srv.Restore(id)
			f.srv.Snapshot()
		}
	}()
	for range 50 {
		session := f.srv.SignIn(f.srv.Member("member-test-ada"))
		send(t, f.srv, "POST", sessionPath, object{"session_token": session.Token}, f.srv.ProjectID, f.srv.Secret)
	}
	<-done
}
