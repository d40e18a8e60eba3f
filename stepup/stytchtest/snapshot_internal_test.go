package stytchtest

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"
)

// A copy of the state shares nothing with it that could change, so that a snapshot stays
// what it was. The test notices a new field that is not copied.
func TestCopiesShareNothing(t *testing.T) {
	srv := NewUnstartedServer()
	o := srv.AddOrganization(Organization{MFAMethods: []string{"sms_otp", "totp"}})
	m := srv.AddMember(InOrganization(o), WithTOTP(), WithPassword("x"))
	srv.SignIn(m, WithFactor("totp", "authenticator_app", time.Minute), WithCustomClaims(map[string]any{"a": 1}))
	srv.StartLogin(m, CodeSent())
	held := srv.state.members.byID[m.ID]
	held.retired = []email{{id: "e", address: "old@example.com"}}
	held.trusted["a"], held.untrusted["a"] = 1, 1
	if err := held.totp.redeem(held.totp.code(time.Now()), time.Now()); err != nil {
		t.Fatal(err.message)
	}
	srv.state.magicLinks.add(&magicLink{member: held})

	original, seen := map[uintptr]string{}, 0
	walk(reflect.ValueOf(srv.state).Elem(), "state", func(at uintptr, path string) { original[at] = path })
	copied := srv.state.copied()
	walk(reflect.ValueOf(copied).Elem(), "state", func(at uintptr, path string) {
		seen++
		if shared := original[at]; shared != "" {
			t.Errorf("%s of the copy is %s of the original", path, shared)
		}
	})
	if seen < 20 || seen != len(original) {
		t.Errorf("the original has %d references and the copy %d", len(original), seen)
	}
}

// walk visits what v refers to, each thing once: pointers, maps and slices, except those
// that nothing changes.
func walk(v reflect.Value, path string, visit func(at uintptr, path string)) {
	visited := map[uintptr]bool{}
	var at func(v reflect.Value, path string)
	refer := func(v reflect.Value, path string) bool {
		if v.IsNil() || visited[v.Pointer()] {
			return false
		}
		visited[v.Pointer()] = true
		visit(v.Pointer(), path)
		return true
	}
	at = func(v reflect.Value, path string) {
		switch v.Type() {
		case reflect.TypeFor[time.Time](), reflect.TypeFor[json.RawMessage](), reflect.TypeFor[map[string]string]():
			return // the details of a factor are of the last type
		}
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				at(v.Field(i), path+"."+v.Type().Field(i).Name)
			}
		case reflect.Interface:
			if !v.IsNil() {
				at(v.Elem(), path)
			}
		case reflect.Pointer:
			if refer(v, path) {
				at(v.Elem(), path)
			}
		case reflect.Slice:
			if v.Len() == 0 || !refer(v, path) || v.Type().Elem().Kind() == reflect.Uint8 {
				return
			}
			for i := range v.Len() {
				at(v.Index(i), path+"[]")
			}
		case reflect.Map:
			if refer(v, path) {
				for _, key := range v.MapKeys() {
					at(v.MapIndex(key), path+"{}")
				}
			}
		}
	}
	at(v, path)
}

// A call whose session is gone once the call is signed is answered as it was, and leaves
// nothing behind in the state that was restored.
func TestAResetDuringATamperedCall(t *testing.T) {
	srv := NewUnstartedServer()
	session := srv.SignIn(srv.AddMember())
	a := &api{settings: srv.settings, ids: srv.snapshots.ids, state: srv.state, keys: srv.keys}
	for _, tamper := range []Tamper{OtherMember, OtherOrganization, OtherSession, NoSecondFactor} {
		id := srv.Snapshot()
		out := a.sessionAnswer(srv.state.sessions.byID[session.ID])
		srv.Reset()
		a.issue(&out, tamper)
		if out.MemberSession.MemberSessionID != session.ID || out.SessionJWT == "" {
			t.Errorf("%s: answered with the session %s", tamper, out.MemberSession.MemberSessionID)
		}
		if n := len(srv.state.sessions.byID) + len(srv.state.members.byID); n != 0 {
			t.Errorf("%s: left %d sessions and members behind", tamper, n)
		}
		srv.Restore(id)
	}
}
