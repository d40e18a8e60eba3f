package stytchtest

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"time"
)

// phoneAssets are the template, the style and the script of the phone page.
//
//go:embed phone
var phoneAssets embed.FS

// phonePolicy lets the page use its own style and script and nothing else. It
// holds live codes, so no other page may frame it.
const phonePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// phoneView is what the template shows.
type phoneView struct {
	Member   string // whose messages, "" = everybody's
	Messages []phoneMessage
}

// phoneMessage is a message and what a reader wants to know about it.
type phoneMessage struct {
	Message
	Name         string // of the member
	Organization string
	Older        bool // a newer message went to the same member
}

// Time is when the message came, by the clock on the wall of whoever looks: the
// page is only ever shown on the machine that the emulator runs on.
func (m phoneMessage) Time() string { return m.SentAt.Local().Format("15:04:05") }

// Stamp is the same for programs.
func (m phoneMessage) Stamp() string { return m.SentAt.UTC().Format(time.RFC3339) }

// phonePage is GET /_emulator/phone: the text messages as they arrive, newest
// first. It is a plain page that reloads itself, or a script that does so more
// smoothly.
func (s *Server) phonePage() http.Handler {
	page := template.Must(template.ParseFS(phoneAssets, "phone/phone.html"))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var out bytes.Buffer
		if err := page.Execute(&out, s.phoneView(r.URL.Query().Get("member_id"))); err != nil {
			panic(err) // the template is tested and the view complete
		}
		phoneHeader(w.Header())
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = out.WriteTo(w)
	})
}

// phoneView shows the newest messages only: a phone in a long test run would
// otherwise grow without end, and be sent whole every second.
func (s *Server) phoneView(memberID string) phoneView {
	view := phoneView{Member: memberID}
	seen := map[string]bool{}
	messages := s.Messages(memberID)
	s.state.mu.Lock()
	defer s.state.mu.Unlock()
	for _, message := range slices.Backward(messages) {
		m := s.state.members.byID[message.MemberID]
		view.Messages = append(view.Messages, phoneMessage{
			Message:      message,
			Name:         m.name,
			Organization: m.organization.Name,
			Older:        seen[m.id],
		})
		seen[m.id] = true
		if len(view.Messages) == 50 {
			break
		}
	}
	return view
}

// phoneFiles serves the style and the script.
func phoneFiles() http.Handler {
	files := http.StripPrefix("/_emulator/", http.FileServerFS(phoneAssets))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/_emulator/phone/phone.css", "/_emulator/phone/phone.js":
			phoneHeader(w.Header())
			files.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// phoneHeader keeps codes out of caches, frames and Referer headers.
func phoneHeader(h http.Header) {
	h.Set("Content-Security-Policy", phonePolicy)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}
