package stepup_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The graph of imports of the whole repository is fixed by the table below. A
// new edge is a decision: it needs a line here.

const rungModule = "github.com/rungauth/rung"

// A graphRow is one folder, its internal packages included except for stepup's,
// and what its code, tests aside, may import.
type graphRow struct {
	ours       []string // folders of this repository
	thirdParty []string // modules
	stdlib     []string // packages of the standard library; nil = any
	// shuns are packages of the standard library, or names in them, whose use
	// would mean that the folder does the work of another one.
	shuns []string
}

// importGraph returns the rows by folder.
func importGraph() map[string]graphRow {
	signatures := []string{"crypto/rsa", "crypto/x509"}
	return map[string]graphRow{
		// jwks verifies tokens. Cookies, policies and middleware are stepup's.
		"jwks": {
			thirdParty: []string{
				"github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3",
				"github.com/MicahParks/jwkset", "github.com/go-json-experiment/json",
			},
			shuns: []string{
				"net/http/cookiejar", "html/template", "net/http.Cookie", "net/http.SetCookie",
				"net/http.Handler", "net/http.HandlerFunc", "net/http.ResponseWriter", "net/http.ServeMux",
			},
		},
		// stepup decides and answers. It never touches a key that signs tokens.
		"stepup": {
			ours: []string{
				"jwks", "stepup/stytch", "stepup/contract", "stepup/internal/inbound", "stepup/internal/pages",
				"stepup/internal/provider", "stepup/internal/qrcode", "stepup/internal/quota", "stepup/internal/seal",
			},
			thirdParty: []string{
				"github.com/go-json-experiment/json", "github.com/gorilla/sessions", "github.com/gorilla/securecookie",
			},
			shuns: signatures,
		},
		// The answers of the verify handler. A leaf, so that templates and
		// clients need nothing else of ours.
		"stepup/contract": {stdlib: []string{"embed", "time"}},
		"stepup/client":   {ours: []string{"stepup/contract"}},
		// Each internal package takes one thing off stepup and knows none of
		// the others.
		"stepup/internal/pages": {
			ours: []string{"stepup/contract"}, thirdParty: []string{"golang.org/x/text"}, shuns: signatures,
		},
		"stepup/internal/provider": {
			ours: []string{"jwks", "stepup/stytch", "stepup/contract"}, thirdParty: []string{"golang.org/x/sync"}, shuns: signatures,
		},
		"stepup/internal/qrcode":  {shuns: signatures},
		"stepup/internal/quota":   {shuns: signatures},
		"stepup/internal/seal":    {shuns: signatures},
		"stepup/internal/inbound": {shuns: signatures},
		// The client shares the factor type with jwks and knows no middleware.
		"stepup/stytch": {
			ours:  []string{"jwks"},
			shuns: []string{"net/http.Handler", "net/http.HandlerFunc", "net/http.ResponseWriter", "net/http.ServeMux"},
		},
		// The emulator has types of its own: with ours it would repeat our
		// mistakes. It imports nothing of ours, so that all tests may import it.
		"stepup/stytchtest":                     {thirdParty: []string{"github.com/golang-jwt/jwt/v5"}},
		"stepup/stytchtest/cmd/stytch-emulator": {ours: []string{"stepup/stytchtest"}},
		// The suite that every Limiter has to pass, redislimit's too.
		"stepup/limitertest": {},
		// A module of its own, which satisfies stepup.Limiter without importing it.
		"stepup/redislimit": {thirdParty: []string{"github.com/redis/go-redis/v9"}},
		"example":           {ours: []string{"stepup", "stepup/contract", "stepup/stytch", "stepup/stytchtest"}},
		"example/load":      {ours: []string{"stepup", "stepup/stytch", "stepup/stytchtest"}},
	}
}

// coreModules are those that the root module may require, and so all that its
// tests may import: what a test imports ends up in the go.sum of every user.
func coreModules() []string {
	return []string{
		"github.com/golang-jwt/jwt/v5", "github.com/MicahParks/keyfunc/v3", "github.com/MicahParks/jwkset",
		"github.com/go-json-experiment/json", "github.com/gorilla/sessions", "github.com/gorilla/securecookie",
		"golang.org/x/sync", "golang.org/x/text",
	}
}

// topLevelEntries are all that the root folder holds, besides names with a dot.
func topLevelEntries() []string {
	return []string{
		"CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "SECURITY.md",
		"example", "go.mod", "go.sum", "jwks", "stepup",
	}
}

func TestArchitecture(t *testing.T) {
	for _, broken := range (sourceTree{os.DirFS("..")}).violations(t) {
		t.Error(broken)
	}
}

// TestArchitectureSeesViolations breaks the graph on purpose, one edge a case.
func TestArchitectureSeesViolations(t *testing.T) {
	const root = "module github.com/rungauth/rung\n\ngo 1.25.0\n\nrequire github.com/golang-jwt/jwt/v5 v5.3.1\n"
	tests := []struct {
		name, file, content string
		want                string // "" where nothing is wrong
	}{
		{"what the table allows is no violation", "stepup/guard.go", `package stepup; import (_ "net/http"; _ "github.com/rungauth/rung/jwks"; _ "github.com/gorilla/sessions")`, ""},
		{"jwks does not import stepup", "jwks/a.go", `package jwks; import _ "github.com/rungauth/rung/stepup"`, "jwks/a.go: imports stepup"},
		{"jwks does not import gorilla", "jwks/a.go", `package jwks; import _ "github.com/gorilla/sessions"`, "imports github.com/gorilla/sessions"},
		{"jwks keeps no cookie jar", "jwks/a.go", `package jwks; import _ "net/http/cookiejar"`, "uses net/http/cookiejar"},
		{"jwks reads no cookies, whatever it calls net/http", "jwks/a.go", `package jwks; import web "net/http"; var _ web.Cookie`, "uses net/http.Cookie"},
		{"stepup does not check signatures", "stepup/a.go", `package stepup; import _ "crypto/rsa"`, "uses crypto/rsa"},
		{"stepup does not import the emulator", "stepup/a.go", `package stepup; import _ "github.com/rungauth/rung/stepup/stytchtest"`, "imports stepup/stytchtest"},
		{"tests may import the emulator", "stepup/a_test.go", `package stepup_test; import _ "github.com/rungauth/rung/stepup/stytchtest"`, ""},
		{"tests import no third party beyond the core", "stepup/a_test.go", `package stepup_test; import _ "github.com/stretchr/testify/assert"`, "imports github.com/stretchr/testify/assert"},
		{"a module that begins like one of the core is not it", "jwks/a_test.go", `package jwks_test; import _ "golang.org/x/synctools"`, "imports golang.org/x/synctools"},
		{"the emulator imports none of ours", "stepup/stytchtest/a.go", `package stytchtest; import _ "github.com/rungauth/rung/jwks"`, "imports jwks"},
		{"the client does not import the middleware", "stepup/stytch/a.go", `package stytch; import _ "github.com/rungauth/rung/stepup"`, "imports stepup"},
		{"a file with a build tag counts", "jwks/a_windows.go", "//go:build windows\n\npackage jwks; import _ \"github.com/rungauth/rung/stepup\"", "imports stepup"},
		{"an internal package of another area follows the area's row", "jwks/internal/gate/a.go", `package gate; import _ "github.com/gorilla/sessions"`, "imports github.com/gorilla/sessions"},
		{"an area may import its own internal packages", "jwks/a.go", `package jwks; import _ "github.com/rungauth/rung/jwks/internal/gate"`, ""},
		{"an internal package of stepup follows its own row", "stepup/internal/pages/a.go", `package pages; import _ "github.com/gorilla/sessions"`, "stepup/internal/pages/a.go: imports github.com/gorilla/sessions"},
		{"what the row of an internal package allows is no violation", "stepup/internal/provider/a.go", `package provider; import (_ "github.com/rungauth/rung/jwks"; _ "github.com/rungauth/rung/stepup/stytch"; _ "github.com/rungauth/rung/stepup/contract"; _ "golang.org/x/sync/singleflight")`, ""},
		{"an internal package of stepup needs a row", "stepup/internal/misc/a.go", `package misc`, "stepup/internal/misc: no row"},
		{"a package inside an internal one needs a row", "stepup/internal/pages/texts/a.go", `package texts`, "stepup/internal/pages/texts: no row"},
		{"stepup imports no internal package without a row", "stepup/a.go", `package stepup; import _ "github.com/rungauth/rung/stepup/internal/misc"`, "imports stepup/internal/misc"},
		{"stepup imports its internal packages", "stepup/a.go", `package stepup; import (_ "github.com/rungauth/rung/stepup/contract"; _ "github.com/rungauth/rung/stepup/internal/inbound"; _ "github.com/rungauth/rung/stepup/internal/pages"; _ "github.com/rungauth/rung/stepup/internal/provider"; _ "github.com/rungauth/rung/stepup/internal/quota"; _ "github.com/rungauth/rung/stepup/internal/seal")`, ""},
		{"internal packages do not import each other", "stepup/internal/provider/a.go", `package provider; import _ "github.com/rungauth/rung/stepup/internal/quota"`, "imports stepup/internal/quota"},
		{"internal packages do not import stepup", "stepup/internal/pages/a.go", `package pages; import _ "github.com/rungauth/rung/stepup"`, "imports stepup"},
		{"the counters know nothing of ours", "stepup/internal/quota/a.go", `package quota; import _ "github.com/rungauth/rung/stepup/contract"`, "imports stepup/contract"},
		{"sealing is the standard library's", "stepup/internal/seal/a.go", `package seal; import (_ "crypto/hkdf"; _ "golang.org/x/text/language")`, "imports golang.org/x/text/language"},
		{"cookies are read without gorilla", "stepup/internal/inbound/a.go", `package inbound; import (_ "net/http"; _ "github.com/gorilla/securecookie")`, "imports github.com/gorilla/securecookie"},
		{"no internal package checks signatures", "stepup/internal/provider/a.go", `package provider; import _ "crypto/rsa"`, "uses crypto/rsa"},
		{"the emulator imports no internal package", "stepup/stytchtest/a.go", `package stytchtest; import _ "github.com/rungauth/rung/stepup/internal/inbound"`, "imports stepup/internal/inbound"},
		{"redislimit imports no internal package", "stepup/redislimit/a.go", `package redislimit; import _ "github.com/rungauth/rung/stepup/internal/quota"`, "imports stepup/internal/quota"},
		{"the example imports no internal package", "example/a.go", `package main; import (_ "github.com/rungauth/rung/stepup/contract"; _ "github.com/rungauth/rung/stepup/internal/pages")`, "imports stepup/internal/pages"},
		{"the contract embeds and knows the time", "stepup/contract/a.go", `package contract; import (_ "embed"; "time"; ); var _ time.Time`, ""},
		{"the contract imports no more of the standard library", "stepup/contract/a.go", `package contract; import _ "net/http"`, "stepup/contract/a.go: imports net/http"},
		{"the contract imports none of ours", "stepup/contract/a.go", `package contract; import _ "github.com/rungauth/rung/jwks"`, "imports jwks"},
		{"tests of the contract import what tests may", "stepup/contract/a_test.go", `package contract_test; import (_ "encoding/json"; _ "github.com/rungauth/rung/stepup")`, ""},
		{"a client knows the contract", "stepup/client/a.go", `package client; import (_ "net/http"; _ "github.com/rungauth/rung/stepup/contract")`, ""},
		{"a client does not know the middleware", "stepup/client/a.go", `package client; import _ "github.com/rungauth/rung/stepup"`, "imports stepup"},
		{"a folder of tests alone needs no row", "stepup/stytchtest/nodesdk/a_test.go", `package nodesdk_test; import _ "github.com/rungauth/rung/stepup/stytchtest"`, ""},
		{"a package without a row is refused", "stepup/extras/a.go", `package extras`, "stepup/extras: no row"},
		{"the root folder holds no packages", "rung.go", `package rung`, "rung.go: not one of"},
		{"the root folder holds no other folders", "internal/a.go", `package internal`, "internal: not one of"},
		{"the root module requires the core alone", "go.mod", root + "require github.com/stretchr/testify v1.12.1\n", "go.mod: requires github.com/stretchr/testify"},
		{"what the core needs is its own affair", "go.mod", root + "require golang.org/x/time v0.15.0 // indirect\n", ""},
		{"redislimit's module does not name rung", "stepup/redislimit/go.mod", "module github.com/rungauth/rung/stepup/redislimit\n\nrequire github.com/rungauth/rung v0.0.0\n", "stepup/redislimit/go.mod: requires"},
		{"redislimit imports none of ours", "stepup/redislimit/a.go", `package redislimit; import _ "github.com/rungauth/rung/stepup"`, "imports stepup"},
		{"another nested module may import what it likes", "stepup/redislimit/redistest/a.go", `package redistest; import _ "github.com/rungauth/rung/stepup"`, ""},
		{"the root module does not import a nested one", "stepup/a_test.go", `package stepup_test; import _ "github.com/rungauth/rung/stepup/redislimit"`, "imports stepup/redislimit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := fstest.MapFS{
				"go.mod":                             {Data: []byte(root)},
				"stepup/redislimit/go.mod":           {Data: []byte("module github.com/rungauth/rung/stepup/redislimit\n")},
				"stepup/redislimit/redistest/go.mod": {Data: []byte("module github.com/rungauth/rung/stepup/redislimit/redistest\n")},
			}
			tree[tt.file] = &fstest.MapFile{Data: []byte(tt.content)}
			got := sourceTree{tree}.violations(t)
			if tt.want == "" {
				if len(got) != 0 {
					t.Errorf("got %q, want no violation", got)
				}
			} else if len(got) == 0 || !strings.Contains(got[0], tt.want) {
				t.Errorf("got %q, want a violation with %q", got, tt.want)
			}
		})
	}
}

// A sourceTree is the repository, or in the test of the test a broken one.
type sourceTree struct{ fs.FS }

// violations reads every Go file and go.mod and reports where they break the
// table. It parses files and does not ask the go command, which would leave
// out those for other systems.
func (s sourceTree) violations(t *testing.T) []string {
	t.Helper()
	found := s.topLevel(t)
	err := fs.WalkDir(s, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && outsideOfGo(entry.Name()):
			return fs.SkipDir
		case entry.Name() == "go.mod":
			found = append(found, s.requirements(t, name)...)
		case path.Ext(name) == ".go":
			found = append(found, s.imports(t, name)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// outsideOfGo reports whether the go command, or a reader of our code, would
// skip the folder.
func outsideOfGo(folder string) bool {
	return folder == "testdata" || folder == "node_modules" || folder[0] == '.' || folder[0] == '_'
}

func (s sourceTree) topLevel(t *testing.T) []string {
	t.Helper()
	entries, err := fs.ReadDir(s, ".")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		name := entry.Name()
		leftover := slices.Contains([]string{".test", ".prof", ".out"}, path.Ext(name)) // see .gitignore
		if name[0] != '.' && !leftover && !slices.Contains(topLevelEntries(), name) {
			found = append(found, fmt.Sprintf("%s: not one of the entries of the top level", name))
		}
	}
	return found
}

// requirements checks the go.mod files that users pay for, the root's and
// redislimit's.
func (s sourceTree) requirements(t *testing.T, name string) []string {
	t.Helper()
	data, err := fs.ReadFile(s, name)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		directive, comment, _ := strings.Cut(line, "//")
		words := strings.Fields(directive)
		if len(words) > 0 && words[0] == "require" {
			words = words[1:]
		}
		if len(words) != 2 || words[1][0] != 'v' || words[0] == "retract" {
			continue // not a module and its version
		}
		indirect := strings.TrimSpace(comment) == "indirect"
		if name == "go.mod" && !indirect && !slices.Contains(coreModules(), words[0]) {
			found = append(found, fmt.Sprintf("%s: requires %s, which is not a core dependency", name, words[0]))
		}
		if name == "stepup/redislimit/go.mod" && isWithin(words[0], rungModule) {
			found = append(found, fmt.Sprintf("%s: requires %s", name, words[0]))
		}
	}
	return found
}

// imports checks one Go file.
func (s sourceTree) imports(t *testing.T, name string) []string {
	t.Helper()
	folder := areaOf(path.Dir(name))
	row, known := importGraph()[folder]
	isTest := strings.HasSuffix(name, "_test.go")
	// Nested modules import what they exist for, unless they have a row.
	if s.inNestedModule(name) && (isTest || !known) {
		return nil
	}
	if !known && !isTest {
		return []string{fmt.Sprintf("%s: no row in the import graph", folder)}
	}
	source, err := fs.ReadFile(s, name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}

	var found []string
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		if !row.allows(folder, imported, isTest) {
			found = append(found, fmt.Sprintf("%s: imports %s", name, strings.TrimPrefix(imported, rungModule+"/")))
		}
	}
	if isTest {
		return found
	}
	uses := usedNames(file)
	for _, shunned := range row.shuns {
		if uses[shunned] {
			found = append(found, fmt.Sprintf("%s: uses %s", name, shunned))
		}
	}
	return found
}

func (s sourceTree) inNestedModule(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if s.isModule(dir) {
			return true
		}
	}
	return false
}

func (s sourceTree) isModule(dir string) bool {
	_, err := fs.Stat(s, path.Join(dir, "go.mod"))
	return err == nil
}

// areaOf returns the folder whose row counts for the package in dir. The
// internal packages of stepup have rows of their own.
func areaOf(dir string) string {
	if isWithin(dir, "stepup/internal") {
		return dir
	}
	area, _, _ := strings.Cut(dir+"/", "/internal/")
	return strings.TrimSuffix(area, "/")
}

func (row graphRow) allows(folder, imported string, isTest bool) bool {
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return isTest || row.stdlib == nil || slices.Contains(row.stdlib, imported)
	}
	if ours, ok := strings.CutPrefix(imported, rungModule+"/"); ok {
		area := areaOf(ours)
		if isTest {
			_, known := importGraph()[area]
			return known && area != "stepup/redislimit"
		}
		return area == folder || slices.Contains(row.ours, area)
	}
	modules := row.thirdParty
	if isTest {
		modules = coreModules()
	}
	return slices.ContainsFunc(modules, func(module string) bool { return isWithin(imported, module) })
}

// isWithin reports whether a package or module is parent or below it.
func isWithin(name, parent string) bool {
	return name == parent || strings.HasPrefix(name, parent+"/")
}

// usedNames returns the packages that a file imports and, as "net/http.Cookie",
// what it uses of them.
func usedNames(file *ast.File) map[string]bool {
	used := make(map[string]bool)
	paths := make(map[string]string) // by the name that the file knows them by
	for _, spec := range file.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		used[imported] = true
		local := path.Base(imported)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		paths[local] = imported
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if selector, ok := node.(*ast.SelectorExpr); ok {
			if pkg, ok := selector.X.(*ast.Ident); ok && paths[pkg.Name] != "" {
				used[paths[pkg.Name]+"."+selector.Sel.Name] = true
			}
		}
		return true
	})
	return used
}
