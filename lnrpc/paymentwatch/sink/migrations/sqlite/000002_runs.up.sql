-- What the position says without indexes, for a node that numbers its payments
-- anew. The only row, if it is there, is written together with the position.
CREATE TABLE IF NOT EXISTS position_runs (
    id INTEGER PRIMARY KEY CHECK (id = 1),

    -- A creation time: of the payments up to there, all that are to be delivered
    -- have been, but the open ones.
    whole_ns BIGINT NOT NULL,

    -- JSON arrays of objects with payment_hash, creation_time_ns and
    -- payment_index: those that are open, and the last ones seen.
    open TEXT NOT NULL,
    last TEXT NOT NULL
);
