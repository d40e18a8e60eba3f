package stepup

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/internal/seal"
)

// sealers make and open every kind of sealed text that a guard puts into pages,
// cookies and answers, with the same key.
type sealers struct {
	keys      seal.Keyring
	forms     *keeper
	approvals *approvals
	logins    *logins
}

func newSealers(t testing.TB, key string) *sealers {
	t.Helper()
	keys, err := seal.New([]byte(key), nil)
	if err != nil {
		t.Fatal(err)
	}
	return &sealers{
		keys: keys, forms: &keeper{links: &links{verify: "/stepup/"}, keys: keys},
		approvals: &approvals{keys: keys}, logins: &logins{keys: keys, name: "login"},
	}
}

// sealed is one text of each kind, of the same subject.
func (s *sealers) sealed(t testing.TB, of subject, p *Policy) map[string]string {
	t.Helper()
	form, err := s.forms.seal(of, &sealedForm{Method: "POST", Path: "/pay", Expires: time.Now().Add(time.Hour).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	login, err := s.logins.seal(&waiting{
		Organization: of.organization, Member: of.member, Anchor: of.anchor, Token: "token", Expires: time.Now().Add(time.Minute).Unix(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"form": form, "login": login, "setup": (&setup{Secret: "AAAA", Registration: "totp"}).seal(s.keys, of),
		"approval": s.approvals.seal(of, p, newApproval("hash", "title")),
	}
}

// opens are the kinds that a text opens as.
func (s *sealers) opens(of subject, p *Policy, text string) (kinds []string) {
	if _, err := s.forms.unseal(of, text); err == nil {
		kinds = append(kinds, "form")
	}
	if s.logins.open(text) != nil {
		kinds = append(kinds, "login")
	}
	if openSetup(s.keys, of, text) != nil {
		kinds = append(kinds, "setup")
	}
	if s.approvals.open(of, p, text) != nil {
		kinds = append(kinds, "approval")
	}
	return kinds
}

// FuzzSealedTextsOpenForTheirPurposeAlone makes the ids of members and the names of
// policies up: none must make a text of one kind pass for another, or open one of
// somebody else.
func FuzzSealedTextsOpenForTheirPurposeAlone(f *testing.F) {
	for _, ids := range [][]string{
		{"organization-1", "member-1", "session-1", "money", "organization-1", "member-1", "session-2", "money"},
		{"setup", "o", "m", "a", "o", "m", "a", "setup"},
		{"approval", "money", "o", "m", "money", "o", "m", "approval"},
		{"login", "", "", "", "", "", "login", ""},
		{"", "", "", "", "", "", "", ""},
		{"o", "m", "a", "p", "om", "", "a", "p"},
		{"o\x00m", "", "a", "p", "o", "m", "a", "p"},
	} {
		f.Add(ids[0], ids[1], ids[2], ids[3], ids[4], ids[5], ids[6], ids[7])
	}
	f.Fuzz(func(t *testing.T, organization, member, anchor, policy, organization2, member2, anchor2, policy2 string) {
		for _, id := range []*string{&organization, &member, &anchor, &organization2, &member2, &anchor2} {
			*id = strings.ToValidUTF8(*id, "?")
		}
		s := newSealers(t, strings.Repeat("k", 32))
		one, two := subject{organization: organization, member: member, anchor: anchor}, subject{organization: organization2, member: member2, anchor: anchor2}
		p, q := &Policy{Name: policy}, &Policy{Name: policy2}
		other := newSealers(t, strings.Repeat("x", 32))
		for kind, text := range s.sealed(t, one, p) {
			if got := s.opens(one, p, text); !slices.Equal(got, []string{kind}) {
				t.Errorf("a %s opens as %q", kind, got)
			}
			var want []string
			if kind == "login" || one.isSame(two) && (kind != "approval" || policy == policy2) {
				want = []string{kind} // a login says itself whose it is
			}
			if got := s.opens(two, q, text); !slices.Equal(got, want) {
				t.Errorf("a %s of %q opens for %q as %q", kind, one.ids(), two.ids(), got)
			}
			if got := other.opens(one, p, text); got != nil {
				t.Errorf("a %s opens with another key as %q", kind, got)
			}
		}
		// What a page is named by.
		name := s.logins.nameOf(one)
		if !s.logins.isName(one, name) || !s.logins.isNameOfMember(one, name) {
			t.Errorf("%q is not the name of %q", name, one.ids())
		}
		if !strings.Contains(organization+organization2+member+member2, "\x00") && s.logins.isName(two, name) != one.isSame(two) {
			t.Errorf("the name of %q is one of %q", one.ids(), two.ids())
		}
	})
}

// FuzzOpenLogin gives a guard what a client may send as its login and its setup.
func FuzzOpenLogin(f *testing.F) {
	s := newSealers(f, strings.Repeat("k", 32))
	of := subject{organization: "o", member: "m", anchor: "a"}
	for _, text := range newSealers(f, strings.Repeat("x", 32)).sealed(f, of, &Policy{Name: "p"}) {
		f.Add(text)
	}
	f.Add("")
	f.Add(".")
	f.Add("AAAA.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		if kinds := s.opens(of, &Policy{Name: "p"}, text); kinds != nil {
			t.Errorf("a text that was not made here opens as %q", kinds)
		}
	})
}

func TestALoginEndsWithItsToken(t *testing.T) {
	s := newSealers(t, strings.Repeat("k", 32))
	for _, tt := range []struct {
		name string
		life time.Duration
		open bool
	}{{"a minute from now", time.Minute, true}, {"now", 0, false}, {"a second ago", -time.Second, false}} {
		sealed, err := s.logins.seal(&waiting{Organization: "o", Member: "m", Token: "a-secret-token", Anchor: "a", Expires: time.Now().Add(tt.life).Unix()})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.logins.open(sealed); (got != nil) != tt.open {
			t.Errorf("one that ends %s opens: %v", tt.name, got != nil)
		}
		if strings.Contains(sealed, "token") {
			t.Error("the token can be read")
		}
	}
}
