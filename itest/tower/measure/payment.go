//go:build tower

package measure

import (
	"fmt"
	"testing"
	"time"

	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
)

// kind is a way for a payment to be made and to end.
type kind struct {
	// pay and end name the kind in the results.
	pay, end string

	// ends tells how the payment's attempts end.
	ends []lnd.End

	// status is how the payment is to end.
	status string

	// make makes a payment and returns the error that its sender gets.
	make func(r *routing.ChannelRouter, hash lntypes.Hash) error
}

// failsThrice are the attempts of a payment of which only the last is rejected.
var failsThrice = []lnd.End{lnd.Interrupted, lnd.Interrupted, lnd.Rejected}

// kinds lists all kinds of payments. There is no timeout for SendToRoute.
var kinds = []kind{
	{"SendToRoute", "fails", []lnd.End{lnd.Rejected}, "Failed", toRoute},
	{"SendToRoute", "succeeds", []lnd.End{lnd.Settled}, "Succeeded",
		toRoute},
	{"SendToRoute", "fails3", failsThrice, "Failed", toThreeRoutes},
	{"SendPayment", "fails", []lnd.End{lnd.Rejected}, "Failed", pay},
	{"SendPayment", "succeeds", []lnd.End{lnd.Settled}, "Succeeded", pay},
	{"SendPayment", "fails3", failsThrice, "Failed", pay},
	{"SendPayment", "timeout", []lnd.End{lnd.HeldAndRejected}, "Failed",
		payInTime},
}

// name returns the name of a benchmark of this kind.
func (k kind) name() string {
	return fmt.Sprintf("pay=%s/end=%s", k.pay, k.end)
}

// toRoute makes a payment by SendToRoute.
func toRoute(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return lnd.SendToRoute(r, hash, lnd.NewRoute(), false)
}

// toThreeRoutes makes a payment of three attempts by SendToRoute: a sender who
// goes on after the first two says so.
func toThreeRoutes(r *routing.ChannelRouter, hash lntypes.Hash) error {
	for range 2 {
		err := lnd.SendToRoute(r, hash, lnd.NewShardRoute(), true)
		if err == nil || lnd.IsRejection(err) {
			return fmt.Errorf("not a temporary failure: %w", err)
		}
	}

	return lnd.SendToRoute(r, hash, lnd.NewShardRoute(), false)
}

// pay makes a payment by SendPayment.
func pay(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return send(r, hash, 0)
}

// payInTime makes a payment by SendPayment whose timeout passes while the
// recipient holds its HTLC.
func payInTime(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return send(r, hash, lnd.HoldTime*2/3)
}

// send makes a payment by SendPayment. No timeout is none at all.
func send(r *routing.ChannelRouter, hash lntypes.Hash,
	timeout time.Duration) error {

	payment := &routing.LightningPayment{
		Target:            lnd.Recipient,
		Amount:            lnd.Amount,
		FeeLimit:          lnd.Amount,
		PayAttemptTimeout: timeout,
	}
	if err := payment.SetPaymentHash(hash); err != nil {
		return err
	}

	return lnd.SendPayment(r, payment)
}

// try makes a new payment. It returns an error unless the payment ended as it
// should: when the database gave up, for example.
func (k kind) try(r *routing.ChannelRouter) error {
	err := k.make(r, lnd.NewHash())
	switch {
	case k.status == "Succeeded":
		return err

	// The payment's reason is the contract's business: stock tells of a
	// timeout where it should tell of a rejection.
	case lnd.IsRejection(err) || k.end == "timeout" && err != nil:
		return nil
	}

	return fmt.Errorf("payment did not fail as it should: %w", err)
}

// prepare creates a router for such payments and makes one, which is not
// measured: the first one reserves the sequence numbers of the next thousand.
func (k kind) prepare(b *testing.B,
	payments *lnd.Payments) *routing.ChannelRouter {

	b.Helper()

	router := lnd.NewRouter(b, payments, k.ends...)
	hash := lnd.NewHash()
	_ = k.make(router, hash)
	payment, err := payments.Fetch(hash)
	require.NoError(b, err)
	require.Equal(b, k.status, payment.Status.String())

	return router
}
