package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/btcsuite/btclog/v2"
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
	btclog.NewSLogger(c.lines(btclog.LevelInfo)).InfoS(t.Context(), "Live", "next", 3)
	require.Regexp(t, `^\S+ \S+ \[INF\] PYWT: Live next=3\n$`, out.String())
}

// TestLogEntriesAreOneLineEach logs what has several lines: the errors of a
// server that is not there, as its driver words them, and joined ones.
func TestLogEntriesAreOneLineEach(t *testing.T) {
	t.Parallel()

	_, refused := sink.Open(t.Context(),
		"postgres://me@127.0.0.1:1,127.0.0.1:2/x?sslmode=disable",
		sink.Identity{})
	require.ErrorContains(t, refused, "\n")
	joined := errors.Join(errors.New("one"), errors.New("two"))

	var out bytes.Buffer
	log := btclog.NewSLogger(newConsole(&out).lines(btclog.LevelInfo))
	log.WarnS(t.Context(), "Waiting", refused)
	log.ErrorS(t.Context(), "Lost", joined, "of", joined)
	log.InfoS(t.Context(), "Begin\nEnd", "status", failed, "text",
		"a:\r\n\tb\n\n", "n", 3)

	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	require.Len(t, lines, 3)
	require.Regexp(t, `\[WRN\] PYWT: Waiting err="the sink is not `+
		`available: .*: 127.0.0.1:1 .*refused; 127.0.0.1:2 .*refused"$`,
		lines[0])
	require.Regexp(t, `Lost err="one; two" of="one; two"$`, lines[1])
	require.Regexp(t, `Begin; End status=FAILED text="a: b" n=3$`, lines[2])
}

// TestBarAppearsAndEnds checks that the bar is drawn and ends by itself.
func TestBarAppearsAndEnds(t *testing.T) {
	t.Parallel()

	for _, complete := range []bool{true, false} {
		var out output
		b := &bar{console: newConsole(&out)}

		// It is for terminals only.
		b.show(1, 1, 10)
		b.finish(true)
		require.Empty(t, out.String())

		b.start(6000)
		b.tracker.UpdateMessage(progressMessage(511))
		b.tracker.SetValue(3000)
		out.await(t, "50.00%")
		out.await(t, "catching up, 511 payments delivered")
		out.await(t, "3000 indexes")
		b.finish(complete)
		require.True(t, strings.HasSuffix(out.String(), "\n"))
	}
}
