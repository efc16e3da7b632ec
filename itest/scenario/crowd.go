package scenario

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"golang.org/x/sync/errgroup"
)

const (
	// crowdSize is the number of clients that come and go, and
	// crowdPayments that of payments meanwhile.
	crowdSize     = 20
	crowdPayments = 200

	// crowdAtOnce is the number of payments at the same time.
	crowdAtOnce = 10

	// crowdStep is the number of payments that end from one client's coming
	// to the next one's, and crowdStay the least number of those that begin
	// and end while a client is there.
	crowdStep = 8
	crowdStay = 10

	// crowdAmount is the amount in satoshis of each payment.
	crowdAmount = 1000
)

// crowd is the case with many payments and many clients.
type crowd struct {
	*Run

	// rejected is a route to a payment address that the recipient does not
	// know.
	rejected *lnrpc.Route

	mu sync.Mutex

	// payments has the payments by their hash.
	payments map[string]*crowdPayment

	// ended is the number of payments that have ended, and changed is
	// closed when that changes.
	ended   int
	changed chan struct{}
}

// crowdPayment is what those who pay know of a payment.
type crowdPayment struct {
	// index is the number of payments that began before this one.
	index int

	// reason is what the payment must end with.
	reason lnrpc.PaymentFailureReason

	// ended is true if the client has been told the payment's end.
	ended bool
}

// playCrowd has clients of TrackPayments come and go while payments start and
// end. Each must get one outcome of every payment that began and ended while
// it was there.
func playCrowd(ctx context.Context, r *Run) (*Result, error) {
	rejected, err := r.buildRoute(
		ctx, random32(), crowdAmount, crowdAmount,
	)
	if err != nil {
		return nil, err
	}
	c := &crowd{
		Run: r, rejected: rejected,
		payments: make(map[string]*crowdPayment),
		changed:  make(chan struct{}),
	}

	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return c.payAll(groupCtx)
	})
	clients := make([]*Client, crowdSize)
	for i := range clients {
		client := newClient(fmt.Sprintf("client %d", i), i%2 == 0)
		clients[i] = client
		group.Go(func() error {
			return c.visit(groupCtx, client, i*crowdStep)
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}

	return c.sum(ctx, clients)
}

// sum compares what the clients have seen with what is stored. What all clients
// of a kind have found counts as what one has.
func (c *crowd) sum(ctx context.Context, clients []*Client) (*Result, error) {
	rows, err := c.list(ctx)
	if err != nil {
		return nil, err
	}
	for hash := range c.payments {
		if _, err := c.listed(ctx, hash); err != nil {
			return nil, err
		}
	}

	result := &Result{
		Ends: newClient("terminal updates", true),
		All:  newClient("all updates", false),
	}
	for _, client := range clients {
		for _, row := range rows {
			client.keep("ListPayments", client.checker.Stored(row))
		}

		sum := result.All
		if client.noInflight {
			sum = result.Ends
		}
		for _, err := range client.Violations {
			sum.keep(client.Name, err)
		}
	}

	return result, nil
}

// payAll makes all payments.
func (c *crowd) payAll(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(crowdAtOnce)
	for i := range crowdPayments {
		group.Go(func() error {
			if err := c.payOne(ctx, i); err != nil {
				return fmt.Errorf("payment %d: %w", i, err)
			}

			return nil
		})
	}

	return group.Wait()
}

// payOne makes a payment: every second one is rejected by the recipient.
func (c *crowd) payOne(ctx context.Context, i int) error {
	invoice, err := c.addInvoice(ctx, crowdAmount)
	if err != nil {
		return err
	}
	hash := hex.EncodeToString(invoice.RHash)

	if i%2 == 0 {
		c.begin(hash, noReason)
		_, err = c.payInvoice(ctx, invoice)
	} else {
		c.begin(hash, incorrectDetails)
		_, err = c.sendToRoute(ctx, invoice.RHash, c.rejected)
	}
	if err != nil {
		return err
	}
	c.end(hash)

	return nil
}

// visit has a client come when a number of payments have ended, and leave when
// it has been told the end of each payment that began after its first update
// and had ended before it made up its mind to leave.
func (c *crowd) visit(ctx context.Context, client *Client, after int) error {
	if err := c.awaitEnded(ctx, after); err != nil {
		return err
	}

	ctx, leave := context.WithCancel(ctx)
	defer leave()
	if err := client.subscribe(ctx, c.net.Sender()); err != nil {
		return err
	}

	var (
		told  = make(map[string]struct{})
		begun = -1
		owed  []string
	)
	for owed == nil || !containsAll(told, owed) {
		p, err := client.receive(ctx)
		if err != nil {
			return fmt.Errorf("told %d ends, must be told of %v: "+
				"%w", len(told), owed, err)
		}
		if begun == -1 {
			begun = c.begun()
		}

		reason, ours := c.reason(p.PaymentHash)
		if decided(p) && ours {
			told[p.PaymentHash] = struct{}{}
			client.keep("update", paymentcontract.CheckSpecific(
				p, reason,
			))
		}

		ended := c.endedSince(begun)
		if owed == nil && len(ended) >= crowdStay {
			owed = ended
		}
	}

	return nil
}

// containsAll returns whether a set has all the keys.
func containsAll(set map[string]struct{}, keys []string) bool {
	for _, key := range keys {
		if _, ok := set[key]; !ok {
			return false
		}
	}

	return true
}
