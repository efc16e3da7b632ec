// Package layer puts the fault layer of the tower below the payments store of a
// whole lnd, for its own tests. It is laid over the tree when Go builds: nothing
// in the tree changes.
package layer

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/gobuild"
)

const (
	// tower has the layer, and explore what decides which calls fail.
	tower   = "itest/tower/lnd"
	explore = "itest/tower/explore"

	// kvHook is where a payments store takes its key-value database, in
	// every lnd, and sqlHook where one takes its tables, if it can.
	kvHook  = "groupcommit.NewKV(db)"
	sqlHook = "groupSQL(db)"

	// sqlBegin begins the layer for tables, the last part of its file.
	sqlBegin = "// countingSQL counts"
)

// The kinds of databases below a payments store.
const (
	KV  = "kv"
	SQL = "sql"
)

// laid is what joins the layer with the store, in no package yet.
//
//go:embed laid.go.txt
var laid string

// laidSQL joins them where there are tables.
//
//go:embed laidsql.go.txt
var laidSQL string

// Sources are the sources of ours that are laid over lnd.
var Sources = []string{"itest/proof/layer", tower, explore}

// Layer is a fault layer that is laid over an lnd.
type Layer struct {
	// Folder is that of the payments store, in the tree. It is on a
	// database of one of these Kinds.
	Folder string
	Kinds  []string

	// Files has the files that are read instead of those of the tree, and
	// Overlay is the file that tells go so.
	Files   map[string]string
	Overlay string

	// Told is the folder with the plans, and what programs write down.
	Told string

	base *base.Base

	// dir has the files.
	dir string
}

// Plan says which calls fail, as package explore names them, of those that write
// the results of attempts and of all others.
type Plan struct {
	Results, Others []string
}

// Lay lays the layer over the patched lnd of a base, under a name. In every process
// the calls fail that the plan says.
func Lay(ctx context.Context, b *base.Base, name string, plan Plan) (*Layer,
	error) {

	dir := filepath.Join(b.Build(), "layer", name)
	l := &Layer{
		base: b, dir: dir, Told: filepath.Join(dir, "told"),
		Kinds: []string{KV}, Files: make(map[string]string),
		Overlay: filepath.Join(dir, "overlay.json"),
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(l.Told, 0o755); err != nil {
		return nil, err
	}
	for file, faults := range map[string][]string{
		"results": plan.Results, "others": plan.Others,
	} {
		err := os.WriteFile(
			filepath.Join(l.Told, file),
			[]byte(strings.Join(faults, ",")), 0o644,
		)
		if err != nil {
			return nil, err
		}
	}

	store, err := l.hook(ctx, kvHook, "groupcommit.NewKV(layerKV(db))")
	if err != nil {
		return nil, err
	}
	if store == "" {
		return nil, fmt.Errorf("no payments store of %s says %s",
			b.Name, kvHook)
	}
	l.Folder = filepath.Dir(store)
	text, err := os.ReadFile(filepath.Join(b.Tree(), store))
	if err != nil {
		return nil, err
	}
	pkg := packageOf(string(text))
	if err := l.addLayer(pkg); err != nil {
		return nil, err
	}

	sqlStore, err := l.hook(ctx, sqlHook, "groupSQL(layerSQL(db))")
	if err != nil {
		return nil, err
	}
	if sqlStore != "" {
		l.Kinds = append(l.Kinds, SQL)
		if err := l.addSQL(pkg); err != nil {
			return nil, err
		}
	}

	return l, gobuild.WriteOverlay(l.Overlay, l.Files)
}

// packageOf returns the line that names the package of a file.
func packageOf(text string) string {
	_, after, _ := strings.Cut("\n"+text, "\npackage ")
	name, _, _ := strings.Cut(after, "\n")

	return "package " + name
}

// hook replaces a call in the one file that has it, and returns its path in the
// tree. It is empty if no file has it.
func (l *Layer) hook(ctx context.Context, call, instead string) (string,
	error) {

	// Without a match it ends with status 1.
	found, _ := git.New(l.base.Tree()).Run(
		ctx, "grep", "-l", "-F", call, "--", "*.go", ":!*_test.go",
	)
	if found == "" {
		return "", nil
	}
	text, err := os.ReadFile(filepath.Join(l.base.Tree(), found))
	if err != nil {
		return "", err
	}
	changed, err := gobuild.ReplaceOnce(string(text), call, instead)
	if err != nil {
		return "", err
	}

	return found, l.add(found, changed)
}

// addLayer adds the tower's layer, and what joins it with the store.
func (l *Layer) addLayer(pkg string) error {
	files, err := filepath.Glob(filepath.Join(l.base.Root, explore, "*.go"))
	if err != nil {
		return err
	}
	for _, file := range files {
		name := filepath.Base(file)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		l.Files[filepath.Join(l.base.Tree(), explore, name)] = file
	}

	text, err := os.ReadFile(
		filepath.Join(l.base.Root, tower, "commits.go"),
	)
	if err != nil {
		return err
	}
	commits, err := l.adapt(
		string(text), "//go:build tower\n", "", "package lnd\n",
		pkg+"\n",
	)
	if err != nil {
		return err
	}
	if err := l.add(l.Folder+"/layer_commits.go", commits); err != nil {
		return err
	}

	joined, err := l.adapt(
		laid, "package laid\n", pkg+"\n", "DIR",
		fmt.Sprintf("%q", l.Told),
	)
	if err != nil {
		return err
	}

	return l.add(l.Folder+"/layer.go", joined)
}

// addSQL adds the tower's layer for tables.
func (l *Layer) addSQL(pkg string) error {
	text, err := os.ReadFile(filepath.Join(l.base.Root, tower, "native.go"))
	if err != nil {
		return err
	}
	_, counting, found := strings.Cut(string(text), sqlBegin)
	if !found {
		return failure.Usage("%s/native.go has no '%s'", tower,
			sqlBegin)
	}
	joined, err := gobuild.ReplaceOnce(laidSQL, "package laid\n", pkg+"\n")
	if err != nil {
		return err
	}

	// There it is used in another package than the store's.
	counting = strings.ReplaceAll(counting, "paymentsdb.", "")

	return l.add(
		l.Folder+"/layer_sql.go", joined+"\n"+sqlBegin+counting,
	)
}

// adapt replaces texts of a file by others, in pairs, and lets it import the
// layer as a part of lnd.
func (l *Layer) adapt(text string, pairs ...string) (string, error) {
	pairs = append(
		pairs, "lnd-once/"+explore, l.base.Module+"/"+explore,
	)
	for len(pairs) > 0 {
		var err error
		text, err = gobuild.ReplaceOnce(text, pairs[0], pairs[1])
		if err != nil {
			return "", err
		}
		pairs = pairs[2:]
	}

	return text, nil
}

// add adds a file at a path of the tree.
func (l *Layer) add(path, text string) error {
	file := filepath.Join(l.dir, filepath.Base(path))
	l.Files[filepath.Join(l.base.Tree(), path)] = file

	return os.WriteFile(file, []byte(text), 0o644)
}

// Writes counts what went through the layer.
type Writes struct {
	// All are all writes, Faults those that failed.
	All, Faults int
}

// Writes returns what went through the layer of programs with a name, to
// databases of a kind.
func (l *Layer) Writes(program, kind string) (Writes, error) {
	var w Writes
	files, err := filepath.Glob(
		filepath.Join(l.Told, program+"-"+kind+".*"),
	)
	if err != nil {
		return w, err
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return w, err
		}
		w.All += len(text)
		w.Faults += strings.Count(string(text), "F")
	}

	return w, nil
}
