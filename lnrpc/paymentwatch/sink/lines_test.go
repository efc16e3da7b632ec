package sink

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// crash gives the locks of a sink free as the end of a process does.
func crash(s Sink) {
	s.(*jsonLines).unlock()
	s.(*jsonLines).closed = true
}

// TestLinesFileHasEachOutcomeOnce writes lines to a file, crashes between and
// within deliveries, and checks that the file has nothing but JSON in it.
func TestLinesFileHasEachOutcomeOnce(t *testing.T) {
	t.Parallel()

	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "out.jsonl")
	deliver := func(s Sink, index uint64) {
		require.NoError(t, s.Deliver(ctx, []*watcher.Outcome{
			pay(index, succeeded, none),
		}, at(index+1)))
	}
	requireLines := func(count int) {
		payments, others := lines(t, path)
		require.Len(t, payments, count)
		require.Zero(t, others)
		for i, p := range payments {
			require.Equal(t, uint64(i+1), p.PaymentIndex)
		}
	}

	s := open(t, "jsonl:"+path)
	deliver(s, 1)
	crash(s)
	s = open(t, "jsonl:"+path)
	requireLines(1)
	deliver(s, 2)
	requireLines(2)

	// A line is there, and a part of one, but no position.
	torn, err := s.(*jsonLines).encode([]*watcher.Outcome{
		pay(3, succeeded, none), pay(4, succeeded, none),
	})
	require.NoError(t, err)
	require.NoError(t, s.(*jsonLines).write(torn[:len(torn)-9]))
	crash(s)
	s = open(t, "jsonl:"+path)
	requireLines(2)
	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Equal(t, at(3), *position)
	deliver(s, 3)
	requireLines(3)

	// The position is beside the lines, and neither is for others.
	for _, name := range []string{path, path + ".position"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0077, name)
	}

	// A file that was moved away is begun anew.
	require.NoError(t, s.Close())
	require.NoError(t, os.Rename(path, path+".1"))
	deliver(open(t, "jsonl:"+path), 4)
	payments, _ := lines(t, path)
	require.Len(t, payments, 1)
}

// TestPositionFileHasItsOwnName puts the position elsewhere, where only one sink
// at a time may have it, and the lines.
func TestPositionFileHasItsOwnName(t *testing.T) {
	t.Parallel()

	ctx, dir := context.Background(), t.TempDir()
	url := "jsonl:" + filepath.Join(dir, "out.jsonl")
	option := func(name string) Option {
		return PositionFile(filepath.Join(dir, name))
	}
	s, err := Open(ctx, url, ours, option("position"))
	require.NoError(t, err)
	require.NoError(t, s.Deliver(ctx, nil, at(2)))
	require.FileExists(t, filepath.Join(dir, "position"))
	require.NoFileExists(t, filepath.Join(dir, "out.jsonl.position"))
	for url, name := range map[string]string{
		url: "other", url + "2": "position", "jsonl": "position",
	} {
		_, err := Open(ctx, url, ours, option(name))
		require.ErrorIs(t, err, ErrInUse, url)
	}
	require.NoError(t, s.Close())

	// A database has no use for it.
	_, err = Open(ctx, "sqlite:"+dir+"/x.db", ours, option("position"))
	require.ErrorIs(t, err, ErrURL)
	require.ErrorContains(t, err, "sqlite has its position in itself")
}

// TestOldPositionIsReadAgain goes on from a position as it was kept when
// jsonl:FILE named the position and lines were always printed.
func TestOldPositionIsReadAgain(t *testing.T) {
	t.Parallel()

	ctx, dir := context.Background(), t.TempDir()
	path := filepath.Join(dir, "position")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, `{
		"node_pubkey": %q, "network": "regtest", "next_index": 7,
		"beyond": "9", "newest_ns": 14, "closed": true,
		"updated_at": "2026-11-25T00:00:00Z"}`, ours.PubKey), 0600))

	want := watcher.Position{
		Next: 7, Beyond: []watcher.Range{{First: 9, Last: 9}},
		Newest: 14,
	}
	for url, options := range map[string][]Option{
		"jsonl:" + path: nil, "jsonl": {PositionFile(path)},
		"jsonl:" + path + ".jsonl": {PositionFile(path)},
	} {
		s, err := Open(ctx, url, ours, options...)
		require.NoError(t, err, url)
		position, err := s.Position(ctx)
		require.NoError(t, err)
		require.Equal(t, want, *position)
		require.NoError(t, s.Close())
	}

	// It is never taken for lines, nor lines for ones without a position.
	_, err := Open(ctx, "jsonl:"+path, ours, PositionFile(path+"2"))
	require.ErrorIs(t, err, ErrNotLines)
	require.NoError(t, os.WriteFile(path+".3", []byte("{}\n"), 0600))
	_, err = Open(ctx, "jsonl:"+path+".3", ours)
	require.ErrorIs(t, err, ErrNotLines)
	require.ErrorContains(t, err, "--position")
}
