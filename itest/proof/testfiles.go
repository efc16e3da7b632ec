package proof

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// goFile is a Go file, with the names that it declares for its package, the types
// that it has methods of, and all names that stand in it.
type goFile struct {
	declares, methodsOf, names map[string]bool
}

// testFiles returns the Go files of a package's folder that a test of it can depend
// on, so that a change of another test's files does not count: those that are no
// tests, those that declare what one of these files names, and those with methods of
// a type that one of them declares. Only names are compared, which finds too many
// rather than too few.
func testFiles(folder, test string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}

	left := make(map[string]*goFile)
	named, declared := map[string]bool{test: true}, make(map[string]bool)
	for _, path := range paths {
		if left[path], err = parseFile(path); err != nil {
			return nil, err
		}
	}

	// Go calls these by itself.
	named["init"], named["_"], named["TestMain"] = true, true, true

	var needed []string
	for before := -1; before < len(needed); {
		before = len(needed)
		for _, path := range paths {
			file := left[path]
			if file == nil || strings.HasSuffix(path, "_test.go") &&
				!meet(file.declares, named) &&
				!meet(file.methodsOf, declared) {

				continue
			}
			needed = append(needed, path)
			delete(left, path)
			for name := range file.names {
				named[name] = true
			}
			for name := range file.declares {
				declared[name] = true
			}
		}
	}
	if !declared[test] {
		return nil, fmt.Errorf("%s has no %s", folder, test)
	}

	return needed, nil
}

// parseFile reads a Go file.
func parseFile(path string) (*goFile, error) {
	parsed, err := parser.ParseFile(
		token.NewFileSet(), path, nil, parser.SkipObjectResolution,
	)
	if err != nil {
		return nil, err
	}

	f := &goFile{
		declares:  make(map[string]bool),
		methodsOf: make(map[string]bool),
		names:     make(map[string]bool),
	}
	for _, decl := range parsed.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				f.declares[decl.Name.Name] = true

				continue
			}
			addNames(f.methodsOf, decl.Recv)

		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					f.declares[spec.Name.Name] = true

				case *ast.ValueSpec:
					for _, name := range spec.Names {
						f.declares[name.Name] = true
					}
				}
			}
		}
	}
	addNames(f.names, parsed)

	return f, nil
}

// addNames adds all names that stand in a part of a file. What follows a dot is no
// name of the package.
func addNames(names map[string]bool, part ast.Node) {
	ast.Inspect(part, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			addNames(names, node.X)

			return false

		case *ast.Ident:
			names[node.Name] = true
		}

		return true
	})
}

// meet tells whether two sets have something in common.
func meet(a, b map[string]bool) bool {
	for name := range a {
		if b[name] {
			return true
		}
	}

	return false
}
