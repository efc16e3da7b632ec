package gotest

import (
	"regexp"
	"strings"
)

// maxReason is the number of bytes after which a reason is cut off.
const maxReason = 240

var (
	// located matches a line of a test's log: where it is from, and what
	// it says.
	located = regexp.MustCompile(`^\s*(\S+\.go):\d+(?::\d+)?:\s*(.*)$`)

	// field matches a field of testify's report of a failure.
	field = regexp.MustCompile(`^\s*(Error Trace|Error|Messages|Test):`)

	// marker matches the lines that go test itself adds.
	marker = regexp.MustCompile(`^\s*(=== |--- |FAIL|PASS|ok\s|exit status)`)
)

// reason returns the one line that tells best, of what a test has printed, why
// it failed or was skipped: its panic, the error that an assertion of testify
// reports, the first line that it, or else a helper of it, has logged, or its first
// line at all.
func reason(output string) string {
	lines := strings.Split(output, "\n")

	for _, choose := range []func([]string) string{
		panicked, asserted, logged, first,
	} {
		if r := choose(lines); r != "" {
			return r[:min(len(r), maxReason)]
		}
	}

	return "nothing was printed"
}

// panicked returns the line that says why the program panicked.
func panicked(lines []string) string {
	for _, line := range lines {
		if strings.HasPrefix(line, "panic: ") {
			return oneLine(line)
		}
	}

	return ""
}

// asserted returns the text of testify's field Error.
func asserted(lines []string) string {
	var text []string
	for _, line := range lines {
		name := field.FindStringSubmatch(line)
		switch {
		case name != nil && name[1] == "Error" && text == nil:
			_, after, _ := strings.Cut(line, "Error:")
			text = append(text, after)

		case name != nil && text != nil:
			return oneLine(strings.Join(text, " "))

		case text != nil:
			text = append(text, line)
		}
	}

	return oneLine(strings.Join(text, " "))
}

// logged returns the first line of log that a file of tests wrote or, if there is
// none, any. That of a failure of testify says nothing.
func logged(lines []string) string {
	var first string
	for _, line := range lines {
		text := located.FindStringSubmatch(line)
		if text == nil || strings.TrimSpace(text[2]) == "" {
			continue
		}
		if strings.HasSuffix(text[1], "_test.go") {
			return oneLine(text[2])
		}
		if first == "" {
			first = oneLine(text[2])
		}
	}

	return first
}

// first returns the first line that the test itself has printed.
func first(lines []string) string {
	for _, line := range lines {
		if strings.TrimSpace(line) != "" && !marker.MatchString(line) {
			return oneLine(line)
		}
	}

	return ""
}

// oneLine replaces all white space, and so the tabs, by single blanks.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
