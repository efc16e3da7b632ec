//go:build tower && paymentsdb

package lnd

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/lightningnetwork/lnd/channeldb"
	"github.com/lightningnetwork/lnd/fn/v2"
	"github.com/lightningnetwork/lnd/htlcswitch"
	"github.com/lightningnetwork/lnd/kvdb"
	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/routing/route"
	"github.com/lightningnetwork/lnd/tlv"
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

	return routing.NewControlTower(payments), payments
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

// init initiates a payment.
func (p *Payments) init(hash lntypes.Hash, info *creationInfo) error {
	return p.InitPayment(ctx, hash, info)
}

// initWith initiates a payment with its first attempt.
func (p *Payments) initWith(hash lntypes.Hash, info *creationInfo,
	attempt *attemptInfo) error {

	tower, ok := p.ControlTower.(interface {
		InitPaymentWithAttempt(context.Context, lntypes.Hash,
			*creationInfo, *attemptInfo) error
	})
	if !ok {
		return errStock
	}

	return tower.InitPaymentWithAttempt(ctx, hash, info, attempt)
}

// register registers an attempt.
func (p *Payments) register(hash lntypes.Hash, attempt *attemptInfo) error {
	return p.RegisterAttempt(ctx, hash, attempt)
}

// settle settles an attempt.
func (p *Payments) settle(hash lntypes.Hash, id uint64,
	info *settleInfo) (*StoredAttempt, error) {

	return p.SettleAttempt(ctx, hash, id, info)
}

// fail fails an attempt.
func (p *Payments) fail(hash lntypes.Hash, id uint64,
	info *failInfo) (*StoredAttempt, error) {

	return p.FailAttempt(ctx, hash, id, info)
}

// failBecause fails an attempt and proposes a reason for its payment.
func (p *Payments) failBecause(hash lntypes.Hash, id uint64, info *failInfo,
	reason FailureReason, deleteFailed bool) (*StoredAttempt, error) {

	tower, ok := p.ControlTower.(interface {
		FailAttemptWithReason(context.Context, lntypes.Hash, uint64,
			*failInfo, FailureReason, bool) (*StoredAttempt, error)
	})
	if !ok {
		return nil, errStock
	}

	return tower.FailAttemptWithReason(
		ctx, hash, id, info, reason, deleteFailed,
	)
}

// giveUp fails a payment.
func (p *Payments) giveUp(hash lntypes.Hash, reason FailureReason) error {
	return p.FailPayment(ctx, hash, reason)
}

// removeFailed deletes the failed attempts of a payment.
func (p *Payments) removeFailed(hash lntypes.Hash) error {
	return p.DeleteFailedAttempts(ctx, hash)
}

// fetch returns a payment as the control tower finds it in its database.
func (p *Payments) fetch(hash lntypes.Hash) (any, error) {
	return p.FetchPayment(ctx, hash)
}

// Live returns all payments that have not ended. It is the scan of the whole
// database that the router makes when it starts.
func (p *Payments) Live() ([]*StoredPayment, error) {
	return p.FetchInFlightPayments(ctx)
}

// List returns all payments, as ListPayments does.
func (p *Payments) List() ([]*StoredPayment, error) {
	list, err := p.db.QueryPayments(ctx, paymentsdb.Query{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}

// Delete deletes a payment that has ended.
func (p *Payments) Delete(hash lntypes.Hash) error {
	return p.db.DeletePayment(ctx, hash, false)
}

// SendToRoute makes a payment over a route.
func SendToRoute(r *routing.ChannelRouter, hash lntypes.Hash, rt *route.Route,
	skipTempErr bool) error {

	send := r.SendToRoute
	if skipTempErr {
		send = r.SendToRouteSkipTempErr
	}
	_, err := send(ctx, hash, rt, nil)

	return err
}

// SendPayment makes a payment over routes that its session finds.
func SendPayment(r *routing.ChannelRouter, p *routing.LightningPayment) error {
	_, _, err := r.SendPayment(ctx, p)

	return err
}

// NewPaymentSession returns the session that every payment has.
func (s sessions) NewPaymentSession(*routing.LightningPayment,
	fn.Option[tlv.Blob], fn.Option[htlcswitch.AuxTrafficShaper]) (
	routing.PaymentSession, error) {

	return s.session, nil
}
