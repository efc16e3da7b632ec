-- A sink can have the payments of several nodes, by their public keys. What is
-- there already is of the node that the position names: whoever repeats this has
-- no other one yet. SQLite cannot change a table's keys, so the tables are made
-- anew, see 000001 and later for what their columns mean.
CREATE TABLE payments_of_nodes (
    id INTEGER PRIMARY KEY,
    node_pubkey TEXT NOT NULL,
    payment_hash TEXT NOT NULL,
    creation_time_ns BIGINT NOT NULL,
    payment_index BIGINT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('SUCCEEDED', 'FAILED')),
    failure_reason TEXT,
    value_msat BIGINT NOT NULL,
    fee_msat BIGINT NOT NULL,
    payment_request TEXT,
    destination TEXT,
    payment_preimage TEXT,
    creation_time TEXT NOT NULL,
    resolve_time TEXT,
    delivered_at TEXT NOT NULL,

    -- Two nodes can pay the same hash.
    UNIQUE (payment_hash, creation_time_ns, node_pubkey),

    CHECK ((status = 'FAILED') = (failure_reason IS NOT NULL))
);
INSERT INTO payments_of_nodes
SELECT id, (SELECT node_pubkey FROM position), payment_hash, creation_time_ns,
    payment_index, status, failure_reason, value_msat, fee_msat,
    payment_request, destination, payment_preimage, creation_time,
    resolve_time, delivered_at
FROM payments;
DROP TABLE payments;
ALTER TABLE payments_of_nodes RENAME TO payments;
CREATE INDEX payments_payment_index ON payments (payment_index);
CREATE INDEX payments_creation_time ON payments (creation_time);

-- The position of a node is the row with its key, and no longer the only row.
CREATE TABLE position_runs_of_nodes (
    node_pubkey TEXT PRIMARY KEY,
    whole_ns BIGINT NOT NULL,
    open TEXT NOT NULL,
    last TEXT NOT NULL
);
INSERT INTO position_runs_of_nodes
SELECT (SELECT node_pubkey FROM position), whole_ns, open, last
FROM position_runs;
DROP TABLE position_runs;
ALTER TABLE position_runs_of_nodes RENAME TO position_runs;

CREATE TABLE position_begin_of_nodes (
    node_pubkey TEXT PRIMARY KEY,
    began_ns BIGINT NOT NULL
);
INSERT INTO position_begin_of_nodes
SELECT (SELECT node_pubkey FROM position), began_ns FROM position_begin;
DROP TABLE position_begin;
ALTER TABLE position_begin_of_nodes RENAME TO position_begin;

CREATE TABLE position_of_nodes (
    node_pubkey TEXT PRIMARY KEY,
    network TEXT NOT NULL,
    next_index BIGINT,
    beyond TEXT NOT NULL DEFAULT '',
    newest_ns BIGINT NOT NULL DEFAULT 0,
    updated_at TEXT NOT NULL
);
INSERT INTO position_of_nodes
SELECT node_pubkey, network, next_index, beyond, newest_ns, updated_at
FROM position;
DROP TABLE position;
ALTER TABLE position_of_nodes RENAME TO position;
