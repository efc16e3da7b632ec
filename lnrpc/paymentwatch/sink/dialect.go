package sink

import (
	"context"
	"database/sql"
	"time"
)

// dialect is what differs between the databases.
type dialect struct {
	// name is that of the folder with the migrations.
	name string

	// rows is how many rows one statement inserts. Where every statement is
	// a trip over the network, it should be many.
	rows int

	// time returns a time as the database takes it.
	time func(time.Time) any

	// tableExists is a query for whether there is the table $1.
	tableExists string

	// snapshot is the isolation of a reader that sees a single moment.
	snapshot sql.IsolationLevel

	// migrating and migrated are executed before and after migrations, by
	// the connection that makes them.
	migrating, migrated string

	// unique returns whether an error says that a row is there already.
	unique func(error) bool

	// unavailable returns whether an error may go away by itself.
	unavailable func(error) bool
}

// querier is a connection or a transaction.
type querier interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}
