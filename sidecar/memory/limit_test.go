package memory_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
)

// Each host's files lie in testdata, as the process in question sees them.
func TestLimitOfHosts(t *testing.T) {
	const scope = "/system.slice/docker-c17baa739881bc7f43ae07459855c97774a6e02fcf1f59f60a647b7213488fb4.scope"
	const pod = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod7d4424e6_bb13_42f4_a47a_45a4828bf54d.slice"
	for host, want := range map[string]memory.Container{
		"docker-v1":                {Limit: 300 * memory.M, Source: "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		"docker-v2":                {Limit: 512 * memory.M, Source: "/sys/fs/cgroup/memory.max"},
		"docker-v2-bound":          {Limit: 384 * memory.M, Source: "/sys/fs/cgroup/memory.max"},
		"docker-v2-host-namespace": {Limit: 384 * memory.M, Source: "/sys/fs/cgroup" + scope + "/memory.max"},
		"nested-v2":                {Limit: 768 * memory.M, Source: "/sys/fs/cgroup/memory.max"},
		"kubernetes-guaranteed":    {Limit: memory.G, Source: "/sys/fs/cgroup/memory.max"},
		"kubernetes-burstable":     {Limit: 768 * memory.M, Source: "/sys/fs/cgroup" + pod + "/memory.max"},
		"kubernetes-v1":            {Limit: 256 * memory.M, Source: "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		"kubernetes-v1-pod-limit":  {Limit: 512 * memory.M, Source: "/sys/fs/cgroup/memory/memory.stat"},
		"garden-v1":                {Limit: memory.G, Source: "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
		"systemd-slice":            {Limit: 2 * memory.G, Source: "/sys/fs/cgroup/user.slice/user-1000.slice/memory.max"},
		"hybrid":                   {Limit: 600 * memory.M, Source: "/sys/fs/cgroup/memory/system.slice/app.service/memory.limit_in_bytes"},
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

func FuzzLimit(f *testing.F) {
	f.Add(group, mount, "1073741824\n")
	f.Add("0::/../other\n", mount, "max\n")
	f.Add("4:memory:/a\n", "30 23 0:26 /a / rw - cgroup cgroup rw,memory\n", "9223372036854771712")
	f.Fuzz(func(t *testing.T, group, mount, text string) {
		c, err := memory.Limit(host(t, group, mount, text))
		if (c.Limit > 0) != (c.Source != "") || c.Limit < 0 || err != nil && c != (memory.Container{}) {
			t.Errorf("%+v, %v", c, err)
		}
	})
}
