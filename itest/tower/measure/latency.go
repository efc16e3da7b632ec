//go:build tower

package measure

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

const (
	// parallel is how many payments Load has under way at most.
	parallel = 500

	// turns is how many payments each of a few makes, one after the other.
	turns = 50
)

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

// Load measures the time per payment with 1 to 500 of them under way all the
// time, and the time that one of them takes. A payment that the database gives up
// on counts as an error; time and commits are shared among all. Probes and
// payments that succeed stand for all others. Databases without a queue take
// minutes for these alone, and a timeout would pass before such a payment has its
// turn to send an HTLC.
func (c *Config) Load(b *testing.B) {
	typical := func(k kind) bool {
		return k.pay == "SendToRoute" && k.end == "fails" ||
			k.pay == "SendPayment" && k.end == "succeeds"
	}
	c.forEachPayment(b, typical, func(b *testing.B, k kind,
		router *routing.ChannelRouter, count *lnd.Commits) {

		for _, at := range []int{1, 10, 100, parallel} {
			b.Run(fmt.Sprintf("at=%d", at), func(b *testing.B) {
				k.load(b, router, count, at)
			})
		}
	})
}

// load makes payments, so many at a time. A few at a time make fewer.
func (k kind) load(b *testing.B, router *routing.ChannelRouter,
	count *lnd.Commits, at int) {

	var (
		n       = min(b.N, turns*at)
		each    = float64(n)
		errs    atomic.Int64
		times   = make([]time.Duration, n)
		before  = count.Load()
		retries = count.Retries.Load()
	)
	b.ResetTimer()
	inParallel(at, n, func(i int) {
		begin := time.Now()
		if err := k.try(router); err != nil {
			b.Log(err)
			errs.Add(1)
		}
		times[i] = time.Since(begin)
	})
	b.StopTimer()

	slices.Sort(times)
	b.ReportMetric(float64(b.Elapsed())/each, "ns/op")
	b.ReportMetric(each/b.Elapsed().Seconds(), "payments/s")
	b.ReportMetric(float64(times[(n-1)*99/100]), "p99-ns/op")
	b.ReportMetric(float64(count.Load()-before)/each, "commits/op")
	retries = count.Retries.Load() - retries
	b.ReportMetric(float64(retries)/each, "retries/op")
	b.ReportMetric(float64(errs.Load())/each, "errors/op")
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

// inParallel calls a function n times, up to so many at a time, with the number
// of the call.
func inParallel(at, n int, call func(i int)) {
	var (
		wg   sync.WaitGroup
		made atomic.Int64
	)
	for range min(n, at) {
		wg.Add(1)
		go func() {
			defer wg.Done()

			for i := made.Add(1); i <= int64(n); i = made.Add(1) {
				call(int(i - 1))
			}
		}()
	}
	wg.Wait()
}
