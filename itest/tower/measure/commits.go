//go:build tower

package measure

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

// Commits counts the durable commits that a payment takes. Some 100
// payments on a new database stay below the thousand for which the first one
// has reserved sequence numbers, in a commit of its own.
func (c *Config) Commits(b *testing.B) {
	c.forEachStore(b, func(b *testing.B, payments *lnd.Payments,
		count *lnd.Commits) {

		for _, kind := range kinds {
			b.Run(kind.name(), func(b *testing.B) {
				kind.count(b, payments, count)
			})
		}
	})
}

// count counts the commits of payments made one at a time.
func (k kind) count(b *testing.B, payments *lnd.Payments, count *lnd.Commits) {
	router := k.prepare(b, payments)

	before := count.Load()
	for range b.N {
		require.NoError(b, k.try(router))
	}
	commits := float64(count.Load() - before)
	b.ReportMetric(commits/float64(b.N), "commits/op")

	// The time would be the latency, but this is too few of them.
	b.ReportMetric(0, "ns/op")
}
