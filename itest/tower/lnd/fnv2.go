//go:build tower && !paymentsdb && fnv2

package lnd

import (
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing/route"
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
