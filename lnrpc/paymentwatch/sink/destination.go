package sink

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"lnd-once/lnrpc/paymentrpc"

	"github.com/btcsuite/btcd/btcec/v2/ecdsa"
	"github.com/btcsuite/btcd/btcutil/bech32"
)

const (
	// timestampLen, keyLen and signatureLen are how many characters of an
	// invoice its timestamp, a public key and its signature take.
	timestampLen = 7
	keyLen       = 53
	signatureLen = 104

	// payeeField is the type of the field that names the payee: n.
	payeeField = 19

	// recoveryBase is what btcec adds to the recovery id of a signature
	// that was made by a compressed key.
	recoveryBase = 27 + 4
)

// destination returns the public key of a payment's recipient in hex, or an
// empty string if it is not known. All attempts go to the same recipient. A
// payment for which there was no route has none, but may have an invoice.
func destination(p *paymentrpc.Payment) string {
	for _, htlc := range p.GetHtlcs() {
		hops := htlc.GetRoute().GetHops()
		if len(hops) > 0 {
			return hops[len(hops)-1].GetPubKey()
		}
	}

	return hex.EncodeToString(payee(p.GetPaymentRequest()))
}

// payee returns the public key of who made an invoice by BOLT 11, or nil if
// there is none that we can read. An invoice names the key, or its signature
// tells it. The node has checked that signature before it paid.
func payee(invoice string) []byte {
	hrp, data, err := bech32.DecodeNoLimit(invoice)
	if err != nil || !strings.HasPrefix(hrp, "ln") ||
		len(data) < timestampLen+signatureLen {

		return nil
	}
	signed := data[:len(data)-signatureLen]
	if key := namedPayee(signed[timestampLen:]); key != nil {
		return key
	}

	message, err := bech32.ConvertBits(signed, 5, 8, true)
	if err != nil {
		return nil
	}
	signature, err := bech32.ConvertBits(data[len(signed):], 5, 8, true)
	if err != nil {
		return nil
	}
	hash := sha256.Sum256(append([]byte(hrp), message...))
	last := len(signature) - 1
	compact := append(
		[]byte{recoveryBase + signature[last]}, signature[:last]...,
	)
	key, _, err := ecdsa.RecoverCompact(compact, hash[:])
	if err != nil {
		return nil
	}

	return key.SerializeCompressed()
}

// namedPayee returns the payee that an invoice names in its fields, or nil if
// it names none. A field is its type, its length in two characters, and its
// data.
func namedPayee(fields []byte) []byte {
	for len(fields) >= 3 {
		kind, length := fields[0], int(fields[1])<<5|int(fields[2])
		fields = fields[3:]
		if length > len(fields) {
			return nil
		}
		if kind == payeeField && length == keyLen {
			key, err := bech32.ConvertBits(
				fields[:length], 5, 8, false,
			)
			if err == nil {
				return key
			}
		}
		fields = fields[length:]
	}

	return nil
}
