// The phone page, which shows text messages as a person would see them. The
// admin routes serve it with its style and script.

package stytchtest

import (
	"embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// phoneAssets holds the template, the style and the script of the page.
//
//go:embed phone
var phoneAssets embed.FS

// phonePolicy allows the page its own style and script and nothing else. No other
// page may frame it, since it shows live codes.
const phonePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// maxPhoneMessages bounds the page, which a browser fetches every second.
const maxPhoneMessages = 50

// phoneView is the data of the template.
type phoneView struct {
	Member   string // id of the member whose messages are shown, "" = all
	Messages []phoneMessage
}

// phoneMessage is a message with the names that the template shows beside it.
type phoneMessage struct {
	Message
	Name         string // of the member
	Organization string
	Older        bool // a newer message was sent to the same member
}

// Time is when the message was sent, in local time, since only the machine that the
// emulator runs on shows the page.
func (m phoneMessage) Time() string { return m.SentAt.Local().Format("15:04:05") }

// Stamp is the time in a form for programs.
func (m phoneMessage) Stamp() string { return m.SentAt.UTC().Format(time.RFC3339) }

// newPhonePage returns the handler of GET /_emulator/phone: the messages as they
// arrive, newest first. A script refreshes the page; without scripts it reloads
// itself.
func newPhonePage(st *state) http.Handler {
	page := template.Must(template.ParseFS(phoneAssets, "phone/phone.html"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, phonePolicy, page, newPhoneView(st, r.URL.Query().Get("member_id")))
	})
}

// newPhoneView returns the newest messages to one member, or to all if memberID is
// empty.
func newPhoneView(st *state, memberID string) phoneView {
	view := phoneView{Member: memberID}
	seen := map[string]bool{}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, message := range slices.Backward(st.messages.list(memberID)) {
		m := st.members.byID[message.MemberID]
		view.Messages = append(view.Messages, phoneMessage{
			Message:      message,
			Name:         m.name,
			Organization: m.organization.Name,
			Older:        seen[m.id],
		})
		seen[m.id] = true
		if len(view.Messages) == maxPhoneMessages {
			break
		}
	}
	return view
}

// newPhoneFiles returns the handler of the style and the script.
func newPhoneFiles() http.Handler {
	return pageFiles(phoneAssets, phonePolicy, "phone/phone.css", "phone/phone.js")
}
