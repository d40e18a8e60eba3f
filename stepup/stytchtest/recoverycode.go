// The recovery codes of one TOTP registration. They are made with it, and the
// recovery endpoints redeem, list and replace them.

package stytchtest

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
)

// recoveryCodeCount is how many codes the service makes.
const recoveryCodeCount = 10

// recoveryCodes are the codes that are left. state.mu must be held.
type recoveryCodes []recoveryCode

// recoveryCode is one code. Its id shows in the factor that it proves.
type recoveryCode struct{ id, text string }

// newRecoveryCodes makes a set of codes.
func newRecoveryCodes(ids idSource) recoveryCodes {
	texts := make([]string, recoveryCodeCount)
	for i := range texts {
		texts[i] = newRecoveryText()
	}
	return importRecoveryCodes(ids, texts)
}

// importRecoveryCodes makes a set of the codes that another system had given.
func importRecoveryCodes(ids idSource, texts []string) recoveryCodes {
	codes := recoveryCodes{}
	for _, text := range texts {
		codes = append(codes, recoveryCode{id: ids.next("totp-recovery-code"), text: text})
	}
	return codes
}

// redeem removes the code with this text and returns its id. A code that was used
// before is refused like any wrong one.
func (c *recoveryCodes) redeem(text string) (id string, err *apiError) {
	i := slices.IndexFunc(*c, func(code recoveryCode) bool { return code.text == text })
	if i < 0 {
		return "", refuse("unable_to_authenticate_recovery_code")
	}
	id = (*c)[i].id
	*c = slices.Delete(*c, i, i+1)
	return id, nil
}

// texts lists the codes that are left. It is never nil, since SDKs refuse null.
func (c recoveryCodes) texts() []string {
	texts := []string{}
	for _, code := range c {
		texts = append(texts, code.text)
	}
	return texts
}

// newRecoveryText draws a code in the service's form, as in ckss-2skx-ebow.
func newRecoveryText() string {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	var text strings.Builder
	for i := range 12 {
		if i == 4 || i == 8 {
			text.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			panic(err) // crypto/rand does not fail
		}
		text.WriteByte(letters[n.Int64()])
	}
	return text.String()
}

// looksLikeRecoveryCode reports whether text has the form of [newRecoveryText].
func looksLikeRecoveryCode(text string) bool {
	parts := strings.Split(text, "-")
	return len(parts) == 3 && !slices.ContainsFunc(parts, func(part string) bool { return len(part) != 4 })
}
