package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Supervisor is the supervisor's path in every image.
const Supervisor = "/layers/sidecar-buildpack_sidecar/supervisor/bin/supervisor"

// Container is one that was started.
type Container struct {
	Name string
	t    *testing.T
}

// Run starts a container of the image with options of docker run, and with those behind "--" as the process's arguments. It goes away
// after the test; where that fails, the logs of build and container are shown.
func (i Image) Run(t *testing.T, options ...string) Container {
	t.Helper()
	c := Container{Name(), t}
	var args []string
	if at := slices.Index(options, "--"); at >= 0 {
		options, args = options[:at], options[at+1:]
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s\nThe log of %s:\n%s", i.Log, c.Name, c.Logs())
		}
		_, _ = Try("docker", "rm", "--force", "--volumes", c.Name)
	})
	run := []string{"docker", "run", "--detach", "--name", c.Name, "--publish", "127.0.0.1::8080"}
	Must(t, slices.Concat(run, options, []string{i.Name}, args)...)
	return c
}

// Stop does what docker stop does, and waits for the end.
func (c Container) Stop() {
	c.t.Helper()
	Must(c.t, "docker", "stop", c.Name)
}

// Ends waits for the container's end and returns its exit code.
func (c Container) Ends() int {
	c.t.Helper()
	code, err := strconv.Atoi(Must(c.t, "docker", "wait", c.Name))
	if err != nil {
		c.t.Fatal(err)
	}
	return code
}

// Logs returns what was written so far to either output.
func (c Container) Logs() string {
	text, err := logsOf(c.Name)
	if err != nil {
		return err.Error()
	}
	return text
}

// Lines returns the lines of Logs.
func (c Container) Lines() []string { return strings.Split(c.Logs(), "\n") }

// Exec runs a command in the container and returns what it wrote.
func (c Container) Exec(argv ...string) string {
	c.t.Helper()
	return Must(c.t, append([]string{"docker", "exec", c.Name}, argv...)...)
}

// Detach starts a command in the container and doesn't wait for it, since the container may end before it does.
func (c Container) Detach(argv ...string) {
	c.t.Helper()
	Must(c.t, append([]string{"docker", "exec", "--detach", c.Name}, argv...)...)
}

// Inspect returns what docker inspect shows by a template, such as "{{.State.OOMKilled}}".
func (c Container) Inspect(template string) string {
	c.t.Helper()
	return Must(c.t, "docker", "inspect", "--format", template, c.Name)
}

// Top returns the command lines of all processes in the container.
func (c Container) Top() []string {
	c.t.Helper()
	var commands []string
	for _, line := range strings.Split(Must(c.t, "docker", "top", c.Name, "-eo", "pid,args"), "\n")[1:] {
		_, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		commands = append(commands, strings.TrimSpace(command))
	}
	return commands
}

// Get returns what the app on port 8080 answers to a request for a path.
func (c Container) Get(path string) (string, error) {
	address, err := c.Address("8080/tcp")
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

// Process is one that supervisor ps shows.
type Process struct {
	Name, State, Health, LastEnd string
	PID, Restarts                int
	MemoryBytes, MemoryUsedBytes int64
}

// PS returns what supervisor ps shows in the container, by name.
func (c Container) PS() (map[string]Process, error) {
	text, err := Try("docker", "exec", c.Name, Supervisor, "ps", "--json")
	if err != nil {
		return nil, err
	}
	var list []Process
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("%w: %s", err, text)
	}
	all := map[string]Process{}
	for _, p := range list {
		all[p.Name] = p
	}
	return all, nil
}

// Process returns one that has to be in PS.
func (c Container) Process(name string) Process {
	c.t.Helper()
	all, err := c.PS()
	if err != nil {
		c.t.Fatal(err)
	}
	p, ok := all[name]
	if !ok {
		c.t.Fatalf("there is no %s in %v", name, all)
	}
	return p
}

// Kill sends a process a signal. The app's directory must have Child's program as "child", since an image may have no kill.
func (c Container) Kill(name string, signal syscall.Signal) {
	c.t.Helper()
	c.Detach("/workspace/child", "kill", strconv.Itoa(c.Process(name).PID), strconv.Itoa(int(signal)), "exit", "0")
}
