//go:build tower && !paymentsdb && !fnv2

package lnd

import (
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/fn"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/tlv"
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

	return s.session, nil
}
