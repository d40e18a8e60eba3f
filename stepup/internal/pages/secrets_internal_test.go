package pages

import (
	"slices"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

func TestAuthenticatorPageShowsTheSecretThreeWays(t *testing.T) {
	p := mustPages(t, nil)
	setup := &contract.Setup{
		Secret: "JBSWY3DPEHPK3PXPAB", URI: "otpauth://totp/Acme:ada%40acme.example?secret=JBSWY3DPEHPK3PXPAB&issuer=Acme",
		QR: `<svg viewBox="0 0 5 5"><path d="M1 1h1v1z"/></svg>`, Sealed: "sealed setup",
	}
	for _, test := range []struct {
		name    string
		page    contract.Page
		mistake inThree
	}{
		{"the first time", contract.Page{Code: contract.CodeEnrollmentStarted}, inThree{}},
		{"after a wrong passcode", contract.Page{Code: contract.CodeIncorrect, AttemptsLeft: 2},
			inThree{"That code is not right. 2 attempts left.", "El código no es correcto. Quedan 2 intentos.", "O código não está correto. Restam 2 tentativas."}},
		{"after a wrong passcode of which nobody knows the limit", contract.Page{Code: contract.CodeIncorrect},
			inThree{"That code is not right.", "El código no es correcto.", "O código não está correto."}},
		{"after something that is no passcode", contract.Page{Code: contract.CodeMalformed, Entered: "12"},
			inThree{"Enter the 6-digit code from the app.", "Escriba el código de 6 dígitos de la aplicación.", "Digite o código de 6 dígitos do aplicativo."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for language, title := range (inThree{"Set up an authenticator app", "Configure una aplicación de autenticación", "Configure um aplicativo autenticador"}).all() {
				page := test.page
				page.State, page.Method, page.Base, page.Language, page.Setup = contract.StateAuthenticator, contract.TOTP, "/stepup/", language, setup
				doc := parsePage(t, p, page)
				if got := doc.all("h1")[0].text; got != title {
					t.Errorf("%s: h1 %q, want %q", language, got, title)
				}
				if mistake := test.mistake.all()[language]; mistake != "" && !strings.Contains(doc.text, mistake) {
					t.Errorf("%s: the page does not say %q", language, mistake)
				}
				if language == "en" {
					checkMistake(t, doc, "code", test.mistake.en, test.mistake.en != "")
					checkSecret(t, doc, setup)
				}
				if form := doc.all("form")[0]; form.attr["action"] != "/stepup/" || hidden(doc, form)["setup"] != "sealed setup" || doc.byID("code").form != form {
					t.Errorf("%s: the form leads to %q with %v", language, form.attr["action"], hidden(doc, form))
				}
			}
		})
	}
}

func checkSecret(t *testing.T, doc markup, setup *contract.Setup) {
	t.Helper()
	i := slices.IndexFunc(doc.elements, func(e *element) bool { return e.attr["class"] == "qr" })
	if qr := doc.elements[i]; qr.attr["role"] != "img" || qr.attr["aria-label"] == "" || doc.elements[i+1].name != "svg" || doc.elements[i+1].attr["viewBox"] != "0 0 5 5" {
		t.Errorf("the QR code is in %v", qr.attr)
	}
	i = slices.IndexFunc(doc.elements, func(e *element) bool { return e.attr["class"] == "secret" })
	var groups []string
	for _, e := range doc.elements[i+1:] {
		if e.name != "span" {
			break
		}
		groups = append(groups, e.text)
	}
	// Copied, it has no gaps.
	if got := doc.elements[i].text; got != setup.Secret || !slices.Equal(groups, []string{"JBSW", "Y3DP", "EHPK", "3PXP", "AB"}) {
		t.Errorf("the secret is %q in %q", got, groups)
	}
	if !slices.ContainsFunc(doc.all("a"), func(a *element) bool {
		return a.attr["href"] == setup.URI && a.text == "Open in your authenticator app"
	}) {
		t.Error("no link opens the app")
	}
}

func TestOnlyAnAuthenticatorAppIsOpened(t *testing.T) {
	p := mustPages(t, nil)
	for uri, linked := range map[string]bool{
		"otpauth://totp/Acme:ada?secret=AB": true, "": false, "otpauth://hotp/Acme": false, "OTPAUTH://totp/x": false,
		"javascript:alert(1)//otpauth://totp/": false, " otpauth://totp/x": false, "https://evil.example/": false,
	} {
		doc := parsePage(t, p, contract.Page{State: contract.StateAuthenticator, Base: "/stepup/", Setup: &contract.Setup{Secret: "AB", URI: uri, QR: "<svg></svg>"}})
		if links := doc.all("a"); (len(links) > 0) != linked {
			t.Errorf("%q: %d links", uri, len(links))
		}
	}
}

func TestRecoveryCodesAreShownBeforeTheWayOn(t *testing.T) {
	p := mustPages(t, nil)
	codes := []string{"k7qm-2d4x-hw9p", "b3tn-8fvc-5yra"}
	for name, form := range map[string]*contract.Form{"with a request that waits": {Method: "POST", Action: "/payouts"}, "without one": nil} {
		t.Run(name, func(t *testing.T) {
			for language, words := range (inThree{
				"Save these codes. Each works once if you lose your phone. They are not shown again.",
				"Guarde estos códigos. Si pierde su teléfono, cada uno sirve una sola vez. No se mostrarán de nuevo.",
				"Guarde estes códigos. Se você perder seu celular, cada um vale uma só vez. Não serão mostrados de novo.",
			}).all() {
				doc := parsePage(t, p, contract.Page{
					State: contract.StateContinue, Language: language, Base: "/stepup/", Policy: "money", Next: "/payouts?page=2", RecoveryCodes: codes, Form: form,
				})
				if !strings.Contains(doc.text, words) {
					t.Errorf("%s: the page does not say %q", language, words)
				}
				var shown []string
				last, way := 0, 0
				for i, e := range doc.elements {
					switch e.name {
					case "li":
						shown, last = append(shown, e.text), i
					case "a", "button":
						if way == 0 {
							way = i
						}
					}
				}
				if !slices.Equal(shown, codes) || way < last {
					t.Errorf("%s: %q are shown, want %q above the way on", language, shown, codes)
				}
				if form == nil && doc.elements[way].attr["href"] != "/payouts?page=2" {
					t.Errorf("%s: the link leads to %q", language, doc.elements[way].attr["href"])
				}
				if title := "Save your recovery codes"; language == "en" && (doc.all("h1")[0].text == title) != (form == nil) {
					t.Errorf("the title is %q", doc.all("h1")[0].text)
				}
			}
		})
	}
	if doc := parsePage(t, p, contract.Page{State: contract.StateContinue}); doc.all("a")[0].attr["href"] != "/" || len(doc.all("li")) != 0 {
		t.Errorf("with nothing to show: %s", doc.source)
	}
}

func TestRecoveryCodesThatAreLeft(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		n    int
		few  bool
		says inThree
	}{
		{0, true, inThree{"You have no recovery codes left.", "No le quedan códigos de recuperación.", "Você não tem mais códigos de recuperação."}},
		{1, true, inThree{"You have 1 recovery code left.", "Le queda 1 código de recuperación.", "Você ainda tem 1 código de recuperação."}},
		{2, true, inThree{"You have 2 recovery codes left.", "Le quedan 2 códigos de recuperación.", "Você ainda tem 2 códigos de recuperação."}},
		{3, false, inThree{"You have 3 recovery codes left.", "Le quedan 3 códigos de recuperación.", "Você ainda tem 3 códigos de recuperação."}},
		{7, false, inThree{"You have 7 recovery codes left.", "Le quedan 7 códigos de recuperación.", "Você ainda tem 7 códigos de recuperação."}},
	} {
		for language, words := range test.says.all() {
			page := contract.Page{State: contract.StateContinue, Language: language, Next: "/", RecoveryRemain: &test.n}
			doc := parsePage(t, p, page)
			i := slices.IndexFunc(doc.elements, func(e *element) bool { return e.name == "p" && strings.HasPrefix(e.text, words) })
			if i < 0 {
				t.Errorf("%d in %s: the page does not say %q: %s", test.n, language, words, doc.text)
				continue
			}
			if warned := doc.elements[i].attr["class"] == "note"; warned != test.few || (doc.elements[i].text != words) != test.few {
				t.Errorf("%d in %s: a warning is %v, want %v: %q", test.n, language, warned, test.few, doc.elements[i].text)
			}
			page.SettingsURL = "/settings"
			if link := parsePage(t, p, page).all("a")[0]; link.attr["href"] != "/settings" {
				t.Errorf("%d in %s: no link to the settings", test.n, language)
			}
		}
	}
}
