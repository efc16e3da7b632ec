// Package base knows the lnd versions that we have patches for. All that differs
// from one to the other lies in the folder of patches/ that has its name.
package base

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"golang.org/x/mod/semver"
	"gopkg.in/yaml.v3"

	"lnd-once/internal/failure"
)

const (
	// File is the file that says what a base is. It makes a folder one.
	File = "base.yaml"

	// Folder is where the folders of the bases lie.
	Folder = "patches"
)

// Base is an lnd version that we have patches for.
type Base struct {
	// Name is the name of the base, Root our repository, and Dir the base's
	// folder in there.
	Name string `yaml:"-"`
	Root string `yaml:"-"`
	Dir  string `yaml:"-"`

	// Lender is the base whose folder this one takes, and whose series is
	// moved to it. It is nil for a base that has a folder of its own.
	Lender *Base `yaml:"-"`

	// Module, Version and Sum pin the lnd module: its path, the version,
	// which is the base's name, and the hash that go.sum has for it. The
	// hash of a version that was never used before is empty.
	Module  string `yaml:"module"`
	Version string `yaml:"-"`
	Sum     string `yaml:"sum"`

	// Parent is the base that the patches were ported from, if any.
	Parent string `yaml:"parent"`

	// Stores are the places in which this lnd can keep payments: bbolt,
	// sqlite, postgres, nativesqlite and nativepostgres.
	Stores []string `yaml:"stores,flow"`

	// Tags are the build tags that choose, in our own code, the files that
	// fit this lnd.
	Tags []string `yaml:"tags,flow"`
}

// Load returns the base of the given name in the repository root. A version that
// has no folder takes that of the nearest base of the same minor version.
func Load(root, name string) (*Base, error) {
	known, err := Known(root)
	switch {
	case err != nil:
		return nil, err

	case !slices.Contains(known, name):
		return borrow(root, name, known)
	}

	b := &Base{
		Name: name, Root: root, Version: name,
		Dir: filepath.Join(root, Folder, name),
	}
	if err := b.Read(File, b); err != nil {
		return nil, err
	}
	if b.Module == "" || b.Sum == "" || len(b.Stores) == 0 {
		return nil, failure.Usage("%s must have module, sum and stores",
			filepath.Join(b.Dir, File))
	}

	return b, nil
}

// Known returns the names of all bases in the repository root, the oldest
// version first.
func Known(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, Folder, "*", File))
	if err != nil {
		return nil, err
	}

	names := make([]string, 0, len(files))
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		if !semver.IsValid(name) {
			return nil, failure.Usage("the folder %s must have "+
				"the version of its lnd as its name",
				filepath.Dir(file))
		}
		names = append(names, name)
	}
	semver.Sort(names)

	return names, nil
}

// All returns all bases in the repository root, the oldest version first.
func All(root string) ([]*Base, error) {
	names, err := Known(root)
	if err != nil {
		return nil, err
	}
	var bases []*Base
	for _, name := range names {
		b, err := Load(root, name)
		if err != nil {
			return nil, err
		}
		bases = append(bases, b)
	}

	return bases, nil
}

// Newest returns the name of the base with the highest version.
func Newest(root string) (string, error) {
	known, err := Known(root)
	if err != nil {
		return "", err
	}
	if len(known) == 0 {
		return "", failure.Usage("there is no base in %s",
			filepath.Join(root, Folder))
	}

	return known[len(known)-1], nil
}

// Root returns the folder of our repository that we are in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}

	// Trees know each other by their full paths, so there is only one.
	dir, err = filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		text, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && bytes.HasPrefix(
			text, []byte("module lnd-once\n"),
		) {

			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", failure.Usage("%s is not in a clone of "+
				"lnd-once; go to one", dir)
		}
	}
}

// Read reads a YAML file of the base's folder. A field that is not known is an
// error.
func (b *Base) Read(file string, into any) error {
	path := filepath.Join(b.Dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		return failure.Usage("cannot read what base %s says: %w",
			b.Name, err)
	}

	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	err = decoder.Decode(into)
	if err != nil && !errors.Is(err, io.EOF) {
		return failure.Usage("%s: %w", path, err)
	}

	return nil
}

// HasStore tells whether this lnd can keep payments in the store of that name.
func (b *Base) HasStore(name string) bool {
	return slices.Contains(b.Stores, name)
}

// Patches returns where below the repository the base's folder lies.
func (b *Base) Patches() string {
	return path.Join(Folder, filepath.Base(b.Dir))
}

// Build returns the folder that has all that is built of the base.
func (b *Base) Build() string {
	return filepath.Join(b.Root, "build", b.Name)
}

// Results returns the folder that keeps what was measured of the base. Each
// result names the code that it is true of, and counts for no other, so that it
// can be kept with the repository. What is measured of a base without a folder of
// its own is kept beside what is built of it.
func (b *Base) Results() string {
	if b.Lender != nil {
		return filepath.Join(b.Build(), "results")
	}

	return filepath.Join(b.Root, "results", b.Name)
}

// Tree returns the folder of the staged lnd with our series on top.
func (b *Base) Tree() string {
	return filepath.Join(b.Build(), "lnd")
}

// Stock returns the folder of the staged lnd without our series.
func (b *Base) Stock() string {
	return filepath.Join(b.Build(), "stock")
}

// Bin returns the folder that built programs are put into.
func (b *Base) Bin() string {
	return filepath.Join(b.Build(), "bin")
}
