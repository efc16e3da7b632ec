package manifest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRewriteKeepsTopics checks which topic entries are in after commits were
// added, dropped and moved.
func TestRewriteKeepsTopics(t *testing.T) {
	const text = "patch a.patch\n# One.\ntopic 1 one\npatch b.patch\n" +
		"patch c.patch\ntopic 2 two\npatch d.patch\nfork\n" +
		"patch e.patch\n"
	tests := map[string]struct{ names, want string }{
		"nothing changed": {"abcde", "a 1 bc 2 d f e"},
		"new ones":        {"aXbcYdZe", "aX 1 bcY 2 dZ f e"},
		"first dropped":   {"acde", "a 1 c 2 d f e"},
		"topic dropped":   {"abce", "a 1 bc 2 f e"},
		"moved inside":    {"acbde", "a 1 cb 2 d f e"},
		"moved away":      {"acdeb", "a 1 c 2 d f eb"},
		"moved to front":  {"adbce", "a 1 dbc 2 f e"},
		"all dropped":     {"", "1 2 f"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := Parse(text)
			require.NoError(t, err)
			known := make(map[string]*Entry)
			for _, entry := range s.Entries {
				known[entry.Name] = entry
			}

			var entries, before []*Entry
			for _, r := range test.names {
				entry := &Entry{
					Kind: Patch, Name: string(r) + ".patch",
				}
				entries = append(entries, entry)
				before = append(before, known[entry.Name])
			}
			got := s.Rewrite(entries, before)
			require.Equal(t, test.want, shape(got))
			if test.names == "abcde" {
				require.Equal(t, text, got.String())
			}
		})
	}
}

// shape returns the entries and topics of a series in short.
func shape(s *Series) string {
	var text string
	topics := s.Topics
	for i := 0; i <= len(s.Entries); i++ {
		for len(topics) > 0 && topics[0].First == i {
			mark := string(rune('0' + topics[0].Number))
			if mark == "0" {
				mark = "f"
			}
			text, topics = text+" "+mark+" ", topics[1:]
		}
		if i < len(s.Entries) {
			text += s.Entries[i].Name[:1]
		}
	}

	return strings.Join(strings.Fields(text), " ")
}
