package archive

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
)

func TestSmallArchivesCannotFillTheDisk(t *testing.T) {
	bytes, files := mostBytes, mostFiles
	mostBytes, mostFiles = 1<<20, 100
	t.Cleanup(func() { mostBytes, mostFiles = bytes, files })

	unpack := func(entries, size int) error {
		file, err := os.Create(filepath.Join(t.TempDir(), "a.tar"))
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		defer file.Close()
		out := tar.NewWriter(file)
		for i := range entries {
			NewWithT(t).Expect(out.WriteHeader(&tar.Header{Name: fmt.Sprint(i), Size: int64(size), Mode: 0o644})).To(Succeed())
			_, err := out.Write(make([]byte, size))
			NewWithT(t).Expect(err).NotTo(HaveOccurred())
		}
		NewWithT(t).Expect(out.Close()).To(Succeed())
		_, err = file.Seek(0, io.SeekStart)
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return Unpack(file, "a.tar", t.TempDir())
	}
	expect := NewWithT(t).Expect
	expect(unpack(1, 1<<20)).To(Succeed())
	expect(unpack(1, 1<<20+1)).To(MatchError(ContainSubstring("it unpacks to more than")))
	expect(unpack(2, 1<<19+1)).To(MatchError(ContainSubstring("it unpacks to more than")))
	expect(unpack(100, 1)).To(Succeed())
	expect(unpack(101, 1)).To(MatchError(ContainSubstring("it unpacks to more than")))
}
