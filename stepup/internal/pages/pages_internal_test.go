package pages

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rungauth/rung/stepup/contract"
)

func mustPages(t testing.TB, override fstest.MapFS) *Pages {
	t.Helper()
	var p *Pages
	var err error
	if override == nil {
		p, err = New(nil)
	} else {
		p, err = New(override)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuiltInPagesRender(t *testing.T) {
	if err := mustPages(t, nil).try(overlay{}); err != nil {
		t.Fatal(err)
	}
}

func TestOverrideOneFile(t *testing.T) {
	locked := contract.Page{State: contract.StateLocked, Language: "en", Base: "/stepup/"}
	t.Run("a text, in one language only", func(t *testing.T) {
		p := mustPages(t, fstest.MapFS{"messages/en.json": {Data: []byte(`{"locked.title": "Slow down"}`)}})
		if got := parsePage(t, p, locked).all("h1")[0].text; got != "Slow down" {
			t.Errorf("h1 %q", got)
		}
		spanish := locked
		spanish.Language = "es"
		if got := parsePage(t, p, spanish).all("h1")[0].text; got != "Demasiados intentos" {
			t.Errorf("h1 in Spanish %q", got)
		}
	})
	t.Run("a template", func(t *testing.T) {
		p := mustPages(t, fstest.MapFS{"locked.html": {Data: []byte(`{{define "title"}}Stop{{end}}{{define "content"}}<p>Call us.</p>{{template "back" .}}{{end}}`)}})
		doc := parsePage(t, p, locked)
		if doc.all("h1")[0].text != "Stop" || !strings.Contains(doc.text, "Call us.") {
			t.Errorf("the page says %s", doc.text)
		}
		if got := parsePage(t, p, contract.Page{State: contract.StateCode, Language: "en"}).all("h1")[0].text; got != "Check your phone" {
			t.Errorf("another page says %q", got)
		}
	})
	t.Run("the name above the card", func(t *testing.T) {
		p := mustPages(t, fstest.MapFS{"brand.html": {Data: []byte(`{{define "brand"}}<p>Harbor Bank</p>{{end}}`)}})
		if doc := parsePage(t, p, locked); !strings.Contains(doc.text, "Harbor Bank") {
			t.Errorf("the page says %s", doc.text)
		}
	})
	t.Run("the colors", func(t *testing.T) {
		p := mustPages(t, fstest.MapFS{"theme.css": {Data: []byte(`:root{--stepup-accent:rebeccapurple}`)}})
		css := string(p.assets.by["stepup.css"].body)
		if !strings.Contains(css, "rebeccapurple") || strings.Contains(css, "#0a4fa3") || !strings.Contains(css, "Controls") {
			t.Error("the stylesheet is not the built-in one with other colors")
		}
		if p.assets.name("stepup.css") == mustPages(t, nil).assets.name("stepup.css") {
			t.Error("another stylesheet has the same name")
		}
	})
	t.Run("the script", func(t *testing.T) {
		p := mustPages(t, fstest.MapFS{"stepup.js": {Data: []byte(`"use strict";`)}})
		if got := string(p.assets.by["stepup.js"].body); got != `"use strict";` {
			t.Errorf("the script is %q", got)
		}
	})
}

func TestAddALanguage(t *testing.T) {
	english, err := fs.ReadFile(builtin, "builtin/messages/en.json")
	if err != nil {
		t.Fatal(err)
	}
	russian := strings.Replace(string(english), `"{n} minutes"`, `"{n} минут", "duration.minutes.few": "{n} минуты"`, 1)
	p := mustPages(t, fstest.MapFS{"messages/ru.json": {Data: []byte(russian)}})
	for n, want := range map[int]string{3: "3 минуты", 5: "5 минут", 22: "22 минуты"} {
		if got, err := p.textsFor("ru").count("duration.minutes", n); err != nil || string(got) != want {
			t.Errorf("%d: %q, %v, want %q", n, got, err, want)
		}
	}
	if doc := parsePage(t, p, contract.Page{State: contract.StateAsk, Language: "ru"}); doc.all("html")[0].attr["lang"] != "ru" {
		t.Error("the page is not in the new language")
	}
}

func TestBrokenPagesAreRefused(t *testing.T) {
	tests := []struct {
		name, file, data string
		want             []string
	}{
		{"a language without a text", "messages/fr.json", `{"page.direction": "ltr"}`, []string{"messages/fr.json", `"ask.have_code"`}},
		{"a text that is empty", "messages/es.json", `{"code.title": ""}`, []string{"messages/es.json", `"code.title"`}},
		{"a text that is not in English", "messages/es.json", `{"code.titel": "Hola"}`, []string{"messages/es.json", `"code.titel"`}},
		{"a text that the other languages lack", "messages/en.json", `{"my.text": "Hello"}`, []string{"messages/en.json", "messages/es.json", `"my.text"`}},
		{"a placeholder that nothing fills in", "messages/es.json", `{"page.action": "Aprobar: {accion}"}`, []string{"messages/es.json", `"page.action"`, "{accion}"}},
		{"texts that are not JSON", "messages/es.json", `{"code.title": `, []string{"messages/es.json"}},
		{"texts that are not flat", "messages/es.json", `{"code": {"title": "x"}}`, []string{"messages/es.json"}},
		{"a file that is not named after a language", "messages/klingonish.json", `{}`, []string{"messages/klingonish.json"}},
		{"a language under another name", "messages/PT-br.json", `{}`, []string{"messages/PT-br.json", "pt-BR"}},
		{"a template that does not parse", "code.html", `{{define "title"}}`, []string{"code.html"}},
		{"a template with a field that is not there", "code.html", `{{define "title"}}{{.Nope}}{{end}}{{define "content"}}{{end}}`, []string{"code.html", "Nope"}},
		{"a template with a text that is not there", "code.html", `{{define "title"}}{{.T "code.titel"}}{{end}}{{define "content"}}{{end}}`, []string{"code.html", "messages/en.json", `"code.titel"`}},
		{"a template that leaves a placeholder open", "code.html", `{{define "title"}}{{.T "page.action"}}{{end}}{{define "content"}}{{end}}`, []string{"code.html", "{action}"}},
		{"a template without a title", "code.html", `{{define "content"}}{{end}}`, []string{"code.html", "title"}},
		{"a template that cannot be made safe", "code.html", `{{define "title"}}{{end}}{{define "content"}}<a href="{{if .Next}}'{{end}}x>{{end}}`, []string{"code.html"}},
		{"a misspelled name", "cdoe.html", ``, []string{"cdoe.html"}},
		{"a folder too high", "pages/code.html", ``, []string{"fs.Sub"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(fstest.MapFS{test.file: {Data: []byte(test.data)}})
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range append(test.want, "stepup: Config.Pages: ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not name %s", err, want)
				}
			}
		})
	}
}

// TestTextsAreUsed finds texts that no page shows any more.
func TestTextsAreUsed(t *testing.T) {
	files, err := filepath.Glob("builtin/*.html")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range append(files, "view.go", "methods.go", "mistakes.go", "secrets.go") {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	plural := regexp.MustCompile(`\.(one|other)$`)
	for key := range mustPages(t, nil).texts[0].by {
		if key := plural.ReplaceAllString(key, ""); !strings.Contains(source.String(), `"`+key+`"`) {
			t.Errorf("nothing shows %q", key)
		}
	}
}
