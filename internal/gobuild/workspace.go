package gobuild

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"lnd-once/internal/base"
	"lnd-once/internal/progress"
)

// Program builds a program of ours, named by its folder in our repository,
// against the patched lnd of a base. It returns its path.
func Program(ctx context.Context, b *base.Base, log *progress.Log,
	folder string) (string, error) {

	job := Job{
		Package: "./" + folder,
		Output:  filepath.Join(b.Bin(), filepath.Base(folder)),
		Tags:    ReleaseTags,
	}

	return job.Output, ours(ctx, b, log, b.Tree(), job)
}

// Tests builds the tests of a package of ours in the same way, with more tags,
// and returns the path of the test binary.
func Tests(ctx context.Context, b *base.Base, log *progress.Log, folder string,
	tags ...string) (string, error) {

	output := filepath.Join(b.Bin(), filepath.Base(folder)+".test")

	return output, TestsWith(
		ctx, b, log, b.Tree(), output, folder, tags...,
	)
}

// TestsWith does so with the lnd in any tree, and any path for the test binary.
func TestsWith(ctx context.Context, b *base.Base, log *progress.Log, tree,
	output, folder string, tags ...string) error {

	return ours(ctx, b, log, tree, Job{
		Package: "./" + folder, Test: true, Output: output,
		Tags: strings.Join(append(tags, ReleaseTags), " "),
	})
}

// ours does a job of our own module in a Go workspace with an lnd's tree. The
// packages of lnd that it needs are those just compiled for lnd itself then,
// which saves minutes: as a module of its own lnd would be compiled a second
// time. The versions of all else come from lnd's go.mod alone, so for the time
// of the build ours is laid over by one that names none.
func ours(ctx context.Context, b *base.Base, log *progress.Log, tree string,
	job Job) error {

	version, err := goVersion(tree)
	if err != nil {
		return err
	}

	// Builds with different trees may run at the same time.
	dir := filepath.Join(b.Build(), "work")
	if tree != b.Tree() {
		dir = job.Output + ".work"
	}
	if err := os.MkdirAll(dir, 0755); err != nil {
		return err
	}
	module := filepath.Join(dir, "go.mod")
	job.Workspace = filepath.Join(dir, "go.work")
	err = write(module, fmt.Appendf(
		nil, "module lnd-once\n\ngo %s\n", version,
	))
	if err != nil {
		return err
	}
	err = write(job.Workspace, fmt.Appendf(
		nil, "go %s\n\nuse (\n\t%s\n\t%s\n)\n", version,
		modfile.AutoQuote(b.Root), modfile.AutoQuote(tree),
	))
	if err != nil {
		return err
	}

	job.Dir, job.Ldflags = b.Root, stripped
	job.Overlay = map[string]string{
		filepath.Join(b.Root, "go.mod"): module,
	}

	return Build(ctx, log, job)
}

// goVersion returns the version of Go that a tree's go.mod asks for.
func goVersion(tree string) (string, error) {
	path := filepath.Join(tree, "go.mod")
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	file, err := modfile.ParseLax(path, text, nil)
	if err != nil {
		return "", err
	}
	if file.Go == nil {
		return "", fmt.Errorf("%s names no version of Go", path)
	}

	return file.Go.Version, nil
}
