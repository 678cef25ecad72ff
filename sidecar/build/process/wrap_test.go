package process_test

import (
	"testing"

	"github.com/buildpacks/libcnb/v2"
	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
)

func TestWrap(t *testing.T) {
	for name, test := range map[string]struct {
		process process.Process
		wrapped libcnb.Process
	}{
		"arguments stay for the user to replace": {
			process.Process{Type: "web", Command: []string{"java", "-jar"}, Args: []string{"app.jar"}, Default: true, WorkingDir: "/w"},
			libcnb.Process{
				Type: "web", Command: []string{"/s", "run", "web", "--", "java", "-jar"}, Arguments: []string{"app.jar"}, Default: true,
				WorkingDirectory: "/w",
			},
		},
		"below Buildpack API 0.9 they stay for the user to add to": {
			process.Process{Type: "web", Command: []string{"java"}, Args: []string{"-jar", "app.jar"}, AppendArgs: true, WorkingDir: "/w"},
			libcnb.Process{Type: "web", Command: []string{"/s", "run", "web", "--", "java", "-jar", "app.jar"}, WorkingDirectory: "/w"},
		},
		"bash runs the script first, in the app's directory": {
			process.Process{Type: "web", Command: []string{"app $PORT"}, AppendArgs: true, Shell: true, WorkingDir: "/w"},
			libcnb.Process{Type: "web", Command: []string{"/bin/bash", "/s.bash", "app $PORT"}},
		},
		"every execution environment is like none": {
			process.Process{Type: "web", Command: []string{"app"}, ExecEnv: []string{"*"}},
			libcnb.Process{Type: "web", Command: []string{"/s", "run", "web", "--", "app"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			wrapped, err := process.Wrap(test.process, "/s", "/s.bash")
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(wrapped).To(Equal(test.wrapped))
		})
	}
}

func TestWrapRefusesWhatHasNoCommand(t *testing.T) {
	_, err := process.Wrap(process.Process{Type: "web", Args: []string{"x"}}, "/s", "/s.bash")
	NewWithT(t).Expect(err).To(MatchError(HavePrefix(`process type "web" has no command in an earlier buildpack's launch.toml`)))
}

func TestWrapRefusesExecutionEnvironments(t *testing.T) {
	_, err := process.Wrap(process.Process{Type: "web", Command: []string{"app"}, ExecEnv: []string{"test", "staging"}}, "/s", "/s.bash")
	NewWithT(t).Expect(err).To(MatchError(ContainSubstring(
		`process type "web" is for the execution environments test, staging only (exec-env in an earlier buildpack's launch.toml)`)))
}
