package stepup_test

import (
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rungauth/rung/stepup"
	"github.com/rungauth/rung/stepup/contract"
	"github.com/rungauth/rung/stepup/stytchtest"
)

// element is an element of a page as far as these tests read it.
type element struct {
	attr map[string]string // one without a value is ""
	text string
}

func (e element) has(attr string) bool { _, ok := e.attr[attr]; return ok }

var (
	startTag = regexp.MustCompile(`<([a-z][a-z0-9]*)((?:\s+[a-zA-Z:-]+(?:="[^"]*")?)*)\s*/?>`)
	anyAttr  = regexp.MustCompile(`([a-zA-Z:-]+)(?:="([^"]*)")?`)
)

// elements are those of a page that have this name.
func (r reply) elements(name string) (found []element) {
	for _, at := range startTag.FindAllStringSubmatchIndex(r.body, -1) {
		if r.body[at[2]:at[3]] != name {
			continue
		}
		e := element{attr: map[string]string{}}
		for _, m := range anyAttr.FindAllStringSubmatch(r.body[at[4]:at[5]], -1) {
			e.attr[m[1]] = html.UnescapeString(m[2])
		}
		if inner, _, ok := strings.Cut(r.body[at[1]:], "</"+name+">"); ok {
			e.text = reply{body: inner}.text()
		}
		found = append(found, e)
	}
	return found
}

// byID returns the element of that name and id, or one that is empty.
func (r reply) byID(name, id string) element {
	for _, e := range r.elements(name) {
		if e.attr["id"] == id {
			return e
		}
	}
	return element{}
}

// words are what a page says in the three languages; {ending} stands for the
// last digits of the member's number.
type words struct{ en, es, pt string }

func (w words) in(language string) string {
	return map[string]string{"en": w.en, "es": w.es, "pt-BR": w.pt}[language]
}

// stateCase is a state of the pages, and the way there: what the browser does,
// and what Stytch answers.
type stateCase struct {
	name   string
	config func(*stepup.Config)
	member stytchtest.MemberOption
	signIn stytchtest.SignInOption
	reach  func(a *app, b *browser, m *stytchtest.Member) reply

	status  int
	state   contract.State
	code    contract.Code
	title   words
	says    []words
	mistake *words // what was wrong with what was typed; nil = nothing was
	retry   string // Retry-After; "" = none
	primary string // where the button that stands out leads, on pages with a field; "" = to the form's own action
}

const aForm = "to=Acme&note=x&pin=4711"

func goThere(_ *app, b *browser, _ *stytchtest.Member) reply { return b.challenge() }
func bounceOff(_ *app, b *browser, _ *stytchtest.Member) reply {
	return b.get("/payouts")
}

// failing is bounceOff while a call to Stytch fails.
func failing(fault stytchtest.Fault) func(*app, *browser, *stytchtest.Member) reply {
	return func(a *app, b *browser, m *stytchtest.Member) reply {
		a.emu.Fail(fault)
		return bounceOff(a, b, m)
	}
}

func textFails(kind string) func(*app, *browser, *stytchtest.Member) reply {
	return failing(stytchtest.Fault{Path: "otps/sms/send", Status: 400, ErrorType: kind})
}

// typing goes there and types what it is given, made from the passcode that was sent.
func typing(code func(sent string) string) func(*app, *browser, *stytchtest.Member) reply {
	return func(a *app, b *browser, m *stytchtest.Member) reply {
		page := b.challenge()
		return b.enter(page, code(a.emu.LastCode(m)))
	}
}

func states() []stateCase {
	settings := func(c *stepup.Config) { c.Links.Settings = "/settings/phone" }
	enroll := enrolling(stepup.Enrollment{})
	check := words{"Check your phone", "Revise su teléfono", "Confira seu celular"}
	ask := words{"Confirm it is you", "Confirme que es usted", "Confirme que é você"}
	locked := words{"Too many attempts", "Demasiados intentos", "Muitas tentativas"}
	noPhone := words{"A phone number is missing", "Falta un número de teléfono", "Falta um número de celular"}
	phone := words{"Add your phone number", "Agregue su número de teléfono", "Adicione seu número de celular"}
	undeliverable := words{"We cannot send you a code", "No podemos enviarle un código", "Não podemos enviar um código a você"}
	unavailable := words{"We cannot verify you right now", "No podemos verificar su identidad en este momento", "Não podemos confirmar sua identidade agora"}
	cancel := words{"Cancel", "Cancelar", "Cancelar"}
	unchanged := words{"Nothing was changed.", "No se cambió nada.", "Nada foi alterado."}
	again := words{"Try again", "Intentar de nuevo", "Tentar de novo"}
	startAgain := words{"Start again", "Empezar de nuevo", "Começar de novo"}
	kept := words{"Your form is kept. You will see it again before anything is sent.",
		"Su formulario se guardó. Lo verá de nuevo antes de que se envíe algo.",
		"Seu formulário foi salvo. Você o verá de novo antes de qualquer envio."}
	return []stateCase{
		{name: "S1, asked before anything is sent", status: 200, state: contract.StateAsk, code: contract.CodeStepUpRequired, title: ask, primary: "/stepup/send",
			config: func(c *stepup.Config) {
				c.AskFirst = true
				c.Action = func(*http.Request, stepup.Policy) string { return "Transfer $5,000 to Acme" }
			},
			reach: goThere,
			says: []words{
				{"Send code to the number ending {ending}", "Enviar código al número que termina en {ending}", "Enviar código para o número com final {ending}"}, cancel,
				{"Approve: Transfer $5,000 to Acme", "Aprobar: Transfer $5,000 to Acme", "Aprovar: Transfer $5,000 to Acme"},
				{"Do not share the code with anyone. We never call or write to ask for it. Enter it only here.",
					"No comparta el código con nadie. Nunca llamaremos ni escribiremos para pedirlo. Escríbalo solo aquí.",
					"Não compartilhe o código com ninguém. Nunca ligaremos nem escreveremos para pedi-lo. Digite-o somente aqui."},
			}},
		{name: "S1, after a link on another site", status: 200, state: contract.StateAsk, code: contract.CodeStepUpRequired, title: ask, primary: "/stepup/send",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.follow(b.get("/payouts", "Sec-Fetch-Site", "cross-site"))
			},
			says: []words{{"I already have a code", "Ya tengo un código", "Já tenho um código"}}},
		{name: "S2, a passcode was sent", status: 200, state: contract.StateCode, code: contract.CodeChallengePending, title: check, reach: goThere,
			says: []words{
				{"We sent it to the number ending {ending}.", "Lo enviamos al número que termina en {ending}.", "Enviamos o código para o número com final {ending}."},
				{"It works for about 2 minutes.", "Sirve durante 2 minutos aproximadamente.", "Ele vale por cerca de 2 minutos."},
				{"You can ask for a new code in 30 seconds.", "Podrá pedir un código nuevo en 30 segundos.", "Você poderá pedir um novo código em 30 segundos."},
				{"Only the newest code works. Do not share the code with anyone.", "Solo sirve el código más reciente. No comparta el código con nadie.", "Só o código mais recente funciona. Não compartilhe o código com ninguém."},
				{"6-digit code", "Código de 6 dígitos", "Código de 6 dígitos"}, {"Confirm", "Confirmar", "Confirmar"}, cancel,
			}},
		{name: "S2, opened again a minute later", status: 200, state: contract.StateCode, code: contract.CodeChallengePending, title: check,
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				b.challenge()
				time.Sleep(time.Minute)
				return b.challenge()
			},
			says: []words{{"It works for about 60 seconds.", "Sirve durante 60 segundos aproximadamente.", "Ele vale por cerca de 60 segundos."}}},
		{name: "S3, a wrong passcode", status: 422, state: contract.StateCode, code: contract.CodeIncorrect, title: check, reach: typing(wrong),
			mistake: &words{"That code is not right. 4 attempts left.", "El código no es correcto. Quedan 4 intentos.", "O código não está correto. Restam 4 tentativas."}},
		{name: "S3, before the last try", status: 422, state: contract.StateCode, code: contract.CodeIncorrect, title: check,
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				for range 3 {
					b.enter(page, wrong(a.emu.LastCode(m)))
				}
				return b.enter(page, wrong(a.emu.LastCode(m)))
			},
			mistake: &words{"That code is not right. 1 attempt left. If it fails, you have to wait.", "El código no es correcto. Queda 1 intento. Si falla, tendrá que esperar.",
				"O código não está correto. Resta 1 tentativa. Se ela falhar, você terá que esperar."}},
		{name: "S4, no passcode at all", status: 422, state: contract.StateCode, code: contract.CodeMalformed, title: check,
			reach:   typing(func(sent string) string { return sent[:5] + "x" }),
			mistake: &words{"Enter the 6-digit code from the message.", "Escriba el código de 6 dígitos del mensaje.", "Digite o código de 6 dígitos da mensagem."}},
		{name: "S5, an expired passcode", status: 422, state: contract.StateCode, code: contract.CodeExpired, title: check, primary: "/stepup/send",
			reach: typing(func(sent string) string {
				time.Sleep(2*time.Minute + time.Second)
				return sent
			}),
			mistake: &words{"The code has expired. Send a new one.", "El código venció. Envíe uno nuevo.", "O código expirou. Envie um novo."}},
		{name: "S6, an old passcode after a new message", status: 422, state: contract.StateCode, code: contract.CodeIncorrect, title: check,
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				old := a.emu.LastCode(m)
				time.Sleep(31 * time.Second)
				page = b.follow(b.post("/stepup/send", page.fields()))
				return b.enter(page, old)
			},
			mistake: &words{"That code is not right. 4 attempts left.", "El código no es correcto. Quedan 4 intentos.", "O código não está correto. Restam 4 tentativas."},
			says: []words{{"If you asked for several codes, use the newest message.", "Si pidió varios códigos, use el del mensaje más reciente.",
				"Se você pediu vários códigos, use o da mensagem mais recente."}}},
		{name: "S7, too many wrong passcodes", status: 429, state: contract.StateLocked, code: contract.CodeLocked, title: locked, retry: "86400",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				for range 5 {
					b.enter(page, wrong(a.emu.LastCode(m)))
				}
				return b.enter(page, a.emu.LastCode(m))
			},
			says: []words{
				{"Try again in 24 hours.", "Inténtelo de nuevo en 24 horas.", "Tente de novo em 24 horas."},
				{"Too many wrong codes were entered.", "Se escribieron demasiados códigos incorrectos.", "Foram digitados muitos códigos incorretos."},
				{"You do not have to wait if you sign in again.", "No tiene que esperar si inicia sesión de nuevo.", "Você não precisa esperar se entrar de novo."},
				{"Sign in again", "Iniciar sesión de nuevo", "Entrar de novo"}, cancel,
				{"Get help", "Obtener ayuda", "Obter ajuda"},
			},
			config: func(c *stepup.Config) { c.Links.Support = "https://help.example/" }},
		{name: "S7, locked by Stytch", status: 429, state: contract.StateLocked, code: contract.CodeLocked, title: locked, retry: "3600",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				time.Sleep(3 * time.Second)
				a.emu.LockMember(m)
				return b.enter(page, a.emu.LastCode(m))
			},
			says: []words{
				{"Try again in 60 minutes.", "Inténtelo de nuevo en 60 minutos.", "Tente de novo em 60 minutos."},
				{"Too many wrong codes were entered for your account.", "Se escribieron demasiados códigos incorrectos en su cuenta.", "Foram digitados muitos códigos incorretos na sua conta."},
				{"Until then you may not be able to sign in either.", "Hasta entonces es posible que tampoco pueda iniciar sesión.", "Até lá, talvez você também não consiga entrar."},
			}},
		{name: "S8, a new passcode too early", status: 429, state: contract.StateCode, code: contract.CodeResendCooldown, title: check, retry: "25",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				time.Sleep(5 * time.Second)
				form := page.fields()
				form.Set("code", "402")
				return b.post("/stepup/send", form)
			},
			says: []words{
				{"No new code was sent, because it is too soon for one.", "No se envió un código nuevo porque todavía es muy pronto.", "Nenhum código novo foi enviado, porque ainda é cedo demais."},
				{"You can ask for a new code in 25 seconds.", "Podrá pedir un código nuevo en 25 segundos.", "Você poderá pedir um novo código em 25 segundos."},
			}},
		{name: "S9, a new passcode", status: 200, state: contract.StateCode, code: contract.CodeResent, title: check,
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				time.Sleep(31 * time.Second)
				return b.follow(b.post("/stepup/send", page.fields()))
			},
			says: []words{
				{"New code sent. The old one no longer works.", "Código nuevo enviado. El anterior ya no sirve.", "Novo código enviado. O anterior não funciona mais."},
				{"You can ask for a new code in 59 seconds.", "Podrá pedir un código nuevo en 59 segundos.", "Você poderá pedir um novo código em 59 segundos."},
			}},
		{name: "S10, a country that is not texted", status: 403, state: contract.StateUndeliverable, code: contract.CodeDeliveryUnavailable, title: undeliverable,
			config: settings, reach: textFails("invalid_phone_number_country_code"),
			says: []words{
				{"We cannot send texts to this country.", "No podemos enviar mensajes de texto a este país.", "Não podemos enviar SMS para este país."}, cancel, again,
				{"Change your phone number", "Cambiar su número de teléfono", "Alterar seu número de celular"},
			}},
		{name: "S10, a number that has said STOP", status: 403, state: contract.StateUndeliverable, code: contract.CodeDeliveryUnavailable, title: undeliverable,
			reach: textFails("unsubscribed_phone_number"),
			says: []words{{"This number has blocked our messages. Text START to the number", "Este número bloqueó nuestros mensajes. Envíe START al número",
				"Este número bloqueou nossas mensagens. Envie START para o número"}}},
		{name: "S10, a landline", status: 403, state: contract.StateUndeliverable, code: contract.CodeDeliveryUnavailable, title: undeliverable,
			reach: textFails("downstream_carrier_error"),
			says: []words{{"This number cannot receive our text messages. It may be a landline.", "Este número no puede recibir nuestros mensajes de texto. Tal vez sea un teléfono fijo.",
				"Este número não pode receber nossos SMS. Talvez seja um telefone fixo."}}},
		{name: "S10, an organization without text messages", status: 403, state: contract.StateUndeliverable, code: contract.CodeDeliveryUnavailable, title: undeliverable,
			reach: textFails("operation_restricted_by_organization_mfa_methods"),
			says: []words{{"Your organization does not allow codes by text message. Ask your administrator.", "Su organización no permite los códigos por mensaje de texto. Consulte a su administrador.",
				"Sua organização não permite códigos por SMS. Fale com o administrador."}}},
		{name: "S11, no phone number", status: 403, state: contract.StateNoPhone, code: contract.CodeFactorNotEnrolled, title: noPhone,
			member: stytchtest.WithoutPhone(), reach: bounceOff,
			says: []words{
				{"Your account has no confirmed phone number, so you cannot do this yet. Ask your administrator.", "Su cuenta no tiene un número de teléfono confirmado, así que todavía no puede hacer esto. Consulte a su administrador.",
					"Sua conta não tem um número de celular confirmado, então você ainda não pode fazer isso. Fale com o administrador."}, cancel,
			}},
		{name: "S11, where the app has settings", status: 403, state: contract.StateNoPhone, code: contract.CodeFactorNotEnrolled, title: noPhone,
			member: stytchtest.WithUnverifiedPhone("+14155550199"), config: settings, reach: bounceOff,
			says: []words{
				{"Add one in your settings.", "Agregue uno en su configuración.", "Adicione um nas suas configurações."},
				{"Add a phone number", "Agregar un número de teléfono", "Adicionar um número de celular"},
			}},
		{name: "S12, a phone number is asked for", status: 200, state: contract.StatePhone, code: contract.CodeEnrollmentRequired, title: phone,
			member: stytchtest.WithoutPhone(), config: enroll, reach: bounceOff,
			says: []words{
				{"We send a code to this number whenever you approve something important.", "Enviaremos un código a este número cada vez que apruebe algo importante.", "Enviaremos um código para este número sempre que você aprovar algo importante."},
				{"With country code, like +1 415 555 0123.", "Con el código del país, como +1 415 555 0123.", "Com o código do país, como +1 415 555 0123."},
				{"Your carrier may charge for text messages.", "Su compañía telefónica puede cobrarle por los mensajes de texto.", "Sua operadora pode cobrar por SMS."}, cancel,
			}},
		{name: "S13, no phone number was typed", status: 422, state: contract.StatePhone, code: contract.CodePhoneInvalid, title: phone,
			member: stytchtest.WithoutPhone(), config: enroll,
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.typePhone(b.get("/payouts"), "555 0123")
			},
			mistake: &words{"Enter a mobile number that starts with + and the country code, like +1 415 555 0123.", "Escriba un número de celular que empiece con + y el código del país, como +1 415 555 0123.",
				"Digite um número de celular que comece com + e o código do país, como +1 415 555 0123."}},
		{name: "S13, a number that is taken", status: 422, state: contract.StatePhone, code: contract.CodePhoneUnavailable, title: phone,
			member: stytchtest.WithoutPhone(), config: enroll,
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.typePhone(b.get("/payouts"), a.emu.AddMember().PhoneNumber)
			},
			mistake: &words{"This number cannot be used. Enter a different one, or ask your administrator.", "Este número no se puede usar. Use otro o consulte a su administrador.",
				"Este número não pode ser usado. Use outro ou fale com o administrador."}},
		{name: "S14, Stytch is down", status: 503, state: contract.StateUnavailable, code: contract.CodeProviderUnavailable, title: unavailable, retry: "30",
			reach: failing(stytchtest.Fault{Path: "sessions/authenticate", Status: 500, Times: 2}),
			says: []words{unchanged, again,
				{"Try again in 30 seconds.", "Inténtelo de nuevo en 30 segundos.", "Tente de novo em 30 segundos."}}},
		{name: "S14, Stytch is down when the passcode comes", status: 503, state: contract.StateUnavailable, code: contract.CodeProviderUnavailable, title: unavailable, retry: "30",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				a.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Unreachable: true, Times: 2})
				return b.enter(page, a.emu.LastCode(m))
			},
			says: []words{unchanged, again, cancel}},
		{name: "S15, signed out meanwhile", status: 401, state: contract.StateSignedOut, code: contract.CodeSessionExpired,
			title: words{"You were signed out", "Su sesión se cerró", "Sua sessão foi encerrada"},
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				a.emu.DeleteMember(m)
				time.Sleep(3 * time.Second)
				return b.enter(page, "123456")
			},
			says: []words{{"Sign in, then confirm again.", "Inicie sesión y confirme de nuevo.", "Entre e confirme de novo."}, {"Sign in", "Iniciar sesión", "Entrar"}}},
		{name: "S16, another member", status: 409, state: contract.StateOtherMember, code: contract.CodeMemberMismatch,
			title: words{"You are signed in as a different person", "Inició sesión como otra persona", "Você entrou como outra pessoa"},
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				page := b.challenge()
				other := a.browser(a.emu.SignIn(a.emu.AddMember()))
				other.header = b.header
				return other.enter(page, a.emu.LastCode(m))
			},
			says: []words{startAgain}},
		{name: "S19, a form waits", status: 200, state: contract.StateContinue, code: contract.CodeVerified,
			title:  words{"Verified. Continue?", "Verificado. ¿Continuar?", "Verificado. Continuar?"},
			config: func(c *stepup.Config) { c.Forms.Show = []string{"to"} },
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.stepUp(b.submit("/payouts?page=2", aForm), m)
			},
			says: []words{
				{"Check what you are about to send. to Acme", "Revise lo que va a enviar. to Acme", "Confira o que você vai enviar. to Acme"},
				{"Also sent: note", "También se envía: note", "Também será enviado: note"},
				{"Goes to: POST /payouts?page=2", "Se envía a: POST /payouts?page=2", "Será enviado para: POST /payouts?page=2"},
				{"Fill them in again. pin", "Complételos de nuevo. pin", "Preencha-os de novo. pin"},
				{"Continue", "Continuar", "Continuar"}, cancel,
			}},
		{name: "S19, while it waits", status: 401, state: contract.StateAsk, code: contract.CodeStepUpRequired, title: ask, primary: "/stepup/send",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply { return b.submit("/payouts", aForm) },
			says: []words{kept, {"For your safety these fields were not kept: pin .", "Por seguridad no se guardaron estos campos: pin .",
				"Por segurança, estes campos não foram salvos: pin ."}}},
		{name: "S20, a form that could not be kept", status: 401, state: contract.StateAsk, code: contract.CodeStepUpRequired, title: ask, primary: "/stepup/send",
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.do("POST", "/payouts", "multipart/form-data; boundary=x", "--x--")
			},
			says: []words{{"Your form was not saved. Use your browser's back button now to copy what you typed, or fill in the form again after you confirm.",
				"Su formulario no se guardó. Use ahora el botón Atrás del navegador para copiar lo que escribió, o complete el formulario de nuevo después de confirmar.",
				"Seu formulário não foi salvo. Use agora o botão Voltar do navegador para copiar o que digitou, ou preencha o formulário de novo depois de confirmar."}}},
		{name: "S21, a page for a policy that is gone", status: 404, state: contract.StateBadRequest, code: contract.CodeUnknownPolicy,
			title: words{"We could not read this request", "No pudimos leer esta solicitud", "Não conseguimos ler esta solicitação"},
			reach: func(a *app, b *browser, m *stytchtest.Member) reply { return b.get("/stepup/?policy=other") },
			says:  []words{unchanged, startAgain}},
		{name: "S23, staff acting for the member", status: 403, state: contract.StateImpersonated, code: contract.CodeImpersonation,
			title:  words{"Not available while acting for someone else", "No disponible mientras actúa en nombre de otra persona", "Indisponível ao agir em nome de outra pessoa"},
			signIn: stytchtest.WithImpersonation(), reach: bounceOff,
			says: []words{{"Only the member can confirm this, in a session of their own.", "Solo el propio miembro puede confirmar esto, en su propia sesión.", "Só o próprio membro pode confirmar isto, na própria sessão."}}},
		{name: "S24, a form of another site", status: 403, state: contract.StateCrossOrigin, code: contract.CodeCrossOrigin,
			title: words{"This page can no longer be used", "Esta página ya no se puede usar", "Esta página não pode mais ser usada"},
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.post("/stepup/send", b.challenge().fields(), "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
			},
			says: []words{unchanged, startAgain}},
		{name: "two sessions in one request", status: 400, state: contract.StateConflict, code: contract.CodeSessionConflict,
			title: words{"You are signed in twice", "Inició sesión dos veces", "Você entrou duas vezes"},
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				one, two := a.emu.SignIn(m), a.emu.SignIn(m)
				return a.browser(nil).get("/payouts", "Accept-Language", b.header.Get("Accept-Language"),
					"Cookie", "stytch_session_jwt="+one.JWT+"; stytch_session_jwt="+two.JWT)
			},
			says: []words{{"Sign in", "Iniciar sesión", "Entrar"}}},
		{name: "a form that is too large", status: 413, state: contract.StateBadRequest, code: contract.CodeBadRequest,
			title: words{"We could not read this request", "No pudimos leer esta solicitud", "Não conseguimos ler esta solicitação"},
			reach: func(a *app, b *browser, m *stytchtest.Member) reply {
				return b.enter(b.challenge(), strings.Repeat("1", 5000))
			},
			says: []words{unchanged}},
		{name: "a wrong secret", status: 500, state: contract.StateFailed, code: contract.CodeMisconfigured,
			title: words{"Something is wrong on our side", "Ocurrió un error de nuestro lado", "Algo deu errado do nosso lado"},
			reach: failing(stytchtest.Fault{Path: "sessions/authenticate", Status: 401, ErrorType: "unauthorized_credentials"}),
			says:  []words{unchanged, again}},
	}
}

func TestEveryStateIsReachedAndSpoken(t *testing.T) {
	reached := map[contract.State]bool{}
	for _, tt := range states() {
		reached[tt.state] = true
		for _, language := range []string{"en", "es", "pt-BR"} {
			t.Run(tt.name+", in "+language, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					page, member := tt.visit(t, language)
					checkWords(t, tt, page, member, language)
					checkMarkup(t, page)
					checkMistake(t, tt, page, language)
					checkFields(t, tt, page)
				})
			})
		}
	}
	for _, state := range []contract.State{
		contract.StateAsk, contract.StateCode, contract.StateLocked, contract.StateUndeliverable, contract.StateNoPhone, contract.StatePhone,
		contract.StateUnavailable, contract.StateSignedOut, contract.StateOtherMember, contract.StateContinue, contract.StateImpersonated,
		contract.StateCrossOrigin, contract.StateConflict, contract.StateBadRequest, contract.StateFailed,
	} {
		if !reached[state] {
			t.Errorf("nothing reaches the state %s", state)
		}
	}
}

// visit goes to the state in a language and returns its page.
func (tt stateCase) visit(t *testing.T, language string) (reply, *stytchtest.Member) {
	t.Helper()
	config := tt.config
	if config == nil {
		config = func(*stepup.Config) {}
	}
	a := newApp(t, config)
	var memberOptions []stytchtest.MemberOption
	if tt.member != nil {
		memberOptions = append(memberOptions, tt.member)
	}
	var signInOptions []stytchtest.SignInOption
	if tt.signIn != nil {
		signInOptions = append(signInOptions, tt.signIn)
	}
	member := a.emu.AddMember(memberOptions...)
	b := a.browser(a.emu.SignIn(member, signInOptions...))
	b.header.Set("Accept-Language", language+",en;q=0.1")
	page := tt.reach(a, b, member).wantPage(tt.status, tt.state, tt.code)
	if got := page.header.Get("Retry-After"); got != tt.retry {
		t.Errorf("got Retry-After %q, want %q", got, tt.retry)
	}
	if got := page.header.Get("WWW-Authenticate"); (got != "") != (tt.status == 401) {
		t.Errorf("status %d with WWW-Authenticate %q", tt.status, got)
	}
	if a.payouts.Load() != 0 {
		t.Error("the handler behind the guard ran")
	}
	return page, member
}

func checkWords(t *testing.T, tt stateCase, page reply, member *stytchtest.Member, language string) {
	t.Helper()
	ending := ""
	if n := len(member.PhoneNumber); n > 2 {
		ending = member.PhoneNumber[n-2:]
	}
	text := page.text()
	for _, w := range append(tt.says, tt.title) {
		if says := strings.ReplaceAll(w.in(language), "{ending}", ending); !strings.Contains(text, says) {
			t.Errorf("the page does not say %q: %s", says, text)
		}
		// "Continue" and "Cancel" begin the same in the others.
		if language != "en" && len(w.en) > 10 && !strings.Contains(w.in(language), w.en) && strings.Contains(text, w.en) {
			t.Errorf("the page says %q", w.en)
		}
	}
	html := page.elements("html")
	if len(html) != 1 || html[0].attr["lang"] != language || page.header.Get("Content-Language") != language {
		t.Errorf("the page is said to be in %v, %q", html, page.header.Get("Content-Language"))
	}
	title := tt.title.in(language)
	if h1 := page.elements("h1"); len(h1) != 1 || h1[0].text != title {
		t.Errorf("the headings are %v, want one, %q", h1, title)
	}
	// Bad news begins with a word that says so; a page that asks does not.
	bad := !slices.Contains([]contract.State{contract.StateAsk, contract.StateCode, contract.StatePhone, contract.StateContinue}, tt.state)
	if bad || tt.mistake != nil {
		title = words{"Error: ", "Error: ", "Erro: "}.in(language) + title
	}
	if got := page.elements("title"); len(got) != 1 || got[0].text != title {
		t.Errorf("the titles are %v, want one, %q", got, title)
	}
	if alerts := strings.Count(page.body, `<p role="alert">`); bad && alerts != 1 {
		t.Errorf("bad news is announced %d times", alerts)
	}
}

// checkMarkup checks what holds for every page: it works without scripts, and
// a front-end framework leaves its forms alone.
func checkMarkup(t *testing.T, page reply) {
	t.Helper()
	if got := page.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("got Cache-Control %q", got)
	}
	if n := len(page.elements("main")); n != 1 {
		t.Errorf("%d <main>, want one", n)
	}
	for _, form := range page.elements("form") {
		if form.attr["method"] != "post" || form.attr["data-turbo"] != "false" || form.attr["hx-boost"] != "false" {
			t.Errorf("a form has %v", form.attr)
		}
	}
	for _, button := range page.elements("button") {
		if button.has("disabled") || button.attr["type"] != "submit" || button.text == "" {
			t.Errorf("a button has %v, and says %q", button.attr, button.text)
		}
	}
	for _, script := range page.elements("script") {
		if script.attr["src"] == "" || script.text != "" || !script.has("defer") {
			t.Errorf("a script has %v, and holds %q", script.attr, script.text)
		}
	}
	for _, input := range page.elements("input") {
		if input.attr["type"] == "hidden" {
			continue
		}
		if !slices.ContainsFunc(page.elements("label"), func(l element) bool { return l.attr["for"] == input.attr["id"] && l.text != "" }) {
			t.Errorf("the field %v has no label", input.attr)
		}
	}
	if len(page.elements("button"))+len(page.elements("a")) == 0 {
		t.Error("the page is a dead end")
	}
}

// checkMistake checks that a mistake is said once, at the field, where screen
// readers announce it and the focus is; and that a page without one has none of
// that.
func checkMistake(t *testing.T, tt stateCase, page reply, language string) {
	t.Helper()
	id := string(tt.state)
	field := page.byID("input", id)
	said := page.byID("p", id+"-error")
	if autofocus := tt.state == contract.StateCode || tt.state == contract.StatePhone; field.has("autofocus") != autofocus {
		t.Errorf("the field has %v", field.attr)
	}
	if tt.mistake == nil {
		if field.has("aria-invalid") || said.has("id") {
			t.Error("the page reports a mistake")
		}
		if field.has("id") && field.attr["aria-describedby"] != id+"-hint" {
			t.Errorf("the field is described by %q", field.attr["aria-describedby"])
		}
		return
	}
	mistake := tt.mistake.in(language)
	if !strings.HasPrefix(said.text, (words{"Error: ", "Error: ", "Erro: "}).in(language)+mistake) || said.attr["role"] != "alert" {
		t.Errorf("the field says %q: %v", said.text, said.attr)
	}
	if field.attr["aria-invalid"] != "true" || field.attr["aria-describedby"] != id+"-hint "+id+"-error" {
		t.Errorf("the field has %v", field.attr)
	}
}

// checkFields checks the fields and buttons of the pages that ask for something.
func checkFields(t *testing.T, tt stateCase, page reply) {
	t.Helper()
	var want map[string]string
	required := true
	switch tt.state {
	case contract.StateCode, contract.StateAsk:
		want = map[string]string{
			"id": "code", "name": "code", "type": "text", "inputmode": "numeric", "autocomplete": "one-time-code",
			"maxlength": "64", "autocapitalize": "none", "spellcheck": "false", "dir": "ltr",
		}
		required = tt.state == contract.StateCode
	case contract.StatePhone:
		want = map[string]string{"id": "phone", "name": "phone", "type": "tel", "autocomplete": "tel", "dir": "ltr"}
	default:
		return
	}
	field := page.byID("input", want["id"])
	for name, value := range want {
		if field.attr[name] != value {
			t.Errorf("the field has %s=%q, want %q", name, field.attr[name], value)
		}
	}
	if field.has("required") != required || field.has("pattern") {
		t.Errorf("the field has %v", field.attr)
	}
	// A passcode that was judged is typed anew; what nobody judged is still there.
	typed := map[contract.Code]string{contract.CodeResendCooldown: "402", contract.CodePhoneInvalid: "555 0123"}[tt.code]
	if tt.code != contract.CodeMalformed && field.attr["value"] != typed {
		t.Errorf("the field holds %q, want %q", field.attr["value"], typed)
	}
	if form := page.elements("form")[0]; !form.has("novalidate") {
		t.Errorf("the form has %v: the browser's words would stand in for ours", form.attr)
	}
	for _, button := range page.elements("button") {
		if strings.HasPrefix(button.attr["formaction"], "/stepup/") && !button.has("formnovalidate") {
			t.Errorf("the button %q needs the field", button.text)
		}
		if button.attr["class"] == "primary" && button.attr["aria-describedby"] != "elsewhere-text" && button.attr["formaction"] != tt.primary {
			t.Errorf("the button that stands out leads to %q, want %q", button.attr["formaction"], tt.primary)
		}
	}
}

// The states that are no pages.
func TestStatesThatLeadElsewhere(t *testing.T) {
	const page = "/stepup/?next=%2Fpayouts&policy=money"
	for _, tt := range []struct {
		name  string
		reach func(a *app, b *browser, m *stytchtest.Member) reply
		to    string
	}{
		{"S9, after a new passcode", func(a *app, b *browser, m *stytchtest.Member) reply {
			waiting := b.challenge()
			time.Sleep(31 * time.Second)
			return b.post("/stepup/send", waiting.fields())
		}, page},
		{"S15, signed out before the page is opened", func(a *app, b *browser, m *stytchtest.Member) reply {
			a.emu.DeleteMember(m)
			return b.get("/payouts?page=2")
		}, "/login?next=%2Fpayouts%3Fpage%3D2"},
		{"S17, verified in another tab, and opened", func(a *app, b *browser, m *stytchtest.Member) reply {
			b.enter(b.challenge(), a.emu.LastCode(m)).wantRedirect("/payouts")
			return b.get(page)
		}, "/payouts"},
		{"S17, verified in another tab, and a passcode posted", func(a *app, b *browser, m *stytchtest.Member) reply {
			waiting := b.challenge()
			b.enter(waiting, a.emu.LastCode(m)).wantRedirect("/payouts")
			return b.enter(waiting, "")
		}, "/payouts"},
		{"S17, verified in another tab, and a new passcode asked for", func(a *app, b *browser, m *stytchtest.Member) reply {
			waiting := b.challenge()
			b.enter(waiting, a.emu.LastCode(m)).wantRedirect("/payouts")
			return b.post("/stepup/send", waiting.fields())
		}, "/payouts"},
		{"S18, verified", func(a *app, b *browser, m *stytchtest.Member) reply {
			return b.enter(b.challenge(), a.emu.LastCode(m))
		}, "/payouts"},
		{"given up", func(a *app, b *browser, m *stytchtest.Member) reply {
			return b.post("/stepup/cancel", b.challenge().fields())
		}, "/"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, member, b := signedIn(t)
				r := tt.reach(a, b, member).wantRedirect(tt.to)
				if r.body != "" || r.header.Get("Cache-Control") != "no-store" {
					t.Errorf("got %q with %v", r.body, r.header)
				}
			})
		})
	}
}

// S21: a member who comes back to a challenge they gave up starts again.
func TestAStalePageStartsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, member, b := signedIn(t)
		stale := b.challenge()
		b.post("/stepup/cancel", stale.fields()).wantRedirect("/")
		b.get("/stepup/?policy=money&next=%2Fpayouts").wantPage(200, contract.StateAsk, contract.CodeStepUpRequired)
		time.Sleep(31 * time.Second)
		page := b.follow(b.post("/stepup/send", stale.fields())).wantPage(200, contract.StateCode, contract.CodeChallengePending)
		b.enter(page, a.emu.LastCode(member)).wantRedirect("/payouts")
		b.fetch("GET", "/stepup/?policy=other", "").wantCode(404, contract.CodeUnknownPolicy)
	})
}

// S14: what was typed is tried again, not typed again.
func TestTryingAgainKeepsThePasscodeAndTheForm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShop(t)
		member := s.emu.AddMember()
		b := s.browser(s.emu.SignIn(member))
		page := b.post("/stepup/send", b.submit("/pay", "to=acme").fields()).wantPage(200, contract.StateCode, contract.CodeChallengePending)
		s.emu.Fail(stytchtest.Fault{Path: "otps/sms/authenticate", Unreachable: true})
		down := b.enter(page, s.emu.LastCode(member)).wantPage(503, contract.StateUnavailable, contract.CodeProviderUnavailable)
		done := b.post("/stepup/", down.fields()).wantPage(200, contract.StateContinue, contract.CodeVerified)
		b.press(done).wantStatus(200)
		s.wantOrders("/pay to=acme")
	})
}
