//go:build integration

package itest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/lightningnetwork/lnd/lntest"
	"github.com/lightningnetwork/lnd/lntest/node"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/expect"
	"lnd-once/itest/scenario"
)

const (
	// outcomeKnownEnv is the environment variable with the path of a JSON
	// file that says what the lnd under test breaks: stock does. Without it
	// nothing may break.
	outcomeKnownEnv = "LND_ONCE_KNOWN"

	// outcomeShownEnv is the environment variable with the path of a folder
	// in which each scenario leaves what it has shown. It may be unset.
	outcomeShownEnv = "LND_ONCE_SHOWN"

	// outcomeChanAmt is the capacity in satoshis of each channel.
	outcomeChanAmt = btcutil.Amount(300_000)
)

// paymentOutcomeTestCases are the scenarios as lnd's list of integration tests
// takes them.
var paymentOutcomeTestCases = newPaymentOutcomeTestCases()

// newPaymentOutcomeTestCases returns a test case for each scenario.
func newPaymentOutcomeTestCases() []*lntest.TestCase {
	var cases []*lntest.TestCase
	for i := range scenario.All {
		s := &scenario.All[i]
		cases = append(cases, &lntest.TestCase{
			Name: "payment outcome " + s.Name,
			TestFunc: func(ht *lntest.HarnessTest) {
				testPaymentOutcome(ht, s)
			},
		})
	}

	return cases
}

// testPaymentOutcome plays a scenario and requires of each of its cases exactly
// the violations that the lnd under test is known for.
func testPaymentOutcome(ht *lntest.HarnessTest, s *scenario.Scenario) {
	known, err := expect.Read(os.Getenv(outcomeKnownEnv))
	require.NoError(ht, err)

	n := newOutcomeNodes(ht, s.Routed)
	ctx := ht.Context()
	run := scenario.NewRun(n.network(), ht.Logf)
	results, err := run.Play(ctx, s)
	require.NoError(ht, err)

	// What the node holds must be what it announced, before and after a
	// restart.
	ht.RestartNode(n.sender)
	shown := make([]expect.Shown, len(results))
	for i, result := range results {
		err := run.Recheck(ctx, result, "stored, after a restart")
		require.NoError(ht, err)
		shown[i] = result.Shown()
		ht.Logf("shown: %+v", shown[i])
	}

	keepOutcomes(ht, shown)
	for _, s := range shown {
		require.NoError(ht, known.Judge(s))
	}
}

// keepOutcomes leaves what a scenario has shown where it is asked for.
func keepOutcomes(ht *lntest.HarnessTest, shown []expect.Shown) {
	folder := os.Getenv(outcomeShownEnv)
	if folder == "" {
		return
	}

	text, err := json.Marshal(shown)
	require.NoError(ht, err)
	name := strings.ReplaceAll(shown[0].Scenario, " ", "_") + ".json"
	err = os.WriteFile(filepath.Join(folder, name), text, 0600)
	require.NoError(ht, err)
}

// outcomeNodes are the nodes of a scenario. There may be none in the middle.
type outcomeNodes struct {
	*lntest.HarnessTest

	sender, middle, recipient *node.HarnessNode
}

// newOutcomeNodes starts the nodes and opens channels from the sender, over the
// one in the middle if there is to be one, to the recipient. The names differ
// from those of the standby nodes that older lnd harnesses start on their own.
func newOutcomeNodes(ht *lntest.HarnessTest, routed bool) *outcomeNodes {
	n := &outcomeNodes{
		HarnessTest: ht,
		sender:      ht.NewNode("Sender", nil),
		recipient:   ht.NewNode("Recipient", nil),
	}
	if !routed {
		n.openChannel(n.sender, n.recipient)

		return n
	}

	n.middle = ht.NewNode("Middle", nil)
	n.openChannel(n.middle, n.recipient)
	n.openChannel(n.sender, n.middle)
	ht.AssertNumEdges(n.sender, 2, false)

	return n
}

// openChannel opens a channel.
func (n *outcomeNodes) openChannel(from, to *node.HarnessNode) {
	n.FundCoins(btcutil.SatoshiPerBitcoin, from)
	n.ConnectNodes(from, to)
	n.OpenChannel(from, to, lntest.OpenChannelParams{
		Amt: outcomeChanAmt,
	})
}

// network returns the nodes as a scenario uses them.
func (n *outcomeNodes) network() scenario.Network {
	clients := func(hn *node.HarnessNode) func() scenario.Node {
		return func() scenario.Node {
			return scenario.Node{
				PubKey: hn.PubKeyStr, Lightning: hn.RPC.LN,
				Router: hn.RPC.Router, Invoices: hn.RPC.Invoice,
			}
		}
	}

	network := scenario.Network{
		Sender: clients(n.sender), Recipient: clients(n.recipient),
		KillSender: n.killSender, StartSender: n.startSender,
		PauseRecipient:  n.signalRecipient(syscall.SIGSTOP),
		ResumeRecipient: n.signalRecipient(syscall.SIGCONT),
	}
	if n.middle != nil {
		network.Middle = clients(n.middle)
	}

	return network
}

// killSender kills the sender without a chance to save anything.
func (n *outcomeNodes) killSender(context.Context) error {
	if err := n.sender.Kill(); err != nil {
		return err
	}

	// What this returns is that the sender was killed and has not shut
	// down.
	_ = n.sender.WaitForProcessExit()

	return nil
}

// startSender starts the sender again. The harness stops it when the test is
// over, and not when the scenario is.
func (n *outcomeNodes) startSender(ctx context.Context) error {
	if err := n.sender.CloseConn(); err != nil {
		return err
	}
	err := n.sender.Start(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	n.WaitForBlockchainSync(n.sender)
	peer := n.recipient
	if n.middle != nil {
		peer = n.middle
	}
	n.EnsureConnected(n.sender, peer)

	return nil
}

// signalRecipient returns a function that sends a signal to the recipient's
// process.
func (n *outcomeNodes) signalRecipient(
	signal syscall.Signal) func(context.Context) error {

	return func(context.Context) error {
		pid, err := pidOf(n.recipient)
		if err != nil {
			return err
		}

		return syscall.Kill(pid, signal)
	}
}

// pidOf returns the process id of a node, which the harness keeps to itself: it
// is that of the process that was given the node's folder.
func pidOf(hn *node.HarnessNode) (int, error) {
	flag := "--lnddir=" + hn.Cfg.BaseDir
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0, err
	}
	for _, file := range files {
		// A process may have ended meanwhile.
		args, err := os.ReadFile(file)
		if err != nil || !slices.Contains(
			strings.Split(string(args), "\x00"), flag,
		) {

			continue
		}

		return strconv.Atoi(filepath.Base(filepath.Dir(file)))
	}

	return 0, fmt.Errorf("no process of node %s was started with %s",
		hn.Name(), flag)
}
