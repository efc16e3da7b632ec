//go:build tower

package oncetower

import (
	"fmt"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
)

// kind is a way for a payment to be made and to end.
type kind struct {
	// pay and end name the kind in the results.
	pay, end string

	// ends tells how the payment's attempts end.
	ends []end

	// status is how the payment is to end.
	status string

	// make makes a payment and returns the error that its sender gets.
	make func(r *routing.ChannelRouter, hash lntypes.Hash) error
}

// kinds lists all kinds of payments. There is no timeout for SendToRoute.
var kinds = []kind{
	{"SendToRoute", "fails", []end{rejected}, "Failed", toRoute},
	{"SendToRoute", "succeeds", []end{settled}, "Succeeded", toRoute},
	{"SendToRoute", "fails3", []end{interrupted, interrupted, rejected},
		"Failed", toThreeRoutes},
	{"SendPayment", "fails", []end{rejected}, "Failed", pay},
	{"SendPayment", "succeeds", []end{settled}, "Succeeded", pay},
	{"SendPayment", "fails3", []end{interrupted, interrupted, rejected},
		"Failed", pay},
	{"SendPayment", "timeout", []end{heldAndRejected}, "Failed",
		payInTime},
}

// name returns the name of a benchmark of this kind.
func (k kind) name() string {
	return fmt.Sprintf("pay=%s/end=%s", k.pay, k.end)
}

// toRoute makes a payment by SendToRoute.
func toRoute(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return sendToRoute(r, hash, newRoute(), false)
}

// toThreeRoutes makes a payment of three attempts by SendToRoute: a sender who
// goes on after the first two says so.
func toThreeRoutes(r *routing.ChannelRouter, hash lntypes.Hash) error {
	for range 2 {
		err := sendToRoute(r, hash, newShardRoute(), true)
		if err == nil || isRejection(err) {
			return fmt.Errorf("not a temporary failure: %w", err)
		}
	}

	return sendToRoute(r, hash, newShardRoute(), false)
}

// pay makes a payment by SendPayment.
func pay(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return send(r, hash, 0)
}

// payInTime makes a payment by SendPayment whose timeout passes while the
// recipient holds its HTLC.
func payInTime(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return send(r, hash, holdTime*2/3)
}

// send makes a payment by SendPayment. No timeout is none at all.
func send(r *routing.ChannelRouter, hash lntypes.Hash,
	timeout time.Duration) error {

	payment := &routing.LightningPayment{
		Target:            vertices[hopCount],
		Amount:            amount,
		FeeLimit:          amount,
		PayAttemptTimeout: timeout,
	}
	if err := payment.SetPaymentHash(hash); err != nil {
		return err
	}

	return sendPayment(r, payment)
}

// try makes a new payment. It returns an error unless the payment ended as it
// should: when the database gave up, for example.
func (k kind) try(r *routing.ChannelRouter) error {
	err := k.make(r, newHash())
	switch {
	case k.status == "Succeeded":
		return err

	// The payment's reason is the contract's business: stock tells of a
	// timeout where it should tell of a rejection.
	case isRejection(err) || k.end == "timeout" && err != nil:
		return nil
	}

	return fmt.Errorf("payment did not fail as it should: %w", err)
}

// prepare creates a router for such payments and makes one, which is not
// measured: the first one reserves the sequence numbers of the next thousand.
func (k kind) prepare(b *testing.B,
	tower routing.ControlTower) *routing.ChannelRouter {

	b.Helper()

	router := newRouter(b, tower, k.ends...)
	hash := newHash()
	_ = k.make(router, hash)
	if status := paymentStatus(b, tower, hash); status != k.status {
		b.Fatalf("the payment's status is %s", status)
	}

	return router
}
