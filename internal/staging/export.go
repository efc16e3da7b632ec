package staging

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// exporter turns the commits of a tree back into a series of a base.
type exporter struct {
	tree *git.Git
	base *base.Base

	// old is what the tree's commits were made from, of this base or of the
	// one that it is ported from, and staged are the commits that it was.
	old    *source
	staged []*commit
}

// exported is a series with all that it names.
type exported struct {
	series  *manifest.Series
	patches map[string][]byte

	// packages are those that the series adds. files are theirs and those
	// that patches create, by their paths below our root.
	packages packages
	files    map[string][]byte

	// folded are the commits that were folded into packages.
	folded []*commit
}

// export returns the commits upstream..rev as a series.
func (x *exporter) export(ctx context.Context, rev string) (*exported, error) {
	commits, err := readCommits(ctx, x.tree, "upstream.."+rev)
	if err != nil {
		return nil, err
	}
	e := &exported{patches: make(map[string][]byte)}
	e.packages, err = findPackages(ctx, x.tree, commits)
	if err != nil {
		return nil, err
	}
	if err := e.packages.classify(commits); err != nil {
		return nil, err
	}
	commits = slices.DeleteFunc(commits, func(c *commit) bool {
		if c.kind == fold {
			e.folded = append(e.folded, c)
		}

		return c.kind == fold
	})

	entries, before := x.entries(commits, e.packages)
	e.series = x.old.series.Rewrite(entries, before)
	_, fromLnd := imports(e.series, x.base.Module)
	e.files, err = e.packages.read(ctx, x.tree, rev, fromLnd)
	if err != nil {
		return nil, err
	}
	for i, c := range commits {
		if c.kind == manifest.Package {
			continue
		}
		err := x.addPatch(ctx, e, c, entries[i], fromLnd)
		if err != nil {
			return nil, err
		}
	}

	return e, nil
}

// entries returns the entries that commits become, and for each the entry that
// it was before, or nil.
func (x *exporter) entries(commits []*commit, p packages) ([]*manifest.Entry,
	[]*manifest.Entry) {

	// A commit is known by its subject, a package by its folder.
	keyOf := func(c *commit) string {
		if c.pkg != "" {
			return packageTrailer + c.pkg
		}

		return c.subject
	}
	known := make(map[string]*manifest.Entry)
	for i, c := range x.staged {
		known[keyOf(c)] = x.old.series.Entries[i]
	}

	entries := make([]*manifest.Entry, len(commits))
	before := make([]*manifest.Entry, len(commits))
	used := make(map[string]bool)
	for i, c := range commits {
		entries[i] = &manifest.Entry{Kind: c.kind}
		if pkg := p[c.pkg]; c.kind == manifest.Package {
			entries[i].Name = c.pkg
			entries[i].Folder = pkg.folder
			entries[i].Summary = pkg.summary
		}
		if old := known[keyOf(c)]; old != nil {
			before[i] = old
			entries[i].Comments = old.Comments
			entries[i].Name = old.Name
			delete(known, keyOf(c))
		}
		used[entries[i].Name] = true
	}
	for i, c := range commits {
		if entries[i].Name == "" {
			entries[i].Name = patchName(c.subject, used)
		}
	}

	return entries, before
}

// maxName is how long the name of a patch may become by itself.
const maxName = 40

// patchName returns a name for the patch of a new commit that is not used yet.
func patchName(subject string, used map[string]bool) string {
	words := strings.FieldsFunc(
		strings.ToLower(strings.ReplaceAll(subject, "'", "")),
		func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9')
		},
	)
	name := ""
	for _, word := range words {
		if name != "" && len(name)+len(word) >= maxName {
			break
		}
		name = strings.TrimPrefix(name+"-"+word, "-")
	}
	if name == "" {
		name = "patch"
	}

	unique := name + ".patch"
	for n := 2; used[unique]; n++ {
		unique = fmt.Sprintf("%s-%d.patch", name, n)
	}
	used[unique] = true

	return unique
}

// addPatch adds the patch of a commit to what is exported, and the files that it
// creates beside it.
func (x *exporter) addPatch(ctx context.Context, e *exported, c *commit,
	entry *manifest.Entry, fromLnd *strings.Replacer) error {

	mail, err := formatPatch(ctx, x.tree, c.hash)
	if err != nil {
		return err
	}
	kept, err := takeOut(mail, func(name string) (bool, error) {
		blob, err := x.tree.Feed(
			ctx, nil, "cat-file", "blob", c.hash+":"+name,
		)
		if err != nil {
			return false, err
		}
		text := []byte(fromLnd.Replace(string(blob)))
		from, at := x.place(name, text)

		// A file that is deleted and created once more can have only
		// one place beside the patches.
		if _, there := e.files[at]; there {
			return false, nil
		}
		e.files[at] = text
		entry.Created = append(entry.Created, manifest.Created{
			Path: name, From: from,
		})

		return true, nil
	})
	e.patches[entry.Name] = kept

	return err
}

// place returns where a file of the given text is kept that a patch creates in
// lnd: below which name, and at which path. It goes where it came from; in a new
// base only if it has not changed on the way. A new file is the base's own,
// unless there is just this one to share.
func (x *exporter) place(name string, text []byte) (from, at string) {
	from = name
	known := false
	for _, entry := range x.old.series.Entries {
		for _, created := range entry.Created {
			if created.Path == name {
				from, known = created.From, true
			}
		}
	}

	shared := sharedPath(from)
	got, err := x.old.read(shared)
	equal := err == nil && bytes.Equal(got, text)
	if known && x.old.createdPath(from) == shared &&
		(equal || x.base.Name == x.old.base.Name) {

		return from, shared
	}
	if !known && equal {
		return from, shared
	}

	return from, path.Join(x.base.Patches(), createdFolder, from)
}

// read returns the files of the packages in a commit, by their paths below our
// root, with the imports turned back.
func (p packages) read(ctx context.Context, tree *git.Git, rev string,
	fromLnd *strings.Replacer) (map[string][]byte, error) {

	files := make(map[string][]byte)
	for ours, pkg := range p {
		out, err := tree.Run(
			ctx, "ls-tree", "-r", "-z", "--name-only", rev,
			pkg.folder+"/",
		)
		if err != nil {
			return nil, err
		}
		for _, file := range strings.Split(out, "\x00") {
			if file == "" || p.owner(file) != ours {
				continue
			}
			if path.Dir(file) != pkg.folder ||
				path.Ext(file) != ".go" {

				return nil, fmt.Errorf("%s is part of package "+
					"%s, but a package holds only .go "+
					"files, none of them in a sub-folder",
					file, ours)
			}
			text, err := tree.Feed(
				ctx, nil, "cat-file", "blob", rev+":"+file,
			)
			if err != nil {
				return nil, err
			}
			files[path.Join(ours, path.Base(file))] = []byte(
				fromLnd.Replace(string(text)),
			)
		}
	}

	return files, nil
}

// writeTo writes all below a folder that is laid out like our repository.
func (e *exported) writeTo(root string, b *base.Base) error {
	folder := b.Patches()
	files := map[string][]byte{
		path.Join(folder, manifest.File): []byte(e.series.String()),
	}
	for name, text := range e.patches {
		files[path.Join(folder, name)] = text
	}
	for name, text := range e.files {
		files[name] = text
	}
	for name, text := range files {
		if err := writeFile(filepath.Join(root, name), text); err != nil {
			return err
		}
	}

	return nil
}

// writeFile writes a file and the folders that it needs.
func writeFile(name string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}

	return os.WriteFile(name, text, 0o644)
}
