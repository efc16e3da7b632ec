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

// init initiates a payment.
func (p *Payments) init(hash lntypes.Hash, info *creationInfo) error {
	return p.InitPayment(hash, info)
}

// initWith initiates a payment with its first attempt.
func (p *Payments) initWith(hash lntypes.Hash, info *creationInfo,
	attempt *attemptInfo) error {

	tower, ok := p.ControlTower.(interface {
		InitPaymentWithAttempt(lntypes.Hash, *creationInfo,
			*attemptInfo) error
	})
	if !ok {
		return errStock
	}

	return tower.InitPaymentWithAttempt(hash, info, attempt)
}

// register registers an attempt.
func (p *Payments) register(hash lntypes.Hash, attempt *attemptInfo) error {
	return p.RegisterAttempt(hash, attempt)
}

// settle settles an attempt.
func (p *Payments) settle(hash lntypes.Hash, id uint64,
	info *settleInfo) (*StoredAttempt, error) {

	return p.SettleAttempt(hash, id, info)
}

// fail fails an attempt.
func (p *Payments) fail(hash lntypes.Hash, id uint64,
	info *failInfo) (*StoredAttempt, error) {

	return p.FailAttempt(hash, id, info)
}

// failBecause fails an attempt and proposes a reason for its payment.
func (p *Payments) failBecause(hash lntypes.Hash, id uint64, info *failInfo,
	reason FailureReason, deleteFailed bool) (*StoredAttempt, error) {

	tower, ok := p.ControlTower.(interface {
		FailAttemptWithReason(lntypes.Hash, uint64, *failInfo,
			FailureReason, bool) (*StoredAttempt, error)
	})
	if !ok {
		return nil, errStock
	}

	return tower.FailAttemptWithReason(
		hash, id, info, reason, deleteFailed,
	)
}

// giveUp fails a payment.
func (p *Payments) giveUp(hash lntypes.Hash, reason FailureReason) error {
	return p.FailPayment(hash, reason)
}

// removeFailed deletes the failed attempts of a payment.
func (p *Payments) removeFailed(hash lntypes.Hash) error {
	return p.DeleteFailedAttempts(hash)
}

// fetch returns a payment as the control tower finds it in its database.
func (p *Payments) fetch(hash lntypes.Hash) (any, error) {
	return p.FetchPayment(hash)
}

// Live returns all payments that have not ended. It is the scan of the whole
// database that the router makes when it starts.
func (p *Payments) Live() ([]*StoredPayment, error) {
	return p.FetchInFlightPayments()
}

// List returns all payments, as ListPayments does.
func (p *Payments) List() ([]*StoredPayment, error) {
	list, err := p.db.QueryPayments(channeldb.PaymentsQuery{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}

// Delete deletes a payment that has ended.
func (p *Payments) Delete(hash lntypes.Hash) error {
	return p.db.DeletePayment(hash, false)
}

// SendToRoute makes a payment over a route.
func SendToRoute(r *routing.ChannelRouter, hash lntypes.Hash, rt *route.Route,
	skipTempErr bool) error {

	send := r.SendToRoute
	if skipTempErr {
		send = r.SendToRouteSkipTempErr
	}
	_, err := send(hash, rt, nil)

	return err
}

// SendPayment makes a payment over routes that its session finds.
func SendPayment(r *routing.ChannelRouter, p *routing.LightningPayment) error {
	_, _, err := r.SendPayment(p)

	return err
}

// NewPaymentSession returns the session that every payment has.
func (s sessions) NewPaymentSession(*routing.LightningPayment,
	fn.Option[tlv.Blob], fn.Option[htlcswitch.AuxTrafficShaper]) (
	routing.PaymentSession, error) {

	return s.session, nil
}
