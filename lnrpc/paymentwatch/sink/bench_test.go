package sink

import (
	"context"
	"path/filepath"
	"testing"

	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// BenchmarkDeliver measures deliveries as a watcher makes them when it catches
// up: 500 payments with two attempts each.
func BenchmarkDeliver(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		benchmarkDeliver(b, "sqlite:"+filepath.Join(b.TempDir(), "db"))
	})
	b.Run("postgres", func(b *testing.B) {
		benchmarkDeliver(b, postgresURL(b))
	})
}

// benchmarkDeliver measures deliveries to a sink.
func benchmarkDeliver(b *testing.B, url string) {
	s := open(b, url)
	next := uint64(1)
	for b.Loop() {
		b.StopTimer()
		outcomes := make([]*watcher.Outcome, 500)
		for i := range outcomes {
			outcomes[i] = pay(next, succeeded, none)
			next++
		}
		b.StartTimer()
		require.NoError(b, s.Deliver(
			context.Background(), outcomes, at(next),
		))
	}
	b.ReportMetric(
		float64(b.N*500)/b.Elapsed().Seconds(), "payments/s",
	)
}
