//go:build tower

package measure

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

// wave is how many payments are announced one after the other. None is announced
// twice before everybody has received it: what is measured does not depend on
// which updates a subscriber who is behind may miss.
const wave = 500

// newHashes returns the hashes of that many payments.
func newHashes(n int) []lntypes.Hash {
	var hashes []lntypes.Hash
	for range n {
		hashes = append(hashes, lnd.NewHash())
	}

	return hashes
}

// inMemory returns payments in a database in memory, for where the database is
// not to matter. bbolt would make each single change wait for others to share a
// commit, so that is off.
func (c *Config) inMemory(b *testing.B) (*lnd.Payments, kvdb.Backend) {
	b.Helper()

	folder, err := os.MkdirTemp(c.Memory, "tower")
	require.NoError(b, err)
	b.Cleanup(func() { os.RemoveAll(folder) })

	db := lnd.OpenBolt(b, folder)
	b.Cleanup(func() { db.Close() })

	return lnd.Quick(b, db), db
}

// forEach makes a change to each payment.
func forEach(b *testing.B, hashes []lntypes.Hash,
	change func(hash lntypes.Hash) error) {

	b.Helper()

	for _, hash := range hashes {
		require.NoError(b, change(hash))
	}
}

// Fanout measures the time per update until all subscribers that read
// have received it.
func (c *Config) Fanout(b *testing.B) {
	for _, subscribers := range []int{1, 10, 100, 1_000} {
		c.fanOut(b, subscribers, 0)
		if subscribers > 1 {
			c.fanOut(b, subscribers, subscribers/2)
		}
	}
}

// fanOut measures updates to subscribers of whom some do not read.
func (c *Config) fanOut(b *testing.B, subscribers, stalled int) {
	name := fmt.Sprintf("subscribers=%d/stalled=%d", subscribers, stalled)
	b.Run(name, func(b *testing.B) {
		payments, _ := c.inMemory(b)

		var received sync.WaitGroup
		for i := range subscribers {
			sub, err := payments.SubscribeAllPayments()
			require.NoError(b, err)
			defer sub.Close()

			if i >= stalled {
				go func() {
					for range sub.Updates() {
						received.Done()
					}
				}()
			}
		}

		b.ResetTimer()
		for left := b.N; left > 0; left -= wave {
			hashes := newHashes(min(left, wave))
			received.Add(len(hashes) * (subscribers - stalled))
			forEach(b, hashes, payments.Init)
			received.Wait()
		}
		b.StopTimer()

		b.ReportMetric(
			float64(b.N)/b.Elapsed().Seconds(), "updates/s",
		)
	})
}

// Stalled measures the memory that updates take which the only
// subscriber does not read: those of payments that stay live, and those of
// payments that end, half of which are terminal.
func (c *Config) Stalled(b *testing.B) {
	b.Run("payments=live", func(b *testing.B) {
		payments, db := c.inMemory(b)
		hashes := newHashes(wave)
		forEach(b, hashes, payments.Init)
		c.stall(b, payments, func(n int) {
			forEach(b, hashes[:n], payments.Register)

			// To read a payment must not take longer and longer.
			require.NoError(b, lnd.Forget(db, hashes[:n]))
		})
	})
	b.Run("payments=ending", func(b *testing.B) {
		payments, _ := c.inMemory(b)
		hashes := newHashes(wave / 2)
		c.stall(b, payments, func(n int) {
			forEach(b, hashes[:n/2], payments.Init)
			forEach(b, hashes[:n/2], payments.Fail)
		})
	})
}

// stall announces updates, so many at a time, to a subscriber that does not read,
// and reports by how much the heap grew at most.
func (c *Config) stall(b *testing.B, payments *lnd.Payments,
	announce func(n int)) {

	sub, err := payments.SubscribeAllPayments()
	require.NoError(b, err)
	defer sub.Close()

	before := heap()
	peak := before
	sampled := time.Now()

	b.ResetTimer()
	for left := b.N; left > 0; left -= wave {
		announce(min(left, wave))

		// Looking at the heap collects the garbage first, so that what
		// is left is what the subscriber holds.
		if time.Since(sampled) > 5*time.Second {
			peak = max(peak, heap())
			sampled = time.Now()
		}
	}
	peak = max(peak, heap())

	b.ReportMetric(float64(peak-before)/1e6, "peak-MB")
}

// heap returns the size of all that is in use.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)

	return stats.HeapAlloc
}
