// Reads Config.Key from the text that an app is configured with.

package stepup

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// ParseKey returns the bytes of a key for Config.Key or OldKeys that is written
// in hex or in base64 (standard or URL alphabet, with or without padding), with
// white space around it. It must have 32 to 64 bytes. The command
//
//	openssl rand -base64 32
//
// prints one. The error does not quote the text.
func ParseKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	key, err := hex.DecodeString(text)
	if err != nil {
		text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		key, err = base64.RawStdEncoding.Strict().DecodeString(text)
	}
	switch {
	case err != nil:
		return nil, errors.New("stepup: key is neither hex nor base64")
	case len(key) < 32 || len(key) > 64:
		return nil, errors.New("stepup: key does not have 32 to 64 bytes")
	}
	return key, nil
}
