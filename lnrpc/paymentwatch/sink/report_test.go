package sink

import (
	"context"
	"path/filepath"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// TestReportTotals checks the totals of a few payments on two days, read while
// the sink has a writer.
func TestReportTotals(t *testing.T) {
	eachSQL(t, func(t *testing.T, url string) {
		s := open(t, url)
		r, err := ReadReport(context.Background(), url)
		require.NoError(t, err)
		require.Equal(t, &Report{Identity: ours}, r)

		require.NoError(t, s.Deliver(
			context.Background(), []*watcher.Outcome{
				pay(0, succeeded, none),
				pay(1, succeeded, none),
				pay(2, failed, timeout),
				pay(3, failed, timeout),
				pay(4, failed, noRoute),
			}, at(5)))

		r, err = ReadReport(context.Background(), url)
		require.NoError(t, err)
		require.Equal(t, &Report{
			Identity: ours,
			ByOutcome: []*OutcomeTotal{
				{"SUCCEEDED", "", 2, 1000, 1},
				{"FAILED", "TIMEOUT", 2, 5000, 0},
				{"FAILED", "NO_ROUTE", 1, 4000, 0},
			},
			ByDay: []*GroupTotal{
				{"2025-11-22", 1, 0, 0, 0},
				{"2025-11-23", 1, 3, 1000, 1},
			},
			ByDestination: []*GroupTotal{
				{dave, 2, 2, 1000, 1},
				{"", 0, 1, 0, 0},
			},
		}, r)
	})
}

// TestReportFromNothing checks what is said where there is no sink.
func TestReportFromNothing(t *testing.T) {
	t.Parallel()

	missing := filepath.Join(t.TempDir(), "sink.db")
	for url, want := range map[string]string{
		"jsonl":             "no database",
		"sqlite:" + missing: "no such file",
		postgresURL(t):      "is no sink yet",
	} {
		_, err := ReadReport(context.Background(), url)
		require.ErrorIs(t, err, ErrNoReport)
		require.ErrorContains(t, err, want)
	}
	require.NoFileExists(t, missing)
}
