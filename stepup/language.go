package stepup

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// Accept-Language comes from anybody: what is read of it is bounded.
const (
	maxLanguageBytes = 100
	maxLanguageTags  = 10
)

// language returns the tag of the texts to use: those for preferred, which the
// app says, else for Accept-Language (RFC 9110, section 12.5.4), else English.
func (p *pages) language(r *http.Request, preferred string) string {
	if tag, ok := parseLanguage(preferred); ok {
		if _, i, confidence := p.matcher.Match(tag); confidence > language.No {
			return p.texts[i].tag.String()
		}
	}
	_, i, confidence := p.matcher.Match(acceptLanguage(r.Header.Get("Accept-Language"))...)
	if confidence == language.No {
		i = 0
	}
	return p.texts[i].tag.String()
}

// acceptLanguage returns the languages of a header, the most wanted first.
// What can not be read, or lies behind the bounds, is left out; what comes
// before counts.
func acceptLanguage(header string) []language.Tag {
	if len(header) > maxLanguageBytes {
		header = header[:strings.LastIndexByte(header[:maxLanguageBytes+1], ',')+1]
	}
	var good []string
	for i, entry := range strings.Split(header, ",") {
		if i == maxLanguageTags {
			break
		}
		if _, _, err := language.ParseAcceptLanguage(entry); err == nil {
			good = append(good, entry)
		}
	}
	tags, _, err := language.ParseAcceptLanguage(strings.Join(good, ","))
	if err != nil {
		return nil
	}
	return tags
}

func parseLanguage(s string) (language.Tag, bool) {
	if s == "" || len(s) > maxLanguageBytes {
		return language.Und, false
	}
	tag, err := language.Parse(s)
	return tag, err == nil
}

// smsLocale returns the locale in which Stytch writes a text message for a
// BCP 47 tag, or "" where it has none: then the field is left out and Stytch
// takes English. Only values of Stytch's own list ever reach it
// (POST /v1/b2b/otps/sms/send, locale).
func smsLocale(tag string) string {
	t, ok := parseLanguage(tag)
	if !ok {
		return ""
	}
	base, script, _ := t.Raw()
	switch base.String() {
	case "en", "es", "fr", "it", "ja", "ru", "nl", "pl", "tr", "fa", "vi", "cs":
		return base.String()
	case "pt":
		return "pt-br"
	case "de":
		return "de-DE"
	case "ca":
		return "ca-ES"
	case "zh":
		// Readers of Traditional Chinese are not sent Simplified. A region
		// implies a script: TW, HK and MO the traditional one.
		if script.String() == "Zzzz" {
			script, _ = t.Script()
		}
		if script.String() == "Hans" {
			return "zh-Hans"
		}
	}
	return ""
}
