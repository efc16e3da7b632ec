package history

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/itest/tower/model"
	"lnd-once/itest/tower/result"
)

// Player plays histories on one payments database, one after the other, each
// with payment hashes of its own.
type Player struct {
	// Counts tells what was done.
	Counts result.Histories

	// open opens the database again, tower is the database while it is
	// open.
	open  func() Tower
	tower Tower

	// patience is how long we wait for what should happen at once.
	patience time.Duration

	// ticks counts moments, payment attempts and payment hashes.
	ticks int64
}

// NewPlayer opens an empty database and returns who plays histories on it.
func NewPlayer(open func() Tower, patience time.Duration) (*Player, error) {
	p := &Player{open: open, patience: patience, tower: open()}

	// Until there has been a payment, a database of keys and values does
	// not mind that one it is to delete does not exist.
	hash := p.newHash()
	for _, c := range []model.Change{
		{Action: model.Initiate, Created: p.tick()},
		{Action: model.GiveUp, Reason: 1},
		{Action: model.Remove},
	} {
		if err := p.tower.Make(hash, c); err != nil {
			return nil, fmt.Errorf("the first payment: %w", err)
		}
	}

	return p, nil
}

// violation ends a history.
type violation struct {
	error
}

// Play plays a script. The error is a promise that was broken, with all that
// was done before.
func (p *Player) Play(script Script) error {
	var (
		h      = &history{Player: p}
		broken error
	)
	func() {
		defer func() {
			switch reason := recover().(type) {
			case nil:

			case violation:
				broken = fmt.Errorf("%s\n\n%w", strings.Join(
					h.trace, "\n",
				), reason.error)

			default:
				panic(reason)
			}
		}()
		h.play(script)
	}()

	if broken != nil {
		h.abandon()

		return broken
	}
	p.Counts.Played++

	return nil
}

// Close closes the database.
func (p *Player) Close() {
	p.tower.Close()
}

// tick returns a number that was never returned before.
func (p *Player) tick() int64 {
	p.ticks++

	return p.ticks
}

// newHash returns a hash that was never returned before. That the same script
// has the same hashes makes the histories of a seed repeatable.
func (p *Player) newHash() lntypes.Hash {
	return sha256.Sum256([]byte(strconv.FormatInt(p.tick(), 10)))
}
