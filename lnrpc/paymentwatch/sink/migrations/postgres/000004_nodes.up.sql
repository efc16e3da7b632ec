-- A sink can have the payments of several nodes, by their public keys. What is
-- there already is of the node that the position names: whoever repeats this has
-- no other one yet.
DO $$
DECLARE
    of_node TEXT := 'node_pubkey TEXT NOT NULL DEFAULT ' ||
        quote_nullable((SELECT node_pubkey FROM position));
BEGIN
    EXECUTE 'ALTER TABLE payments ADD COLUMN IF NOT EXISTS ' || of_node;
    EXECUTE 'ALTER TABLE position_runs ADD COLUMN IF NOT EXISTS ' || of_node;
    EXECUTE 'ALTER TABLE position_begin ADD COLUMN IF NOT EXISTS ' || of_node;
END $$;
ALTER TABLE payments ALTER COLUMN node_pubkey DROP DEFAULT;
ALTER TABLE position_runs ALTER COLUMN node_pubkey DROP DEFAULT;
ALTER TABLE position_begin ALTER COLUMN node_pubkey DROP DEFAULT;

-- The position of a node is the row with its key, and no longer the only row.
ALTER TABLE position DROP COLUMN IF EXISTS id;
ALTER TABLE position_runs DROP COLUMN IF EXISTS id;
ALTER TABLE position_begin DROP COLUMN IF EXISTS id;
CREATE UNIQUE INDEX IF NOT EXISTS position_node
    ON position (node_pubkey);
CREATE UNIQUE INDEX IF NOT EXISTS position_runs_node
    ON position_runs (node_pubkey);
CREATE UNIQUE INDEX IF NOT EXISTS position_begin_node
    ON position_begin (node_pubkey);

-- Two nodes can pay the same hash.
ALTER TABLE payments
    DROP CONSTRAINT IF EXISTS payments_payment_hash_creation_time_ns_key;
CREATE UNIQUE INDEX IF NOT EXISTS payments_run
    ON payments (payment_hash, creation_time_ns, node_pubkey);
