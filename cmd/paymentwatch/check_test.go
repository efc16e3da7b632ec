package main

import (
	"bytes"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestCheckTellsWhatBreaks runs the check against a node that announces an end
// twice, stores the worse reason, and keeps its word for another payment.
func TestCheckTellsWhatBreaks(t *testing.T) {
	t.Parallel()

	details := lnrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
	n := newFakeNode(t)
	n.updates <- pay(1, failed, details)
	n.updates <- pay(1, failed, timeout)
	n.updates <- pay(2, succeeded, none)
	n.payments = []*lnrpc.Payment{
		pay(1, failed, timeout), pay(2, succeeded, none),
	}

	p := start(t, n.flags("check", "--for", "2s"))
	err := p.wait(t)
	require.ErrorIs(t, err, errBroken)
	require.ErrorContains(t, err, "Once, Final")
	require.Contains(t, p.errOut.String(), "Checking node "+pubKey)

	out := p.out.String()
	require.Regexp(t, `(?m)^\S+ \S+ Once: another terminal update`, out)
	require.Regexp(t, `(?m)^\S+ \S+ Final: the failure reason changed .*`+
		`INCORRECT_PAYMENT_DETAILS.*TIMEOUT`, out)
	require.Contains(t, out, "3 updates, 3 of them terminal")
	require.Contains(t, out, "Once     broken 1 times")
	require.Contains(t, out, "Reason   holds")
	require.Contains(t, out, "Ordered  holds")
}

// TestCheckAcrossStreams checks that a break in the stream is survived, that
// stored payments are compared, and that an interrupt ends with a verdict.
func TestCheckAcrossStreams(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	p := start(t, n.flags("check"))
	n.end(pay(1, succeeded, none))
	n.updates <- nil
	p.errOut.await(t, "Lost the stream, trying again")
	n.end(pay(2, failed, timeout))
	n.updates <- nil

	// The last stream has told all when it has ended.
	require.Eventually(t, func() bool {
		return bytes.Count([]byte(p.errOut.String()),
			[]byte("Lost the stream")) == 2
	}, patience, patience/1000)

	p.interrupt()
	require.NoError(t, p.wait(t))
	require.Contains(t, p.out.String(), "2 updates, 2 of them terminal")
	require.NotContains(t, p.out.String(), "broken")
}

// TestCheckComparesWhatIsStored checks that a payment that was announced right
// and is stored wrong breaks Final.
func TestCheckComparesWhatIsStored(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.payments = []*lnrpc.Payment{pay(1, succeeded, timeout)}
	n.updates <- pay(1, succeeded, none)

	err := start(t, n.flags("check", "--for", "1s")).wait(t)
	require.ErrorContains(t, err, "Final, Reason")
}
