package sink

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// at0 is a time for where it does not matter.
var at0 = time.Unix(0, 0)

// printLines opens a sink of our node that prints JSON lines.
func printLines(t *testing.T, out *os.File, position string) Sink {
	t.Helper()

	s, err := OpenJSONLines(context.Background(), out, position, ours)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })

	return s
}

// lines returns the payments in an output, and how many of its lines are none.
func lines(t *testing.T, path string) ([]*Payment, int) {
	t.Helper()

	text, err := os.ReadFile(path)
	require.NoError(t, err)

	var (
		payments []*Payment
		others   int
		scanner  = bufio.NewScanner(bytes.NewReader(text))
	)
	for scanner.Scan() {
		p := &Payment{}
		if json.Unmarshal(scanner.Bytes(), p) != nil {
			others++
			continue
		}
		payments = append(payments, p)
	}

	return payments, others
}

// TestJSONLinesTornLine checks that a line that a crash has cut off does not
// spoil the ones after it, and that the sink that was closed ends with a whole
// line.
func TestJSONLinesTornLine(t *testing.T) {
	t.Parallel()

	ctx := context.Background()
	dir := t.TempDir()
	position := filepath.Join(dir, "position")
	out, err := os.Create(filepath.Join(dir, "lines"))
	require.NoError(t, err)
	defer out.Close()

	s := printLines(t, out, position)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(1, succeeded, none), pay(2, failed, timeout),
	}, at(3)))
	require.NoError(t, s.Close())

	// After a close there is nothing to mend.
	s = printLines(t, out, position)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(3, succeeded, none),
	}, at(4)))
	payments, others := lines(t, out.Name())
	require.Len(t, payments, 3)
	require.Zero(t, others)

	// A crash between deliveries leaves nothing to mend either. The lock
	// goes with the process.
	s.(*jsonLines).unlock()
	s = printLines(t, out, position)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(4, succeeded, none),
	}, at(5)))
	payments, others = lines(t, out.Name())
	require.Len(t, payments, 4)
	require.Zero(t, others)

	// A crash while it writes: a part of a line is there.
	require.NoError(t, s.(*jsonLines).file.begin())
	_, err = out.WriteString(`{"payment_hash": "00`)
	require.NoError(t, err)
	s.(*jsonLines).unlock()

	s = printLines(t, out, position)
	stored, err := s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, at(5), *stored)
	require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
		pay(5, failed, noRoute),
	}, at(6)))

	payments, others = lines(t, out.Name())
	require.Len(t, payments, 5)
	require.Equal(t, 1, others)
	require.Equal(t, uint64(5), payments[4].PaymentIndex)
	require.Equal(t, "NO_ROUTE", *payments[4].FailureReason)
}

// tornWriter is an output that takes only a part once.
type tornWriter struct {
	bytes.Buffer
	torn bool
}

// Write writes half of the first text.
func (w *tornWriter) Write(text []byte) (int, error) {
	if w.torn {
		return w.Buffer.Write(text)
	}

	w.torn = true
	n, _ := w.Buffer.Write(text[:len(text)/2])

	return n, errors.New("the disk is full")
}

// TestJSONLinesRepeatAfterError checks that lines that could not be written are
// written again, on lines of their own, and that the position waits for them.
func TestJSONLinesRepeatAfterError(t *testing.T) {
	t.Parallel()

	ctx := context.Background()
	out := &tornWriter{}
	s, err := OpenJSONLines(
		ctx, out, filepath.Join(t.TempDir(), "position"), ours,
	)
	require.NoError(t, err)
	defer s.Close()

	outcomes := []*watcher.Outcome{pay(1, succeeded, none)}
	require.ErrorContains(t, s.Deliver(ctx, outcomes, at(2)), "disk")
	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Nil(t, position)

	stored := at(2, watcher.Range{First: 7, Last: 7})
	require.NoError(t, s.Deliver(ctx, outcomes, stored))
	position, err = s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, stored, *position)

	text := bytes.Split(bytes.TrimSpace(out.Bytes()), []byte("\n"))
	require.Len(t, text, 2)
	require.False(t, json.Valid(text[0]))
	require.True(t, json.Valid(text[1]))
}

// TestJSONLinesDamagedPosition checks that a position that cannot be read is
// not taken for none, which would repeat everything.
func TestJSONLinesDamagedPosition(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "position")
	require.NoError(t, os.WriteFile(path, []byte("{"), 0600))
	_, err := OpenJSONLines(context.Background(), os.Stdout, path, ours)
	require.ErrorIs(t, err, ErrDamaged)
	require.ErrorContains(t, err, path)
}
