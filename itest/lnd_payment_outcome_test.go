//go:build integration

// Package itest runs the scenarios in which lnd used to decide, store or
// announce the outcome of a payment more than once, or not at all, on real
// nodes, and has every update and every stored row judged by the checker of
// paymentcontract.
//
// The same tests run against a patched and against a stock lnd. On stock they
// are a control: they must find exactly the broken guarantees that the table of
// expectations lists, so a checker that has gone blind fails the run.
package itest

import (
	"github.com/lightningnetwork/lnd/lntest"
)

// paymentOutcomeTestCases are the scenarios as lnd's list of integration tests
// takes them.
var paymentOutcomeTestCases = []*lntest.TestCase{
	{
		Name:     "payment outcome S1 route rejected",
		TestFunc: testPaymentOutcomeRouteRejected,
	},
	{
		Name:     "payment outcome S2 late fail",
		TestFunc: testPaymentOutcomeLateFail,
	},
	{
		Name:     "payment outcome S3 late settle",
		TestFunc: testPaymentOutcomeLateSettle,
	},
	{
		Name:     "payment outcome S4 cancelled",
		TestFunc: testPaymentOutcomeCancelled,
	},
	{
		Name:     "payment outcome S5 two shards",
		TestFunc: testPaymentOutcomeTwoShards,
	},
	{
		Name:     "payment outcome S6 subscribers come and go",
		TestFunc: testPaymentOutcomeCrowd,
	},
	{
		Name:     "payment outcome S7 killed",
		TestFunc: testPaymentOutcomeKilled,
	},
	{
		Name:     "payment outcome S8 each reason",
		TestFunc: testPaymentOutcomeEachReason,
	},
	{
		Name:     "payment outcome S9 retried",
		TestFunc: testPaymentOutcomeRetried,
	},
	{
		Name:     "payment outcome S10 no attempt",
		TestFunc: testPaymentOutcomeNoAttempt,
	},
}

// testPaymentOutcomeRouteRejected checks the outcome of a payment by
// SendToRoute that the recipient rejects.
func testPaymentOutcomeRouteRejected(ht *lntest.HarnessTest) {
	runOutcomeScenarios(ht, openOutcomeChannel, &outcomeRouteRejected)
}

// testPaymentOutcomeLateFail checks the outcome of a payment whose HTLC is
// still in flight when the payment times out, and then fails.
func testPaymentOutcomeLateFail(ht *lntest.HarnessTest) {
	runOutcomeScenarios(ht, openOutcomeChannel, &outcomeLateFail)
}

// testPaymentOutcomeLateSettle checks the outcome of a payment whose HTLC is
// still in flight when the payment times out, and then settles.
func testPaymentOutcomeLateSettle(ht *lntest.HarnessTest) {
	runOutcomeScenarios(ht, openOutcomeChannel, &outcomeLateSettle)
}

// testPaymentOutcomeCancelled checks the outcome of a payment whose client
// cancels it while an HTLC is in flight, which then fails.
func testPaymentOutcomeCancelled(ht *lntest.HarnessTest) {
	runOutcomeScenarios(ht, openOutcomeChannel, &outcomeCancelled)
}

// testPaymentOutcomeKilled checks the outcome of payments whose sender is
// killed while their HTLC is in flight, which fails or settles when the sender
// is back.
func testPaymentOutcomeKilled(ht *lntest.HarnessTest) {
	runOutcomeScenarios(
		ht, openOutcomeChannel, &outcomeKilledFail,
		&outcomeKilledSettle,
	)
}

// testPaymentOutcomeEachReason checks payments that end with each of the
// failure reasons there are.
func testPaymentOutcomeEachReason(ht *lntest.HarnessTest) {
	runOutcomeScenarios(ht, openOutcomeRoute, outcomeEachReason...)
}

// testPaymentOutcomeRetried checks the outcomes of one payment hash that fails
// twice and then succeeds.
func testPaymentOutcomeRetried(ht *lntest.HarnessTest) {
	runOutcomeScenarios(ht, openOutcomeChannel, &outcomeRetried)
}

// testPaymentOutcomeNoAttempt checks that payments by SendToRoute which fail
// before their first attempt are not left behind, and that they can be retried.
func testPaymentOutcomeNoAttempt(ht *lntest.HarnessTest) {
	runOutcomeScenarios(
		ht, openOutcomeChannel, &outcomeNoAttempt, &outcomeNoOnion,
	)
}
