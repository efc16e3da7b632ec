//go:build tower && patched

package oncetower

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"pgregory.net/rapid"
)

// histories is how many histories are played.
var histories = flag.Int("tower.histories", 100, "number of histories")

// stage is the payments database on which histories are played, one after the
// other, each with payment hashes of its own.
type stage struct {
	t        *testing.T
	database database

	// open is the database while it is open.
	open *payments

	// ticks counts moments, payment attempts and payment hashes.
	ticks int64

	// played and steps count what was done, retries the payments of a hash
	// that has had one before, late the results of such an earlier one that
	// came during a retry, and restarts how often the database was opened
	// again.
	played, steps, retries, late, restarts int
}

// restart closes the database if it is open, and opens it.
func (s *stage) restart() {
	if s.open != nil {
		s.open.close()
	}
	s.open = s.database(s.t, &commits{})
}

// makeFirst makes the first payment and deletes it. Until there has been one, a
// database of keys and values does not mind that a payment it is to delete does
// not exist.
func (s *stage) makeFirst() {
	hash := s.newHash()
	for _, c := range []change{
		{action: initiate, created: s.tick()}, {action: remove},
	} {
		check(s.t, c.make(s.open, hash))
	}
}

// tick returns a number that was never returned before.
func (s *stage) tick() int64 {
	s.ticks++

	return s.ticks
}

// newHash returns a hash that was never returned before. That the same script
// has the same hashes makes the histories of a seed repeatable.
func (s *stage) newHash() lntypes.Hash {
	return sha256.Sum256([]byte(strconv.FormatInt(s.tick(), 10)))
}

// historyStore creates an empty payments database of the kind that was asked
// for. Changes on bbolt do not wait to be joined by others, which would take
// hundreds of times as long.
func historyStore(t *testing.T) database {
	if *storeName == "bbolt" {
		folder := t.TempDir()

		return kvDatabase(func(b testing.TB) kvdb.Backend {
			return unbatched{openBolt(b, folder)}
		})
	}

	return chosenStore(t).create(t)
}

// setRapid sets a flag of rapid's that was not given.
func setRapid(t *testing.T, name, value string) {
	check(t, flag.Set("rapid."+name, value))
}

// TestHistories plays random histories of payments and compares the control
// tower with a model all along. It prints the seed with which the same ones are
// played again.
func TestHistories(t *testing.T) {
	seed := flag.Lookup("rapid.seed").Value.String()
	if seed == "0" {
		seed = strconv.FormatInt(time.Now().UnixNano(), 10)
		setRapid(t, "seed", seed)
	}
	setRapid(t, "checks", strconv.Itoa(*histories))
	setRapid(t, "nofailfile", "true")

	s := &stage{t: t, database: historyStore(t)}
	s.restart()
	s.makeFirst()

	begin := time.Now()
	report := func(what string) {
		violations := 0
		if t.Failed() {
			violations = 1
		}
		fmt.Printf("%s db=%s n=%d steps=%d retries=%d late=%d "+
			"restarts=%d violations=%d seed=%s took=%v\n", what,
			*storeName, s.played, s.steps, s.retries, s.late,
			s.restarts, violations, seed,
			time.Since(begin).Round(time.Second))
	}
	defer report("histories")

	next := begin.Add(10 * time.Second)
	rapid.Check(t, func(rt *rapid.T) {
		h := &history{stage: s, fatalf: rt.Fatalf}
		defer h.abandon()
		h.play(anyScript.Draw(rt, "script"))
		h.over = true
		s.played++

		if time.Now().After(next) {
			report("...")
			next = time.Now().Add(10 * time.Second)
		}
	})
}
