package ladder

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"

	"lnd-once/internal/git"
)

// Size is how many lines a topic adds and removes.
type Size struct {
	// Added and Removed count what nodes run, Tests what is added to test
	// it.
	Added, Removed, Tests int
}

// sizeOf counts the lines between two commits of a tree. A file that is moved
// counts whole, as in a review.
func sizeOf(ctx context.Context, tree, from, to string) (Size, error) {
	out, err := git.New(tree).Run(
		ctx, "diff", "--numstat", "--no-renames", from, to,
	)
	if err != nil {
		return Size{}, err
	}

	var size Size
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 || !isGo(fields[2]) {
			continue
		}
		added, err := strconv.Atoi(fields[0])
		if err != nil {
			return Size{}, fmt.Errorf("git counts no lines: '%s'",
				line)
		}
		removed, err := strconv.Atoi(fields[1])
		if err != nil {
			return Size{}, fmt.Errorf("git counts no lines: '%s'",
				line)
		}
		if isTest(fields[2]) {
			size.Tests += added
		} else {
			size.Added += added
			size.Removed += removed
		}
	}

	return size, nil
}

// isGo tells whether a file is code. Release notes are not.
func isGo(file string) bool {
	return strings.HasSuffix(file, ".go") &&
		!strings.HasPrefix(file, "docs/")
}

// isTest tells whether code only serves tests: it is one, stands in for
// something in one, or starts the nodes of one.
func isTest(file string) bool {
	top, _, _ := strings.Cut(file, "/")

	return strings.HasSuffix(file, "_test.go") ||
		strings.Contains(path.Base(file), "mock") ||
		top == "itest" || top == "lntest"
}

// production returns how many lines that nodes run are added and removed.
func (s Size) production() string {
	return fmt.Sprintf("+%d −%d", s.Added, s.Removed)
}

// tests returns how many lines are added to test them.
func (s Size) tests() string {
	return fmt.Sprintf("+%d", s.Tests)
}

// add adds the lines of another topic.
func (s *Size) add(more Size) {
	s.Added += more.Added
	s.Removed += more.Removed
	s.Tests += more.Tests
}
