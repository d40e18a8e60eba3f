package pages

import (
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

func TestSignInAgain(t *testing.T) {
	p := mustPages(t, nil)
	for _, test := range []struct {
		name        string
		page        contract.Page
		title, says inThree
	}{
		{"where the sign-in is too old", contract.Page{State: contract.StateReauthenticate, Code: contract.CodeReauthenticationRequired, Policy: "money"},
			inThree{"Sign in again to continue", "Inicie sesión de nuevo para continuar", "Entre de novo para continuar"},
			inThree{"Your sign-in is too old for this", "Inició sesión hace demasiado tiempo para esto", "Você entrou há tempo demais para isto"}},
		{"where a login took too long", contract.Page{State: contract.StateSignedOut, Code: contract.CodeLoginExpired, Login: true},
			inThree{"This sign-in has ended", "Este inicio de sesión terminó", "Este login foi encerrado"},
			inThree{"This sign-in took too long or was already completed. Sign in again.", "Este inicio de sesión tardó demasiado o ya se completó. Inicie sesión de nuevo.",
				"Este login demorou demais ou já foi concluído. Entre de novo."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for language, title := range test.title.all() {
				page := test.page
				page.Language, page.Base, page.LoginURL, page.FormLost = language, "/stepup/", "/sign-in?back=%2F", true
				doc := parsePage(t, p, page)
				if got := doc.all("h1")[0].text; got != title {
					t.Errorf("%s: h1 %q, want %q", language, got, title)
				}
				if says := test.says.all()[language]; !strings.Contains(doc.text, says) {
					t.Errorf("%s: the page does not say %q", language, says)
				}
				if link := doc.all("a")[0]; link.attr["href"] != "/sign-in?back=%2F" || link.attr["class"] != "button" {
					t.Errorf("%s: the first link has %v", language, link.attr)
				}
				unsent := inThree{"Your form was not sent.", "Su formulario no se envió.", "Seu formulário não foi enviado."}
				if !strings.Contains(doc.text, unsent.all()[language]) {
					t.Errorf("%s: the page does not say that a form was lost", language)
				}
			}
		})
	}
}

func TestLoginPagesSpeakOfTheSignIn(t *testing.T) {
	p := mustPages(t, nil)
	step := inThree{"One more step to finish signing in.", "Falta un paso para iniciar sesión.", "Falta uma etapa para você entrar."}
	finish := inThree{"To finish signing in, ", "Para terminar de iniciar sesión, ", "Para terminar de entrar, "}
	for _, test := range []struct {
		name string
		page contract.Page
		says inThree
	}{
		{"before a message", contract.Page{State: contract.StateAsk}, inThree{"Finish signing in", "Termine de iniciar sesión", "Termine de entrar"}},
		{"after a message", contract.Page{State: contract.StateCode, Method: contract.SMS}, step},
		{"with an app", contract.Page{State: contract.StateCode, Method: contract.TOTP}, step},
		{"with a recovery code", contract.Page{State: contract.StateCode, Method: contract.RecoveryCode}, step},
		{"before an app is set up", contract.Page{State: contract.StateAuthenticator}, finish},
		{"while an app is set up", contract.Page{State: contract.StateAuthenticator, Setup: &contract.Setup{Secret: "AB"}}, step},
		{"before a number is added", contract.Page{State: contract.StatePhone}, finish},
	} {
		t.Run(test.name, func(t *testing.T) {
			for language, words := range test.says.all() {
				page := test.page
				page.Language, page.Base, page.Next, page.Login = language, "/stepup/login/", "/", true
				doc := parsePage(t, p, page)
				if !strings.Contains(doc.text, words) {
					t.Errorf("%s: the page does not say %q: %s", language, words, doc.text)
				}
				if status, ok := doc.all("main")[0].attr["data-status"]; ok {
					t.Errorf("%s: the script asks %q", language, status)
				}
				page.Login, page.Policy = false, "money"
				if strings.Contains(parsePage(t, p, page).text, words) {
					t.Errorf("%s: a step-up says %q", language, words)
				}
			}
		})
	}
}

func TestALoginStartsAgainAtItsOwnPage(t *testing.T) {
	v := &view{Page: contract.Page{Login: true, Base: "/stepup/login/", Next: "/a?b=c"}}
	if got, want := v.Start(), "/stepup/login/?next=%2Fa%3Fb%3Dc"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
