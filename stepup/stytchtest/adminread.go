// The admin endpoints that list text messages, emails and API calls. The admin routes
// call them; they do the work of Messages, Mails and Calls for tests in other
// languages.

package stytchtest

import (
	"net/http"
	"time"
)

// messageJSON is a text message as the admin API shows it.
type messageJSON struct {
	MemberID    string `json:"member_id"`
	PhoneNumber string `json:"phone_number"`
	Code        string `json:"code"`
	Locale      string `json:"locale"`
	SentAt      string `json:"sent_at"`
}

// listMessages is GET /_emulator/messages. It lists the messages to one member or
// to all, newest last.
func (ad *admin) listMessages(r *http.Request, _ []byte) (any, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "member_id"); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	messages := []messageJSON{}
	for _, m := range st.messages.list(query.Get("member_id")) {
		messages = append(messages, messageJSON{m.MemberID, m.PhoneNumber, m.Code, m.Locale, wireTime(m.SentAt)})
	}
	return map[string]any{"messages": messages}, nil
}

// mailJSON is an email as the admin API shows it.
type mailJSON struct {
	MemberID     string `json:"member_id"`
	EmailAddress string `json:"email_address"`
	URL          string `json:"url"`
	Token        string `json:"token"`
	Locale       string `json:"locale"`
	SentAt       string `json:"sent_at"`
}

// listMails is GET /_emulator/mails. It lists the emails to one member or to all,
// newest last.
func (ad *admin) listMails(r *http.Request, _ []byte) (any, *apiError) {
	query := r.URL.Query()
	if err := checkQuery(query, "member_id"); err != nil {
		return nil, err
	}
	st := ad.api.state
	st.mu.Lock()
	defer st.mu.Unlock()
	mails := []mailJSON{}
	for _, m := range st.magicLinks.list(query.Get("member_id")) {
		mails = append(mails, mailJSON{m.MemberID, m.EmailAddress, m.URL, m.Token, m.Locale, wireTime(m.SentAt)})
	}
	return map[string]any{"mails": mails}, nil
}

// callJSON is a call as the admin API shows it. It omits the query and the body,
// because tests print the log when they fail and it ends up in build logs.
type callJSON struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	ErrorType string `json:"error_type"`
	At        string `json:"at"`
}

// listCalls is GET /_emulator/calls, newest last.
func (ad *admin) listCalls(*http.Request, []byte) (any, *apiError) {
	calls := []callJSON{}
	for _, c := range ad.api.calls.list() {
		calls = append(calls, callJSON{c.Method, c.Path, c.Status, c.ErrorType, c.At.UTC().Format(time.RFC3339Nano)})
	}
	return map[string]any{"calls": calls}, nil
}
