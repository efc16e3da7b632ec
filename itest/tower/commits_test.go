//go:build tower

package oncetower

import (
	"testing"

	"github.com/lightningnetwork/lnd/routing"
)

// BenchmarkCommits counts the durable commits that a payment takes. Some 100
// payments on a new database stay below the thousand for which the first one
// has reserved sequence numbers, in a commit of its own.
func BenchmarkCommits(b *testing.B) {
	forEachStore(b, func(b *testing.B, tower routing.ControlTower,
		count *commits) {

		for _, kind := range kinds {
			b.Run(kind.name(), func(b *testing.B) {
				kind.count(b, tower, count)
			})
		}
	})
}

// count counts the commits of payments made one at a time.
func (k kind) count(b *testing.B, tower routing.ControlTower, count *commits) {
	router := k.prepare(b, tower)

	before := count.Load()
	for range b.N {
		check(b, k.try(router))
	}
	reportCommits(b, count.Load()-before)

	// The time would be the latency, but this is too few of them.
	b.ReportMetric(0, "ns/op")
}

// reportCommits reports the commits of all payments of a benchmark.
func reportCommits(b *testing.B, count int64) {
	b.ReportMetric(float64(count)/float64(b.N), "commits/op")
}
