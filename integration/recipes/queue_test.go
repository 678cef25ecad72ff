package recipes_test

import (
	"fmt"
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

// app returns the recipe with other files, and with supercronic.
func (q queue) app(others lab.Files) lab.App {
	q.t.Helper()
	lab.Must(q.t, "scripts/tools", "supercronic")
	dir := lab.Make(q.t, recipe(q.t, "worker", others))
	lab.Must(q.t, "cp", "build/lab/bin/supercronic", dir)
	return lab.At(dir)
}

// run starts an app that has the queue, and waits until it answers.
func (q queue) run(image lab.Image, options ...string) lab.Container {
	q.t.Helper()
	url := "REDIS_URL=redis://" + q.Inspect("{{.NetworkSettings.IPAddress}}")
	c := image.Run(q.t, append(options, "--env", "PORT=8080", "--env", url)...)
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

// isTold waits until a sidecar is told to stop.
func isTold(t *testing.T, c lab.Container, name string) {
	t.Helper()
	NewWithT(t).Eventually(c).Should(lab.Have(name, HaveField("State", "stopping")))
}
