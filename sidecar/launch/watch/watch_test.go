package watch_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/watch"
)

const enough = 20 * time.Second

func TestWatch(t *testing.T) {
	write := func(t *testing.T, path, text string) {
		t.Helper()
		NewWithT(t).Expect(os.WriteFile(path, []byte(text), 0o644)).To(Succeed())
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
	}
	for name, c := range map[string]struct {
		path            string
		prepare, change func(t *testing.T, dir string)
	}{
		"a file that is written": {"a.pem",
			func(t *testing.T, dir string) { write(t, dir+"/a.pem", "1") },
			func(t *testing.T, dir string) { write(t, dir+"/a.pem", "two") }},
		"a file that is replaced": {"a.pem",
			func(t *testing.T, dir string) { write(t, dir+"/a.pem", "1") },
			func(t *testing.T, dir string) {
				write(t, dir+"/new", "2")
				must(t, os.Rename(dir+"/new", dir+"/a.pem"))
			}},
		"a file that appears in a directory that appears": {"later/on/a.pem",
			func(*testing.T, string) {},
			func(t *testing.T, dir string) {
				must(t, os.MkdirAll(dir+"/later/on", 0o755))
				write(t, dir+"/new", "1")
				must(t, os.Rename(dir+"/new", dir+"/later/on/a.pem")) // one change, however slow this is
			}},
		"a file below a directory that is replaced": {"site/conf/a.pem",
			func(t *testing.T, dir string) {
				for _, site := range []string{"/site", "/new"} {
					must(t, os.MkdirAll(dir+site+"/conf", 0o755))
					write(t, dir+site+"/conf/a.pem", site)
				}
			},
			func(t *testing.T, dir string) {
				must(t, os.Rename(dir+"/site", dir+"/old"))
				must(t, os.Rename(dir+"/new", dir+"/site"))
			}},
		"a directory's file": {".",
			func(t *testing.T, dir string) { write(t, dir+"/a.pem", "1") },
			func(t *testing.T, dir string) { must(t, os.Remove(dir+"/a.pem")) }},
		"Kubernetes' ..data that is swapped": {"a.pem", data,
			func(t *testing.T, dir string) { swap(t, dir, "..2", "2") }},
		"a file below a link that is swapped": {"site/..data/a.pem",
			func(t *testing.T, dir string) {
				must(t, os.Mkdir(dir+"/site", 0o755))
				swap(t, dir+"/site", "..1", "1")
			},
			func(t *testing.T, dir string) { swap(t, dir+"/site", "..2", "2") }},
		"a link to a file below a link that is swapped": {"a.pem",
			func(t *testing.T, dir string) {
				must(t, os.Mkdir(dir+"/site", 0o755))
				swap(t, dir+"/site", "..1", "1")
				must(t, os.Symlink("site/..data/a.pem", dir+"/a.pem"))
			},
			func(t *testing.T, dir string) { swap(t, dir+"/site", "..2", "2") }},
		"a file below a link that leads nowhere yet": {"site/..data/a.pem",
			func(t *testing.T, dir string) {
				must(t, os.Mkdir(dir+"/site", 0o755))
				must(t, os.Symlink("later", dir+"/site/..data"))
			},
			func(t *testing.T, dir string) { swap(t, dir+"/site", "..2", "2") }},
		"a directory with Kubernetes' ..data": {".", data,
			func(t *testing.T, dir string) { swap(t, dir, "..2", "2") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewWithT(t)
			dir := t.TempDir()
			c.prepare(t, dir)
			path := filepath.Join(dir, c.path)
			changes := make(chan string, 100)
			g.Expect(watch.Watch([]string{path, filepath.Join(dir, "other")}, func(path, _ string) { changes <- path })).To(Succeed())
			c.change(t, dir)
			g.Eventually(changes, enough).Should(Receive(Equal(path)))
			write(t, dir+"/..unrelated", "") // of a directory it is a file more
			if c.path != "." {
				write(t, dir+"/other", "")
				g.Eventually(changes, enough).Should(Receive(Equal(dir+"/other")), "and nothing was told twice")
			}
		})
	}
}

// What lies beside a file may change all the time, and so nothing may be quiet.
func TestWatchWithoutQuiet(t *testing.T) {
	g := NewWithT(t)
	dir := t.TempDir()
	changes, stop, stopped := make(chan string, 100), make(chan struct{}), make(chan struct{})
	g.Expect(watch.Watch([]string{dir + "/conf"}, func(path, _ string) { changes <- path })).To(Succeed())
	go func() {
		defer close(stopped)
		ticks := time.NewTicker(20 * time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticks.C:
				_ = os.WriteFile(dir+"/log", []byte("a line\n"), 0o644)
			}
		}
	}()
	defer func() { close(stop); <-stopped }()
	g.Expect(os.WriteFile(dir+"/conf", nil, 0o644)).To(Succeed())
	g.Eventually(changes, enough).Should(Receive())
}

// data makes a directory as the kubelet makes it of a ConfigMap or Secret.
func data(t *testing.T, dir string) {
	t.Helper()
	swap(t, dir, "..1", "1")
	NewWithT(t).Expect(os.Symlink("..data/a.pem", dir+"/a.pem")).To(Succeed())
}

// swap gives such a directory another content at once.
func swap(t *testing.T, dir, version, text string) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(os.Mkdir(filepath.Join(dir, version), 0o755)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(dir, version, "a.pem"), []byte(text), 0o644)).To(Succeed())
	g.Expect(os.Symlink(version, dir+"/..data_tmp")).To(Succeed())
	g.Expect(os.Rename(dir+"/..data_tmp", dir+"/..data")).To(Succeed())
}
