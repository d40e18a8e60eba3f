package main_test

import (
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// demoPassword is everybody's, as the sign-in page says.
const demoPassword = "ledger-line-demo"

// totpPeriod is how long an authenticator app shows a code.
const totpPeriod = 30 * time.Second

// onPhone returns the part of the simulated phone that is a member's authenticator
// app; "" = the member has none.
func (p *process) onPhone(name string) string {
	p.t.Helper()
	resp, err := http.Get(p.phone)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, app := range regexp.MustCompile(`(?s)<section.*?</section>`).FindAllString(string(body), -1) {
		if strings.Contains(app, name) {
			return app
		}
	}
	return ""
}

// authenticator returns the code that a member's authenticator app shows.
func (p *process) authenticator(name string) string {
	p.t.Helper()
	found := regexp.MustCompile(`<strong>(\d{6})</strong>`).FindStringSubmatch(p.onPhone(name))
	if found == nil {
		p.t.Fatalf("the phone shows no authenticator app of %s", name)
	}
	return found[1]
}

// recoveryCodes returns the codes that a member wrote down and has not used.
func (p *process) recoveryCodes(name string) (codes []string) {
	p.t.Helper()
	for _, m := range regexp.MustCompile(`<code>(.*?)</code>`).FindAllStringSubmatch(p.onPhone(name), -1) {
		codes = append(codes, html.UnescapeString(m[1]))
	}
	return codes
}
