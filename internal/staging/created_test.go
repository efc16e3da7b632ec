package staging

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// inBase returns the path that a created file of the base alone has.
func inBase(name string) string {
	return "patches/" + baseName + "/_lnd/" + name
}

// rules is the text that a file has in lnd which imports a package of ours.
const rules = "package lnd\n\nimport _ " +
	"\"github.com/lightningnetwork/lnd/payments/outcome\"\n"

// TestCreatedFilesLieBesideThePatch checks that files which a commit creates are
// kept whole, the rest of it in the patch, and that all come back.
func TestCreatedFilesLieBesideThePatch(t *testing.T) {
	r := newPatchedRepo(t)
	r.add("rules.go", rules)
	r.add("routing/open.go", "package routing // no line end")
	r.add("routing/empty.txt", "")
	r.add("data", "no\x00text\n")
	r.edit("lnd.go", "// Line 30.", "// Rules.")
	r.commit("lnd: add the rules")
	r.edit("rules.go", "package lnd", "// Later.\npackage lnd")
	r.commit("lnd: say more")
	tree := r.git("rev-parse", "HEAD^{tree}")

	out := r.must("series")
	require.Contains(t, out, "wrote "+inBase("rules.go"))
	require.True(t, strings.HasSuffix(r.series(), "\n"+
		"patch lnd-add-the-rules.patch\n"+
		"\tcreates routing/empty.txt\n"+
		"\tcreates routing/open.go\n"+
		"\tcreates rules.go\n"+
		"patch lnd-say-more.patch\n"), r.series())
	files := r.snapshot()
	require.Equal(t, "package lnd\n\nimport _ "+
		"\"lnd-once/channeldb/outcome\"\n", files[inBase("rules.go")])
	require.Equal(t, "package routing // no line end",
		files[inBase("routing/open.go")])
	patch := files["patches/"+baseName+"/lnd-add-the-rules.patch"]
	require.Contains(t, patch, "+// Rules.")
	require.Contains(t, patch, "GIT binary patch")
	require.NotContains(t, patch, "+package")

	head := r.git("rev-parse", "patched")
	require.NoError(t, os.RemoveAll(r.path("build")))
	r.must("stage")
	require.Equal(t, head, r.git("rev-parse", "patched"))
	require.Equal(t, tree, r.git("rev-parse", "HEAD^{tree}"))
	r.must("series")
	require.Equal(t, files, r.snapshot())

	// An edit here is staged, and a file whose commit is gone goes, too.
	r.write(inBase("rules.go"), files[inBase("rules.go")]+"\n// Here.\n")
	r.must("stage")
	require.Contains(t, r.read(r.tree("rules.go")), "// Here.")
	r.git("reset", "-q", "--hard", "HEAD~2")
	require.Contains(t, r.must("series"), "removed "+inBase("rules.go"))
	require.NoFileExists(t, r.path(inBase("rules.go")))
}

// TestSharedFilesStayShared checks that a file that all bases have is written
// back to where it came from, and that the others are told of.
func TestSharedFilesStayShared(t *testing.T) {
	r := newPatchedRepo(t)
	shared := "patches/_lnd/rules.go"

	// A new file that all bases have already is one of them.
	r.write(shared, "package lnd\n")
	r.add("rules.go", "package lnd\n")
	r.commit("lnd: add the rules")
	require.NotContains(t, r.must("series"), "_lnd")
	require.NoFileExists(t, r.path(inBase("rules.go")))

	// Another base has it under another name.
	other := "patches/v0.0.1-beta/"
	r.write(other+"base.yaml", "module: m\nsum: s\nstores: [bbolt]\n")
	r.write(other+"series", "patch a.patch\n\tcreates old.go from rules.go\n")
	r.write(other+"a.patch", "")
	r.must("stage")
	r.edit("rules.go", "package lnd", "// Edited.\npackage lnd")
	r.git("add", "-A")
	r.git("commit", "-q", "--amend", "--no-edit")
	out := r.must("series")
	require.Contains(t, out, "wrote "+shared)
	require.Contains(t, out, "v0.0.1-beta")
	require.Contains(t, r.read(r.path(shared)), "// Edited.")

	// What the base has alone comes first, and is written back there.
	r.write(inBase("rules.go"), "package own\n")
	r.must("stage")
	require.Equal(t, "package own\n", r.read(r.tree("rules.go")))
	r.edit("rules.go", "own", "mine")
	r.git("add", "-A")
	r.git("commit", "-q", "--amend", "--no-edit")
	r.must("series")
	require.Equal(t, "package mine\n", r.read(r.path(inBase("rules.go"))))
	require.Contains(t, r.read(r.path(shared)), "// Edited.")

	// Here and in the tree at once is too much.
	r.write(inBase("rules.go"), "package here\n")
	r.edit("rules.go", "mine", "there")
	r.git("add", "-A")
	r.git("commit", "-q", "--amend", "--no-edit")
	before := r.snapshot()
	require.Contains(t, r.fails("series"), "  "+inBase("rules.go"))
	require.Equal(t, before, r.snapshot())

	// A file that is gone from here, but shared, stays for the others.
	require.NoError(t, os.Remove(r.path(inBase("rules.go"))))
	require.NoError(t, os.RemoveAll(r.path("build")))
	r.must("stage")
	r.git("reset", "-q", "--hard", "HEAD~1")
	r.must("series")
	require.FileExists(t, r.path(shared))
}
