package patches_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// lndFiles is the made-up lnd module. It has what git might treat in a way of
// its own: a file that its .gitignore names, and one with CRLF line ends.
var lndFiles = map[string]string{
	"go.mod":            "module github.com/lightningnetwork/lnd\n",
	"lnd.go":            numbered("lnd", 40),
	"routing/router.go": numbered("routing", 40),
	"itest/old_test.go": "package itest\n",
	".gitignore":        "*.key\n",
	"cert.key":          "ignored, but part of the module\n",
	"crlf.txt":          "one\r\ntwo\r\n",
}

// numbered returns a Go file of the given package with n numbered comments.
func numbered(name string, n int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "package %s\n\n", name)
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "// Line %d.\n", i)
	}

	return b.String()
}

// moduleSum serves the made-up module from the shared folder and returns the
// sum that go.sum would have for it.
var moduleSum = func() func(t *testing.T) string {
	var (
		once sync.Once
		sum  string
	)

	return func(t *testing.T) string {
		once.Do(func() {
			sum = serveModule(t, filepath.Join(shared, "proxy"))
		})

		return sum
	}
}()

// serveModule lays out folder dir so that it serves the made-up module, and
// returns the sum that go.sum would have for it.
func serveModule(t *testing.T, dir string) string {
	const module = "github.com/lightningnetwork/lnd"

	names := make([]string, 0, len(lndFiles))
	for name := range lndFiles {
		names = append(names, name)
	}
	sort.Strings(names)

	var (
		archive bytes.Buffer
		listing bytes.Buffer
	)
	w := zip.NewWriter(&archive)
	for _, name := range names {
		full := fmt.Sprintf("%s@%s/%s", module, base, name)
		f, err := w.Create(full)
		require.NoError(t, err)
		_, err = f.Write([]byte(lndFiles[name]))
		require.NoError(t, err)

		hash := sha256.Sum256([]byte(lndFiles[name]))
		fmt.Fprintf(&listing, "%x  %s\n", hash, full)
	}
	require.NoError(t, w.Close())

	dir = filepath.Join(dir, module, "@v")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for ext, text := range map[string]string{
		".info": fmt.Sprintf(`{"Version": %q}`, base),
		".mod":  lndFiles["go.mod"],
		".zip":  archive.String(),
	} {
		require.NoError(t, os.WriteFile(
			filepath.Join(dir, base+ext), []byte(text), 0o644,
		))
	}

	sum := sha256.Sum256(listing.Bytes())

	return "h1:" + base64.StdEncoding.EncodeToString(sum[:])
}
