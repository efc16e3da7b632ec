//go:build tower && paymentsdb

package lnd

import (
	"math"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/stretchr/testify/require"
)

// This file is for lnd versions that keep payments in a package of their own;
// channeldb.go has the same for those before.

// What lnd calls the parts of a payment.
type (
	FailureReason = paymentsdb.FailureReason
	StoredPayment = paymentsdb.MPPayment
	StoredAttempt = paymentsdb.HTLCAttempt

	creationInfo = paymentsdb.PaymentCreationInfo
	attemptInfo  = paymentsdb.HTLCAttemptInfo
	settleInfo   = paymentsdb.HTLCSettleInfo
	failInfo     = paymentsdb.HTLCFailInfo
	paymentsDB   = paymentsdb.DB
)

// The failure reasons, from the least to the most specific, and how an HTLC
// fails whose failure has a message.
const (
	reasonError   = paymentsdb.FailureReasonError
	reasonCancel  = paymentsdb.FailureReasonCanceled
	reasonTimeout = paymentsdb.FailureReasonTimeout
	reasonNoRoute = paymentsdb.FailureReasonNoRoute
	reasonBalance = paymentsdb.FailureReasonInsufficientBalance
	reasonDetails = paymentsdb.FailureReasonPaymentDetails

	failMessage = paymentsdb.HTLCFailMessage
)

// errNotInitiated is lnd's error when there is no payment.
var errNotInitiated = paymentsdb.ErrPaymentNotInitiated

// newTower creates a control tower on a key-value database, the way that lnd
// does: in between is its channel database. It returns where the payments are
// listed and deleted as well.
func newTower(t testing.TB, backend kvdb.Backend) (routing.ControlTower,
	paymentsDB) {

	t.Helper()

	db, err := channeldb.CreateWithBackend(backend)
	require.NoError(t, err)

	payments, err := paymentsdb.NewKVStore(db)
	require.NoError(t, err)

	return towerOn(payments), payments
}

// towerOn creates a control tower that nobody has heard anything of.
func towerOn(db paymentsDB) routing.ControlTower {
	return routing.NewControlTower(db)
}

// newAttempt describes an attempt.
func newAttempt(id uint64, key *btcec.PrivateKey, rt route.Route,
	at time.Time, hash lntypes.Hash) (*attemptInfo, error) {

	attempt, err := paymentsdb.NewHtlcAttempt(id, key, rt, at, &hash)
	if err != nil {
		return nil, err
	}

	return &attempt.HTLCAttemptInfo, nil
}

// List returns all payments, as ListPayments does.
func (p *Payments) List() ([]*StoredPayment, error) {
	list, err := p.db.QueryPayments(ctx, paymentsdb.Query{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}
