package integration_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// supervisor is where it is in every image.
const supervisor = "/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor"

// docker gives what a command of Docker's writes to either output, without the last line's end.
func docker(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	output, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	text := strings.TrimSuffix(string(output), "\n")
	if err != nil {
		err = fmt.Errorf("docker %s: %w\n%s", strings.Join(args, " "), err, text)
	}
	return text, err
}

func mustDocker(t *testing.T, args ...string) string {
	t.Helper()
	text, err := docker(args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// container is one that was started.
type container struct {
	t    *testing.T
	name string
}

// run starts a container of the image with options of docker run and, behind --, arguments for the process. It is gone after the test;
// where that fails, what was said by all concerned is shown.
func (i image) run(t *testing.T, options ...string) container {
	t.Helper()
	c := container{t, newName()}
	var args []string
	if at := slices.Index(options, "--"); at >= 0 {
		options, args = options[:at], options[at+1:]
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\nThe log of %s:\n%s", i.log, c.name, c.logs())
		}
		_, _ = docker("rm", "--force", "--volumes", c.name)
	})
	create := append([]string{"run", "--detach", "--name", c.name, "--publish", "127.0.0.1::8080"}, options...)
	mustDocker(t, append(append(create, i.name), args...)...)
	return c
}

// logs are all that was written so far, both outputs.
func (c container) logs() string {
	text, _ := docker("logs", c.name)
	return text
}

// lines are the log's.
func (c container) lines() []string { return strings.Split(c.logs(), "\n") }

// exec runs a command in the container and gives what it wrote.
func (c container) exec(argv ...string) string {
	c.t.Helper()
	return mustDocker(c.t, append([]string{"exec", c.name}, argv...)...)
}

// kill sends a process that the supervisor runs a signal, from inside, since only there its PID is known.
func (c container) kill(name, signal string) {
	c.t.Helper()
	all, err := c.ps()
	if err != nil {
		c.t.Fatal(err)
	}
	c.exec("/workspace/child", "kill", strconv.Itoa(all[name].PID), signal, "exit", "0")
}

// ends waits for its end and gives the exit code.
func (c container) ends() int {
	c.t.Helper()
	code, err := strconv.Atoi(mustDocker(c.t, "wait", c.name))
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

// inspect gives one of the container's facts, by a template.
func (c container) inspect(template string) string {
	c.t.Helper()
	return mustDocker(c.t, "inspect", "--format", template, c.name)
}

// top lists the commands of the processes in the container, as the host sees them.
func (c container) top() []string {
	c.t.Helper()
	var commands []string
	for _, line := range strings.Split(mustDocker(c.t, "top", c.name, "-eo", "pid,args"), "\n")[1:] {
		_, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		commands = append(commands, strings.TrimSpace(command))
	}
	return commands
}

// get asks what listens on port 8080.
func (c container) get(path string) (string, error) {
	address, err := docker("port", c.name, "8080/tcp")
	if err != nil {
		return "", err
	}
	response, err := http.Get("http://" + address + path)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// serve matches a container that answers a request for path with text in which there is body.
func serve(path, body string) OmegaMatcher {
	return WithTransform(func(c container) (string, error) { return c.get(path) }, ContainSubstring(body))
}

// say matches a container whose log has text in it.
func say(text string) OmegaMatcher {
	return WithTransform(container.logs, ContainSubstring(text))
}

// process is one that supervisor ps shows.
type process struct {
	Name, State, Health, LastEnd string
	PID, Restarts                int
}

// ps asks the supervisor in the container what runs, by name.
func (c container) ps() (map[string]process, error) {
	text, err := docker("exec", c.name, supervisor, "ps", "--json")
	if err != nil {
		return nil, err
	}
	var list []process
	parse(c.t, text, &list)
	all := map[string]process{}
	for _, p := range list {
		all[p.Name] = p
	}
	return all, nil
}

// have matches a container in which a process is as described.
func have(name string, description OmegaMatcher) OmegaMatcher {
	return WithTransform(container.ps, HaveKeyWithValue(name, description))
}
