package main

import (
	"testing"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
)

// TestOnlyRejectedProbesCount checks that an attempt which did anything but
// fail at the recipient, for its payment hash, is an error that says what it
// did.
func TestOnlyRejectedProbesCount(t *testing.T) {
	t.Parallel()

	failed := func(code lnrpc.Failure_FailureCode,
		index uint32) *lnrpc.HTLCAttempt {

		return &lnrpc.HTLCAttempt{
			Status: lnrpc.HTLCAttempt_FAILED,
			Failure: &lnrpc.Failure{
				Code: code, FailureSourceIndex: index,
			},
		}
	}
	require.NoError(t, checkRejected(failed(rejected, 1)))

	for _, c := range []struct {
		attempt *lnrpc.HTLCAttempt
		want    string
	}{
		{failed(rejected, 0), "node 0"},
		{failed(lnrpc.Failure_TEMPORARY_CHANNEL_FAILURE, 0),
			"TEMPORARY_CHANNEL_FAILURE"},
		{failed(lnrpc.Failure_MPP_TIMEOUT, 1), "MPP_TIMEOUT"},
		{&lnrpc.HTLCAttempt{Status: lnrpc.HTLCAttempt_SUCCEEDED},
			"SUCCEEDED"},
		{&lnrpc.HTLCAttempt{Status: lnrpc.HTLCAttempt_FAILED},
			"FAILED"},
	} {
		err := checkRejected(c.attempt)
		require.ErrorIs(t, err, errUnexpected)
		require.ErrorContains(t, err, c.want)
	}
}

// TestHashesDiffer checks that no two probes have the same payment hash.
func TestHashesDiffer(t *testing.T) {
	t.Parallel()

	require.Len(t, random(), 32)
	require.NotEqual(t, random(), random())
}
