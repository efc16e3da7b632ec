package main

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// freePort returns a port of the loopback address that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)

	return port
}

// metricsText returns what is served to Prometheus.
func metricsText(t *testing.T, port string) string {
	t.Helper()

	resp, err := http.Get("http://127.0.0.1:" + port + "/metrics")
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)

	return string(body)
}

// TestWatchFromLockedNodeToReport runs the program against a node that is
// locked at first, then has old payments and makes a new one, and asks for the
// report.
func TestWatchFromLockedNodeToReport(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.state = lnrpc.WalletState_LOCKED
	n.payments = []*paymentrpc.Payment{
		pay(1, succeeded, none), pay(2, failed, timeout),
	}
	url := "sqlite:" + filepath.Join(t.TempDir(), "sink.db")
	port := freePort(t)

	p := start(t, n.flags("--sink", url, "--hold-failures", "0s",
		"--metrics", ":"+port))
	p.errOut.await(t, "Waiting for the node err=\"the node is not ready: "+
		"its wallet is locked; unlock it with lncli unlock\"")
	n.set(func() { n.state = lnrpc.WalletState_SERVER_ACTIVE })
	p.errOut.await(t, "Live")
	n.end(pay(3, succeeded, none))
	p.errOut.await(t, "index=3 status=SUCCEEDED reason=NONE")

	text := metricsText(t, port)
	for _, line := range []string{
		`paymentwatch_outcomes_total{reason="NONE",status=` +
			`"SUCCEEDED"} 2`,
		`paymentwatch_outcomes_total{reason="TIMEOUT",status=` +
			`"FAILED"} 1`,
		`paymentwatch_outcomes_total{reason="NO_ROUTE",status=` +
			`"FAILED"} 0`,
		`paymentwatch_state{state="live"} 1`,
		`paymentwatch_state{state="disconnected"} 0`,
		"paymentwatch_lag_seconds 0",
		"paymentwatch_reconnects_total 0",
		"paymentwatch_next_index 4",
	} {
		require.Contains(t, text, line+"\n")
	}

	p.interrupt()
	require.NoError(t, p.wait(t))
	require.Contains(t, p.errOut.String(), "Stopped")

	// Where the sink goes on is not for the flags to say.
	again := start(t, n.flags("--sink", url, "--from", "1"))
	again.errOut.await(t, "--from is for a new one and is not used")
	again.errOut.await(t, "Live caught_up=0")
	again.interrupt()
	require.NoError(t, again.wait(t))

	report := start(t, []string{"paymentwatch", "report", "--sink", url})
	require.NoError(t, report.wait(t))
	require.Contains(t, report.out.String(), pubKey+" on regtest")
	require.Regexp(t, `FAILED +TIMEOUT +1 +1000 +0`,
		report.out.String())
	require.Regexp(t, `1970-01-01 +2 +1 +66\.7 +2000 +0`, report.out.String())
	require.Regexp(t, `unknown +2 +1 +66\.7 +2000 +0`, report.out.String())
}

// TestWatchReconnects checks that a stream that breaks is replaced, and that
// this is told and counted.
func TestWatchReconnects(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	port := freePort(t)
	p := start(t, n.flags("--sink", "sqlite:"+filepath.Join(t.TempDir(),
		"sink.db"), "--metrics", port))
	p.errOut.await(t, "Live")
	n.updates <- nil
	p.errOut.await(t, "No connection")
	require.Regexp(t, `paymentwatch_lag_seconds 0\.`, metricsText(t, port))

	n.end(pay(1, succeeded, none))
	require.Eventually(t, func() bool {
		text := metricsText(t, port)

		return strings.Contains(text, `"SUCCEEDED"} 1`) &&
			strings.Contains(text,
				"paymentwatch_reconnects_total 1\n")
	}, patience, patience/1000)
	p.interrupt()
	require.NoError(t, p.wait(t))
}

// TestWatchRefusesSinkOfAnotherNode checks that the error gets to the user, and
// that one for a sink in use does.
func TestWatchRefusesSinkOfAnotherNode(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	url := "jsonl:" + filepath.Join(t.TempDir(), "out.jsonl")
	p := start(t, n.flags("--sink", url))
	p.errOut.await(t, "Live")

	second := start(t, n.flags("--sink", url))
	require.ErrorContains(t, second.wait(t), "in use by another "+
		"paymentwatch")
	p.interrupt()
	require.NoError(t, p.wait(t))

	n.write(t, "position", []byte(`{"node_pubkey": "02", "network": `+
		`"regtest"}`))
	third := start(t, n.flags("--sink", "jsonl", "--position",
		filepath.Join(n.dir, "position")))
	require.ErrorContains(t, third.wait(t), "it holds the payments of "+
		"node 02 on regtest, but this is node "+pubKey)
}

// TestInterruptWhileWaiting checks that who waits for a node can be stopped.
func TestInterruptWhileWaiting(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.state = lnrpc.WalletState_WAITING_TO_START
	p := start(t, n.flags("--sink", "jsonl:"+n.dir+"/out.jsonl"))
	p.errOut.await(t, "Waiting for the node")
	p.interrupt()
	require.NoError(t, p.wait(t))
}

// TestMetricsAddress checks that others see the metrics only if the user says
// so, and what is said about an address that is taken.
func TestMetricsAddress(t *testing.T) {
	t.Parallel()

	port := freePort(t)
	stop, err := watched{newMetrics()}.serve(":"+port, "")
	require.NoError(t, err)
	defer stop()

	// On the loopback address the port is taken, elsewhere nobody answers.
	_, err = watched{newMetrics()}.serve("127.0.0.1:"+port, "")
	require.ErrorContains(t, err, "--metrics 127.0.0.1:"+port)
	require.ErrorContains(t, err, "in use")
	conn, err := net.DialTimeout("tcp", "127.0.0.1:"+port, patience)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	_, err = net.DialTimeout("tcp", "127.0.0.2:"+port, time.Second)
	require.Error(t, err)
}

// TestWatchGoesOnWithOtherIndexes lets the node number its payments anew while
// the program is away. It says so, and delivers what is new.
func TestWatchGoesOnWithOtherIndexes(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.payments = []*paymentrpc.Payment{
		pay(1001, succeeded, none), pay(1002, succeeded, none),
	}
	args := n.flags("--sink", "sqlite:"+filepath.Join(t.TempDir(),
		"sink.db"))
	p := start(t, args)
	p.errOut.await(t, "Live caught_up=2")
	require.NotContains(t, p.errOut.String(), "anew")
	p.interrupt()
	require.NoError(t, p.wait(t))

	n.payments = append(n.payments, pay(1003, succeeded, none))
	for i, payment := range n.payments {
		payment.PaymentIndex = uint64(i + 1)
	}
	p = start(t, args)
	p.errOut.await(t, "numbered its payments anew")
	p.errOut.await(t, "Live caught_up=1")
	p.interrupt()
	require.NoError(t, p.wait(t))
}
