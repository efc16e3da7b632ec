//go:build tower

package lnd

import (
	"time"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/btcsuite/btcd/chaincfg/chainhash"
	"github.com/lightningnetwork/lnd/clock"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lnwallet"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"

	"lnd-once/itest/tower/explore"
)

// This file has what is around a router: all that it calls, besides the control
// tower and the switch, and that may fail in a life.

// succeed is a call whose result is known beforehand.
func succeed() error {
	return nil
}

// eager is a clock that does not let one wait long.
type eager struct {
	clock.Clock
}

// TickAfter returns a channel that ticks soon.
func (eager) TickAfter(time.Duration) <-chan time.Time {
	return time.After(time.Millisecond)
}

// clockOf returns the clock of a life. In one whose calls may fail nothing waits
// long before it is tried again.
func clockOf(life *explore.Life) clock.Clock {
	if life == nil {
		return clock.NewDefaultClock()
	}

	return eager{clock.NewDefaultClock()}
}

// chain is a blockchain that stands still. Of all that lnd can ask of one the
// router asks for the height alone.
type chain struct {
	lnwallet.BlockChainIO

	life *explore.Life
}

// GetBestBlock returns the height.
func (c chain) GetBestBlock() (*chainhash.Hash, int32, error) {
	return &chainhash.Hash{}, height, c.life.Call("chain", succeed)
}

// shaper is a traffic shaper that changes nothing. Of all that lnd can ask of
// one the router asks for an HTLC's extra data alone.
type shaper struct {
	htlcswitch.AuxTrafficShaper

	life *explore.Life
}

// missionControl knows which failures are final, and forgets them.
type missionControl struct {
	life *explore.Life
}

// ReportPaymentFail returns a reason if the recipient has rejected the HTLC.
func (m missionControl) ReportPaymentFail(_ uint64, _ *route.Route, _ *int,
	failure lnwire.FailureMessage) (*FailureReason, error) {

	if err := m.life.Call("mission", succeed); err != nil {
		return nil, err
	}
	if _, ok := failure.(*lnwire.FailIncorrectDetails); !ok {
		return nil, nil
	}
	reason := reasonDetails

	return &reason, nil
}

// ReportPaymentSuccess does nothing.
func (m missionControl) ReportPaymentSuccess(uint64, *route.Route) error {
	return m.life.Call("mission", succeed)
}

// GetProbability is not asked for, since sessions have their route.
func (missionControl) GetProbability(route.Vertex, route.Vertex,
	lnwire.MilliSatoshi, btcutil.Amount) float64 {

	return 1
}

// sessions gives every payment a session, and those that are resumed one without
// routes.
type sessions struct {
	session routing.PaymentSession

	life *explore.Life
}

// NewPaymentSessionEmpty returns a session that does not look for a route.
func (sessions) NewPaymentSessionEmpty() routing.PaymentSession {
	return (&routing.SessionSource{}).NewPaymentSessionEmpty()
}
