package main

import (
	"bytes"
	"strings"
	"testing"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/stretchr/testify/require"
)

// TestCheckTellsWhatBreaks runs the check against a node that announces an end
// twice, stores the worse reason, and keeps its word for another payment.
func TestCheckTellsWhatBreaks(t *testing.T) {
	t.Parallel()

	details := paymentrpc.
		PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS
	n := newFakeNode(t)
	n.updates <- pay(1, failed, details)
	n.updates <- pay(1, failed, timeout)
	n.updates <- pay(2, succeeded, none)
	n.payments = []*paymentrpc.Payment{
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
	require.Contains(t, out, "Final    broken 1 times")
	require.Contains(t, out, "Reason   holds")
	require.Contains(t, out, "Ordered  holds")
}

// TestCheckAcrossStreams checks that a break in the stream is survived, that
// stored payments are compared, and that an interrupt ends with a verdict.
func TestCheckAcrossStreams(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	p := start(t, n.flags("check"))
	n.updates <- pay(1, inFlight, none)
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
	require.Contains(t, p.out.String(), "3 updates, 2 of them terminal")
	require.NotContains(t, p.out.String(), "broken")
}

// TestCheckComparesWhatIsStored checks that a payment that was announced right
// and is stored wrong breaks Final.
func TestCheckComparesWhatIsStored(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.payments = []*paymentrpc.Payment{pay(1, succeeded, timeout)}
	n.updates <- pay(1, succeeded, none)

	p := start(t, n.flags("check", "--for", "1s"))
	require.ErrorContains(t, p.wait(t), "Final, Reason")
	require.Contains(t, p.out.String(), "Final    broken 1 times")
	require.Contains(t, p.out.String(), "Reason   broken 1 times")
}

// TestCheckCountsEachViolationOnce runs the check against a stock node that has
// two payments end twice and stores the worse end: the stream and the database
// tell the same violation.
func TestCheckCountsEachViolationOnce(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	for index := range uint64(2) {
		n.updates <- pay(index+1, succeeded, none)
		n.updates <- pay(index+1, succeeded, timeout)
		n.payments = append(
			n.payments, pay(index+1, succeeded, timeout),
		)
	}
	p := start(t, n.flags("check", "--for", "1s"))
	require.ErrorContains(t, p.wait(t), "Once, Final, Reason")

	out := p.out.String()
	for _, guarantee := range []string{"Once", "Final", "Reason"} {
		require.Regexp(t, guarantee+` +broken 2 times`, out)
		require.Equal(t, 2, strings.Count(out, " "+guarantee+": "))
	}
}

// TestCheckDoesNotCertifyWhatItHasNotSeen checks that a guarantee holds only if
// something was seen that could have broken it, and that those which are not
// checked are named.
func TestCheckDoesNotCertifyWhatItHasNotSeen(t *testing.T) {
	t.Parallel()

	// Another run of the hash says nothing about the one that was told.
	retried := pay(1, failed, timeout)
	retried.CreationTimeNs++
	for _, tc := range []struct {
		name        string
		updates     []*paymentrpc.Payment
		stored      *paymentrpc.Payment
		notObserved []string
	}{{
		name:        "nothing",
		notObserved: []string{"Once", "Final", "Reason", "Ordered"},
	}, {
		name:        "in flight",
		updates:     []*paymentrpc.Payment{pay(1, inFlight, none)},
		notObserved: []string{"Once", "Final", "Reason", "Ordered"},
	}, {
		name:        "one update",
		updates:     []*paymentrpc.Payment{pay(1, failed, timeout)},
		stored:      pay(1, failed, timeout),
		notObserved: []string{"Ordered"},
	}, {
		name: "retried",
		updates: []*paymentrpc.Payment{
			pay(1, inFlight, none), pay(1, failed, timeout),
		},
		stored:      retried,
		notObserved: []string{"Final"},
	}, {
		name: "all",
		updates: []*paymentrpc.Payment{
			pay(1, inFlight, none), pay(1, failed, timeout),
		},
		stored: pay(1, failed, timeout),
	}} {
		n := newFakeNode(t)
		for _, p := range tc.updates {
			n.updates <- p
		}
		if tc.stored != nil {
			n.payments = []*paymentrpc.Payment{tc.stored}
		}
		p := start(t, n.flags("check", "--for", "1s"))
		err, status := p.wait(t), 0
		if len(tc.notObserved) > 0 {
			require.ErrorContains(t, err,
				strings.Join(tc.notObserved, ", ")+
					" not observed", tc.name)
			status = exitNotObserved
		}
		require.Equal(t, status, exitStatus(err), tc.name)

		out := p.out.String()
		require.Equal(t, len(tc.notObserved),
			strings.Count(out, " not observed\n"), out)
		require.Equal(t, 4-len(tc.notObserved),
			strings.Count(out, " holds\n"), out)
		for _, name := range []string{
			"Specific", "Sealed", "Ends", "Deleted", "Durable",
			"Drop-in",
		} {
			require.Regexp(t, `(?m)^`+name+` +not checked: \w`, out)
		}
	}
}

// TestCheckEndsWithItsTime ends many checks of a node that is fine at the moment
// at which they look at it: that is no reason not to come to a verdict.
func TestCheckEndsWithItsTime(t *testing.T) {
	t.Parallel()

	n := newFakeNode(t)
	n.payments = []*paymentrpc.Payment{pay(1, succeeded, none)}
	var programs []*program
	for range 10 {
		for _, limit := range []string{"1s", "3s"} {
			programs = append(programs, start(
				t, n.flags("check", "--for", limit),
			))
		}
	}
	for _, p := range programs {
		require.Equal(t, exitNotObserved, exitStatus(p.wait(t)))
		require.NotContains(t, p.errOut.String(), "Lost the stream")
	}
}
