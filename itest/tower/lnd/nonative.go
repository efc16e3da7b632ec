//go:build tower && !nativesql

package lnd

// nativeKinds returns nothing: this lnd has no tables for payments.
func nativeKinds(Server) []Kind {
	return nil
}
