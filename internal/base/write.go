package base

import (
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// fileComment begins the file that says what a base is.
const fileComment = `# The lnd module and its hash in go.sum, the base that the series was ported
# from, the stores that this lnd can keep payments in, and the build tags that
# choose the files of ours that fit it.
`

// Next returns what this base becomes in another version of lnd.
func (b *Base) Next(version, sum string) *Base {
	next := *b
	next.Name, next.Version, next.Sum = version, version, sum
	next.Parent, next.Lender = b.Name, nil
	next.Dir = filepath.Join(b.Root, Folder, version)

	return &next
}

// Write writes the file that says what the base is into a folder.
func (b *Base) Write(dir string) error {
	text, err := yaml.Marshal(b)
	if err != nil {
		return err
	}

	return os.WriteFile(
		filepath.Join(dir, File), append([]byte(fileComment), text...),
		0o644,
	)
}
