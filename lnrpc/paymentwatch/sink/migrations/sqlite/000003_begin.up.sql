-- Where a sink begins that is not to have all payments. The only row, if it is
-- there, is written together with the first position.
CREATE TABLE IF NOT EXISTS position_begin (
    id INTEGER PRIMARY KEY CHECK (id = 1),

    -- A creation time: payments up to there are not to be delivered, but those
    -- that were in flight then.
    began_ns BIGINT NOT NULL
);
