package scenario

import (
	"context"
	"errors"
	"fmt"

	"lnd-once/lnrpc/paymentcontract"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

// Client is what one client of TrackPayments learns about the sender's
// payments, from its stream and from what it reads afterwards.
type Client struct {
	// Name says what kind of client it is.
	Name string

	// Updates are those of the case's payment.
	Updates []*lnrpc.Payment

	// Violations are what it has found, in that order.
	Violations []error

	noInflight bool
	stream     <-chan update
	checker    *paymentcontract.Checker

	// received has all updates.
	received []*lnrpc.Payment

	// ended is the number of tries of the case's payment that have had a
	// terminal update.
	ended int

	// leftBehind is true if the node has been found to hold the payment
	// with no HTLC in flight and without an end.
	leftBehind bool
}

// update is what a stream yields: a payment, or the error that it ends with.
type update struct {
	payment *lnrpc.Payment
	err     error
}

// newClient returns a client that has not subscribed yet.
func newClient(name string, noInflight bool) *Client {
	return &Client{
		Name: name, noInflight: noInflight,
		checker: paymentcontract.NewChecker(),
	}
}

// subscribe opens the stream, which ends with the context.
func (c *Client) subscribe(ctx context.Context, sender Node) error {
	stream, err := sender.Router.TrackPayments(
		ctx, &routerrpc.TrackPaymentsRequest{
			NoInflightUpdates: c.noInflight,
		},
	)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Name, err)
	}

	updates := make(chan update)
	c.stream = updates
	go func() {
		for err == nil {
			var p *lnrpc.Payment
			p, err = stream.Recv()

			select {
			case updates <- update{payment: p, err: err}:
			case <-ctx.Done():
				return
			}
		}
	}()

	return nil
}

// receive takes one update from the stream and has it checked.
func (c *Client) receive(ctx context.Context) (*lnrpc.Payment, error) {
	select {
	case u := <-c.stream:
		if u.err != nil {
			return nil, fmt.Errorf("%s: TrackPayments ended: %w",
				c.Name, u.err)
		}
		c.received = append(c.received, u.payment)
		c.keep("update", c.checker.Update(u.payment))

		return u.payment, nil

	case <-ctx.Done():
		return nil, fmt.Errorf("%s: waiting for an update: %w", c.Name,
			ctx.Err())
	}
}

// awaitEnd takes updates up to the end of a payment.
func (c *Client) awaitEnd(ctx context.Context, hash string) error {
	for {
		p, err := c.receive(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("no end of payment %s: %w", hash, err)

		case p.PaymentHash == hash && decided(p):
			return nil
		}
	}
}

// receiveRest takes what is left in a stream whose node is gone.
func (c *Client) receiveRest(ctx context.Context) error {
	for {
		if _, err := c.receive(ctx); err != nil {
			return ctx.Err()
		}
	}
}

// forget has the client go on as one that has seen nothing.
func (c *Client) forget() {
	c.received, c.Violations = nil, nil
	c.checker = paymentcontract.NewChecker()
}

// judge judges the updates of the case's payment.
func (c *Client) judge(result *Result) error {
	var (
		created int64
		try     = -1
		ended   = make(map[int]bool)
	)
	for _, p := range c.received {
		if p.PaymentHash != result.Hash {
			continue
		}
		c.Updates = append(c.Updates, p)

		if p.CreationTimeNs > created {
			created = p.CreationTimeNs
			try++
		}
		if try >= len(result.Reasons) {
			return fmt.Errorf("%s: there were %d tries, and this "+
				"is one more: %s", c.Name, len(result.Reasons),
				Outcome(p))
		}
		if !decided(p) {
			continue
		}
		ended[try] = true
		err := c.judgeOutcome("update", p, result.Reasons[try])
		if err != nil {
			return err
		}
	}
	c.ended = len(ended)

	return nil
}

// judgeRow has a row that was read from the sender compared with the updates.
// A payment that the node has left behind has no outcome to judge, whatever a
// restart makes of it.
func (c *Client) judgeRow(source string, row *lnrpc.Payment,
	reasons []lnrpc.PaymentFailureReason) error {

	c.keep(source, c.checker.Stored(row))

	if err := paymentcontract.CheckEnds(row); err != nil {
		c.keep(source, err)
		c.leftBehind = true
	}
	if c.leftBehind {
		return nil
	}

	if c.ended != len(reasons) {
		return fmt.Errorf("%s: %d of %d tries had a terminal update",
			c.Name, c.ended, len(reasons))
	}

	return c.judgeOutcome(source, row, reasons[len(reasons)-1])
}

// judgeOutcome checks an ended payment against the outcome of the contract.
// That it ended the other way is not just another reason: it is an error.
func (c *Client) judgeOutcome(source string, p *lnrpc.Payment,
	reason lnrpc.PaymentFailureReason) error {

	if (reason == noReason) != (p.Status == lnrpc.Payment_SUCCEEDED) {
		return fmt.Errorf("%s: %s: ended %s, must end with reason %s",
			c.Name, source, Outcome(p),
			paymentcontract.ReasonName(reason))
	}
	c.keep(source, paymentcontract.CheckSpecific(p, reason))

	return nil
}

// keep keeps a violation, if there is one.
func (c *Client) keep(source string, err error) {
	if err != nil {
		c.Violations = append(
			c.Violations, fmt.Errorf("%s: %w", source, err),
		)
	}
}

// broken returns the names of the guarantees that were found broken.
func (c *Client) broken() []string {
	var names []string
	for _, g := range paymentcontract.Broken(
		errors.Join(c.Violations...),
	) {
		names = append(names, string(g))
	}

	return names
}

// decided returns whether a payment has reached its end.
func decided(p *lnrpc.Payment) bool {
	return p.Status == lnrpc.Payment_SUCCEEDED ||
		p.Status == lnrpc.Payment_FAILED
}
