package resolve_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/build/resolve"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestPlan(t *testing.T) {
	startup, readiness, liveness := &plan.Probe{Notify: true}, &plan.Probe{FailureThreshold: 1}, &plan.Probe{FailureThreshold: 2}
	d := declare.Declaration{
		Env: map[string]string{"DEFAULT": "of the image"},
		App: declare.App{
			DependsOn: map[string]string{"agent": "ready", "elsewhere": "started"}, StopSignal: "SIGQUIT", StopGracePeriodSeconds: 20,
			Logs:   "json",
			Probes: plan.Probes{StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness},
		},
		Sidecars: []declare.Sidecar{
			{
				Name: "agent", ProcessTypes: []string{"worker", "web"}, Command: declare.Command{"./agent", "-v"}, WorkingDir: "conf",
				Memory: 64 * plan.M, Env: map[string]string{"A": "b"}, InheritEnv: declare.Names{"PATH"},
				DependsOn: map[string]string{"elsewhere": "started", "all": "started"},
				Restart:   "on-failure", MaxRestarts: 3, RestartWindowSeconds: 30, Essential: true,
				StopSignal: "SIGINT", StopGracePeriodSeconds: 2, Logs: "raw",
				Probes: plan.Probes{StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness},
			},
			{Name: "elsewhere", ProcessTypes: []string{"worker"}, Command: declare.Command{"x"}},
			{Name: "all", ProcessTypes: []string{"web"}, Command: declare.Command{"x"}, InheritEnv: declare.Names{declare.Everything}},
		},
	}
	expect := NewWithT(t).Expect
	expect(resolve.Plan(d, "web", "/workspace")).To(Equal(plan.Plan{
		Type: "web", Env: map[string]string{"DEFAULT": "of the image"},
		App: plan.Process{
			Name: "app", InheritEnv: []string{plan.Everything}, DependsOn: map[string]plan.Condition{"agent": plan.Ready},
			Restart: plan.Never, Essential: true, StopSignal: "SIGQUIT", StopGracePeriodSeconds: 20, Logs: plan.JSON,
			Probes: plan.Probes{StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness},
		},
		Sidecars: []plan.Process{
			{Name: "all", Command: []string{"x"}, WorkingDir: "/workspace", InheritEnv: []string{plan.Everything}},
			{
				Name: "agent", Command: []string{"./agent", "-v"}, WorkingDir: "/workspace/conf",
				Memory: 64 * plan.M, Env: map[string]string{"A": "b"}, InheritEnv: []string{"PATH"},
				DependsOn: map[string]plan.Condition{"all": plan.Started},
				Restart:   plan.OnFailure, MaxRestarts: 3, RestartWindowSeconds: 30, Essential: true,
				StopSignal: "SIGINT", StopGracePeriodSeconds: 2, Logs: plan.Raw,
				Sandbox: &plan.Sandbox{Mode: plan.Prefer}, // since it may not see all of the environment
				Probes:  plan.Probes{StartupProbe: startup, ReadinessProbe: readiness, LivenessProbe: liveness},
			},
		},
	}))
}

func TestPlanOfATypeWithoutSidecars(t *testing.T) {
	p := resolve.Plan(declare.Declaration{App: declare.App{Logs: "raw"}}, "task", "/workspace")
	NewWithT(t).Expect(p.Sidecars).To(BeEmpty())
	NewWithT(t).Expect(p.App.DependsOn).To(BeNil())
}

func TestProcessTypesOfAnImage(t *testing.T) {
	for name, c := range map[string]struct {
		types []string
		image resolve.Image
		want  []string
	}{
		"as declared":               {[]string{"worker"}, resolve.Image{Types: []string{"web", "worker"}, Default: "web"}, []string{"worker"}},
		"the default one":           {nil, resolve.Image{Types: []string{"api", "web"}, Default: "api"}, []string{"api"}},
		"web where none is default": {nil, resolve.Image{Types: []string{"api", "web"}}, []string{"web"}},
		"every one":                 {[]string{declare.EveryType}, resolve.Image{Types: []string{"api", "web"}}, []string{"api", "web"}},
	} {
		d := declare.Declaration{Sidecars: []declare.Sidecar{{ProcessTypes: c.types}}}
		expect := NewWithT(t).Expect
		resolved, warnings, err := resolve.For(d, c.image)
		expect(err).NotTo(HaveOccurred(), name)
		expect(warnings).To(BeEmpty(), name)
		expect(resolved.Sidecars[0].ProcessTypes).To(Equal(c.want), name)
		expect(d.Sidecars[0].ProcessTypes).To(Equal(c.types), name)
	}
}

func TestProcessTypesThatAreNotThere(t *testing.T) {
	const undefined = "which no buildpack before this one defines"
	wayOut := ". Name one of those in its process-types, or, where a later buildpack defines it, order this buildpack last"
	image := resolve.Image{Types: []string{"api", "task"}}
	for name, c := range map[string]struct {
		types    []string
		shared   bool
		image    resolve.Image
		want     []string
		warnings []string
		err      string
	}{
		"in a sidecar.toml": {types: []string{"api", "worker"}, image: image,
			err: `x: sidecar "a" is for the process type "worker", ` + undefined + "; they define api, task" + wayOut},
		"in a manifest": {types: []string{"worker", "api"}, shared: true, image: image, want: []string{"api"},
			warnings: []string{`x: sidecar "a" is for the process type "worker", ` + undefined + ": it is built for api"}},
		"all in a manifest": {types: []string{"worker"}, shared: true, image: image,
			err: `x: sidecar "a" is for the process type "worker", ` + undefined + "; they define api, task" + wayOut},
		"no default and no web": {image: image, err: `x: sidecar "a" is for the process type "web", ` +
			`` + undefined + "; they define api, task" + wayOut},
		"every one of none": {types: []string{declare.EveryType}, err: `x: sidecar "a" is for the process type "*", ` + undefined +
			"; they define none at all" + wayOut},
	} {
		t.Run(name, func(t *testing.T) {
			d := declare.Declaration{Sidecars: []declare.Sidecar{{Origin: "x", Name: "a", ProcessTypes: c.types, Shared: c.shared}}}
			resolved, warnings, err := resolve.For(d, c.image)
			expect := NewWithT(t).Expect
			if c.err != "" {
				expect(err).To(MatchError(c.err))
				return
			}
			expect(err).NotTo(HaveOccurred())
			expect(warnings).To(Equal(c.warnings))
			expect(resolved.Sidecars[0].ProcessTypes).To(Equal(c.want))
		})
	}
}

func TestSidecarsThatNeverMeet(t *testing.T) {
	d := declare.Declaration{Sidecars: []declare.Sidecar{
		{Origin: "x", Name: "a", DependsOn: started([]string{"b", "app"})}, {Origin: "x", Name: "b", ProcessTypes: []string{"worker"}},
	}}
	_, _, err := resolve.For(d, resolve.Image{Types: []string{"api", "worker"}, Default: "api"})
	NewWithT(t).Expect(err).To(MatchError(
		`x: sidecar "a": depends-on.b never runs beside a: give both a process type in common in process-types`))
	_, _, err = resolve.For(d, resolve.Image{Types: []string{"worker"}, Default: "worker"})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
}

func TestTheImageThatADeclarationSpeaksOf(t *testing.T) {
	d := declare.Declaration{Sidecars: []declare.Sidecar{{}, {ProcessTypes: []string{"worker"}}, {ProcessTypes: []string{declare.EveryType}}}}
	NewWithT(t).Expect(resolve.Assumed(d)).To(Equal(resolve.Image{Types: []string{"web", "worker"}, Default: "web"}))
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
