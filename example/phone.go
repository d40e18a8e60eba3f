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
	Old          bool // a newer one went to the same member
}

// phone shows the messages that the emulator would have sent. The verify pages
// let nobody frame them, and the emulator's own phone neither, so this is a
// page of the app: it stands beside the others and opens in a window of its own.
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
