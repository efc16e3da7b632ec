package markdown

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestReplaceSection asserts that a section is replaced and all else stays.
func TestReplaceSection(t *testing.T) {
	t.Parallel()

	doc, err := replaceSection("# Figures\n", "v1", "one\n")
	require.NoError(t, err)
	doc, err = replaceSection(doc, "v2", "two\n")
	require.NoError(t, err)
	doc += "The end.\n"

	doc, err = replaceSection(doc, "v1", "new\n")
	require.NoError(t, err)
	require.Equal(t, "# Figures\n\n<!-- begin v1 -->\nnew\n<!-- end v1 "+
		"-->\n\n<!-- begin v2 -->\ntwo\n<!-- end v2 -->\nThe end.\n",
		doc)

	_, err = replaceSection("<!-- begin v1 -->", "v1", "x")
	require.ErrorContains(t, err, "without")
	_, err = replaceSection("<!-- end v1 -->", "v1", "x")
	require.ErrorContains(t, err, "without")
}

// TestAlign checks that the columns of a table are as wide as their widest
// cell, and that all else stays.
func TestAlign(t *testing.T) {
	require.Equal(t, "text | here\n\n  a    long\n  ---  ----\n  bé   c\nend",
		Align("text | here\n\n|a|long|\n|---|---|\n| bé | c |\nend"))
}
