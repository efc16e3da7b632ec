// Package lndtest runs the unit tests that lnd comes with, as lnd runs them.
package lndtest

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/git"
	"lnd-once/internal/gotest"
)

const (
	// SQLTag is the tag with which lnd's tests of a store use its tables in
	// SQLite. Not every lnd has such a store.
	SQLTag = "test_db_sqlite"

	// tags are the tags that lnd runs its own unit tests with.
	tags = "dev autopilotrpc chainrpc invoicesrpc neutrinorpc peersrpc " +
		"routerrpc signrpc verrpc walletrpc watchtowerrpc wtclientrpc " +
		"nolog lowscrypt"
)

// Config says which tests are run.
type Config struct {
	// Tree is the lnd whose tests are run, Tag a tag besides the usual.
	Tree string
	Tag  string

	// Args are packages, and go test's own flags. Env is what is set in the
	// environment besides the usual.
	Args, Env []string

	// Log and Out are told what the tests print; see gotest.
	Log, Out io.Writer
}

// Run runs unit tests.
func Run(ctx context.Context, cfg Config) (gotest.Verdicts, error) {
	return gotest.Run(ctx, gotest.Config{
		Dir: cfg.Tree, Env: append([]string{"GOWORK=off"}, cfg.Env...),
		Args: append([]string{"-tags", Tags(cfg.Tag)}, cfg.Args...),
		Log:  cfg.Log, Out: cfg.Out,
	})
}

// Tags returns the tags of unit tests, and one more if it is not empty.
func Tags(more string) string {
	return strings.TrimSpace(tags + " " + more)
}

// Touched returns the packages of the patched lnd that our series changes, in
// the form ./folder, without those that only run with nodes.
func Touched(ctx context.Context, tree string) ([]string, error) {
	return Between(ctx, tree, "upstream", "patched")
}

// Between returns the packages that differ between two commits of a tree, of
// those that are in the tree as it is.
func Between(ctx context.Context, tree, from, to string) ([]string, error) {
	files, err := git.New(tree).Run(ctx, "diff", "--name-only", from, to)
	if err != nil {
		return nil, err
	}

	var packages []string
	for file := range strings.Lines(files) {
		folder := filepath.Dir(strings.TrimSpace(file))
		top, _, _ := strings.Cut(folder, "/")
		_, err := os.Stat(filepath.Join(tree, folder))
		switch {
		case !strings.HasSuffix(strings.TrimSpace(file), ".go"):
		case slices.Contains([]string{"itest", "lntest", "cmd"}, top):
		case err != nil:
		default:
			packages = append(packages, named(folder))
		}
	}
	slices.Sort(packages)

	return slices.Compact(packages), nil
}

// named returns the form in which go test names the package of a folder.
func named(folder string) string {
	if folder == "." {
		return folder
	}

	return "./" + folder
}

// WithSQL returns those packages that have tests which SQLTag changes. A package
// that ends with "/..." stands for all below it.
func WithSQL(tree string, packages []string) ([]string, error) {
	var found []string
	for _, name := range packages {
		folder, below := strings.CutSuffix(name, "/...")
		top := filepath.Join(tree, folder)
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry,
			err error) error {

			switch {
			case err != nil:
				return err

			case entry.IsDir() && path != top && !below:
				return fs.SkipDir

			case !strings.HasSuffix(path, ".go"):
				return nil
			}

			has, err := constrained(path)
			if err != nil || !has {
				return err
			}
			folder, err := filepath.Rel(tree, filepath.Dir(path))
			found = append(found, named(folder))

			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(found)

	return slices.Compact(found), nil
}

// constrained tells whether SQLTag decides if a file is built.
func constrained(file string) (bool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}

	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "//go:build ") {
			return strings.Contains(line, SQLTag), nil
		}
	}

	return false, nil
}
