package htlcswitch

import (
	"path/filepath"
	"testing"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/htlcswitch/hop"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/stretchr/testify/require"
)

// TestSwitchLostLocalHTLC checks that a switch that was restarted does not know
// a local HTLC which was never committed, unless it has a result of it, and
// still waits for the result of one that was.
func TestSwitchLostLocalHTLC(t *testing.T) {
	t.Parallel()

	const (
		lost = iota
		failed
		sent
		numAttempts
	)
	path := filepath.Join(t.TempDir(), "switchdb")
	db := openSwitchDB(t, path)
	before, err := initSwitchWithDB(testStartingHeight, db)
	require.NoError(t, err)
	require.NoError(t, before.Start())

	for attemptID := range uint64(numAttempts) {
		_, err = before.circuits.CommitCircuits(
			&PaymentCircuit{Incoming: localKey(attemptID)},
		)
		require.NoError(t, err)
	}
	require.NoError(t, before.circuits.OpenCircuits(Keystone{
		InKey: localKey(sent),
		OutKey: CircuitKey{
			ChanID: lnwire.NewShortChanIDFromInt(1),
		},
	}))

	// A result is stored before its circuit is deleted.
	require.NoError(t, before.networkResults.storeResult(
		failed, &networkResult{
			msg: &lnwire.UpdateFailHTLC{}, unencrypted: true,
			isResolution: true,
		},
	))

	// As long as the switch runs, all of them may still be sent.
	for attemptID := range uint64(numAttempts) {
		_, err = getAttemptResult(before, attemptID)
		require.NoError(t, err)
	}

	require.NoError(t, before.Stop())
	require.NoError(t, db.Close())
	after, err := initSwitchWithDB(
		testStartingHeight, openSwitchDB(t, path),
	)
	require.NoError(t, err)
	require.NoError(t, after.Start())
	t.Cleanup(func() { require.NoError(t, after.Stop()) })

	_, err = getAttemptResult(after, lost)
	require.ErrorIs(t, err, ErrPaymentIDNotFound)

	result, err := getAttemptResult(after, failed)
	require.NoError(t, err)
	require.Error(t, (<-result).Error)

	result, err = getAttemptResult(after, sent)
	require.NoError(t, err)
	require.Empty(t, result)

	// Only of the lost one no result can come any more.
	for attemptID := range uint64(numAttempts) {
		comes, err := after.HasAttemptResult(attemptID)
		require.NoError(t, err)
		require.Equal(t, attemptID != lost, comes)
	}
}

// TestTrimmedLocalHTLCIsLost checks that a local HTLC which had got a keystone,
// but had not been committed, is lost after a restart, and that one which had
// been committed is not.
func TestTrimmedLocalHTLCIsLost(t *testing.T) {
	t.Parallel()

	const (
		committed = iota
		uncommitted
		numAttempts
	)
	_, _, chanID, _ := genIDs()
	alice, _, err := createTestChannel(
		t, alicePrivKey, bobPrivKey, 1_000_000, 1_000_000, 0, 0, chanID,
	)
	require.NoError(t, err)
	channel := alice.channel.State()
	channel.RemoteCommitment.LocalHtlcIndex = uncommitted

	cfg := &CircuitMapConfig{
		DB: openSwitchDB(t, filepath.Join(t.TempDir(), "switchdb")),
		FetchAllOpenChannels: func() ([]*channeldb.OpenChannel, error) {
			return []*channeldb.OpenChannel{channel}, nil
		},
		FetchClosedChannels: func(bool) (
			[]*channeldb.ChannelCloseSummary, error) {

			return nil, nil
		},
	}

	before, err := NewCircuitMap(cfg)
	require.NoError(t, err)
	for attemptID := range uint64(numAttempts) {
		_, err := before.CommitCircuits(
			&PaymentCircuit{Incoming: localKey(attemptID)},
		)
		require.NoError(t, err)
		require.NoError(t, before.OpenCircuits(Keystone{
			InKey:  localKey(attemptID),
			OutKey: CircuitKey{ChanID: chanID, HtlcID: attemptID},
		}))
	}

	after, err := NewCircuitMap(cfg)
	require.NoError(t, err)
	require.False(t, after.LookupCircuit(localKey(committed)).Lost)
	require.True(t, after.LookupCircuit(localKey(uncommitted)).Lost)
}

// localKey returns the incoming key of a local HTLC.
func localKey(attemptID uint64) CircuitKey {
	return CircuitKey{ChanID: hop.Source, HtlcID: attemptID}
}

// getAttemptResult asks a switch for the result of a local HTLC.
func getAttemptResult(s *Switch, attemptID uint64) (<-chan *PaymentResult,
	error) {

	return s.GetAttemptResult(
		attemptID, lntypes.Hash{}, newMockDeobfuscator(),
	)
}

// openSwitchDB opens the database of a switch.
func openSwitchDB(t *testing.T, path string) *channeldb.DB {
	db, err := channeldb.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })

	return db
}
