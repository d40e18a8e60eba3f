package pages

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rungauth/rung/stepup/contract"
)

func file(data string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(data)} }

const logo = `<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"></svg>`

func branded() fstest.MapFS {
	return fstest.MapFS{
		"brand.html": file(`{{define "head"}}<link rel="icon" href="{{.File "images/icon.png"}}">{{end}}
{{define "brand"}}{{/* not .File "nothing.svg" */}}<img src="{{.File "logo.svg"}}" alt="Acme">{{end}}`),
		"theme.css":           file(`/* url(nothing.png) */ @font-face { font-family: Acme; src: url( "fonts/acme.woff2#x" ) } a { background: url(/static/a.png), url(data:image/png;base64,AA==), url(#a) }`),
		"logo.svg":            file(logo),
		"images/icon.png":     file("\x89PNG\r\n\x1a\n"),
		"fonts/acme.woff2":    file("wOF2"),
		".DS_Store":           file("x"),
		"_drafts/old.svg":     file("x"),
		"elsewhere/readme.md": file("x"),
	}
}

func TestPicturesAndFontsAreServed(t *testing.T) {
	p := mustPages(t, branded())
	for _, login := range []bool{false, true} {
		page := contract.Page{State: contract.StateCode, Base: "/stepup/", Login: login}
		if login {
			page.Base += "login/"
		}
		doc := parsePage(t, p, page)
		if got, want := doc.all("img")[0].attr["src"], "/stepup/"+p.assets.name("logo.svg"); got != want {
			t.Errorf("the picture is at %q, want %q", got, want)
		}
		if got, want := doc.all("link")[1].attr["href"], "/stepup/"+p.assets.name("images/icon.png"); got != want {
			t.Errorf("the icon is at %q, want %q", got, want)
		}
	}
	css := string(p.assets.by["stepup.css"].body)
	for _, want := range []string{
		`src: url("` + p.assets.name("fonts/acme.woff2") + `#x")`, "url(/static/a.png), url(data:image/png;base64,AA==), url(#a)", "/* url(nothing.png) */",
	} {
		if !strings.Contains(css, want) {
			t.Errorf("the style sheet does not say %s", want)
		}
	}
	for name, contentType := range map[string]string{"logo.svg": "image/svg+xml", "images/icon.png": "image/png", "fonts/acme.woff2": "font/woff2"} {
		for _, asked := range []string{name, p.assets.name(name)} {
			w := httptest.NewRecorder()
			if !p.ServeAsset(w, httptest.NewRequest("GET", "/stepup/"+asked, nil), asked) {
				t.Fatalf("%s is not served", asked)
			}
			h := w.Header()
			if w.Code != 200 || w.Body.String() != string(p.assets.by[name].body) || h.Get("Content-Type") != contentType || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: %d %v %q", asked, w.Code, h, w.Body)
			}
			if sandboxed := strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'"); sandboxed != (name == "logo.svg") {
				t.Errorf("%s: Content-Security-Policy %q", asked, h.Get("Content-Security-Policy"))
			}
			if immutable := strings.Contains(h.Get("Cache-Control"), "immutable"); immutable != (asked != name) {
				t.Errorf("%s: Cache-Control %q", asked, h.Get("Cache-Control"))
			}
		}
	}
	for _, name := range []string{"brand.html", "theme.css", ".DS_Store", "_drafts/old.svg", "elsewhere/readme.md", "icon.png", "images/"} {
		if p.ServeAsset(httptest.NewRecorder(), httptest.NewRequest("GET", "/stepup/x", nil), name) {
			t.Errorf("%s is served", name)
		}
	}
}

func TestThePolicyAllowsWhatTheFilesNeed(t *testing.T) {
	picture := fstest.MapFS{"brand.html": file(`{{define "brand"}}<img src="{{.File "logo.svg"}}" alt="Acme">{{end}}`), "logo.svg": file(logo)}
	font := fstest.MapFS{"theme.css": file(`@font-face { src: url(a.woff2) }`), "a.woff2": file("wOF2")}
	for _, test := range []struct {
		name      string
		override  fstest.MapFS
		img, font bool
	}{
		{"no files", nil, false, false}, {"texts", fstest.MapFS{"messages/en.json": file(`{"code.title": "Code"}`)}, false, false},
		{"a picture", picture, true, false}, {"a font", font, false, true}, {"pictures and a font", branded(), true, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			page := contract.Page{State: contract.StateCode, Base: "/stepup/"}
			SetHeaders(w.Header(), page, nil)
			before := w.Header().Get("Content-Security-Policy")
			mustPages(t, test.override).Render(w, httptest.NewRequest("GET", "/stepup/", nil), page)
			after := w.Header().Get("Content-Security-Policy")
			if !strings.HasPrefix(after, before) {
				t.Errorf("%q does not begin with %q", after, before)
			}
			if strings.Count(after, "img-src 'self'") != count(test.img) || strings.Count(after, "font-src 'self'") != count(test.font) {
				t.Errorf("the policy is %q", after)
			}
		})
	}
}

func count(once bool) int {
	if once {
		return 1
	}
	return 0
}

// TestFilesWithoutEffectAreRefused also checks that the error names the file
// that the app wrote, and not one of ours that no longer fits it.
func TestFilesWithoutEffectAreRefused(t *testing.T) {
	for _, test := range []struct {
		name     string
		override fstest.MapFS
		want     []string
	}{
		{"a misspelled theme", fstest.MapFS{"theem.css": file("")}, []string{"theem.css: "}},
		{"a misspelled theme among others", fstest.MapFS{"brand.html": file(""), "theem.css": file("")}, []string{"theem.css: "}},
		{"a file of no use", fstest.MapFS{"brand.html": file(""), "notes.txt": file("")}, []string{"notes.txt: "}},
		{"a text that is no JSON file", fstest.MapFS{"brand.html": file(""), "messages/fr.yaml": file("")}, []string{"messages/fr.yaml: "}},
		{"a picture that nothing shows", fstest.MapFS{"brand.html": file(""), "logo.svg": file(logo)}, []string{"logo.svg: ", `{{.File "logo.svg"}}`, "url(logo.svg)"}},
		{"a picture in a folder that nothing shows", fstest.MapFS{"brand.html": file(""), "images/logo.svg": file(logo)}, []string{"images/logo.svg: "}},
		{"a picture that a comment alone names", fstest.MapFS{"brand.html": file(`{{/* {{.File "logo.svg"}} */}}`), "logo.svg": file(logo)}, []string{"logo.svg: "}},
		{"a template that names no picture of the folder", fstest.MapFS{"locked.html": file(`{{define "title"}}x{{end}}{{define "content"}}{{if eq .Session "never"}}{{.File "logo.svg"}}{{end}}{{end}}`)},
			[]string{"locked.html: ", "logo.svg"}},
		{"a template that names a style sheet as a picture", fstest.MapFS{"brand.html": file(`{{define "brand"}}{{.File "stepup.css"}}{{end}}`)}, []string{"brand.html: ", "stepup.css"}},
		{"a style sheet that names no picture of the folder", fstest.MapFS{"stepup.css": file(`a { background: url('logo.png') }`)}, []string{"stepup.css: ", "logo.png"}},
		{"a folder without a file", fstest.MapFS{}, []string{"fs.Sub"}},
		{"a folder too high, with pictures", fstest.MapFS{"pages/brand.html": file(`{{.File "logo.svg"}}`), "pages/logo.svg": file(logo)}, []string{"fs.Sub"}},

		{"a text in English that is none", fstest.MapFS{"messages/en.json": file(`{"code.titel": "x"}`)}, []string{`messages/en.json: "code.titel"`}},
		{"a text in another language that is none", fstest.MapFS{"messages/pt-BR.json": file(`{"code.titel": "x"}`)}, []string{`messages/pt-BR.json: "code.titel"`}},
		{"a text of the app in two of three languages", fstest.MapFS{"messages/en.json": file(`{"my.text": "x"}`), "messages/es.json": file(`{"my.text": "x"}`)},
			[]string{`messages/en.json: "my.text"`, "messages/pt-BR.json has none"}},
		{"a placeholder in English that nothing fills in", fstest.MapFS{"messages/en.json": file(`{"page.action": "Approve {what}"}`)}, []string{`messages/en.json: "page.action": {what}`}},
		{"a part of the frame with a field that is not there", fstest.MapFS{"brand.html": file(`{{define "brand"}}{{.Nope}}{{end}}`)}, []string{"brand.html in en: "}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.override)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.HasPrefix(err.Error(), "stepup: Config.Pages: "+test.want[0]) && !strings.Contains(test.want[0], "fs.Sub") {
				t.Errorf("%q does not begin with %s", err, test.want[0])
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %s", err, want)
				}
			}
		})
	}
}

func TestTextsOfTheAppsOwn(t *testing.T) {
	own := file(`{"my.text": "Hello {name}"}`)
	p := mustPages(t, fstest.MapFS{
		"messages/en.json": own, "messages/es.json": own, "messages/pt-BR.json": own,
		"brand.html": file(`{{define "brand"}}<p>{{.T "my.text" "name" "Ada"}}</p>{{end}}`),
	})
	if doc := parsePage(t, p, contract.Page{State: contract.StateAsk, Language: "es"}); !strings.Contains(doc.text, "Hello Ada") {
		t.Errorf("the page says %s", doc.text)
	}
	p = mustPages(t, fstest.MapFS{"messages/en.json": file(`{"page.action": "Please confirm"}`)})
	if doc := parsePage(t, p, contract.Page{State: contract.StateAsk, Action: "x", Language: "es"}); !strings.Contains(doc.text, "x") {
		t.Errorf("a text in English without a placeholder takes it from the Spanish one: %s", doc.text)
	}
}

// TestFormsWithoutAFieldAreRefused leaves one field out of a template at a time.
func TestFormsWithoutAFieldAreRefused(t *testing.T) {
	read := func(name string) string {
		b, err := builtin.ReadFile("builtin/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, test := range []struct{ name, file, from, to, want string }{
		{"the session", "page.html", `name="session"`, `name="sesion"`, `"session"`},
		{"the policy", "page.html", `name="policy"`, ``, `"policy"`},
		{"the way back", "page.html", `name="next" value="{{.Next}}"`, `name="next" value="/"`, `"next"`},
		{"the method", "page.html", `name="method"`, `id="method"`, `"method"`},
		{"the action that is approved", "page.html", `name="bound"`, `name=bind`, `"bound"`},
		{"the setup", "page.html", `name="setup"`, ``, `"setup"`},
		{"the form that waits", "page.html", `name="form"`, `disabled name="form"`, `"form"`},
		{"all hidden fields", "code.html", `{{template "fields" .}}`, ``, `"session"`},
		{"the hidden fields, of the buttons that go on", "no_phone.html", `{{template "back" .}}`, `<form method="post" action="{{.Base}}cancel"><button>Back</button></form>`, `"session"`},
		{"hidden fields that a comment holds", "phone.html", `{{template "fields" .}}`, `<script>"{{template "fields" .}}"</script>`, `"session"`},
		{"the field for the passcode", "page.html", `<input id="code" name="code"`, `<input id="code" name="otp"`, `"code"`},
		{"the field for a recovery code", "code.html", `<input id="code" name="code"`, `<input id="code" type="hidden" name="code"`, `"code"`},
		{"the field for the number", "phone.html", `name="phone"`, `name="number"`, `"phone"`},
		{"the form for the passcode", "code.html", `action="{{.VerifyURL}}"`, `action="/verify"`, "no form leads to Base"},
		{"the button that sends", "ask.html", `formaction="{{.Base}}send"`, ``, "no form leads to Basesend"},
		{"the button that begins", "authenticator.html", `action="{{.Base}}authenticator"`, `action="{{.Base}}use"`, "no form leads to Baseauthenticator"},
		{"the request", "continue.html", `action="{{.Action}}"`, `action="/"`, "Form.Action"},
		{"a value of the request", "continue.html", `value="{{.Value}}"`, ``, "Form.Values"},
		{"a field of the request to be typed again", "continue.html", `name="{{$name}}"`, ``, "Form.Withheld"},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := read(test.file)
			changed := strings.ReplaceAll(source, test.from, test.to)
			if changed == source {
				t.Fatalf("%s does not hold %s", test.file, test.from)
			}
			_, err := New(fstest.MapFS{test.file: file(changed)})
			if err == nil || !strings.Contains(err.Error(), "stepup: Config.Pages: "+test.file+": ") || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v does not name %s and %s", err, test.file, test.want)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		if _, err := New(fstest.MapFS{"page.html": file(read("page.html")), "code.html": file(read("code.html"))}); err != nil {
			t.Errorf("templates like the built-in ones: %v", err)
		}
	})
}

func TestCheckRender(t *testing.T) {
	p := mustPages(t, nil)
	if err := CheckRender(p.Render); err != nil {
		t.Errorf("the built-in pages: %v", err)
	}
	err := CheckRender(func(w http.ResponseWriter, r *http.Request, page contract.Page) {
		page.Bound = ""
		p.Render(w, r, page)
	})
	if err == nil || !strings.Contains(err.Error(), `"bound"`) {
		t.Errorf("pages without a hidden field: %v", err)
	}
	if err := CheckRender(func(http.ResponseWriter, *http.Request, contract.Page) {}); err == nil {
		t.Error("no page at all is accepted")
	}
}

func TestReadForms(t *testing.T) {
	const page = `<!doctype html><!-- <form action="/no"> --><title><form></title><FORM ID=a Action='/a?x=1&amp;y'>
<input name=session value=1><Input name="two words" value='<>"' type="hidden"/><br/>
<button formaction="/b" name="use" value="x">go</button><textarea name="note"><input name="not"></textarea><input disabled name="off"></form>
<input name="late" form="a" value="&lt;"><input name="lost"><a href=/x/>x</a><form><input name=x =y>`
	forms := readForms(page)
	if len(forms) != 2 || strings.Join(forms[0].targets, " ") != "/a?x=1&y /b" {
		t.Fatalf("%d forms: %+v", len(forms), forms[0])
	}
	var fields []string
	for _, f := range forms[0].fields {
		fields = append(fields, f.name+"="+f.value)
	}
	if got := strings.Join(fields, ";"); got != `session=1;two words=<>";note=;late=<` {
		t.Errorf("fields %s", got)
	}
	if forms[0].asks("two words") || !forms[0].asks("note") || !forms[1].asks("x") {
		t.Error("what is hidden is not told from what is typed into")
	}
}

// FuzzReadForms: whatever a page holds is read to its end, and text hides no form.
func FuzzReadForms(f *testing.F) {
	for _, seed := range []string{`<form action=/a><input name=x`, `<`, `<!--`, `<a "='>`, `<script></form>`, `<input name="`, `<//>`, `1 > 0 "'=/`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, junk string) {
		if strings.Contains(junk, "<") {
			readForms(junk)
			return
		}
		forms := readForms(junk + `<form action="/a"><input name="x" value="` + strings.ReplaceAll(junk, `"`, "") + `"><input name=y></form>`)
		if len(forms) != 1 || !forms[0].asks("x") || !forms[0].asks("y") {
			t.Errorf("%q hides a form: %+v", junk, forms)
		}
	})
}
