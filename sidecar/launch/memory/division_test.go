package memory_test

import (
	"math"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

const M, G = plan.M, plan.G

var inGigabyte = memory.Container{Limit: G, Source: "/sys/fs/cgroup/memory.max"}

func shares(pairs ...any) (s []memory.Share) {
	for i := 0; i < len(pairs); i += 2 {
		s = append(s, memory.Share{Name: pairs[i].(string), Memory: pairs[i+1].(plan.Size)})
	}
	return s
}

func divide(t testing.TB, c memory.Container, sidecars ...any) memory.Division {
	t.Helper()
	d, err := memory.Divide(c, "web", shares(sidecars...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTheAppHasWhatTheSidecarsLeave(t *testing.T) {
	g := NewWithT(t)
	g.Expect(divide(t, inGigabyte, "config-server", 256*M, "agent", 64*M, "tail", plan.Size(0)).App.Memory).To(Equal(704 * M))
	g.Expect(divide(t, inGigabyte).App.Memory).To(Equal(G))
	g.Expect(divide(t, memory.Container{}, "agent", 64*M).App.Memory).To(BeZero())
	g.Expect(divide(t, inGigabyte, "agent", G-1).App.Memory).To(Equal(plan.Size(1)))
}

func TestWhatLeavesNothingIsAnErrorWithTheArithmetic(t *testing.T) {
	c := memory.Container{Limit: 384 * M, Source: "/sys/fs/cgroup/memory.max"}
	for want, sidecars := range map[string][]memory.Share{
		"memory: config-server 256M + agent 128M = 384M leave nothing of the container's 384M for web (/sys/fs/cgroup/memory.max): " +
			"give the container more or them less, or set BPL_SIDECAR_MEMORY_POLICY=warn": shares("config-server", 256*M, "agent", 128*M),
		"memory: agent 1G leaves nothing of the container's 384M for web": shares("agent", G, "tail", plan.Size(0)),
		"a 9223372036854775807B + b 1T = 9223372036854775807B leave":      shares("a", plan.Size(math.MaxInt64), "b", plan.T),
	} {
		_, err := memory.Divide(c, "web", sidecars)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(want)))
	}
}

func TestPolicies(t *testing.T) {
	g := NewWithT(t)
	for text, want := range map[string]memory.Policy{"": memory.Fail, "fail": memory.Fail, "warn": memory.Warn, "off": memory.Off} {
		policy, err := memory.ParsePolicy(text)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(policy).To(Equal(want))
	}
	_, err := memory.ParsePolicy("never")
	g.Expect(err).To(MatchError("write fail, warn or off"))
}

func TestOOMScoreAdj(t *testing.T) {
	g := NewWithT(t)
	d := divide(t, inGigabyte, "config-server", 256*M, "agent", 64*M, "tail", plan.Size(0))
	for process, want := range map[string]int{"app": 0, "config-server": 437, "agent": 625, "tail": 687} {
		g.Expect(d.OOMScoreAdj(process, 0)).To(Equal(want), process)
		g.Expect(d.OOMScoreAdj(process, -900)).To(Equal(want-900), process)
	}
	g.Expect(d.OOMScoreAdj("agent", 900)).To(Equal(1000))
	g.Expect(divide(t, inGigabyte, "big", 768*M).OOMScoreAdj("app", 0)).To(Equal(500)) // who has less of it than a sidecar
	g.Expect(divide(t, inGigabyte, "tail", plan.Size(0)).OOMScoreAdj("tail", 7)).To(Equal(7))
	g.Expect(divide(t, memory.Container{}, "agent", 64*M).OOMScoreAdj("agent", 7)).To(Equal(7))
}

// oomBadness is what the kernel compares: mm/oom_kill.c's oom_badness, where a cgroup with this limit is full.
func oomBadness(used, limit plan.Size, adj int) int64 {
	const page = 4096
	return int64(used)/page + int64(adj)*(int64(limit)/page/1000)
}

func TestTheKernelTakesWhoExceedsItsShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := plan.Size(rapid.Int64Range(int64(256*M), int64(64*G)).Draw(t, "limit"))
		first := plan.Size(rapid.Int64Range(int64(M), int64(limit/2)).Draw(t, "first"))
		second := plan.Size(rapid.Int64Range(int64(M), int64(limit/2)-1).Draw(t, "second"))
		d, err := memory.Divide(memory.Container{Limit: limit, Source: "x"}, "web", shares("first", first, "second", second))
		if err != nil {
			t.Fatal(err)
		}
		used := map[string]plan.Size{"app": d.App.Memory, "first": first, "second": second}
		offender := rapid.SampledFrom([]string{"app", "first", "second"}).Draw(t, "offender")
		used[offender] += 1000*4096 + limit/500 + M // what whole pages a point, and whole points, may lose
		for process := range used {
			if process != offender && oomBadness(used[process], limit, d.OOMScoreAdj(process, 0)) >=
				oomBadness(used[offender], limit, d.OOMScoreAdj(offender, 0)) {
				t.Fatalf("%s is taken, not %s", process, offender)
			}
		}
	})
}

func TestBar(t *testing.T) {
	g := NewWithT(t)
	d := divide(t, inGigabyte, "config-server", 256*M, "agent", 68*M, "tail", plan.Size(0), "mite", M)
	g.Expect(d.Bar(true)).To(Equal("memory  1G   web 699M █████████████████████▉  config-server 256M ████████  agent 68M ██▏  mite 1M ▏"))
	g.Expect(d.Bar(false)).To(Equal("memory  1G   web 699M ######################  config-server 256M ########  agent 68M ##  mite 1M #"))
	g.Expect(divide(t, inGigabyte).Bar(false)).To(Equal("memory  1G   web 1G ################################"))
	g.Expect(divide(t, memory.Container{}, "agent", 64*M).Bar(true)).To(Equal("memory  no limit is known   agent 64M"))
}

func TestShort(t *testing.T) {
	for want, size := range map[string]plan.Size{
		"1G": G, "1536M": 1536 * M, "704M": 704*M + 1, "22.9G": 24042004 * plan.K, "2048G": 2 * plan.T, "512K": 512 * plan.K, "7B": 7,
		"0B": 0,
	} {
		NewWithT(t).Expect(size.Short()).To(Equal(want))
	}
}
