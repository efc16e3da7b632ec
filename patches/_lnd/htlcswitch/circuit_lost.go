package htlcswitch

import "github.com/lightningnetwork/lnd/htlcswitch/hop"

// markLostCircuits marks the circuits of those local HTLCs that had been given
// to the switch, but not been committed, when it was shut down. Such an HTLC
// was in the memory of the outgoing link's mailbox, and has no incoming link
// that would offer it again, as a forwarded one has: nothing will ever resolve
// it. Its payment attempt is not to wait for a result.
//
// That such an HTLC can be given up is what CommitCircuits decides of forwarded
// ones, too: the keystone of an HTLC is on disk before a commitment with the
// HTLC is signed, so no commitment has an HTLC without a keystone.
//
// A circuit is marked and not deleted, so that nothing on disk hangs on this:
// each start decides anew.
//
// NOTE: This must be called after trimAllOpenCircuits, which takes the
// keystones of the uncommitted HTLCs of open channels, and before the switch is
// given any HTLC. An HTLC of a channel that is being closed keeps its keystone,
// and is waited for until lnd starts after the close.
func (cm *circuitMap) markLostCircuits() {
	for inKey, circuit := range cm.pending {
		if inKey.ChanID != hop.Source || circuit.HasKeystone() {
			continue
		}

		log.Debugf("Local HTLC %v was lost before it was committed",
			inKey)

		circuit.Lost = true
	}
}
