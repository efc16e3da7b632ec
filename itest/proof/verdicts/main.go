// Command verdicts turns the events of "go test -json" on its input into one
// line for each test: verdict, package, test, seconds and the reason, parted by
// tabs. The verdict is pass, fail or skip, the reason says why a test failed or
// was skipped, in the test's own words.
//
// A test that has subtests is left out, unless it failed by itself. A package
// that failed without a failing test, say because it does not compile, has a
// line with "-" for the test.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "verdicts:", err)
		os.Exit(1)
	}
}

// run reads all events and writes the verdicts.
func run(events io.Reader, verdicts io.Writer) error {
	l := newLog()
	if err := l.read(events); err != nil {
		return err
	}

	out := bufio.NewWriter(verdicts)
	for _, v := range l.verdicts() {
		_, err := fmt.Fprintf(out, "%s\t%s\t%s\t%.2f\t%s\n", v.result,
			v.pkg, v.test, v.seconds, v.reason)
		if err != nil {
			return err
		}
	}

	return out.Flush()
}
