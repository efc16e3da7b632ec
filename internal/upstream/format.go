package upstream

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"lnd-once/internal/process"
)

// files returns the Go files that the topic changes and does not delete.
func (c *checker) files(ctx context.Context) ([]string, error) {
	names, err := c.repo.work.Run(
		ctx, "diff", "--name-only", "--diff-filter=d", c.below, c.tip,
		"--", "*.go",
	)

	return strings.Fields(names), err
}

// checkFormat checks that gofmt and goimports would change nothing.
func (c *checker) checkFormat(ctx context.Context) error {
	files, err := c.files(ctx)
	if err != nil {
		return err
	}
	goimports, err := c.install(
		ctx, "golang.org/x/tools/cmd/goimports", goimportsVersion,
	)
	if err != nil {
		return err
	}
	for _, tool := range []struct {
		name, path string
		args       []string
	}{
		{"gofmt -s", "gofmt", []string{"-l", "-s"}},
		{"goimports", goimports.path, []string{"-l"}},
	} {
		if tool.path == "" {
			c.add(tool.name, "", notRun, goimports.why)

			continue
		}
		var out bytes.Buffer
		err := process.Run(ctx, process.Config{
			Path: tool.path, Args: append(tool.args, files...),
			Dir: c.repo.work.Dir(), Stdout: &out, Stderr: &out,
		})
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)

		case err != nil || out.Len() > 0:
			c.add(tool.name, "", failed, "would change "+
				end(out.String()))

		default:
			c.add(tool.name, "", passed, fmt.Sprintf("%d files",
				len(files)))
		}
	}

	return nil
}

// checkNote checks that the topic has an entry in the release notes.
func (c *checker) checkNote(ctx context.Context) error {
	added, err := c.repo.work.Run(
		ctx, "diff", "-U0", c.below, c.tip, "--", notes,
	)
	if err != nil {
		return err
	}
	if !strings.Contains(added, "\n+* [") {
		c.add("release note", "", failed, "no entry '* [' in "+notes)

		return nil
	}
	detail := ""
	if strings.Contains(added, "/pull/XXXXX") {
		detail = "the number of the pull request is to be filled in"
	}
	file, err := newestNotes(c.repo.work.Dir())
	c.add("release note", "", passed, strings.TrimSpace(
		filepath.Base(file)+" "+detail,
	))

	return err
}
