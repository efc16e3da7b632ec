package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"lnd-once/lnrpc/paymentcontract"
	"lnd-once/lnrpc/paymentrpc"

	"github.com/urfave/cli"
)

// finalTimeout is how long the last look at what is stored may take.
const finalTimeout = 20 * time.Second

// check is the command while it runs.
type check struct {
	out     io.Writer
	checker *paymentcontract.Checker
	verdict *verdict
	stored  *stored

	// told is what the current stream has told.
	told *told

	updates, ends int

	// begun are the payments that there was an update of, as long as there
	// was none with a second one.
	begun map[run]bool
}

// newCheck returns a check of a node's payments that prints to out.
func newCheck(node *paymentrpc.Client, out io.Writer) *check {
	k := &check{
		out: out, checker: paymentcontract.NewChecker(),
		verdict: newVerdict(out), told: newTold(node),
		begun: make(map[run]bool),
	}
	k.stored = &stored{node: node, judge: k.judge}

	return k
}

// runCheck runs the command until it is interrupted or its time is over.
func runCheck(ctx context.Context, c *cli.Context, out,
	errOut io.Writer) error {

	if err := noArguments(c); err != nil {
		return err
	}
	node, err := chosenNode(c)
	if err != nil {
		return err
	}
	defer node.close()

	identity, err := node.identify(ctx)
	switch {
	case interrupted(ctx):
		return nil

	case err != nil:
		return err
	}
	fmt.Fprintf(errOut, "Checking %v, Ctrl-C ends it.\n", identity)

	if limit := c.Duration("for"); limit > 0 {
		// A deadline would be told to the node, which may find that a
		// call has missed it before we know that the time is over.
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer time.AfterFunc(limit, cancel).Stop()
	}
	k := newCheck(node.rpc, out)
	if err := k.follow(ctx, node, errOut); err != nil {
		return k.giveUp(err)
	}

	final, cancel := context.WithTimeout(
		context.WithoutCancel(ctx), finalTimeout,
	)
	defer cancel()
	if err := k.stored.finish(final); err != nil {
		return k.giveUp(fmt.Errorf("unable to compare with what is "+
			"stored: %w", node.explain(err)))
	}

	return k.summary()
}

// follow checks what the stream tells until the context ends. A stream that
// breaks is replaced: the contract holds across a restart of the node.
func (k *check) follow(ctx context.Context, node *node,
	errOut io.Writer) error {

	for wait := minRetry; ; wait = min(2*wait, maxRetry) {
		before := k.updates
		err := k.session(ctx)
		if err == nil {
			return nil
		}
		err = node.explain(err)
		if ctx.Err() != nil {
			return fmt.Errorf("unable to look for ends that are "+
				"missing: %w", err)
		}
		if errors.Is(err, errMacaroon) ||
			errors.Is(err, errCertificate) ||
			errors.Is(err, errNoLnd) {

			return err
		}
		if k.updates > before {
			wait = minRetry
		}
		fmt.Fprintf(errOut, "Lost the stream, trying again: %s\n",
			oneLine(err.Error()))

		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil
		}
	}
}

// session checks one stream until it ends, and returns why it did. If it is the
// context that ends, it takes a last look at what the stream may have left out.
func (k *check) session(ctx context.Context) error {
	k.told = newTold(k.stored.node)
	updates, streamErr, stop := subscribe(ctx, k.stored.node)
	defer stop()

	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case p, ok := <-updates:
			if !ok {
				return <-streamErr
			}
			k.update(p)

		case now := <-ticker.C:
			err := k.stored.compare(ctx, now)
			if err == nil {
				err = k.told.findLast(ctx, now)
			}
			if err != nil && ctx.Err() == nil {
				return err
			}

		case <-ctx.Done():
			return k.lookForMissing(ctx, updates)
		}
	}
}

// update checks an update.
func (k *check) update(p *paymentrpc.Payment) {
	k.updates++
	err := k.checker.Update(p)
	k.verdict.tell(err)

	// It takes two updates for the one to be older than the other.
	if k.begun[runOf(p)] {
		k.verdict.witness(paymentcontract.Ordered)
		k.begun = nil
	} else if k.begun != nil {
		k.begun[runOf(p)] = true
	}
	if !terminal(p) {
		return
	}
	k.verdict.witness(paymentcontract.Once)
	k.verdict.witness(paymentcontract.Reason)
	k.ends++
	k.told.add(p)

	// What is wrong already is not told again for the stored form.
	if err == nil {
		k.stored.add(p)
	}
}

// judge checks a payment as it is stored, and returns whether it is right.
func (k *check) judge(p *paymentrpc.Payment) bool {
	err := k.checker.Stored(p)
	k.verdict.tellStored(err)
	k.verdict.witness(paymentcontract.Final)

	return err == nil
}

// lookForMissing finds the payments made since the stream is there that have
// ended without the stream telling it. An end that is still on its way comes
// within a moment.
func (k *check) lookForMissing(ctx context.Context,
	updates <-chan *paymentrpc.Payment) error {

	ctx, cancel := context.WithTimeout(
		context.WithoutCancel(ctx), finalTimeout,
	)
	defer cancel()
	missing, err := k.told.missing(ctx)
	if err != nil {
		return err
	}

	for timeUp := time.After(storedDelay); len(missing) > 0; {
		select {
		case p, ok := <-updates:
			if !ok {
				return errors.New("the stream broke meanwhile")
			}
			k.update(p)
			missing = slices.DeleteFunc(missing, k.told.has)

		case <-timeUp:
			for _, p := range missing {
				k.verdict.tell(&paymentcontract.Violation{
					Guarantee: paymentcontract.Once,
					Detail: "the stream has not told " +
						"this end",
					Second: paymentcontract.NewRecord(p),
				})
			}

			return nil
		}
	}

	return nil
}

// giveUp prints what was seen until a check came to a wrong end, and returns why
// it did. What is broken is broken all the same.
func (k *check) giveUp(err error) error {
	if broken := k.summary(); errors.Is(broken, errBroken) {
		return errors.Join(err, broken)
	}

	return err
}

// summary prints what was seen, and returns an error if a guarantee is broken or
// was not observed.
func (k *check) summary() error {
	fmt.Fprintf(k.out, "%d updates, %d of them terminal.\n", k.updates,
		k.ends)

	return k.verdict.summary()
}
