package adopt

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"go.yaml.in/yaml/v3"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/declare/document"
)

// readCompose takes the services that have a command. One with an image of its own brings a program that the app's image lacks.
func readCompose(_ fs.FS, text []byte) (Found, error) {
	var found Found
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return found, err
	}
	if err := document.CheckAliases(&root); err != nil { // the loader would follow them
		return found, err
	}
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: text}}, Environment: types.Mapping{}, WorkingDir: ".",
	}, func(o *loader.Options) {
		o.SetProjectName("app", true)
		o.SkipInterpolation, o.SkipResolveEnvironment = true, true
	})
	if err != nil {
		return found, err
	}
	var file composeFile
	if err := root.Decode(&file); err != nil {
		return found, err
	}
	app := appOf(project.Services)
	for _, name := range slices.Sorted(maps.Keys(project.Services)) {
		service := project.Services[name]
		service.DependsOn = found.onSidecars(project.Services, app, name)
		switch {
		case name == app:
			var s Sidecar
			found.common(&s, name, service)
			found.takeApp("service "+name, s.Keys, file.left(name))
		case !hasCommand(service) && service.Image == "":
			found.lose("service %s: its command is only in the image that is built for it: write it, or leave it out where it is the app", name)
		case !hasCommand(service):
			found.lose("service %s: its command is only in its image %s", name, service.Image)
		case service.Build == nil && service.Image != "":
			found.lose("service %s: its image %s brings its program: put that into the app's files or download it as a dependency",
				name, service.Image)
			fallthrough
		default:
			found.Sidecars = append(found.Sidecars, found.service(name, service))
		}
	}
	delete(file.Services, app)
	found.keysLeft(file)
	found.orTheApp()
	return found, nil
}

// hasCommand reports whether a service says what runs, which else its image does.
func hasCommand(service types.ServiceConfig) bool {
	return len(service.Entrypoint)+len(service.Command) > 0
}

// appOf returns the service that is the app: the one called so, or else the only one that is built and says no command. One with somebody
// else's image is called web where it is a proxy. It is empty where there is none.
func appOf(services types.Services) string {
	var built []string
	for name, service := range services {
		if service.Build != nil && !hasCommand(service) {
			built = append(built, name)
		}
	}
	isApp := func(name string) bool {
		service, there := services[name]
		return there && (service.Build != nil || service.Image == "" || len(built) == 0)
	}
	switch i := slices.IndexFunc(apps, isApp); {
	case i >= 0:
		return apps[i]
	case len(built) == 1:
		return built[0]
	}
	return ""
}

// onSidecars returns the services that a service depends on, of those that become sidecars.
func (f *Found) onSidecars(services types.Services, app, name string) types.DependsOnConfig {
	ours := types.DependsOnConfig{}
	for _, on := range slices.Sorted(maps.Keys(services[name].DependsOn)) {
		if on == app || !hasCommand(services[on]) {
			f.lose("service %s: depends_on %s: that becomes no sidecar", name, on)
			continue
		}
		ours[on] = services[name].DependsOn[on]
	}
	return ours
}

// composeFile is a Compose file as it is written: what it says of each service.
type composeFile struct{ Services map[string]map[string]any }

// left returns the keys of a service that say what the app's declaration can't.
func (file composeFile) left(app string) (keys []string) {
	for _, key := range slices.Sorted(maps.Keys(file.Services[app])) {
		if key != "build" && key != "image" && !slices.Contains(ofTheApp, keyFor(ComposeRules, key)) {
			keys = append(keys, key)
		}
	}
	return keys
}

// keysLeft names the keys of services that have no counterpart.
func (f *Found) keysLeft(file composeFile) {
	for _, name := range slices.Sorted(maps.Keys(file.Services)) {
		for _, key := range slices.Sorted(maps.Keys(file.Services[name])) {
			switch {
			case key == "deploy" && !onlyLimitsMemory(file.Services[name][key]):
				f.lose("service %s: deploy: only its resources.limits.memory has something like it", name)
			case key == "build" || key == "image" || keyFor(ComposeRules, key) != "": // taken, or said already
			default:
				f.loseFor(note(ComposeRules, key), "service %s: %s", name, key)
			}
		}
	}
}

// onlyLimitsMemory reports whether a service's deploy says nothing but resources.limits.memory.
func onlyLimitsMemory(deploy any) bool {
	for _, key := range []string{"resources", "limits", "memory"} {
		inner, _ := deploy.(map[string]any)
		if len(inner) != 1 {
			return false
		}
		deploy = inner[key]
	}
	return deploy != nil
}

func (f *Found) service(name string, service types.ServiceConfig) Sidecar {
	s := Sidecar{Name: name}
	var words []string
	for _, word := range slices.Concat(service.Entrypoint, service.Command) {
		words = append(words, f.interpolated(name, word))
	}
	s.set("command", words)
	if service.WorkingDir != "" {
		f.directory(&s, "working_dir", service.WorkingDir)
	}
	if env := f.values(name, service.Environment); len(env) > 0 {
		s.set("env", env)
	}
	if files := f.envFiles(name, service.EnvFiles); len(files) > 0 {
		s.set("env-from", files)
	}
	if limit := memoryLimit(service); limit > 0 {
		s.set("memory", limit)
	}
	f.restart(&s, service.Restart)
	f.common(&s, name, service)
	return s
}

// common takes over what sidecars and the app have in common.
func (f *Found) common(s *Sidecar, name string, service types.ServiceConfig) {
	if on := conditions(service.DependsOn); len(on) > 0 {
		s.set("depends-on", on)
	}
	if service.StopSignal != "" {
		s.set("stop-signal", service.StopSignal)
	}
	if service.StopGracePeriod != nil {
		s.set("stop-grace-period-seconds", *service.StopGracePeriod)
	}
	if check := service.HealthCheck; check != nil && !check.Disable && len(check.Test) > 1 {
		s.set("readiness-probe", f.probe(name, check))
	}
}

func memoryLimit(service types.ServiceConfig) types.UnitBytes {
	if service.MemLimit == 0 && service.Deploy != nil && service.Deploy.Resources.Limits != nil {
		return service.Deploy.Resources.Limits.MemoryBytes
	}
	return service.MemLimit
}

func (f *Found) envFiles(service string, files []types.EnvFile) (ours []any) {
	for _, file := range files {
		if !filepath.IsLocal(file.Path) {
			f.lose("service %s: env_file = %s: it is outside of the app", service, file.Path)
			continue
		}
		ours = append(ours, map[string]any{"file": path.Join(appDir, file.Path)})
	}
	return ours
}

// probe writes a health check as a readiness probe.
func (f *Found) probe(service string, check *types.HealthCheckConfig) map[string]any {
	ours := map[string]any{"exec": map[string]any{"command": f.healthCommand(service, check.Test)}}
	for key, value := range map[string]*types.Duration{"period-seconds": check.Interval, "timeout-seconds": check.Timeout} {
		if value != nil {
			ours[key] = *value
		}
	}
	if check.Retries != nil {
		ours["failure-threshold"] = *check.Retries
	}
	if check.StartPeriod != nil || check.StartInterval != nil {
		f.lose("service %s: healthcheck: start_period and start_interval: a readiness-probe may fail for as long as it takes", service)
	}
	return ours
}

// healthCommand returns the argv of a health check, whose first word says how it is run. A shell finds variables by itself.
func (f *Found) healthCommand(service string, test types.HealthCheckTest) (argv []string) {
	if test[0] == "CMD-SHELL" {
		return []string{"sh", "-c", strings.ReplaceAll(strings.Join(test[1:], " "), "$$", "$")}
	}
	for _, word := range test[1:] {
		argv = append(argv, interpolation.ReplaceAllStringFunc(word, func(theirs string) string {
			if strings.HasPrefix(theirs, "$$") {
				return theirs[1:]
			}
			f.lose("service %s: healthcheck: %s: write its value", service, theirs)
			return theirs
		}))
	}
	return argv
}

func (f *Found) values(service string, env types.MappingWithEquals) map[string]string {
	set := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if value := env[name]; value != nil {
			set[name] = f.interpolated(service, *value)
		}
	}
	return set
}

// interpolation is what Compose replaces (Compose Specification, Interpolation), and $$ for a dollar. One with spaces in it has been split
// into words.
var interpolation = regexp.MustCompile(`\$\$\(|\$\$|\$(\w+)|\$\{(\w+)\}|\$\{[^}]*(\}|$)`)

// interpolated writes a value as ours are: $(NAME) for a variable, and $$( for what only looks like one.
func (f *Found) interpolated(service, text string) string {
	return interpolation.ReplaceAllStringFunc(text, func(theirs string) string {
		names := interpolation.FindStringSubmatch(theirs)
		switch name := names[1] + names[2]; {
		case theirs == "$$(":
			return theirs
		case theirs == "$$":
			return "$"
		case name != "":
			return "$(" + name + ")"
		}
		f.lose("service %s: %s: write its value", service, theirs)
		return theirs
	})
}

func conditions(on types.DependsOnConfig) map[string]string {
	ours := map[string]string{}
	for name, d := range on {
		ours[name] = map[string]string{
			types.ServiceConditionHealthy: "ready", types.ServiceConditionCompletedSuccessfully: "completed",
		}[d.Condition]
		if ours[name] == "" {
			ours[name] = "started"
		}
	}
	return ours
}

// restart takes a policy over and, where it says so, how often.
func (f *Found) restart(s *Sidecar, text string) {
	policy, most, bounded := strings.Cut(text, ":")
	switch policy {
	case types.RestartPolicyAlways, types.RestartPolicyUnlessStopped:
		s.set("restart", "always")
	case types.RestartPolicyOnFailure:
		s.set("restart", "on-failure")
		if n, err := strconv.ParseUint(most, 10, 31); err == nil {
			s.set("max-restarts", n)
		} else if bounded {
			f.lose("service %s: restart = %s: %s is no number", s.Name, text, most)
		}
	}
}
