package pages

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

func TestEveryStateHasAPage(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../../contract/page.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	sampled := make(map[contract.State]bool)
	for _, page := range samplePages() {
		sampled[page.State] = true
	}
	p := mustPages(t, nil)
	states := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "State") || spec.Values == nil {
			return true
		}
		states++
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if p.templates[contract.State(value)] == nil {
			t.Errorf("no template for the state %q", value)
		}
		if !sampled[contract.State(value)] {
			t.Errorf("no sample of the state %q", value)
		}
		return true
	})
	if states != len(p.templates) {
		t.Errorf("%d states and %d templates", states, len(p.templates))
	}
}

// TestPagesAreWellMade looks at every page in every language for what holds
// for all of them.
func TestPagesAreWellMade(t *testing.T) {
	p := mustPages(t, nil)
	for _, language := range []string{"en", "es", "pt-BR"} {
		for i, page := range samplePages() {
			page.Language = language
			name := fmt.Sprintf("%s/%d/%s/%s", language, i, page.State, page.Code)
			t.Run(name, func(t *testing.T) {
				checkPage(t, page, parsePage(t, p, page))
			})
		}
	}
}

func checkPage(t *testing.T, page contract.Page, doc markup) {
	for _, element := range []string{"h1", "main", "title"} {
		if n := len(doc.all(element)); n != 1 {
			t.Errorf("%d <%s>, want one", n, element)
		}
	}
	if html := doc.all("html")[0]; html.attr["lang"] != page.Language || html.attr["dir"] != "ltr" {
		t.Errorf("<html> has %v", html.attr)
	}
	if strings.ContainsAny(doc.text, "{}") || strings.Contains(doc.text, "ZgotmplZ") {
		t.Errorf("something was not filled in: %s", doc.text)
	}
	ways := 0
	for i, e := range doc.elements {
		for name := range e.attr {
			if name == "style" || strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s>, which the policy forbids", e.name, name)
			}
		}
		switch e.name {
		case "script":
			if strings.TrimSpace(e.text) != "" || e.attr["src"] == "" {
				t.Error("an inline script")
			}
		case "style":
			t.Error("an inline style")
		case "a", "button", "h1", "h2", "li", "title", "p", "label", "summary", "dt", "dd", "time":
			if strings.TrimSpace(e.text) == "" && e.attr["role"] == "" {
				t.Errorf("<%s %v> is empty", e.name, e.attr)
			}
		}
		if e.name == "a" || e.name == "button" {
			ways++
		}
		if id := e.attr["id"]; id != "" && slices.ContainsFunc(doc.elements[:i], func(o *element) bool { return o.attr["id"] == id }) {
			t.Errorf("two elements are called %q", id)
		}
		for _, id := range strings.Fields(e.attr["aria-describedby"] + " " + e.attr["for"] + " " + strings.TrimPrefix(local(e.attr["href"]), "#")) {
			if doc.byID(id) == nil {
				t.Errorf("<%s> refers to %q, which is not there", e.name, id)
			}
		}
		if _, hidden := e.attr["hidden"]; e.name == "input" && !hidden && e.attr["type"] != "hidden" {
			if !slices.ContainsFunc(doc.all("label"), func(l *element) bool { return l.attr["for"] == e.attr["id"] }) {
				t.Errorf("the field %q has no label", e.attr["name"])
			}
		}
		if e.name == "form" && (e.attr["method"] != "post" || e.attr["data-turbo"] != "false" || e.attr["hx-boost"] != "false") {
			t.Errorf("<form> has %v", e.attr)
		}
	}
	if ways == 0 {
		t.Error("the page is a dead end")
	}
}

// local returns a link if it stays on the page.
func local(href string) string {
	if strings.HasPrefix(href, "#") {
		return href
	}
	return ""
}

func TestCodePage(t *testing.T) {
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	base := contract.Page{
		State: contract.StateCode, Status: 200, Code: contract.CodeChallengePending, Language: "en", Action: "Transfer $5,000 to Acme",
		PhoneEnding: "12", Now: now, ExpiresAt: now.Add(2 * time.Minute), Session: "s1", Policy: "money", Next: "/payouts?page=2",
		Base: "/stepup/", Form: &contract.Form{Sealed: "sealed"},
	}
	tests := []struct {
		name    string
		change  func(*contract.Page)
		title   string
		mistake string // at the top and at the field; "" = none
		invalid bool   // the field is to blame
		says    []string
		value   string
		primary string // the formaction of the button that stands out
	}{
		{name: "the first time", change: func(p *contract.Page) {}, title: "Check your phone",
			says: []string{"Approve: Transfer $5,000 to Acme", "ending 12", "about 2 minutes", "Only the newest code works", "Do not share the code with anyone."}},
		{name: "after a new message", change: func(p *contract.Page) { p.Code = contract.CodeResent }, title: "Check your phone",
			says: []string{"New code sent. The old one no longer works."}},
		{name: "after a wrong passcode", change: func(p *contract.Page) { p.Code, p.AttemptsLeft = contract.CodeIncorrect, 4 },
			title: "Error: Check your phone", mistake: "That code is not right. 4 attempts left.", invalid: true},
		{name: "before the last try", change: func(p *contract.Page) { p.Code, p.AttemptsLeft = contract.CodeIncorrect, 1 },
			title: "Error: Check your phone", mistake: "That code is not right. 1 attempt left. If it fails, you have to wait.", invalid: true},
		{name: "after the passcode of an older message", change: func(p *contract.Page) { p.Code, p.AttemptsLeft, p.Superseded = contract.CodeIncorrect, 4, true },
			title: "Error: Check your phone", mistake: "That code is not right. 4 attempts left.", invalid: true,
			says: []string{"If you asked for several codes, use the newest message."}},
		{name: "after something that is no passcode", change: func(p *contract.Page) { p.Code = contract.CodeMalformed },
			title: "Error: Check your phone", mistake: "Enter the 6-digit code from the message.", invalid: true},
		{name: "after an expired passcode", change: func(p *contract.Page) { p.Code = contract.CodeExpired },
			title: "Error: Check your phone", mistake: "The code has expired. Send a new one.", invalid: true, primary: "/stepup/send"},
		{name: "opened again when the passcode has expired", change: func(p *contract.Page) { p.ExpiresAt = p.Now },
			title: "Check your phone", primary: "/stepup/send"},
		{name: "after asking for a new passcode too early", change: func(p *contract.Page) {
			p.Code, p.ResendAt, p.Entered = contract.CodeResendCooldown, p.Now.Add(25*time.Second), "402"
		}, title: "Check your phone", value: "402", says: []string{"No new code was sent", "You can ask for a new code in 25 seconds."}},
		{name: "after an expired passcode, before a new one may be asked for", change: func(p *contract.Page) {
			p.Code, p.ResendAt = contract.CodeExpired, p.Now.Add(25*time.Second)
		}, title: "Error: Check your phone", mistake: "The code has expired.", invalid: true, says: []string{"You can ask for a new code in 25 seconds."}},
	}
	p := mustPages(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := base
			test.change(&page)
			doc := parsePage(t, p, page)
			if got := doc.all("title")[0].text; got != test.title {
				t.Errorf("title %q, want %q", got, test.title)
			}
			for _, words := range test.says {
				if !strings.Contains(doc.text, words) {
					t.Errorf("the page does not say %q: %s", words, doc.text)
				}
			}
			checkMistake(t, doc, "code", test.mistake, test.invalid)
			checkCodeForm(t, doc, test.value)
			for _, button := range doc.all("button") {
				if button.attr["class"] == "primary" && button.attr["aria-describedby"] != "elsewhere-text" && button.attr["formaction"] != test.primary {
					t.Errorf("the button that stands out leads to %q, want %q", button.attr["formaction"], test.primary)
				}
			}
		})
	}
}

// checkMistake checks that a mistake is said at the field, which has the focus,
// and that a page without one has none of that.
func checkMistake(t *testing.T, doc markup, field, mistake string, invalid bool) {
	t.Helper()
	input := doc.byID(field)
	_, focused := input.attr["autofocus"]
	// A phone would scroll past a secret that must be dealt with first.
	secret := slices.ContainsFunc(doc.elements, func(e *element) bool { return e.attr["class"] == "secret" })
	if focused != (!secret || mistake != "") {
		t.Errorf("autofocus %v with the mistake %q", focused, mistake)
	}
	if (input.attr["aria-invalid"] == "true") != invalid {
		t.Errorf("aria-invalid=%q", input.attr["aria-invalid"])
	}
	said := doc.byID(field + "-error")
	if mistake == "" {
		if said != nil || input.attr["aria-describedby"] != field+"-hint" {
			t.Errorf("a mistake at the field: %v, %q", said, input.attr["aria-describedby"])
		}
		return
	}
	if said == nil || !strings.HasPrefix(said.text, "Error: "+mistake) || said.attr["role"] != "alert" {
		t.Errorf("the field does not say %q: %v", mistake, said)
	}
	if ids := input.attr["aria-describedby"]; ids != field+"-hint "+field+"-error" {
		t.Errorf("the field is described by %q", ids)
	}
	if n := strings.Count(doc.text, mistake); n != 1 {
		t.Errorf("the mistake is said %d times", n)
	}
}

func checkCodeForm(t *testing.T, doc markup, value string) {
	t.Helper()
	input := doc.byID("code")
	for name, want := range map[string]string{
		"name": "code", "type": "text", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "64",
		"autocapitalize": "none", "spellcheck": "false", "dir": "ltr", "value": value,
	} {
		if input.attr[name] != want {
			t.Errorf("%s=%q, want %q", name, input.attr[name], want)
		}
	}
	if _, ok := input.attr["required"]; !ok {
		t.Error("the field is not required")
	}
	hidden := make(map[string]string)
	for _, e := range doc.all("input") {
		if e.attr["type"] == "hidden" {
			hidden[e.attr["name"]] = e.attr["value"]
		}
	}
	if want := map[string]string{"session": "s1", "policy": "money", "next": "/payouts?page=2", "form": "sealed"}; !reflect.DeepEqual(hidden, want) {
		t.Errorf("hidden fields %v, want %v", hidden, want)
	}
	if form := doc.all("form"); len(form) != 1 || form[0].attr["action"] != "/stepup/" {
		t.Errorf("the form leads to %v", form[0].attr)
	}
	var actions []string
	for _, button := range doc.all("button") {
		actions = append(actions, button.attr["formaction"])
	}
	// The last one is shown by the script, when another tab was verified.
	if want := []string{"", "/stepup/send", "/stepup/cancel", ""}; !slices.Equal(actions, want) {
		t.Errorf("the buttons lead to %q, want %q: Enter presses the first", actions, want)
	}
}

func TestPhonePage(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		name    string
		code    contract.Code
		mistake string
	}{
		{"the first time", contract.CodeEnrollmentRequired, ""},
		{"after something that is no number", contract.CodePhoneInvalid, "Enter a mobile number that starts with + and the country code, like +1 415 555 0123."},
		{"after a number that is taken", contract.CodePhoneUnavailable, "This number cannot be used. Enter a different one, or ask your administrator."},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := parsePage(t, p, contract.Page{State: contract.StatePhone, Code: test.code, Language: "en", Base: "/stepup/", Entered: "+1 415"})
			checkMistake(t, doc, "phone", test.mistake, test.mistake != "")
			input := doc.byID("phone")
			if input.attr["type"] != "tel" || input.attr["autocomplete"] != "tel" || input.attr["dir"] != "ltr" || input.attr["value"] != "+1 415" {
				t.Errorf("the field has %v", input.attr)
			}
			if action := doc.all("form")[0].attr["action"]; action != "/stepup/phone" {
				t.Errorf("the form leads to %q", action)
			}
		})
	}
}

func TestEnterInTheAskPageConfirmsThePasscode(t *testing.T) {
	doc := parsePage(t, mustPages(t, nil), contract.Page{State: contract.StateAsk, Base: "/stepup/", Form: &contract.Form{Sealed: "sealed"}})
	first := doc.all("button")[0]
	if first.attr["formaction"] != "" || first.attr["aria-hidden"] != "true" || first.attr["tabindex"] != "-1" {
		t.Errorf("the first button has %v", first.attr)
	}
	if n := strings.Count(doc.source, `value="sealed"`); n != 1 {
		t.Errorf("the sealed form is in the page %d times", n)
	}
}

func TestContinuePageSendsTheFormAndNothingElse(t *testing.T) {
	page := contract.Page{
		State: contract.StateContinue, Language: "en", Session: "s1", Policy: "money", Next: "/", Base: "/stepup/",
		Form: &contract.Form{
			Sealed: "sealed", Method: "POST", Action: "/payouts?x=1&y=2",
			Values: []contract.FormValue{{Name: "to", Value: "Acme & Sons"}, {Name: "to", Value: `"second"`}, {Name: "note", Value: "two\nlines"}, {Name: "pin", Value: "4711"}},
			Shown:  []contract.FormValue{{Name: "to", Value: "Acme & Sons"}}, Named: []string{"note"}, Withheld: []string{"cvv"},
		},
	}
	p := mustPages(t, nil)
	doc := parsePage(t, p, page)
	forms := doc.all("form")
	if len(forms) != 2 || forms[0].attr["action"] != "/payouts?x=1&y=2" || forms[1].attr["action"] != "/stepup/cancel" {
		t.Fatalf("forms: %v", forms)
	}
	var values []contract.FormValue
	for _, e := range doc.all("input") {
		if e.form == forms[0] {
			values = append(values, contract.FormValue{Name: e.attr["name"], Value: e.attr["value"]})
		}
	}
	if want := append(page.Form.Values, contract.FormValue{Name: "cvv", Value: ""}); !reflect.DeepEqual(values, want) {
		t.Errorf("sends %q, want %q", values, want)
	}
	if retyped := doc.byID("withheld-0"); retyped.attr["type"] != "password" {
		t.Errorf("what was withheld is typed into %v", retyped.attr)
	}
	for _, words := range []string{"Also sent: note", "these fields were not kept", "Goes to: POST /payouts?x=1&y=2"} {
		if !strings.Contains(doc.text, words) {
			t.Errorf("the page does not say %q", words)
		}
	}
	if strings.Contains(doc.text, "4711") || strings.Contains(doc.text, "lines") {
		t.Error("a value is shown that the app did not allow")
	}
}

// TestSpecifiedWords pins what the states are called in the three languages.
func TestSpecifiedWords(t *testing.T) {
	tests := []struct {
		page       contract.Page
		en, es, pt string
	}{
		{contract.Page{State: contract.StateAsk, PhoneEnding: "12"}, "Send code to the number ending 12", "Enviar código al número que termina en 12", "Enviar código para o número com final 12"},
		{contract.Page{State: contract.StateAsk}, "Send code", "Enviar código", "Enviar código"},
		{contract.Page{State: contract.StateCode}, "Check your phone", "Revise su teléfono", "Confira seu celular"},
		{contract.Page{State: contract.StateCode, Code: contract.CodeIncorrect, AttemptsLeft: 4}, "That code is not right. 4 attempts left.",
			"El código no es correcto. Quedan 4 intentos.", "O código não está correto. Restam 4 tentativas."},
		{contract.Page{State: contract.StateCode, Code: contract.CodeIncorrect, AttemptsLeft: 1}, "That code is not right. 1 attempt left. If it fails, you have to wait.",
			"El código no es correcto. Queda 1 intento. Si falla, tendrá que esperar.", "O código não está correto. Resta 1 tentativa. Se ela falhar, você terá que esperar."},
		{contract.Page{State: contract.StateCode, Code: contract.CodeMalformed}, "Enter the 6-digit code from the message",
			"Escriba el código de 6 dígitos del mensaje", "Digite o código de 6 dígitos da mensagem"},
		{contract.Page{State: contract.StateCode, Code: contract.CodeExpired}, "The code has expired. Send a new one.",
			"El código venció. Envíe uno nuevo.", "O código expirou. Envie um novo."},
		{contract.Page{State: contract.StateCode, Code: contract.CodeResent}, "New code sent. The old one no longer works.",
			"Código nuevo enviado. El anterior ya no sirve.", "Novo código enviado. O anterior não funciona mais."},
		{contract.Page{State: contract.StateLocked}, "Too many attempts", "Demasiados intentos", "Muitas tentativas"},
		{contract.Page{State: contract.StateCode, FormLost: true}, "Your form was not saved.",
			"Su formulario no se guardó.", "Seu formulário não foi salvo."},
		{contract.Page{State: contract.StateUnavailable}, "We cannot verify you right now", "No podemos verificar su identidad en este momento", "Não podemos confirmar sua identidade agora"},
		{contract.Page{State: contract.StateContinue, Form: &contract.Form{}}, "Verified. Continue?", "Verificado. ¿Continuar?", "Verificado. Continuar?"},
	}
	p := mustPages(t, nil)
	for _, test := range tests {
		for language, want := range map[string]string{"en": test.en, "es": test.es, "pt-BR": test.pt} {
			test.page.Language = language
			if doc := parsePage(t, p, test.page); !strings.Contains(doc.text, want) {
				t.Errorf("%s in %s does not say %q: %s", test.page.State, language, want, doc.text)
			}
		}
	}
}

func TestUnavailablePageTriesTheSameAgain(t *testing.T) {
	tests := []struct {
		name             string
		page             contract.Page
		action, code, to string // of the form, or of the link
	}{
		{"with the passcode that was typed", contract.Page{Entered: "123456", Policy: "money"}, "/stepup/", "123456", ""},
		{"with the form that waits", contract.Page{Form: &contract.Form{Sealed: "sealed"}, Policy: "money"}, "/stepup/send", "", ""},
		{"by opening the page again", contract.Page{Policy: "money", Next: "/a?b=c"}, "", "", "/stepup/?next=%2Fa%3Fb%3Dc&policy=money"},
		{"by opening the page that was wanted", contract.Page{Next: "/account"}, "", "", "/account"},
		{"at the root where nothing is known", contract.Page{}, "", "", "/"},
	}
	p := mustPages(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.page.State, test.page.Base = contract.StateUnavailable, "/stepup/"
			doc := parsePage(t, p, test.page)
			var action, code, to string
			if forms := doc.all("form"); len(forms) > 0 {
				action = forms[0].attr["action"]
			}
			for _, e := range doc.all("input") {
				if e.attr["name"] == "code" {
					code = e.attr["value"]
				}
			}
			if links := doc.all("a"); len(links) > 0 {
				to = links[0].attr["href"]
			}
			if action != test.action || code != test.code || to != test.to {
				t.Errorf("form to %q with passcode %q, link to %q; want %q, %q, %q", action, code, to, test.action, test.code, test.to)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	p := mustPages(t, nil)
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		wait       time.Duration
		en, es, pt string
	}{
		{-time.Minute, "1 second", "1 segundo", "1 segundo"},
		{time.Millisecond, "1 second", "1 segundo", "1 segundo"},
		{25 * time.Second, "25 seconds", "25 segundos", "25 segundos"},
		{61 * time.Second, "70 seconds", "70 segundos", "70 segundos"},
		{119 * time.Second, "2 minutes", "2 minutos", "2 minutos"},
		{50*time.Minute + time.Second, "51 minutes", "51 minutos", "51 minutos"},
		{119*time.Minute + time.Second, "2 hours", "2 horas", "2 horas"},
		{23*time.Hour + time.Minute, "24 hours", "24 horas", "24 horas"},
	} {
		for language, want := range map[string]string{"en": test.en, "es": test.es, "pt-BR": test.pt} {
			v := &view{Page: contract.Page{Now: now}, texts: p.textsFor(language)}
			if got, err := v.Duration(now.Add(test.wait)); err != nil || string(got) != want {
				t.Errorf("%v in %s: %q, %v, want %q", test.wait, language, got, err, want)
			}
		}
	}
}

// Without a script no page shows a time of day: the member's zone is not known.
func TestPagesShowNoTimeOfDay(t *testing.T) {
	p := mustPages(t, nil)
	clock := regexp.MustCompile(`\d{1,2}:\d{2}`)
	for _, page := range samplePages() {
		if doc := parsePage(t, p, page); clock.MatchString(doc.text) {
			t.Errorf("%s shows %q", page.State, clock.FindString(doc.text))
		}
	}
}

func TestMachineReadableTimes(t *testing.T) {
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.FixedZone("", 3600))
	doc := parsePage(t, mustPages(t, nil), contract.Page{State: contract.StateCode, Now: now, ExpiresAt: now.Add(2 * time.Minute), ResendAt: now.Add(time.Minute)})
	if got := doc.all("main")[0].attr["data-now"]; got != "2026-03-04T13:30:00.000Z" {
		t.Errorf("now: %q", got)
	}
	if got := doc.byID("works").attr; got["datetime"] != "2026-03-04T13:32:00.000Z" || got["data-clock"] != "It works until {time}." {
		t.Errorf("expiry: %v", got)
	}
	if got := doc.byID("wait").attr["data-until"]; got != "2026-03-04T13:31:00.000Z" {
		t.Errorf("resend: %q", got)
	}
}

func TestRenderWritesStatusAndHeaders(t *testing.T) {
	p := mustPages(t, nil)
	w := httptest.NewRecorder()
	p.Render(w, httptest.NewRequest("POST", "/stepup/", nil), contract.Page{State: contract.StateCode, Status: 422, Code: contract.CodeMalformed, Language: "pt-BR"})
	if w.Code != 422 {
		t.Errorf("status %d", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Content-Language": "pt-BR", "Content-Length": strconv.Itoa(w.Body.Len()),
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if strings.Contains(w.Body.String(), "turbo-visit-control") {
		t.Error("the answer to a POST asks to be loaded again")
	}
	w = httptest.NewRecorder()
	p.Render(w, httptest.NewRequest("GET", "/stepup/", nil), contract.Page{State: contract.StateAsk, Language: "xx"})
	if w.Code != 200 || !strings.Contains(w.Body.String(), `<html lang="en" dir="ltr">`) {
		t.Errorf("an unknown language: %d %s", w.Code, w.Body)
	}
	if !strings.Contains(w.Body.String(), "turbo-visit-control") {
		t.Error("the answer to a GET does not leave a Turbo frame")
	}
}

func TestFailingTemplateIsAPlainError(t *testing.T) {
	p := mustPages(t, fstest.MapFS{"locked.html": {Data: []byte(
		`{{define "title"}}Locked{{end}}{{define "content"}}half a page {{if eq .Session "boom"}}{{index .Form.Values 9}}{{end}}{{end}}`)}})
	for name, page := range map[string]contract.Page{
		"a template that fails": {State: contract.StateLocked, Status: 429, Session: "boom"},
		"a state unheard of":    {State: "nonsense", Status: 200},
	} {
		w := httptest.NewRecorder()
		p.Render(w, httptest.NewRequest("GET", "/stepup/", nil), page)
		if w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "half a page") || !strings.Contains(w.Body.String(), "<h1>") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}

// A wait is told before the button is pressed, wherever one sends a message, and
// nothing orders what is not possible yet.
func TestWaitForAMessage(t *testing.T) {
	p := mustPages(t, nil)
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	for _, state := range []contract.State{contract.StateAsk, contract.StateCode, contract.StatePhone} {
		for _, code := range []contract.Code{"", contract.CodeResendCooldown} {
			page := contract.Page{State: state, Code: code, Base: "/stepup/", Now: now, ResendAt: now.Add(50 * time.Minute)}
			doc := parsePage(t, p, page)
			button, wait := doc.byID("resend"), doc.byID("wait")
			if wait == nil || wait.text != "You can ask for a new code in 50 minutes." || button.attr["aria-describedby"] != "wait" {
				t.Fatalf("%s: the button %v waits for %v", state, button.attr, wait)
			}
			for name, want := range map[string]string{
				"data-text": "You can ask for a new code in {time}.", "data-clock": "You can ask for a new code after {time}.",
				"data-day": "You can ask for a new code after {time} on {day}.", "data-now": "You can ask for a new code now.",
			} {
				if wait.attr[name] != want {
					t.Errorf("%s: %s=%q, want %q", state, name, wait.attr[name], want)
				}
			}
			if speak := doc.byID("speak"); speak == nil || speak.attr["role"] != "status" {
				t.Errorf("%s: the end of the wait cannot be announced: %v", state, speak)
			}
			if told := strings.Contains(doc.text, "No new code was sent"); told != (code != "") {
				t.Errorf("%s, %q: the page says that nothing was sent: %v", state, code, told)
			}
			if title := doc.all("title")[0].text; strings.HasPrefix(title, "Error:") || strings.Contains(doc.source, `role="alert"><span`) {
				t.Errorf("%s: a wait is called an error", state)
			}
			page.ResendAt = now
			if doc := parsePage(t, p, page); doc.byID("wait") != nil || doc.byID("resend").attr["aria-describedby"] != "" {
				t.Errorf("%s: a wait that is over", state)
			}
		}
	}
}

func TestPicturesHaveASizeAndBadNewsItsOwnColors(t *testing.T) {
	p := mustPages(t, nil)
	asks := []contract.State{contract.StateAsk, contract.StateCode, contract.StatePhone, contract.StateAuthenticator, contract.StateContinue}
	for _, page := range samplePages() {
		for _, svg := range parsePage(t, p, page).all("svg") {
			if svg.attr["width"] == "" || svg.attr["height"] == "" {
				t.Errorf("%s: a picture has %v", page.State, svg.attr)
			}
			if class := svg.attr["class"]; class != "" && (class == "icon") != slices.Contains(asks, page.State) {
				t.Errorf("%s: the picture is %q", page.State, class)
			}
		}
	}
	if css := string(p.assets.by["stepup.css"].body); !strings.Contains(css, ".icon.bad { background: var(--stepup-note-tint); color: var(--stepup-note); }") {
		t.Error("bad news wears the color of the app")
	}
	v := &view{Page: contract.Page{Setup: &contract.Setup{QR: `<svg class="a" width="9" height="9"></svg>`}}}
	if got := string(v.QR()); got != v.Setup.QR {
		t.Errorf("a QR code with a size became %s", got)
	}
}

func TestLockedPage(t *testing.T) {
	p := mustPages(t, nil)
	now := time.Date(2026, time.March, 4, 14, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		name  string
		scope contract.Scope
		login string
		says  string
		first string // where the first link leads; "" = there is none
	}{
		{"the session", contract.ScopeSession, "/login", "Too many wrong codes were entered. Try again in 50 minutes. You do not have to wait if you sign in again.", "/login"},
		{"the session, without a sign-in page", contract.ScopeSession, "", "Too many wrong codes were entered. Try again in 50 minutes.", ""},
		{"the member, whom signing in does not help", contract.ScopeMember, "/login", "Too many wrong codes were entered for your account. Try again in 50 minutes. Until then you may not be able to sign in either.", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := parsePage(t, p, contract.Page{State: contract.StateLocked, Scope: test.scope, LoginURL: test.login, Policy: "money", Now: now, RetryAt: now.Add(50 * time.Minute)})
			for _, e := range doc.all("p") {
				if e.attr["role"] == "alert" && strings.Join(strings.Fields(e.text), " ") != test.says {
					t.Errorf("the page says %q, want %q", e.text, test.says)
				}
			}
			first := ""
			if links := doc.all("a"); len(links) > 0 {
				first = links[0].attr["href"]
			}
			if first != test.first {
				t.Errorf("the first link leads to %q, want %q", first, test.first)
			}
			if at := doc.all("time")[0].attr; at["data-clock"] != "Try again after {time}." || at["data-day"] != "Try again after {time} on {day}." {
				t.Errorf("the script has the words %v", at)
			}
		})
	}
}

func TestUndeliverablePageOffersWhatCanHelp(t *testing.T) {
	p := mustPages(t, nil)
	for reason, want := range map[contract.Reason][]string{
		contract.ReasonCountry:      {"Change your phone number", "Try again"},
		contract.ReasonNumber:       {"Change your phone number", "Try again"},
		contract.ReasonUnsubscribed: {"Try again", "Change your phone number"},
		contract.ReasonRestricted:   nil,
	} {
		var links []string
		for _, a := range parsePage(t, p, contract.Page{State: contract.StateUndeliverable, Reason: reason, SettingsURL: "/settings", Policy: "money"}).all("a") {
			links = append(links, a.text)
		}
		if !slices.Equal(links, want) {
			t.Errorf("%s: %q, want %q", reason, links, want)
		}
	}
}
