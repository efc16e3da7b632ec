DROP TABLE IF EXISTS position_begin;
