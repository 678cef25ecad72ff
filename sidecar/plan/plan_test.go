package plan_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestReadFindsWhatWriteWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.toml")
	rapid.Check(t, func(t *rapid.T) {
		web := plan.Plan{Type: "web", App: process(t, plan.AppName), Sidecars: []plan.Process{process(t, "a"), process(t, "b c")}}
		worker := plan.Plan{Type: "worker", App: process(t, plan.AppName)}
		expect := NewWithT(t).Expect
		expect(plan.Write(path, web, worker)).To(Succeed())
		expect(plan.Read(path, "web")).To(Equal(web))
		expect(plan.Read(path, "worker")).To(Equal(worker))
	})
}

func process(t *rapid.T, name string) plan.Process {
	p := plan.Process{
		Name:                   name,
		Command:                append([]string{"./run"}, rapid.SliceOf(rapid.String()).Draw(t, "arguments")...),
		WorkingDir:             rapid.String().Draw(t, "working-dir"),
		InheritEnv:             rapid.SliceOf(rapid.String()).Draw(t, "inherit-env"),
		Memory:                 plan.Size(rapid.Int64Min(0).Draw(t, "memory")),
		DependsOn:              map[string]plan.Condition{"not " + rapid.String().Draw(t, "depends-on"): plan.Ready},
		Restart:                plan.OnFailure,
		MaxRestarts:            rapid.IntMin(0).Draw(t, "max-restarts"),
		RestartWindowSeconds:   rapid.Float64Range(0, 1e9).Draw(t, "restart-window-seconds"),
		Essential:              rapid.Bool().Draw(t, "essential"),
		StopSignal:             "SIGTERM",
		StopGracePeriodSeconds: rapid.Float64Range(0, 1e9).Draw(t, "stop-grace-period-seconds"),
		Logs:                   plan.JSON,
	}
	if env := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "env"); len(env) > 0 {
		p.Env = env
	}
	if rapid.Bool().Draw(t, "probed") {
		get := &plan.HTTPGet{Port: 80, Path: rapid.String().Draw(t, "path")}
		p.StartupProbe = &plan.Probe{HTTPGet: get, PeriodSeconds: 0.25, SuccessThreshold: 1, FailureThreshold: 1}
		p.LivenessProbe = &plan.Probe{Exec: &plan.Exec{Command: []string{"true"}}, PeriodSeconds: 1, SuccessThreshold: 1, FailureThreshold: 3}
	}
	return p
}

func TestReadNamesTheTypesThereAre(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.toml")
	expect := NewWithT(t).Expect
	expect(plan.Write(path, plan.Plan{Type: "web"}, plan.Plan{Type: "worker"})).To(Succeed())
	_, err := plan.Read(path, "task")
	expect(err).To(MatchError(And(ContainSubstring(path), ContainSubstring(`"task"`), ContainSubstring("web, worker"))))
}

func TestReadNamesTheFileItCannotRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.toml")
	expect := NewWithT(t).Expect
	_, err := plan.Read(path, "web")
	expect(err).To(And(MatchError(ContainSubstring(path)), MatchError(os.ErrNotExist)))
	expect(os.WriteFile(path, []byte("plans = what"), 0o644)).To(Succeed())
	_, err = plan.Read(path, "web")
	expect(err).To(MatchError(ContainSubstring(path)))
}

func TestReadSaysThatAPlanIsNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "plan.toml")
	for _, text := range []string{"version = 2\n", "version = 2\nplans = \"of another form\"\n"} {
		expect := NewWithT(t).Expect
		expect(os.WriteFile(path, []byte(text), 0o644)).To(Succeed())
		_, err := plan.Read(path, "web")
		expect(err).To(MatchError(ContainSubstring("has version 2, and this supervisor knows 1")))
	}
}

func TestReadRefusesPlansThatMakeNoSense(t *testing.T) {
	for problem, edit := range map[string]func(p *plan.Plan){
		"process \"a\" of type web depends on itself, by way of b": func(p *plan.Plan) {
			p.Sidecars[0].DependsOn = map[string]plan.Condition{"b": plan.Started}
			p.Sidecars[1].DependsOn = map[string]plan.Condition{"a": plan.Started}
		},
		"the app, and nothing else, is called app": func(p *plan.Plan) { p.App = plan.Process{} },
		"has no command":                 func(p *plan.Plan) { p.Sidecars[1].Command = []string{""} },
		`has the restart policy "often"`: func(p *plan.Plan) { p.Sidecars[1].Restart = "often" },
		`has logs of the form "loud"`:    func(p *plan.Plan) { p.App.Logs = "loud" },
		`has the memory policy "beg"`:    func(p *plan.Plan) { p.Sidecars[1].MemoryPolicy = "beg" },
		`has the stop signal "SIGNAL"`:   func(p *plan.Plan) { p.Sidecars[1].StopSignal = "SIGNAL" },
		"has a time below 0":             func(p *plan.Plan) { p.Sidecars[1].StopGracePeriodSeconds = -1 },
		`waits for a to be "nice"`: func(p *plan.Plan) {
			p.Sidecars[1].DependsOn = map[string]plan.Condition{"a": "nice"}
		},
		"has a probe with nothing to run": func(p *plan.Plan) {
			p.Sidecars[1].LivenessProbe = &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, SuccessThreshold: 1, FailureThreshold: 1}
		},
	} {
		t.Run(problem, func(t *testing.T) {
			expect := NewWithT(t).Expect
			sane := func(name string) plan.Process {
				return plan.Process{Name: name, Command: []string{"run"}, Restart: plan.Never, Logs: plan.Prefix, StopSignal: "SIGTERM"}
			}
			p := plan.Plan{Type: "web", App: sane(plan.AppName), Sidecars: []plan.Process{sane("a"), sane("b")}}
			path := filepath.Join(t.TempDir(), "plan.toml")
			expect(plan.Write(path, p)).To(Succeed())
			_, err := plan.Read(path, "web")
			expect(err).NotTo(HaveOccurred())
			edit(&p)
			expect(plan.Write(path, p)).To(Succeed())
			_, err = plan.Read(path, "web")
			expect(err).To(MatchError(And(ContainSubstring(path), ContainSubstring(problem))))
		})
	}
}
