//go:build tower && !paymentsdb

package oncetower

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/fn"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/tlv"
)

// This file is for lnd versions that keep payments in the channel database;
// paymentsdb_test.go has the same for those after.

type (
	failureReason = channeldb.FailureReason
	paymentsDB    = *channeldb.DB
	storedAttempt = channeldb.HTLCAttempt
	storedPayment = channeldb.MPPayment
)

const (
	reasonDetails = channeldb.FailureReasonPaymentDetails
	reasonError   = channeldb.FailureReasonError
)

// newTower creates a control tower on a key-value database, and returns where
// its payments are listed and deleted.
func newTower(b testing.TB, backend kvdb.Backend) (routing.ControlTower,
	paymentsDB) {

	b.Helper()

	// The channel graph, which is kept here too, is empty.
	db, err := channeldb.CreateWithBackend(
		backend, channeldb.OptionSetPreAllocCacheNumNodes(0),
	)
	check(b, err)

	return routing.NewControlTower(channeldb.NewPaymentControl(db)), db
}

// nativeStores returns nothing: there are no tables for payments.
func nativeStores() []store {
	return nil
}

// sessions gives every payment a session, and those that are resumed one without
// routes.
type sessions struct {
	session routing.PaymentSession
}

// NewPaymentSession returns a session.
func (s sessions) NewPaymentSession(*routing.LightningPayment,
	fn.Option[tlv.Blob], fn.Option[htlcswitch.AuxTrafficShaper]) (
	routing.PaymentSession, error) {

	return s.session, nil
}

// NewPaymentSessionEmpty returns a session that finds no route.
func (sessions) NewPaymentSessionEmpty() routing.PaymentSession {
	return (&routing.SessionSource{}).NewPaymentSessionEmpty()
}

// sendToRoute makes a payment over a route.
func sendToRoute(r *routing.ChannelRouter, hash lntypes.Hash, rt *route.Route,
	skipTempErr bool) error {

	send := r.SendToRoute
	if skipTempErr {
		send = r.SendToRouteSkipTempErr
	}
	_, err := send(hash, rt, nil)

	return err
}

// sendPayment makes a payment over routes that its session finds.
func sendPayment(r *routing.ChannelRouter, p *routing.LightningPayment) error {
	_, _, err := r.SendPayment(p)

	return err
}

// paymentStatus returns the name of a stored payment's status.
func paymentStatus(b testing.TB, tower routing.ControlTower,
	hash lntypes.Hash) string {

	b.Helper()

	payment, err := tower.FetchPayment(hash)
	check(b, err)

	return payment.GetStatus().String()
}

// initPayment announces a new payment.
func initPayment(tower routing.ControlTower, hash lntypes.Hash) error {
	return tower.InitPayment(hash, &channeldb.PaymentCreationInfo{
		PaymentIdentifier: hash, Value: amount,
		CreationTime: time.Now(),
	})
}

// failPayment announces a payment's end.
func failPayment(tower routing.ControlTower, hash lntypes.Hash) error {
	return tower.FailPayment(hash, reasonError)
}

// registerAttempt announces a payment's attempt.
func registerAttempt(tower routing.ControlTower, hash lntypes.Hash) error {
	key, _ := btcec.PrivKeyFromBytes([]byte{1})
	attempt := channeldb.NewHtlcAttempt(
		lastAttempt.Add(1), key, *newRoute(), time.Now(), &hash,
	)

	return tower.RegisterAttempt(hash, &attempt.HTLCAttemptInfo)
}

// countLive returns how many payments have not ended. It is the scan of the
// whole database that the router makes when it starts.
func countLive(b testing.TB, tower routing.ControlTower) int {
	b.Helper()

	live, err := tower.FetchInFlightPayments()
	check(b, err)

	return len(live)
}

// fetchPayment returns a payment as the control tower finds it in its database,
// or nil if there is none.
func fetchPayment(tower routing.ControlTower,
	hash lntypes.Hash) (*storedPayment, error) {

	payment, err := tower.FetchPayment(hash)
	switch {
	case errors.Is(err, channeldb.ErrPaymentNotInitiated):
		return nil, nil
	case err != nil:
		return nil, err
	}

	return payment.(*storedPayment), nil
}

// listPayments returns all payments, as ListPayments does.
func listPayments(db paymentsDB) ([]*storedPayment, error) {
	list, err := db.QueryPayments(channeldb.PaymentsQuery{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}

// deletePayment deletes a payment that has ended.
func deletePayment(db paymentsDB, hash lntypes.Hash) error {
	return db.DeletePayment(hash, false)
}
