package staging

import (
	"bytes"
	"context"
	"strings"
	"unicode/utf8"

	"lnd-once/internal/git"
)

// formatPatch returns a commit as a mail. All that git lets a version or a
// setting decide is spelled out.
func formatPatch(ctx context.Context, tree *git.Git, hash string) ([]byte,
	error) {

	return tree.Feed(
		ctx, nil, "format-patch", "-1", "-N", "--zero-commit",
		"--no-signature", "--no-notes", "--no-base", "--abbrev=12",
		"--stat=72", "--diff-algorithm=myers", "--find-renames",
		"--stdout", hash,
	)
}

// diffHeader begins the diff of a file in a mail.
const diffHeader = "diff --git "

// takeOut calls a function for every file that a mail creates, and returns the
// mail without those for which it returns true. What it leaves alone are files
// that are no text, and names that a line of a series cannot hold.
func takeOut(mail []byte, take func(path string) (bool, error)) ([]byte,
	error) {

	var kept []byte
	for _, section := range sections(mail) {
		path := createdBy(section)
		if path != "" {
			taken, err := take(path)
			if err != nil {
				return nil, err
			}
			if taken {
				continue
			}
		}
		kept = append(kept, section...)
	}

	return kept, nil
}

// sections cuts a mail into what is before the diff and the diffs of each file.
func sections(mail []byte) [][]byte {
	var cut [][]byte
	for {
		// Every line of a diff but the header has a mark in front.
		at := bytes.Index(mail[min(1, len(mail)):], []byte("\n"+
			diffHeader))
		if at < 0 {
			return append(cut, mail)
		}
		at += 2
		cut, mail = append(cut, mail[:at]), mail[at:]
	}
}

// createdBy returns the path of the text file that a section creates; nothing if
// it does something else.
func createdBy(section []byte) string {
	lines := strings.SplitN(string(section), "\n", 3)
	if len(lines) < 3 || lines[1] != "new file mode 100644" {
		return ""
	}
	names := strings.Fields(strings.TrimPrefix(lines[0], diffHeader))
	if len(names) != 2 || names[0][1:] != names[1][1:] ||
		strings.ContainsAny(names[0], "\"#") {

		return ""
	}
	if bytes.Contains(section, []byte("\nGIT binary patch\n")) ||
		!utf8.Valid(section) {

		return ""
	}

	return strings.TrimPrefix(names[0], "a/")
}
