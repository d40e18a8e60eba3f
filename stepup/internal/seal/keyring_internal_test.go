package seal

import (
	"bytes"
	"strings"
	"testing"
)

var (
	firstKey  = []byte("first key, first key, first key.")
	secondKey = []byte("second key, second key, second k")
)

func mustKeyring(t testing.TB, secret []byte, old ...[]byte) Keyring {
	t.Helper()
	k, err := New(secret, old)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeysOfDifferentUsesDiffer(t *testing.T) {
	k := mustKeyring(t, firstKey, secondKey)
	keys := append([][]byte{firstKey, secondKey, k.limiter}, k.cookies...)
	keys = append(keys, k.names...)
	if len(keys) != 9 || len(k.boxes) != 2 {
		t.Fatalf("%d keys and %d sealers", len(keys), len(k.boxes))
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
	const session = "session-1"
	if !bytes.Equal(one.limiter, alike.limiter) || one.Name(session) != alike.Name(session) {
		t.Error("two instances with one key disagree")
	}
	if bytes.Equal(one.limiter, rotated.limiter) || one.Name(session) == rotated.Name(session) {
		t.Error("an old key is used for something new")
	}
}

func TestAFormNamesItsSession(t *testing.T) {
	const one, two, other = "member-session-1", "member-session-2", "member-session-3"
	before, after := mustKeyring(t, firstKey), mustKeyring(t, secondKey, firstKey)
	for _, k := range []Keyring{before, after} {
		name := k.Name(one)
		if !after.IsName(one, name) {
			t.Error("the session is not known by its name")
		}
		if strings.Contains(name, one) || strings.Contains(one, name) {
			t.Error("the name reveals the id of the session")
		}
		for what, wrong := range map[string]bool{
			"another session of the member": after.IsName(two, name),
			"a session of another member":   after.IsName(other, name),
			"a name that was cut":           after.IsName(one, name[:len(name)-1]),
			"a longer name":                 after.IsName(one, name+"A"),
			"no name":                       after.IsName(one, ""),
		} {
			if wrong {
				t.Errorf("%s passes", what)
			}
		}
	}
	if before.IsName(one, after.Name(one)) {
		t.Error("a name made with another key passes")
	}
}
