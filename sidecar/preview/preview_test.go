package preview_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/preview"
)

// sidecar returns one that waits for others: name=condition, with commas between.
func sidecar(name, waits string) plan.Process {
	p := plan.Process{Name: name, Essential: true, StopSignal: "SIGTERM", StopGracePeriodSeconds: 5, Restart: plan.Never}
	for _, wait := range strings.Split(waits, ",") {
		if on, condition, ok := strings.Cut(wait, "="); ok {
			if p.DependsOn == nil {
				p.DependsOn = map[string]plan.Condition{}
			}
			p.DependsOn[on] = plan.Condition(condition)
		}
	}
	return p
}

func probe(period, timeout float64, failures int) *plan.Probe {
	return &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: period, TimeoutSeconds: timeout, FailureThreshold: failures,
		SuccessThreshold: 1}
}

func of(sidecars ...plan.Process) plan.Plan {
	return plan.Plan{Type: "web", App: plan.Process{Name: plan.AppName, StopSignal: "SIGTERM"}, Sidecars: sidecars}
}

func TestAStartTakesAsLongAsTheProbesOfTheLongestChain(t *testing.T) {
	g := NewWithT(t)
	vault, agent, proxy := sidecar("vault", ""), sidecar("agent", "vault=started"), sidecar("proxy", "")
	vault.StartupProbe, agent.StartupProbe, proxy.StartupProbe = probe(1, 1, 30), probe(2, 1, 5), probe(1, 5, 3)
	agent.StartupProbe.InitialDelaySeconds = 4
	g.Expect(preview.Starts(of(vault, agent, proxy))).To(Equal([]preview.Start{
		{From: 0, Started: 30}, {From: 30, Started: 43}, {From: 0, Started: 15}, {From: 43, Started: 43},
	}))
}

func TestReadyAndCompletedHaveNoBound(t *testing.T) {
	g := NewWithT(t)
	migrate, vault, agent := sidecar("migrate", ""), sidecar("vault", "migrate=completed"), sidecar("agent", "")
	agent.ReadinessProbe = probe(1, 1, 3)
	p := of(migrate, vault, agent)
	p.App.DependsOn = map[string]plan.Condition{"agent": plan.Ready}
	starts := preview.Starts(p)
	g.Expect(starts[0].Openly).To(Equal(plan.Completed))
	g.Expect(math.IsInf(starts[1].From, 1)).To(BeTrue())
	g.Expect(starts[2].Openly).To(Equal(plan.Ready))
	g.Expect(math.IsInf(starts[3].From, 1)).To(BeTrue())
}

func TestAStopTakesNoMoreThanTheBudget(t *testing.T) {
	g := NewWithT(t)
	vault, agent := sidecar("vault", ""), sidecar("agent", "vault=started")
	agent.StopGracePeriodSeconds = 3
	p := of(vault, agent)
	p.App.StopDelaySeconds, p.App.StopGracePeriodSeconds = 2, 10
	g.Expect(preview.Stops(p, 30)).To(Equal([]preview.Stop{
		{From: 15, Delayed: 15, Told: 15, Killed: 20}, {From: 12, Delayed: 12, Told: 12, Killed: 15}, {From: 0, Delayed: 2, Told: 2, Killed: 12},
	}))
	stops := preview.Stops(p, 9)
	g.Expect(stops[2]).To(Equal(preview.Stop{From: 0, Delayed: 2, Told: 2, Killed: 8, Short: true}))
	g.Expect(stops[1]).To(Equal(preview.Stop{From: 8, Delayed: 8, Told: 8, Killed: 9, Short: true}))
	p.App.StopDelaySeconds = 100 // at most half of what is left
	g.Expect(preview.Stops(p, 9)[2].Told).To(Equal(4.5))
}

func TestLanesLeadFromWhoIsWaitedForToWhoWaits(t *testing.T) {
	draw := func(p plan.Plan, unicode bool) string {
		var out bytes.Buffer
		preview.Draw(&out, p, 9, nil, 0, preview.Style{Width: 80, Unicode: unicode})
		graph, _, _ := strings.Cut(out.String(), "\n\n")
		return graph
	}
	g := NewWithT(t)
	diamond := of(sidecar("a", ""), sidecar("b", "a=started"), sidecar("c", "a=started"), sidecar("d", "b=completed,c=started"))
	g.Expect(draw(diamond, true)).To(Equal(`web and 4 sidecars
  ●          a    at once
  ├►●        b    when a has started
  ├─│►●      c    when a has started
  │ ├─┼►●    d    when b has completed and c has started
  └─┴─┴─┴►◆  web  when a, b, c and d have started`))
	g.Expect(draw(of(sidecar("a", "app=started")), false)).To(Equal("web and 1 sidecar\n" +
		"  @    web  at once\n  `>*  a    when app has started"))
}

func TestNoLineIsWiderThanTheTerminal(t *testing.T) {
	long := sidecar(strings.Repeat("x", 100), "")
	long.StartupProbe = &plan.Probe{HTTPGet: &plan.HTTPGet{Port: 1, Path: "/" + strings.Repeat("y", 200)}, PeriodSeconds: 1,
		FailureThreshold: 30}
	long.Restart = plan.OnFailure
	for _, width := range []int{60, 80, 120, 160} {
		var out bytes.Buffer
		p := of(long, sidecar("b", ""), sidecar("c", ""))
		memory := []preview.Memory{{Name: "web", Size: plan.G}, {Name: long.Name, Size: plan.M, Detail: strings.Repeat("word ", 40)}}
		preview.Draw(&out, p, 9, memory, plan.G+plan.M, preview.Style{Width: width, Unicode: true})
		for line := range strings.Lines(out.String()) {
			NewWithT(t).Expect(len([]rune(strings.TrimSuffix(line, "\n")))).To(BeNumerically("<=", max(width, 76)), line)
		}
	}
}
