package pages

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestPageLanguage(t *testing.T) {
	tests := []struct {
		name, preferred, header, want string
	}{
		{name: "English where nothing is said", want: "en"},
		{name: "the app comes first", preferred: "es", header: "pt-BR", want: "es"},
		{name: "the app names a region", preferred: "es-419", want: "es"},
		{name: "the app names a language without texts", preferred: "ja", header: "pt-BR", want: "pt-BR"},
		{name: "the app names nonsense", preferred: "not a language", header: "es", want: "es"},
		{name: "the app names something far too long", preferred: strings.Repeat("es-", 100), header: "es", want: "es"},
		{name: "a browser's list", header: "es-MX,es;q=0.9,en;q=0.8", want: "es"},
		{name: "weights before order", header: "en;q=0.1, pt-BR;q=0.9", want: "pt-BR"},
		{name: "a weight of zero is a refusal", header: "es;q=0, pt-BR;q=0.2", want: "pt-BR"},
		{name: "Portuguese of anywhere", header: "pt", want: "pt-BR"},
		{name: "Portuguese of Portugal", header: "pt-PT", want: "pt-BR"},
		{name: "underscores and capitals", header: "PT_br", want: "pt-BR"},
		{name: "a language without texts, then one with", header: "ja, es;q=0.5", want: "es"},
		{name: "a neighbor that reads Spanish", header: "gl", want: "es"},
		{name: "anything goes", header: "*", want: "en"},
		{name: "an entry that cannot be read is left out", header: "x-!!, es;q=0.5", want: "es"},
		{name: "a weight that cannot be read is left out", header: "pt-BR;q=a, es;q=0.5", want: "es"},
		{name: "nothing can be read", header: ";;;,,,=q", want: "en"},
		{name: "ten tags count", header: strings.Repeat("ja,", 9) + "es", want: "es"},
		{name: "the eleventh tag does not", header: strings.Repeat("ja,", 10) + "es", want: "en"},
		{name: "a hundred bytes count", header: "ja;q=0." + strings.Repeat("1", 90) + ",es", want: "es"},
		{name: "what is cut in two does not", header: "ja;q=0." + strings.Repeat("1", 91) + ",es", want: "en"},
		{name: "one long tag", header: strings.Repeat("a-", 5000), want: "en"},
	}
	p := mustPages(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Language", test.header)
			if got := p.Language(r, test.preferred); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func FuzzPageLanguage(f *testing.F) {
	for _, s := range []string{"", "es-MX,es;q=0.9", "pt_BR", "*", "zh-Hant-HK;q=1.5", "en-US-u-rg-itzzzz,,;q=", strings.Repeat("-", 200)} {
		f.Add(s, s)
	}
	p := mustPages(f, nil)
	f.Fuzz(func(t *testing.T, preferred, header string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", header)
		if got := p.Language(r, preferred); !slices.Contains([]string{"en", "es", "pt-BR"}, got) {
			t.Errorf("%q and %q: %q", preferred, header, got)
		}
		if n := len(acceptLanguage(header)); n > maxLanguageTags {
			t.Errorf("%q: %d tags", header, n)
		}
	})
}

func TestSMSLocale(t *testing.T) {
	for tag, want := range map[string]string{
		"en": "en", "en-GB": "en", "es": "es", "es-419": "es", "ES_mx": "es", "pt-BR": "pt-br", "pt": "pt-br", "pt-PT": "pt-br",
		"fr-CA": "fr", "it": "it", "de": "de-DE", "de-AT": "de-DE", "ca": "ca-ES", "ja-JP": "ja", "ru": "ru", "nl-BE": "nl", "pl": "pl",
		"tr": "tr", "fa-AF": "fa", "vi": "vi", "cs": "cs",
		"zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "zh-Hans-HK": "zh-Hans", "zh-TW": "", "zh-HK": "", "zh-Hant": "",
		"": "", "und": "", "*": "", "gl": "", "ar": "", "sv": "", "english": "", "pt-br\r\nX: y": "", "en-" + strings.Repeat("a", 200): "",
	} {
		if got := MessageLocale(tag); got != want {
			t.Errorf("%q: %q, want %q", tag, got, want)
		}
	}
}

func FuzzSMSLocale(f *testing.F) {
	for _, s := range []string{"", "pt-BR", "zh_Hant", "x-en", "i-klingon", "en-US-u-co-phonebk", "\xff"} {
		f.Add(s)
	}
	// The values that Stytch allows for "locale".
	stytch := []string{"", "en", "es", "pt-br", "fr", "it", "de-DE", "zh-Hans", "ca-ES", "ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs"}
	f.Fuzz(func(t *testing.T, tag string) {
		if got := MessageLocale(tag); !slices.Contains(stytch, got) {
			t.Errorf("%q: %q", tag, got)
		}
	})
}
