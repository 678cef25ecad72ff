package compose_test

import (
	"context"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/compose"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// exported writes a Compose file and reads it as Compose does.
func exported(t *testing.T, app export.App) (*types.Project, export.Losses) {
	t.Helper()
	text, _, losses, err := compose.YAML(app, compose.Options{PauseImage: "pause:1", Port: 8080})
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: text}}, Environment: types.Mapping{},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return project, losses
}

func sidecar(name string, edit func(*plan.Process)) plan.Process {
	p := plan.Process{Name: name, Restart: plan.Never, StopSignal: "SIGTERM", StopGracePeriodSeconds: 5, Essential: true}
	edit(&p)
	return p
}

func TestServicesShareANetworkAndStartInOrder(t *testing.T) {
	check := &plan.Probe{HTTPGet: &plan.HTTPGet{Port: 8082, Path: "/config/"}, PeriodSeconds: 1, SuccessThreshold: 1, FailureThreshold: 30}
	p := plan.Plan{Type: "web", App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{
		sidecar("migrate", func(p *plan.Process) {}),
		sidecar("config", func(p *plan.Process) {
			p.Memory, p.StartupProbe, p.StopSignal = 64*plan.M, check, "SIGINT"
			p.Env = map[string]string{"PRICE": "$5 and ${NONE}"}
			p.DependsOn = map[string]plan.Condition{"migrate": plan.Completed}
		}),
		sidecar("tail, too", func(p *plan.Process) { p.Essential, p.Restart, p.MaxRestarts = false, plan.OnFailure, 5 }),
	}}
	g := NewWithT(t)
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: p, Memory: plan.G})
	config, web, tail := project.Services["config"], project.Services["web"], project.Services["tail--too"]
	g.Expect(config.NetworkMode).To(Equal("service:network"))
	g.Expect(config.DependsOn["migrate"].Condition).To(Equal("service_completed_successfully"))
	g.Expect(config.HealthCheck.Test[:3]).To(HaveExactElements("CMD", HaveSuffix("/bin/supervisor"), "check"))
	g.Expect(config.HealthCheck.Test).To(ContainElement("http://127.0.0.1:8082/config/"))
	g.Expect(*config.Environment["PRICE"]).To(Equal("$5 and ${NONE}"))
	g.Expect(config.MemLimit).To(Equal(types.UnitBytes(64 * plan.M)))
	g.Expect(config.StopSignal).To(Equal("SIGINT"))
	g.Expect(web.DependsOn["config"].Condition).To(Equal("service_healthy"))
	g.Expect(web.DependsOn["tail--too"]).To(And(HaveField("Condition", "service_started"), HaveField("Required", false)))
	g.Expect([]string(web.Entrypoint)).To(Equal([]string{"/cnb/process/web"}))
	g.Expect(*web.Environment["BPL_SIDECAR_DISABLED"]).To(Equal("migrate,config,tail--too"))
	g.Expect(web.MemLimit).To(Equal(types.UnitBytes(960 * plan.M)))
	g.Expect(tail.Restart).To(Equal("on-failure:5"))
	g.Expect(project.Services["network"].Ports[0].Published).To(Equal("8080"))
	g.Expect(losses).To(ContainElement(HaveField("Key", "essential")))
}

func TestTheSupervisorDoesAllThatIsDeclaredOfTheApp(t *testing.T) {
	app := plan.Process{Name: plan.AppName, Restart: plan.Never, StopSignal: "SIGQUIT", StopGracePeriodSeconds: 20, StopDelaySeconds: 2,
		PreStop: &plan.Hook{Exec: &plan.Exec{Command: []string{"./drain"}}},
		Probes:  plan.Probes{ReadinessProbe: &plan.Probe{Notify: true, PeriodSeconds: 5, FailureThreshold: 3}}}
	after := sidecar("after", func(p *plan.Process) { p.DependsOn = map[string]plan.Condition{plan.AppName: plan.Ready} })
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1",
		Plan: plan.Plan{Type: "web", App: app, Sidecars: []plan.Process{after}}})
	g := NewWithT(t)
	web := project.Services["web"]
	g.Expect(web.PreStop).To(BeEmpty())
	g.Expect(web.StopSignal).To(BeEmpty())
	g.Expect(*web.Environment["BPL_SIDECAR_STOP_BUDGET_SECONDS"]).To(Equal("42")) // 2, 20 for the pre-stop, and 20
	g.Expect(time.Duration(*web.StopGracePeriod)).To(Equal(43 * time.Second))
	g.Expect(web.HealthCheck.Test).To(HaveExactElements("CMD", HaveSuffix("/bin/supervisor"), "health", "--ready"))
	g.Expect(project.Services["after"].DependsOn["web"].Condition).To(Equal("service_healthy"))
	g.Expect(losses).To(ConsistOf(HaveField("Key", "essential"), HaveField("Process", "after"), // none of them is the app's own
		export.Loss{Process: "after", Key: "depends-on", Text: "Compose stops it before the app, not after it"}))
}

func TestReadinessMayComeLateAndAStartMayNot(t *testing.T) {
	check := plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, InitialDelaySeconds: 4, PeriodSeconds: 2, FailureThreshold: 3}
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App: plan.Process{Name: plan.AppName, Restart: plan.Never, Probes: plan.Probes{ReadinessProbe: &check}},
		Sidecars: []plan.Process{
			sidecar("ready", func(p *plan.Process) { p.ReadinessProbe = &check }),
			sidecar("started", func(p *plan.Process) { p.StartupProbe = &check }),
		}}})
	g := NewWithT(t)
	for _, name := range []string{"web", "ready"} {
		late := project.Services[name].HealthCheck
		g.Expect(time.Duration(*late.StartPeriod)).To(Equal(24*time.Hour), name)
		g.Expect(late.StartInterval).To(BeNil(), name) // an error before Docker Engine 25
	}
	g.Expect(*project.Services["ready"].HealthCheck.Retries).To(Equal(uint64(3))) // once it was ready
	g.Expect(*project.Services["web"].HealthCheck.Retries).To(Equal(uint64(1)))   // the supervisor has counted
	g.Expect(time.Duration(*project.Services["started"].HealthCheck.StartPeriod)).To(Equal(4 * time.Second))
	for process, key := range map[string]string{"ready": "readiness-probe", "started": "startup-probe"} {
		g.Expect(losses).To(ContainElement(export.Loss{Process: process, Key: key + ".initial-delay-seconds",
			Text: "Docker checks from the start on: a success within the delay counts"}))
	}
	g.Expect(losses).To(ContainElement(export.Loss{Process: "started", Key: "startup-probe",
		Text: "Compose starts no service again that is unhealthy"}))
}

func TestTheOneHealthCheckIsOfWhatIsAwaited(t *testing.T) {
	both := func(p *plan.Process) {
		p.StartupProbe = &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, FailureThreshold: 30}
		p.ReadinessProbe = &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 2}, PeriodSeconds: 1, FailureThreshold: 3}
	}
	toBe := func(condition plan.Condition) map[string]plan.Condition {
		return map[string]plan.Condition{"db": condition}
	}
	const start, ready = "tcp://127.0.0.1:1", "tcp://127.0.0.1:2"
	for name, c := range map[string]struct {
		app, other map[string]plan.Condition // what they wait for
		asks, loss string
	}{
		"its start": {nil, nil, start, "readiness-probe: it is left out: a service has one health check, and that is of its start"},
		"its readiness": {toBe(plan.Ready), nil, ready,
			"startup-probe: it is left out: a service has one health check, and that is of its readiness"},
		"both": {toBe(plan.Ready), toBe(plan.Started), ready,
			"startup-probe: a service has one health check: who waits for its start waits for its readiness"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			p := plan.Plan{Type: "web", App: plan.Process{Name: plan.AppName, Restart: plan.Never, DependsOn: c.app},
				Sidecars: []plan.Process{sidecar("db", both), sidecar("other", func(p *plan.Process) { p.DependsOn = c.other })}}
			project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: p})
			db, web := project.Services["db"], project.Services["web"]
			g.Expect(db.HealthCheck.Test).To(ContainElement(c.asks))
			g.Expect(db.HealthCheck.StartPeriod != nil).To(Equal(c.asks == ready))
			g.Expect(web.DependsOn["db"].Condition).To(Equal("service_healthy"))
			g.Expect(losses).To(ContainElement(WithTransform(export.Loss.String, Equal("db: "+c.loss))))
		})
	}
}

func TestTheAppDoesNotWaitForTheReadinessOfWhoIsNotEssential(t *testing.T) {
	cache := sidecar("cache", func(p *plan.Process) {
		p.Essential = false
		p.StartupProbe = &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, FailureThreshold: 30}
		p.ReadinessProbe = &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 2}, PeriodSeconds: 1, FailureThreshold: 3}
	})
	waiting := func(name string, condition plan.Condition) plan.Process {
		return sidecar(name, func(p *plan.Process) { p.DependsOn = map[string]plan.Condition{"cache": condition} })
	}
	g := NewWithT(t)
	for _, sidecars := range [][]plan.Process{
		{cache, waiting("agent", plan.Ready)},
		{cache, waiting("agent", plan.Ready), waiting("other", plan.Started)},
	} {
		project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
			App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: sidecars}})
		g.Expect(project.Services["web"].DependsOn["cache"].Condition).To(Equal("service_started"))
		g.Expect(losses).To(ContainElement(export.Loss{Process: "cache", Key: "startup-probe",
			Text: "a service has one health check, and that is of its readiness: the app does not wait for its start"}))
		isHeldUp := ContainElement(HaveField("Text", ContainSubstring("who waits for its start waits for its readiness")))
		if len(sidecars) == 2 {
			isHeldUp = Not(isHeldUp)
		}
		g.Expect(losses).To(isHeldUp)
	}
}

func TestWhoWaitsForTheAppsStartDoesNotWaitForItsReadiness(t *testing.T) {
	check := &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, FailureThreshold: 30}
	app := plan.Process{Name: plan.AppName, Restart: plan.Never, Probes: plan.Probes{StartupProbe: check, ReadinessProbe: check}}
	waits := func(condition plan.Condition) plan.Process {
		return sidecar(string(condition), func(p *plan.Process) { p.DependsOn = map[string]plan.Condition{plan.AppName: condition} })
	}
	for state, sidecars := range map[string][]plan.Process{
		"--started": {waits(plan.Started)},
		"--ready":   {waits(plan.Started), waits(plan.Ready)},
	} {
		project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web", App: app, Sidecars: sidecars}})
		g := NewWithT(t)
		g.Expect(project.Services["web"].HealthCheck.Test).To(ContainElement(state))
		g.Expect(project.Services["started"].DependsOn["web"].Condition).To(Equal("service_healthy"))
		isLost := ContainElement(And(HaveField("Process", "app"), HaveField("Key", "startup-probe")))
		if state == "--started" {
			isLost = Not(isLost)
		}
		g.Expect(losses).To(isLost)
	}
}

func TestAJobThatEndsBeforeItsStartIsSeen(t *testing.T) {
	job := sidecar("migrate", func(p *plan.Process) {
		p.StartupProbe = &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, FailureThreshold: 30}
	})
	after := sidecar("after", func(p *plan.Process) { p.DependsOn = map[string]plan.Condition{"migrate": plan.Completed} })
	_, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{job, after}}})
	NewWithT(t).Expect(losses).To(ContainElement(export.Loss{Process: "migrate", Key: "startup-probe",
		Text: "where it ends before this check has passed, Compose takes its start for failed"}))
}

func TestASidecarStopsAsWithTheSupervisor(t *testing.T) {
	agent := sidecar("agent", func(p *plan.Process) {
		p.Command, p.StopDelaySeconds, p.StopGracePeriodSeconds = []string{"./agent"}, 1.5, 0
		p.PreStop = &plan.Hook{Exec: &plan.Exec{Command: []string{"./drain", "$x"}}}
	})
	plain := sidecar("plain", func(p *plan.Process) { p.StopDelaySeconds = 2 })
	project, _ := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{agent, plain}}})
	g := NewWithT(t)
	service := project.Services["agent"]
	g.Expect(*service.Init).To(BeTrue())
	g.Expect([]string(service.Entrypoint)).To(Equal([]string{"/cnb/process/agent"}))
	g.Expect(time.Duration(*service.StopGracePeriod)).To(BeZero())
	g.Expect(service.PreStop).To(HaveLen(1))
	g.Expect([]string(service.PreStop[0].Command)).To(HaveExactElements(HaveSuffix("/bin/supervisor"), "pre-stop", "--delay", "1.5",
		"--ignore-failure", "--timeout", "0", "--", "./drain", "$x"))
	g.Expect([]string(project.Services["plain"].PreStop[0].Command)).To(HaveExactElements(HaveSuffix("/bin/supervisor"), "pre-stop",
		"--delay", "2", "--ignore-failure"))
	g.Expect(project.Services["web"].Init).To(BeNil())
}

func TestWhatDockerDoesOtherwiseWithRestarts(t *testing.T) {
	restarting := func(name string, restart plan.Restart, most int) plan.Process {
		return sidecar(name, func(p *plan.Process) { p.Restart, p.MaxRestarts, p.Essential = restart, most, false })
	}
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{
			restarting("five", plan.OnFailure, 5), restarting("none", plan.OnFailure, 0), restarting("no", plan.Always, 0),
			restarting("any", plan.Always, 5),
		}}})
	g := NewWithT(t)
	for name, policy := range map[string]string{"five": "on-failure:5", "none": "no", "no": "no", "any": "always"} {
		g.Expect(project.Services[name].Restart).To(Equal(policy), name)
	}
	said := func(process, key string) string {
		for _, loss := range losses {
			if loss.Process == process && loss.Key == key {
				return loss.Text
			}
		}
		return ""
	}
	g.Expect(said("five", "backoff-seconds")).To(HavePrefix("Docker waits 0.1 s before the first restart"))
	for name, isSaid := range map[string]bool{"five": true, "any": true, "none": false, "no": false} {
		g.Expect(said(name, "restart") != "").To(Equal(isSaid), name)
	}
	g.Expect(said("five", "restart")).To(ContainSubstring("--abort-on-container-failure its first failure ends all"))
}

func TestWhatComposeCannotHearIsNoHealthCheck(t *testing.T) {
	check := &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, FailureThreshold: 3}
	agent := sidecar("agent", func(p *plan.Process) { p.StartupProbe, p.ReadinessProbe = check, &plan.Probe{Notify: true} })
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App:      plan.Process{Name: plan.AppName, Restart: plan.Never, DependsOn: map[string]plan.Condition{"agent": plan.Ready}},
		Sidecars: []plan.Process{agent}}})
	g := NewWithT(t)
	g.Expect(project.Services["agent"].HealthCheck.Test).To(ContainElement("tcp://127.0.0.1:1"))
	g.Expect(project.Services["web"].DependsOn["agent"].Condition).To(Equal("service_healthy"))
	g.Expect(losses).To(ContainElement(HaveField("Key", "readiness-probe.notify")))
	g.Expect(losses).NotTo(ContainElement(HaveField("Text", ContainSubstring("one health check"))))
}

func TestWhoIsNotEssentialHoldsNobodyUp(t *testing.T) {
	check := &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, PeriodSeconds: 1, FailureThreshold: 3}
	project, _ := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{
			sidecar("apm", func(p *plan.Process) { p.Essential, p.StartupProbe, p.ReadinessProbe = false, check, check }),
			sidecar("forward", func(p *plan.Process) {
				p.Essential, p.DependsOn = false, map[string]plan.Condition{"apm": plan.Ready}
			}),
		}}})
	g := NewWithT(t)
	g.Expect(project.Services["forward"].DependsOn["apm"].Condition).To(Equal("service_healthy"))
	g.Expect(project.Services["web"].DependsOn["apm"].Condition).To(Equal("service_started"))
}

func TestACommandThatIsWrittenOutRunsInItsDirectory(t *testing.T) {
	agent := sidecar("agent", func(p *plan.Process) {
		p.Command, p.WorkingDir = []string{"./agent", "$(PORT)"}, "/workspace/conf"
	})
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		Env: map[string]string{"PORT": "a$b"}, App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{agent}}})
	g := NewWithT(t)
	g.Expect([]string(project.Services["agent"].Entrypoint)).To(Equal([]string{"/cnb/lifecycle/launcher", "--"}))
	g.Expect([]string(project.Services["agent"].Command)).To(Equal(
		[]string{"/bin/sh", "-c", `cd "$0" && exec "$@"`, "/workspace/conf", "./agent", "a$b"}))
	g.Expect(losses).To(ContainElement(HaveField("Key", "working-dir")))
}

func TestNoServiceTakesTheNameOfAnother(t *testing.T) {
	p := plan.Plan{Type: "web", App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{
		sidecar("web", func(p *plan.Process) { p.Command = []string{"./web"} }), sidecar("network", func(*plan.Process) {})}}
	project, _ := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: p, Untyped: []string{"web"}})
	g := NewWithT(t)
	g.Expect(project.ServiceNames()).To(Equal([]string{"network", "network-2", "web", "web-2"}))
	g.Expect(project.Services["network-2"].Image).To(Equal("pause:1"))
	g.Expect([]string(project.Services["web-2"].Command)).To(Equal([]string{"./web"}))
	for _, name := range []string{"network", "web", "web-2"} {
		g.Expect(project.Services[name].NetworkMode).To(Equal("service:network-2"), name)
	}
	g.Expect(project.Services["web"].DependsOn).To(And(HaveKey("web-2"), HaveKey("network"), HaveKey("network-2"), HaveLen(3)))
}

func TestAHelperGetsItsHeaders(t *testing.T) {
	get := &plan.HTTPGet{Scheme: "https", Port: 8443, Headers: map[string]string{"A": "$tok", "B": "it's"}}
	agent := sidecar("agent", func(p *plan.Process) {
		p.ReadinessProbe = &plan.Probe{HTTPGet: get, PeriodSeconds: 1, FailureThreshold: 3}
		p.PreStop = &plan.Hook{HTTPGet: get}
	})
	project, losses := exported(t, export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web",
		App: plan.Process{Name: plan.AppName, Restart: plan.Never}, Sidecars: []plan.Process{agent}}})
	g := NewWithT(t)
	through := []string{"/bin/sh", "-c", `printf %s "$0" | "$@"`, "A: $tok\nB: it's\n"}
	test, hook := []string(project.Services["agent"].HealthCheck.Test), []string(project.Services["agent"].PreStop[0].Command)
	g.Expect(test[1:5]).To(Equal(through))
	g.Expect(test[5:]).To(ContainElements(HaveSuffix("/supervisor-probe"), "--headers", "https://127.0.0.1:8443/"))
	g.Expect(hook[slices.Index(hook, "--")+1:][:4]).To(Equal(through))
	for _, key := range []string{"readiness-probe.http-get.headers", "pre-stop.http-get.headers"} {
		g.Expect(losses).To(ContainElement(export.Loss{Process: "agent", Key: key,
			Text: "a shell hands them to the check, which the image needs"}))
	}
	out, err := exec.Command(through[0], append(through[1:], "cat")...).Output()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(out)).To(Equal("A: $tok\nB: it's\n"))
}

func TestWhatIsSaidOfFateAndOfTheNetwork(t *testing.T) {
	plain := sidecar("agent", func(*plan.Process) {})
	job := sidecar("migrate", func(p *plan.Process) { p.DependsOn = map[string]plan.Condition{"agent": plan.Completed} })
	mayEnd := sidecar("tail", func(p *plan.Process) { p.Essential = false })
	for option, sidecars := range map[string][]plan.Process{
		"--abort-on-container-exit": {plain},
		"--abort-on-container-failure, with which a failure of any ends all": {plain, job},
		"--abort-on-container-failure, with which":                           {plain, mayEnd},
	} {
		g := NewWithT(t)
		app := export.App{Name: "shop", Image: "shop:1", Plan: plan.Plan{Type: "web", Sidecars: sidecars,
			App: plan.Process{Name: plan.AppName, Restart: plan.Never}}}
		text, needs, losses, err := compose.YAML(app, compose.Options{PauseImage: "pause:1"})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(losses).To(ContainElement(HaveField("Text", ContainSubstring("docker compose up "+option))))
		g.Expect(needs).To(ConsistOf(HaveField("Object", "image pause:1")))
		g.Expect(string(text)).To(HavePrefix("# needs: image pause:1: "))
	}
}
