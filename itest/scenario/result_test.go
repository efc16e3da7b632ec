package scenario

import (
	"context"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/expect"
)

const (
	succeeded = lnrpc.Payment_SUCCEEDED
	failed    = lnrpc.Payment_FAILED
	inFlight  = lnrpc.Payment_IN_FLIGHT
)

// try is an update of a payment's try.
func try(number int64, status lnrpc.Payment_PaymentStatus,
	reason lnrpc.PaymentFailureReason) *lnrpc.Payment {

	return &lnrpc.Payment{
		CreationTimeNs: number, Status: status, FailureReason: reason,
	}
}

// first is an update of a payment's first try.
func first(status lnrpc.Payment_PaymentStatus,
	reason lnrpc.PaymentFailureReason) *lnrpc.Payment {

	return try(1, status, reason)
}

// TestResult judges what stock lnd is known for, what it should be, a row that
// changed after the case was over, and what cannot be right anywhere.
func TestResult(t *testing.T) {
	t.Parallel()

	one := []lnrpc.PaymentFailureReason{incorrectDetails}
	two := []lnrpc.PaymentFailureReason{incorrectDetails, noReason}
	success := []lnrpc.PaymentFailureReason{noReason}
	testCases := []struct {
		name    string
		reasons []lnrpc.PaymentFailureReason
		updates []*lnrpc.Payment
		rows    []*lnrpc.Payment
		broken  []string
		err     string
	}{{
		name: "as it should be", reasons: one,
		updates: []*lnrpc.Payment{first(failed, incorrectDetails)},
		rows:    []*lnrpc.Payment{first(failed, incorrectDetails)},
	}, {
		name: "late fail on stock", reasons: one,
		updates: []*lnrpc.Payment{
			first(failed, incorrectDetails), first(failed, timedOut),
		},
		rows:   []*lnrpc.Payment{first(failed, timedOut)},
		broken: []string{"Once", "Final", "Specific"},
	}, {
		name: "late settle on stock", reasons: success,
		updates: []*lnrpc.Payment{
			first(succeeded, noReason), first(succeeded, timedOut),
		},
		rows:   []*lnrpc.Payment{first(succeeded, timedOut)},
		broken: []string{"Once", "Final", "Reason"},
	}, {
		name: "overwritten later", reasons: one,
		updates: []*lnrpc.Payment{first(failed, incorrectDetails)},
		rows: []*lnrpc.Payment{
			first(failed, incorrectDetails), first(failed, timedOut),
		},
		broken: []string{"Final", "Specific"},
	}, {
		name: "left behind, restarted, and ended", reasons: success,
		updates: []*lnrpc.Payment{first(inFlight, noReason)},
		rows: []*lnrpc.Payment{
			first(inFlight, noReason), first(failed, otherError),
		},
		broken: []string{"Ends"},
	}, {
		name: "retried", reasons: two,
		updates: []*lnrpc.Payment{
			first(failed, incorrectDetails),
			try(2, succeeded, noReason),
		},
		rows: []*lnrpc.Payment{try(2, succeeded, noReason)},
	}, {
		name: "a try too many", reasons: one,
		updates: []*lnrpc.Payment{
			first(failed, incorrectDetails),
			try(2, succeeded, noReason),
		},
		err: "there were 1 tries, and this is one more: SUCCEEDED NONE",
	}, {
		name: "a try without an end", reasons: two,
		updates: []*lnrpc.Payment{
			first(failed, incorrectDetails),
			try(2, inFlight, noReason),
		},
		rows: []*lnrpc.Payment{try(2, succeeded, noReason)},
		err:  "1 of 2 tries had a terminal update",
	}, {
		name: "the other end", reasons: success,
		updates: []*lnrpc.Payment{first(failed, timedOut)},
		err:     "ended FAILED TIMEOUT, must end with reason NONE",
	}}

	for _, tc := range testCases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()

			broken, err := judged(tc.reasons, tc.updates, tc.rows)
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)

				return
			}
			require.NoError(t, err)
			require.Equal(t, expect.Sort(tc.broken), broken)
		})
	}
}

// judged returns what a client finds broken that gets the updates of a payment
// and then reads its rows.
func judged(reasons []lnrpc.PaymentFailureReason,
	updates, rows []*lnrpc.Payment) ([]string, error) {

	client := newClient("client", false)
	stream := make(chan update, len(updates))
	client.stream = stream
	for _, p := range updates {
		stream <- update{payment: p}
		if _, err := client.receive(context.Background()); err != nil {
			return nil, err
		}
	}

	result := &Result{
		Scenario: &All[0], Reasons: reasons, Ends: client, All: client,
	}
	if err := client.judge(result); err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := client.judgeRow("row", row, reasons); err != nil {
			return nil, err
		}
	}

	return result.Shown().Ends, nil
}

// TestScenariosHaveNames checks that no two scenarios, and no two cases of one,
// have the same name.
func TestScenariosHaveNames(t *testing.T) {
	t.Parallel()

	seen := make(map[string]bool)
	for _, s := range All {
		require.NotEmpty(t, s.Name)
		require.NotEmpty(t, s.Title)
		require.NotEmpty(t, s.Cases)
		for _, c := range s.Cases {
			require.Equal(t, len(s.Cases) > 1, c.Name != "")
			require.False(t, seen[s.Name+", "+c.Name])
			seen[s.Name+", "+c.Name] = true
		}
	}
}
