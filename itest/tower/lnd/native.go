//go:build tower && nativesql

package lnd

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/lightningnetwork/lnd/lntypes"
	paymentsdb "github.com/lightningnetwork/lnd/payments/db"
	"github.com/lightningnetwork/lnd/routing"
	"github.com/lightningnetwork/lnd/sqldb"
	"github.com/stretchr/testify/require"
)

// nativeKinds lists the databases with tables for payments.
func nativeKinds(server Server) []Kind {
	return []Kind{
		{Name: "nativesqlite", Create: newNativeSQLite},
		{Name: "nativepostgres", Create: func(t testing.TB) Database {
			return newNativePostgres(t, server)
		}},
	}
}

// newNativeSQLite creates an SQLite database with tables for payments.
func newNativeSQLite(t testing.TB) Database {
	file := filepath.Join(t.TempDir(), "lnd.sqlite")

	return nativeDatabase(sqldb.DefaultSQLiteConfig(),
		func() (sqldb.DB, error) {
			return sqldb.NewSqliteStore(
				&sqldb.SqliteConfig{}, file,
			)
		},
	)
}

// newNativePostgres creates a PostgreSQL database with tables for payments.
func newNativePostgres(t testing.TB, server Server) Database {
	url := createDatabase(t, server)

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
	open func() (sqldb.DB, error)) Database {

	// To look for tables that are missing takes longer than all else.
	created := false

	return func(t testing.TB, count *Commits) *Payments {
		t.Helper()

		db, err := open()
		require.NoError(t, err)
		base := db.GetBaseDB()
		if !created {
			require.NoError(t, db.ApplyAllMigrations(
				ctx, sqldb.GetMigrations(),
			))
			created = true
		}

		executor := sqldb.NewTransactionExecutor(
			base, func(tx *sql.Tx) paymentsdb.SQLQueries {
				return base.WithTx(tx)
			},
		)
		storeOn := func(db paymentsdb.BatchedSQLQueries) *paymentsdb.
			SQLStore {

			store, err := paymentsdb.NewSQLStore(
				&paymentsdb.SQLStoreConfig{QueryCfg: config}, db,
			)
			require.NoError(t, err)

			return store
		}
		store := storeOn(&countingSQL{
			BatchedSQLQueries: executor, commits: count,
		})

		p := opened(
			t, routing.NewControlTower(store), store, base.DB.Close,
		)
		p.observed = storeOn(executor)
		p.OverwriteReason = func(payment lntypes.Hash,
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

	commits *Commits
}

// ExecTx runs a transaction and counts it once it is committed, if it can have
// written anything.
func (c *countingSQL) ExecTx(ctx context.Context, opts sqldb.TxOptions,
	body func(paymentsdb.SQLQueries) error, reset func()) error {

	transact := func(fault error) error {
		return c.BatchedSQLQueries.ExecTx(
			ctx, opts, again(c.commits, body, fault), reset,
		)
	}
	if !opts.ReadOnly() {
		return c.commits.write(transact)
	}

	return c.commits.read(func() error { return transact(nil) })
}
