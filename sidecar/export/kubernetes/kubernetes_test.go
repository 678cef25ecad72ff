package kubernetes_test

import (
	"cmp"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/kubernetes"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// beside returns a plan of an app with these sidecars, each with the defaults that it lacks.
func beside(sidecars ...plan.Process) plan.Plan {
	for i := range sidecars {
		s := &sidecars[i]
		s.Restart, s.StopSignal, s.Logs = cmp.Or(s.Restart, plan.Always), "SIGTERM", plan.Prefix
		if s.InheritEnv == nil {
			s.InheritEnv = []string{plan.Everything}
		}
		s.MaxRestarts = cmp.Or(s.MaxRestarts, 5)
		if s.StopGracePeriodSeconds == 0 {
			s.StopGracePeriodSeconds = 5
		}
	}
	return plan.Plan{Type: "web", Sidecars: sidecars,
		App: plan.Process{Name: plan.AppName, Restart: plan.Never, StopSignal: "SIGTERM", Logs: plan.Raw}}
}

func deployment(shape string) kubernetes.Options {
	return kubernetes.Options{Kind: "Deployment", Shape: shape, Fate: kubernetes.FateToken, Version: kubernetes.Newest}
}

// exported returns the pod of an export.
func exported(t *testing.T, p plan.Plan, o kubernetes.Options) (core.PodSpec, export.Losses) {
	t.Helper()
	app := export.App{Name: "shop", Image: "shop:1", Plan: p, Memory: plan.G}
	result, err := kubernetes.Export(app, o)
	if err != nil {
		t.Fatal(err)
	}
	return podOf(t, result), result.Losses
}

func podOf(t *testing.T, result kubernetes.Result) core.PodSpec {
	t.Helper()
	switch w := result.Objects[0].(type) {
	case *apps.Deployment:
		return w.Spec.Template.Spec
	case *batch.Job:
		return w.Spec.Template.Spec
	case *batch.CronJob:
		return w.Spec.JobTemplate.Spec.Template.Spec
	}
	t.Fatalf("%T", result.Objects[0])
	return core.PodSpec{}
}

func names(containers []core.Container) (list []string) {
	for _, c := range containers {
		list = append(list, c.Name)
	}
	return list
}

func variable(c core.Container, name string) string {
	for _, v := range c.Env {
		if v.Name == name {
			return v.Value
		}
	}
	return ""
}

func TestWhoHasAContainerOfItsOwn(t *testing.T) {
	vault := plan.Process{Name: "Vault", Essential: true}
	agent := plan.Process{Name: "agent"}
	needsVault := plan.Process{Name: "tail", DependsOn: map[string]plan.Condition{"Vault": plan.Started}}
	needsAgent := plan.Process{Name: "probe", DependsOn: map[string]plan.Condition{"agent": plan.Started}}
	needsApp := plan.Process{Name: "late", DependsOn: map[string]plan.Condition{plan.AppName: plan.Started}}
	for name, c := range map[string]struct {
		plan               plan.Plan
		shape              string
		native, containers []string
		disabled           string
	}{
		"essential ones share the app's fate": {beside(vault, agent), kubernetes.ShapeAuto, []string{"agent"}, []string{"web"}, "agent"},
		"so do those that wait for them": {beside(vault, agent, needsVault, needsAgent), kubernetes.ShapeAuto,
			[]string{"agent", "probe"}, []string{"web"}, "agent,probe"},
		"all in one": {beside(vault, agent), kubernetes.ShapeOne, nil, []string{"web"}, ""},
		"all apart": {beside(vault, agent), kubernetes.ShapeSplit, []string{"vault", "agent"}, []string{"web"},
			"vault,agent"},
		"what waits for the app is no init": {beside(agent, needsApp), kubernetes.ShapeSplit, []string{"agent"}, []string{"web", "late"},
			"agent,late"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			pod, _ := exported(t, c.plan, deployment(c.shape))
			g.Expect(names(pod.InitContainers)).To(Equal(c.native))
			g.Expect(names(pod.Containers)).To(Equal(c.containers))
			g.Expect(variable(pod.Containers[0], "BPL_SIDECAR_DISABLED")).To(Equal(c.disabled))
		})
	}
}

func TestAllStartAsInTheImage(t *testing.T) {
	g := NewWithT(t)
	pod, losses := exported(t, beside(plan.Process{Name: "agent", WorkingDir: "/workspace/conf"}), deployment(kubernetes.ShapeAuto))
	g.Expect(pod.Containers[0].Command).To(Equal([]string{"/cnb/process/web"}))
	g.Expect(pod.Containers[0].Args).To(BeEmpty())
	g.Expect(losses).NotTo(ContainElement(HaveField("Process", "app")))
	g.Expect(pod.InitContainers[0].Command).To(Equal([]string{"/cnb/process/agent"}))
	g.Expect(*pod.InitContainers[0].RestartPolicy).To(Equal(core.ContainerRestartPolicyAlways))
}

func TestMemoryIsDividedAsInOneContainer(t *testing.T) {
	g := NewWithT(t)
	p := beside(plan.Process{Name: "agent", Memory: 64 * plan.M}, plan.Process{Name: "vault", Memory: 256 * plan.M, Essential: true})
	limit := func(c core.Container) string { return c.Resources.Limits.Memory().String() }
	pod, _ := exported(t, p, deployment(kubernetes.ShapeAuto))
	g.Expect(limit(pod.InitContainers[0])).To(Equal("64Mi"))
	g.Expect(limit(pod.Containers[0])).To(Equal("960Mi")) // the supervisor divides it between the app and vault
	pod, _ = exported(t, p, deployment(kubernetes.ShapeSplit))
	g.Expect(limit(pod.Containers[0])).To(Equal("704Mi"))
}

func TestTheGraceIsForTheLongestChainAndThenForEachNativeSidecar(t *testing.T) {
	g := NewWithT(t)
	p := beside(
		plan.Process{Name: "vault", StopGracePeriodSeconds: 7, Essential: true},
		plan.Process{Name: "agent", StopGracePeriodSeconds: 4, Essential: true, DependsOn: map[string]plan.Condition{"vault": plan.Started}},
		plan.Process{Name: "tail", StopGracePeriodSeconds: 3})
	p.App.StopGracePeriodSeconds = 20
	pod, _ := exported(t, p, deployment(kubernetes.ShapeAuto))
	g.Expect(*pod.TerminationGracePeriodSeconds).To(Equal(int64(20 + 4 + 7 + 3 + 2)))
	g.Expect(variable(pod.Containers[0], "BPL_SIDECAR_STOP_BUDGET_SECONDS")).To(Equal("31"))
}

func TestWhatOthersWaitForIsAGate(t *testing.T) {
	ready := &plan.Probe{HTTPGet: &plan.HTTPGet{Port: 8082, Path: "/config/"},
		PeriodSeconds: 2, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 20}
	once := plan.Process{Name: "migrate"}
	server := plan.Process{Name: "config-server", Probes: plan.Probes{ReadinessProbe: ready}}
	reader := plan.Process{Name: "reader", DependsOn: map[string]plan.Condition{"config-server": plan.Ready, "migrate": plan.Completed}}
	g := NewWithT(t)
	pod, losses := exported(t, beside(once, server, reader), deployment(kubernetes.ShapeSplit))
	g.Expect(names(pod.InitContainers)).To(Equal([]string{"migrate", "config-server", "reader"}))
	g.Expect(pod.InitContainers[0].RestartPolicy).To(BeNil()) // the pod's: it is started again until it succeeds
	gate := pod.InitContainers[1].StartupProbe
	g.Expect(gate.Exec.Command).To(HaveExactElements(HaveSuffix("/bin/supervisor"), "check", "--timeout", "1",
		"http://127.0.0.1:8082/config/"))
	g.Expect([]int32{gate.PeriodSeconds, gate.FailureThreshold}).To(Equal([]int32{1, 24 * 60 * 60})) // it isn't ended for what it waits for
	g.Expect(losses).To(ContainElement(export.Loss{Process: "migrate", Key: "restart",
		Text: "always: an init container that has succeeded is not started again"}))
}

func TestTheSupervisorHasTheLastWordOnTheAppsContainer(t *testing.T) {
	p := beside()
	p.App.Probes = plan.Probes{ReadinessProbe: &plan.Probe{PeriodSeconds: 2, FailureThreshold: 20, TCPSocket: &plan.TCPSocket{Port: 1}}}
	pod, _ := exported(t, p, deployment(kubernetes.ShapeOne))
	start, ready := pod.Containers[0].StartupProbe, pod.Containers[0].ReadinessProbe
	g := NewWithT(t)
	g.Expect([]int32{start.PeriodSeconds, start.FailureThreshold}).To(Equal([]int32{1, 24 * 60 * 60}))
	g.Expect([]int32{ready.PeriodSeconds, ready.FailureThreshold}).To(Equal([]int32{2, 1}))
}

func TestWhoIsNotEssentialLeavesThePodReady(t *testing.T) {
	ready := plan.Probes{ReadinessProbe: &plan.Probe{PeriodSeconds: 2, FailureThreshold: 20, TCPSocket: &plan.TCPSocket{Port: 1}}}
	p := beside(plan.Process{Name: "agent", Probes: ready}, plan.Process{Name: "vault", Essential: true, Probes: ready})
	pod, losses := exported(t, p, deployment(kubernetes.ShapeSplit))
	g := NewWithT(t)
	g.Expect(pod.InitContainers[0].ReadinessProbe).To(BeNil())
	g.Expect(pod.InitContainers[1].ReadinessProbe).NotTo(BeNil())
	g.Expect(losses).To(ContainElement(export.Loss{Process: "agent", Key: "essential",
		Text: "Kubernetes starts the app once the sidecar has started, so never where the sidecar does not"}))
}

func TestAProbeThatEndsASidecarLeavesItItsOwnGrace(t *testing.T) {
	check := &plan.Probe{PeriodSeconds: 1, FailureThreshold: 1, TCPSocket: &plan.TCPSocket{Port: 1}}
	agent := plan.Process{Name: "agent", StopGracePeriodSeconds: 2.5, Probes: plan.Probes{StartupProbe: check, LivenessProbe: check}}
	pod, _ := exported(t, beside(agent), deployment(kubernetes.ShapeSplit))
	g := NewWithT(t)
	g.Expect(*pod.InitContainers[0].StartupProbe.TerminationGracePeriodSeconds).To(Equal(int64(3)))
	g.Expect(*pod.InitContainers[0].LivenessProbe.TerminationGracePeriodSeconds).To(Equal(int64(3)))
}

func TestACompanionsGraceIsInThePods(t *testing.T) {
	late := plan.Process{Name: "late", StopDelaySeconds: 60, Restart: plan.Never,
		DependsOn: map[string]plan.Condition{plan.AppName: plan.Started}}
	later := plan.Process{Name: "later", DependsOn: map[string]plan.Condition{"late": plan.Completed}}
	pod, losses := exported(t, beside(late, later), deployment(kubernetes.ShapeSplit))
	g := NewWithT(t)
	g.Expect(*pod.TerminationGracePeriodSeconds).To(BeNumerically(">", 60)) // the API server refuses a longer sleep
	g.Expect(losses).NotTo(ContainElement(HaveField("Text", HavePrefix("it holds when the pod starts"))))
}

func TestAJobEndsAsTheAppDoesThatASidecarTakesAlong(t *testing.T) {
	unless := ContainElement(HaveField("Text", ContainSubstring("unless the app exits with 0")))
	for kind, said := range map[string]types.GomegaMatcher{"Deployment": Not(unless), "Job": unless} {
		options := deployment(kubernetes.ShapeSplit)
		options.Kind = kind
		_, losses := exported(t, beside(plan.Process{Name: "agent", Essential: true, Restart: plan.Never}), options)
		NewWithT(t).Expect(losses).To(said, kind)
	}
}

func TestWhatIsTriedAgainFailsNoPodThatGoesOn(t *testing.T) {
	p := beside(plan.Process{Name: "migrate", Restart: plan.Never}, plan.Process{Name: "server"})
	p.App.DependsOn = map[string]plan.Condition{"migrate": plan.Completed}
	g := NewWithT(t)
	never := HaveValue(Equal(core.ContainerRestartPolicyNever))
	for kind, policy := range map[string]types.GomegaMatcher{"Deployment": BeNil(), "Job": never} {
		options := deployment(kubernetes.ShapeSplit)
		options.Kind = kind
		pod, losses := exported(t, p, options)
		g.Expect(pod.InitContainers[0].RestartPolicy).To(policy, kind)
		g.Expect(losses).To(ContainElement(export.Loss{Process: plan.AppName, Key: "depends-on",
			Text: "it holds when the pod starts: what starts again waits for nobody, and what has completed stays so"}))
	}
}

func TestAVariableOfTheImagesOwnIsLeftOut(t *testing.T) {
	agent := plan.Process{Name: "agent", Env: map[string]string{"PATH": "$(PATH):/opt", "URL": "http://$(TOKEN)@here"},
		EnvFrom: []plan.EnvFrom{{File: "/etc/agent.env"}}}
	pod, losses := exported(t, beside(agent), deployment(kubernetes.ShapeSplit))
	g := NewWithT(t)
	g.Expect(pod.InitContainers[0].Env).To(Equal([]core.EnvVar{{Name: "URL", Value: "http://$(TOKEN)@here"}}))
	g.Expect(pod.InitContainers[0].Command).To(Equal([]string{"/cnb/process/agent"}))
	g.Expect(losses).To(ContainElement(export.Loss{Process: "agent", Key: "env",
		Text: "PATH is left out: it refers to its own value from elsewhere, which is not known here; write that out"}))
}

func TestTheKubeletAsksOnlyWhatItCanReach(t *testing.T) {
	for name, c := range map[string]struct {
		probe plan.Probe
		want  core.ProbeHandler
		lost  bool
	}{
		"another host": {plan.Probe{HTTPGet: &plan.HTTPGet{Host: "10.1.2.3", Port: 80, Path: "/up"}},
			core.ProbeHandler{Exec: &core.ExecAction{Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor",
				"check", "--timeout", "1", "http://10.1.2.3:80/up"}}}, false},
		"a port of the container": {plan.Probe{TCPSocket: &plan.TCPSocket{Port: 5432}},
			core.ProbeHandler{Exec: &core.ExecAction{Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor",
				"check", "--timeout", "1", "tcp://127.0.0.1:5432"}}}, false},
		"TLS on loopback": {plan.Probe{HTTPGet: &plan.HTTPGet{Scheme: "https", Port: 443}},
			core.ProbeHandler{Exec: &core.ExecAction{Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor-probe",
				"https", "--timeout", "1s", "https://127.0.0.1:443/"}}}, false},
		"gRPC": {plan.Probe{GRPC: &plan.GRPC{Host: "10.1.2.3", Port: 9000}},
			core.ProbeHandler{Exec: &core.ExecAction{Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor-probe",
				"grpc", "--timeout", "1s", "10.1.2.3:9000"}}}, false},
		"TLS on loopback with a header": {plan.Probe{HTTPGet: &plan.HTTPGet{Scheme: "https", Port: 443, Headers: map[string]string{"X": "y"}}},
			core.ProbeHandler{HTTPGet: &core.HTTPGetAction{Scheme: "HTTPS", Port: intstr.FromInt(443), Path: "/",
				HTTPHeaders: []core.HTTPHeader{{Name: "X", Value: "y"}}}}, true},
	} {
		c.probe.PeriodSeconds, c.probe.SuccessThreshold, c.probe.FailureThreshold = 1, 1, 1
		pod, losses := exported(t, beside(plan.Process{Name: "agent", Probes: plan.Probes{LivenessProbe: &c.probe}}),
			deployment(kubernetes.ShapeSplit))
		g := NewWithT(t)
		g.Expect(pod.InitContainers[0].LivenessProbe.ProbeHandler).To(Equal(c.want), name)
		listen := ContainElement(HaveField("Text", ContainSubstring("the process must listen there")))
		if !c.lost {
			listen = Not(listen)
		}
		g.Expect(losses).To(listen, name)
	}
}

func TestAnEssentialSidecarApartTakesTheAppAlong(t *testing.T) {
	p := beside(plan.Process{Name: "the agent", Essential: true, Restart: plan.Never})
	g := NewWithT(t)
	restarted, _ := exported(t, beside(plan.Process{Name: "agent", Essential: true}), deployment(kubernetes.ShapeSplit))
	g.Expect(restarted.InitContainers[0].Command).To(Equal([]string{"/cnb/process/agent"})) // its end ends nobody
	pod, losses := exported(t, p, deployment(kubernetes.ShapeSplit))
	g.Expect(pod.InitContainers[0].Command[2]).To(ContainSubstring(`>/fate/the-agent && exec "$0" "$@"`))
	g.Expect(pod.InitContainers[0].Command[3:]).To(Equal([]string{"/cnb/process/the-agent"}))
	g.Expect(pod.Containers[0].Command[3:]).To(Equal([]string{"/cnb/process/web"}))
	g.Expect(pod.Containers[0].LivenessProbe.Exec.Command[2]).To(ContainSubstring("/fate/the-agent"))
	g.Expect(losses).To(ContainElement(And(HaveField("Process", "the agent"), HaveField("Key", "essential"))))

	all := deployment(kubernetes.ShapeSplit)
	all.Fate = kubernetes.FateRestartAll
	pod, _ = exported(t, p, all)
	for _, c := range []core.Container{pod.InitContainers[0], pod.Containers[0]} {
		g.Expect(c.RestartPolicyRules).To(ConsistOf(HaveField("Action", core.ContainerRestartRuleActionRestartAllContainers)), c.Name)
	}
	all.Kind = "Job"
	pod, _ = exported(t, p, all)
	g.Expect(pod.Containers[0].RestartPolicyRules).To(BeEmpty())
}

func TestEveryLossIsNamed(t *testing.T) {
	p := beside(plan.Process{Name: "agent", InheritEnv: []string{"PATH"}, MemoryPolicy: plan.WarnOver,
		Probes: plan.Probes{
			StartupProbe:  &plan.Probe{Notify: true, SuccessThreshold: 1, FailureThreshold: 1, PeriodSeconds: 1},
			LivenessProbe: &plan.Probe{GRPC: &plan.GRPC{Port: 1}, SuccessThreshold: 1, FailureThreshold: 1, PeriodSeconds: 0.5},
		}})
	p.Sidecars[0].Restart, p.Sidecars[0].StopSignal, p.Sidecars[0].Logs = plan.Never, "SIGINT", plan.JSON
	_, losses := exported(t, p, deployment(kubernetes.ShapeSplit))
	var keys []string
	for _, loss := range losses {
		keys = append(keys, loss.Key)
	}
	NewWithT(t).Expect(keys).To(ConsistOf("essential", "inherit-env", "liveness-probe.period-seconds", "logs", "max-restarts",
		"memory-policy", "restart", "startup-probe.notify", "stop-signal"))
}

func TestAJobHasABoundOrALossSaysSo(t *testing.T) {
	check := &plan.Probe{TCPSocket: &plan.TCPSocket{Port: 1}, SuccessThreshold: 1, FailureThreshold: 1, PeriodSeconds: 1}
	p := beside(plan.Process{Name: "agent", Probes: plan.Probes{StartupProbe: check}})
	o := deployment(kubernetes.ShapeSplit)
	o.Kind = "Job"
	g := NewWithT(t)
	pod, losses := exported(t, p, o)
	g.Expect(pod.RestartPolicy).To(Equal(core.RestartPolicyNever))
	g.Expect(losses).To(ContainElement(HaveField("Text", ContainSubstring("never ends: give it a deadline"))))
	o.Deadline = 60
	_, losses = exported(t, p, o)
	g.Expect(losses).NotTo(ContainElement(HaveField("Text", ContainSubstring("deadline"))))
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	for problem, change := range map[string]func(*kubernetes.Options){
		`kind "Deploy" cannot be exported`: func(o *kubernetes.Options) { o.Kind = "Deploy" },
		`shape "two" is unknown`:           func(o *kubernetes.Options) { o.Shape = "two" },
		`fate "luck" is unknown`:           func(o *kubernetes.Options) { o.Fate = "luck" },
		`needs Kubernetes 1.36 or later`: func(o *kubernetes.Options) {
			o.Fate, o.Version = kubernetes.FateRestartAll, 35
		},
		`a CronJob needs a schedule`: func(o *kubernetes.Options) { o.Kind = "CronJob" },
	} {
		o := deployment(kubernetes.ShapeAuto)
		change(&o)
		_, err := kubernetes.Export(export.App{Plan: beside()}, o)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring(problem)))
	}
	for _, text := range []string{"", "1", "1.28", "1.38", "2.30", "v1.30"} {
		_, err := kubernetes.ParseVersion(text)
		NewWithT(t).Expect(err).To(MatchError(ContainSubstring("1.29 to 1.37")), text)
	}
}

func TestYAMLSaysWhatIsLostAndHasNoStatus(t *testing.T) {
	result, err := kubernetes.Export(export.App{Name: "shop", Image: "shop:1", Plan: beside(plan.Process{Name: "agent"})},
		deployment(kubernetes.ShapeAuto))
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	result.Losses = export.Losses{{Process: "agent", Key: "logs", Text: "gone"}}
	text, err := result.YAML()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(And(HavePrefix("# lost: agent: logs: gone\napiVersion: apps/v1\n"), Not(ContainSubstring("status:"))))
}

func TestReferencesAreKubernetesOwn(t *testing.T) {
	p := beside(plan.Process{Name: "agent", Env: map[string]string{"URL": "http://$(HOST)/$$(X)"}})
	result, err := kubernetes.Export(export.App{Name: "shop", Image: "shop:1", Plan: p},
		deployment(kubernetes.ShapeSplit))
	g := NewWithT(t)
	g.Expect(err).NotTo(HaveOccurred())
	pod := result.Objects[0].(*apps.Deployment).Spec.Template.Spec
	g.Expect(variable(pod.InitContainers[0], "URL")).To(Equal("http://$(HOST)/$$(X)"))
}
