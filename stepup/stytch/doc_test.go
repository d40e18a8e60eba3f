package stytch_test

import (
	"go/parser"
	gotoken "go/token"
	"reflect"
	"strings"
	"testing"

	"github.com/rungauth/rung/stepup/stytch"
)

// TestTheTablesOfArgumentsAreTrue compares the tables of the package comment
// with the requests, field by field in both directions.
func TestTheTablesOfArgumentsAreTrue(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	tables := parseTables(file.Doc.Text())
	for _, tt := range []struct {
		request  reflect.Type
		endpoint string
	}{
		{reflect.TypeFor[stytch.SendSMSRequest](), "/v1/b2b/otps/sms/send"},
		{reflect.TypeFor[stytch.AuthenticateSMSRequest](), "/v1/b2b/otps/sms/authenticate"},
		{reflect.TypeFor[stytch.AuthenticateTOTPRequest](), "/v1/b2b/totp/authenticate"},
		{reflect.TypeFor[stytch.RecoverRequest](), "/v1/b2b/recovery_codes/recover"},
	} {
		t.Run(tt.request.Name(), func(t *testing.T) {
			table := tables[tt.request.Name()+": POST "+tt.endpoint]
			if table == nil {
				t.Fatal("there is no table")
			}
			for i := range tt.request.NumField() {
				field := tt.request.Field(i)
				name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				if field.Name == "MFAPhoneNumber" {
					name = "mfa_phone_number" // a number encodes masked, so another field is sent
				}
				row := table[name]
				if row.field != field.Name || row.from == "" {
					t.Errorf("%s: the row has %q and %q, want %s and where it is set", name, row.field, row.from, field.Name)
				}
				delete(table, name)
			}
			for name := range table {
				t.Errorf("%s: there is no such field", name)
			}
		})
	}
}

// A tableRow is what a table says of an API field.
type tableRow struct{ field, from string }

// parseTables returns the tables by each of their headings, with rows by API
// field. Tables are what is indented; headings are lines with "Request: ".
func parseTables(text string) map[string]map[string]tableRow {
	tables := make(map[string]map[string]tableRow)
	var current []map[string]tableRow
	inRows := false
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch {
		case !strings.HasPrefix(line, "\t") || len(words) < 3:
		case strings.Contains(line, "Request: "):
			if inRows {
				current, inRows = nil, false
			}
			table := make(map[string]tableRow)
			tables[strings.TrimSpace(line)] = table
			current = append(current, table)
		default:
			inRows = true
			for _, table := range current {
				table[words[0]] = tableRow{words[1], strings.Join(words[2:], " ")}
			}
		}
	}
	return tables
}
