package release

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"
)

// archiveEnding is what the names of archives end with.
const archiveEnding = ".tar.gz"

// fileTime is the time of all files in an archive, as in lnd's releases.
var fileTime = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// archive packs files of a folder into an archive beside it, whose one folder
// is named as that one. Times, owners and rights are always the same.
func archive(dir string, files []string) error {
	path := dir + archiveEnding
	file, err := os.Create(path + ".new")
	if err != nil {
		return err
	}
	zipped := gzip.NewWriter(file)
	packed := tar.NewWriter(zipped)
	err = packed.WriteHeader(&tar.Header{
		Typeflag: tar.TypeDir, Name: filepath.Base(dir) + "/",
		Mode: 0o755, ModTime: fileTime, Format: tar.FormatUSTAR,
	})
	for _, name := range files {
		err = errors.Join(err, add(packed, dir, name))
	}
	err = errors.Join(err, packed.Close(), zipped.Close(), file.Close())
	if err != nil {
		return errors.Join(err, os.Remove(path+".new"))
	}

	return os.Rename(path+".new", path)
}

// add adds a program of a folder to an archive.
func add(packed *tar.Writer, dir, name string) error {
	file, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer file.Close()

	info, err := file.Stat()
	if err != nil {
		return err
	}
	err = packed.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: filepath.Base(dir) + "/" + name,
		Size: info.Size(), Mode: 0o755, ModTime: fileTime,
		Format: tar.FormatUSTAR,
	})
	if err != nil {
		return err
	}
	_, err = io.Copy(packed, file)

	return err
}
