package resolve_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
	"github.com/sidecar-buildpack/sidecar/sidecar/probe"
	"github.com/sidecar-buildpack/sidecar/sidecar/resolve"
)

func TestPlan(t *testing.T) {
	startup, readiness, liveness := &probe.Probe{Notify: true}, &probe.Probe{FailureThreshold: 1}, &probe.Probe{FailureThreshold: 2}
	d := declare.Declaration{
		Env: map[string]string{"DEFAULT": "of the image"},
		App: declare.App{
			DependsOn: map[string]string{"agent": "ready", "elsewhere": "started"}, StopGracePeriodSeconds: 20, Logs: "json",
			StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness,
		},
		Sidecars: []declare.Sidecar{
			{
				Name: "agent", ProcessTypes: []string{"worker", "web"}, Command: declare.Command{"./agent", "-v"}, WorkingDir: "conf",
				Memory: 64 * memory.M, Env: map[string]string{"A": "b"}, InheritEnv: declare.Names{"PATH"},
				DependsOn: map[string]string{"elsewhere": "started", "all": "started"},
				Restart:   "on-failure", MaxRestarts: 3, RestartWindowSeconds: 30, Essential: true,
				StopSignal: "SIGINT", StopGracePeriodSeconds: 2, Logs: "raw",
				StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness,
			},
			{Name: "elsewhere", ProcessTypes: []string{"worker"}, Command: declare.Command{"x"}},
			{Name: "all", ProcessTypes: []string{"web"}, Command: declare.Command{"x"}, InheritEnv: declare.Names{declare.Everything}},
		},
	}
	expect := NewWithT(t).Expect
	expect(resolve.Plan(d, "web", "/workspace")).To(Equal(plan.Plan{
		Type: "web",
		App: plan.Process{
			Name: "app", InheritEnv: []string{plan.Everything}, DependsOn: map[string]plan.Condition{"agent": plan.Ready},
			Restart: plan.Never, Essential: true, StopSignal: "SIGTERM", StopGracePeriodSeconds: 20, Logs: plan.JSON,
			StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness,
		},
		Sidecars: []plan.Process{
			{Name: "all", Command: []string{"x"}, WorkingDir: "/workspace", InheritEnv: []string{plan.Everything}},
			{
				Name: "agent", Command: []string{"./agent", "-v"}, WorkingDir: "/workspace/conf",
				Memory: 64 * memory.M, Env: map[string]string{"A": "b"}, InheritEnv: []string{"PATH"},
				DependsOn: map[string]plan.Condition{"all": plan.Started},
				Restart:   plan.OnFailure, MaxRestarts: 3, RestartWindowSeconds: 30, Essential: true,
				StopSignal: "SIGINT", StopGracePeriodSeconds: 2, Logs: plan.Raw,
				StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness,
			},
		},
	}))
}

func TestPlanOfATypeWithoutSidecars(t *testing.T) {
	p := resolve.Plan(declare.Declaration{App: declare.App{Logs: "raw"}}, "task", "/workspace")
	NewWithT(t).Expect(p.Sidecars).To(BeEmpty())
	NewWithT(t).Expect(p.App.DependsOn).To(BeNil())
}

func TestTypes(t *testing.T) {
	d := declare.Declaration{Sidecars: []declare.Sidecar{{ProcessTypes: []string{"worker", "web"}}, {ProcessTypes: []string{"web", "task"}}}}
	NewWithT(t).Expect(resolve.Types(d)).To(Equal([]string{"task", "web", "worker"}))
	NewWithT(t).Expect(resolve.Types(declare.Declaration{})).To(BeEmpty())
}

func TestSidecarsStartInOrder(t *testing.T) {
	for _, c := range []struct {
		name      string
		dependsOn map[string][]string
		app       []string
		want      []string
	}{
		{"as declared", nil, nil, []string{"a", "b", "c", "d"}},
		{"a chain", map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"d"}}, nil, []string{"d", "c", "b", "a"}},
		{"two levels", map[string][]string{"a": {"c"}, "b": {"c"}}, nil, []string{"c", "d", "a", "b"}},
		{"a diamond", map[string][]string{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}, nil, []string{"d", "b", "c", "a"}},
		{"after the app", map[string][]string{"a": {"app"}, "b": {"a"}}, nil, []string{"c", "d", "a", "b"}},
		{"the app's own", map[string][]string{"c": {"d"}}, []string{"c"}, []string{"a", "b", "d", "c"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := graph([]string{"a", "b", "c", "d"}, func(name string) []string { return c.dependsOn[name] })
			d.App.DependsOn = started(c.app)
			NewWithT(t).Expect(names(resolve.Plan(d, "web", "/"))).To(Equal(c.want))
		})
	}
}

func TestEverySidecarComesAfterWhatItDependsOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := []string{"a", "b", "c", "d", "e", "f"}
		ranks := rapid.Permutation(all).Draw(t, "ranks")
		d := graph(all, func(name string) []string { // only on what ranks lower, so that there is no cycle
			return rapid.SliceOfDistinct(rapid.SampledFrom(ranks[:slices.Index(ranks, name)+1]), rapid.ID).
				Filter(func(needed []string) bool { return !slices.Contains(needed, name) }).Draw(t, name)
		})
		p := resolve.Plan(d, "web", "/")
		order := names(p)
		if len(order) != len(all) {
			t.Fatalf("%v", order)
		}
		for i, s := range p.Sidecars {
			for needed := range s.DependsOn {
				if slices.Index(order, needed) >= i {
					t.Fatalf("%s comes before %s, which it depends on: %v", s.Name, needed, order)
				}
			}
		}
	})
}

func graph(all []string, dependsOn func(name string) []string) declare.Declaration {
	var d declare.Declaration
	for _, name := range all {
		d.Sidecars = append(d.Sidecars, declare.Sidecar{Name: name, ProcessTypes: []string{"web"}, DependsOn: started(dependsOn(name))})
	}
	return d
}

func started(names []string) map[string]string {
	conditions := map[string]string{}
	for _, name := range names {
		conditions[name] = "started"
	}
	return conditions
}

func names(p plan.Plan) []string {
	var all []string
	for _, s := range p.Sidecars {
		all = append(all, s.Name)
	}
	return all
}
