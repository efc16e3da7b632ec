//go:build nodes

package nodes

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os/exec"
	"syscall"
	"testing"

	"lnd-once/itest/regtest"
	"lnd-once/itest/scenario"
	"lnd-once/lnrpc/paymentwatch/audit"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// timeLock is more blocks than the time-lock of any of our payments.
const timeLock = 300

// TestWatchAudit audits the sinks of nodes. What stock stores wrongly is found,
// on a patched node there is nothing to find. Then a row is lost and a payment
// deleted: both are found, and the row is written again.
func TestWatchAudit(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			t.Parallel()
			testAudit(t, side)
		})
	}
}

// testAudit audits the sinks of one side.
func testAudit(t *testing.T, side side) {
	ctx, dir := context.Background(), workDir(t)
	net := startNetwork(t, dir, side.lnd)
	monitors := startMonitors(t, net, dir)

	// An HTLC that is lost keeps its payment in flight on stock.
	playAudited(t, side, net)
	require.NoError(t, net.Mine(ctx, timeLock))
	want := map[audit.Kind]int{}
	if side.stock {
		want = map[audit.Kind]int{
			audit.LessSpecific: 1, audit.Contradictory: 1,
			audit.Stuck: 1,
		}
	}
	for _, m := range monitors {
		m.waitLive(t)
		m.requireFound(t, net.Sender, want)
		m.loseRow(t, net.Sender, want)
	}

	// What is deleted on the node stays in the sinks.
	hash := payInvoice(t, net)
	for _, m := range monitors {
		eventually(t, rowTimeout, "the last row", func() error {
			return m.has(hash)
		})
	}
	raw, err := hex.DecodeString(hash)
	require.NoError(t, err)
	_, err = net.Sender.Lightning.DeletePayment(
		ctx, &lnrpc.DeletePaymentRequest{PaymentHash: raw},
	)
	require.NoError(t, err)
	want[audit.Unknown] = 1
	for _, m := range monitors {
		m.requireFound(t, net.Sender, want)
	}
}

// playAudited plays what stock stores wrongly.
func playAudited(t *testing.T, side side, net *regtest.Network) {
	t.Helper()

	network := net.Scenarios()
	network.KillSender = func(context.Context) error {
		net.Sender.Kill()

		return nil
	}
	network.StartSender = func(ctx context.Context) error {
		return net.Restart(ctx, net.Sender, programPath(side.lnd))
	}
	network.PauseRecipient = func(context.Context) error {
		return syscall.Kill(net.Recipient.Pid(), syscall.SIGSTOP)
	}
	network.ResumeRecipient = func(context.Context) error {
		return syscall.Kill(net.Recipient.Pid(), syscall.SIGCONT)
	}

	run := scenario.NewRun(network, t.Logf)
	for i := range scenario.All {
		switch sc := &scenario.All[i]; sc.Name {
		case "S2 late fail", "S3 late settle", "S11 lost HTLC":
			_, err := run.Play(context.Background(), sc)
			require.NoError(t, err, sc.Name)
		}
	}
}

// audit has the sink of the monitor audited, and returns what was found and the
// exit status.
func (m *monitor) audit(t *testing.T, node *regtest.Node, more ...string) (
	*audit.Report, int) {

	t.Helper()

	var out, errOut bytes.Buffer
	cmd := exec.Command(m.binary, append([]string{
		"audit", "--json", "--rpcserver=" + node.RPCAddr,
		"--lnddir=" + node.Dir, "--network=regtest",
		"--sink=" + m.sinkURL,
	}, more...)...)
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err := cmd.Run()
	if exit := new(exec.ExitError); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	status := cmd.ProcessState.ExitCode()
	t.Logf("%s: audit %v: status %d: %s%s", m.name, more, status, &out,
		&errOut)

	r := &audit.Report{}
	if status != 2 {
		require.NoError(t, json.Unmarshal(out.Bytes(), r))
	}

	return r, status
}

// requireFound checks how many findings of each kind an audit has.
func (m *monitor) requireFound(t *testing.T, node *regtest.Node,
	want map[audit.Kind]int) {

	t.Helper()

	r, status := m.audit(t, node)
	found := make(map[audit.Kind]int)
	for _, f := range r.Findings {
		found[f.Kind]++
	}
	require.Equal(t, want, found, m.name)
	require.Equal(t, min(1, len(want)), status)
	require.Equal(t, r.Payments, r.Same)
}

// loseRow loses a row of the sink. The audit finds it, repairs the sink only
// while nobody else writes to it, and then finds no more than before.
func (m *monitor) loseRow(t *testing.T, node *regtest.Node,
	want map[audit.Kind]int) {

	t.Helper()

	_, err := m.db.Exec("DELETE FROM attempts WHERE payment_id = 1")
	require.NoError(t, err)
	_, err = m.db.Exec("DELETE FROM payments WHERE id = 1")
	require.NoError(t, err)
	r, status := m.audit(t, node)
	require.Equal(t, 1, status)
	require.Equal(t, 1, r.Count(audit.Missing))

	_, status = m.audit(t, node, "--repair")
	require.Equal(t, 2, status)
	m.stop()
	r, status = m.audit(t, node, "--repair")
	require.Equal(t, 1, r.Repaired)
	require.Equal(t, min(1, len(want)), status)
	m.start(t)
	m.waitLive(t)
	m.requireFound(t, node, want)
}
