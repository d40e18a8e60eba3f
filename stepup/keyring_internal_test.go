package stepup

import (
	"bytes"
	"strings"
	"testing"

	"github.com/rungauth/rung/jwks"
	"github.com/rungauth/rung/stepup/stytchtest"
)

var (
	firstKey  = []byte("first key, first key, first key.")
	secondKey = []byte("second key, second key, second k")
)

func mustKeyring(t testing.TB, secret []byte, old ...[]byte) keyring {
	t.Helper()
	k, err := newKeyring(secret, old)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// verifiedSessions are two sessions of one member and one of another.
func verifiedSessions(t testing.TB) (one, two, other *jwks.Session) {
	t.Helper()
	emu := stytchtest.NewUnstartedServer()
	verifier, err := jwks.New(jwks.Config{ProjectID: emu.ProjectID, BaseURL: emu.URL, HTTPClient: emu.Client()})
	if err != nil {
		t.Fatal(err)
	}
	defer verifier.Close()
	verify := func(m *stytchtest.Member) *jwks.Session {
		s, err := verifier.Verify(t.Context(), emu.SignIn(m).JWT)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	member := emu.AddMember()
	return verify(member), verify(member), verify(emu.AddMember())
}

func TestKeysOfDifferentUsesDiffer(t *testing.T) {
	k := mustKeyring(t, firstKey, secondKey)
	keys := append([][]byte{firstKey, secondKey, k.limiter}, k.cookies...)
	keys = append(keys, k.names...)
	if len(keys) != 9 || len(k.forms) != 2 {
		t.Fatalf("%d keys and %d sealers", len(keys), len(k.forms))
	}
	for i, key := range keys {
		if len(key) != 32 {
			t.Errorf("key %d has %d bytes", i, len(key))
		}
		for j := range i {
			if bytes.Equal(key, keys[j]) {
				t.Errorf("keys %d and %d are the same", j, i)
			}
		}
	}
}

// Instances with the same key agree. An old key opens what was made with it,
// and nothing new is made with it.
func TestTheKeyDecidesAndTheOldOnesDoNot(t *testing.T) {
	one, alike, rotated := mustKeyring(t, firstKey), mustKeyring(t, firstKey), mustKeyring(t, secondKey, firstKey)
	session, _, _ := verifiedSessions(t)
	if !bytes.Equal(one.limiter, alike.limiter) || one.nameOf(session) != alike.nameOf(session) {
		t.Error("two instances with one key disagree")
	}
	if bytes.Equal(one.limiter, rotated.limiter) || one.nameOf(session) == rotated.nameOf(session) {
		t.Error("an old key is used for something new")
	}
}

func TestAFormNamesItsSession(t *testing.T) {
	one, two, other := verifiedSessions(t)
	before, after := mustKeyring(t, firstKey), mustKeyring(t, secondKey, firstKey)
	for _, k := range []keyring{before, after} {
		name := k.nameOf(one)
		if !after.isNameOf(one, name) {
			t.Error("the session is not known by its name")
		}
		if strings.Contains(name, one.ID()) || strings.Contains(one.ID(), name) {
			t.Error("the name tells the id of the session")
		}
		for what, wrong := range map[string]bool{
			"another session of the member": after.isNameOf(two, name),
			"a session of another member":   after.isNameOf(other, name),
			"a name that was cut":           after.isNameOf(one, name[:len(name)-1]),
			"a longer name":                 after.isNameOf(one, name+"A"),
			"no name":                       after.isNameOf(one, ""),
		} {
			if wrong {
				t.Errorf("%s passes", what)
			}
		}
	}
	if before.isNameOf(one, after.nameOf(one)) {
		t.Error("a name made with another key passes")
	}
}
