package contract_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/rungauth/rung/stepup/contract"
)

// declared returns the values of the constants of a type, read from the
// sources: a list by hand would forget the one that was added last.
func declared(t *testing.T, typeName string) (values []string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != typeName {
				return true
			}
			for _, value := range spec.Values {
				text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, text)
			}
			return true
		})
	}
	return values
}

func TestEveryCodeHasOneRow(t *testing.T) {
	seen := make(map[contract.Code]bool)
	for _, code := range contract.Codes() {
		if seen[code] {
			t.Errorf("%s has two rows", code)
		}
		seen[code] = true
	}
	codes := declared(t, "Code")
	if len(codes) < 20 {
		t.Fatalf("only %d codes were found in the sources", len(codes))
	}
	states := declared(t, "State")
	for _, text := range codes {
		code := contract.Code(text)
		if !seen[code] {
			t.Errorf("%s has no row", code)
			continue
		}
		if http.StatusText(code.Status()) == "" {
			t.Errorf("%s has status %d", code, code.Status())
		}
		if !slices.Contains(states, string(code.State())) {
			t.Errorf("%s has state %q, which is none", code, code.State())
		}
		if code.Title() == "" {
			t.Errorf("%s has no title", code)
		}
		if (code.Status() == http.StatusInternalServerError) != (code == contract.CodeMisconfigured) {
			t.Errorf("%s has status %d: only the app's own mistake is 500", code, code.Status())
		}
	}
	if len(codes) != len(seen) {
		t.Errorf("%d codes are declared and %d have a row", len(codes), len(seen))
	}
}

func TestACodeThatIsNotOursHasNoStatus(t *testing.T) {
	for _, code := range []contract.Code{"", "something_new", "Locked"} {
		if code.Status() != 0 || code.State() != "" || code.Title() != "" {
			t.Errorf("%q has status %d, state %q and title %q", code, code.Status(), code.State(), code.Title())
		}
	}
}
