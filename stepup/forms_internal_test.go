package stepup

import (
	"slices"
	"testing"
)

func TestFieldNamesAreReadAsPeopleJoinWords(t *testing.T) {
	for name, want := range map[string][]string{
		"":                   nil,
		"amount":             {"amount"},
		"card_number":        {"card", "number"},
		"card-number":        {"card", "number"},
		"card.number":        {"card", "number"},
		"card[number]":       {"card", "number"},
		"cardNumber":         {"card", "number"},
		"CardNumber":         {"card", "number"},
		"CARD_NUMBER":        {"card", "number"},
		"user[newPassword]":  {"user", "new", "password"},
		"__password__":       {"password"},
		"password2":          {"password"},
		"code[1]":            {"code"},
		"2fa_code":           {"2fa", "code"},
		"12":                 nil,
		"a b":                {"a", "b"},
		"ÜberweisungsBetrag": {"überweisungs", "betrag"},
		"[]":                 nil,
	} {
		if got := wordsOf(name); !slices.Equal(got, want) {
			t.Errorf("%q is read as %q, want %q", name, got, want)
		}
	}
}

// A password must not lie in a page, even sealed; but anything withheld
// without need is typed twice for nothing.
func TestWhichFieldsAreWithheld(t *testing.T) {
	forms := Forms{Withhold: []string{"mother_maiden_name", "Memo"}}
	for _, name := range []string{
		"password", "Password", "new_password", "newPassword", "user[password]", "current-password", "passwd", "pwd", "passphrase", "passcode",
		"pin", "card_pin", "otp", "otp_code", "code", "Code", "security_code", "securityCode", "sms-code", "verification.code", "auth_code",
		"one_time_code", "mfaCode", "totp_code", "access_code", "cvv", "cvc", "csc", "card", "card_number", "cardNumber", "cardnumber", "ccnumber", "creditcard",
		"iban", "ssn", "client_secret", "password2", "cvv2", "code[1]", "2fa_code", "cc_number", "cc-number", "confirmpassword", "pass", "mother_maiden_name", "Memo",
	} {
		if !forms.withholds(name) {
			t.Errorf("%q is kept", name)
		}
	}
	for _, name := range []string{
		"", "amount", "payee", "memo", "country_code", "postcode", "post_code", "zip_code", "promo_code", "codec", "encoding", "pinned", "spin", "opinion",
		"discard", "cardinal", "compass", "secretary", "Mother_Maiden_Name", "topic", "note", "account_number", "passenger", "address1",
	} {
		if forms.withholds(name) {
			t.Errorf("%q is withheld", name)
		}
	}
}
