// How the rules of house_test.go read the source: packages, type checked with
// as little around them as will do, and which file needs which.

package stepup_test

import (
	"cmp"
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A sourcePackage is the code of one folder, tests aside.
type sourcePackage struct {
	folder string
	fset   *token.FileSet
	files  []*ast.File
	types  *types.Package
	uses   map[*ast.Ident]types.Object
	defs   map[*ast.Ident]types.Object
}

// packages reads and type checks the packages of the root module and of
// redislimit, which users import, by folder.
func (s sourceTree) packages(t *testing.T) []*sourcePackage {
	t.Helper()
	fset := token.NewFileSet()
	byFolder := make(map[string]*sourcePackage)
	err := fs.WalkDir(s, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && outsideOfGo(entry.Name()):
			return fs.SkipDir
		case entry.IsDir() && name != "." && name != "stepup/redislimit" && s.isModule(name):
			return fs.SkipDir
		case entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		source, err := fs.ReadFile(s, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		if byFolder[folder] == nil {
			byFolder[folder] = &sourcePackage{folder: folder, fset: fset}
		}
		byFolder[folder].files = append(byFolder[folder].files, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	imports := narrowImporter{fset, make(map[string]*types.Package)}
	packages := slices.SortedFunc(maps.Values(byFolder), func(a, b *sourcePackage) int { return cmp.Compare(a.folder, b.folder) })
	for _, p := range packages {
		p.check(imports)
	}
	return packages
}

// check resolves the names of the package. Errors are left to the compiler:
// most here are about packages that were not imported.
func (p *sourcePackage) check(imports types.Importer) {
	info := &types.Info{Uses: make(map[*ast.Ident]types.Object), Defs: make(map[*ast.Ident]types.Object)}
	config := types.Config{Importer: imports, Error: func(error) {}}
	p.types, _ = config.Check(p.folder, p.fset, p.files, info)
	p.uses, p.defs = info.Uses, info.Defs
}

// A narrowImporter knows the few packages of the standard library whose
// generic types and funcs return a type of ours, as sync/atomic.Pointer does.
// Of all others not even the names are needed, so the checks need no network,
// no build cache and hardly any time.
type narrowImporter struct {
	fset *token.FileSet
	read map[string]*types.Package
}

func (n narrowImporter) Import(name string) (*types.Package, error) {
	known := []string{"cmp", "errors", "iter", "maps", "slices", "sync", "sync/atomic", "time"}
	switch {
	case name == "unsafe":
		return types.Unsafe, nil
	case !slices.Contains(known, name):
		return nil, errors.New("not needed")
	case n.read[name] != nil:
		return n.read[name], nil
	}
	root, err := goroot()
	if err != nil {
		return nil, err
	}
	folder := filepath.Join(root, "src", filepath.FromSlash(name))
	listed, err := build.ImportDir(folder, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, base := range listed.GoFiles {
		file, err := parser.ParseFile(n.fset, filepath.Join(folder, base), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: n, IgnoreFuncBodies: true, Error: func(error) {}}
	n.read[name], _ = config.Check(name, n.fset, files, nil)
	return n.read[name], nil
}

// goroot returns the folder of Go. A test built with -trimpath does not know it,
// but "go test" puts its own go first in the path.
func goroot() (string, error) {
	if build.Default.GOROOT != "" {
		return build.Default.GOROOT, nil
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	return strings.TrimSpace(string(root)), err
}

// A fileGraph says which file needs which other one of its package, and what
// for: "(*Guard).Deny uses (*Guard).look".
type fileGraph map[string]map[string][]string

// needs draws the graph. A file needs another one if a definition of package
// level in it, a method included, uses a definition of package level, a method
// or a field of the other one.
func (p *sourcePackage) needs() fileGraph {
	graph := make(fileGraph)
	for _, file := range p.files {
		from := path.Base(p.fset.Position(file.Package).Filename)
		graph[from] = make(map[string][]string)
		for _, definition := range definitions(file) {
			user := p.nameOf(definition)
			ast.Inspect(definition, func(node ast.Node) bool {
				name, _ := node.(*ast.Ident)
				used := p.ofPackage(p.uses[name])
				if used == nil || p.fileOf(used) == from {
					return true
				}
				to, use := p.fileOf(used), user+" uses "+describe(used)
				if !slices.Contains(graph[from][to], use) {
					graph[from][to] = append(graph[from][to], use)
				}
				return true
			})
		}
	}
	return graph
}

// definitions returns the funcs and the single types, vars and consts.
func definitions(file *ast.File) []ast.Node {
	var nodes []ast.Node
	for _, declaration := range file.Decls {
		if group, ok := declaration.(*ast.GenDecl); ok {
			for _, spec := range group.Specs {
				nodes = append(nodes, spec)
			}
		} else {
			nodes = append(nodes, declaration)
		}
	}
	return nodes
}

func (p *sourcePackage) nameOf(definition ast.Node) string {
	var name *ast.Ident
	switch d := definition.(type) {
	case *ast.FuncDecl:
		name = d.Name
	case *ast.TypeSpec:
		name = d.Name
	case *ast.ValueSpec:
		name = d.Names[0]
	default:
		return "" // an import
	}
	if object := p.defs[name]; object != nil {
		return describe(object)
	}
	return name.Name
}

// ofPackage returns the object as it was declared, not as an instance of a
// generic one, or nil if it is not of this package or local to a func.
func (p *sourcePackage) ofPackage(object types.Object) types.Object {
	isMember := false
	switch o := object.(type) {
	case nil:
		return nil
	case *types.Func:
		object, isMember = o.Origin(), o.Signature().Recv() != nil
	case *types.Var:
		object, isMember = o.Origin(), o.IsField()
	}
	if object.Pkg() != p.types || !isMember && object.Parent() != p.types.Scope() {
		return nil
	}
	return object
}

func (p *sourcePackage) fileOf(object types.Object) string {
	return path.Base(p.fset.Position(object.Pos()).Filename)
}

func describe(object types.Object) string {
	switch o := object.(type) {
	case *types.Func:
		if receiver := o.Signature().Recv(); receiver != nil {
			name := types.TypeString(receiver.Type(), func(*types.Package) string { return "" })
			if name[0] == '*' {
				name = "(" + name + ")"
			}
			return name + "." + o.Name()
		}
	case *types.Var:
		if o.IsField() {
			return "field " + o.Name()
		}
	}
	return object.Name()
}

// circles returns the sets of files that need each other, by way of others or
// not: the strongly connected components of more than one file.
func circles(graph fileGraph) [][]string {
	reach := make(map[string]map[string]bool)
	for from := range graph {
		reach[from] = make(map[string]bool)
		var walk func(file string)
		walk = func(file string) {
			for to := range graph[file] {
				if !reach[from][to] {
					reach[from][to] = true
					walk(to)
				}
			}
		}
		walk(from)
	}
	var found [][]string
	seen := make(map[string]bool)
	for _, file := range slices.Sorted(maps.Keys(graph)) {
		if seen[file] {
			continue
		}
		var circle []string
		for _, other := range slices.Sorted(maps.Keys(reach[file])) {
			if reach[other][file] {
				circle = append(circle, other)
				seen[other] = true
			}
		}
		if len(circle) > 1 {
			found = append(found, circle)
		}
	}
	return found
}
