// Package markdown writes parts of documents that programs keep up to date.
package markdown

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// markers returns what a base's section begins and ends with.
func markers(base string) (string, string) {
	return fmt.Sprintf("<!-- begin %s -->", base),
		fmt.Sprintf("<!-- end %s -->", base)
}

// replaceSection returns the document with another text in a base's section.
// Everything else stays; a section that is missing is added at the end.
func replaceSection(doc, base, text string) (string, error) {
	begin, end := markers(base)
	section := begin + "\n" + text + end

	before, rest, found := strings.Cut(doc, begin)
	if !found {
		if strings.Contains(doc, end) {
			return "", fmt.Errorf("%q without %q", end, begin)
		}
		if doc != "" {
			doc = strings.TrimRight(doc, "\n") + "\n\n"
		}

		return doc + section + "\n", nil
	}

	_, after, found := strings.Cut(rest, end)
	if !found {
		return "", fmt.Errorf("%q without %q", begin, end)
	}

	return before + section + after, nil
}

// WriteSection replaces a base's section in a file, or adds it at the end. The
// file is created if there is none, and is either changed as a whole or left as
// it was.
func WriteSection(file, base, text string) error {
	doc, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}

	replaced, err := replaceSection(string(doc), base, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}

	// A crash must not leave half of a document behind.
	temp := file + ".new"
	if err := os.WriteFile(temp, []byte(replaced), 0644); err != nil {
		return err
	}

	return os.Rename(temp, file)
}
