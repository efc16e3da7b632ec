package upstream

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"path"
	"strings"

	"lnd-once/internal/git"
)

const (
	// buildOnly is the trailer of commits that are not for upstream.
	buildOnly = "Lnd-Once: build-only"

	// trailers begin lines of messages that say something to us alone.
	trailers = "Lnd-Once"

	// notes is lnd's folder of release notes.
	notes = "docs/release-notes"

	// mailDate is the date by which git knows a mail that it has made.
	mailDate = "Mon Sep 17 00:00:00 2001"
)

// commit is a commit of the staged tree.
type commit struct {
	hash, subject, body string

	// files are all that it changes.
	files []string
}

// commits returns the commits of a topic that are for upstream, the oldest
// first: those that change lnd, and those that only add to its release notes.
func (r *run) commits(ctx context.Context, number int) ([]commit, []commit,
	error) {

	tag, below := tagOf(number)
	tree := r.staged()
	hashes, err := tree.Run(
		ctx, "rev-list", "--reverse", "--topo-order", below+".."+tag,
	)
	if err != nil {
		return nil, nil, err
	}

	var changes, noted []commit
	for _, hash := range strings.Fields(hashes) {
		c, err := readCommit(ctx, tree, hash)
		switch {
		case err != nil:
			return nil, nil, err

		case strings.Contains("\n"+c.body, "\n"+buildOnly):

		case c.isNote():
			noted = append(noted, c)

		default:
			changes = append(changes, c)
		}
	}

	return changes, noted, nil
}

// readCommit returns a commit of a tree.
func readCommit(ctx context.Context, tree *git.Git, hash string) (commit,
	error) {

	text, err := tree.Run(ctx, "log", "-1", "--format=%s%x00%b", hash)
	if err != nil {
		return commit{}, err
	}
	subject, body, ok := strings.Cut(text, "\x00")
	if !ok {
		return commit{}, fmt.Errorf("git log says of %s: %q", hash,
			text)
	}
	names, err := tree.Run(
		ctx, "diff-tree", "-r", "-z", "--no-commit-id", "--name-only",
		"--no-renames", hash,
	)
	files := strings.FieldsFunc(names, func(r rune) bool { return r == 0 })

	return commit{
		hash: hash, subject: subject, body: body, files: files,
	}, err
}

// isNote tells whether a commit only changes release notes.
func (c *commit) isNote() bool {
	for _, file := range c.files {
		if path.Dir(file) != notes {
			return false
		}
	}

	return len(c.files) > 0
}

// message returns the commit's message without what it says to us alone.
func (c *commit) message() string {
	var kept []string
	for line := range strings.Lines(c.body) {
		if !strings.HasPrefix(line, trailers) {
			kept = append(kept, line)
		}
	}
	body := strings.TrimSpace(strings.Join(kept, ""))
	if body == "" {
		return c.subject + "\n"
	}

	return c.subject + "\n\n" + body + "\n"
}

// mail returns the commit as git am takes it, as written by an author now.
func (c *commit) mail(ctx context.Context, tree *git.Git, author,
	date string) ([]byte, error) {

	diff, err := tree.Feed(
		ctx, nil, "diff-tree", "-p", "--binary", "--full-index",
		"--no-commit-id", "--no-renames", "--no-ext-diff", c.hash,
	)
	if err != nil {
		return nil, err
	}
	subject, body, _ := strings.Cut(c.message(), "\n")

	var b bytes.Buffer
	fmt.Fprintf(&b, "From %s %s\nFrom: %s\nDate: %s\nSubject: %s\n",
		c.hash, mailDate, author, date,
		mime.QEncoding.Encode("utf-8", subject))
	b.WriteString("MIME-Version: 1.0\n" +
		"Content-Type: text/plain; charset=UTF-8\n" +
		"Content-Transfer-Encoding: 8bit\n\n")
	b.WriteString(strings.TrimLeft(body, "\n") + "---\n\n")
	b.Write(diff)
	b.WriteString("\n")

	return b.Bytes(), nil
}

// lend puts the files that a commit changes, as they were before it, into a
// clone that may not have them, so that a three-way merge can be made. Git's
// next cleaning removes what nothing names.
func (c *commit) lend(ctx context.Context, tree, clone *git.Git) error {
	changed, err := tree.Run(
		ctx, "diff-tree", "-r", "--no-commit-id", "--no-renames",
		"--no-abbrev", c.hash,
	)
	if err != nil {
		return err
	}
	for line := range strings.Lines(changed) {
		// :100644 100644 BEFORE AFTER M<tab>PATH
		fields := strings.Fields(line)
		if len(fields) < 5 || fields[4] == "A" {
			continue
		}
		_, err := clone.Run(ctx, "cat-file", "-e", fields[2])
		if err == nil {
			continue
		}
		text, err := tree.Feed(
			ctx, nil, "cat-file", "blob", fields[2],
		)
		if err != nil {
			return err
		}
		_, err = clone.Feed(
			ctx, text, "hash-object", "-w", "--stdin",
		)
		if err != nil {
			return err
		}
	}

	return nil
}
