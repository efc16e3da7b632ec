//go:build tower

package crash

import (
	"fmt"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcutil"
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"

	"lnd-once/itest/tower/lnd"
	"lnd-once/lnrpc/paymentcontract"
)

// unknownReasons are failure reasons that no lnd we know of writes. The column
// of a table can hold one that is no byte; as a byte it is 255 once more.
var unknownReasons = []int32{6, 255, -1}

// foundCase is a payment that a node finds when it starts, with an unknown
// failure reason.
type foundCase struct {
	name string

	// make makes the payment before.
	make func(t testing.TB, p *lnd.Payments, hash lntypes.Hash)

	// ends tells how its attempts end from then on: the one in flight, if
	// there is one, and that of a retry.
	ends []lnd.End

	// want is how it ends, to a client of the RPC server.
	want string
}

// outcomePaid is the outcome of a payment that has succeeded.
const outcomePaid = "SUCCEEDED NONE"

// foundCases lists all such payments.
var foundCases = []foundCase{
	{"rejected", beRejected, []lnd.End{lnd.Settled}, "FAILED ERROR"},
	{"given-up", giveUpAtOnce, []lnd.End{lnd.Settled}, "FAILED ERROR"},
	{"in-flight-interrupted", putInFlight, []lnd.End{lnd.Interrupted, lnd.Settled},
		"FAILED ERROR"},
	{"in-flight-rejected", putInFlight, []lnd.End{lnd.Rejected, lnd.Settled},
		"FAILED INCORRECT_PAYMENT_DETAILS"},
	{"in-flight-settled", putInFlight, []lnd.End{lnd.Settled}, outcomePaid},
}

// beRejected makes a payment whose only attempt is rejected.
func beRejected(t testing.TB, p *lnd.Payments, hash lntypes.Hash) {
	err := sendOnce(lnd.NewRouter(t, p, lnd.Rejected), hash)
	if !lnd.IsRejection(err) {
		t.Fatalf("the payment was not lnd.Rejected: %v", err)
	}
}

// sendOnce makes a payment by SendToRoute.
func sendOnce(r *routing.ChannelRouter, hash lntypes.Hash) error {
	return lnd.SendToRoute(r, hash, lnd.NewRoute(), false)
}

// giveUpAtOnce makes a payment that fails without an attempt.
func giveUpAtOnce(t testing.TB, p *lnd.Payments, hash lntypes.Hash) {
	require.NoError(t, p.Init(hash))
	require.NoError(t, p.Fail(hash))
}

// putInFlight makes a payment whose attempt has no result yet.
func putInFlight(t testing.TB, p *lnd.Payments, hash lntypes.Hash) {
	require.NoError(t, p.Init(hash))
	require.NoError(t, p.Register(hash))
}

// UnknownReason lets a node find a payment with a failure reason that it
// does not know, as a later version of lnd may have written it. The node
// starts, lists the payment and tells of it with reason ERROR. While it is in
// flight a known reason takes the unknown one's place, and a success erases it.
// What has failed can be retried, and what has ended deleted.
func (c *Config) UnknownReason(t *testing.T) {
	db := c.Kind.Create(t)
	for _, found := range foundCases {
		for _, reason := range unknownReasons {
			name := fmt.Sprintf("db=%s/%s/%d", c.Kind.Name,
				found.name, reason)
			t.Run(name, func(t *testing.T) {
				c.tryUnknownReason(t, db, found, reason)
			})
		}
	}
}

// tryUnknownReason runs a case with one reason.
func (c *Config) tryUnknownReason(t *testing.T, db lnd.Database,
	found foundCase, reason int32) {

	hash := lnd.NewHash()
	before := db(t, &lnd.Commits{})
	found.make(t, before, hash)
	require.NoError(t, before.OverwriteReason(hash, reason))
	before.Close()

	n := &finder{
		T: t, hash: hash, payments: db(t, &lnd.Commits{}),
		patience: c.Patience,
	}
	live := !n.listed().Terminated()
	all := n.collect(n.payments.SubscribeAllPayments())
	one := n.collect(n.payments.SubscribePayment(hash))
	router := lnd.NewRouter(t, n.payments, found.ends...)
	require.NoError(t, router.Start())

	// Who asks for all payments is not told of what had ended before.
	n.expect(one, found.want)
	if live {
		n.expect(all, found.want)
	}
	if found.want != outcomePaid {
		require.NoError(t, sendOnce(router, hash))
		n.expect(all, outcomePaid)
	}

	require.NoError(t, router.Stop())
	n.checkContract(one)
	n.checkContract(all)
	require.NoError(t, n.payments.Delete(hash))
}

// finder is a node that finds a payment when it starts, seen by its clients.
type finder struct {
	*testing.T

	payments *lnd.Payments
	hash     lntypes.Hash
	patience time.Duration
}

// collect starts to collect the updates of a subscription.
func (n *finder) collect(sub routing.ControlTowerSubscriber,
	err error) *lnd.Collector {

	require.NoError(n, err)
	c := lnd.Collect(sub)
	n.Cleanup(c.Close)

	return c
}

// rpcServer is what turns payments into messages.
var rpcServer = &routerrpc.RouterBackend{
	FetchChannelCapacity: func(uint64) (btcutil.Amount, error) {
		return lnd.Amount.ToSatoshis(), nil
	},
}

// rpc returns a payment as the RPC server tells of it.
func (n *finder) rpc(p *lnd.StoredPayment) *lnrpc.Payment {
	payment, err := rpcServer.MarshallPayment(p)
	require.NoError(n, err)

	return payment
}

// listed returns the payment as it is listed.
func (n *finder) listed() *lnd.StoredPayment {
	list, err := n.payments.List()
	require.NoError(n, err)
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
		paymentcontract.ReasonName(p.FailureReason)
}

// expect waits until a stream tells of an outcome, which the list has, too.
func (n *finder) expect(c *lnd.Collector, want string) {
	c.Await(n.patience, func(p *lnd.StoredPayment) bool {
		return outcomeOf(n.rpc(p)) == want
	})
	updates, _ := c.Received()
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
func (n *finder) checkContract(c *lnd.Collector) {
	checker := paymentcontract.NewChecker()
	updates, _ := c.Received()
	for _, p := range updates {
		require.NoError(n, checker.Update(n.rpc(p)))
	}
}
