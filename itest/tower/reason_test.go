//go:build tower && patched

package oncetower

import (
	"fmt"
	"testing"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/paymentwatch"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
)

// unknownReasons are failure reasons that no lnd we know of writes. The column
// of a table can hold one that is no byte; as a byte it is 255 once more.
var unknownReasons = []int32{6, 255, -1}

// foundCase is a payment that a node finds when it starts, with an unknown
// failure reason.
type foundCase struct {
	name string

	// make makes the payment before.
	make func(t testing.TB, p *payments, hash lntypes.Hash)

	// ends tells how its attempts end from then on: the one in flight, if
	// there is one, and that of a retry.
	ends []end

	// want is how it ends, to a client of the RPC server.
	want string
}

// outcomePaid is the outcome of a payment that has succeeded.
const outcomePaid = "SUCCEEDED NONE"

// foundCases lists all such payments.
var foundCases = []foundCase{
	{"rejected", beRejected, []end{settled}, "FAILED ERROR"},
	{"given-up", giveUpAtOnce, []end{settled}, "FAILED ERROR"},
	{"in-flight-interrupted", putInFlight, []end{interrupted, settled},
		"FAILED ERROR"},
	{"in-flight-rejected", putInFlight, []end{rejected, settled},
		"FAILED INCORRECT_PAYMENT_DETAILS"},
	{"in-flight-settled", putInFlight, []end{settled}, outcomePaid},
}

// beRejected makes a payment whose only attempt is rejected.
func beRejected(t testing.TB, p *payments, hash lntypes.Hash) {
	err := toRoute(newRouter(t, p, rejected), hash)
	if !isRejection(err) {
		t.Fatalf("the payment was not rejected: %v", err)
	}
}

// giveUpAtOnce makes a payment that fails without an attempt.
func giveUpAtOnce(t testing.TB, p *payments, hash lntypes.Hash) {
	check(t, initPayment(p, hash))
	check(t, failPayment(p, hash))
}

// putInFlight makes a payment whose attempt has no result yet.
func putInFlight(t testing.TB, p *payments, hash lntypes.Hash) {
	check(t, initPayment(p, hash))
	check(t, registerAttempt(p, hash))
}

// TestUnknownReason lets a node find a payment with a failure reason that it
// does not know, as a later version of lnd may have written it. The node
// starts, lists the payment and tells of it with reason ERROR. While it is in
// flight a known reason takes the unknown one's place, and a success erases it.
// What has failed can be retried, and what has ended deleted.
func TestUnknownReason(t *testing.T) {
	var (
		kind = chosenStore(t)
		db   = kind.create(t)
	)
	for _, c := range foundCases {
		for _, reason := range unknownReasons {
			name := fmt.Sprintf("db=%s/%s/%d", kind.name, c.name,
				reason)
			t.Run(name, func(t *testing.T) {
				testUnknownReason(t, db, c, reason)
			})
		}
	}
}

// testUnknownReason runs a case with one reason.
func testUnknownReason(t *testing.T, db database, c foundCase, reason int32) {
	hash := newHash()
	before := db(t, &commits{})
	c.make(t, before, hash)
	check(t, before.overwriteReason(hash, reason))
	before.close()

	n := &finder{T: t, hash: hash, payments: db(t, &commits{})}
	live := !n.listed().Terminated()
	all := n.collect(n.payments.SubscribeAllPayments())
	one := n.collect(n.payments.SubscribePayment(hash))
	router := newRouter(t, n.payments, c.ends...)
	check(t, router.Start())

	// Who asks for all payments is not told of what had ended before.
	n.expect(one, c.want)
	if live {
		n.expect(all, c.want)
	}
	if c.want != outcomePaid {
		check(t, toRoute(router, hash))
		n.expect(all, outcomePaid)
	}

	check(t, router.Stop())
	n.checkContract(one)
	n.checkContract(all)
	check(t, deletePayment(n.payments.db, hash))
}

// finder is a node that finds a payment when it starts, seen by its clients.
type finder struct {
	*testing.T

	payments *payments
	hash     lntypes.Hash
}

// collect starts to collect the updates of a subscription.
func (n *finder) collect(sub routing.ControlTowerSubscriber,
	err error) *collector {

	check(n, err)
	c := collect(sub)
	n.Cleanup(c.close)

	return c
}

// rpcServer is what turns payments into messages.
var rpcServer = &routerrpc.RouterBackend{
	FetchChannelCapacity: func(uint64) (btcutil.Amount, error) {
		return amount.ToSatoshis(), nil
	},
}

// rpc returns a payment as the RPC server tells of it.
func (n *finder) rpc(p *storedPayment) *lnrpc.Payment {
	payment, err := rpcServer.MarshallPayment(p)
	check(n, err)

	return payment
}

// listed returns the payment as it is listed.
func (n *finder) listed() *storedPayment {
	list, err := listPayments(n.payments.db)
	check(n, err)
	for _, p := range list {
		if p.Info.PaymentIdentifier == n.hash {
			return p
		}
	}
	n.Fatal("the payment is not listed")

	return nil
}

// outcomeOf returns the status and reason of a payment.
func outcomeOf(p *lnrpc.Payment) string {
	return p.Status.String() + " " +
		paymentwatch.ReasonName(p.FailureReason)
}

// expect waits until a stream tells of an outcome, which the list has, too.
func (n *finder) expect(c *collector, want string) {
	c.await(func(p *storedPayment) bool {
		return outcomeOf(n.rpc(p)) == want
	})
	updates, _ := c.received()
	if len(updates) == 0 {
		n.Fatalf("a stream has told of nothing, want %s", want)
	}
	got := outcomeOf(n.rpc(updates[len(updates)-1]))
	if got != want {
		n.Fatalf("a stream has told of %s, want %s", got, want)
	}

	listed := n.listed()
	if got := outcomeOf(n.rpc(listed)); got != want {
		n.Fatalf("the list has %s, want %s", got, want)
	}
	if reason := listed.FailureReason; want == outcomePaid && reason != nil {
		n.Fatalf("reason %d is left in the database", *reason)
	}
}

// checkContract checks all that a stream has told of.
func (n *finder) checkContract(c *collector) {
	checker := paymentwatch.NewChecker()
	updates, _ := c.received()
	for _, p := range updates {
		check(n, checker.Update(n.rpc(p)))
	}
}
