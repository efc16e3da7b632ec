package staging

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"strings"

	"lnd-once/internal/failure"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
)

// packageTrailer is the trailer by which the commit of a package names the
// folder that the package has with us.
const packageTrailer = "Lnd-Once-Package"

// addPackage commits the Go files of a package of ours into its folder in lnd,
// with imports as the series places them.
func (s *source) addPackage(ctx context.Context, tree *git.Git,
	entry *manifest.Entry) error {

	names, err := s.packageFiles(entry.Name)
	if err != nil {
		return err
	}
	folder := filepath.Join(tree.Dir(), entry.Folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}

	toLnd, _ := imports(s.series, s.base.Module)
	add := []string{"add", "-f", "--"}
	for _, name := range names {
		if exists(filepath.Join(folder, name)) {
			return failure.Usage("package %s would overwrite %s, "+
				"which this lnd has already; rename it",
				entry.Name, path.Join(entry.Folder, name))
		}
		text, err := s.read(path.Join(entry.Name, name))
		if err != nil {
			return err
		}
		err = os.WriteFile(
			filepath.Join(folder, name),
			[]byte(toLnd.Replace(string(text))), 0o644,
		)
		if err != nil {
			return err
		}
		add = append(add, path.Join(entry.Folder, name))
	}
	if err := runAll(ctx, tree, add); err != nil {
		return err
	}

	message := entry.Folder + ": " + entry.Summary + "\n\n"
	if comment := s.packageComment(entry.Name, names); comment != "" {
		message += comment + "\n\n"
	}

	return commitIndex(ctx, tree, message+packageTrailer+": "+entry.Name)
}

// packageComment returns the first paragraph of a package's comment, wrapped at
// 72 columns; nothing if it has none.
func (s *source) packageComment(folder string, names []string) string {
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := s.read(path.Join(folder, name))
		if err != nil {
			continue
		}
		if comment := commentAbovePackage(text); comment != "" {
			return comment
		}
	}

	return ""
}

// commentAbovePackage returns the first paragraph of the comment right above the
// package clause, wrapped at 72 columns.
func commentAbovePackage(text []byte) string {
	var words []string
	ended := false
	for line := range bytes.Lines(text) {
		line := strings.TrimRight(string(line), "\n")
		switch {
		case strings.HasPrefix(line, "package "):
			return wrap(words, 72)

		// A blank line, or code, parts a comment from the clause.
		case !strings.HasPrefix(line, "//"):
			words, ended = nil, false

		case line == "//":
			ended = true

		case !ended:
			words = append(words, strings.Fields(line[2:])...)
		}
	}

	return ""
}

// wrap joins words to lines of at most the given width.
func wrap(words []string, width int) string {
	var lines []string
	for _, word := range words {
		last := len(lines) - 1
		if last >= 0 && len(lines[last])+1+len(word) <= width {
			lines[last] += " " + word

			continue
		}
		lines = append(lines, word)
	}

	return strings.Join(lines, "\n")
}
