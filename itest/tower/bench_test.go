//go:build tower

package tower

import (
	"flag"
	"os"
	"testing"

	"lnd-once/itest/tower/lnd"
	"lnd-once/itest/tower/measure"
)

var (
	// data is where the databases with many payments are.
	data = flag.String("tower.data", "", "folder of the data sets")

	// memory is where a database goes whose speed is not to matter.
	memory = flag.String("tower.memory", os.TempDir(), "folder in memory")
)

// measured returns what is measured with.
func measured() *measure.Config {
	return &measure.Config{
		Kinds: lnd.Kinds(serverURL), Data: *data, Memory: *memory,
	}
}

// TestDataSets creates the data sets that are missing.
func TestDataSets(t *testing.T) {
	if *data == "" {
		t.Skip("no folder for data sets")
	}
	measured().DataSets(t)
}

// BenchmarkCommits counts the durable commits that a payment takes.
func BenchmarkCommits(b *testing.B) { measured().Commits(b) }

// BenchmarkLatency measures how long a payment takes.
func BenchmarkLatency(b *testing.B) { measured().Latency(b) }

// BenchmarkLoad measures the time per payment with many of them under way.
func BenchmarkLoad(b *testing.B) { measured().Load(b) }

// BenchmarkSubscription measures what subscriptions cost with many payments
// stored.
func BenchmarkSubscription(b *testing.B) { measured().Subscription(b) }

// BenchmarkFanout measures the time per update until all subscribers have it.
func BenchmarkFanout(b *testing.B) { measured().Fanout(b) }

// BenchmarkStalled measures the memory that unread updates take.
func BenchmarkStalled(b *testing.B) { measured().Stalled(b) }
