package module

import (
	"fmt"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/sumdb/note"

	"lnd-once/internal/failure"
	"lnd-once/internal/fakelnd"
)

// version is the version that is served.
const version = "v0.1.0-beta"

// serve makes a version of lnd the only module that there is, and returns its
// hash.
func serve(t *testing.T) string {
	proxy := t.TempDir()
	sum, err := fakelnd.Serve(proxy, version, fakelnd.Files())
	require.NoError(t, err)
	fakelnd.Use(t, proxy)

	return sum
}

// vouch serves a checksum database of a name that knows that version by a hash.
func vouch(t *testing.T, name, sum string) {
	signer, verifier, err := note.GenerateKey(nil, name)
	require.NoError(t, err)
	modSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (
		io.ReadCloser, error) {

		return io.NopCloser(strings.NewReader(
			fakelnd.Files()["go.mod"],
		)), nil
	})
	require.NoError(t, err)
	lookup := func(path, vers string) ([]byte, error) {
		return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", path,
			vers, sum, path, vers, modSum), nil
	}
	server := httptest.NewServer(sumdb.NewServer(
		sumdb.NewTestServer(signer, lookup),
	))
	t.Cleanup(server.Close)
	t.Setenv("GOSUMDB", verifier+" "+server.URL)
}

// TestDownload checks that a module is downloaded with its hash, which has to be
// the one that was pinned.
func TestDownload(t *testing.T) {
	sum := serve(t)
	m, err := Download(t.Context(), fakelnd.Module, version)
	require.NoError(t, err)
	require.Equal(t, sum, m.Sum)
	require.FileExists(t, m.Dir+"/lnd.go")

	require.NoError(t, m.Verify(sum, "go.sum"))
	err = m.Verify("h1:other", "go.sum")
	require.ErrorContains(t, err, "checksum mismatch")
	require.ErrorContains(t, err, "pinned in go.sum: h1:other")

	_, err = Download(t.Context(), fakelnd.Module, "v0.2.0-beta")
	require.ErrorContains(t, err, "cannot download "+fakelnd.Module)
}

// TestDownloadNewNeedsTheChecksumDatabase checks that a module that nobody has
// pinned is taken only if the checksum database knows it by its hash, also if it
// lies on this machine already, and if the user's settings ask for no check.
func TestDownloadNewNeedsTheChecksumDatabase(t *testing.T) {
	sum := serve(t)
	_, err := Download(t.Context(), fakelnd.Module, version)
	require.NoError(t, err)

	_, err = DownloadNew(t.Context(), fakelnd.Module, version)
	require.ErrorContains(t, err, "checksum database is off")
	require.Equal(t, 2, failure.Exit(err))

	other := strings.ToUpper(sum[3:len(sum)-1]) + "="
	vouch(t, "other.example.org", "h1:"+other)
	_, err = DownloadNew(t.Context(), fakelnd.Module, version)
	require.ErrorContains(t, err, "checksum mismatch")
	require.ErrorContains(t, err, other)

	vouch(t, "sums.example.org", sum)
	m, err := DownloadNew(t.Context(), fakelnd.Module, version)
	require.NoError(t, err)
	require.Equal(t, sum, m.Sum)
}
