package scenario

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/lightningnetwork/lnd/lnrpc"
)

const (
	// caseTimeout is how long a case may take, however slow the machine.
	caseTimeout = 5 * time.Minute

	// firstTimeout is how long the first payment's update may take before
	// we suppose that the stream was not up yet and pay again.
	firstTimeout = 2 * time.Second
)

// Run is a run of scenarios on a network.
type Run struct {
	net Network
	log func(format string, args ...any)

	// clients watch the sender: one of terminal updates alone, and one of
	// all updates.
	clients []*Client

	// earlier are the reasons of tries that the lnd under test has made of
	// the case's payment before those that it makes anyhow.
	earlier []lnrpc.PaymentFailureReason
}

// NewRun returns a run that tells log what happens.
func NewRun(net Network, log func(format string, args ...any)) *Run {
	return &Run{net: net, log: log}
}

// Play plays all cases of a scenario and returns what they have shown.
func (r *Run) Play(ctx context.Context, s *Scenario) ([]*Result, error) {
	var results []*Result
	for _, c := range s.Cases {
		result, err := r.playCase(ctx, c)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", s.Name, c.Name, err)
		}
		result.Scenario, result.Case = s, c.Name
		results = append(results, result)
	}

	return results, nil
}

// playCase plays a case. Its clients come before it and leave after it.
func (r *Run) playCase(ctx context.Context, c Case) (*Result, error) {
	ctx, cancel := context.WithTimeout(ctx, caseTimeout)
	defer cancel()

	r.earlier = nil

	return c.play(ctx, r)
}

// payment returns how a case of one payment hash is played: pay makes the
// payment, with all its tries, and returns its hash once the sender has got an
// answer. The reasons are those that the tries must end with, NONE for one that
// must succeed.
func payment(pay func(context.Context, *Run) ([]byte, error),
	reasons ...lnrpc.PaymentFailureReason) func(context.Context,
	*Run) (*Result, error) {

	return func(ctx context.Context, r *Run) (*Result, error) {
		if err := r.watch(ctx); err != nil {
			return nil, err
		}
		hash, err := pay(ctx, r)
		if err != nil {
			return nil, err
		}

		result := &Result{
			Hash:    hex.EncodeToString(hash),
			Reasons: append(r.earlier, reasons...),
			Ends:    r.clients[0],
			All:     r.clients[1],
		}
		if err := r.awaitLast(ctx); err != nil {
			return nil, err
		}
		for _, client := range result.clients() {
			if err := client.judge(result); err != nil {
				return nil, err
			}
		}

		return result, r.Recheck(ctx, result, "stored")
	}
}

// watch has two new clients watch the sender.
func (r *Run) watch(ctx context.Context) error {
	r.clients = []*Client{
		newClient("terminal updates", true),
		newClient("all updates", false),
	}
	if err := r.subscribe(ctx); err != nil {
		return err
	}
	for _, client := range r.clients {
		client.forget()
	}

	return nil
}

// subscribe opens the clients' streams and pays until they are known to carry
// payments: a client cannot tell when the node has registered it.
func (r *Run) subscribe(ctx context.Context) error {
	for _, client := range r.clients {
		err := client.subscribe(ctx, r.net.Sender())
		for told := false; err == nil && !told; {
			told, err = r.payAndTell(ctx, client)
		}
		if err != nil {
			return err
		}
	}

	return nil
}

// payAndTell makes a payment and returns whether a client is told of its end
// soon.
func (r *Run) payAndTell(ctx context.Context, client *Client) (bool, error) {
	hash, err := r.payOrdinary(ctx)
	if err != nil {
		return false, err
	}

	limited, cancel := context.WithTimeout(ctx, firstTimeout)
	defer cancel()

	err = client.awaitEnd(limited, hash)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return false, nil
	}

	return err == nil, err
}

// awaitLast makes one more payment and has the clients receive all up to its
// end. The streams are ordered and a payment takes several commits: a late
// update of the payment before, which is one commit away at most, comes before
// the end of this one.
func (r *Run) awaitLast(ctx context.Context) error {
	hash, err := r.payOrdinary(ctx)
	if err != nil {
		return fmt.Errorf("the payment after: %w", err)
	}
	for _, client := range r.clients {
		if err := client.awaitEnd(ctx, hash); err != nil {
			return err
		}
	}

	return nil
}

// killSender kills the sender, starts it again, and has its clients come back
// to it.
func (r *Run) killSender(ctx context.Context) error {
	if err := r.crashSender(ctx); err != nil {
		return err
	}

	return r.returnSender(ctx)
}

// crashSender kills the sender. Its clients take what is left of their streams.
func (r *Run) crashSender(ctx context.Context) error {
	if err := r.net.KillSender(ctx); err != nil {
		return fmt.Errorf("kill the sender: %w", err)
	}
	for _, client := range r.clients {
		if err := client.receiveRest(ctx); err != nil {
			return err
		}
	}

	return nil
}

// returnSender starts the sender again, and its clients come back to it.
func (r *Run) returnSender(ctx context.Context) error {
	if err := r.net.StartSender(ctx); err != nil {
		return fmt.Errorf("start the sender again: %w", err)
	}

	return r.subscribe(ctx)
}

// Recheck reads the payment of a case back from the sender in both ways there
// are and has its clients compare it with what was announced. It may be called
// again later, for instance after a restart.
func (r *Run) Recheck(ctx context.Context, result *Result, when string) error {
	if result.Hash == "" {
		return nil
	}

	row, err := r.listed(ctx, result.Hash)
	if err != nil {
		return err
	}
	if result.Stored == nil {
		result.Stored = row
	}
	err = result.judgeRow("ListPayments, "+when, row)

	// The stream of a payment that has been left behind does not end.
	if err != nil || !decided(row) {
		return err
	}
	hash, err := hex.DecodeString(result.Hash)
	if err != nil {
		return err
	}
	tracked, err := r.trackToEnd(ctx, hash)
	if err != nil {
		return err
	}
	if len(tracked) != 1 {
		return fmt.Errorf("TrackPaymentV2 has %d updates of a payment "+
			"that has ended", len(tracked))
	}

	return result.judgeRow("TrackPaymentV2, "+when, tracked[0])
}
