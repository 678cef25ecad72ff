package recipes_test

import (
	"fmt"
	"maps"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// A queue is Redis in a container of its own, for the recipe of the worker.
type queue struct {
	lab.Container
	t *testing.T
}

func openQueue(t *testing.T) queue {
	t.Helper()
	lab.OnRun(t, "worker")
	redis := lab.Image{Name: "sidecar-lab/run-worker"}.Run(t, "--",
		"redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--save", "", "--dir", "/tmp")
	return queue{redis, t}
}

// app returns the recipe with other files, of which the later ones take the place of those before, and with supercronic.
func (q queue) app(others ...lab.Files) lab.App {
	q.t.Helper()
	files := lab.Files{}
	for _, some := range others {
		maps.Copy(files, some)
	}
	lab.Must(q.t, "scripts/tools", "supercronic")
	dir := lab.Make(q.t, recipe(q.t, "worker", files))
	lab.Must(q.t, "cp", "build/lab/bin/supercronic", dir)
	return lab.At(dir)
}

// run starts an app that has the queue, and waits until it answers.
func (q queue) run(image lab.Image, options ...string) lab.Container {
	q.t.Helper()
	url := "REDIS_URL=redis://" + q.Inspect("{{.NetworkSettings.IPAddress}}")
	c := image.Run(q.t, append(options, "--env", "PORT=8080", "--env", url, "--env", unhurried)...)
	NewWithT(q.t).Eventually(c).Should(lab.Serve("/", "confirmed"))
	return c
}

// confirmed returns how many orders have been confirmed.
func (q queue) confirmed() (int, error) { return q.count("scard", "confirmed") }

// waiting returns how many jobs nobody has begun.
func (q queue) waiting() (int, error) { return q.count("llen", "queue:default") }

func (q queue) count(command, key string) (n int, err error) {
	text, err := lab.Try("docker", "exec", q.Name, "redis-cli", command, key)
	if err == nil {
		_, err = fmt.Sscan(text, &n)
	}
	return n, err
}

// stopHeld has the container stopped, and what waits for letGo go on once that sidecar is told. Somebody in the container sees to it, whom
// nobody has to start on a busy machine while its grace runs.
func stopHeld(t *testing.T, c lab.Container, name string) {
	t.Helper()
	told := fmt.Sprintf("%s ps | grep --quiet '^%s .* stopping '", lab.Supervisor, name)
	c.Detach("bash", "-c", "until "+told+"; do sleep 0.1; done; touch /tmp/go")
	stop(t, c)
}

// stop has the container stopped, in which all end in their time.
func stop(t *testing.T, c lab.Container) {
	t.Helper()
	terminate(t, c)
	c.Ends()
	NewWithT(t).Expect(killings(c)).To(BeEmpty())
}
