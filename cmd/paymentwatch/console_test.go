package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestConsoleKeepsBarBelowLines checks that a log line takes the place of the
// progress bar, and that the bar then has a line of its own below it.
func TestConsoleKeepsBarBelowLines(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	c := newConsole(&out)
	write := func(w interface{ Write([]byte) (int, error) }, s string) {
		n, err := w.Write([]byte(s))
		require.NoError(t, err)
		require.Len(t, s, n)
	}
	write(c, "one\n")
	write(barWriter{c}, "bar\n")
	write(c, "two\n")
	c.leave()
	write(c, "three\n")

	require.Equal(t, "one\nbar\n"+above+"two\n\nthree\n", out.String())
}

// TestLogLines checks what a log line looks like.
func TestLogLines(t *testing.T) {
	t.Parallel()

	var out bytes.Buffer
	c := newConsole(&out)
	require.False(t, c.terminal())
	c.logger().InfoS(t.Context(), "Live", "next", 3)
	require.Regexp(t, `^\S+ \S+ \[INF\] PYWT: Live next=3\n$`, out.String())
}

// TestBarAppearsAndEnds checks that the bar is drawn and ends by itself.
func TestBarAppearsAndEnds(t *testing.T) {
	t.Parallel()

	for _, complete := range []bool{true, false} {
		var out output
		b := &bar{console: newConsole(&out)}

		// It is for terminals only.
		b.show(1, 10)
		b.finish(true)
		require.Empty(t, out.String())

		b.start(10)
		b.tracker.SetValue(5)
		out.await(t, "50.00%")
		b.finish(complete)
		require.True(t, strings.HasSuffix(out.String(), "\n"))
	}
}
