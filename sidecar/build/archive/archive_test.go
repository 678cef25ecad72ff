package archive_test

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/archive"
)

// entry is one of an archive's: a file with content, a link to target, or a directory, whose name ends with a slash.
type entry struct {
	name, content, target string
	mode                  fs.FileMode
	hard                  bool
}

func tarOf(t *testing.T, w io.Writer, entries ...entry) {
	t.Helper()
	expect := NewWithT(t).Expect
	out := tar.NewWriter(w)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: int64(e.mode), Size: int64(len(e.content)), Linkname: e.target}
		switch {
		case e.hard:
			h.Typeflag = tar.TypeLink
		case e.target != "":
			h.Typeflag = tar.TypeSymlink
		case e.name[len(e.name)-1] == '/':
			h.Typeflag = tar.TypeDir
		}
		expect(out.WriteHeader(h)).To(Succeed())
		_, err := io.WriteString(out, e.content)
		expect(err).NotTo(HaveOccurred())
	}
	expect(out.Close()).To(Succeed())
}

func zipOf(t *testing.T, w io.Writer, entries ...entry) {
	t.Helper()
	expect := NewWithT(t).Expect
	out := zip.NewWriter(w)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name}
		h.SetMode(e.mode)
		if e.target != "" {
			h.SetMode(fs.ModeSymlink | 0o777)
		}
		f, err := out.CreateHeader(h)
		expect(err).NotTo(HaveOccurred())
		_, err = io.WriteString(f, e.content+e.target)
		expect(err).NotTo(HaveOccurred())
	}
	expect(out.Close()).To(Succeed())
}

// file makes an archive in a file of this name.
func file(t *testing.T, name string, entries ...entry) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), name))
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { f.Close() })
	switch filepath.Ext(name) {
	case ".zip":
		zipOf(t, f, entries...)
	case ".tgz":
		w := gzip.NewWriter(f)
		tarOf(t, w, entries...)
		expect(w.Close()).To(Succeed())
	default:
		tarOf(t, f, entries...)
	}
	_, err = f.Seek(0, io.SeekStart)
	expect(err).NotTo(HaveOccurred())
	return f
}

func TestStem(t *testing.T) {
	for name, want := range map[string]string{
		"agent-1.2.tar.gz": "agent-1.2", "agent.tgz": "agent", "a.tar.xz": "a", "a.txz": "a",
		"a.tar.bz2": "a", "a.tbz2": "a", "a.tar": "a", "a.zip": "a",
		"agent": "", "agent.jar": "", "agent.gz": "", "tar": "", "zip": "",
	} {
		stem, ok := archive.Stem(name)
		expect := NewWithT(t).Expect
		expect(ok).To(Equal(want != ""), name)
		if ok {
			expect(stem).To(Equal(want))
		}
	}
}

func TestUnpack(t *testing.T) {
	entries := []entry{
		{name: "agent-1.2/bin/agent", content: "run", mode: 0o700},
		{name: "agent-1.2/README", content: "old", mode: 0o600},
		{name: "agent-1.2/README", content: "read", mode: 0o600},
		{name: "agent-1.2/empty/", mode: 0o700 | fs.ModeDir},
		{name: "agent-1.2/link", target: "bin/agent"},
		{name: "agent-1.2/certs", target: "/etc/ssl"},
	}
	for _, name := range []string{"a.tar", "a.tgz", "a.zip"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			expect := NewWithT(t).Expect
			expect(archive.Unpack(file(t, name, entries...), name, dir)).To(Succeed())
			for path, want := range map[string]fs.FileMode{"bin/agent": 0o755, "README": 0o644, "empty": 0o755} {
				info, err := os.Stat(filepath.Join(dir, "agent-1.2", path))
				expect(err).NotTo(HaveOccurred())
				expect(info.Mode().Perm()).To(Equal(want), path)
			}
			expect(os.ReadFile(filepath.Join(dir, "agent-1.2", "link"))).To(BeEquivalentTo("run"))
			expect(os.ReadFile(filepath.Join(dir, "agent-1.2", "README"))).To(BeEquivalentTo("read"))
			expect(os.Readlink(filepath.Join(dir, "agent-1.2", "certs"))).To(Equal("/etc/ssl"))
		})
	}
}

func TestUnpackHardLinks(t *testing.T) {
	dir := t.TempDir()
	f := file(t, "a.tar", entry{name: "./agent", content: "run", mode: 0o755}, entry{name: "./again", target: "./agent", hard: true})
	expect := NewWithT(t).Expect
	expect(archive.Unpack(f, "a.tar", dir)).To(Succeed())
	expect(os.ReadFile(filepath.Join(dir, "again"))).To(BeEquivalentTo("run"))
}

func TestUnpackWhatToolsCompress(t *testing.T) {
	for tool, name := range map[string]string{"xz": "a.tar.xz", "bzip2": "a.tar.bz2"} {
		t.Run(tool, func(t *testing.T) {
			if _, err := exec.LookPath(tool); err != nil {
				t.Skip(err)
			}
			tarred := file(t, "a.tar", entry{name: "agent", content: "run", mode: 0o755})
			expect := NewWithT(t).Expect
			expect(exec.Command(tool, tarred.Name()).Run()).To(Succeed())
			compressed, err := os.Open(filepath.Join(filepath.Dir(tarred.Name()), name))
			expect(err).NotTo(HaveOccurred())
			defer compressed.Close()
			dir := t.TempDir()
			expect(archive.Unpack(compressed, name, dir)).To(Succeed())
			expect(os.ReadFile(filepath.Join(dir, "agent"))).To(BeEquivalentTo("run"))
		})
	}
}

func TestUnpackRefusesWhatLeadsOut(t *testing.T) {
	for name, entries := range map[string][]entry{
		"by its name":                    {{name: "../out", content: "x", mode: 0o644}},
		"by its absolute name":           {{name: "/tmp/out", content: "x", mode: 0o644}},
		"on the way":                     {{name: "a/../../out", content: "x", mode: 0o644}},
		"by a link":                      {{name: "a/out", target: "../../out"}},
		"through a link":                 {{name: "out", target: "/tmp"}, {name: "out/file", content: "x", mode: 0o644}},
		"through a link, as a directory": {{name: "out", target: "/tmp"}, {name: "out/dir/", mode: 0o755 | fs.ModeDir}},
	} {
		for _, format := range []string{"a.tar", "a.zip"} {
			dir := filepath.Join(t.TempDir(), "in")
			expect := NewWithT(t).Expect
			expect(os.Mkdir(dir, 0o755)).To(Succeed())
			err := archive.Unpack(file(t, format, entries...), format, dir)
			expect(err).To(MatchError(And(HavePrefix("unpacking "+format), Or(ContainSubstring("out"), ContainSubstring("escapes")))), name)
			expect(filepath.Join(filepath.Dir(dir), "out")).NotTo(BeAnExistingFile(), name)
		}
	}
}

func TestUnpackRefusesHardLinksOut(t *testing.T) {
	f := file(t, "a.tar", entry{name: "a", target: "../out", hard: true})
	NewWithT(t).Expect(archive.Unpack(f, "a.tar", t.TempDir())).To(MatchError(ContainSubstring("escapes")))
}

func TestUnpackSaysWhatIsDamaged(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "a"))
	expect := NewWithT(t).Expect
	expect(err).NotTo(HaveOccurred())
	defer f.Close()
	_, err = f.WriteString("<html>not found</html>")
	expect(err).NotTo(HaveOccurred())
	for _, name := range []string{"a.tgz", "a.zip", "a.tar.xz", "a.tar.bz2", "a.tar"} {
		_, err = f.Seek(0, io.SeekStart)
		expect(err).NotTo(HaveOccurred())
		expect(archive.Unpack(f, name, t.TempDir())).To(MatchError(HavePrefix("unpacking " + name + ": ")))
	}
}
