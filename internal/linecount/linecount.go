// Package linecount counts the lines that a change to lnd adds and removes:
// what nodes run, and what it costs to test it.
package linecount

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"lnd-once/internal/git"
)

// Lines are lines that are added and removed.
type Lines struct {
	Added, Removed int
}

// add adds more lines.
func (l *Lines) add(more Lines) {
	l.Added += more.Added
	l.Removed += more.Removed
}

// Count is what a change consists of: code that nodes run, code that only
// serves tests, and all that is no code.
type Count struct {
	Production, Test, Other Lines
}

// Between counts the lines between two commits of a repository. A file that is
// moved counts whole, as in a review, and a binary one not at all.
func Between(ctx context.Context, g *git.Git, from, to string) (Count, error) {
	out, err := g.Run(ctx, "diff", "--numstat", "--no-renames", from, to)
	if err != nil {
		return Count{}, err
	}

	var count Count
	for line := range strings.Lines(out) {
		added, rest, _ := strings.Cut(strings.TrimSpace(line), "\t")
		removed, file, _ := strings.Cut(rest, "\t")
		if added == "-" {
			continue
		}
		lines, err := parse(added, removed)
		if err != nil {
			return Count{}, fmt.Errorf("git counts no lines in "+
				"'%s': %w", line, err)
		}
		count.of(file).add(lines)
	}

	return count, nil
}

// parse returns the lines that git has counted.
func parse(added, removed string) (Lines, error) {
	plus, err := strconv.Atoi(added)
	if err != nil {
		return Lines{}, err
	}
	minus, err := strconv.Atoi(removed)

	return Lines{Added: plus, Removed: minus}, err
}

// Add adds another change.
func (c *Count) Add(more Count) {
	c.Production.add(more.Production)
	c.Test.add(more.Test)
	c.Other.add(more.Other)
}

// of returns what a file's lines count as. Code only serves tests if it is one,
// stands in for something in one, or starts the nodes of one.
func (c *Count) of(file string) *Lines {
	top, _, _ := strings.Cut(file, "/")
	switch {
	case !strings.HasSuffix(file, ".go"), top == "docs":
		return &c.Other

	case strings.HasSuffix(file, "_test.go"), top == "itest",
		top == "lntest", strings.Contains(path.Base(file), "mock"):

		return &c.Test
	}

	return &c.Production
}
