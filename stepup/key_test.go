package stepup_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup"
)

func TestParseKeyReadsHexAndBase64(t *testing.T) {
	key := bytes.Repeat([]byte{0xfb, 0xff, 0x01, 0x9c}, 8)
	for _, text := range []string{
		hex.EncodeToString(key), strings.ToUpper(hex.EncodeToString(key)),
		base64.StdEncoding.EncodeToString(key), base64.RawStdEncoding.EncodeToString(key),
		base64.URLEncoding.EncodeToString(key), base64.RawURLEncoding.EncodeToString(key),
		" " + base64.StdEncoding.EncodeToString(key) + "\n",
	} {
		if got, err := stepup.ParseKey(text); err != nil || !bytes.Equal(got, key) {
			t.Errorf("%q: got %x, %v", text, got, err)
		}
	}
}

func TestParseKeyRefusesWhatIsNoKey(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "words": "correct horse battery staple 123", "16 bytes": strings.Repeat("ab", 16),
		"31 bytes": strings.Repeat("ab", 31), "65 bytes": strings.Repeat("ab", 65), "odd hex": strings.Repeat("a", 65),
		"bits that are lost": base64.RawStdEncoding.EncodeToString(make([]byte, 32))[:42] + "B",
	} {
		if got, err := stepup.ParseKey(text); err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: got %x, %v", name, got, err)
		}
	}
}
