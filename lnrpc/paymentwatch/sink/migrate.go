package sink

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	"github.com/golang-migrate/migrate/v4/source/iofs"
)

// schemaVersion is the number of the last migration.
const schemaVersion = 4

// migrationsTable says which migrations have been made. It has a name of its
// own, because others who use the library use its default.
const migrationsTable = "paymentwatch_migrations"

// migrationFiles are the migrations of all dialects.
//
//go:embed migrations
var migrationFiles embed.FS

// upgrade gives the database the current schema. It closes db.
func upgrade(ctx context.Context, d *dialect, db *sql.DB) error {
	if err := checkTables(ctx, d, db); err != nil {
		_ = db.Close()

		return err
	}

	driver, err := d.migrations(db)
	if err != nil {
		_ = db.Close()

		return fmt.Errorf("unable to prepare the schema: %w", err)
	}
	source, err := iofs.New(migrationFiles, "migrations/"+d.name)
	if err != nil {
		_ = driver.Close()

		return err
	}
	m, err := migrate.NewWithInstance("embedded", source, d.name, driver)
	if err != nil {
		_ = driver.Close()

		return err
	}

	// Ours are short, and stopping in the midst of one is no use: they run
	// to their end even if we are to stop.
	err = checkVersion(m)
	if err == nil {
		err = migrateUp(m)
	}
	sourceErr, dbErr := m.Close()

	return errors.Join(err, sourceErr, dbErr)
}

// checkVersion returns an error if the schema is not known to us yet.
func checkVersion(m *migrate.Migrate) error {
	version, _, err := m.Version()
	switch {
	case errors.Is(err, migrate.ErrNilVersion):
		return nil

	case err != nil:
		return fmt.Errorf("unable to read the schema's version: %w",
			err)

	case version > schemaVersion:
		return tooNew(int(version))
	}

	return nil
}

// tooNew returns the error of a schema that is not known to us yet.
func tooNew(version int) error {
	return fmt.Errorf("%w: its schema has version %d, this program knows %d",
		ErrTooNew, version, schemaVersion)
}

// migrateUp makes the migrations that are to be made. One that was interrupted
// is made again, which all of ours allow.
func migrateUp(m *migrate.Migrate) error {
	err := m.Up()

	var dirty migrate.ErrDirty
	if errors.As(err, &dirty) {
		before := dirty.Version - 1
		if before < 1 {
			// The library's name for no version at all.
			before = -1
		}
		if err := m.Force(before); err != nil {
			return fmt.Errorf("unable to repeat migration %d: %w",
				dirty.Version, err)
		}
		err = m.Up()
	}
	if err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("unable to migrate the schema: %w",
			ofDatabase(err))
	}

	return nil
}

// ofDatabase returns the database's own error of one of the library, which hides
// it and has the whole migration in its text.
func ofDatabase(err error) error {
	var (
		pointer *database.Error
		value   database.Error
	)
	if errors.As(err, &pointer) {
		value = *pointer
	} else if !errors.As(err, &value) {
		return err
	}
	if value.OrigErr == nil {
		return err
	}

	return value.OrigErr
}

// checkTables returns an error if a database that never was a sink has tables
// with the names of ours.
func checkTables(ctx context.Context, d *dialect, q querier) error {
	exists := func(table string) (bool, error) {
		var there bool
		err := q.QueryRowContext(ctx, d.tableExists, table).Scan(&there)

		return there, err
	}

	ours, err := exists(migrationsTable)
	if err != nil || ours {
		return err
	}
	for _, table := range []string{"position", "payments", "attempts"} {
		there, err := exists(table)
		switch {
		case err != nil:
			return err

		case there:
			return fmt.Errorf("%w, one of them is %q: give the "+
				"sink a database, or a schema, of its own",
				ErrNotEmpty, table)
		}
	}

	return nil
}
