package kubernetes_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	core "k8s.io/api/core/v1"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
	"github.com/sidecar-buildpack/sidecar/sidecar/export/kubernetes"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// versions calls f for each version that can be exported to.
func versions(t *testing.T, f func(t *testing.T, o kubernetes.Options)) {
	for version := kubernetes.Oldest; version <= kubernetes.Newest; version++ {
		t.Run(version.String(), func(t *testing.T) {
			o := deployment(kubernetes.ShapeSplit)
			o.Version = version
			f(t, o)
		})
	}
}

func TestADelayIsASleepWhereThereIsOne(t *testing.T) {
	versions(t, func(t *testing.T, o kubernetes.Options) {
		g := NewWithT(t)
		p := beside(plan.Process{Name: "agent", StopDelaySeconds: 3})
		p.App.StopDelaySeconds = 2.5
		pod, losses := exported(t, p, o)
		sidecar := pod.InitContainers[0].Lifecycle.PreStop
		if o.Version < 30 {
			g.Expect(sidecar.Exec.Command).To(HaveExactElements(HaveSuffix("/bin/supervisor"), "pre-stop", "--delay", "3"))
		} else {
			g.Expect(sidecar).To(Equal(&core.LifecycleHandler{Sleep: &core.SleepAction{Seconds: 3}}))
		}
		g.Expect(pod.Containers[0].Lifecycle).To(BeNil(), "the supervisor does it")
		g.Expect(variable(pod.Containers[0], "BPL_SIDECAR_STOP_BUDGET_SECONDS")).To(Equal("12"))
		g.Expect(*pod.TerminationGracePeriodSeconds).To(Equal(int64(22))) // 2.5 and 9, 3 and 5, and 2
		early := "Kubernetes does it as soon as the pod stops, and not when it is the sidecar's turn to; " +
			"and also before a failed probe ends the sidecar"
		g.Expect(losses).To(ContainElement(export.Loss{Process: "agent", Key: "stop-delay-seconds", Text: early}))
		g.Expect(losses).NotTo(ContainElement(export.Loss{Process: "app", Key: "stop-delay-seconds", Text: early}))
	})
}

func TestWhatIsDoneBeforeTheStop(t *testing.T) {
	exec := &plan.Hook{Exec: &plan.Exec{Command: []string{"./drain", "now"}}}
	for name, c := range map[string]struct {
		process plan.Process
		want    *core.LifecycleHandler
	}{
		"a command": {plan.Process{PreStop: exec}, &core.LifecycleHandler{Exec: &core.ExecAction{
			Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor", "pre-stop", "--delay", "0", "--timeout", "5",
				"--", "./drain", "now"}}}},
		"a request from inside": {plan.Process{PreStop: &plan.Hook{HTTPGet: &plan.HTTPGet{Port: 80, Path: "/drain"}}},
			&core.LifecycleHandler{Exec: &core.ExecAction{Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor",
				"check", "--timeout", "5", "http://127.0.0.1:80/drain"}}}},
		"a command after a delay": {plan.Process{PreStop: exec, StopDelaySeconds: 2}, &core.LifecycleHandler{Exec: &core.ExecAction{
			Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor", "pre-stop", "--delay", "2", "--timeout", "5",
				"--", "./drain", "now"}}}},
		"a request with TLS": {plan.Process{PreStop: &plan.Hook{HTTPGet: &plan.HTTPGet{Scheme: "https", Port: 443}}},
			&core.LifecycleHandler{Exec: &core.ExecAction{Command: []string{"/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor-probe",
				"https", "--timeout", "5s", "https://127.0.0.1:443/"}}}},
		"nothing": {plan.Process{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.process.Name = "agent"
			pod, losses := exported(t, beside(c.process), deployment(kubernetes.ShapeSplit))
			misses := slices.ContainsFunc(losses, func(l export.Loss) bool { return l.Key == "pre-stop.exec" })
			NewWithT(t).Expect(misses).To(Equal(c.process.PreStop == exec), "the variables of buildpacks' layers")
			if c.want == nil {
				NewWithT(t).Expect(pod.InitContainers[0].Lifecycle).To(BeNil())
				return
			}
			NewWithT(t).Expect(pod.InitContainers[0].Lifecycle.PreStop).To(Equal(c.want))
		})
	}
}

// rule is a container's own restart policy, and the exit codes of its rule.
type rule struct {
	policy   core.ContainerRestartPolicy
	operator core.ContainerRestartRuleOnExitCodesOperator
	codes    []int32
}

func ruleOf(c core.Container) rule {
	if c.RestartPolicy == nil {
		return rule{}
	}
	if c.RestartPolicyRules == nil {
		return rule{policy: *c.RestartPolicy}
	}
	codes := c.RestartPolicyRules[0].ExitCodes
	return rule{*c.RestartPolicy, codes.Operator, codes.Values}
}

func TestExitCodesBecomeRulesWhereThereAreSome(t *testing.T) {
	const (
		never = core.ContainerRestartPolicyNever
		in    = core.ContainerRestartRuleOnExitCodesOpIn
		notIn = core.ContainerRestartRuleOnExitCodesOpNotIn
	)
	for name, c := range map[string]struct {
		process plan.Process
		want    rule
	}{
		"never":                   {plan.Process{Restart: plan.Never}, rule{policy: never}},
		"on failure":              {plan.Process{Restart: plan.OnFailure}, rule{policy: core.ContainerRestartPolicyOnFailure}},
		"always":                  {plan.Process{Restart: plan.Always}, rule{policy: core.ContainerRestartPolicyAlways}},
		"never, but after some":   {plan.Process{Restart: plan.Never, RestartOnExitCodes: []int{75, 42, 42}}, rule{never, in, []int32{42, 75}}},
		"on failure, but not all": {plan.Process{Restart: plan.OnFailure, NoRestartOnExitCodes: []int{64}}, rule{never, notIn, []int32{0, 64}}},
		"a second success": {plan.Process{Restart: plan.OnFailure, SuccessExitCodes: []int{0, 143}}, rule{never, notIn,
			[]int32{0, 143}}},
		"a success to start again":  {plan.Process{Restart: plan.OnFailure, RestartOnExitCodes: []int{0}}, rule{never, notIn, []int32{}}},
		"always, but not after one": {plan.Process{Restart: plan.Always, NoRestartOnExitCodes: []int{2}}, rule{never, notIn, []int32{2}}},
		"those that don't go before": {plan.Process{Restart: plan.Never, RestartOnExitCodes: []int{2, 3}, NoRestartOnExitCodes: []int{2}},
			rule{never, in, []int32{3}}},
	} {
		t.Run(name, func(t *testing.T) {
			versions(t, func(t *testing.T, o kubernetes.Options) {
				p := beside(plan.Process{Name: "late", DependsOn: map[string]plan.Condition{plan.AppName: plan.Started}})
				p.Sidecars[0].Restart, p.Sidecars[0].SuccessExitCodes = c.process.Restart, c.process.SuccessExitCodes
				p.Sidecars[0].RestartOnExitCodes = c.process.RestartOnExitCodes
				p.Sidecars[0].NoRestartOnExitCodes = c.process.NoRestartOnExitCodes
				pod, losses := exported(t, p, o)
				g := NewWithT(t)
				if o.Version < 35 {
					g.Expect(ruleOf(pod.Containers[1])).To(Equal(rule{}))
					lost := ContainElement(export.Loss{Process: "late", Key: "restart",
						Text: "a container has the pod's own policy: one of its own needs Kubernetes 1.35"})
					if c.process.Restart == plan.Always {
						lost = Not(lost)
					}
					g.Expect(losses).To(lost)
					return
				}
				g.Expect(ruleOf(pod.Containers[1])).To(Equal(c.want))
			})
		})
	}
}

func TestSecretsBecomeVariablesOrFiles(t *testing.T) {
	g := NewWithT(t)
	p := beside(plan.Process{Name: "agent", EnvFrom: []plan.EnvFrom{{File: "/etc/agent/secrets.env"}, {Binding: "apm", Prefix: "APM_"}}})
	pod, losses := exported(t, p, deployment(kubernetes.ShapeSplit))
	from := pod.InitContainers[0].EnvFrom
	g.Expect(from).To(HaveLen(2))
	g.Expect(from[0].SecretRef.Name).To(Equal("shop-secrets-env-variables"))
	g.Expect([]string{from[1].SecretRef.Name, from[1].Prefix}).To(Equal([]string{"apm", "APM_"}))
	g.Expect(losses).To(ContainElement(HaveField("Key", "env-from.binding")))

	p.Sidecars[0].Essential = true
	result, err := kubernetes.Export(export.App{Name: "shop", Image: "shop:1", Plan: p}, deployment(kubernetes.ShapeAuto))
	g.Expect(err).NotTo(HaveOccurred())
	text, err := result.YAML()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(text)).To(And(
		HavePrefix("# needs: Secret shop-secrets-env: kubectl create secret generic shop-secrets-env --from-file=/etc/agent/secrets.env\n"),
		ContainSubstring("mountPath: /etc/agent/secrets.env"), ContainSubstring("subPath: secrets.env"),
		ContainSubstring("mountPath: /platform/bindings/apm"), ContainSubstring("projected:"), Not(ContainSubstring("envFrom"))))
}

func TestWhatASidecarWritesAllCanSee(t *testing.T) {
	g := NewWithT(t)
	p := beside(plan.Process{Name: "agent", WorkingDir: "/workspace/conf",
		Sandbox: &plan.Sandbox{Mode: plan.Prefer, Write: []string{"/run/agent", "out", "/tmp/x"}}})
	pod, losses := exported(t, p, deployment(kubernetes.ShapeSplit))
	for _, c := range []core.Container{pod.InitContainers[0], pod.Containers[0]} {
		var mounted []string
		for _, m := range c.VolumeMounts {
			mounted = append(mounted, m.MountPath)
		}
		g.Expect(mounted).To(Equal([]string{"/tmp", "/run/agent", "/workspace/conf/out"}), c.Name)
		g.Expect(*c.SecurityContext.ReadOnlyRootFilesystem).To(BeTrue())
		g.Expect(c.SecurityContext.SeccompProfile.Type).To(Equal(core.SeccompProfileTypeRuntimeDefault))
	}
	g.Expect(losses).To(ContainElement(export.Loss{Process: "agent", Key: "sandbox.write",
		Text: "/workspace/conf/out: an empty directory lies over what the image has there"}))

	o := deployment(kubernetes.ShapeSplit)
	o.Shared, o.WritableRoot = []string{"/tmp"}, true
	pod, _ = exported(t, p, o)
	g.Expect(pod.Containers[0].VolumeMounts[1]).To(Equal(core.VolumeMount{Name: "shared-tmp", MountPath: "/tmp"}))
	g.Expect(*pod.Containers[0].SecurityContext.ReadOnlyRootFilesystem).To(BeFalse())
}

func TestNamesAreThoseOfKubernetes(t *testing.T) {
	g := NewWithT(t)
	long := strings.Repeat("x", 80)
	p := beside(plan.Process{Name: "my_agent"}, plan.Process{Name: "My Agent"}, plan.Process{Name: "web"}, plan.Process{Name: long})
	pod, _ := exported(t, p, deployment(kubernetes.ShapeSplit))
	all := names(append(pod.InitContainers, pod.Containers...))
	g.Expect(all[:3]).To(Equal([]string{"my-agent", "my-agent-2", "web-2"}))
	g.Expect(all[4]).To(Equal("web"))
	for _, name := range all {
		g.Expect(name).To(MatchRegexp(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`))
	}
	g.Expect(pod.InitContainers[0].Command).To(Equal([]string{"/cnb/process/my_agent"}))
}

func TestReferencesAreFilledInOrNamed(t *testing.T) {
	g := NewWithT(t)
	agent := plan.Process{Name: "agent", Command: []string{"./agent", "--url", "$(URL)"},
		Env: map[string]string{"A": "$(URL)/a", "URL": "http://$(HOST):$(PORT)", "HOST": "127.0.0.1"}}
	pod, losses := exported(t, beside(agent), deployment(kubernetes.ShapeSplit))
	var order []string
	for _, v := range pod.InitContainers[0].Env {
		order = append(order, v.Name)
	}
	g.Expect(order).To(Equal([]string{"HOST", "URL", "A"})) // Kubernetes knows what stands before
	g.Expect(pod.InitContainers[0].Args).To(Equal([]string{"--", "./agent", "--url", "$(URL)"}))
	g.Expect(losses).To(ContainElement(export.Loss{Process: "agent", Key: "env",
		Text: "$(PORT) stays as it is written in a container of its own: declare it in env as well"}))

	agent.EnvFrom = []plan.EnvFrom{{File: "/etc/agent.env"}} // it may have PORT
	result, err := kubernetes.Export(export.App{Name: "shop", Image: "shop:1", Plan: beside(agent)}, deployment(kubernetes.ShapeSplit))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(result.Losses).NotTo(ContainElement(HaveField("Key", "env")))
	g.Expect(result.Needs).To(ContainElement(export.Need{Object: "variable PORT",
		Text: "env of agent refers to it: have env-from bring it, or declare it in env as well"}))
}

func TestOnlyVariablesOfItsOwnAreFilledInByTheBuild(t *testing.T) {
	shell := []string{"--", "/bin/sh", "-c", `cd "$0" && exec "$@"`, "/workspace/conf"}
	for name, c := range map[string]struct {
		command, args []string
		dir           string
	}{
		"its own":                 {[]string{"./a", "$(P)", "$(NESTED)"}, nil, "/workspace/conf"},
		"others":                  {[]string{"./a", "$(PORT)"}, []string{"--", "./a", "$(PORT)"}, "/workspace"},
		"others, through its own": {[]string{"./a", "$(URL)"}, []string{"--", "./a", "$(URL)"}, "/workspace"},
		"one with its own name":   {[]string{"./a", "$(PATH)"}, []string{"--", "./a", "$(PATH)"}, "/workspace"},
		"others, elsewhere":       {[]string{"./a", "$(PORT)"}, append(shell, "./a", "$(PORT)"), "/workspace/conf"},
		"none, and it looks so":   {[]string{"./a", "$$(PORT)"}, nil, "/workspace/conf"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			pod, losses := exported(t, beside(plan.Process{Name: "agent", Command: c.command, WorkingDir: c.dir, Env: map[string]string{
				"P": "9", "NESTED": "$(P)", "URL": "http://$(HOST)", "PATH": "x:$(PATH)"}}), deployment(kubernetes.ShapeSplit))
			g.Expect(pod.InitContainers[0].Args).To(Equal(c.args))
			inShell := ContainElement(export.Loss{Process: "agent", Key: "working-dir", Text: "a shell changes to it, which the image needs"})
			if len(c.args) < 4 {
				inShell = Not(inShell)
			}
			g.Expect(losses).To(inShell)
		})
	}
}

func TestAManifestsValuesAreLiteral(t *testing.T) {
	g := NewWithT(t)
	p := beside(plan.Process{Name: "agent", Env: map[string]string{"OWN": "$(HASH)"}})
	p.Env = map[string]string{"HASH": "a$$b$$c", "OTHER": "secret", "REF": "$(OTHER) $(NONE)"}
	pod, losses := exported(t, p, deployment(kubernetes.ShapeSplit))
	values := map[string]string{}
	for _, v := range pod.InitContainers[0].Env { // as Kubernetes reads them
		values[v.Name] = plan.Expand(v.Value, func(name string) (string, bool) { value, ok := values[name]; return value, ok })
	}
	g.Expect(values).To(Equal(map[string]string{"HASH": "a$$b$$c", "OTHER": "secret", "REF": "$(OTHER) $(NONE)", "OWN": "a$$b$$c"}))
	g.Expect(losses).NotTo(ContainElement(HaveField("Key", "env")))
}

func TestSecretsAndVolumesHaveNamesOfTheirOwn(t *testing.T) {
	long := strings.Repeat("x", 62)
	of := func(name, file string, write ...string) plan.Process {
		return plan.Process{Name: name, EnvFrom: []plan.EnvFrom{{File: file}}, Sandbox: &plan.Sandbox{Mode: plan.Prefer, Write: write}}
	}
	p := beside(of("a", "/etc/a/secrets.env", "/run/a-b", "/run/a/b", "/run/A/b"), of("b", "/etc/b/secrets.env"),
		of(long, "/etc/a/secrets.env"))
	for _, shape := range []string{kubernetes.ShapeSplit, kubernetes.ShapeOne} {
		t.Run(shape, func(t *testing.T) {
			g := NewWithT(t)
			result, err := kubernetes.Export(export.App{Name: "shop", Image: "shop:1", Plan: p}, deployment(shape))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(result.Needs).To(HaveLen(2))
			g.Expect(result.Needs[0].Object).NotTo(Equal(result.Needs[1].Object))
			g.Expect(result.Needs[1].Text).To(HaveSuffix("=/etc/b/secrets.env"))
			pod := podOf(t, result)
			var volumes, secrets []string
			for _, v := range pod.Volumes {
				volumes = append(volumes, v.Name)
			}
			for _, c := range pod.InitContainers {
				secrets = append(secrets, "Secret "+c.EnvFrom[0].SecretRef.Name)
			}
			if shape == kubernetes.ShapeSplit {
				g.Expect(secrets).To(Equal([]string{result.Needs[0].Object, result.Needs[1].Object, result.Needs[0].Object}))
			}
			for _, name := range volumes {
				g.Expect(name).To(MatchRegexp(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`))
			}
			g.Expect(volumes).To(HaveLen(len(slices.Compact(slices.Sorted(slices.Values(volumes))))))
			for _, c := range append(pod.InitContainers, pod.Containers...) {
				for _, m := range c.VolumeMounts {
					g.Expect(volumes).To(ContainElement(m.Name))
				}
			}
		})
	}
}

func TestABaseForKustomize(t *testing.T) {
	g := NewWithT(t)
	o := deployment(kubernetes.ShapeAuto)
	o.Kind, o.Port = "StatefulSet", 8080
	result, err := kubernetes.Export(export.App{Name: "shop", Image: "shop:1", Plan: beside(plan.Process{Name: "agent"})}, o)
	g.Expect(err).NotTo(HaveOccurred())
	files, err := result.Base()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(files).To(HaveLen(3))
	g.Expect(string(files["kustomization.yaml"])).To(And(HavePrefix("# lost: agent: "),
		HaveSuffix("kind: Kustomization\nresources:\n- statefulset.yaml\n- service.yaml\n")))
	g.Expect(string(files["statefulset.yaml"])).To(ContainSubstring("serviceName: shop\n"))
	g.Expect(string(files["service.yaml"])).To(And(ContainSubstring("clusterIP: None\n"), ContainSubstring("port: 8080\n")))
}

func TestASidecarWhoseProcessTypeIsAnothersHasItsCommandWrittenOut(t *testing.T) {
	g := NewWithT(t)
	worker := plan.Process{Name: "worker", Command: []string{"./agent", "$$(X)"}, WorkingDir: "/workspace"}
	app := export.App{Name: "shop", Image: "shop:1", Plan: beside(worker), Untyped: []string{"worker"}}
	result, err := kubernetes.Export(app, deployment(kubernetes.ShapeSplit))
	g.Expect(err).NotTo(HaveOccurred())
	c := podOf(t, result).InitContainers[0]
	g.Expect(append(c.Command, c.Args...)).To(Equal([]string{"/cnb/lifecycle/launcher", "--", "./agent", "$$(X)"}))
}
