//go:build tower && paymentsdb

package oncetower

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"path/filepath"
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
	"github.com/lightningnetwork/lnd/sqldb"
	"github.com/lightningnetwork/lnd/tlv"
)

// This file is for lnd versions that keep payments in a package of their own;
// channeldb_test.go has the same for those before.

type (
	failureReason = paymentsdb.FailureReason
	paymentsDB    = paymentsdb.DB
	storedAttempt = paymentsdb.HTLCAttempt
	storedPayment = paymentsdb.MPPayment
)

const (
	reasonDetails = paymentsdb.FailureReasonPaymentDetails
	reasonError   = paymentsdb.FailureReasonError
)

// newTower creates a control tower on a key-value database, the way that lnd
// does: in between is its channel database. It returns where the payments are
// listed and deleted as well.
func newTower(b testing.TB, backend kvdb.Backend) (routing.ControlTower,
	paymentsDB) {

	b.Helper()

	db, err := channeldb.CreateWithBackend(backend)
	check(b, err)

	payments, err := paymentsdb.NewKVStore(db)
	check(b, err)

	return routing.NewControlTower(payments), payments
}

// nativeStores lists the databases with tables for payments.
func nativeStores() []store {
	return []store{
		{name: "nativesqlite", create: newNativeSQLite},
		{name: "nativepostgres", create: newNativePostgres},
	}
}

// newNativeSQLite creates an SQLite database with tables for payments.
func newNativeSQLite(b testing.TB) database {
	file := filepath.Join(b.TempDir(), "lnd.sqlite")

	return nativeDatabase(sqldb.DefaultSQLiteConfig(),
		func() (sqldb.DB, error) {
			return sqldb.NewSqliteStore(
				&sqldb.SqliteConfig{}, file,
			)
		},
	)
}

// newNativePostgres creates a PostgreSQL database with tables for payments.
func newNativePostgres(b testing.TB) database {
	url := createDatabase(b)

	return nativeDatabase(sqldb.DefaultPostgresConfig(),
		func() (sqldb.DB, error) {
			return sqldb.NewPostgresStore(&sqldb.PostgresConfig{
				Dsn:            url,
				MaxConnections: postgresConnections,
			})
		},
	)
}

// nativeDatabase returns a payments database on an SQL database.
func nativeDatabase(config *sqldb.QueryConfig,
	open func() (sqldb.DB, error)) database {

	// To look for tables that are missing takes longer than all else.
	created := false

	return func(b testing.TB, count *commits) *payments {
		b.Helper()

		db, err := open()
		check(b, err)
		base := db.GetBaseDB()
		if !created {
			check(b, db.ApplyAllMigrations(
				ctxb, sqldb.GetMigrations(),
			))
			created = true
		}

		executor := sqldb.NewTransactionExecutor(
			base, func(tx *sql.Tx) paymentsdb.SQLQueries {
				return base.WithTx(tx)
			},
		)
		store, err := paymentsdb.NewSQLStore(
			&paymentsdb.SQLStoreConfig{QueryCfg: config},
			&countingSQL{
				BatchedSQLQueries: executor, commits: count,
			},
		)
		check(b, err)

		p := opened(
			b, routing.NewControlTower(store), store, base.DB.Close,
		)
		p.overwriteReason = func(payment lntypes.Hash,
			reason int32) error {

			return updateReason(base.DB, payment, reason)
		}

		return p
	}
}

// updateReason gives a payment in an SQL database any failure reason.
func updateReason(db *sql.DB, payment lntypes.Hash, reason int32) error {
	result, err := db.Exec("UPDATE payments SET fail_reason = $1 WHERE "+
		"payment_identifier = $2", reason, payment[:])
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err == nil && n != 1 {
		err = fmt.Errorf("the reason of %d payments was set", n)
	}

	return err
}

// countingSQL counts the commits of an SQL database.
type countingSQL struct {
	paymentsdb.BatchedSQLQueries

	commits *commits
}

// ExecTx runs a transaction and counts it once it is committed, if it can have
// written anything.
func (c *countingSQL) ExecTx(ctx context.Context, opts sqldb.TxOptions,
	body func(paymentsdb.SQLQueries) error, reset func()) error {

	transact := c.commits.write
	if opts.ReadOnly() {
		transact = c.commits.read
	}

	return transact(func() error {
		return c.BatchedSQLQueries.ExecTx(
			ctx, opts, again(c.commits, body), reset,
		)
	})
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
	_, err := send(ctxb, hash, rt, nil)

	return err
}

// sendPayment makes a payment over routes that its session finds.
func sendPayment(r *routing.ChannelRouter, p *routing.LightningPayment) error {
	_, _, err := r.SendPayment(ctxb, p)

	return err
}

// paymentStatus returns the name of a stored payment's status.
func paymentStatus(b testing.TB, tower routing.ControlTower,
	hash lntypes.Hash) string {

	b.Helper()

	payment, err := tower.FetchPayment(ctxb, hash)
	check(b, err)

	return payment.GetStatus().String()
}

// initPayment announces a new payment.
func initPayment(tower routing.ControlTower, hash lntypes.Hash) error {
	return tower.InitPayment(ctxb, hash, &paymentsdb.PaymentCreationInfo{
		PaymentIdentifier: hash, Value: amount,
		CreationTime: time.Now(),
	})
}

// failPayment announces a payment's end.
func failPayment(tower routing.ControlTower, hash lntypes.Hash) error {
	return tower.FailPayment(ctxb, hash, reasonError)
}

// registerAttempt announces a payment's attempt.
func registerAttempt(tower routing.ControlTower, hash lntypes.Hash) error {
	key, _ := btcec.PrivKeyFromBytes([]byte{1})
	attempt, err := paymentsdb.NewHtlcAttempt(
		lastAttempt.Add(1), key, *newRoute(), time.Now(), &hash,
	)
	if err != nil {
		return err
	}

	return tower.RegisterAttempt(ctxb, hash, &attempt.HTLCAttemptInfo)
}

// countLive returns how many payments have not ended. It is the scan of the
// whole database that the router makes when it starts.
func countLive(b testing.TB, tower routing.ControlTower) int {
	b.Helper()

	live, err := tower.FetchInFlightPayments(ctxb)
	check(b, err)

	return len(live)
}

// fetchPayment returns a payment as the control tower finds it in its database,
// or nil if there is none.
func fetchPayment(tower routing.ControlTower,
	hash lntypes.Hash) (*storedPayment, error) {

	payment, err := tower.FetchPayment(ctxb, hash)
	switch {
	case errors.Is(err, paymentsdb.ErrPaymentNotInitiated):
		return nil, nil
	case err != nil:
		return nil, err
	}

	return payment.(*storedPayment), nil
}

// listPayments returns all payments, as ListPayments does.
func listPayments(db paymentsDB) ([]*storedPayment, error) {
	list, err := db.QueryPayments(ctxb, paymentsdb.Query{
		MaxPayments: math.MaxUint64, IncludeIncomplete: true,
	})

	return list.Payments, err
}

// deletePayment deletes a payment that has ended.
func deletePayment(db paymentsDB, hash lntypes.Hash) error {
	return db.DeletePayment(ctxb, hash, false)
}
