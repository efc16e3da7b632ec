package upstream

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// maxColumns is how wide a line may be, with tabs of tabColumns.
	maxColumns = 80
	tabColumns = 8
)

var (
	// logLine is where a structured log line begins. It may be wider.
	logLine = regexp.MustCompile(
		`^\s*.*(L|l)og\.(Info|Debug|Trace|Warn|Error|Critical)S\(`,
	)

	// excused is a line whose width is not to be looked at. Of old lnd the
	// linter was lll.
	excused = regexp.MustCompile(`//\s*nolint(:[\w,]*\bl?ll\b|\s|$)`)

	// generated is a file that nobody has written.
	generated = regexp.MustCompile(`\.pb(\.gw|\.json)?\.go$`)

	// hunk finds where the lines of a hunk are in the new file.
	hunk = regexp.MustCompile(`(?m)^@@ -\S+ \+(\d+)(?:,(\d+))? @@`)
)

// checkLines checks the width of the lines that a topic adds. It stands for
// lnd's own linter ll, which golangci-lint can only run if it is built with it.
func (c *checker) checkLines(ctx context.Context) error {
	files, err := c.files(ctx)
	if err != nil {
		return err
	}
	var found []string
	for _, file := range files {
		if generated.MatchString(file) {
			continue
		}
		diff, err := c.repo.work.Run(
			ctx, "diff", "-U0", c.below, c.tip, "--", file,
		)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(filepath.Join(
			c.repo.work.Dir(), file,
		))
		if err != nil {
			return err
		}
		added := addedLines(diff)
		for _, line := range wideLines(string(text)) {
			if added[line] {
				found = append(found, fmt.Sprintf("%s:%d", file,
					line))
			}
		}
	}
	if len(found) > 0 {
		c.add("80 columns", "", failed, strings.Join(found, "\n"))

		return nil
	}
	c.add("80 columns", "", passed, fmt.Sprintf("%d files", len(files)))

	return nil
}

// addedLines returns the numbers of the lines that a diff without context adds.
func addedLines(diff string) map[int]bool {
	added := make(map[int]bool)
	for _, found := range hunk.FindAllStringSubmatch(diff, -1) {
		first, _ := strconv.Atoi(found[1])
		count := 1
		if found[2] != "" {
			count, _ = strconv.Atoi(found[2])
		}
		for i := range count {
			added[first+i] = true
		}
	}

	return added
}

// wideLines returns the numbers of the lines of a Go file that are too wide for
// lnd. Imports, directives and structured log lines may be.
func wideLines(text string) []int {
	var (
		wide           []int
		imports, inLog bool
		number         int
	)
	for line := range strings.Lines(text) {
		number++
		line = strings.ReplaceAll(
			strings.TrimRight(line, "\n"), "\t",
			strings.Repeat(" ", tabColumns),
		)
		closes := strings.HasSuffix(line, ")")
		switch {
		case strings.HasPrefix(line, "//go:"):

		case strings.HasPrefix(strings.TrimSpace(line), "import"):
			imports = strings.HasSuffix(line, "(")

		case imports:
			imports = line != ")"

		case logLine.MatchString(line), inLog:
			inLog = !closes

		case excused.MatchString(line):

		case utf8.RuneCountInString(line) > maxColumns:
			wide = append(wide, number)
		}
	}

	return wide
}
