//go:build nodes

package nodes

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lnd-once/itest/regtest"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// badTimeout is how long a node may take for bad input, which is longer than
// any payment in it may last.
const badTimeout = 30 * time.Second

// badInput is a node that is given bad input.
type badInput struct {
	*testing.T

	net  *regtest.Network
	conn *grpc.ClientConn

	// paid and held are the hashes of a payment that has succeeded and of
	// one in flight, paidInvoice and heldInvoice what they pay.
	paid, held               []byte
	paidInvoice, heldInvoice string

	// route is a good route to the recipient.
	route *lnrpc.Route

	// wrong is how many answers were not what they have to be.
	wrong int
}

// badCase is bad input and what the node has to say to it: the text of the
// error, or the failure reason of the payment that it makes.
type badCase struct {
	name string
	call func(*badInput, context.Context) (string, error)
	want string
}

const (
	// inputFile is the file of a base that has its own answers, by the
	// names of the cases.
	inputFile = "input.yaml"

	// ofBase stands for an answer that the base has to give.
	ofBase = ""
)

// TestBadInput gives a node input that is malformed, oversized or out of order.
// It says what is wrong, goes on, and no payment is left that does not end.
// Stock, the control, is known to leave some.
func TestBadInput(t *testing.T) {
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) {
			testBadInput(t, side.name, side.lnd)
		})
	}
}

// testBadInput runs the test on one side and prints its summary.
func testBadInput(t *testing.T, side, lnd string) {
	begin := time.Now()
	cases := badCases(t)
	b := &badInput{T: t, net: startNetwork(t, workDir(t), lnd)}
	settle := b.prepare()

	for _, c := range cases {
		if says, ok := stockSays[c.name]; ok && side == stock {
			c.want = says
		}
		b.give(c)
	}
	settle()

	var o *open
	within(endTimeout, func() error {
		var err error
		o, err = listOpen(context.Background(), b.net.Sender, 0)
		require.NoError(t, err)

		return o.waitFor()
	})
	left := append(o.waiting, o.lost...)
	writeResult(t, begin, Found{
		Kind: Input, Side: side, Counts: []Count{
			{Name: "cases", Value: len(cases)},
			{Name: "payments", Value: len(o.ended) + len(left)},
		}, Violations: len(left) + b.wrong,
	})

	if side == stock {
		require.NotEmpty(t, left, "stock is known to leave some "+
			"payments without an end: this test sees nothing")

		return
	}
	require.Empty(t, left, "payments without an end")
	payInvoice(t, b.net)
}

// prepare makes what the cases refer to. It returns the function that lets the
// payment in flight succeed.
func (b *badInput) prepare() func() {
	ctx := context.Background()
	sender, recipient := b.net.Sender, b.net.Recipient

	var err error
	b.conn, err = sender.Dial()
	require.NoError(b, err)
	b.Cleanup(func() { _ = b.conn.Close() })

	invoice, err := recipient.Lightning.AddInvoice(
		ctx, &lnrpc.Invoice{Value: amount},
	)
	require.NoError(b, err)
	p, err := pay(ctx, sender.Router, invoice.PaymentRequest, payTimeout)
	require.NoError(b, err)
	require.Equal(b, lnrpc.Payment_SUCCEEDED, p.Status)
	b.paid, b.paidInvoice = invoice.RHash, invoice.PaymentRequest

	var settle func()
	b.held, settle = hold(b.T, b.net)
	held, err := recipient.Lightning.LookupInvoice(
		ctx, &lnrpc.PaymentHash{RHash: b.held},
	)
	require.NoError(b, err)
	b.heldInvoice = held.PaymentRequest

	routes, err := sender.Lightning.QueryRoutes(
		ctx, &lnrpc.QueryRoutesRequest{
			PubKey: recipient.PubKey, Amt: amount,
		},
	)
	require.NoError(b, err)
	b.route = routes.Routes[0]

	return settle
}

// give gives the node bad input. It must say what is wrong with it, and live.
func (b *badInput) give(c badCase) {
	ctx, cancel := context.WithTimeout(context.Background(), badTimeout)
	defer cancel()

	got, err := c.call(b, ctx)
	if err != nil {
		got = status.Code(err).String() + ": " + status.Convert(err).
			Message()
	}
	if !strings.Contains(got, c.want) {
		b.wrong++
		b.Errorf("%s: got %q, want %q", c.name, got, c.want)
	}

	_, err = b.net.Sender.Lightning.GetInfo(ctx, &lnrpc.GetInfoRequest{})
	require.NoError(b, err, "the node after %s", c.name)
}

// badCases returns all cases, with the answers that the base has to give.
func badCases(t *testing.T) []badCase {
	t.Helper()

	answers := make(map[string]string)
	require.NoError(t, lndBase.Read(inputFile, &answers))
	cases := slices.Concat(
		badTracks, badRoutes, badSends, badDeletes, badMessages(),
	)
	for i := range cases {
		c := &cases[i]
		if c.want != ofBase {
			continue
		}
		c.want = answers[c.name]
		require.NotEmpty(t, c.want, "%s has no answer to %s",
			inputFile, c.name)
		delete(answers, c.name)
	}
	require.Empty(t, answers, "%s answers what is not asked", inputFile)

	return cases
}
