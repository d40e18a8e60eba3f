// Checks that the forms of a page have the fields that they send. samples.go
// asks it for every page of Config.Pages, and checkrender.go for any other: a
// field that was forgotten would show when a member presses a button, and a
// missing "bound" not even then.

package pages

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/rungauth/rung/stepup/contract"
)

// checkForms returns an error for a form that the page needs and lacks, or that
// lacks a field. Errors name the fields of Page, which are the same in templates.
func checkForms(page contract.Page, source string) error {
	forms := readForms(source)
	for _, f := range forms {
		target, ours := f.within(page.Base)
		if !ours {
			continue
		}
		for _, want := range hiddenFields(page) {
			if want.value != "" && !f.sends(want.name, want.value) {
				return fmt.Errorf("the form that leads to Base%s has no hidden field %q with %s", target, want.name, want.from)
			}
		}
	}
	if page.State == contract.StateContinue && page.Form != nil {
		return checkRequest(*page.Form, forms)
	}
	target, field := needed(page)
	if target == "" {
		return nil
	}
	leads := false
	for _, f := range forms {
		if slices.Contains(f.targets, page.Base+strings.TrimPrefix(target, "Base")) {
			leads = true
			if field == "" || f.asks(field) {
				return nil
			}
		}
	}
	if leads {
		return fmt.Errorf("the form that leads to %s has no field %q to type into", target, field)
	}
	return fmt.Errorf("no form leads to %s", target)
}

// A hiddenField is one that every form of a page must send if it has a value.
type hiddenField struct{ name, value, from string }

func hiddenFields(page contract.Page) []hiddenField {
	fields := []hiddenField{
		{"session", page.Session, "Session"}, {"policy", page.Policy, "Policy"}, {"next", page.Next, "Next"},
		{"method", string(page.Method), "Method"}, {"bound", page.Bound, "Bound"},
	}
	if page.Setup != nil {
		fields = append(fields, hiddenField{"setup", page.Setup.Sealed, "Setup.Sealed"})
	}
	// Where the request is on the page as it is, it need not ride along.
	if page.Form != nil && page.State != contract.StateContinue {
		fields = append(fields, hiddenField{"form", page.Form.Sealed, "Form.Sealed"})
	}
	return fields
}

// needed returns where a form of the page must lead, and the field that it must
// have to be typed into; "" = none.
func needed(page contract.Page) (target, field string) {
	switch {
	case page.State == contract.StateCode, page.State == contract.StateAuthenticator && page.Setup != nil:
		return "Base", "code"
	case page.State == contract.StateAuthenticator:
		return "Baseauthenticator", ""
	case page.State == contract.StateAsk:
		return "Basesend", ""
	case page.State == contract.StatePhone:
		return "Basephone", "phone"
	}
	return "", ""
}

// checkRequest returns an error unless a form sends the request that waits.
func checkRequest(request contract.Form, forms []*form) error {
	i := slices.IndexFunc(forms, func(f *form) bool { return slices.Contains(f.targets, request.Action) })
	if i < 0 {
		return errors.New("no form leads to Form.Action")
	}
	for _, value := range request.Values {
		if !forms[i].sends(value.Name, value.Value) {
			return errors.New("the form that leads to Form.Action lacks a field of Form.Values")
		}
	}
	for _, name := range request.Withheld {
		if !forms[i].asks(name) {
			return errors.New("the form that leads to Form.Action lacks a field of Form.Withheld to type into")
		}
	}
	return nil
}
