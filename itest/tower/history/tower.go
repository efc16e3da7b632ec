// Package history plays random histories of payments on a control tower and
// compares all that is to be seen of it with the model.
package history

import (
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lntypes"

	"lnd-once/itest/tower/explore"
	"lnd-once/itest/tower/model"
)

// Tower is a control tower on an open payments database.
type Tower interface {
	// Make makes a change to the payment of a hash.
	Make(hash lntypes.Hash, change model.Change) error

	// Payment returns the payment of a hash, nil if there is none.
	Payment(hash lntypes.Hash) (*Payment, error)

	// Live returns all payments that have not ended. The router asks for
	// them when it starts.
	Live() ([]*Payment, error)

	// List returns all payments, in the order of their creation.
	List() ([]*Payment, error)

	// SubscribeAll subscribes to all payments.
	SubscribeAll() (Stream, error)

	// Subscribe subscribes to the payment of a hash.
	Subscribe(hash lntypes.Hash) (Stream, error)

	// Observe returns the payment of a hash, nil if there is none, behind
	// the control tower's back.
	Observe(hash lntypes.Hash) (*Payment, error)

	// Disturb lets calls to the database fail from now on, and the process
	// die, as a plan says, neither without a plan. It returns how many calls
	// have failed until now, and whether the process has died. It does no
	// more than what the test does in its name then.
	Disturb(plan *explore.Plan) (int, bool)

	// Close closes the database.
	Close()
}

// Stream is a subscription to payments.
type Stream interface {
	// Receive returns the next update, nil once there will be none.
	Receive() *Payment

	// Close ends the subscription.
	Close()
}

// Payment is a payment as a control tower has it.
type Payment struct {
	Hash lntypes.Hash

	// Text describes the payment as the model would.
	Text string

	// Created is when it was created, as the model has it.
	Created int64

	// Ended is true if it is terminal.
	Ended bool

	// RPC is what a client of the RPC server sees of it.
	RPC *lnrpc.Payment
}

// RPCReason returns a failure reason as the RPC has it.
func RPCReason(reason model.Reason) lnrpc.PaymentFailureReason {
	return lnrpc.PaymentFailureReason(
		lnrpc.PaymentFailureReason_value["FAILURE_REASON_"+
			reason.String()],
	)
}
