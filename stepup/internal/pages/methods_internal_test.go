package pages

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rungauth/rung/stepup/contract"
)

// inThree are the words of a page in English, Spanish and Portuguese.
type inThree struct{ en, es, pt string }

func (w inThree) all() map[string]string {
	return map[string]string{"en": w.en, "es": w.es, "pt-BR": w.pt}
}

// hidden returns the hidden fields of a form by name.
func hidden(doc markup, form *element) map[string]string {
	fields := make(map[string]string)
	for _, e := range doc.all("input") {
		if e.form == form && e.attr["type"] == "hidden" {
			fields[e.attr["name"]] = e.attr["value"]
		}
	}
	return fields
}

// without returns a page that is about its own method alone.
func without(page contract.Page) contract.Page {
	page.Others, page.Addable = nil, nil
	return page
}

// An app's passcode that "was sent as a message" would make a member wait for
// one that never comes.
func TestOtherMethodsSayNothingOfMessages(t *testing.T) {
	p := mustPages(t, nil)
	words := map[string]*regexp.Regexp{
		"en":    regexp.MustCompile(`(?i)\b(texts?|texted|messages?|sms|newest|ending|new code in|send (a )?(new )?code)\b`),
		"es":    regexp.MustCompile(`(?i)\b(mensajes?|sms|más reciente|termina en|enviar (un )?código)\b`),
		"pt-BR": regexp.MustCompile(`(?i)\b(mensage(m|ns)|sms|mais recente|com final|enviar (um )?(novo )?código)\b`),
	}
	said := make(map[string]bool)
	for _, page := range samplePages() {
		about := page.Method == contract.TOTP || page.Method == contract.RecoveryCode || page.State == contract.StateAuthenticator
		for language, word := range words {
			page.Language = language
			doc := parsePage(t, p, without(page))
			text := doc.text
			for _, e := range doc.elements {
				for _, name := range []string{"data-text", "data-soon", "data-clock", "aria-label"} {
					text += "\n" + e.attr[name]
				}
			}
			// The label of the QR code names the text below it.
			text = strings.ReplaceAll(text, "The same key follows as text.", "")
			found := word.FindString(text)
			if about && found != "" {
				t.Errorf("%s of %q in %s says %q", page.State, page.Method, language, found)
			}
			said[language] = said[language] || !about && found != ""
		}
	}
	if len(said) != 3 || slices.Contains(slices.Collect(maps.Values(said)), false) {
		t.Errorf("the pages for text messages do not say so: %v", said)
	}
}

func TestCodePageOfOtherMethods(t *testing.T) {
	totp := map[string]string{"type": "text", "inputmode": "numeric", "autocomplete": "one-time-code", "maxlength": "64", "spellcheck": "false", "autocapitalize": "none", "dir": "ltr"}
	written := map[string]string{"type": "text", "inputmode": "", "autocomplete": "off", "maxlength": "128", "spellcheck": "false", "autocapitalize": "none", "dir": "ltr"}
	appTitle := inThree{"Enter the code from your authenticator app", "Escriba el código de su aplicación de autenticación", "Digite o código do seu aplicativo autenticador"}
	writtenTitle := inThree{"Enter a recovery code", "Escriba un código de recuperación", "Digite um código de recuperação"}
	tests := []struct {
		name    string
		page    contract.Page
		field   map[string]string
		title   inThree
		mistake inThree // zero = none
		value   string
	}{
		{name: "an authenticator app", page: contract.Page{Method: contract.TOTP, Code: contract.CodeStepUpRequired}, field: totp, title: appTitle},
		{name: "an authenticator app, after a wrong passcode", page: contract.Page{Method: contract.TOTP, Code: contract.CodeIncorrect, AttemptsLeft: 4}, field: totp, title: appTitle,
			mistake: inThree{"That code is not right. 4 attempts left.", "El código no es correcto. Quedan 4 intentos.", "O código não está correto. Restam 4 tentativas."}},
		{name: "an authenticator app, before the last try", page: contract.Page{Method: contract.TOTP, Code: contract.CodeIncorrect, AttemptsLeft: 1}, field: totp, title: appTitle,
			mistake: inThree{"That code is not right. 1 attempt left. If it fails, you have to wait.", "El código no es correcto. Queda 1 intento. Si falla, tendrá que esperar.", "O código não está correto. Resta 1 tentativa. Se ela falhar, você terá que esperar."}},
		{name: "an authenticator app, after something that is no passcode", page: contract.Page{Method: contract.TOTP, Code: contract.CodeMalformed, Entered: "12"}, field: totp, title: appTitle,
			mistake: inThree{"Enter the 6-digit code from the app.", "Escriba el código de 6 dígitos de la aplicación.", "Digite o código de 6 dígitos do aplicativo."}, value: "12"},
		{name: "an authenticator app, after a passcode that was used", page: contract.Page{Method: contract.TOTP, Code: contract.CodeExpired}, field: totp, title: appTitle,
			mistake: inThree{"That code was used already. Wait for the next one.", "Ese código ya se usó. Espere el siguiente.", "Esse código já foi usado. Espere o próximo."}},
		{name: "a recovery code", page: contract.Page{Method: contract.RecoveryCode, Code: contract.CodeStepUpRequired}, field: written, title: writtenTitle},
		{name: "a recovery code that is wrong", page: contract.Page{Method: contract.RecoveryCode, Code: contract.CodeIncorrect, AttemptsLeft: 4}, field: written, title: writtenTitle,
			mistake: inThree{"That code is not right. 4 attempts left.", "El código no es correcto. Quedan 4 intentos.", "O código não está correto. Restam 4 tentativas."}},
		{name: "something that is no recovery code", page: contract.Page{Method: contract.RecoveryCode, Code: contract.CodeMalformed, Entered: "k7"}, field: written, title: writtenTitle,
			mistake: inThree{"Enter a recovery code just as you wrote it down.", "Escriba un código de recuperación tal como lo anotó.", "Digite um código de recuperação exatamente como você o anotou."}, value: "k7"},
		{name: "a recovery code that was used", page: contract.Page{Method: contract.RecoveryCode, Code: contract.CodeExpired}, field: written, title: writtenTitle,
			mistake: inThree{"That recovery code was used already. Enter another one.", "Ese código de recuperación ya se usó. Escriba otro.", "Esse código de recuperação já foi usado. Digite outro."}},
	}
	p := mustPages(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := test.page
			page.State, page.Base = contract.StateCode, "/stepup/"
			// What a message would have is not shown.
			sample := samplePages()[0]
			page.Now, page.ExpiresAt, page.ResendAt, page.Superseded = sample.Now, sample.Now.Add(time.Minute), sample.Now.Add(25*time.Second), true
			mistakes := test.mistake.all()
			for language, title := range test.title.all() {
				page.Language = language
				doc := parsePage(t, p, page)
				if got := doc.all("h1")[0].text; got != title {
					t.Errorf("%s: h1 %q, want %q", language, got, title)
				}
				if said := doc.byID("code-error"); mistakes[language] == "" && said != nil || mistakes[language] != "" && !strings.HasSuffix(said.text, ": "+mistakes[language]) {
					t.Errorf("%s: the mistake is not %q alone", language, mistakes[language])
				}
			}
			page.Language = "en"
			doc := parsePage(t, p, page)
			checkMistake(t, doc, "code", test.mistake.en, test.mistake.en != "")
			input := doc.byID("code")
			for name, want := range test.field {
				if input.attr[name] != want {
					t.Errorf("the field has %s=%q, want %q", name, input.attr[name], want)
				}
			}
			if input.attr["value"] != test.value {
				t.Errorf("the field holds %q, want %q", input.attr["value"], test.value)
			}
			var actions []string
			for _, button := range doc.all("button") {
				actions = append(actions, button.attr["formaction"])
			}
			if want := []string{"", "/stepup/cancel", ""}; !slices.Equal(actions, want) {
				t.Errorf("the buttons lead to %q, want %q: no message can be asked for", actions, want)
			}
			for _, id := range []string{"left", "works", "expired", "resend", "wait"} {
				if doc.byID(id) != nil {
					t.Errorf("the page has %q, which belongs to a message", id)
				}
			}
		})
	}
}

func TestWhatCanBeUsedInstead(t *testing.T) {
	const app, written = contract.TOTP, contract.RecoveryCode
	send := func(label string) string { return "/stepup/send = " + label }
	use := func(method contract.Method, label string) string {
		return fmt.Sprintf("/stepup/use use=%s %s", method, label)
	}
	tests := []struct {
		name   string
		page   contract.Page
		others []contract.Method
		want   map[string][]string // by language
	}{
		{"nothing", contract.Page{State: contract.StateCode, Method: app}, nil, map[string][]string{"en": nil, "es": nil, "pt-BR": nil}},
		{"in place of an app", contract.Page{State: contract.StateCode, Method: app}, []contract.Method{contract.SMS, written}, map[string][]string{
			"en":    {send("Text a code instead"), use(written, "Use a recovery code instead")},
			"es":    {send("Recibir un código por mensaje de texto"), use(written, "Usar un código de recuperación")},
			"pt-BR": {send("Receber um código por SMS"), use(written, "Usar um código de recuperação")},
		}},
		{"in place of a recovery code, where the number is known", contract.Page{State: contract.StateCode, Method: written, PhoneEnding: "12"}, []contract.Method{app, contract.SMS}, map[string][]string{
			"en":    {use(app, "Use your authenticator app instead"), send("Text a code to the number ending 12 instead")},
			"es":    {use(app, "Usar su aplicación de autenticación"), send("Recibir un código por mensaje de texto en el número que termina en 12")},
			"pt-BR": {use(app, "Usar seu aplicativo autenticador"), send("Receber um código por SMS no número com final 12")},
		}},
		{"in place of a message that was sent", contract.Page{State: contract.StateCode, Method: contract.SMS}, []contract.Method{app, written}, map[string][]string{
			"en":    {use(app, "Use your authenticator app instead"), use(written, "Use a recovery code instead")},
			"es":    {use(app, "Usar su aplicación de autenticación"), use(written, "Usar un código de recuperación")},
			"pt-BR": {use(app, "Usar seu aplicativo autenticador"), use(written, "Usar um código de recuperação")},
		}},
		{"in place of a message that was not", contract.Page{State: contract.StateAsk, Method: contract.SMS}, []contract.Method{app}, map[string][]string{
			"en": {use(app, "Use your authenticator app instead")}, "es": {use(app, "Usar su aplicación de autenticación")}, "pt-BR": {use(app, "Usar seu aplicativo autenticador")},
		}},
		{"in place of a message that cannot be", contract.Page{State: contract.StateUndeliverable, Method: contract.SMS}, []contract.Method{app}, map[string][]string{
			"en": {use(app, "Use your authenticator app instead")}, "es": {use(app, "Usar su aplicación de autenticación")}, "pt-BR": {use(app, "Usar seu aplicativo autenticador")},
		}},
		{"a method without words", contract.Page{State: contract.StateCode, Method: app}, []contract.Method{"otp/email"}, map[string][]string{"en": nil, "es": nil, "pt-BR": nil}},
	}
	p := mustPages(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for language, want := range test.want {
				page := test.page
				page.Language, page.Others, page.Base, page.Form = language, test.others, "/stepup/", &contract.Form{Sealed: "sealed"}
				doc := parsePage(t, p, page)
				var got []string
				for i, button := range doc.all("button") {
					if action := button.attr["formaction"]; action != "/stepup/use" && (action != "/stepup/send" || button.attr["class"] != "link") {
						continue
					}
					got = append(got, fmt.Sprintf("%s %s=%s %s", button.attr["formaction"], button.attr["name"], button.attr["value"], button.text))
					if _, ok := button.attr["formnovalidate"]; !ok {
						t.Errorf("%q insists on a passcode", button.text)
					}
					if hidden(doc, button.form)["form"] != "sealed" {
						t.Errorf("%q leaves the form behind", button.text)
					}
					if i == 0 && page.State != contract.StateUndeliverable {
						t.Errorf("Enter presses %q", button.text)
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: %q, want %q", language, got, want)
				}
			}
		})
	}
}

// TestEveryFormOfOursSaysWhatItIsFor looks at the hidden fields of all forms
// that lead to the handler.
func TestEveryFormOfOursSaysWhatItIsFor(t *testing.T) {
	p := mustPages(t, nil)
	forms := 0
	for _, page := range samplePages() {
		doc := parsePage(t, p, page)
		for _, form := range doc.all("form") {
			if !strings.HasPrefix(form.attr["action"], page.Base) {
				continue // the request that waited
			}
			forms++
			want := map[string]string{"session": page.Session, "policy": page.Policy, "next": page.Next}
			if page.Method != "" {
				want["method"] = string(page.Method)
			}
			if page.Bound != "" {
				want["bound"] = page.Bound
			}
			if page.Setup != nil {
				want["setup"] = page.Setup.Sealed
			}
			if page.Form != nil && page.State != contract.StateContinue {
				want["form"] = page.Form.Sealed
			}
			got := hidden(doc, form)
			delete(got, "code") // tried again
			delete(got, "use")
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s of %q: the form to %s has %v, want %v", page.State, page.Method, form.attr["action"], got, want)
			}
		}
	}
	if forms < 50 {
		t.Errorf("only %d forms", forms)
	}
}

func TestPhonePageOffersAnApp(t *testing.T) {
	p := mustPages(t, nil)
	page := contract.Page{State: contract.StatePhone, Base: "/stepup/", Form: &contract.Form{Sealed: "sealed"}}
	offers := func() (found []*element) {
		for _, button := range parsePage(t, p, page).all("button") {
			if button.attr["formaction"] == "/stepup/authenticator" {
				found = append(found, button)
			}
		}
		return found
	}
	if found := offers(); found != nil {
		t.Errorf("%q is offered where no app may be added", found[0].text)
	}
	page.Addable = []contract.Method{contract.TOTP}
	for language, want := range (inThree{"Set up an authenticator app instead", "Configurar una aplicación de autenticación", "Configurar um aplicativo autenticador"}).all() {
		page.Language = language
		if found := offers(); len(found) != 1 || found[0].text != want {
			t.Errorf("%s: %d buttons, want one %q", language, len(found), want)
		}
	}
}

func TestAuthenticatorPageOffersASetup(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		name    string
		addable []contract.Method
		buttons []string
	}{
		{"and nothing else", nil, []string{" Set up the app", "/stepup/cancel Cancel"}},
		{"or a phone number", []contract.Method{contract.SMS}, []string{" Set up the app", "/stepup/use Use a phone number instead", "/stepup/cancel Cancel"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			doc := parsePage(t, p, contract.Page{
				State: contract.StateAuthenticator, Method: contract.TOTP, Language: "en", Base: "/stepup/", Addable: test.addable, Form: &contract.Form{Sealed: "sealed"},
			})
			if action := doc.all("form")[0].attr["action"]; action != "/stepup/authenticator" {
				t.Errorf("the form leads to %q", action)
			}
			var buttons []string
			for _, button := range doc.all("button") {
				buttons = append(buttons, button.attr["formaction"]+" "+button.text)
				if use := button.attr["name"] + "=" + button.attr["value"]; strings.HasSuffix(button.attr["formaction"], "use") && use != "use=otp/sms" {
					t.Errorf("%q sends %s", button.text, use)
				}
			}
			if !slices.Equal(buttons, test.buttons) {
				t.Errorf("buttons %q, want %q", buttons, test.buttons)
			}
			if doc.byID("code") != nil {
				t.Error("a passcode is asked for before there is a secret")
			}
		})
	}
}

func TestNoSecondFactorPageNamesTheOneThatIsMissing(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		method contract.Method
		title  inThree
		link   string
	}{
		{"", inThree{"A phone number is missing", "Falta un número de teléfono", "Falta um número de celular"}, "Add a phone number"},
		{contract.SMS, inThree{"A phone number is missing", "Falta un número de teléfono", "Falta um número de celular"}, "Add a phone number"},
		{contract.TOTP, inThree{"An authenticator app is missing", "Falta una aplicación de autenticación", "Falta um aplicativo autenticador"}, "Add an authenticator app"},
	} {
		for language, title := range test.title.all() {
			page := contract.Page{State: contract.StateNoPhone, Method: test.method, Language: language, SettingsURL: "/settings"}
			doc := parsePage(t, p, page)
			if got := doc.all("h1")[0].text; got != title {
				t.Errorf("%q in %s: h1 %q, want %q", test.method, language, got, title)
			}
			if link := doc.all("a")[0]; language == "en" && (link.text != test.link || link.attr["href"] != "/settings") {
				t.Errorf("%q: the link says %q", test.method, link.text)
			}
			if says := regexp.MustCompile(`(?i)phone|teléfono|celular`).MatchString(doc.text); says != (test.method != contract.TOTP) {
				t.Errorf("%q in %s: a phone is spoken of: %v", test.method, language, says)
			}
			page.SettingsURL = ""
			if ask := (inThree{"Ask your administrator.", "Consulte a su administrador.", "Fale com o administrador."}).all()[language]; !strings.Contains(parsePage(t, p, page).text, ask) {
				t.Errorf("%q in %s: without settings the page does not say %q", test.method, language, ask)
			}
		}
	}
}

func TestABoundPasscodeSaysWhatItApproves(t *testing.T) {
	p := mustPages(t, nil)
	for _, page := range []contract.Page{
		{State: contract.StateAsk}, {State: contract.StateCode}, {State: contract.StateCode, Method: contract.TOTP}, {State: contract.StateCode, Method: contract.RecoveryCode},
	} {
		for language, words := range (inThree{"You are approving: Pay Acme", "Está aprobando: Pay Acme", "Você está aprovando: Pay Acme"}).all() {
			page.Language, page.Action, page.Bound = language, "Pay Acme", "bound"
			doc := parsePage(t, p, page)
			i := slices.IndexFunc(doc.elements, func(e *element) bool { return e.name == "h1" })
			if got := doc.elements[i+1]; got.text != words {
				t.Errorf("%s of %q in %s begins with %q, want %q", page.State, page.Method, language, got.text, words)
			}
		}
	}
}

func TestTryingAgainKeepsTheMethod(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		name           string
		page           contract.Page
		action, fields string
	}{
		{"with the passcode of an app", contract.Page{Method: contract.TOTP, Entered: "123456"}, "/stepup/", "code=123456 method=totp/authenticator_app"},
		{"with the first passcode of an app", contract.Page{Method: contract.TOTP, Entered: "123456", Setup: &contract.Setup{Sealed: "sealed setup"}}, "/stepup/",
			"code=123456 method=totp/authenticator_app setup=sealed setup"},
		{"with a form that waits for an app", contract.Page{Method: contract.TOTP, Form: &contract.Form{Sealed: "sealed"}}, "/stepup/use",
			"form=sealed method=totp/authenticator_app use=totp/authenticator_app"},
		{"with a form that waits for a message", contract.Page{Method: contract.SMS, Form: &contract.Form{Sealed: "sealed"}}, "/stepup/send", "form=sealed method=otp/sms"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.page.State, test.page.Base = contract.StateUnavailable, "/stepup/"
			doc := parsePage(t, p, test.page)
			form := doc.all("form")[0]
			var fields []string
			for name, value := range hidden(doc, form) {
				if value != "" {
					fields = append(fields, name+"="+value)
				}
			}
			slices.Sort(fields)
			if got := strings.Join(fields, " "); form.attr["action"] != test.action || got != test.fields {
				t.Errorf("a form to %s with %s, want %s with %s", form.attr["action"], got, test.action, test.fields)
			}
		})
	}
}
