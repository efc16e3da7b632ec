package model

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// told returns the announcements of each order.
func told(orders []Order) [][]string {
	var all [][]string
	for _, o := range orders {
		all = append(all, Texts(o.Told))
	}

	return all
}

// TestOrdersAreThosePossible lets two reasons be proposed at once: what was
// stored does not tell which came first, and both orders must be found.
func TestOrdersAreThosePossible(t *testing.T) {
	before := Run{Created: 1, Shards: []Shard{whole}}
	changes := []Attempted{
		{Change: Change{Action: GiveUp, Reason: 3}},
		{Change: Change{Action: GiveUp, Reason: 2}},
	}

	const (
		cancelled = "created 1: In Flight CANCELED [1:10000:pending]"
		timeout   = "created 1: In Flight TIMEOUT [1:10000:pending]"
	)
	require.Equal(
		t, [][]string{{timeout}, {cancelled, timeout}},
		told(Orders(before, timeout, changes)),
	)

	// The less specific reason cannot be the one that stays.
	require.Empty(t, Orders(before, cancelled, changes))
}

// TestOrdersExplainErrors lets one of two payments be refused: the one that was
// made must have come first.
func TestOrdersExplainErrors(t *testing.T) {
	changes := []Attempted{{
		Change: Change{Action: Initiate, Created: 1},
		Err:    errors.New("payment exists"),
	}, {
		Change: Change{Action: Initiate, Created: 2},
	}}

	const second = "created 2: Initiated NONE []"
	require.Len(t, Orders(Run{}, second, changes), 1)

	// Nobody was there to refuse the first one, had it been alone.
	require.Empty(t, Orders(Run{}, "none", changes[:1]))
	require.Empty(t, Orders(Run{}, "created 1: Initiated NONE []", changes))
}

// TestOrderGoesBackwards finds that a later payment was created earlier.
func TestOrderGoesBackwards(t *testing.T) {
	first, second := Run{Created: 1}, Run{Created: 2}

	forwards := Order{Passed: []Run{{}, first, {}, second}}
	require.False(t, forwards.Backwards())
	require.Equal(t, second, forwards.Last())

	backwards := Order{Passed: []Run{second, {}, first}}
	require.True(t, backwards.Backwards())
}

// TestOrdersAllowUnsureErrors lets a change fail after which it is not sure whether
// it was made: both is possible, and nothing else.
func TestOrdersAllowUnsureErrors(t *testing.T) {
	before := Run{Created: 1, Reason: 2, Shards: []Shard{whole}}
	changes := []Attempted{{
		Change: Change{Action: Fail, Shard: whole},
		Err:    errors.New("connection lost"), Unsure: true,
	}}

	const ended = "created 1: Failed CANCELED [1:10000:failed]"
	require.Len(t, Orders(before, ended, changes), 1)
	require.Len(t, Orders(before, before.String(), changes), 1)
	require.Empty(t, Orders(before, "none", changes))

	// Who is told that it was made can be sure.
	changes[0].Err = nil
	require.Empty(t, Orders(before, before.String(), changes))
}
