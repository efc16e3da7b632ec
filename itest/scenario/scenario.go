// Package scenario holds the cases in which lnd used to decide, store or
// announce the outcome of a payment more than once, or not at all. They run
// over RPC against any nodes with a channel from a sender to a recipient, and
// have every update and every stored row judged by the checker of
// paymentcontract.
//
// The same scenarios run against a patched and against a stock lnd. On stock
// they are a control: they must find exactly the guarantees that stock is known
// to break, so a checker that has gone blind fails the run.
package scenario

import (
	"context"

	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lnrpc/invoicesrpc"
	"github.com/lightningnetwork/lnd/lnrpc/routerrpc"
)

// The failure reasons, by the names that the contract gives them.
const (
	noReason            = lnrpc.PaymentFailureReason_FAILURE_REASON_NONE
	timedOut            = lnrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT
	noRoute             = lnrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE
	otherError          = lnrpc.PaymentFailureReason_FAILURE_REASON_ERROR
	incorrectDetails    = lnrpc.PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS //nolint:ll
	insufficientBalance = lnrpc.PaymentFailureReason_FAILURE_REASON_INSUFFICIENT_BALANCE      //nolint:ll
	canceled            = lnrpc.PaymentFailureReason_FAILURE_REASON_CANCELED                  //nolint:ll
)

// Node has the RPC clients of a node.
type Node struct {
	// PubKey is the node's public key in hex.
	PubKey string

	Lightning lnrpc.LightningClient
	Router    routerrpc.RouterClient
	Invoices  invoicesrpc.InvoicesClient
}

// Network is what a scenario runs on. It asks for a node each time that it
// needs one: a node that was started again may have other clients.
type Network struct {
	Sender, Recipient func() Node

	// Middle is the node on the way from the sender to the recipient. It is
	// nil if they have a channel with each other.
	Middle func() Node

	// KillSender kills the sender without a chance to save anything, and
	// StartSender starts it again with its channel. They may be nil if no
	// scenario kills.
	KillSender, StartSender func(context.Context) error

	// PauseRecipient has the recipient's process stand still, and
	// ResumeRecipient has it go on. They may be nil if no scenario pauses.
	PauseRecipient, ResumeRecipient func(context.Context) error
}

// Scenario is one or several cases that need the same nodes.
type Scenario struct {
	// Name says which one it is, Title what happens.
	Name, Title string

	// Routed says that it needs a node in the middle.
	Routed bool

	// Cases are what is played, one after the other.
	Cases []Case
}

// Case is a case of a scenario.
type Case struct {
	// Name tells it from the others of its scenario. It is empty if there
	// are none.
	Name string

	// play runs the case and judges it.
	play func(context.Context, *Run) (*Result, error)
}

// one returns the only case of a scenario.
func one(play func(context.Context, *Run) (*Result, error)) []Case {
	return []Case{{play: play}}
}

// All are the scenarios in the order in which they are run.
var All = []Scenario{{
	Name:  "S1 route rejected",
	Title: "route rejected by the recipient",
	Cases: one(payment(payRejectedRoute, incorrectDetails)),
}, {
	Name:  "S2 late fail",
	Title: "HTLC outlives the timeout, then fails",
	Cases: one(payment(payLate((*hold).cancel), incorrectDetails)),
}, {
	Name:  "S3 late settle",
	Title: "HTLC outlives the timeout, then settles",
	Cases: one(payment(payLate((*hold).settle), noReason)),
}, {
	Name:  "S4 cancelled",
	Title: "cancelled by its client, then the HTLC fails",
	Cases: one(payment(payCancelledHeld, incorrectDetails)),
}, {
	Name:  "S5 two shards",
	Title: "two shards fail at the same time for different reasons",
	Cases: one(playShards),
}, {
	Name:  "S6 subscribers come and go",
	Title: "clients come and go while payments start and end",
	Cases: one(playCrowd),
}, {
	Name:  "S7 killed",
	Title: "sender killed with an HTLC in flight",
	Cases: []Case{{
		Name: "then fail",
		play: payment(payKilled((*hold).cancel), incorrectDetails),
	}, {
		Name: "then settle",
		play: payment(payKilled((*hold).settle), noReason),
	}},
}, {
	Name:   "S8 each reason",
	Title:  "each failure reason there is",
	Routed: true,
	Cases: []Case{{
		Name: "TIMEOUT",
		play: payment(payTimeout, timedOut),
	}, {
		Name: "NO_ROUTE",
		play: payment(payNoRoute, noRoute),
	}, {
		Name: "ERROR",
		play: payment(payUnderfunded, otherError),
	}, {
		Name: "INCORRECT_PAYMENT_DETAILS",
		play: payment(payCancelledInvoice, incorrectDetails),
	}, {
		Name: "INSUFFICIENT_BALANCE",
		play: payment(payTooMuch, insufficientBalance),
	}, {
		Name: "CANCELED",
		play: payment(payCancelledForward, canceled),
	}},
}, {
	Name:  "S9 retried",
	Title: "fails, is retried, fails again, is retried, succeeds",
	Cases: one(payment(
		payRetried, incorrectDetails, otherError, noReason,
	)),
}, {
	Name:  "S10 no attempt",
	Title: "dies before its first attempt, then retried",
	Cases: []Case{{
		Name: "no attempt",
		play: payment(payNoAttempt, noReason),
	}, {
		Name: "no onion",
		play: payment(payNoOnion, noReason),
	}},
}, {
	Name:  "S11 lost HTLC",
	Title: "sender killed with an HTLC that no commitment has",
	Cases: one(playLost),
}, {
	Name:  "S12 shard left",
	Title: "a shard with skip_temp_err fails, then one without",
	Cases: one(payment(payShardLeft, otherError, noReason)),
}, {
	Name:   "S13 killed, fails on its way",
	Title:  "sender killed with an HTLC in flight, which fails on its way",
	Routed: true,
	Cases:  one(payment(payKilledForward, otherError)),
}}
