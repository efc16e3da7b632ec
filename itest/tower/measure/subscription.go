//go:build tower

package measure

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

// Subscription measures, on each data set, the scan of the database
// that the router makes when it starts; then how long it takes and how much
// memory until a subscriber to all payments has its first update; and how long
// a payment takes alone, and while such subscriptions start.
func (c *Config) Subscription(b *testing.B) {
	for _, size := range sizes {
		// The database is opened once. That is a scan, too.
		b.Run(fmt.Sprintf("payments=%d", size), func(b *testing.B) {
			db := lnd.OpenBolt(b, c.dataSet(size))
			b.Cleanup(func() { db.Close() })
			measureSubscription(b, db)
		})
	}
}

// measureSubscription runs the benchmarks of a data set. Those after the first
// have its control tower, which has come through the router's startup.
func measureSubscription(b *testing.B, db kvdb.Backend) {
	var payments *lnd.Payments
	b.Run("what=startup", func(b *testing.B) {
		for range b.N {
			// lnd writes when it opens a database, which takes
			// longer than to scan a small one.
			b.StopTimer()
			payments = lnd.On(b, db)
			b.StartTimer()

			live, err := payments.Live()
			require.NoError(b, err)
			require.Len(b, live, liveCount)
		}
	})
	if payments == nil {
		payments = lnd.On(b, db)
		_, err := payments.Live()
		require.NoError(b, err)
	}

	b.Run("what=subscribe", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			subscribeOnce(b, payments)
		}
	})
	b.Run("what=payment", func(b *testing.B) {
		payBeside(b, db, payments)
	})

	// To stop takes as long as a subscription, so that is done once.
	defer keepSubscribing(b, payments)()
	b.Run("what=payment-beside", func(b *testing.B) {
		payBeside(b, db, payments)
	})
}

// subscribeOnce subscribes to all payments and leaves after one update.
func subscribeOnce(b testing.TB, payments *lnd.Payments) {
	sub, err := payments.SubscribeAllPayments()
	if err != nil {
		b.Error(err)

		return
	}
	<-sub.Updates()
	sub.Close()
}

// payBeside makes payments that fail, one at a time, beside whatever else uses
// the control tower. It leaves the data set as it was.
func payBeside(b *testing.B, db kvdb.Backend, payments *lnd.Payments) {
	var (
		kind    = kinds[0]
		router  = lnd.NewRouter(b, payments, kind.ends...)
		hashes  []lntypes.Hash
		longest time.Duration
	)
	defer func() { forget(b, db, hashes) }()

	b.ResetTimer()
	for range b.N {
		hash := lnd.NewHash()
		hashes = append(hashes, hash)

		begin := time.Now()
		_ = kind.make(router, hash)
		longest = max(longest, time.Since(begin))
	}
	b.StopTimer()

	b.ReportMetric(float64(longest), "max-ns")
}

// keepSubscribing starts one subscription after the other until the returned
// function is called.
func keepSubscribing(b *testing.B, payments *lnd.Payments) func() {
	quit := make(chan struct{})

	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()

		// Without a pause in between we would measure the contention
		// for the processor.
		for {
			subscribeOnce(b, payments)
			select {
			case <-time.After(time.Millisecond):
			case <-quit:
				return
			}
		}
	}()

	return func() {
		close(quit)
		wg.Wait()
	}
}
