package staging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// Ported is a series that was moved to another lnd.
type Ported struct {
	// Head is the commit that it yields.
	Head string

	// Lost are the commits that could not be carried over.
	Lost []string
}

// WritePorted writes the folder of a base whose series was moved to it: branch
// patched of a tree has the commits, oldSpan is the range of those before.
// What differs between bases by hand is copied.
func WritePorted(ctx context.Context, tree *git.Git, oldSpan string, from,
	to *base.Base) (*Ported, error) {

	old, err := openSource(from.Root, from)
	if err != nil {
		return nil, err
	}
	x := &exporter{tree: tree, base: to, old: old}
	x.staged, err = readCommits(ctx, tree, oldSpan)
	if err != nil {
		return nil, err
	}
	e, err := x.export(ctx, "patched")
	if err != nil {
		return nil, err
	}
	lost := x.lost(e)
	if err := checkOurs(e, from.Root); err != nil {
		return nil, err
	}

	temp, err := os.MkdirTemp(to.Build(), ".port.")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)

	if err := e.writeTo(temp, to); err != nil {
		return nil, err
	}
	v, err := verify(ctx, tree, to, temp, "patched")
	if err != nil {
		return nil, err
	}

	dir := filepath.Join(temp, to.Patches())
	err = errors.Join(to.Write(dir), copyRest(from.Dir, dir))
	if err != nil {
		return nil, err
	}

	return &Ported{Head: v.head, Lost: lost}, os.Rename(dir, to.Dir)
}

// lost returns the old commits that are not in what was exported, and notes them
// at the end of the series.
func (x *exporter) lost(e *exported) []string {
	kept := make(map[string]bool)
	for _, entry := range e.series.Entries {
		kept[entry.Name] = true
	}

	var (
		lost  []string
		notes strings.Builder
	)
	for i, entry := range x.old.series.Entries {
		if kept[entry.Name] {
			continue
		}
		text := fmt.Sprintf("%s (%s)", x.staged[i].subject, entry.Name)
		lost = append(lost, text)
		fmt.Fprintf(&notes, "# Not carried over from %s: %s\n",
			x.old.base.Name, text)
	}
	e.series.Footer += notes.String()

	return lost
}

// checkOurs returns an error if a file that all bases have became another one on
// its way to this base.
func checkOurs(e *exported, root string) error {
	for name, text := range e.files {
		own := strings.HasPrefix(name, "patches/")
		shared := strings.HasPrefix(name, sharedPath(""))
		if own && !shared {
			continue
		}
		here, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(here, text) {
			return failure.Usage("%s, which all bases have, is "+
				"another one in the tree; undo that there, "+
				"and change it here, for all of them", name)
		}
	}

	return nil
}

// copyRest copies what a base's folder has besides its series.
func copyRest(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		path := filepath.Join(from, name)
		switch {
		case name == base.File, name == manifest.File,
			name == createdFolder, filepath.Ext(name) == ".patch":

		case entry.IsDir():
			err = os.CopyFS(filepath.Join(to, name), os.DirFS(path))

		default:
			var text []byte
			text, err = os.ReadFile(path)
			if err == nil {
				err = writeFile(filepath.Join(to, name), text)
			}
		}
		if err != nil {
			return err
		}
	}

	return nil
}
