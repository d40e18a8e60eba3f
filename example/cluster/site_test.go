//go:build unix

package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// site is an app and the emulated Stytch behind it, as the outside world sees
// them.
type site struct {
	t         *testing.T
	home      string            // without a trailing slash
	transport http.RoundTripper // of browsers
	emulator  string            // where the emulator is, without a trailing slash
	stytch    *http.Client      // that reaches it
	socket    string            // of Redis; "" = none
}

// admin calls the emulator's admin API.
func (s *site) admin(method, path string, body, into any) {
	s.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.emulator+"/_emulator/"+path, bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := s.stytch.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %s %v: %s", method, path, resp.Status, err, answer)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		s.t.Fatal(err)
	}
}

// person is the only member of an organization.
type person struct {
	site         *site
	organization string
	member       string
}

func (s *site) person() *person {
	s.t.Helper()
	var organization struct {
		ID string `json:"organization_id"`
	}
	s.admin(http.MethodPost, "organizations", map[string]string{}, &organization)
	var member struct {
		ID string `json:"member_id"`
	}
	s.admin(http.MethodPost, "members", map[string]string{
		"organization_id": organization.ID, "mfa_phone_number": nextNumber(),
	}, &member)
	return &person{site: s, organization: organization.ID, member: member.ID}
}

// numbers makes every phone number different, because the emulator accepts none
// twice.
var numbers struct {
	sync.Mutex
	last int
}

func nextNumber() string {
	numbers.Lock()
	defer numbers.Unlock()
	numbers.last++
	return "+1202555" + strconv.Itoa(1000+numbers.last)
}

// signIn starts another session of the member, in its own browser. jwtAge is how
// long ago its JWT was made.
func (p *person) signIn(jwtAge time.Duration) *browser {
	p.site.t.Helper()
	var session struct {
		JWT   string `json:"session_jwt"`
		Token string `json:"session_token"`
	}
	p.site.admin(http.MethodPost, "sessions", map[string]any{
		"organization_id": p.organization, "member_id": p.member,
		"jwt_age_seconds": int(jwtAge.Seconds()), "session_duration_minutes": 600,
	}, &session)
	b := newBrowser(p.site)
	b.setCookies(
		&http.Cookie{Name: "stytch_session_jwt", Value: session.JWT},
		&http.Cookie{Name: "stytch_session", Value: session.Token},
	)
	return b
}

// codes returns the codes sent to a member, newest last; "" = to anybody.
func (s *site) codes(member string) []string {
	s.t.Helper()
	var answer struct {
		Messages []struct {
			MemberID string `json:"member_id"`
			Code     string `json:"code"`
		} `json:"messages"`
	}
	s.admin(http.MethodGet, "messages", nil, &answer)
	var codes []string
	for _, m := range answer.Messages {
		if member == "" || m.MemberID == member {
			codes = append(codes, m.Code)
		}
	}
	return codes
}

// onlyCode returns the code of the member's only message, and fails if there is not
// exactly one.
func (p *person) onlyCode() string {
	p.site.t.Helper()
	codes := p.site.codes(p.member)
	if len(codes) != 1 {
		p.site.t.Fatalf("%d text messages were sent to the member, want 1", len(codes))
	}
	return codes[0]
}

// calls returns how often an endpoint of Stytch was called.
func (s *site) calls(endpoint string) int {
	s.t.Helper()
	var answer struct {
		Calls []struct {
			Path string `json:"path"`
		} `json:"calls"`
	}
	s.admin(http.MethodGet, "calls", nil, &answer)
	n := 0
	for _, call := range answer.Calls {
		if strings.HasSuffix(call.Path, "/"+endpoint) {
			n++
		}
	}
	return n
}

// atOnce calls do from n goroutines that start together, and counts the answers by
// kind.
func atOnce(n int, do func(i int) reply, kind func(reply) string) map[string]int {
	answers := make(chan string, n)
	begin := make(chan struct{})
	for i := range n {
		go func() {
			<-begin
			answers <- kind(do(i))
		}()
	}
	close(begin)
	counts := map[string]int{}
	for range n {
		counts[<-answers]++
	}
	return counts
}
