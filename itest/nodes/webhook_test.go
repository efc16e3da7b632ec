//go:build nodes

package nodes

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/stretchr/testify/require"
)

// receivedTables are those of whoever receives a webhook and uses each outcome
// once: a key has one payment, and a payment one key.
const receivedTables = `
	CREATE TABLE payments (
		id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL, node_pubkey,
		payment_hash, creation_time_ns, payment_index, status,
		failure_reason, UNIQUE (payment_hash, creation_time_ns)
	);
	CREATE TABLE attempts (payment_id, status)`

// newWebhook prepares a monitor of the sender with a webhook, whose server stores
// each outcome that comes with a new key.
func newWebhook(t *testing.T, net *regtest.Network, dir string) *monitor {
	t.Helper()

	db, err := sql.Open("sqlite", sqliteFile(dir, "webhook"))
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	_, err = db.Exec(receivedTables)
	require.NoError(t, err)
	secret := filepath.Join(dir, "webhook.secret")
	require.NoError(t, os.WriteFile(
		secret, []byte(strings.Repeat("c2Vj", 8)), 0o600,
	))
	server := httptest.NewServer(http.HandlerFunc(
		func(w http.ResponseWriter, r *http.Request) {
			// What is refused ends the monitor, which it may not.
			if err := receive(r, db); err != nil {
				t.Error(err)
				w.WriteHeader(http.StatusConflict)
			}
		},
	))
	t.Cleanup(server.Close)

	return newMonitorOf(t, net.Sender, dir, "webhook", server.URL, db,
		"--webhook-secret-file="+secret,
		"--position="+filepath.Join(dir, "webhook.position"))
}

// receive stores what a webhook has brought, unless its key is there already: then
// it has to be the same payment.
func receive(r *http.Request, db *sql.DB) error {
	var m sink.Message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return err
	}
	key := r.Header.Get("Webhook-Id")

	// Who is killed does not wait for the answer, but it has been sent.
	tx, err := db.BeginTx(context.WithoutCancel(r.Context()), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	result, err := tx.Exec(`INSERT INTO payments (key, node_pubkey,
			payment_hash, creation_time_ns, payment_index, status,
			failure_reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (key) DO NOTHING`, key, m.PubKey, m.PaymentHash,
		m.CreationTimeNs, m.PaymentIndex, m.Status, m.FailureReason)
	if err != nil {
		return fmt.Errorf("%s has another key: %w", m.PaymentHash, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return samePayment(tx, key, &m)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return err
	}
	for _, a := range m.Attempts {
		_, err := tx.Exec("INSERT INTO attempts VALUES ($1, $2)", id,
			a.Status)
		if err != nil {
			return err
		}
	}

	return tx.Commit()
}

// samePayment returns an error if a key has come with another payment before. The
// reason may be another one: stock can have overwritten it meanwhile.
func samePayment(tx *sql.Tx, key string, m *sink.Message) error {
	var same bool
	err := tx.QueryRow(`SELECT payment_hash = $1 AND creation_time_ns = $2
			AND status = $3
		FROM payments WHERE key = $4`, m.PaymentHash, m.CreationTimeNs,
		m.Status, key).Scan(&same)
	if err == nil && !same {
		err = fmt.Errorf("%s has come with the key of another payment",
			m.PaymentHash)
	}

	return err
}
