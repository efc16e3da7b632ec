//go:build tower

package tower

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/history"
	"lnd-once/itest/tower/lnd"
)

var (
	// histories is how many histories are played.
	histories = flag.Int("tower.histories", 100, "number of histories")

	// oneHistory is the only history to play.
	oneHistory = flag.String("tower.history", "",
		"the only history to play, as a violation has printed it")
)

// TestHistories plays random histories of payments and compares the control
// tower with a model all along. It prints the seed with which the same ones are
// played again, and with a violation the shortest history that shows it.
func TestHistories(t *testing.T) {
	playAll(t, history.Any, nil)
}

// TestDisturbedHistories plays random histories during which many calls to the
// database fail, each with or without effect. What is stored may be either then,
// but nothing else, and what is announced keeps the contract. Every payment ends
// when the database works again.
func TestDisturbedHistories(t *testing.T) {
	playAll(t, history.Disturbed, explore.NewLife(nil, new(int)))
}

// playAll plays random scripts. In a life calls may fail.
func playAll(t *testing.T, scripts *rapid.Generator[history.Script],
	life *explore.Life) {

	seed := chooseSeed(t)
	player := newPlayer(t, life)
	begin := time.Now()
	summary := func(what string) {
		fmt.Printf("%s db=%s %v violations=%d seed=%s took=%v\n", what,
			*storeName, player.Counts, len(found.Violations), seed,
			rounded(begin))
	}
	var last, text string
	defer func() {
		if last != "" {
			violated(t, last, text, "-test.run", "^"+t.Name()+"$",
				"-tower.history", last)
			fmt.Printf("to play it again:\n%s\n",
				found.Violations[0].Again)
		}
		player.Counts.Seed = seed
		found.Histories = &player.Counts
		report(t, begin)
		summary("histories")
	}()

	next := begin.Add(10 * time.Second)
	play := func(script history.Script) error {
		err := player.Play(script)
		if err != nil {
			last, text = script.String(), err.Error()
		}
		if time.Now().After(next) {
			summary("...")
			next = time.Now().Add(10 * time.Second)
		}

		return err
	}
	if *oneHistory != "" {
		script, err := history.Parse(*oneHistory)
		require.NoError(t, err)
		require.NoError(t, play(script))

		return
	}
	rapid.Check(t, func(rt *rapid.T) {
		if err := play(scripts.Draw(rt, "script")); err != nil {
			rt.Fatal(err)
		}
	})
}

// newPlayer returns who plays histories on an empty database. Changes on bbolt
// do not wait to be joined by others, which would take hundreds of times as
// long.
func newPlayer(t *testing.T, life *explore.Life) *history.Player {
	t.Helper()

	create := chosenKind(t).Create
	if *storeName == "bbolt" {
		create = lnd.NewQuickBolt
	}
	db := create(t)
	player, err := history.NewPlayer(func() history.Tower {
		return lnd.Tower{
			Payments: db(t, &lnd.Commits{Life: life}), Life: life,
		}
	}, *patience)
	require.NoError(t, err)

	return player
}

// chooseSeed tells rapid how many histories to draw, and from which seed, which
// it returns: the one that was given, or one by the clock.
func chooseSeed(t *testing.T) string {
	t.Helper()

	seed := flag.Lookup("rapid.seed").Value.String()
	if seed == "0" {
		seed = strconv.FormatInt(time.Now().UnixNano(), 10)
	}
	for name, value := range map[string]string{
		"seed": seed, "checks": strconv.Itoa(*histories),
		"nofailfile": "true",
	} {
		require.NoError(t, flag.Set("rapid."+name, value))
	}

	return seed
}
