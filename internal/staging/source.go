package staging

import (
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/manifest"
)

const (
	// ourModule is the module path that imports of our packages begin with.
	ourModule = "lnd-once"

	// createdFolder has, below patches/ and below a base's folder, the files
	// that patches create in lnd.
	createdFolder = "_lnd"
)

// howWeApply is the code that decides what becomes of a series. When it changes,
// trees are staged anew.
//
//go:embed apply.go patch.go package.go move.go
var howWeApply embed.FS

// source is what goes on top of an lnd module: a series, its patches and files,
// in a folder that is laid out like our repository.
type source struct {
	root   string
	base   *base.Base
	series *manifest.Series
}

// openSource returns what goes on top of a base, as it lies below folder root.
// Everything that the series names is there.
func openSource(root string, b *base.Base) (*source, error) {
	s := &source{root: root, base: b}
	var err error
	s.series, err = manifest.Read(s.folder())
	if err != nil {
		return nil, err
	}

	return s, s.check()
}

// folder returns the folder that has the series and its patches.
func (s *source) folder() string {
	return filepath.Join(s.root, s.base.Patches())
}

// check returns an error if something is missing that the series names.
func (s *source) check() error {
	for _, entry := range s.series.Entries {
		if entry.Kind == manifest.Package {
			names, err := s.packageFiles(entry.Name)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				return failure.Usage("the series of %s names "+
					"package %s, but there is no .go "+
					"file in %s", s.base.Name, entry.Name,
					filepath.Join(s.root, entry.Name))
			}

			continue
		}

		names := []string{s.patchPath(entry.Name)}
		for _, created := range entry.Created {
			names = append(names, s.createdPath(created.From))
		}
		for _, name := range names {
			if !exists(filepath.Join(s.root, name)) {
				return failure.Usage("the series of %s names "+
					"%s, but there is no such file",
					s.base.Name, name)
			}
		}
	}

	return nil
}

// exists tells whether there is a file or folder at a path.
func exists(path string) bool {
	_, err := os.Lstat(path)

	return err == nil
}

// patchPath returns where below the root a patch lies.
func (s *source) patchPath(name string) string {
	return path.Join(s.base.Patches(), name)
}

// createdPath returns where below the root a file lies that a patch creates in
// lnd: what differs from base to base in the base's folder, or else in the one
// that bases share.
func (s *source) createdPath(from string) string {
	own := s.ownPath(from)
	if shared := sharedPath(from); !exists(filepath.Join(s.root, own)) &&
		exists(filepath.Join(s.root, shared)) {

		return shared
	}

	return own
}

// ownPath returns where below the root a created file of this base alone lies.
func (s *source) ownPath(from string) string {
	return path.Join(s.base.Patches(), createdFolder, from)
}

// sharedPath returns where below the root a created file of several bases lies.
func sharedPath(from string) string {
	return path.Join(base.Folder, createdFolder, from)
}

// read returns the text of a file below the root.
func (s *source) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(s.root, name))
}

// packageFiles returns the names of the Go files of a package of ours, sorted.
func (s *source) packageFiles(folder string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.root, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}

	var names []string
	for _, entry := range entries {
		if entry.Type().IsRegular() &&
			strings.HasSuffix(entry.Name(), ".go") {

			names = append(names, entry.Name())
		}
	}

	return names, nil
}

// imports returns what turns our import paths into those that our packages have
// in lnd, and what turns them back.
func imports(series *manifest.Series, module string) (toLnd,
	fromLnd *strings.Replacer) {

	var to, from []string
	for _, entry := range series.Entries {
		if entry.Kind != manifest.Package {
			continue
		}
		ours := fmt.Sprintf("%q", ourModule+"/"+entry.Name)
		theirs := fmt.Sprintf("%q", module+"/"+entry.Folder)
		to = append(to, ours, theirs)
		from = append(from, theirs, ours)
	}

	return strings.NewReplacer(to...), strings.NewReplacer(from...)
}

// seriesStamp returns a hash of the pinned module, the series and all patches.
func (s *source) seriesStamp() (string, error) {
	patches, err := filepath.Glob(filepath.Join(s.folder(), "*.patch"))
	if err != nil {
		return "", err
	}
	names := []string{s.patchPath(manifest.File)}
	for _, file := range patches {
		names = append(names, s.patchPath(filepath.Base(file)))
	}

	return s.hash(names)
}

// stamp returns a hash of all that decides what staging yields.
func (s *source) stamp() (string, error) {
	names := []string{s.patchPath(manifest.File)}
	for _, entry := range s.series.Entries {
		if entry.Kind == manifest.Package {
			files, err := s.packageFiles(entry.Name)
			if err != nil {
				return "", err
			}
			for _, file := range files {
				names = append(names,
					path.Join(entry.Name, file))
			}

			continue
		}

		names = append(names, s.patchPath(entry.Name))
		for _, created := range entry.Created {
			names = append(names, s.createdPath(created.From))
		}
	}

	ours, err := s.hash(names)
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, ours)
	err = fs.WalkDir(howWeApply, ".", func(name string, d fs.DirEntry,
		err error) error {

		if err != nil || d.IsDir() {
			return err
		}
		text, err := howWeApply.ReadFile(name)
		hash.Write(text)

		return err
	})

	return fmt.Sprintf("%x", hash.Sum(nil)), err
}

// hash returns one hash for the pinned module and the names and contents of
// files below the root.
func (s *source) hash(names []string) (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%s %s %s\n", s.base.Module, s.base.Version,
		s.base.Sum)
	if lender := s.base.Lender; lender != nil {
		fmt.Fprintf(hash, "from %s %s\n", lender.Version, lender.Sum)
	}

	sort.Strings(names)
	for _, name := range names {
		text, err := s.read(name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d\n%s", name, len(text), text)
	}

	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}
