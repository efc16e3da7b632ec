-- Every statement can be repeated: a migration that was interrupted is run
-- again from its start.

-- The node whose payments these are, and how far they have been delivered. The
-- only row is written in the transaction that writes the payments it speaks of.
CREATE TABLE IF NOT EXISTS position (
    id INTEGER PRIMARY KEY CHECK (id = 1),

    -- The node's public key in hex, and its network as lnd names it.
    node_pubkey TEXT NOT NULL,
    network TEXT NOT NULL,

    -- All payments with a lower index have been delivered. NULL before the
    -- first delivery.
    next_index BIGINT,

    -- The indexes from there on that have been delivered, too, as ranges:
    -- 12-40,42.
    beyond TEXT NOT NULL DEFAULT '',

    -- The creation time of the newest of all these. An index is only theirs up
    -- to this time, since a node may give it to a later payment, see below.
    newest_ns BIGINT NOT NULL DEFAULT 0,

    -- When that was, in UTC.
    updated_at TEXT NOT NULL
);

-- One row for the outcome of a payment: one run of a payment hash, from its
-- creation to its end. A retry of the hash is another row.
CREATE TABLE IF NOT EXISTS payments (
    -- The order in which the payments were delivered.
    id INTEGER PRIMARY KEY,

    -- What identifies a payment. An AMP payment has its set id for a hash.
    payment_hash TEXT NOT NULL,
    creation_time_ns BIGINT NOT NULL,

    -- lnd's index of the payment. It is not unique: a node with the native SQL
    -- schema on SQLite gives the index of a deleted or retried payment to the
    -- next one if it was the latest.
    payment_index BIGINT NOT NULL,

    status TEXT NOT NULL CHECK (status IN ('SUCCEEDED', 'FAILED')),

    -- lnd's name of it without FAILURE_REASON_, such as NO_ROUTE.
    failure_reason TEXT,

    -- In millisatoshis. The fee is what was paid, 0 for a failed payment.
    value_msat BIGINT NOT NULL,
    fee_msat BIGINT NOT NULL,

    -- The invoice that was to be paid, if there was one.
    payment_request TEXT,

    -- The public key of the recipient in hex, if it is known. On a blinded path
    -- this is the blinded key of its last hop.
    destination TEXT,

    -- The proof of payment in hex, if the payment has succeeded.
    payment_preimage TEXT,

    -- Times are in UTC, as 2025-11-22T20:46:17.123456789Z. The end is that of
    -- the last attempt, and NULL if there was no attempt.
    creation_time TEXT NOT NULL,
    resolve_time TEXT,
    delivered_at TEXT NOT NULL,

    UNIQUE (payment_hash, creation_time_ns),

    CHECK ((status = 'FAILED') = (failure_reason IS NOT NULL))
);

CREATE INDEX IF NOT EXISTS payments_payment_index
    ON payments (payment_index);
CREATE INDEX IF NOT EXISTS payments_creation_time
    ON payments (creation_time);

-- The HTLCs that were sent for a payment. Those that failed are missing if the
-- node deleted them, as lnd does unless it has keep-failed-payment-attempts.
CREATE TABLE IF NOT EXISTS attempts (
    payment_id BIGINT NOT NULL REFERENCES payments (id) ON DELETE CASCADE,
    attempt_id BIGINT NOT NULL,

    -- IN_FLIGHT, SUCCEEDED or FAILED.
    status TEXT NOT NULL,
    attempt_time TEXT NOT NULL,
    resolve_time TEXT,

    -- What the first hop was offered, fees included.
    total_amt_msat BIGINT NOT NULL,
    total_fees_msat BIGINT NOT NULL,
    total_time_lock BIGINT NOT NULL,

    -- lnd's name of the failure, and the hop that reported it: 0 is the node
    -- itself. NULL if the attempt did not fail.
    failure_code TEXT,
    failure_source_index BIGINT,

    -- The route, a JSON array of objects with pub_key, chan_id,
    -- amt_to_forward_msat, fee_msat and expiry.
    hops TEXT NOT NULL,

    PRIMARY KEY (payment_id, attempt_id)
);
