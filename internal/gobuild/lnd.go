package gobuild

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"lnd-once/internal/base"
	"lnd-once/internal/git"
	"lnd-once/internal/manifest"
	"lnd-once/internal/progress"
)

const (
	// ReleaseTags are what lnd's own releases are built with, so that ours
	// can take their place.
	ReleaseTags = "autopilotrpc signrpc walletrpc chainrpc invoicesrpc " +
		"watchtowerrpc neutrinorpc monitoring peersrpc kvdb_postgres " +
		"kvdb_etcd kvdb_sqlite"

	// ItestTags are lnd's own tags for integration tests, with all
	// databases in one build.
	ItestTags = "dev autopilotrpc chainrpc invoicesrpc neutrinorpc " +
		"peersrpc routerrpc signrpc verrpc walletrpc watchtowerrpc " +
		"wtclientrpc integration btcd kvdb_postgres kvdb_sqlite"

	// ItestBackend is the chain backend that is among these tags.
	ItestBackend = "btcd"

	// watchCommit is where paymentwatch keeps the commit it was built from.
	watchCommit = "github.com/prometheus/common/version.Revision"

	// btcd is the package of btcd's program.
	btcd = "github.com/btcsuite/btcd"
)

// Lnd builds programs (lnd, lncli) from the patched tree of a base, or from one
// that holds its first topics, as lnd's releases are built. It returns the
// folder that they are in.
func Lnd(ctx context.Context, b *base.Base, log *progress.Log, tree string,
	programs ...string) (string, error) {

	dir := filepath.Join(b.Bin(), topics(b, tree))

	return dir, LndFor(ctx, b, log, tree, System{}, dir, programs...)
}

// LndFor does so for a system, and puts the programs into a folder.
func LndFor(ctx context.Context, b *base.Base, log *progress.Log, tree string,
	system System, dir string, programs ...string) error {

	version, err := Version(ctx, b, tree)
	if err != nil {
		return err
	}
	for _, program := range programs {
		err := Build(ctx, log, Job{
			Dir: tree, Package: "./cmd/" + program,
			Output: filepath.Join(dir, program),
			Tags:   ReleaseTags, Ldflags: released(b, version),
			System: system,
		})
		if err != nil {
			return err
		}
	}

	return nil
}

// WatchFor builds paymentwatch for a system, and puts it into a folder. Its
// version names our commit, or that it is unknown if this is no repository. What
// is in patches/, such as the sums of a release, is no part of it.
func WatchFor(ctx context.Context, b *base.Base, log *progress.Log,
	system System, dir string) error {

	ldflags := stripped + " -buildid="
	commit, dirty, err := sourceOf(ctx, b.Root, ":(exclude)patches")
	if err == nil {
		ldflags += " -X " + watchCommit + "=" + commit + dirty
	}

	return Build(ctx, log, Job{
		Dir: b.Root, Package: "./cmd/paymentwatch",
		Output:  filepath.Join(dir, "paymentwatch"),
		Ldflags: ldflags, System: system,
	})
}

// released returns the flags that lnd's releases are linked with. The commit is
// what lnd names as its version.
func released(b *base.Base, commit string) string {
	return fmt.Sprintf("%s -buildid= %s", stripped, named(b, commit))
}

// named returns the flag that makes lnd say which commit it is.
func named(b *base.Base, commit string) string {
	return fmt.Sprintf("-X %s/build.Commit=%s", b.Module, commit)
}

// Version returns the version of what is built from a tree. It names the base,
// us, the topics if they are not all, the commit, and the base that the series
// was proven on if it is another one, and tells if the tree holds more than that.
func Version(ctx context.Context, b *base.Base, tree string) (string, error) {
	commit, dirty, err := sourceOf(ctx, tree)
	if err != nil {
		return "", err
	}
	parts := []string{b.Name, "lnd-once"}
	if prefix := topics(b, tree); prefix != "" {
		parts = append(parts, prefix)
	}
	parts = append(parts, commit)
	if b.Lender != nil {
		parts = append(parts, "proven-on", b.Lender.Name)
	}

	return strings.Join(parts, "-") + dirty, nil
}

// sourceOf returns the commit that a tree is at, and "-dirty" if more than that is
// in some paths of it, or in all.
func sourceOf(ctx context.Context, tree string, paths ...string) (string, string,
	error) {

	commit, err := commitOf(ctx, tree)
	if err != nil {
		return "", "", err
	}
	status, err := git.New(tree).Run(
		ctx, append([]string{"status", "--porcelain", "--"}, paths...)...,
	)
	if err != nil || status == "" {
		return commit, "", err
	}

	return commit, "-dirty", nil
}

// commitOf returns twelve digits of the commit that a tree is at.
func commitOf(ctx context.Context, tree string) (string, error) {
	return git.New(tree).Run(ctx, "rev-parse", "--short=12", "HEAD")
}

// topics returns what a tree with the first topics only is called by: topics-2
// for the tree topic-2. For the whole series it is empty.
func topics(b *base.Base, tree string) string {
	if tree == b.Tree() {
		return ""
	}

	return strings.Replace(
		filepath.Base(tree), manifest.TopicPrefix, "topics-", 1,
	)
}

// Stock builds lnd as it was, to compare with, and returns its path.
func Stock(ctx context.Context, b *base.Base, log *progress.Log) (string,
	error) {

	return Overlaid(ctx, b, log, "lnd-stock", nil)
}

// Overlaid builds lnd as it was, by the given name, but for files that are read
// from elsewhere, and returns its path.
func Overlaid(ctx context.Context, b *base.Base, log *progress.Log, name string,
	overlay map[string]string) (string, error) {

	output := filepath.Join(b.Bin(), name)

	return output, Build(ctx, log, Job{
		Dir: b.Stock(), Package: "./cmd/lnd", Output: output,
		Tags: ReleaseTags, Ldflags: released(b, b.Name),
		Overlay: overlay,
	})
}

// Btcd builds the btcd that this lnd names in its go.mod, and returns its path.
func Btcd(ctx context.Context, b *base.Base, log *progress.Log) (string,
	error) {

	output := filepath.Join(b.Bin(), "btcd")

	return output, Build(ctx, log, Job{
		Dir: b.Tree(), Package: btcd, Output: output, Ldflags: stripped,
	})
}

// ItestLnd builds the lnd that integration tests run, from any tree of a base,
// and returns its path.
func ItestLnd(ctx context.Context, b *base.Base, log *progress.Log,
	tree string) (string, error) {

	return ItestLndOver(ctx, b, log, tree, "", nil)
}

// ItestLndOver builds it with files that are read instead of those of the tree,
// under a name of its own.
func ItestLndOver(ctx context.Context, b *base.Base, log *progress.Log, tree,
	name string, overlay map[string]string) (string, error) {

	commit, err := commitOf(ctx, tree)
	if err != nil {
		return "", err
	}
	words := []string{b.Name, filepath.Base(tree), commit}
	output := filepath.Join(b.Bin(), "lnd-itest"+suffix(b, tree))
	if name != "" {
		words = append(words, name)
		output += "-" + name
	}

	return output, Build(ctx, log, Job{
		Dir: tree, Package: "./cmd/lnd", Output: output, Tags: ItestTags,
		Ldflags: stripped + " " + named(b, strings.Join(words, "-")),
		Overlay: overlay,
	})
}

// ItestBtcd builds the btcd that integration tests run, and returns its path.
func ItestBtcd(ctx context.Context, b *base.Base, log *progress.Log) (string,
	error) {

	output := filepath.Join(b.Bin(), "btcd-itest")

	return output, Build(ctx, log, Job{
		Dir: b.Tree(), Package: btcd, Output: output, Tags: ItestTags,
		Ldflags: stripped,
	})
}

// Itests builds the integration tests of any tree of a base for nodes with a chain
// backend, and returns the path of the test binary. Those of the patched tree can
// drive any lnd.
func Itests(ctx context.Context, b *base.Base, log *progress.Log, tree,
	backend string) (string, error) {

	name, tags := "itest"+suffix(b, tree), ItestTags
	if backend != ItestBackend {
		name += "-" + backend
		tags = strings.Replace(
			tags, " "+ItestBackend+" ", " "+backend+" ", 1,
		)
	}
	output := filepath.Join(b.Bin(), name+".test")

	return output, Build(ctx, log, Job{
		Dir: tree, Package: "./itest", Output: output, Test: true,
		Tags: tags, Ldflags: stripped,
	})
}

// suffix returns what the names of files that are built from a tree end with.
// For the patched one it is empty.
func suffix(b *base.Base, tree string) string {
	if tree == b.Tree() {
		return ""
	}

	return "-" + filepath.Base(tree)
}
