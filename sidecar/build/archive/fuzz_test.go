package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
)

// FuzzUnpack unpacks whatever is there: nothing may come to lie outside, nor take much.
func FuzzUnpack(f *testing.F) {
	names := []string{"a.tar", "a.tgz", "a.txz", "a.tbz2", "a.zip"}
	f.Add(uint8(0), tarOf(f))
	f.Add(uint8(4), zipOf(f))
	bytes, files := mostBytes, mostFiles
	mostBytes, mostFiles = 1<<20, 100
	f.Cleanup(func() { mostBytes, mostFiles = bytes, files })
	f.Fuzz(func(t *testing.T, kind uint8, text []byte) {
		root := t.TempDir()
		name, inner := names[int(kind)%len(names)], filepath.Join(root, "outer", "inner")
		file, err := os.Create(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.Write(text); err != nil {
			t.Fatal(err)
		}
		if _, err := file.Seek(0, 0); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(inner, 0o755); err != nil {
			t.Fatal(err)
		}
		bounded.Do(t, 256<<20, func() { _ = Unpack(file, name, inner) }) // an xz may ask for a dictionary of 64 MB
		for dir, own := range map[string]string{root: "outer", filepath.Join(root, "outer"): "inner"} {
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				if entry.Name() != own && entry.Name() != name {
					t.Errorf("%s was written outside of the directory", entry.Name())
				}
			}
		}
	})
}

func tarOf(f *testing.F) []byte {
	var text bytes.Buffer
	out := tar.NewWriter(&text)
	for _, header := range []tar.Header{
		{Name: "d/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: "d/link", Typeflag: tar.TypeSymlink, Linkname: "../../.."},
		{Name: "d/link/x", Mode: 0o644}, {Name: "hard", Typeflag: tar.TypeLink, Linkname: "d/link"},
	} {
		if err := out.WriteHeader(&header); err != nil {
			f.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		f.Fatal(err)
	}
	return text.Bytes()
}

func zipOf(f *testing.F) []byte {
	var text bytes.Buffer
	out := zip.NewWriter(&text)
	if _, err := out.Create("../x"); err != nil {
		f.Fatal(err)
	}
	if err := out.Close(); err != nil {
		f.Fatal(err)
	}
	return text.Bytes()
}
