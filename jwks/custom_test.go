package jwks_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/jwks"
)

// claimsWith returns the claims of a good token with a text put in before the
// first occurrence of another.
func claimsWith(t *testing.T, text, before string) string {
	t.Helper()
	p := payload(nil)
	if !strings.Contains(p, before) {
		t.Fatalf("no %s in %s", before, p)
	}
	return strings.Replace(p, before, text+before, 1)
}

func TestTextCutInTheMiddleOfAnEmoji(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	for _, c := range []struct {
		name   string
		custom string // custom claims
		want   string // what Claims returns, as JSON
	}{
		{"the first half is left", `"x":"Ada \ud83d"`, `{"x":"Ada �"}`},
		{"the second half is left", `"x":"\ude00 Ada"`, `{"x":"� Ada"}`},
		{"the first half before another escape", `"x":"\uD83D\u0041\n"`, `{"x":"�A\n"}`},
		{"the halves are in the wrong order", `"x":"\ude00\ud83d"`, `{"x":"��"}`},
		{"both halves are there", `"x":"\ud83d\ude00"`, `{"x":"\ud83d\ude00"}`},
		{"one emoji is whole and the next is cut", `"x":"\ud83d\ude00\ud83d"`, `{"x":"😀�"}`},
		{"a backslash and letters that look like a half", `"x":"\\ud83d","y":"\ud83d"`, `{"x":"\\ud83d","y":"�"}`},
		{"deep in a list", `"x":{"a":[1.50,["\ud83d",9007199254740993,null]]}`, `{"x":{"a":[1.50,["�",9007199254740993,null]]}}`},
		{"in a name", `"x":{"\ud83d":1}`, `{"x":{"�":1}}`},
		{"in the name of a custom claim", `"\ud83d":1`, `{"�":1}`},
		{"in the name of a custom claim that begins like one of ours", `"sub\ud83d":"member-test-evil"`, `{"sub�":"member-test-evil"}`},
	} {
		for place, before := range map[string]string{"first": `"aud"`, "last": `"sub"`} {
			t.Run(c.name+", "+place, func(t *testing.T) {
				s := expect(t, v, key.sign(key.header(), claimsWith(t, c.custom+",", before)), nil)
				if s == nil {
					t.FailNow()
				}
				if s.MemberID() != "member-test-11111111-1111-1111-1111-111111111111" {
					t.Errorf("MemberID is %q", s.MemberID())
				}
				var all map[string]json.RawMessage
				if err := s.Claims(&all); err != nil {
					t.Fatal(err)
				}
				if got := toJSON(all); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
	}
}

func TestOurClaimsStayStrict(t *testing.T) {
	key := newSigner(0)
	v := ready(t, serve(key))
	for _, c := range []struct{ name, text, before string }{
		{"half an emoji in sub", `"x":1,"sub":"member-test-\ud83d","y":`, `"member-test`},
		{"half an emoji in the subject that we want", `\ud83d`, `11111111-1111-1111-1111-111111111111`},
		{"half an emoji in iss", `\ud83d`, `stytch.com/project`},
		{"half an emoji in aud", `"\ud83d",`, `"project-test`},
		{"half an emoji in jti", `"jti":"\ud83d",`, `"sub"`},
		{"half an emoji in the session id", `\ud83d`, `session-test-2222`},
		{"half an emoji in a role", `"\ud83d",`, `"stytch_member"`},
		{"half an emoji in a factor", `\ud83d`, `otp"`},
		{"half an emoji in a part that we do not read", `"x":"\ud83d",`, `"user_agent"`},
		{"half an emoji in a name within the session", `"\ud83d":1,`, `"user_agent"`},
		{"half an emoji in the slug", `\ud83d`, `acme`},
		{"half an emoji in a claim that Stytch may add one day", `"https://stytch.com/future":"\ud83d",`, `"sub"`},
		{"half an emoji in the name of such a claim", `"https://stytch.com/\ud83d":1,`, `"sub"`},
		{"half an emoji in a custom claim, and another in the slug", `"x":"\ud83d",`, `"sub"`},
		{"a custom claim twice, once cut", `"x\ud83d":1,"x\ud83e":2,`, `"sub"`},
		{"a name twice in a custom claim, once cut", `"x":{"\ud83d":1,"\ud83e":2},`, `"sub"`},
		{"a name twice beside half an emoji", `"x":"\ud83d","y":{"a":1,"a":2},`, `"sub"`},
		{"sub twice beside half an emoji", `"x":"\ud83d","s\u0075b":"member-test-evil",`, `"sub"`},
		{"bytes that are not UTF-8", "\"x\":\"\xff\",", `"sub"`},
		{"half an emoji as bytes", "\"x\":\"\xed\xa0\xbd\",", `"sub"`},
		{"bytes that are not UTF-8, and half an emoji", "\"x\":\"\xff\",\"y\":\"\\ud83d\",", `"sub"`},
		{"an escape that is cut", `"x":"\ud83",`, `"sub"`},
		{"a second half that is cut", `"x":"\ud83d\ude0",`, `"sub"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := claimsWith(t, c.text, c.before)
			if strings.HasSuffix(c.name, "another in the slug") {
				p = strings.Replace(p, "acme", `acme\ud83d`, 1)
			}
			expect(t, v, key.sign(key.header(), p), jwks.ErrInvalidToken)
		})
	}
	t.Run("something after the claims, and half an emoji in them", func(t *testing.T) {
		p := claimsWith(t, `"x":"\ud83d",`, `"sub"`)
		expect(t, v, key.sign(key.header(), p), nil)
		expect(t, v, key.sign(key.header(), p+"{}"), jwks.ErrInvalidToken)
	})
}

func TestHalfAnEmojiAndAKeyThatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key, next := newSigner(0), newSigner(1)
		s := serve(key)
		v := ready(t, s)
		s.answerWith(down)
		token := next.sign(next.header(), claimsWith(t, `"\ud83d":"\ud83d",`, `"sub"`))
		expect(t, v, token, jwks.ErrUnavailable)
		s.answerWith(respond(http.StatusOK, keySet(key, next)))
		time.Sleep(time.Second)
		expect(t, v, token, nil)
	})
}

func TestNumbersInCustomClaims(t *testing.T) {
	const large = "9007199254740993" // 2^53 + 1, which no float64 holds
	key := newSigner(0)
	text := `"n":` + large + `,"quoted":"` + large + `","list":[1,[2.50,` + large + `]],"huge":1e999,"negative":-` + large + `,"zero":-0,"text":"x","none":null,"yes":true,`
	s := expect(t, ready(t, serve(key)), key.sign(key.header(), claimsWith(t, text, `"sub"`)), nil)

	var typed struct {
		Number  json.Number     `json:"n"`
		Quoted  json.Number     `json:"quoted"`
		Int     int64           `json:"negative"`
		Any     any             `json:"zero"`
		Raw     json.RawMessage `json:"list"`
		Huge    json.Number     `json:"huge"`
		None    json.Number     `json:"none"`
		Yes     any             `json:"yes"`
		Pointer *any            `json:"text"`
	}
	if err := s.Claims(&typed); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"a json.Number", typed.Number, json.Number(large)},
		{"a json.Number from a string", typed.Quoted, json.Number(large)},
		{"a json.Number beyond float64", typed.Huge, json.Number("1e999")},
		{"a json.Number from null", typed.None, json.Number("")},
		{"an int64", typed.Int, int64(-9007199254740993)},
		{"an any", typed.Any, any(json.Number("-0"))},
		{"a bool in an any", typed.Yes, true},
		{"a text in an any", *typed.Pointer, "x"},
		{"a json.RawMessage", string(typed.Raw), `[1,[2.50,` + large + `]]`},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %#v, want %#v", c.what, c.got, c.want)
		}
	}

	var all map[string]any
	if err := s.Claims(&all); err != nil {
		t.Fatal(err)
	}
	const want = `{"huge":1e999,"list":[1,[2.50,` + large + `]],"n":` + large + `,"negative":-` + large +
		`,"none":null,"quoted":"` + large + `","text":"x","yes":true,"zero":-0}`
	if got := toJSON(all); got != want {
		t.Errorf("a map: got %s, want %s", got, want)
	}
	var top any
	if err := s.Claims(&top); err != nil {
		t.Fatal(err)
	}
	if got := toJSON(top); got != want {
		t.Errorf("an any: got %s, want %s", got, want)
	}

	var n int64
	pointed := map[string]any{"n": nil, "x": 1}
	into := struct {
		N any `json:"n"`
	}{&n}
	if err := s.Claims(&into); err != nil || n != 9007199254740993 {
		t.Errorf("an any that points to an int64: got %d and error %v", n, err)
	}
	if err := s.Claims(&pointed); err != nil || pointed["n"] != json.Number(large) || pointed["x"] != 1 {
		t.Errorf("a map that holds something: got %v and error %v", pointed, err)
	}
	var small struct {
		N int32 `json:"n"`
	}
	if err := s.Claims(&small); err == nil || strings.Contains(err.Error(), large) {
		t.Errorf("an int32: got error %v, want one without the value", err)
	}
	var word struct {
		Text json.Number `json:"text"`
	}
	if err := s.Claims(&word); err == nil {
		t.Errorf("a json.Number from a word: got %q, want an error", word.Text)
	}
}
