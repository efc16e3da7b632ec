//go:build tower && (paymentsdb || fnv2)

package lnd

import (
	"github.com/lightningnetwork/lnd/fn/v2"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/tlv"

	"lnd-once/itest/tower/explore"
)

// This file is for lnd from 0.19 on; fnv1.go has the same for the versions before.

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
