// Package leak checks paymentfeed for goroutines left behind. It is a package
// of its own because lnd, into which paymentfeed is staged, has no goleak.
package leak

import (
	"testing"

	"lnd-once/routing/paymentfeed"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// event is an event of a payment that has ended, or has not.
type event bool

// Terminated returns true if the payment has ended.
func (e event) Terminated() bool {
	return bool(e)
}

// TestNoGoroutineSurvivesClosedSubscription closes subscriptions that have read
// everything, something or nothing, before and after their stream has ended.
func TestNoGoroutineSurvivesClosedSubscription(t *testing.T) {
	defer goleak.VerifyNone(t)

	const live, ended event = false, true

	feed := paymentfeed.New[int](func(a, b event) int {
		return 0
	})
	feed.Publish(1, live)

	var subs []*paymentfeed.Subscription
	for i := 0; i < 100; i++ {
		subs = append(
			subs, feed.SubscribeAll(), feed.SubscribeOne(1, live),
			feed.SubscribeOne(2, ended),
		)
	}

	// The first third leaves while the payment is live, the second one
	// after its end, the last one after reading what there is to read.
	for i, sub := range subs {
		switch {
		case i == 100:
			feed.Publish(1, ended)

		case i >= 200:
			require.NotNil(t, <-sub.Updates())
		}

		sub.Close()
	}
}
