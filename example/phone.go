// The page with the simulated phone. Routed only in the demo.

package main

import (
	"net/http"
	"slices"
	"time"
)

// message is a text message on the simulated phone.
type message struct {
	Name, Number string
	Code         string
	SentAt       time.Time
	Old          bool // whether the member has a newer one
}

// phone shows the messages that the emulator would have sent. The emulator's own
// phone refuses to be framed, so the app has this page, which it frames beside
// its own pages. The verify pages refuse to be framed too: they link to it, in a
// separate window.
func (a *app) phone(w http.ResponseWriter, r *http.Request) {
	var shown []message
	seen := map[string]bool{}
	for _, m := range slices.Backward(a.demo.emulator.Messages("")) {
		p, _ := a.demo.find(m.MemberID)
		shown = append(shown, message{Name: p.Name, Number: m.PhoneNumber, Code: m.Code, SentAt: m.SentAt, Old: seen[m.MemberID]})
		seen[m.MemberID] = true
		if len(shown) == 20 {
			break
		}
	}
	a.pages.write(w, http.StatusOK, "phone", "'self'", shown)
}
