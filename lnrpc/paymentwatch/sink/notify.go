package sink

import (
	"context"
	"encoding/json"
	"fmt"
)

// NotifyChannel is the channel of PostgreSQL on which each payment is announced
// when it is stored, as a Notification in JSON.
const NotifyChannel = "paymentwatch"

// Notification says which payment was stored. It is sent by the transaction that
// stores the row, so that who hears of it finds the row, and nobody hears of one
// that was not stored.
type Notification struct {
	NodePubKey     string  `json:"node_pubkey"`
	PaymentHash    string  `json:"payment_hash"`
	CreationTimeNs int64   `json:"creation_time_ns"`
	Status         string  `json:"status"`
	FailureReason  *string `json:"failure_reason"`
}

// notify announces payments when the transaction is committed.
func notify(ctx context.Context, q querier, identity Identity,
	payments []*Payment) error {

	if len(payments) == 0 {
		return nil
	}
	texts := make([]string, 0, len(payments))
	for _, p := range payments {
		text, err := json.Marshal(&Notification{
			NodePubKey: identity.PubKey, PaymentHash: p.PaymentHash,
			CreationTimeNs: p.CreationTimeNs, Status: p.Status,
			FailureReason: p.FailureReason,
		})
		if err != nil {
			return err
		}
		texts = append(texts, string(text))
	}
	_, err := q.ExecContext(ctx, "SELECT pg_notify($1, text) FROM "+
		"unnest($2::text[]) AS text", NotifyChannel, texts)
	if err != nil {
		return fmt.Errorf("unable to announce payments: %w", err)
	}

	return nil
}
