package staging

import (
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
	"lnd-once/internal/progress"
)

// writer writes a staged tree back.
type writer struct {
	base *base.Base
	log  *progress.Log
	tree *git.Git

	// temp is for what is made on the way.
	temp string

	// staged are our files as they were staged, tip is what the tree's
	// branch says now.
	staged map[string][]byte
	tip    *exported
}

// WriteBack writes the commits of a base's staged tree back to its series and to
// our packages, so that staging makes the same tree of them everywhere. If a
// patch did not apply and was mended, it writes that patch instead.
func WriteBack(ctx context.Context, b *base.Base, log *progress.Log) error {
	if b.Lender != nil {
		return failure.Usage("%s has no series of its own to write "+
			"to. To give it one: make port NEW=%s FROM=%s", b.Name,
			b.Name, b.Lender.Name)
	}
	unlock, err := Lock(ctx, b, log)
	if err != nil {
		return err
	}
	defer unlock()

	if written, err := writeMended(ctx, b, log); written || err != nil {
		return err
	}

	w := &writer{base: b, log: log, tree: git.New(b.Tree())}
	if err := w.checkTree(ctx); err != nil {
		return err
	}
	if err := w.begin(ctx); err != nil {
		return err
	}
	defer w.end()

	if err := w.export(ctx); err != nil {
		return err
	}
	v, err := verify(ctx, w.tree, b, w.temp, "patched")
	if err != nil {
		return fmt.Errorf("nothing was changed, for %w", err)
	}
	changed, err := w.merge()
	if err != nil {
		return err
	}

	// What takes long is behind us: from here on nothing must stop half way.
	err = w.putInPlace(context.WithoutCancel(ctx), changed, v)
	if err != nil {
		return err
	}
	log.Say("%s: wrote patches/%s; verified: it yields the same tree, as "+
		"commit %.12s", b.Name, b.Name, v.head)

	return nil
}

// checkTree returns an error if the staged tree is not in a state that can be
// written back, or the series is not what it was staged from.
func (w *writer) checkTree(ctx context.Context) error {
	name := "build/" + w.base.Name + "/lnd"
	_, err := w.tree.Run(ctx, "rev-parse", "-q", "--verify", patchedRef)
	var gitErr *git.Error
	if err != nil && exists(w.base.Tree()) && !errors.As(err, &gitErr) {
		return err
	}
	if err != nil || !exists(w.base.Tree()) {
		return failure.Usage("%s is not staged: make stage BASE=%s",
			name, w.base.Name)
	}
	head, _ := w.tree.Run(ctx, "symbolic-ref", "-q", "HEAD")
	if head != "refs/heads/patched" {
		return failure.Usage("HEAD of %s is not at branch patched; "+
			"finish the rebase, or git checkout patched", name)
	}
	status, err := w.tree.Run(ctx, "status", "--porcelain")
	if err != nil {
		return err
	}
	if status != "" {
		return failure.Usage("%s has changes that are not "+
			"committed:\n%s", name, indent(status, shownWork))
	}
	_, err = w.tree.Run(
		ctx, "merge-base", "--is-ancestor", "upstream", "patched",
	)
	if err != nil {
		return failure.Usage("branch patched of %s is not based on "+
			"upstream", name)
	}

	stamp, err := (&source{root: w.base.Root, base: w.base}).seriesStamp()
	if err != nil {
		return err
	}
	if setting(ctx, w.tree, seriesKey) != stamp {
		return failure.Usage("patches/%s was changed since %s was "+
			"staged from it, and would be overwritten. Put one "+
			"of the two away: git checkout patches/%s, or rm -rf "+
			"%s", w.base.Name, name, w.base.Name, w.base.Tree())
	}

	return nil
}

// begin makes the temporary folder, without what an interrupted run left.
func (w *writer) begin(ctx context.Context) error {
	if err := removeAll(w.base, ".series.*"); err != nil {
		return err
	}
	err := runAll(ctx, w.tree, []string{"worktree", "prune"})
	if err != nil {
		return err
	}
	w.temp, err = os.MkdirTemp(w.base.Build(), ".series.")

	return err
}

// end removes the temporary folder.
func (w *writer) end() {
	_ = os.RemoveAll(w.temp)
	_, _ = w.tree.Run(context.Background(), "worktree", "prune")
}

// export finds out what the tree's branch says and what was staged, and writes
// the first below the temporary folder.
func (w *writer) export(ctx context.Context) error {
	series, err := manifest.Read(w.base.Dir)
	if err != nil {
		return err
	}
	x := &exporter{tree: w.tree, base: w.base, old: &source{
		root: w.base.Root, base: w.base, series: series,
	}}
	x.staged, err = readCommits(
		ctx, w.tree, "upstream.."+patchedRef,
	)
	if err != nil {
		return err
	}
	w.staged, err = x.stagedFiles(ctx)
	if err != nil {
		return err
	}
	w.tip, err = x.export(ctx, "patched")
	if err != nil {
		return err
	}
	for _, c := range w.tip.folded {
		w.log.Say("folded into its package: %s", c.title)
	}

	return w.tip.writeTo(w.temp, w.base)
}

// putInPlace replaces series and files by what was written, and makes the tree
// stand on the commits that staging it would yield.
func (w *writer) putInPlace(ctx context.Context, changed []string,
	v *verified) error {

	for _, name := range changed {
		if err := w.putFile(ctx, name); err != nil {
			return err
		}
	}
	if err := w.putSeries(); err != nil {
		return err
	}

	// The trees are equal, so neither index nor files have to follow.
	series, err := (&source{root: w.base.Root, base: w.base}).seriesStamp()
	if err != nil {
		return err
	}
	err = runAll(
		ctx, w.tree,
		[]string{"update-ref", "refs/heads/patched", v.head},
		[]string{"update-ref", patchedRef, v.head},
		[]string{"config", seriesKey, series},
	)
	if err != nil {
		return err
	}
	if err := setTopics(ctx, w.tree, w.tip.series); err != nil {
		return err
	}

	// Where staging would change nothing, it need not be done.
	now, err := openSource(w.base.Root, w.base)
	if err != nil {
		return err
	}
	stamp, err := now.stamp()
	if err != nil {
		return err
	}
	stock, err := w.tree.Run(ctx, "rev-parse", stockRef)
	if err != nil || stock != v.stock || stamp != v.stamp {
		return err
	}

	return runAll(ctx, w.tree, []string{"config", stampKey, stamp})
}

// putFile writes or removes one of our files, as the tree has it, and says so.
func (w *writer) putFile(ctx context.Context, name string) error {
	file := filepath.Join(w.base.Root, name)
	text, ok := w.tip.files[name]
	if !ok {
		w.log.Say("removed %s", name)

		return os.Remove(file)
	}

	others, err := sharers(w.base, name)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		name += "; other bases have it, too, stage and test them: " +
			strings.Join(others, " ")
	}
	w.log.Say("wrote %s", name)

	return writeFile(file, text)
}

// putSeries writes the series and the patches, and removes those that are no
// longer there.
func (w *writer) putSeries() error {
	old, err := filepath.Glob(filepath.Join(w.base.Dir, "*.patch"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if w.tip.patches[filepath.Base(file)] == nil {
			err = errors.Join(err, os.Remove(file))
		}
	}
	for name, text := range w.tip.patches {
		err = errors.Join(err, writeFile(
			filepath.Join(w.base.Dir, name), text,
		))
	}

	return errors.Join(err, writeFile(
		filepath.Join(w.base.Dir, manifest.File),
		[]byte(w.tip.series.String()),
	))
}
