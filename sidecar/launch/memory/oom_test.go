package memory_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
)

func TestOOMKillsAreThoseOfTheContainer(t *testing.T) {
	const (
		v1Group = "4:memory:/docker/c1\n"
		v1Mount = "30 23 0:26 /docker/c1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
		v2Mount = "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup2 rw\n"
	)
	for name, c := range map[string]struct {
		group, mount string
		files        map[string]string
		want         int
		problem      string
	}{
		"version 1": {group: v1Group, mount: v1Mount, want: 3, files: map[string]string{
			"sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"}},
		"version 2": {group: "0::/\n", mount: v2Mount, want: 2, files: map[string]string{
			"sys/fs/cgroup/memory.events": "low 0\nhigh 0\nmax 41\noom 2\noom_kill 2\noom_group_kill 1\n"}},
		"both, with the memory in version 1": {group: "0::/\n" + v1Group, mount: v1Mount + v2Mount, want: 3, files: map[string]string{
			"sys/fs/cgroup/memory/memory.oom_control": "oom_kill 3\n"}},
		"an old kernel without the counter": {group: v1Group, mount: v1Mount, problem: "counts no OOM kills", files: map[string]string{
			"sys/fs/cgroup/memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\n"}},
		"nothing mounted": {problem: "counts no OOM kills"},
		"no number": {group: "0::/\n", mount: v2Mount, problem: `/memory.events: oom_kill is "many"`, files: map[string]string{
			"sys/fs/cgroup/memory.events": "oom_kill many\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			root := host(t, c.group, c.mount, "max\n")
			for file, text := range c.files {
				file = filepath.Join(root, file)
				g.Expect(os.MkdirAll(filepath.Dir(file), 0o755)).To(Succeed())
				g.Expect(os.WriteFile(file, []byte(text), 0o644)).To(Succeed())
			}
			kills, err := oomKills(root)
			if c.problem != "" {
				g.Expect(err).To(MatchError(ContainSubstring(c.problem)))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(kills).To(Equal(c.want))
		})
	}
}

func oomKills(root string) (int, error) {
	counter, _, err := memory.FindKillCounter(root)
	if err != nil {
		return 0, err
	}
	return counter.Read()
}
