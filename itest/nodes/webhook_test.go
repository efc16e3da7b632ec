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
	"time"

	"lnd-once/itest/regtest"
	"lnd-once/lnrpc/paymentwatch/sink"

	"github.com/stretchr/testify/require"
)

// receivedTables are those of whoever receives a webhook and uses each outcome
// once: a key has one payment, and a payment one key.
const receivedTables = `
	CREATE TABLE payments (
		id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL,
		times INTEGER NOT NULL DEFAULT 1, node_pubkey, payment_hash,
		creation_time_ns, payment_index, status, failure_reason,
		UNIQUE (payment_hash, creation_time_ns)
	);
	CREATE TABLE attempts (payment_id, status)`

// webhook is the name of a monitor with one.
const webhook = "webhook"

// answerTime is how long the server takes to answer when it has stored an outcome:
// whoever is killed meanwhile has to send it again. With more of it nobody could
// keep up with the payments of a fast machine.
const answerTime = 20 * time.Millisecond

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
			time.Sleep(answerTime)
		},
	))
	t.Cleanup(server.Close)

	return newMonitorOf(t, net.Sender, dir, webhook, server.URL, db,
		"--webhook-secret-file="+secret,
		"--position="+filepath.Join(dir, "webhook.position"))
}

// receive stores what a webhook has brought, unless its key is there already: then
// it has to be the same payment. The reason may be another one: stock can have
// overwritten it meanwhile.
func receive(r *http.Request, db *sql.DB) error {
	var m sink.Message
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		return err
	}

	// Who is killed does not wait for the answer, but it has been sent.
	tx, err := db.BeginTx(context.WithoutCancel(r.Context()), nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var (
		id    int64
		first bool
		same  bool
	)
	err = tx.QueryRow(`INSERT INTO payments (key, node_pubkey, payment_hash,
			creation_time_ns, payment_index, status, failure_reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (key) DO UPDATE SET times = times + 1
		RETURNING id, times = 1, payment_hash = $3 AND
			creation_time_ns = $4 AND status = $6`,
		r.Header.Get("Webhook-Id"), m.PubKey, m.PaymentHash,
		m.CreationTimeNs, m.PaymentIndex, m.Status, m.FailureReason,
	).Scan(&id, &first, &same)
	switch {
	case err != nil:
		return fmt.Errorf("%s has another key: %w", m.PaymentHash, err)

	case !same:
		return fmt.Errorf("%s has the key of another payment",
			m.PaymentHash)

	case !first:
		return tx.Commit()
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

// repeated returns how many outcomes a webhook has brought more than once.
func (m *monitor) repeated(t *testing.T) int {
	t.Helper()

	var count int
	require.NoError(t, m.db.QueryRow("SELECT COUNT(*) FROM payments "+
		"WHERE times > 1").Scan(&count))

	return count
}
