package upstream

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/semver"

	"lnd-once/internal/failure"
)

// addNote commits an entry to the newest release notes that there are, which
// are seldom those that the entry was written for.
func (r *run) addNote(ctx context.Context, c commit) error {
	section, entry, err := r.entry(ctx, c)
	if err != nil {
		return err
	}
	file, err := newestNotes(r.repo.work.Dir())
	if err != nil {
		return err
	}
	full := filepath.Join(r.repo.work.Dir(), file)
	text, err := os.ReadFile(full)
	if err != nil {
		return err
	}
	with, err := insertEntry(string(text), section, entry)
	if err != nil {
		return failure.Usage("%s: %w", file, err)
	}
	err = os.WriteFile(full, []byte(with), 0o644)
	if err != nil {
		return err
	}
	_, err = r.repo.work.Run(ctx, "add", "--", file)
	if err != nil {
		return err
	}
	_, err = r.repo.work.Feed(
		ctx, []byte(c.message()), "-c", "gc.auto=0", "commit", "-q",
		"--no-verify", "-F", "-",
	)

	return err
}

// entry returns what a commit adds to release notes: the heading that it is
// below, and its lines.
func (r *run) entry(ctx context.Context, c commit) (string, string, error) {
	// With all of the file around it, the headings are in the diff, too.
	diff, err := r.staged().Run(
		ctx, "diff-tree", "-p", "-U100000", "--no-commit-id", c.hash,
	)
	if err != nil {
		return "", "", err
	}

	var section, entry, heading string
	for line := range strings.Lines(diff) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "+++"):

		case strings.HasPrefix(line, " #"):
			heading = line[1:]

		case strings.HasPrefix(line, "+"):
			section, entry = heading, entry+line[1:]+"\n"
		}
	}
	entry = strings.Trim(entry, "\n") + "\n"
	if section == "" || entry == "\n" {
		return "", "", fmt.Errorf("%q adds no entry below a heading",
			c.subject)
	}

	return section, entry, nil
}

// newestNotes returns the release notes of the highest version in a tree.
func newestNotes(tree string) (string, error) {
	files, err := filepath.Glob(filepath.Join(
		tree, notes, "release-notes-*.md",
	))
	if err != nil {
		return "", err
	}

	var newest, found string
	for _, file := range files {
		name := filepath.Base(file)
		version := "v" + strings.TrimSuffix(
			strings.TrimPrefix(name, "release-notes-"), ".md",
		)
		if semver.IsValid(version) &&
			semver.Compare(version, newest) > 0 {

			newest, found = version, name
		}
	}
	if found == "" {
		return "", failure.Usage("there are no release notes in %s",
			filepath.Join(tree, notes))
	}

	return path.Join(notes, found), nil
}

// insertEntry adds an entry to the end of a section.
func insertEntry(text, section, entry string) (string, error) {
	before, after, ok := strings.Cut("\n"+text, "\n"+section+"\n")
	if !ok {
		return "", fmt.Errorf("there is no heading '%s'", section)
	}
	body, rest := after, ""
	if at := strings.Index("\n"+after, "\n#"); at >= 0 {
		body, rest = after[:at], after[at:]
	}
	body = strings.TrimRight(body, "\n")
	if body != "" {
		body += "\n"
	}
	if rest != "" {
		rest = "\n" + rest
	}

	before = strings.TrimPrefix(before+"\n"+section+"\n", "\n")

	return before + body + "\n" + entry + rest, nil
}
