package sink

import (
	"encoding/hex"

	"github.com/btcsuite/btcd/chaincfg"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/zpay32"
)

// params are lnd's networks by the names that GetInfo has for them.
var params = map[string]*chaincfg.Params{
	"mainnet":  &chaincfg.MainNetParams,
	"testnet":  &chaincfg.TestNet3Params,
	"testnet4": &chaincfg.TestNet4Params,
	"regtest":  &chaincfg.RegressionNetParams,
	"simnet":   &chaincfg.SimNetParams,
	"signet":   &chaincfg.SigNetParams,
}

// destination returns the public key of a payment's recipient in hex, or an
// empty string if it is not known. All attempts go to the same recipient. A
// payment for which there was no route has none, but may have an invoice.
func destination(p *lnrpc.Payment, network string) string {
	for _, htlc := range p.GetHtlcs() {
		hops := htlc.GetRoute().GetHops()
		if len(hops) > 0 {
			return hops[len(hops)-1].GetPubKey()
		}
	}

	net, ok := params[network]
	if !ok || p.GetPaymentRequest() == "" {
		return ""
	}

	// An invoice that we cannot read is none that tells the recipient.
	invoice, err := zpay32.Decode(p.GetPaymentRequest(), net)
	if err != nil || invoice.Destination == nil {
		return ""
	}

	return hex.EncodeToString(invoice.Destination.SerializeCompressed())
}
