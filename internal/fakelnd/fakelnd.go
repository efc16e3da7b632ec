// Package fakelnd serves made-up lnd modules of a few lines, for tests of what
// is done with the real ones.
package fakelnd

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Module is the path of the module.
const Module = "github.com/lightningnetwork/lnd"

// Files returns the files of a version. They have what git might treat in a way
// of its own: a file that .gitignore names, and one with CRLF line ends.
func Files() map[string]string {
	return map[string]string{
		"go.mod":            "module " + Module + "\n",
		"lnd.go":            numbered("lnd", 40),
		"routing/router.go": numbered("routing", 40),
		"itest/old_test.go": "package itest\n",
		".gitignore":        "*.key\n",
		"cert.key":          "ignored, but part of the module\n",
		"crlf.txt":          "one\r\ntwo\r\n",
	}
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

// Serve lays out a folder so that, as GOPROXY, it serves a version with the
// given files. It returns the sum that go.sum would have for it.
func Serve(dir, version string, files map[string]string) (string, error) {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)

	var archive, listing bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, name := range names {
		full := fmt.Sprintf("%s@%s/%s", Module, version, name)
		f, err := w.Create(full)
		if err != nil {
			return "", err
		}
		if _, err := f.Write([]byte(files[name])); err != nil {
			return "", err
		}

		hash := sha256.Sum256([]byte(files[name]))
		fmt.Fprintf(&listing, "%x  %s\n", hash, full)
	}
	if err := w.Close(); err != nil {
		return "", err
	}

	dir = filepath.Join(dir, Module, "@v")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for ext, text := range map[string]string{
		".info": fmt.Sprintf(`{"Version": %q}`, version),
		".mod":  files["go.mod"],
		".zip":  archive.String(),
	} {
		err := os.WriteFile(
			filepath.Join(dir, version+ext), []byte(text), 0o644,
		)
		if err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256(listing.Bytes())

	return "h1:" + base64.StdEncoding.EncodeToString(sum[:]), nil
}

// Environment returns the variables with which the go command knows only what
// Serve has laid out in a folder, and puts it into another one.
func Environment(proxy, cache string) []string {
	return []string{
		"GOPROXY=file://" + proxy, "GOMODCACHE=" + cache,
		"GONOSUMDB=*", "GOSUMDB=off", "GOFLAGS=-modcacherw",
	}
}

// Use lets a test, and all that it starts, know only what Serve has laid out in a
// folder, and nothing of the user's settings.
func Use(t *testing.T, proxy string) {
	t.Helper()

	for _, variable := range append(
		Environment(proxy, t.TempDir()), "HOME="+t.TempDir(),
	) {

		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}
