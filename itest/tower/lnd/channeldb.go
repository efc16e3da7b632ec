//go:build tower && !paymentsdb

package lnd

import (
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
	"github.com/stretchr/testify/require"
)

// This file is for lnd versions that keep payments in the channel database;
// paymentsdb.go has the same for those after.

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

	// The channel graph, which is kept here too, is empty.
	db, err := channeldb.CreateWithBackend(
		backend, channeldb.OptionSetPreAllocCacheNumNodes(0),
	)
	require.NoError(t, err)

	return routing.NewControlTower(channeldb.NewPaymentControl(db)), db
}

// newAttempt describes an attempt.
func newAttempt(id uint64, key *btcec.PrivateKey, rt route.Route,
	at time.Time, hash lntypes.Hash) (*attemptInfo, error) {

	attempt := channeldb.NewHtlcAttempt(id, key, rt, at, &hash)

	return &attempt.HTLCAttemptInfo, nil
}

// List returns all payments, as ListPayments does.
func (p *Payments) List() ([]*StoredPayment, error) {
	list, err := p.db.QueryPayments(channeldb.PaymentsQuery{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}

// NewPaymentSession returns the session that every payment has.
func (s sessions) NewPaymentSession(*routing.LightningPayment,
	fn.Option[tlv.Blob], fn.Option[htlcswitch.AuxTrafficShaper]) (
	routing.PaymentSession, error) {

	return s.session, nil
}
