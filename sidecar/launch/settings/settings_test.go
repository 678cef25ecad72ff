package settings_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/launch/machine"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/memory"
	"github.com/sidecar-buildpack/sidecar/sidecar/launch/settings"
	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

func TestRead(t *testing.T) {
	web := plan.Plan{Type: "web", Sidecars: []plan.Process{{Name: "agent", Logs: plan.Prefix}, {Name: "relay", Logs: plan.Raw}}}
	for name, c := range map[string]struct {
		environ []string
		want    func(s *settings.Settings)
		form    plan.Logs
	}{
		"the defaults":        {[]string{"PATH=/bin", "BPL_SIDECAR_LOG_LEVEL="}, func(*settings.Settings) {}, plan.Prefix},
		"a level":             {[]string{"BPL_SIDECAR_LOG_LEVEL=debug"}, func(s *settings.Settings) { s.Level = machine.Debug }, plan.Prefix},
		"a level in capitals": {[]string{"BPL_SIDECAR_LOG_LEVEL=DEBUG"}, func(s *settings.Settings) { s.Level = machine.Debug }, plan.Prefix},
		"a form in capitals":  {[]string{"BPL_SIDECAR_LOG_FORMAT=JSON"}, func(*settings.Settings) {}, plan.JSON},
		"a policy with a capital": {[]string{"BPL_SIDECAR_MEMORY_POLICY=Warn"}, func(s *settings.Settings) { s.MemoryPolicy = memory.Warn },
			plan.Prefix},
		"a budget": {
			[]string{"BPL_SIDECAR_STOP_BUDGET_SECONDS=2.5"}, func(s *settings.Settings) { s.StopBudget = 2500 * time.Millisecond }, plan.Prefix,
		},
		"what nobody knows": {[]string{"BPL_SIDECAR_DISBLED=agent"}, func(s *settings.Settings) {
			s.Warnings = []string{"BPL_SIDECAR_DISBLED is set, but there is no such variable: did you mean BPL_SIDECAR_DISABLED?"}
		}, plan.Prefix},
		"a part of a name": {[]string{"BPL_SIDECAR_STOP_TIMEOUT=3"}, func(s *settings.Settings) {
			s.Warnings = []string{"BPL_SIDECAR_STOP_TIMEOUT is set, but there is no such variable: did you mean BPL_SIDECAR_STOP_BUDGET_SECONDS?"}
		}, plan.Prefix},
		"a build's prefix": {[]string{"BP_SIDECAR_LOG_LEVEL=debug", "BP_SIDECAR_CONFIG=x"}, func(s *settings.Settings) {
			s.Warnings = []string{"BP_SIDECAR_LOG_LEVEL is set, but there is no such variable: did you mean BPL_SIDECAR_LOG_LEVEL?"}
		}, plan.Prefix},
	} {
		t.Run(name, func(t *testing.T) {
			expect := NewWithT(t).Expect
			want := settings.Settings{StopBudget: 9 * time.Second, Level: machine.Info, MemoryPolicy: memory.Fail}
			c.want(&want)
			got, p, err := settings.Read(web, c.environ)
			expect(err).NotTo(HaveOccurred())
			expect(got).To(Equal(want))
			expect(p.Sidecars[0].Logs).To(Equal(c.form))
		})
	}
}

func TestASidecarIsDisabledByItsNameOrItsSlug(t *testing.T) {
	web := plan.Plan{Type: "web", Sidecars: []plan.Process{{Name: "Agent, old"}, {Name: "Config Server"}, {Name: "relay"}}}
	for names, left := range map[string][]string{
		"agent--old":                  {"Config Server", "relay"},
		"Config Server, agent--old":   {"relay"},
		"config-server,relay,,relay ": {"Agent, old"},
	} {
		_, p, err := settings.Read(web, []string{"BPL_SIDECAR_DISABLED=" + names})
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		NewWithT(t).Expect(p.Sidecars).To(HaveEach(HaveField("Name", BeElementOf(left))), names)
		NewWithT(t).Expect(p.Sidecars).To(HaveLen(len(left)), names)
	}
}

func TestReadTellsAllThatIsWrong(t *testing.T) {
	expect := NewWithT(t).Expect
	web := plan.Plan{Type: "web", Sidecars: []plan.Process{{Name: "agent"}, {Name: "relay"}}}
	_, _, err := settings.Read(web, []string{
		"BPL_SIDECAR_LOG_LEVEL=loud", "BPL_SIDECAR_DISABLED=agnet, relay,proxy", "BPL_SIDECAR_LOG_FORMAT=json",
	})
	expect(err).To(MatchError(`BPL_SIDECAR_LOG_LEVEL="loud": write info or debug` + "\n" +
		`BPL_SIDECAR_DISABLED="agnet, relay,proxy": web has no sidecar "agnet", "proxy"; it has: agent, relay`))
}
