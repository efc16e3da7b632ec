package paymentcontract

import (
	"errors"
	"fmt"
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestViolationQuotesBothUpdates checks the text of a violation: the name of
// the guarantee first, then both updates.
func TestViolationQuotesBothUpdates(t *testing.T) {
	t.Parallel()

	c := NewChecker()
	require.NoError(t, c.Update(pay(failed, details, htlc(7, broken))))

	err := c.Update(pay(failed, details, htlc(7, broken)))
	require.EqualError(t, err, "Once: another terminal update of the "+
		"same payment; "+
		"first: payment aa index 1 FAILED INCORRECT_PAYMENT_DETAILS "+
		"attempts [7=FAILED]; "+
		"then: payment aa index 1 FAILED INCORRECT_PAYMENT_DETAILS "+
		"attempts [7=FAILED]")

	var violation *Violation
	require.ErrorAs(t, err, &violation)
	require.Equal(t, Once, violation.Guarantee)
}

// TestViolationWithoutFirst checks the text of a violation that one update
// shows by itself.
func TestViolationWithoutFirst(t *testing.T) {
	t.Parallel()

	err := NewChecker().Update(pay(succeeded, timeout))
	require.EqualError(t, err, "Reason: status SUCCEEDED with reason "+
		"TIMEOUT; then: payment aa index 1 SUCCEEDED TIMEOUT "+
		"attempts []")
}

// TestBroken checks that every violation is found in wrapped and joined errors,
// named once and sorted.
func TestBroken(t *testing.T) {
	t.Parallel()

	var absent *Violation
	once, final := &Violation{Guarantee: Once}, &Violation{Guarantee: Final}
	err := errors.Join(
		once, fmt.Errorf("stored: %w", errors.Join(final, once)),
		ErrNoPayment, absent,
	)
	require.Equal(t, []Guarantee{Final, Once}, Broken(err))

	require.Nil(t, Broken(nil))
	require.Nil(t, Broken(ErrNoPayment))
}

// TestGarbage checks that input no node would send neither panics nor passes
// for an update.
func TestGarbage(t *testing.T) {
	t.Parallel()

	c := NewChecker()
	for _, absent := range []Payment{nil, (*lnrpc.Payment)(nil)} {
		require.ErrorIs(t, c.Update(absent), ErrNoPayment)
		require.ErrorIs(t, c.Stored(absent), ErrNoPayment)
		require.ErrorIs(t, CheckSpecific(absent, none), ErrNoPayment)
		require.ErrorIs(t, CheckEnds(absent), ErrNoPayment)
	}

	odd := &lnrpc.Payment{
		Status:        99,
		FailureReason: -1,
		Htlcs: []*lnrpc.HTLCAttempt{
			nil, {Status: -7}, {Failure: &lnrpc.Failure{}}, nil,
		},
	}
	for range 3 {
		err := errors.Join(c.Update(odd), c.Stored(odd))
		require.Contains(t, Broken(err), Reason)
		require.NotEmpty(t, err.Error())
	}
}
