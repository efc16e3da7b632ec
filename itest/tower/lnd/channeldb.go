//go:build tower && !paymentsdb

package lnd

import (
	"math"
	"testing"

	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/stretchr/testify/require"
)

// This file is for lnd versions that keep payments in the channel database;
// paymentsdb.go has the same for those after. What differs among them is in
// fnv1.go and fnv2.go.

// What lnd calls the parts of a payment.
type (
	FailureReason = channeldb.FailureReason
	StoredPayment = channeldb.MPPayment
	StoredAttempt = channeldb.HTLCAttempt

	creationInfo = channeldb.PaymentCreationInfo
	attemptInfo  = channeldb.HTLCAttemptInfo
	settleInfo   = channeldb.HTLCSettleInfo
	failInfo     = channeldb.HTLCFailInfo
	paymentsDB   = *channeldb.DB
)

// The failure reasons, from the least to the most specific, and how an HTLC
// fails whose failure has a message.
const (
	reasonError   = channeldb.FailureReasonError
	reasonCancel  = channeldb.FailureReasonCanceled
	reasonTimeout = channeldb.FailureReasonTimeout
	reasonNoRoute = channeldb.FailureReasonNoRoute
	reasonBalance = channeldb.FailureReasonInsufficientBalance
	reasonDetails = channeldb.FailureReasonPaymentDetails

	failMessage = channeldb.HTLCFailMessage
)

// errNotInitiated is lnd's error when there is no payment.
var errNotInitiated = channeldb.ErrPaymentNotInitiated

// newTower creates a control tower on a key-value database, and returns where
// its payments are listed and deleted.
func newTower(t testing.TB, backend kvdb.Backend) (routing.ControlTower,
	paymentsDB) {

	t.Helper()

	db, err := channeldb.CreateWithBackend(backend, channelOptions...)
	require.NoError(t, err)

	return towerOn(db), db
}

// towerOn creates a control tower that nobody has heard anything of.
func towerOn(db paymentsDB) routing.ControlTower {
	return routing.NewControlTower(channeldb.NewPaymentControl(db))
}

// List returns all payments, as ListPayments does.
func (p *Payments) List() ([]*StoredPayment, error) {
	list, err := p.db.QueryPayments(channeldb.PaymentsQuery{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}
