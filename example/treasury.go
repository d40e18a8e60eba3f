// The account, the payouts, the statements and the approvers. The routes in
// routes.go guard them; the handlers know nothing about it.

package main

import (
	"encoding/json"
	"net/http"
	"time"
)

type balance struct {
	Name, Number string
	Amount       cents
}

type payout struct {
	Due       time.Time `json:"due"`
	Payee     string    `json:"payee"`
	Reference string    `json:"reference"`
	Amount    cents     `json:"amount_cents"`
	Approved  bool      `json:"approved"`
}

func balances() []balance {
	return []balance{
		{"Operating", "ending 4417", 482_913_06},
		{"Payroll", "ending 0098", 96_400_00},
		{"Tax reserve", "ending 7731", 131_250_75},
	}
}

func payouts(today time.Time) []payout {
	in := func(days int) time.Time { return today.AddDate(0, 0, days) }
	return []payout{
		{in(1), "Halden Freight", "INV-20418", 18_240_00, true},
		{in(1), "Castellan Insurance", "Policy 77-310", 6_905_50, true},
		{in(2), "Payroll", "26 people", 94_118_32, false},
		{in(4), "Orchard Software", "Renewal", 12_400_00, false},
		{in(5), "Bayside Properties", "Rent", 9_850_00, true},
		{in(7), "Kestrel Components", "PO 5521", 31_077_25, false},
	}
}

// account shows the balances to signed-in members.
func (a *app) account(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, http.StatusOK, "account", "Account", balances())
}

type payoutsView struct {
	Payouts []payout
	Total   cents
}

// payouts is called only for members who have stepped up. The guard sees to that.
func (a *app) payouts(w http.ResponseWriter, r *http.Request) {
	data := payoutsView{Payouts: payouts(time.Now())}
	for _, p := range data.Payouts {
		data.Total += p.Amount
	}
	a.show(w, r, http.StatusOK, "payouts", "Payouts", data)
}

// payoutsAPI is the same for programs. The guard refuses them in JSON.
func (a *app) payoutsAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{"payouts": payouts(time.Now())})
}

type statement struct {
	Month           time.Time
	Incoming, Outgo cents
}

// statements shows the months before today.
func (a *app) statements(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	before := func(months int) time.Time {
		return time.Date(now.Year(), now.Month()-time.Month(months), 1, 0, 0, 0, 0, time.Local)
	}
	a.show(w, r, http.StatusOK, "statements", "Statements", []statement{
		{before(1), 612_440_10, 587_201_94},
		{before(2), 590_871_00, 601_338_27},
		{before(3), 633_019_55, 572_664_80},
	})
}

type approver struct {
	Name, Role string
	Limit      cents
}

// approvers shows who may send how much without a second person.
func (a *app) approvers(w http.ResponseWriter, r *http.Request) {
	a.show(w, r, http.StatusOK, "approvers", "Approvers", []approver{
		{"Ada Moreno", "Treasurer", 250_000_00},
		{"Ben Okafor", "Controller", 50_000_00},
	})
}
