package paymentfeed

import (
	"fmt"
	"testing"
)

// BenchmarkPublish measures what an announcement costs its publisher, depending
// on how many listen.
func BenchmarkPublish(b *testing.B) {
	for _, numSubs := range []int{0, 1, 10, 100, 1000} {
		name := fmt.Sprintf("subscribers=%d", numSubs)
		b.Run(name, func(b *testing.B) {
			f := newTestFeed()
			for i := 0; i < numSubs; i++ {
				sub := f.SubscribeAll()
				defer sub.Close()

				go func() {
					for range sub.Updates() {
					}
				}()
			}

			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				f.Publish("a", open(i))
			}
		})
	}
}

// BenchmarkSubscribeAll measures what a subscription costs until its first
// event, depending on how many payments are live.
func BenchmarkSubscribeAll(b *testing.B) {
	for _, numLive := range []int{1, 10, 1000} {
		b.Run(fmt.Sprintf("live=%d", numLive), func(b *testing.B) {
			f := newTestFeed()
			for i := 0; i < numLive; i++ {
				f.Publish(fmt.Sprint(i), open(i))
			}

			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				sub := f.SubscribeAll()
				<-sub.Updates()
				sub.Close()
			}
		})
	}
}
