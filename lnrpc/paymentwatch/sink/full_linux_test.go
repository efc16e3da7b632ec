package sink

import (
	"context"
	"errors"
	"net/url"
	"os"
	osexec "os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"lnd-once/internal/postgres"
	"lnd-once/lnrpc/paymentwatch/watcher"

	"github.com/stretchr/testify/require"
)

// childEnv tells the child process of a test what it is to work on.
const childEnv = "PAYMENTWATCH_TEST_CHILD"

// runChild runs the test once more in a process of its own.
func runChild(t *testing.T, work string, attr *syscall.SysProcAttr) {
	t.Helper()

	child := osexec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), childEnv+"="+work)
	child.SysProcAttr = attr
	out, err := child.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this takes the right to make namespaces")
	}
	require.NoError(t, err, string(out))
}

// TestFullDiskIsWaitedFor fills the disk under each sink with files. What is said
// is that there is no space, and with space again nothing is missing.
func TestFullDiskIsWaitedFor(t *testing.T) {
	dir := os.Getenv(childEnv)
	if dir == "" {
		runChild(t, t.TempDir(), &syscall.SysProcAttr{
			Unshareflags: syscall.CLONE_NEWNS,
		})

		return
	}

	// Only this process sees the small disk, which goes with it.
	require.NoError(t, syscall.Mount("none", dir, "tmpfs", 0, "size=2m"))
	for _, scheme := range []string{"sqlite", "jsonl"} {
		testFullDisk(t, dir, scheme+":"+filepath.Join(dir, scheme))
	}
	testFullDiskAtAMigration(t, dir, "sqlite:"+filepath.Join(dir, "old"))
	testFullPostgres(t, dir)
}

// testFullPostgres fills the disk of a PostgreSQL.
func testFullPostgres(t *testing.T, dir string) {
	if err := postgres.Available(); err != nil {
		t.Log(err)

		return
	}

	// The server's user has to get there.
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o755))
	dir = filepath.Join(dir, "postgres")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, syscall.Mount("none", dir, "tmpfs", 0, "size=128m"))
	small, err := postgres.Start(t.Context(), postgres.Config{Dir: dir})
	require.NoError(t, err)
	defer small.Stop()

	url, ctx := small.URL("postgres"), context.Background()
	s, err := Open(ctx, url, ours)
	require.NoError(t, err)
	fill(t, dir)
	outcomes := []*watcher.Outcome{pay(1, succeeded, none)}
	err = s.Deliver(ctx, outcomes, at(2))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "the disk is full; make room on it")
	require.NoError(t, s.Close())

	require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
	s, err = Open(ctx, url, ours)
	require.NoError(t, err)
	require.NoError(t, s.Deliver(ctx, outcomes, at(2)))
	require.NoError(t, s.Close())
}

// testFullDiskAtAMigration leaves enough of the disk for a sink to be opened, and
// too little for it to be brought up to date.
func testFullDiskAtAMigration(t *testing.T, dir, url string) {
	makeVersion3(t, url)
	exec(t, url, "UPDATE payments SET "+
		"payment_request = hex(zeroblob(100000))")
	fill(t, dir)
	filler := filepath.Join(dir, "filler")
	info, err := os.Stat(filler)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(filler, info.Size()-150_000))

	_, err = Open(context.Background(), url, ours)
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "the disk is full; make room on it")
	require.ErrorContains(t, err, "unable to migrate the schema")
	require.NotContains(t, err.Error(), "CREATE TABLE")

	require.NoError(t, os.Remove(filler))
	exec(t, url, "UPDATE payments SET payment_request = NULL")
	requireVersion3(t, url)
}

// testFullDisk fills the disk while a sink is open, and before it is.
func testFullDisk(t *testing.T, dir, url string) {
	ctx := context.Background()
	var outcomes []*watcher.Outcome
	for index := range uint64(20) {
		outcomes = append(outcomes, pay(index+1, succeeded, none))
	}

	s, err := Open(ctx, url, ours)
	require.NoError(t, err)
	fill(t, dir)
	err = s.Deliver(ctx, outcomes, at(21))
	require.ErrorIs(t, err, ErrUnavailable)
	require.ErrorContains(t, err, "the disk is full; make room on it")
	require.NoError(t, s.Close())
	_, err = Open(ctx, url+"2", ours)
	require.ErrorIs(t, err, ErrUnavailable)

	require.NoError(t, os.Remove(filepath.Join(dir, "filler")))
	s, err = Open(ctx, url, ours)
	require.NoError(t, err)
	position, err := s.Position(ctx)
	require.NoError(t, err)
	require.Nil(t, position)
	require.NoError(t, s.Deliver(ctx, outcomes, at(21)))
	require.NoError(t, s.Close())
}

// fill fills the disk to the last byte.
func fill(t *testing.T, dir string) {
	t.Helper()

	file, err := os.Create(filepath.Join(dir, "filler"))
	require.NoError(t, err)
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, file.Close())
}

// TestReadOfWhoMayOnlyRead reads a sink as a user who may write neither the
// database nor in its folder, while there is a writer and after it.
func TestReadOfWhoMayOnlyRead(t *testing.T) {
	if url := os.Getenv(childEnv); url != "" {
		// Root may write everywhere.
		if os.Getuid() == 0 {
			require.NoError(t, syscall.Setgid(65534))
			require.NoError(t, syscall.Setuid(65534))
		}
		ctx, n := context.Background(), 0
		require.NoError(t, Read(ctx, url, "", func(r *Reader) error {
			return r.Payments(ctx, Period{}, func(*Payment) {
				n++
			})
		}))
		require.Equal(t, 2, n)

		return
	}

	dir := t.TempDir()
	url := "sqlite:" + filepath.Join(dir, "sink.db")
	s := open(t, url)
	require.NoError(t, s.Deliver(context.Background(), []*watcher.Outcome{
		pay(1, succeeded, none), pay(2, succeeded, none),
	}, at(3)))
	onlyReading(t, dir)
	runChild(t, url, nil)

	require.NoError(t, os.Chmod(dir, 0755))
	require.NoError(t, s.Close())
	onlyReading(t, dir)
	require.NoFileExists(t, filepath.Join(dir, "sink.db-wal"))
	runChild(t, url, nil)
	require.NoError(t, os.Chmod(dir, 0755))
}

// onlyReading lets everybody read a folder and what is in it, and no more.
func onlyReading(t *testing.T, dir string) {
	t.Helper()

	require.NoError(t, os.Chmod(filepath.Dir(dir), 0755))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, os.Chmod(filepath.Join(dir, file.Name()),
			0444))
	}
	require.NoError(t, os.Chmod(dir, 0555))
}

// TestNoFileIsNamedAsSuch names a folder instead of a file, for each use.
func TestNoFileIsNamedAsSuch(t *testing.T) {
	t.Parallel()

	ctx, dir := context.Background(), t.TempDir()
	for _, scheme := range []string{"sqlite:", "jsonl:"} {
		_, err := Open(ctx, scheme+dir, ours)
		require.ErrorIs(t, err, ErrURL)
		require.ErrorContains(t, err, dir+" is a folder")
	}
	_, err := Open(ctx, "jsonl:"+dir+"/x", ours, PositionFile(dir))
	require.ErrorContains(t, err, dir+" is a folder")
	err = Read(ctx, "sqlite:"+dir, "", nil)
	require.ErrorContains(t, err, dir+" is a folder")
	require.NoFileExists(t, dir+"-lock")

	// SQLite's own words for a file that it cannot open are about memory.
	db, err := sqliteDB(dir, url.Values{})
	require.NoError(t, err)
	defer db.Close()
	err = db.Ping()
	require.ErrorContains(t, err, "out of memory")
	require.ErrorContains(t, explainOpen(err, dir), "unable to open "+dir)
	require.NotContains(t, explainOpen(err, dir).Error(), "memory")
}
