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

// wave is how many payments are announced before they are deleted again. None
// is announced twice before everybody has received it: what is measured does
// not depend on which updates a subscriber who is behind may miss.
const wave = 500

// announcer announces payments as new, again and again.
type announcer struct {
	db       kvdb.Backend
	payments *lnd.Payments
	hashes   []lntypes.Hash
}

// newAnnouncer creates an announcer whose database is in memory.
func (c *Config) newAnnouncer(b *testing.B) *announcer {
	b.Helper()

	payments, db := c.inMemory(b)
	a := &announcer{db: db, payments: payments}
	for range wave {
		a.hashes = append(a.hashes, lnd.NewHash())
	}

	return a
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

// announce announces that the first n payments have begun.
func (a *announcer) announce(b *testing.B, n int) {
	b.Helper()

	for _, hash := range a.hashes[:n] {
		require.NoError(b, a.payments.Init(hash))
	}
}

// finish announces that the first n payments have failed.
func (a *announcer) finish(b *testing.B, n int) {
	b.Helper()

	for _, hash := range a.hashes[:n] {
		require.NoError(b, a.payments.Fail(hash))
	}
}

// reset deletes all payments from the database behind the control tower's back,
// which does not tell anybody. They can then be announced as new once more.
func (a *announcer) reset(b *testing.B) {
	b.Helper()

	require.NoError(b, kvdb.Update(a.db, func(tx kvdb.RwTx) error {
		for _, key := range [][]byte{lnd.RootBucket, lnd.IndexBucket} {
			// Not every base creates it before there is a payment.
			_, err := tx.CreateTopLevelBucket(key)
			if err != nil {
				return err
			}
			err = tx.DeleteTopLevelBucket(key)
			if err != nil {
				return err
			}
			_, err = tx.CreateTopLevelBucket(key)
			if err != nil {
				return err
			}
		}

		return nil
	}, func() {}))
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
		a := c.newAnnouncer(b)

		var received sync.WaitGroup
		for i := range subscribers {
			sub, err := a.payments.SubscribeAllPayments()
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
			n := min(left, wave)
			received.Add(n * (subscribers - stalled))
			a.announce(b, n)
			received.Wait()

			b.StopTimer()
			a.reset(b)
			b.StartTimer()
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
		c.stall(b, func(a *announcer, n int) {
			a.announce(b, n)
		})
	})
	b.Run("payments=ending", func(b *testing.B) {
		c.stall(b, func(a *announcer, n int) {
			a.announce(b, n/2)
			a.finish(b, n/2)
		})
	})
}

// stall announces updates to a subscriber that does not read, and reports by
// how much the heap grew at most.
func (c *Config) stall(b *testing.B, announce func(a *announcer, n int)) {
	a := c.newAnnouncer(b)
	sub, err := a.payments.SubscribeAllPayments()
	require.NoError(b, err)
	defer sub.Close()

	before := heap()
	peak := before
	sampled := time.Now()

	b.ResetTimer()
	for left := b.N; left > 0; left -= wave {
		announce(a, min(left, wave))
		a.reset(b)

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
