package declare_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"pgregory.net/rapid"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestDecodeReadsBackWhatEncodeWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := declarations(t)
		text := d.Encode()
		read, err := declare.Decode(text, "label")
		expect := NewWithT(t).Expect
		expect(err).NotTo(HaveOccurred(), text)
		expect(read).To(Equal(d), text)
	})
}

// declarations draws a valid declaration.
func declarations(t *rapid.T) declare.Declaration {
	d := declare.Declaration{
		Env: variables(t),
		App: declare.App{
			DependsOn:              maybe(t, map[string]string{"one": "started", "two": "ready"}),
			StopSignal:             rapid.SampledFrom([]string{"SIGTERM", "SIGQUIT"}).Draw(t, "stop-signal"),
			StopGracePeriodSeconds: seconds(t, 0),
			Logs:                   logs(t),
			Probes: plan.Probes{
				StartupProbe:   probes(t, 1),
				ReadinessProbe: probes(t, 5),
				LivenessProbe:  probes(t, 1),
			},
		},
		Sidecars: []declare.Sidecar{sidecars(t, "one"), sidecars(t, "two"), sidecars(t, "Number Three")},
	}
	d.Sidecars[0].DependsOn = maybe(t, map[string]string{"two": "started", "Number Three": "completed"})
	d.Sidecars[1].StartupProbe = &plan.Probe{Notify: true, PeriodSeconds: 1, TimeoutSeconds: 1, SuccessThreshold: 1, FailureThreshold: 1}
	d.Sidecars[2].Essential, d.Sidecars[2].Restart = false, "on-failure"
	return d
}

func sidecars(t *rapid.T, name string) declare.Sidecar {
	return declare.Sidecar{
		Name:                   name,
		ProcessTypes:           append([]string{"web"}, rapid.SliceOf(rapid.StringMatching(`[A-Za-z0-9._-]+`)).Draw(t, "process-types")...),
		Command:                append(declare.Command{"./" + text(t)}, rapid.SliceOf(texts).Draw(t, "command")...),
		Files:                  maybe(t, []string{"a", "b/c d"}),
		WorkingDir:             rapid.SampledFrom([]string{"", ".", "conf", "a b/ü"}).Draw(t, "working-dir"),
		Dependencies:           dependencies(t),
		Memory:                 plan.Size(rapid.Int64Min(0).Draw(t, "memory")),
		Env:                    variables(t),
		InheritEnv:             rapid.SampledFrom([]declare.Names{{}, {declare.Everything}, {"PATH", "a \"b\""}}).Draw(t, "inherit-env"),
		Restart:                rapid.SampledFrom([]string{"never", "on-failure", "always"}).Draw(t, "restart"),
		MaxRestarts:            rapid.IntRange(0, 1<<31-1).Draw(t, "max-restarts"),
		RestartWindowSeconds:   seconds(t, 0.001),
		Essential:              rapid.Bool().Draw(t, "essential"),
		StopDelaySeconds:       seconds(t, 0),
		PreStop:                rapid.SampledFrom([]*plan.Hook{nil, {Exec: &plan.Exec{Command: []string{"./drain", "a b"}}}}).Draw(t, "pre-stop"),
		BackoffSeconds:         seconds(t, 0.001),
		BackoffMaxSeconds:      seconds(t, 0.001),
		SuccessExitCodes:       maybe(t, []int{0, 143}),
		RestartOnExitCodes:     maybe(t, []int{75}),
		NoRestartOnExitCodes:   maybe(t, []int{1, 255}),
		StopSignal:             rapid.SampledFrom([]string{"SIGTERM", "SIGINT", "SIGUSR1"}).Draw(t, "stop-signal"),
		StopGracePeriodSeconds: seconds(t, 0),
		Logs:                   logs(t),
		Probes: plan.Probes{
			StartupProbe:   probes(t, 1),
			ReadinessProbe: probes(t, 5),
			LivenessProbe:  probes(t, 1),
		},
	}
}

func dependencies(t *rapid.T) []declare.Dependency {
	return maybe(t, []declare.Dependency{
		{URI: "https://example.org/a/agent.tgz?b", SHA256: strings.Repeat("0a", 32), Arch: "amd64", Version: text(t)},
		{URI: "file:///agent", SHA256: strings.Repeat("ff", 32)},
	})
}

func probes(t *rapid.T, mostSuccesses int) *plan.Probe {
	if rapid.Bool().Draw(t, "without probe") {
		return nil
	}
	port := rapid.IntRange(1, 65535).Draw(t, "port")
	p := rapid.SampledFrom([]plan.Probe{
		{HTTPGet: &plan.HTTPGet{Scheme: "https", Host: "::1", Port: port, Path: "/ü?a=b"}},
		{HTTPGet: &plan.HTTPGet{Scheme: "http", Host: "127.0.0.1", Port: port, Path: "/", Headers: map[string]string{"X-A.b": text(t)}}},
		{TCPSocket: &plan.TCPSocket{Host: "localhost", Port: port}},
		{Exec: &plan.Exec{Command: []string{"test", text(t)}}},
		{GRPC: &plan.GRPC{Host: "127.0.0.1", Port: port, Service: text(t)}},
		{Notify: true},
	}).Draw(t, "probe")
	p.InitialDelaySeconds = seconds(t, 0)
	p.PeriodSeconds = seconds(t, 0.001)
	p.TimeoutSeconds = seconds(t, 0.001)
	p.SuccessThreshold = rapid.IntRange(1, mostSuccesses).Draw(t, "success-threshold")
	p.FailureThreshold = rapid.IntRange(1, 1<<31-1).Draw(t, "failure-threshold")
	return &p
}

// texts have every kind of character but those that no argument or header can have.
var texts = rapid.StringOf(rapid.RuneFrom([]rune(`ab"'\ #=[]{}$ü猫`)))

func text(t *rapid.T) string { return texts.Draw(t, "text") }

func variables(t *rapid.T) map[string]string {
	vars := rapid.MapOf(rapid.StringMatching(`[A-Za-z_ ."'\\]+`), rapid.OneOf(texts, rapid.Just("a\n\tb\x7f"))).Draw(t, "env")
	if len(vars) == 0 {
		return nil
	}
	return vars
}

func seconds(t *rapid.T, low float64) float64 {
	return rapid.OneOf(rapid.Float64Range(low, 1<<31-1), rapid.SampledFrom([]float64{1, 0.25, 30})).Draw(t, "seconds")
}

func logs(t *rapid.T) string {
	return rapid.SampledFrom([]string{"raw", "prefix", "json"}).Draw(t, "logs")
}

func maybe[T any](t *rapid.T, value T) T {
	var none T
	return rapid.SampledFrom([]T{value, none}).Draw(t, "value")
}
