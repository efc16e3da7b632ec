//go:build integration

package itest

import (
	"github.com/lightningnetwork/lnd/lnrpc"
	"github.com/lightningnetwork/lnd/lntypes"
)

// The failure reasons, by the names that the contract gives them.
const (
	outcomeNoReason            = lnrpc.PaymentFailureReason_FAILURE_REASON_NONE                      //nolint:ll
	outcomeTimeout             = lnrpc.PaymentFailureReason_FAILURE_REASON_TIMEOUT                   //nolint:ll
	outcomeNoRoute             = lnrpc.PaymentFailureReason_FAILURE_REASON_NO_ROUTE                  //nolint:ll
	outcomeError               = lnrpc.PaymentFailureReason_FAILURE_REASON_ERROR                     //nolint:ll
	outcomeIncorrectDetails    = lnrpc.PaymentFailureReason_FAILURE_REASON_INCORRECT_PAYMENT_DETAILS //nolint:ll
	outcomeInsufficientBalance = lnrpc.PaymentFailureReason_FAILURE_REASON_INSUFFICIENT_BALANCE      //nolint:ll
	outcomeCanceled            = lnrpc.PaymentFailureReason_FAILURE_REASON_CANCELED                  //nolint:ll
)

// outcomeScenario is a payment hash and what the contract demands of it. Stock
// lnd gets most of them wrong in at least one of the bases.
type outcomeScenario struct {
	// name tells what happens.
	name string

	// pay makes the payment, with all its tries, and returns its hash once
	// the sender has got an answer.
	pay func(*outcomeRun) lntypes.Hash

	// reasons has the failure reason that each try of the payment must end
	// with, NONE for one that must succeed.
	reasons []lnrpc.PaymentFailureReason

	// first has, by base, the reasons of tries before those that are made
	// on that base alone.
	first map[string][]lnrpc.PaymentFailureReason

	// stock is what stock breaks.
	stock outcomeStock
}

// outcomeStock has what stock lnd breaks, by base. Patched breaks nothing.
type outcomeStock map[string]outcomeBroken

// outcomeBroken has the names of the guarantees that a client finds broken, in
// alphabetical order.
type outcomeBroken struct {
	// ends is what a client of terminal updates alone finds.
	ends string

	// all is what a client of all updates finds.
	all string

	// race is what either finds instead when stock loses a race with
	// itself.
	race string
}

// outcomeEndsWith returns the reasons of a payment's tries.
func outcomeEndsWith(
	reasons ...lnrpc.PaymentFailureReason) []lnrpc.PaymentFailureReason {

	return reasons
}

// The table of expectations.
var (
	outcomeRouteRejected = outcomeScenario{
		name:    "route rejected",
		pay:     payRejectedRoute,
		reasons: outcomeEndsWith(outcomeIncorrectDetails),
		stock: outcomeStock{
			"v0.18.5-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
			"v0.21.2-beta": {
				all: "Reason",
			},
		},
	}

	outcomeLateFail = outcomeScenario{
		name:    "late fail",
		pay:     payLateFail,
		reasons: outcomeEndsWith(outcomeIncorrectDetails),
		stock: outcomeStock{
			"v0.18.5-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
			"v0.21.2-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
		},
	}

	outcomeLateSettle = outcomeScenario{
		name:    "late settle",
		pay:     payLateSettle,
		reasons: outcomeEndsWith(outcomeNoReason),
		stock: outcomeStock{
			"v0.18.5-beta": {
				ends: "Final Once Reason",
				all:  "Final Once Reason",
			},
			"v0.21.2-beta": {
				ends: "Final Once Reason",
				all:  "Final Once Reason",
			},
		},
	}

	outcomeCancelled = outcomeScenario{
		name:    "cancelled",
		pay:     payCancelledHeld,
		reasons: outcomeEndsWith(outcomeIncorrectDetails),
		stock: outcomeStock{
			"v0.18.5-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
			"v0.21.2-beta": {
				ends: "Final Once Specific",
				all:  "Final Once Reason Specific",
			},
		},
	}

	// The two shards race, and on stock the later reason stays.
	outcomeTwoShards = outcomeStock{
		"v0.18.5-beta": {
			ends: "Final Once Specific",
			all:  "Final Once Reason Specific",
		},
		"v0.21.2-beta": {
			ends: "Specific",
			all:  "Reason Specific",
		},
	}

	// On stock, the snapshot of a client that comes while payments are made
	// can reach it after a newer update.
	outcomeCrowd = outcomeStock{
		"v0.18.5-beta": {
			ends: "Final Once Specific",
			all:  "Final Once Reason Specific",
			race: "Final Once Ordered Reason Specific",
		},
		"v0.21.2-beta": {
			all:  "Reason",
			race: "Ordered Reason",
		},
	}

	// The same goes for a client that comes back.
	outcomeKilledFail = outcomeScenario{
		name:    "killed, then fail",
		pay:     payKilledFail,
		reasons: outcomeEndsWith(outcomeIncorrectDetails),
		stock: outcomeStock{
			"v0.18.5-beta": {
				all:  "Reason",
				race: "Ordered Reason",
			},
			"v0.21.2-beta": {
				all:  "Reason",
				race: "Ordered Reason",
			},
		},
	}

	outcomeKilledSettle = outcomeScenario{
		name:    "killed, then settle",
		pay:     payKilledSettle,
		reasons: outcomeEndsWith(outcomeNoReason),
		stock: outcomeStock{
			"v0.18.5-beta": {
				race: "Ordered",
			},
			"v0.21.2-beta": {
				race: "Ordered",
			},
		},
	}

	outcomeEachReason = []*outcomeScenario{{
		name:    "TIMEOUT",
		pay:     payTimeout,
		reasons: outcomeEndsWith(outcomeTimeout),
		stock: outcomeStock{
			"v0.18.5-beta": {
				race: "Final Once Specific",
			},
			"v0.21.2-beta": {},
		},
	}, {
		name:    "NO_ROUTE",
		pay:     payNoRoute,
		reasons: outcomeEndsWith(outcomeNoRoute),
		stock: outcomeStock{
			"v0.18.5-beta": {},
			"v0.21.2-beta": {},
		},
	}, {
		name:    "ERROR",
		pay:     payUnderfunded,
		reasons: outcomeEndsWith(outcomeError),
		stock: outcomeStock{
			"v0.18.5-beta": {},
			"v0.21.2-beta": {},
		},
	}, {
		name:    "INCORRECT_PAYMENT_DETAILS",
		pay:     payCancelledInvoice,
		reasons: outcomeEndsWith(outcomeIncorrectDetails),
		stock: outcomeStock{
			"v0.18.5-beta": {
				all: "Reason",
			},
			"v0.21.2-beta": {
				all: "Reason",
			},
		},
	}, {
		name:    "INSUFFICIENT_BALANCE",
		pay:     payTooMuch,
		reasons: outcomeEndsWith(outcomeInsufficientBalance),
		stock: outcomeStock{
			"v0.18.5-beta": {},
			"v0.21.2-beta": {},
		},
	}, {
		name:    "CANCELED",
		pay:     payCancelledForward,
		reasons: outcomeEndsWith(outcomeCanceled),
		stock: outcomeStock{
			"v0.18.5-beta": {
				race: "Final Once Specific",
			},
			"v0.21.2-beta": {},
		},
	}}

	outcomeRetried = outcomeScenario{
		name: "retried",
		pay:  payRetried,
		reasons: outcomeEndsWith(
			outcomeIncorrectDetails, outcomeError, outcomeNoReason,
		),
		stock: outcomeStock{
			"v0.18.5-beta": {
				ends: "Once",
				all:  "Once Reason",
			},
			"v0.21.2-beta": {
				all: "Reason",
			},
		},
	}

	outcomeNoAttempt = outcomeScenario{
		name:    "no attempt",
		pay:     payNoAttempt,
		reasons: outcomeEndsWith(outcomeNoReason),
		stock: outcomeStock{
			"v0.18.5-beta": {
				ends: "Ends",
				all:  "Ends",
			},
			"v0.21.2-beta": {
				ends: "Ends",
				all:  "Ends",
			},
		},
	}

	outcomeNoOnion = outcomeScenario{
		name:    "no onion",
		pay:     payNoOnion,
		reasons: outcomeEndsWith(outcomeNoReason),
		first: map[string][]lnrpc.PaymentFailureReason{
			// Here, making the onion is part of the attempt.
			"v0.18.5-beta": outcomeEndsWith(outcomeError),
		},
		stock: outcomeStock{
			"v0.18.5-beta": {},
			"v0.21.2-beta": {
				ends: "Ends",
				all:  "Ends",
			},
		},
	}
)
