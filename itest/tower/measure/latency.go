//go:build tower

package measure

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

// parallel is how many payments Load has under way.
const parallel = 500

// Latency measures how long a payment takes from the sender's call to
// its return, one payment at a time, and how much of that the control tower is
// in its database. Most of the rest is the onion, which lnd makes twice, or the
// time for which the recipient holds the HTLC.
func (c *Config) Latency(b *testing.B) {
	all := func(kind) bool { return true }
	c.forEachPayment(b, all, func(b *testing.B, k kind,
		router *routing.ChannelRouter, count *lnd.Commits) {

		before := count.Busy.Load()
		for range b.N {
			require.NoError(b, k.try(router))
		}

		busy := float64(count.Busy.Load() - before)
		b.ReportMetric(busy/float64(b.N), "db-ns/op")
	})
}

// Load measures the time per payment with 500 of them under way all
// the time. A payment that the database gives up on counts as an error; time
// and commits are shared among all. Probes and payments that succeed stand for
// all others. Databases without a queue take minutes for these alone, and a
// timeout would pass before such a payment has its turn to send an HTLC.
func (c *Config) Load(b *testing.B) {
	typical := func(k kind) bool {
		return k.pay == "SendToRoute" && k.end == "fails" ||
			k.pay == "SendPayment" && k.end == "succeeds"
	}
	c.forEachPayment(b, typical, func(b *testing.B, k kind,
		router *routing.ChannelRouter, count *lnd.Commits) {

		var errs atomic.Int64
		before, retries := count.Load(), count.Retries.Load()
		inParallel(b.N, func() {
			if err := k.try(router); err != nil {
				b.Log(err)
				errs.Add(1)
			}
		})

		reportCommits(b, count.Load()-before)
		retries = count.Retries.Load() - retries
		b.ReportMetric(float64(retries)/float64(b.N), "retries/op")
		b.ReportMetric(
			float64(b.N)/b.Elapsed().Seconds(), "payments/s",
		)
		b.ReportMetric(float64(errs.Load())/float64(b.N), "errors/op")
	})
}

// forEachPayment runs a benchmark on every kind of payments database, for each
// kind of payment that is wanted.
func (c *Config) forEachPayment(b *testing.B, wanted func(k kind) bool,
	run func(b *testing.B, k kind, router *routing.ChannelRouter,
		count *lnd.Commits)) {

	c.forEachStore(b, func(b *testing.B, payments *lnd.Payments,
		count *lnd.Commits) {

		for _, k := range kinds {
			if !wanted(k) {
				continue
			}

			b.Run(k.name(), func(b *testing.B) {
				router := k.prepare(b, payments)
				b.ResetTimer()
				run(b, k, router, count)
			})
		}
	})
}

// inParallel calls a function n times, up to 500 at a time.
func inParallel(n int, call func()) {
	var (
		wg   sync.WaitGroup
		made atomic.Int64
	)
	for range min(n, parallel) {
		wg.Add(1)
		go func() {
			defer wg.Done()

			for made.Add(1) <= int64(n) {
				call()
			}
		}()
	}
	wg.Wait()
}
