package staging

import (
	"context"
	"fmt"
	"os"
	"strings"

	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
	"lnd-once/internal/module"
)

// fixedDate is the date of commits that no author has given one.
const fixedDate = "2026-01-01T00:00:00+0000"

// settings are those of a tree's own repository, wherever the user's could
// change what is committed there, now or later by hand.
var settings = []string{
	"user.name=" + git.Name, "user.email=" + git.Email,
	"commit.gpgSign=false", "core.autocrlf=false", "core.eol=lf",
	"core.fileMode=false", "core.hooksPath=/dev/null",
	"core.attributesFile=/dev/null", "core.excludesFile=/dev/null",
	"gc.auto=0", "maintenance.auto=false", "advice.detachedHead=false",
}

// NewTree makes a git repository in a folder that holds the module as the tag
// upstream.
func NewTree(ctx context.Context, m *module.Module, dir string) (*git.Git,
	error) {

	if err := os.CopyFS(dir, os.DirFS(m.Dir)); err != nil {
		return nil, err
	}

	tree := git.New(dir)
	calls := [][]string{{
		"init", "-q", "--template=", "--object-format=sha1", "-b",
		"module",
	}}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		calls = append(calls, []string{"config", name, value})
	}
	calls = append(calls, []string{"add", "-f", "-A", "."})
	if err := runAll(ctx, tree, calls...); err != nil {
		return nil, err
	}

	err := commitIndex(ctx, tree, fmt.Sprintf("%s %s\n\nThe unchanged module: "+
		"%s", m.Path, m.Version, m))
	if err != nil {
		return nil, err
	}

	return tree, runAll(ctx, tree, []string{"tag", "upstream"})
}

// runAll runs git several times, up to the first error.
func runAll(ctx context.Context, tree *git.Git, calls ...[]string) error {
	for _, args := range calls {
		if _, err := tree.Run(ctx, args...); err != nil {
			return err
		}
	}

	return nil
}

// commitIndex commits what is in the index, under our name and the fixed date.
func commitIndex(ctx context.Context, tree *git.Git, message string) error {
	tree = tree.With(
		"GIT_AUTHOR_DATE="+fixedDate, "GIT_COMMITTER_DATE="+fixedDate,
	)
	_, err := tree.Run(
		ctx, "commit", "-q", "--no-verify", "--cleanup=verbatim", "-m",
		message,
	)

	return err
}

// apply puts the entries of the series that are chosen on top of a tree, one
// commit each.
func (s *source) apply(ctx context.Context, tree *git.Git,
	chosen func(*manifest.Entry) bool) error {

	for _, entry := range s.series.Entries {
		if !chosen(entry) {
			continue
		}

		add := s.addPatch
		if entry.Kind == manifest.Package {
			add = s.addPackage
		}
		if err := add(ctx, tree, entry); err != nil {
			return err
		}
	}

	return nil
}

// all chooses every entry.
func all(*manifest.Entry) bool {
	return true
}

// buildOnly chooses what lnd needs to be built at all.
func buildOnly(entry *manifest.Entry) bool {
	return entry.Kind == manifest.Build
}
