//go:build tower && !paymentsdb && !fnv2

package lnd

import (
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/fn"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/tlv"

	"lnd-once/itest/tower/explore"
)

// This file is for lnd versions before 0.19; fnv2.go has the same for 0.19.

// channelOptions are how the channel database is opened. The channel graph,
// which is kept there too, is empty.
var channelOptions = []channeldb.OptionModifier{
	channeldb.OptionSetPreAllocCacheNumNodes(0),
}

// newAttempt describes an attempt.
func newAttempt(id uint64, key *btcec.PrivateKey, rt route.Route,
	at time.Time, hash lntypes.Hash) (*attemptInfo, error) {

	attempt := channeldb.NewHtlcAttempt(id, key, rt, at, &hash)

	return &attempt.HTLCAttemptInfo, nil
}

// NewPaymentSession returns the session that every payment has.
func (s sessions) NewPaymentSession(*routing.LightningPayment,
	fn.Option[tlv.Blob], fn.Option[htlcswitch.AuxTrafficShaper]) (
	routing.PaymentSession, error) {

	return s.session, s.life.Call("session", succeed)
}

// shaperOf returns the traffic shaper of a life: without one there is none.
func shaperOf(life *explore.Life) fn.Option[htlcswitch.AuxTrafficShaper] {
	if life == nil {
		return fn.None[htlcswitch.AuxTrafficShaper]()
	}

	return fn.Some[htlcswitch.AuxTrafficShaper](shaper{life: life})
}

// ProduceHtlcExtraData returns what it is given.
func (s shaper) ProduceHtlcExtraData(amount lnwire.MilliSatoshi,
	records lnwire.CustomRecords) (lnwire.MilliSatoshi,
	lnwire.CustomRecords, error) {

	return amount, records, s.life.Call("shaper", succeed)
}
