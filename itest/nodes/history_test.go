//go:build nodes

package nodes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// historyTimeout is how long it may take to catch up.
const historyTimeout = 30 * time.Minute

// TestWatchHistory measures how fast paymentwatch catches up with a long
// history and how much memory it takes for that, with each sink. With "-history
// 0", the default, it does nothing.
func TestWatchHistory(t *testing.T) {
	if *history == 0 {
		t.Skip("-history says how many payments there are to be")
	}

	// One after the other: they would slow each other down.
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testHistory(t, side.lnd)
		})
	}
}

// testHistory gives a node a history and lets monitors catch up with it.
func testHistory(t *testing.T, lnd string) {
	dir := workDir(t)
	net := startNetwork(t, dir, lnd)

	// Half of the history are copies of a payment that succeeds, half of
	// one that the recipient rejects.
	ctx := context.Background()
	_, rejected := newPreimage()
	_, err := probe(ctx, net.Sender, net.Recipient, rejected)
	require.NoError(t, err)
	succeeded := payInvoice(t, net)

	net.Sender.Kill()
	multiply(t, filepath.Join(
		net.Sender.Dir, "data", "graph", "regtest", "channel.db",
	), *history-2, succeeded, fmt.Sprintf("%x", rejected))
	require.NoError(t, net.Restart(ctx, net.Sender, programPath(lnd)))

	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %d payments, lnd %s, %s, %d processors\n",
		t.Name(), *history, net.Sender.Version, processor(), runtime.NumCPU())
	for _, name := range []string{"sqlite", "postgres"} {
		if name == "postgres" && server == nil {
			continue
		}
		m := newMonitor(t, net, dir, name)
		took, memory := m.catchUp(t)
		require.Len(t, m.rows(t), *history)
		fmt.Fprintf(&b, "  %-8s caught up in %.1f s, %.0f payments a "+
			"second, %d MiB of memory at most\n", name,
			took.Seconds(), float64(*history)/took.Seconds(),
			memory>>20)

		// What is there already must cost next to nothing.
		took, memory = m.catchUp(t)
		require.Len(t, m.rows(t), *history)
		fmt.Fprintf(&b, "  %-8s started again: live after %.2f s, "+
			"%d MiB at most\n", name, took.Seconds(), memory>>20)
	}
	leave(t, ".txt", b.String())
}

// catchUp runs the monitor until it is live. It returns how long that took from
// its start and the most memory it had.
func (m *monitor) catchUp(t *testing.T) (time.Duration, int) {
	t.Helper()

	begin := time.Now()
	m.start(t)
	eventually(t, historyTimeout, m.name+" to be live", func() error {
		m.requireAlive(t)

		return m.live()
	})
	took := time.Since(begin)
	memory := m.memory(t)
	m.stop()

	return took, memory
}

// processor returns the name of the processor, as far as the system tells.
func processor() string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown processor"
	}
	for _, line := range strings.Split(string(info), "\n") {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.Trim(name, "\t :")
		}
	}

	return "unknown processor"
}
