package stytchtest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup/stytchtest"
)

func parse(t *testing.T, text any) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text.(string))
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestAdvanceMakesEverythingOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(time.Hour), stytchtest.WithFactor("otp", "sms", 0))
		f.send()
		start := time.Now()
		f.srv.Advance(10 * time.Minute)

		answer := f.refresh()
		claims := claimsOf(t, answer["session_jwt"].(string))
		if got := int64(claims["iat"].(float64)); got != start.Unix() {
			t.Errorf("the JWT was minted at %d, want the real time %d", got, start.Unix())
		}
		session := sessionClaim(claims)
		if got, want := parse(t, session["expires_at"]), start.Add(50*time.Minute); !got.Equal(want) {
			t.Errorf("the session ends at %v, want %v", got, want)
		}
		sms := session["authentication_factors"].([]any)[1].(object)
		if got, want := parse(t, sms["last_authenticated_at"]), start.Add(-10*time.Minute); !got.Equal(want) {
			t.Errorf("the factor was proved at %v, want %v", got, want)
		}
		if got, want := f.srv.Messages("")[0].SentAt, start.Add(-10*time.Minute); !got.Equal(want) {
			t.Errorf("the message was sent at %v, want %v", got, want)
		}
		status, refusal := f.post(authenticatePath, f.with("code", f.srv.LastCode(f.member)))
		checkRefusal(t, status, refusal, 401, "unable_to_auth_otp_code")
	})
}

func TestAdvanceMakesLoginsAndMailsOlder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newLogin(t, "")
		token := f.srv.StartLogin(f.member)
		sent := f.mail().SentAt
		f.srv.Advance(3 * time.Minute)
		answer := f.mustLogIn(intermediateSession, token)
		link := answer["member_session"].(object)["authentication_factors"].([]any)[0].(object)
		if age := time.Since(parse(t, link["last_authenticated_at"])); age != 3*time.Minute {
			t.Errorf("the first factor is %v old, want 3m", age)
		}
		if age := sent.Sub(f.srv.Mails("")[0].SentAt); age != 3*time.Minute {
			t.Errorf("the mail is %v older, want 3m", age)
		}
	})
}

func TestTheClockIsThatOfTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		code := f.send()
		time.Sleep(2*time.Minute - time.Nanosecond)
		f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(24*time.Hour))
		late := f.with("code", code)
		if status, answer := f.post(authenticatePath, late); status != 200 {
			t.Fatalf("just before two minutes: got %d %v", status, answer["error_type"])
		}
		code = f.send()
		time.Sleep(2 * time.Minute)
		status, answer := f.post(authenticatePath, f.with("code", code))
		checkRefusal(t, status, answer, 401, "unable_to_auth_otp_code")

		f.session = f.srv.SignIn(f.member, stytchtest.WithDuration(2*time.Hour))
		f.srv.LockMember(f.member)
		time.Sleep(time.Hour - time.Nanosecond)
		status, answer = f.post(sendPath, f.with())
		checkRefusal(t, status, answer, 429, "user_lock_limit_reached")
		time.Sleep(time.Nanosecond)
		f.send()
		time.Sleep(time.Hour)
		status, answer = f.post(sessionPath, object{"session_jwt": f.session.JWT})
		checkRefusal(t, status, answer, 404, "session_not_found")
	})
}

func TestClockSkewShowsInEveryTimestamp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		before := f.send()
		const skew = 3 * time.Second
		f.srv.SetClockSkew(skew)
		want := time.Now().Add(skew)

		if got := f.srv.Messages("")[0].SentAt; !got.Equal(want) {
			t.Errorf("a code sent just before is %v old, want 0s", want.Sub(got))
		}
		_, answer := f.post(authenticatePath, f.with("code", before))
		claims := claimsOf(t, answer["session_jwt"].(string))
		if got := int64(claims["iat"].(float64)); got != want.Unix() {
			t.Errorf("iat: got %d, want %d", got, want.Unix())
		}
		for _, session := range []object{sessionClaim(claims), answer["member_session"].(object)} {
			sms := session["authentication_factors"].([]any)[1].(object)
			stamps := object{
				"last_accessed_at":             session["last_accessed_at"],
				"last_authenticated_at of sms": sms["last_authenticated_at"],
				"started_at, skewed afterward": session["started_at"],
			}
			for what, text := range stamps {
				if got := parse(t, text); !got.Equal(want) {
					t.Errorf("%s: got %v, want %v", what, got, want)
				}
			}
		}
		if got := parse(t, f.memberObject()["updated_at"]); !got.Equal(want) {
			t.Errorf("updated_at: got %v, want %v", got, want)
		}
		if got := f.srv.SignIn(f.member); !got.ExpiresAt.Equal(want.Add(time.Hour)) {
			t.Errorf("a new session ends at %v, want %v", got.ExpiresAt, want.Add(time.Hour))
		}

		f.srv.SetClockSkew(0)
		code := f.send()
		if status, answer := f.post(authenticatePath, f.with("code", code)); status != 200 {
			t.Errorf("without skew again: got %d %v", status, answer["error_type"])
		}
	})
}
