package recipes_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const (
	// orders is how many jobs are put into the queue; the worker does inFlight of them at a time.
	orders = 20

	// heldJobs are done when somebody makes /tmp/go.
	heldJobs = `require "sidekiq"
Redis.silence_deprecations = true
class Confirmation
  include Sidekiq::Worker
  def perform(order)
    Dir.mkdir("/tmp/begun") rescue nil
    File.write("/tmp/begun/#{order}", "")
    sleep 0.01 until File.exist?("/tmp/go")
    Sidekiq.redis { |redis| redis.sadd("confirmed", order) }
  end
end
`
	// killWorker waits until all of the worker's threads have ended, with the last of which its connections are closed. What then is left of
	// it may be a zombie.
	killWorker = `pid=$(pgrep --oldest --full ^sidekiq) && kill -KILL $pid || exit
while [ "$(ps -L -o state= -p $pid | tr -d 'Z\n')" ]; do sleep 0.01; done`

	// workerByHand starts both as a start script does.
	workerByHand = "web: sidekiq --require ./jobs.rb --concurrency 6 --timeout 5 & " +
		"exec puma --port $PORT --threads 8:8 --environment production"
)

func testWorker(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
		on         = func() []string { return lab.OnRun(t, "worker") }
		q          queue
	)

	it.Before(func() { q = openQueue(t) })

	// app is the recipe without jobs by the clock: what a stop waits for is not to hang on the minute in which it comes.
	app := func(others lab.Files) lab.App { return q.app(lab.Files{"crontab": "# no jobs\n"}, others) }
	order := func(c lab.Container) {
		for n := range orders {
			Expect(get(c, fmt.Sprintf("/order?%d", n))()).To(ContainSubstring("is in the queue"))
		}
	}
	// hold puts jobs into the queue, and waits until the worker does as many as it can.
	hold := func(c lab.Container) lab.Container {
		order(c)
		Eventually(begun(c)).Should(Equal(inFlight))
		return c
	}
	// next has another container do what is left in the queue, with which so many are confirmed in all.
	next := func(image lab.Image, confirmed int) {
		c := q.run(image)
		c.Exec("touch", "/tmp/go")
		Eventually(q.waiting).Should(BeZero())
		Eventually(q.confirmed).Should(Equal(confirmed)) // by hand nobody waits for the last of them
		c.Stop()
		Expect(q.confirmed()).To(Equal(confirmed))
	}
	// kill kills the worker, and has jobs put into the queue when Redis can give it none any more.
	kill := func(c lab.Container) {
		killed := func() error {
			_, err := lab.Try("docker", "exec", c.Name, "sh", "-c", killWorker)
			return err
		}
		Eventually(killed).Should(Succeed())
		order(c)
	}

	it("does what it has begun when it is stopped, and leaves the rest to the next one", func() {
		image := lab.Build(t, app(lab.Files{"jobs.rb": heldJobs}), on()...)
		c := hold(q.run(image))
		stopHeld(t, c, "worker")
		Expect(q.confirmed()).To(Equal(inFlight))
		Expect(q.waiting()).To(Equal(orders - inFlight))
		next(image, orders)
	})

	it("puts back what takes longer than its --timeout", func() {
		const grace = "stop-grace-period-seconds = " // of which the sample's --timeout leaves a busy machine little
		declaration := strings.ReplaceAll(sample(t, "worker/sidecar.toml"), grace+"7", grace+"30")
		image := lab.Build(t, app(lab.Files{"jobs.rb": heldJobs, "sidecar.toml": declaration}), on()...)
		stop(t, hold(q.run(image)))
		Expect(q.waiting()).To(Equal(orders))
		next(image, orders)
	})

	it("loses what it has begun where a script starts both", func() {
		image := lab.Pack(t, app(lab.Files{"jobs.rb": heldJobs, "Procfile": workerByHand}), on()...)
		stop(t, hold(q.run(image)))
		Expect(q.waiting()).To(Equal(orders - inFlight))
		next(image, orders-inFlight)
	})

	it("is started again when it was killed", func() {
		c := q.run(lab.Build(t, app(nil), on()...))
		kill(c)
		Eventually(q.confirmed).Should(Equal(orders))
		Expect(c.Lines()).To(ContainElement(
			`supervisor | sidecar "worker" was killed by SIGKILL, by hand or by another process; restarting it in 1s`))
	})

	it("is gone for good where a script started it, and nobody says so", func() {
		c := q.run(lab.Pack(t, app(lab.Files{"Procfile": workerByHand}), on()...))
		kill(c)
		_, err := lab.Try("docker", "exec", c.Name, "pgrep", "--runstates", "RSD", "--full", "sidekiq")
		Expect(err).To(HaveOccurred())
		Expect(q.waiting()).To(Equal(orders))
		Expect(c.Inspect("{{.State.Running}}")).To(Equal("true"))
		Expect(c.Logs()).NotTo(ContainSubstring("illed"))
	})
}
