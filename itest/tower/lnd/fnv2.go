//go:build tower && !paymentsdb && fnv2

package lnd

import (
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/fn/v2"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/tlv"

	"lnd-once/itest/tower/explore"
)

// This file is for lnd 0.19; fnv1.go has the same for the versions before.

// channelOptions are how the channel database is opened.
var channelOptions []channeldb.OptionModifier

// newAttempt describes an attempt.
func newAttempt(id uint64, key *btcec.PrivateKey, rt route.Route,
	at time.Time, hash lntypes.Hash) (*attemptInfo, error) {

	attempt, err := channeldb.NewHtlcAttempt(id, key, rt, at, &hash)
	if err != nil {
		return nil, err
	}

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
	records lnwire.CustomRecords, _ route.Vertex) (
	lnwire.MilliSatoshi, lnwire.CustomRecords, error) {

	return amount, records, s.life.Call("shaper", succeed)
}
