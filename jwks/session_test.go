package jwks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/jwks"
)

func TestSessionSaysWhatTheTokenSays(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	now := time.Now().UTC().Truncate(time.Second)
	claims := goodClaims(now)
	session := expect(t, v, key.sign(key.header(), toJSON(claims)), nil)

	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"ID", session.ID(), "session-test-22222222-2222-2222-2222-222222222222"},
		{"MemberID", session.MemberID(), "member-test-11111111-1111-1111-1111-111111111111"},
		{"OrganizationID", session.OrganizationID(), "organization-test-55555555-5555-5555-5555-555555555555"},
		{"OrganizationSlug", session.OrganizationSlug(), "acme"},
		{"Roles", slices.Collect(session.Roles()), []string{"stytch_member", "stytch_admin"}},
		{"HasRole of a role it has", session.HasRole("stytch_admin"), true},
		{"HasRole of a role it lacks", session.HasRole("Stytch_admin"), false},
		{"StartedAt", session.StartedAt(), now.Add(-10 * time.Minute)},
		{"LastAccessedAt", session.LastAccessedAt(), now},
		{"ExpiresAt", session.ExpiresAt(), now.Add(50 * time.Minute)},
		{"IssuedAt", session.IssuedAt(), now},
		{"TokenExpiresAt", session.TokenExpiresAt(), now.Add(5 * time.Minute)},
		{"Factors", slices.Collect(session.Factors()), []jwks.Factor{
			{
				Type: "magic_link", DeliveryMethod: "email", SequenceOrder: "PRIMARY",
				LastAuthenticatedAt: now.Add(-10 * time.Minute),
				CreatedAt:           now.Add(-10 * time.Minute),
				UpdatedAt:           now.Add(-10 * time.Minute),
				Email:               jwks.EmailFactor{ID: "email-test-33333333-3333-3333-3333-333333333333", Address: "ada@example.com"},
			},
			{
				Type: "otp", DeliveryMethod: "sms", SequenceOrder: "SECONDARY",
				LastAuthenticatedAt: now, CreatedAt: now, UpdatedAt: now,
				Phone: jwks.PhoneFactor{ID: "phone-number-test-44444444-4444-4444-4444-444444444444", Number: "+14155550123"},
			},
		}},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestSessionOfASparseToken(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	for _, c := range []struct {
		name    string
		session any
	}{
		{"only an id", map[string]any{"id": "session-test-1"}},
		{"values of the wrong kind", map[string]any{
			"id": "session-test-1", "started_at": 7, "last_accessed_at": "soon", "expires_at": nil,
			"roles": nil, "authentication_factors": "none"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := expect(t, v, key.mint(map[string]any{
				sessionClaim:      c.session,
				organizationClaim: map[string]any{"organization_id": "organization-test-1"},
			}), nil)
			if !s.StartedAt().IsZero() || !s.LastAccessedAt().IsZero() {
				t.Errorf("got %v and %v, want zero times", s.StartedAt(), s.LastAccessedAt())
			}
			if !s.ExpiresAt().Equal(s.TokenExpiresAt()) {
				t.Errorf("ExpiresAt: got %v, want that of the token, %v", s.ExpiresAt(), s.TokenExpiresAt())
			}
			if s.OrganizationSlug() != "" || s.HasRole("") || slices.Collect(s.Roles()) != nil || slices.Collect(s.Factors()) != nil {
				t.Error("got a slug, roles or factors that the token lacks")
			}
		})
	}
}

func TestSessionKeepsATokenWithOddFactors(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	session := goodClaims(time.Now())[sessionClaim]
	s := expect(t, v, key.mint(map[string]any{
		sessionClaim: with(session, "authentication_factors", []any{
			map[string]any{"type": "otp", "delivery_method": "sms", "last_authenticated_at": "just now"},
			map[string]any{"type": "otp", "delivery_method": "sms"},
			"sms", nil,
		}),
	}), nil)
	for f := range s.Factors() {
		if !f.LastAuthenticatedAt.IsZero() {
			t.Errorf("got %v for a malformed time", f.LastAuthenticatedAt)
		}
	}
}

func TestCustomClaimsOverrideNothing(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	plain := expect(t, v, key.mint(nil), nil)

	for _, c := range []struct {
		name  string
		claim string
		value any
	}{
		{"an upper-case Sub", "Sub", "member-test-evil"},
		{"a long s", "ſub", "member-test-evil"},
		{"EXP", "EXP", 1},
		{"Iat", "Iat", 1},
		{"NBF", "NBF", int64(99999999999)},
		{"ISS", "ISS", "stytch.com/project-test-evil"},
		{"AUD", "AUD", "project-test-evil"},
		{"another case of the session", "https://Stytch.com/Session", map[string]any{"id": "session-test-evil"}},
		{"a long s in the session", "https://ſtytch.com/session", map[string]any{"id": "session-test-evil"}},
		{"another case of the organization", "HTTPS://STYTCH.COM/ORGANIZATION", map[string]any{"organization_id": "organization-test-evil"}},
		{"sub with a space", "sub ", "member-test-evil"},
		{"sub with a zero byte", "sub\x00", "member-test-evil"},
		{"no name", "", "member-test-evil"},
	} {
		for _, first := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, first=%v", c.name, first), func(t *testing.T) {
				p := payload(nil)
				custom := strings.Trim(toJSON(map[string]any{c.claim: c.value}), "{}")
				if m, ok := c.value.(map[string]any); ok {
					custom = toJSON(c.claim) + ":" + toJSON(m)
				}
				if first {
					p = "{" + custom + "," + p[1:]
				} else {
					p = p[:len(p)-1] + "," + custom + "}"
				}
				s := expect(t, v, key.sign(key.header(), p), nil)
				if s == nil {
					t.FailNow()
				}
				if s.MemberID() != plain.MemberID() || s.ID() != plain.ID() || s.OrganizationID() != plain.OrganizationID() {
					t.Errorf("got %v, want %v", s, plain)
				}
				var all map[string]any
				if err := s.Claims(&all); err != nil {
					t.Fatal(err)
				}
				if got, want := toJSON(all), toJSON(map[string]any{c.claim: c.value}); got != want {
					t.Errorf("custom claims: got %s, want %s", got, want)
				}
			})
		}
	}
}

func TestCustomClaims(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	s := expect(t, v, key.mint(map[string]any{
		"plan":                        "pro",
		"Plan":                        "evil",
		"app":                         map[string]any{"seats": 3, "tags": []string{"a", "b"}},
		"https://example.com/tenant":  7,
		"quote\"and\\slash":           true,
		"jti":                         "1",
		"https://stytch.com/unlisted": "hidden",
	}), nil)

	var typed struct {
		Plan string `json:"plan"`
		App  struct {
			Seats int             `json:"seats"`
			Tags  []string        `json:"tags"`
			Raw   json.RawMessage `json:"raw"`
		} `json:"app"`
		Tenant  int    `json:"https://example.com/tenant"`
		Subject string `json:"sub"`
		Seats   int    `json:"seats"`
	}
	if err := s.Claims(&typed); err != nil {
		t.Fatal(err)
	}
	if typed.Plan != "pro" || typed.App.Seats != 3 || !slices.Equal(typed.App.Tags, []string{"a", "b"}) || typed.Tenant != 7 {
		t.Errorf("got %+v", typed)
	}
	if typed.Subject != "" || typed.Seats != 0 {
		t.Errorf("got %+v, want only custom claims, each in its place", typed)
	}

	var all map[string]any
	if err := s.Claims(&all); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	if want := []string{"Plan", "app", "https://example.com/tenant", "plan", "quote\"and\\slash"}; !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}

	// The next caller does not see what this one does with its copy.
	all["app"].(map[string]any)["seats"] = 1000
	var again map[string]any
	if err := s.Claims(&again); err != nil {
		t.Fatal(err)
	}
	if got := again["app"].(map[string]any)["seats"]; got != json.Number("3") {
		t.Errorf("seats: got %v, want 3", got)
	}
}

func TestCustomClaimsThatAreNotThere(t *testing.T) {
	key := newSigner(0)
	s := expect(t, ready(t, serve(key)), key.mint(nil), nil)
	v := struct{ Plan string }{"unchanged"}
	if err := s.Claims(&v); err != nil || v.Plan != "unchanged" {
		t.Errorf("got %v and error %v, want nothing to happen", v, err)
	}
}

func TestCustomClaimsThatDoNotFit(t *testing.T) {
	key := newSigner(0)
	s := expect(t, ready(t, serve(key)), key.mint(map[string]any{"plan": "hunter2", "until": "hunter2"}), nil)
	var number struct {
		Plan int `json:"plan"`
	}
	var at struct {
		Until time.Time `json:"until"`
	}
	for name, into := range map[string]any{"a struct": &number, "a time": &at, "no pointer": number, "nothing": nil} {
		err := s.Claims(into)
		if err == nil {
			t.Errorf("into %s: no error", name)
		} else if strings.Contains(err.Error(), "hunter2") || !strings.HasPrefix(err.Error(), "jwks: ") {
			t.Errorf("into %s: got error %q, want one of ours without the claim's value", name, err)
		}
	}
}

func TestSessionCannotBeChangedThroughWhatItReturns(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	token := key.mint(nil)
	s := expect(t, v, token, nil)
	before := slices.Collect(s.Factors())
	for f := range s.Factors() {
		f.Type = "changed"
	}
	for _, role := range slices.Collect(s.Roles()) {
		_ = strings.ToUpper(role)
	}
	roles := slices.Collect(s.Roles())
	roles[0] = "changed"
	again := expect(t, v, token, nil)
	if !slices.Equal(slices.Collect(again.Factors()), before) || again.HasRole("changed") {
		t.Error("another request sees what the first one changed")
	}
	for range s.Factors() {
		break // an iterator must stop when asked to
	}
}

func TestSessionLogsItsIDs(t *testing.T) {
	key := newSigner(0)
	s := expect(t, ready(t, serve(key)), key.mint(nil), nil)
	var b bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&b, nil))
	log.Info("x", "session", s, "value", *s)
	for _, want := range []string{s.ID(), s.MemberID(), s.OrganizationID()} {
		if strings.Count(b.String(), want) != 2 || !strings.Contains(s.String(), want) {
			t.Errorf("%s is not in both of %s and in %s", want, b.String(), s)
		}
	}
	if strings.Contains(b.String(), "+1415") || strings.Contains(b.String(), "ada@") {
		t.Errorf("logged more than ids: %s", b.String())
	}
}
