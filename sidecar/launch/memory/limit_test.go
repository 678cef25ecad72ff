package memory_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/sidecar-buildpack/sidecar/integration/bounded"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// Each host's files lie in testdata, as the process in question sees them.
func TestLimitOfHosts(t *testing.T) {
	const scope = "/system.slice/docker-c17baa739881bc7f43ae07459855c97774a6e02fcf1f59f60a647b7213488fb4.scope"
	const pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7d4424e6_bb13_42f4_a47a_45a4828bf54d.slice"
	for host, want := range map[string]memory.Container{
		"docker-v1":                {Limit: 300 * plan.M, Source: "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		"docker-v2":                {Limit: 512 * plan.M, Source: "/sys/fs/cgroup/memory.max"},
		"docker-v2-bound":          {Limit: 384 * plan.M, Source: "/sys/fs/cgroup/memory.max"},
		"docker-v2-host-namespace": {Limit: 384 * plan.M, Source: "/sys/fs/cgroup" + scope + "/memory.max"},
		"nested-v2":                {Limit: 768 * plan.M, Source: "/sys/fs/cgroup/memory.max"},
		"kubernetes-guaranteed":    {Limit: plan.G, Source: "/sys/fs/cgroup/memory.max"},
		"kubernetes-burstable":     {Limit: 768 * plan.M, Source: "/sys/fs/cgroup" + pod + "/memory.max"},
		"kubernetes-v1":            {Limit: 256 * plan.M, Source: "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		"kubernetes-v1-pod-limit":  {Limit: 512 * plan.M, Source: "/sys/fs/cgroup/memory/memory.stat"},
		"garden-v1":                {Limit: plan.G, Source: "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		"systemd-slice":            {Limit: 2 * plan.G, Source: "/sys/fs/cgroup/user.slice/user-1000.slice/memory.max"},
		"hybrid":                   {Limit: 600 * plan.M, Source: "/sys/fs/cgroup/memory/system.slice/app.service/memory.limit_in_bytes"},
		"laptop":                   {},
		"no-such-host":             {},
	} {
		t.Run(host, func(t *testing.T) {
			g := NewWithT(t)
			container, err := memory.Limit(filepath.Join("testdata", host))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(container).To(Equal(want))
		})
	}
}

func TestLimitIsThatOfThisMachine(t *testing.T) {
	_, err := memory.Limit("")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

// host makes the files of a container of version 2 whose memory.max says text.
func host(t testing.TB, group, mount, text string) string {
	root := t.TempDir()
	for file, text := range map[string]string{
		"proc/self/cgroup":    group,
		"proc/self/mountinfo": mount,
		"a b/memory.max":      text,
	} {
		file = filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

const (
	group = "0::/\n"
	mount = `30 23 0:26 / /a\040b rw shared:9 - cgroup2 cgroup2 rw` + "\n"
)

// Beyond memory.high processes are throttled until they hardly get on, so it is as good as a limit.
func TestLimitIsWhereThrottlingBegins(t *testing.T) {
	for name, c := range map[string]struct {
		high, most string
		want       memory.Container
	}{
		"below the limit": {"536870912\n", "1073741824\n", memory.Container{Limit: 512 * plan.M, Source: "/a b/memory.high"}},
		"above it":        {"2147483648\n", "1073741824\n", memory.Container{Limit: plan.G, Source: "/a b/memory.max"}},
		"without a limit": {"536870912\n", "max\n", memory.Container{Limit: 512 * plan.M, Source: "/a b/memory.high"}},
		"none":            {"max\n", "max\n", memory.Container{}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			root := host(t, group, mount, c.most)
			g.Expect(os.WriteFile(filepath.Join(root, "a b/memory.high"), []byte(c.high), 0o644)).To(Succeed())
			limit, err := memory.Limit(root)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(limit).To(Equal(c.want))
		})
	}
}

// Of a group outside of the process's namespace the path is known and nothing else: what is mounted is all that can be seen.
func TestLimitIsThatOfTheMountWhereTheGroupIsOutsideOfIt(t *testing.T) {
	g := NewWithT(t)
	limit, err := memory.Limit(host(t, "0::/../other\n", mount, "1073741824\n"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(limit).To(Equal(memory.Container{Limit: plan.G, Source: "/a b/memory.max"}))
}

// Version 1 has no word for it: it says the largest number of whole pages, here of 4K and of 64K.
func TestVersion1WithoutALimit(t *testing.T) {
	g := NewWithT(t)
	for _, number := range []string{"9223372036854771712\n", "9223372036854710272\n"} {
		root := host(t, "4:memory:/a\n", `30 23 0:26 /a /a\040b rw - cgroup cgroup rw,memory`+"\n", "max\n")
		for file, text := range map[string]string{"memory.limit_in_bytes": number, "memory.stat": "hierarchical_memory_limit " + number} {
			g.Expect(os.WriteFile(filepath.Join(root, "a b", file), []byte(text), 0o644)).To(Succeed())
		}
		limit, err := memory.Limit(root)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(limit).To(Equal(memory.Container{}))
	}
}

func TestLimitSaysWhatIsWrongWithAFile(t *testing.T) {
	for text, want := range map[string]string{
		"lots\n": `/a b/memory.max: "lots" is no number of bytes`,
		"-1\n":   `/a b/memory.max: "-1" is no number of bytes`,
		"\n":     `/a b/memory.max: "" is no number of bytes`,
	} {
		_, err := memory.Limit(host(t, group, mount, text))
		NewWithT(t).Expect(err).To(MatchError(want))
	}
}

func TestLimitSaysWhatItMayNotRead(t *testing.T) {
	root := host(t, group, mount, "1\n")
	file := filepath.Join(root, "a b/memory.max")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(file, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := memory.Limit(root)
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring("a b/memory.max")))
}

// FuzzLimit reads whatever the files of control groups may say, those of both versions: text is in all of them.
func FuzzLimit(f *testing.F) {
	f.Add(group, mount, "1073741824\n")
	f.Add("0::/../other\n", mount, "max\n")
	f.Add("4:memory:/a\n", "30 23 0:26 /a / rw - cgroup cgroup rw,memory\n", "9223372036854771712")
	f.Add("4:memory:/a\n", `30 23 0:26 /a /a\040b rw - cgroup cgroup rw,memory`+"\n", "hierarchical_memory_limit 4096\noom_kill 3\n")
	f.Add(group, mount, "low 0\noom_kill 18446744073709551615\n")
	f.Fuzz(func(t *testing.T, group, mount, text string) {
		if len(group) > unix.PathMax {
			t.Skip("the kernel shows no longer path")
		}
		root := host(t, group, mount, text)
		for _, file := range []string{"memory.high", "memory.events", "memory.limit_in_bytes", "memory.stat", "memory.oom_control"} {
			if err := os.WriteFile(filepath.Join(root, "a b", file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var c memory.Container
		var err error
		bounded.Do(t, 64<<20+1000*uint64(len(mount)+len(text)), func() {
			c, err = memory.Limit(root)
			if kills, err := oomKills(root); err != nil && kills != 0 {
				t.Errorf("%d kills, and %v", kills, err)
			}
			if file := memory.EventsFile(root); file != "" && !strings.HasPrefix(file, root) {
				t.Errorf("%s is outside", file)
			}
		})
		if (c.Limit > 0) != (c.Source != "") || c.Limit < 0 || err != nil && c != (memory.Container{}) {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
