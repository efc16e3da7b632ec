package sink

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
)

// schemaVersion is the number of the last migration.
const schemaVersion = 4

// migrationsTable says which migrations have been made. Its columns are those of
// golang-migrate, which earlier versions used.
const migrationsTable = "paymentwatch_migrations"

// migrationFiles are the migrations of all dialects.
//
//go:embed migrations
var migrationFiles embed.FS

// tooNew returns the error of a schema that is not known to us yet.
func tooNew(version int) error {
	return fmt.Errorf("%w: its schema has version %d, this program knows %d",
		ErrTooNew, version, schemaVersion)
}

// upgrade gives the database the current schema.
func upgrade(ctx context.Context, d *dialect, conn *sql.Conn) error {
	ours, err := checkTables(ctx, d, conn)
	if err == nil && !ours {
		_, err = conn.ExecContext(ctx, "CREATE TABLE "+migrationsTable+
			" (version BIGINT NOT NULL PRIMARY KEY, "+
			"dirty BOOLEAN NOT NULL)")
	}
	if err == nil {
		err = migrate(ctx, d, conn, schemaVersion)
	}

	return err
}

// migrate makes the migrations up to a version that were not made yet. They are
// short, and stopping in the midst of one is no use: they run to their end even
// if we are to stop.
func migrate(ctx context.Context, d *dialect, conn *sql.Conn, last int) error {
	ctx = context.WithoutCancel(ctx)
	files, err := fs.Glob(migrationFiles, "migrations/"+d.name+"/*.sql")
	if err != nil {
		return err
	}
	version, err := madeVersion(ctx, conn)
	switch {
	case err != nil:
		return err

	case version > schemaVersion:
		return tooNew(version)

	case version >= last:
		return nil
	}
	if _, err := conn.ExecContext(ctx, d.migrating); err != nil {
		return fmt.Errorf("unable to prepare the schema: %w", err)
	}
	for ; version < last; version++ {
		err := migrateOnce(ctx, conn, files[version], version+1)
		if err != nil {
			return fmt.Errorf("unable to migrate the schema: %w", err)
		}
	}
	_, err = conn.ExecContext(ctx, d.migrated)

	return err
}

// madeVersion returns the number of the last migration that was made. An earlier
// version of us may have left one dirty, that is interrupted: it is made again.
func madeVersion(ctx context.Context, conn *sql.Conn) (int, error) {
	var version int
	err := conn.QueryRowContext(ctx, "SELECT version - CASE WHEN dirty "+
		"THEN 1 ELSE 0 END FROM "+migrationsTable).Scan(&version)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("unable to read the schema's version: %w",
			err)
	}

	return version, nil
}

// migrateOnce makes a migration, in one transaction with the version that it
// leads to.
func migrateOnce(ctx context.Context, conn *sql.Conn, file string,
	version int) error {

	statements, err := migrationFiles.ReadFile(file)
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}

	// After a commit this does nothing.
	defer func() { _ = tx.Rollback() }()

	for _, statement := range []string{
		string(statements), "DELETE FROM " + migrationsTable,
		fmt.Sprintf("INSERT INTO %s (version, dirty) VALUES "+
			"(%d, FALSE)", migrationsTable, version),
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}

	return tx.Commit()
}

// checkTables returns whether a database is a sink, and an error if one that never
// was has tables with the names of ours.
func checkTables(ctx context.Context, d *dialect, q querier) (bool, error) {
	exists := func(table string) (bool, error) {
		var there bool
		err := q.QueryRowContext(ctx, d.tableExists, table).Scan(&there)

		return there, err
	}

	ours, err := exists(migrationsTable)
	if err != nil || ours {
		return ours, err
	}
	for _, table := range []string{"position", "payments", "attempts"} {
		there, err := exists(table)
		switch {
		case err != nil:
			return false, err

		case there:
			return false, fmt.Errorf("%w, one of them is %q: give the "+
				"sink a database, or a schema, of its own",
				ErrNotEmpty, table)
		}
	}

	return false, nil
}
