package stepup

import (
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/internal/seal"
)

var (
	firstKey  = []byte("first key, first key, first key.")
	secondKey = []byte("second key, second key, second k")
)

// someSubjects are a member in two sessions, and another member.
func someSubjects() (one, two, other subject) {
	one = subject{organization: "organization-1", member: "member-1", anchor: "member-session-1"}
	two, other = one, one
	two.anchor = "member-session-2"
	other.member, other.anchor = "member-2", "member-session-3"
	return one, two, other
}

func sampleForm() *sealedForm {
	return &sealedForm{
		Method: "POST", Path: "/transfers?from=1", Expires: time.Now().Add(formLife).Unix(), Title: "Transfer $12 to Acme",
		Fields:  []contract.FormValue{{Name: "amount", Value: "12"}, {Name: "payee", Value: "Acme ✓"}, {Name: "payee", Value: ""}},
		Dropped: []string{"password"},
	}
}

func sealing(t testing.TB, secret []byte, old ...[]byte) *keeper {
	t.Helper()
	keys, err := seal.New(secret, old)
	if err != nil {
		t.Fatal(err)
	}
	return &keeper{links: &links{verify: "/stepup/"}, keys: keys}
}

func TestASealedFormOpensForItsSessionAlone(t *testing.T) {
	one, two, other := someSubjects()
	g := sealing(t, firstKey)
	form := sampleForm()
	sealed, err := g.seal(one, form)
	if err != nil {
		t.Fatal(err)
	}
	got, err := g.unseal(one, sealed)
	if err != nil || !reflect.DeepEqual(got, form) {
		t.Errorf("got %+v, %v, want %+v", got, err, form)
	}
	if again, err := g.seal(one, form); err != nil || again == sealed {
		t.Errorf("the same form was sealed to the same text, %v", err)
	}
	for _, s := range []struct {
		name string
		err  error
	}{
		{"another session of the member", second(g.unseal(two, sealed))},
		{"a session of another member", second(g.unseal(other, sealed))},
		{"an instance with another key", second(sealing(t, secondKey).unseal(one, sealed))},
	} {
		if !errors.Is(s.err, seal.ErrOpen) {
			t.Errorf("%s: got %v, want %v", s.name, s.err, seal.ErrOpen)
		}
	}
}

func second(_ *sealedForm, err error) error { return err }

func TestOldKeysOpenFormsAndSealNone(t *testing.T) {
	session, _, _ := someSubjects()
	before, after := sealing(t, firstKey), sealing(t, secondKey, firstKey)
	old, err := before.seal(session, sampleForm())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := after.unseal(session, old); err != nil {
		t.Errorf("a form from before the rotation does not open: %v", err)
	}
	fresh, err := after.seal(session, sampleForm())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sealing(t, secondKey).unseal(session, fresh); err != nil {
		t.Errorf("a form from after the rotation was not sealed with the new key: %v", err)
	}
	if _, err := before.unseal(session, fresh); !errors.Is(err, seal.ErrOpen) {
		t.Errorf("an old key opens what is new: %v", err)
	}
}

// What a reader of the page can see, and what not.
func TestASealedFormShowsWhereItGoesAndNothingElse(t *testing.T) {
	session, _, _ := someSubjects()
	sealed, err := sealing(t, firstKey).seal(session, sampleForm())
	if err != nil {
		t.Fatal(err)
	}
	head, tail, _ := strings.Cut(sealed, ".")
	header, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	text, err := base64.RawURLEncoding.DecodeString(tail)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(header), "/transfers") {
		t.Errorf("the header does not say where the form goes: %s", header)
	}
	for _, word := range []string{"amount", "Acme", "password", "Transfer $"} {
		if strings.Contains(string(header)+string(text), word) {
			t.Errorf("%q can be read", word)
		}
	}
}

func TestASealedFormEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		session, _, _ := someSubjects()
		g := sealing(t, firstKey)
		sealed, err := g.seal(session, sampleForm())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(formLife - time.Second)
		if _, err := g.unseal(session, sealed); err != nil {
			t.Errorf("a second before its end: %v", err)
		}
		time.Sleep(time.Second)
		if _, err := g.unseal(session, sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("at its end: got %v, want %v", err, seal.ErrOpen)
		}
	})
}

// Even a form that we have sealed goes only where a form of ours may go.
func TestASealedFormGoesNowhereElse(t *testing.T) {
	session, _, _ := someSubjects()
	g := sealing(t, firstKey)
	for name, change := range map[string]func(*sealedForm){
		"another origin":  func(f *sealedForm) { f.Path = "//evil.example/transfers" },
		"the verify page": func(f *sealedForm) { f.Path = "/stepup/send" },
		"another method":  func(f *sealedForm) { f.Method = "DELETE" },
		"no method":       func(f *sealedForm) { f.Method = "" },
	} {
		form := sampleForm()
		change(form)
		sealed, err := g.seal(session, form)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.unseal(session, sealed); !errors.Is(err, seal.ErrOpen) {
			t.Errorf("%s: got %v, want %v", name, err, seal.ErrOpen)
		}
	}
}

func TestASealedFormWithAnyByteChangedDoesNotOpen(t *testing.T) {
	session, _, _ := someSubjects()
	g := sealing(t, firstKey)
	sealed, err := g.seal(session, sampleForm())
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for _, c := range []byte("AQgw-_.=\n\x00") {
			changed := []byte(sealed)
			if changed[i] == c {
				continue
			}
			changed[i] = c
			if _, err := g.unseal(session, string(changed)); !errors.Is(err, seal.ErrOpen) {
				t.Fatalf("byte %d as %q: got %v, want %v", i, c, err, seal.ErrOpen)
			}
		}
		if _, err := g.unseal(session, sealed[:i]); !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("cut after %d bytes: got %v, want %v", i, err, seal.ErrOpen)
		}
	}
}

// No made-up text opens, nor does a sealed form into which something was put
// or whose bytes were changed; and the error repeats nothing.
func FuzzOpenForm(f *testing.F) {
	session, _, _ := someSubjects()
	g := sealing(f, firstKey)
	sealed, err := g.seal(session, sampleForm())
	if err != nil {
		f.Fatal(err)
	}
	header, body, _ := strings.Cut(sealed, ".")
	for _, seed := range []string{"", ".", "..", header, header + ".", "." + body, body + "." + header, "e30.", "e30.e30", sealed + "."} {
		f.Add(seed, uint(0), byte(1))
		f.Add(seed, uint(len(header)), byte('.'))
	}
	refused := func(t *testing.T, text string) {
		form, err := g.unseal(session, text)
		if form != nil || !errors.Is(err, seal.ErrOpen) {
			t.Fatalf("%q opens: %+v, %v", text, form, err)
		}
		if len(text) > 20 && strings.Contains(err.Error(), text) {
			t.Fatalf("the error holds the text: %v", err)
		}
	}
	f.Fuzz(func(t *testing.T, text string, at uint, flip byte) {
		refused(t, text)
		i := int(at % uint(len(sealed)))
		if flip != 0 {
			changed := []byte(sealed)
			changed[i] ^= flip
			refused(t, string(changed))
		}
		// encoding/base64 passes line breaks over, which change nothing.
		if strings.Trim(text, "\r\n") != "" {
			refused(t, sealed[:i]+text+sealed[i:])
		}
	})
}
