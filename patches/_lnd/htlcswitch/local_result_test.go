package htlcswitch

import (
	"errors"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/clock"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/stretchr/testify/require"
)

// errNoDB is the error of a database that is away.
var errNoDB = errors.New("no database")

// awayDB is a database that is away a number of times.
type awayDB struct {
	kvdb.Backend

	away int
}

// Update runs a read-write transaction, unless the database is away.
func (a *awayDB) Update(f func(kvdb.RwTx) error, reset func()) error {
	if a.away > 0 {
		a.away--

		return errNoDB
	}

	return a.Backend.Update(f, reset)
}

// tickingClock is a clock for which no time passes while somebody waits.
type tickingClock struct {
	clock.Clock
}

// TickAfter returns a channel that has ticked.
func (tickingClock) TickAfter(time.Duration) <-chan time.Time {
	ticks := make(chan time.Time, 1)
	ticks <- time.Time{}

	return ticks
}

// TestStoreLocalResultAgain asserts that those who wait for the result of an
// attempt are told although the database was away when it came, and that the
// switch does not wait for the database when it is stopped.
func TestStoreLocalResultAgain(t *testing.T) {
	t.Parallel()

	const attemptID = 7
	backend, cleanup, err := kvdb.GetTestBackend(t.TempDir(), "results")
	require.NoError(t, err)
	t.Cleanup(cleanup)
	db := &awayDB{Backend: backend, away: 2}
	s := &Switch{
		cfg:            &Config{Clock: tickingClock{}},
		networkResults: newNetworkResultStore(db),
		quit:           make(chan struct{}),
	}
	results, err := s.networkResults.subscribeResult(attemptID)
	require.NoError(t, err)

	n := &networkResult{
		msg: &lnwire.UpdateFailHTLC{}, unencrypted: true,
		isResolution: true,
	}
	require.True(t, s.storeLocalResult(attemptID, n))
	require.Zero(t, db.away)
	require.Equal(t, n, <-results)

	db.away = 1
	s.cfg.Clock = clock.NewTestClock(time.Time{})
	close(s.quit)
	require.False(t, s.storeLocalResult(attemptID, n))
}
