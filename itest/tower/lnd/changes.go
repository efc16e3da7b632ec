//go:build tower && patched

package oncetower

import (
	"encoding/binary"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/lnwire"
	"github.com/lightningnetwork/lnd/record"
	"github.com/lightningnetwork/lnd/routing/route"
)

// worth is what every payment is worth: five of the smallest shards.
const worth = int(amount)

// sizesOfShards are what a shard of several can be worth. The last one exceeds
// the payment.
var sizesOfShards = []int{
	worth / 5, worth / 5, worth / 5, worth / 2, worth, worth + 1,
}

// The sorts of payments that there are.
const (
	singlePart = iota
	multiPart
	atomicMultiPart
	sorts
)

// route returns the route of a shard.
func (c change) route(hash lntypes.Hash) *route.Route {
	value := lnwire.MilliSatoshi(c.shard.amount)
	rt := newRoute()
	rt.TotalAmount = value
	for _, hop := range rt.Hops {
		hop.AmtToForward = value
	}

	if !c.shard.single {
		rt.FinalHop().MPP = record.NewMPP(amount, [32]byte{1})
	}
	if c.amp {
		rt.FinalHop().AMP = record.NewAMP(
			[32]byte{2}, hash, uint32(c.shard.id),
		)
	}

	return rt
}

// sessionKey returns the key of a shard's onion. Each has its own.
func (c change) sessionKey() *btcec.PrivateKey {
	key, _ := btcec.PrivKeyFromBytes(
		binary.BigEndian.AppendUint64(nil, c.shard.id),
	)

	return key
}

// htlcHash returns the hash of a shard's HTLC: with AMP each has its own.
func (c change) htlcHash(hash lntypes.Hash) *lntypes.Hash {
	if c.amp {
		hash[0] ^= byte(c.shard.id)
		hash[1] ^= 1
	}

	return &hash
}
