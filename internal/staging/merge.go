package staging

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/manifest"
)

// stagedFiles returns our files as they are in what was staged.
func (x *exporter) stagedFiles(ctx context.Context) (map[string][]byte, error) {
	found, err := findPackages(ctx, x.tree, x.staged)
	if err != nil {
		return nil, err
	}
	_, fromLnd := imports(x.old.series, x.base.Module)
	files, err := found.read(ctx, x.tree, patchedRef, fromLnd)
	if err != nil {
		return nil, err
	}
	for i, entry := range x.old.series.Entries {
		for _, created := range entry.Created {
			blob, err := x.tree.Feed(
				ctx, nil, "cat-file", "blob",
				x.staged[i].hash+":"+created.Path,
			)
			if err != nil {
				return nil, err
			}
			files[x.old.createdPath(created.From)] = []byte(
				fromLnd.Replace(string(blob)),
			)
		}
	}

	return files, nil
}

// sharers returns the other bases whose patches create the shared file at a path
// below our root.
func sharers(b *base.Base, name string) ([]string, error) {
	all, err := base.All(b.Root)
	if err != nil {
		return nil, err
	}

	var names []string
	for _, other := range all {
		if other.Name == b.Name {
			continue
		}
		s := &source{root: b.Root, base: other}
		s.series, err = manifest.Read(s.folder())
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(s.series.Entries, func(
			e *manifest.Entry) bool {

			return slices.ContainsFunc(e.Created, func(
				c manifest.Created) bool {

				return s.createdPath(c.From) == name
			})
		}) {

			names = append(names, other.Name)
		}
	}

	return names, nil
}

// merge returns which of our files are to be written or removed. A file that was
// changed here since it was staged is left alone; one that was changed both here
// and in the tree is an error.
func (w *writer) merge() ([]string, error) {
	names := make(map[string]bool)
	for name := range w.staged {
		names[name] = true
	}
	for name := range w.tip.files {
		names[name] = true
	}

	var changed, conflicts []string
	for name := range names {
		keep, err := w.keeps(name)
		if err != nil {
			return nil, err
		}
		staged, wasStaged := w.staged[name]
		tip, isTip := w.tip.files[name]
		here, err := os.ReadFile(filepath.Join(w.base.Root, name))
		isHere := err == nil
		switch {
		case keep:
		case wasStaged == isTip && bytes.Equal(staged, tip):
		case isHere == isTip && bytes.Equal(here, tip):
		case isHere != wasStaged || !bytes.Equal(here, staged):
			conflicts = append(conflicts, name)

		default:
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	if len(conflicts) > 0 {
		slices.Sort(conflicts)

		return nil, failure.Usage("changed both here and in "+
			"build/%s/lnd since staging; nothing was changed:\n"+
			"  %s\nMake the two equal (in either place), then "+
			"try again", w.base.Name,
			strings.Join(conflicts, "\n  "))
	}

	return changed, nil
}

// keeps tells whether one of our files stays, although the tree has it no more:
// a package that left the series stays where it is, and so does a file that
// another base's patches create.
func (w *writer) keeps(name string) (bool, error) {
	if _, ok := w.tip.files[name]; ok {
		return false, nil
	}
	if !strings.HasPrefix(name, "patches/") {
		return w.tip.packages[filepath.Dir(name)] == nil, nil
	}
	others, err := sharers(w.base, name)

	return len(others) > 0, err
}
