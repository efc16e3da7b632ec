DROP TABLE IF EXISTS position_runs;
