package proof

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTestFiles asserts that a test depends on all that it can call, and not on
// what other tests only call.
func TestTestFiles(t *testing.T) {
	t.Parallel()

	dir := t.TempDir()
	for name, text := range map[string]string{
		"nodes.go":     `func Run() {}`,
		"main_test.go": `func TestMain(m *testing.M) { up() }`,
		"up_test.go":   `func up() { other.Below(deepest) }`,
		"deep_test.go": `const deepest = 1`,
		"kill_test.go": `func TestKill(t *testing.T) { var k killer; k.kill() }`,
		"type_test.go": `type killer struct{}`,
		"how_test.go":  `func (k *killer) kill() { x.soak() }`,
		"init_test.go": `func init() {}`,
		"soak_test.go": `func TestSoak(t *testing.T) { soak() }`,
		"rain_test.go": `func soak() {}; func (r *rain) kill() {}`,
	} {
		require.NoError(t, os.WriteFile(
			filepath.Join(dir, name),
			[]byte("package nodes\n"+text+"\n"), 0o600,
		))
	}
	names := func(test string) []string {
		t.Helper()

		paths, err := testFiles(dir, test)
		require.NoError(t, err)
		files := make([]string, len(paths))
		for i, path := range paths {
			files[i] = filepath.Base(path)
		}

		return files
	}
	always := []string{
		"nodes.go", "main_test.go", "up_test.go", "deep_test.go",
		"init_test.go",
	}
	require.ElementsMatch(t, append([]string{
		"kill_test.go", "type_test.go", "how_test.go",
	}, always...), names("TestKill"))
	require.ElementsMatch(t, append([]string{
		"soak_test.go", "rain_test.go",
	}, always...), names("TestSoak"))

	_, err := testFiles(dir, "TestRain")
	require.ErrorContains(t, err, "has no TestRain")

	broken := filepath.Join(dir, "broken_test.go")
	require.NoError(t, os.WriteFile(broken, []byte("func"), 0o600))
	_, err = testFiles(dir, "TestKill")
	require.ErrorContains(t, err, broken)
}
