// The language of a page and of a message. stepup/page.go and stepup/send.go
// ask for it.

package pages

import (
	"net/http"
	"strings"

	"golang.org/x/text/language"
)

// Anyone can write Accept-Language, so only this much of it is read.
const (
	maxLanguageBytes = 100
	maxLanguageTags  = 10
)

// Language returns the tag of the texts to use: those for preferred, which the
// app chose, else for Accept-Language (RFC 9110, 12.5.4), else English.
func (p *Pages) Language(r *http.Request, preferred string) string {
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
// What cannot be read, or lies beyond the bounds, is left out.
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

// MessageLocale returns the locale in which Stytch writes a message for a BCP
// 47 tag, or "" if it has none: the field is then left out, and Stytch uses
// English. No value that is not in Stytch's list ever reaches it ("locale" of
// the send endpoints).
func MessageLocale(tag string) string {
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
