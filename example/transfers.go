// The transfers, whose handler asks for a step-up only if the amount is large, and
// for one that is good for that transfer alone. Routed in routes.go.

package main

import (
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/rungauth/rung/stepup"
)

// transferLimit is how much a member may send without a second factor.
const transferLimit cents = 1_000_00

type transfer struct {
	Payee, Reference string
	Amount           cents
	At               time.Time
}

type transfersView struct {
	Limit   cents
	Sent    []transfer // newest first
	Entered transfer   // the form as filled in
	Amount  string     // as it was typed
	Problem string
	Done    bool // whether a transfer was just sent
}

// transfers is the page with the form.
func (a *app) transfers(w http.ResponseWriter, r *http.Request) {
	a.showTransfers(w, r, http.StatusOK, transfersView{Done: r.FormValue("done") != ""})
}

func (a *app) showTransfers(w http.ResponseWriter, r *http.Request, status int, data transfersView) {
	session, _ := stepup.SessionFromContext(r.Context())
	data.Limit = transferLimit
	data.Sent = a.ledger.sent(session.OrganizationID())
	a.show(w, r, status, "transfers", "Transfers", data)
}

// transfer sends money. A small amount needs only a session. Only the handler knows
// whether an amount is large, so it asks the guard itself. A code that was entered
// for something else does not count, and one for this transfer sends it once.
func (a *app) transfer(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	t, problem := readTransfer(r)
	if problem != "" {
		a.showTransfers(w, r, http.StatusUnprocessableEntity, transfersView{
			Entered: t, Amount: r.PostFormValue("amount"), Problem: problem,
		})
		return
	}
	if t.Amount > transferLimit {
		if err := a.guard.Check(r, a.policies.transfer); err != nil { // decides, writes nothing
			a.guard.Deny(w, r, err) // answers in the client's language
			return
		}
	}
	session, _ := stepup.SessionFromContext(r.Context())
	a.ledger.send(session.OrganizationID(), t)
	http.Redirect(w, r, "/transfers?done=1", http.StatusSeeOther)
}

// readTransfer reads the form. The problem is a text for the member, or "".
func readTransfer(r *http.Request) (t transfer, problem string) {
	t = transfer{
		Payee:     strings.TrimSpace(r.PostFormValue("payee")),
		Reference: strings.TrimSpace(r.PostFormValue("reference")),
		At:        time.Now(),
	}
	var ok bool
	t.Amount, ok = parseCents(r.PostFormValue("amount"))
	switch {
	case t.Payee == "" || utf8.RuneCountInString(t.Payee) > 60:
		return t, "Enter who gets the money, in at most 60 characters."
	case utf8.RuneCountInString(t.Reference) > 60:
		return t, "Enter a reference of at most 60 characters."
	case !ok:
		return t, "Enter an amount in dollars, like 250 or 1,250.00."
	}
	return t, ""
}

// ledger holds the transfers of this run, by organization.
type ledger struct {
	mu        sync.Mutex
	transfers map[string][]transfer
}

func newLedger() *ledger { return &ledger{transfers: map[string][]transfer{}} }

// maxTransfers is how many transfers of an organization are remembered.
const maxTransfers = 20

func (l *ledger) send(organization string, t transfer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.transfers[organization] = append([]transfer{t}, l.transfers[organization]...)
	if kept := l.transfers[organization]; len(kept) > maxTransfers {
		l.transfers[organization] = kept[:maxTransfers]
	}
}

// sent returns a copy, newest first.
func (l *ledger) sent(organization string) []transfer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]transfer(nil), l.transfers[organization]...)
}
