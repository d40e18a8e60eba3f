// What architecture_test.go says about the imports between packages, this file
// says about the inside of each: how much its files need each other, how large
// a type may become, what stepup exports and how a file begins.

package stepup_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	maxCircle   = 5  // files of one package that need each other
	maxMethods  = 45 // methods of one type
	maxExported = 64 // names that package stepup exports
)

// A houseRule returns what a package does against it.
type houseRule func(*sourcePackage) []string

func houseRules() map[string]houseRule {
	return map[string]houseRule{
		"circles": wideCircles, "methods": largeTypes, "exports": manyExports, "heads": headlessFiles,
	}
}

func TestHouse(t *testing.T) {
	packages := sourceTree{os.DirFS("..")}.packages(t)
	for name, rule := range houseRules() {
		t.Run(name, func(t *testing.T) {
			for _, p := range packages {
				for _, broken := range rule(p) {
					t.Error(broken)
				}
			}
		})
	}
}

// wideCircles finds files that cannot be read without reading all the others
// of their circle.
func wideCircles(p *sourcePackage) []string {
	needs := p.needs()
	var found []string
	for _, circle := range circles(needs) {
		if len(circle) > maxCircle {
			found = append(found, fmt.Sprintf("%s: %d files need each other, at most %d may: %s; the thinnest of their arrows:\n\t%s",
				p.folder, len(circle), maxCircle, strings.Join(circle, " "), strings.Join(thinnest(needs, circle), "\n\t")))
		}
	}
	return found
}

// thinnest describes the arrows within a circle that are the least work to
// reverse: those that stand for the fewest uses.
func thinnest(needs fileGraph, circle []string) []string {
	type arrow struct {
		from, to string
		uses     []string
	}
	var arrows []arrow
	for _, from := range circle {
		for _, to := range slices.Sorted(maps.Keys(needs[from])) {
			if slices.Contains(circle, to) {
				arrows = append(arrows, arrow{from, to, needs[from][to]})
			}
		}
	}
	slices.SortStableFunc(arrows, func(a, b arrow) int { return len(a.uses) - len(b.uses) })
	var lines []string
	for _, a := range arrows[:min(len(arrows), 12)] {
		line := fmt.Sprintf("%s → %s: %s", a.from, a.to, a.uses[0])
		if more := len(a.uses) - 1; more > 0 {
			line += fmt.Sprintf(", and %d more", more)
		}
		lines = append(lines, line)
	}
	return lines
}

// largeTypes finds types that do everything.
func largeTypes(p *sourcePackage) []string {
	var found []string
	for _, name := range p.types.Scope().Names() {
		object, ok := p.types.Scope().Lookup(name).(*types.TypeName)
		if !ok || object.IsAlias() {
			continue
		}
		named, ok := object.Type().(*types.Named)
		if !ok {
			continue
		}
		methods := named.NumMethods()
		if contract, ok := named.Underlying().(*types.Interface); ok {
			methods = contract.NumMethods()
		}
		if methods > maxMethods {
			perFile := make(map[string]int)
			for method := range named.Methods() {
				perFile[p.fileOf(method)]++
			}
			found = append(found, fmt.Sprintf("%s: %s has %d methods, at most %d may be: %s",
				p.folder, name, methods, maxMethods, strings.TrimPrefix(fmt.Sprint(perFile), "map")))
		}
	}
	return found
}

// manyExports counts what a user of stepup has to find their way in. Methods
// and fields are found by way of their type.
func manyExports(p *sourcePackage) []string {
	if p.folder != "stepup" {
		return nil
	}
	names := slices.DeleteFunc(p.types.Scope().Names(), func(name string) bool { return !ast.IsExported(name) })
	if len(names) <= maxExported {
		return nil
	}
	return []string{fmt.Sprintf("%s: exports %d names, at most %d may be: %s",
		p.folder, len(names), maxExported, strings.Join(names, " "))}
}

// headlessFiles finds files of stepup that do not begin by saying what they
// are. The empty line below a head keeps it out of go doc.
func headlessFiles(p *sourcePackage) []string {
	if p.folder != "stepup" && p.folder != "stepup/contract" && !strings.HasPrefix(p.folder, "stepup/internal/") {
		return nil
	}
	var found []string
	for _, file := range p.files {
		name := p.fset.Position(file.Package).Filename
		switch {
		case file.Doc == nil && !hasHead(file):
			found = append(found, fmt.Sprintf("%s: no head, a // comment that says what the file is, then an empty line, then the package clause", name))
		case file.Doc != nil && !strings.HasPrefix(file.Doc.Text(), "Package "+file.Name.Name+" "):
			found = append(found, fmt.Sprintf("%s: no empty line between the head and the package clause, so that it is in go doc", name))
		}
	}
	return found
}

// hasHead reports whether a // comment with words in it, not just a directive,
// stands above the package clause.
func hasHead(file *ast.File) bool {
	return slices.ContainsFunc(file.Comments, func(group *ast.CommentGroup) bool {
		return group.End() < file.Package && strings.HasPrefix(group.List[0].Text, "//") && group.Text() != ""
	})
}

// TestHouseSeesViolations keeps each rule just so and then breaks it.
func TestHouseSeesViolations(t *testing.T) {
	const head = "// A file.\n\n"
	tests := []struct {
		name, rule string
		tree       fstest.MapFS
		want       string // "" where nothing is wrong
	}{
		{"five files in a circle", "circles", ring("jwks", 5), ""},
		{"six files in a circle", "circles", ring("jwks", 6),
			"jwks: 6 files need each other, at most 5 may: f0.go f1.go f2.go f3.go f4.go f5.go; the thinnest of their arrows:\n\tf0.go → f1.go: f0 uses f1\n"},
		{"a circle that a test closes", "circles",
			with(chain("jwks", 6), "jwks/f_test.go", "package p; func f6() { f0() }"), ""},
		{"a circle that a file of another system closes", "circles",
			with(chain("jwks", 6), "jwks/f_windows.go", "package p; func f6() { f0() }"), "jwks: 7 files"},
		{"a circle of redislimit, a module without its dependencies", "circles",
			with(with(ring("stepup/redislimit", 6), "stepup/redislimit/go.mod", ""),
				"stepup/redislimit/f0.go", `package p; import "github.com/redis/go-redis/v9"; func f0() { redis.NewClient(f1) }`), "stepup/redislimit: 6 files"},
		{"a circle of another nested module", "circles", with(ring("example/browser", 6), "example/browser/go.mod", ""), ""},

		{"45 methods", "methods", with(nil, "jwks/a.go", "package jwks; type A struct{}; "+methods("A", 45)), ""},
		{"46 methods, in two files, of a generic type", "methods",
			with(with(nil, "jwks/a.go", "package jwks; type A[K, V any] struct{}; "+methods("*A[K, V]", 45)),
				"jwks/b.go", "package jwks; func (A[_, _]) other() {}"), "jwks: A has 46 methods, at most 45 may be: [a.go:45 b.go:1]"},
		{"the methods of an embedded type", "methods",
			with(nil, "jwks/a.go", "package jwks; type A struct{}; type B struct{ A }; func (B) other() {}; "+methods("A", 45)), ""},

		{"stepup exports 64 names", "exports",
			with(nil, "stepup/a.go", "package stepup; type A struct { Field int }; func (A) Method() {}; var unexported int; "+constants(63)), ""},
		{"stepup exports 51 names", "exports",
			with(nil, "stepup/a.go", "package stepup; type A = int; func B() {}; "+constants(63)), "stepup: exports 65 names, at most 64 may be: A B C0 "},
		{"other packages export what they need", "exports", with(nil, "jwks/a.go", "package jwks; "+constants(65)), ""},

		{"a head and the package comment", "heads",
			with(with(nil, "stepup/a.go", head+"package stepup"), "stepup/doc.go", "// Package stepup does it.\npackage stepup"), ""},
		{"a head below a build tag", "heads", with(nil, "stepup/a.go", "//go:build unix\n\n"+head+"package stepup"), ""},
		{"a build tag is no head", "heads", with(nil, "stepup/a.go", "//go:build unix\n\npackage stepup"), "stepup/a.go: no head"},
		{"a comment below the package clause is no head", "heads", with(nil, "stepup/a.go", "package stepup\n\n"+head), "stepup/a.go: no head"},
		{"no comment at all", "heads", with(nil, "stepup/contract/a.go", "package contract"), "stepup/contract/a.go: no head"},
		{"a head of an internal package that reaches into go doc", "heads",
			with(nil, "stepup/internal/seal/a.go", "// A file.\npackage seal"), "stepup/internal/seal/a.go: no empty line"},
		{"tests and other packages begin as they like", "heads",
			with(with(nil, "stepup/a_test.go", "package stepup"), "stepup/stytch/a.go", "package stytch"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, p := range (sourceTree{tt.tree}).packages(t) {
				got = append(got, houseRules()[tt.rule](p)...)
			}
			if tt.want == "" {
				if len(got) != 0 {
					t.Errorf("got %q, want no violation", got)
				}
			} else if len(got) != 1 || !strings.Contains(got[0], tt.want) {
				t.Errorf("got %q, want a violation with %q", got, tt.want)
			}
		})
	}
}

// with adds a file to the tree.
func with(tree fstest.MapFS, file, source string) fstest.MapFS {
	if tree == nil {
		tree = make(fstest.MapFS)
	}
	tree[file] = &fstest.MapFile{Data: []byte(source)}
	return tree
}

// chain is a package of n files, in which each needs the next one and the last
// one a func that is nowhere.
func chain(folder string, n int) fstest.MapFS {
	var tree fstest.MapFS
	for i := range n {
		tree = with(tree, fmt.Sprintf("%s/f%d.go", folder, i), fmt.Sprintf("package p; func f%d() { f%d() }", i, i+1))
	}
	return tree
}

// ring is a chain whose last file needs the first one.
func ring(folder string, n int) fstest.MapFS {
	return with(chain(folder, n), fmt.Sprintf("%s/f%d.go", folder, n-1), fmt.Sprintf("package p; func f%d() { f0() }", n-1))
}

func methods(receiver string, n int) string {
	var source strings.Builder
	for i := range n {
		fmt.Fprintf(&source, "func (%s) m%d() {}; ", receiver, i)
	}
	return source.String()
}

func constants(n int) string {
	var source strings.Builder
	for i := range n {
		fmt.Fprintf(&source, "const C%d = 0; ", i)
	}
	return source.String()
}

// TestFileGraph says what it is that makes one file need another one.
func TestFileGraph(t *testing.T) {
	tests := []struct {
		name string
		a, b string // the files
		want string // why a needs b, or ""
	}{
		{"a func", "func f() { g() }", "func g() {}", "f uses g"},
		{"a func as a value, in a literal for a package that is not there", `import "some/where"; func f() { where.Do(func() { where.Go(g) }) }`, "func g() {}", "f uses g"},
		{"a const, in the size of an array", "type t [size]int", "const size = 3", "t uses size"},
		{"a var, for the value of another one", "var a, c = 0, b", "var b = 1", "a uses b"},
		{"the type of a receiver", "func (*t) m() {}", "type t struct{}", "(*t).m uses t"},
		{"the type of a field", "type s struct { x *t }", "type t struct{}", "s uses t"},
		{"a type argument", "var x list[t]; type list[E any] []E", "type t struct{}", "x uses t"},
		{"a type argument of the standard library", `import "sync/atomic"; type s struct { x atomic.Pointer[t] }`, "type t struct{}", "s uses t"},
		{"the key of a literal", "func f() { _ = t{x: 1} }", "type t struct { x int }", "f uses t; f uses field x"},
		{"a method", "type t struct{}; func f() { var x t; x.m() }", "func (t) m() {}", "f uses t.m"},
		{"a method of an interface", "func f() { i.m() }", "var i interface { m() }", "f uses i; f uses interface{m()}.m"},
		{"a method of a generic type", "type t[E any] struct{}; func f() { new(t[int]).m() }", "func (*t[E]) m() {}", "f uses (*t[E]).m"},
		{"a method of an embedded type", "type t struct{}; type s struct { *t }; func f(x s) { x.m() }", "func (*t) m() {}", "f uses (*t).m"},
		{"a method of a type behind the standard library", `import "sync/atomic"; type t struct{}; var x atomic.Pointer[t]; func f() { x.Load().m() }`, "func (*t) m() {}", "f uses (*t).m"},
		{"a method of a type made of one of the standard library", `import "time"; type t time.Duration; func f(x t) { x.m() }`, "func (t) m() {}", "f uses t.m"},
		{"a method of a type that embeds one of a package that is not there", `import "some/where"; type t struct { where.T }; func f(x t) { x.m() }`, "func (t) m() {}", "f uses t.m"},
		{"a field", "func f() { g().x = 1 }", "func g() *struct { x int } { return nil }", "f uses g; f uses field x"},
		{"a field of an embedded generic type", "func f(x s) { _ = x.y }; type s struct { t[int] }", "type t[E any] struct { y E }", "f uses field y; s uses t"},
		{"a variable of the same name", "func f(g int) { _ = g; { t := 1; _ = t } }", "func g() {}; type t struct{}", ""},
		{"a package of the same name", `import g "fmt"; func f() { g.Println() }`, "func h() { g := 1; _ = g }", ""},
		{"a method of the same name", `import "some/where"; func f() { where.X.m(); where.X.y = 1 }`, "type t struct { y int }; func (t) m() {}", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := with(with(nil, "p/a.go", "package p; "+tt.a), "p/b.go", "package p; "+tt.b)
			got := strings.Join(sourceTree{tree}.packages(t)[0].needs()["a.go"]["b.go"], "; ")
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
