package recipes_test

import (
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const (
	// everySecond has a job begun each second, but not while the one before is being done.
	everySecond = "* * * * * * * bash report.sh\n"

	// heldReport is a job that ends when somebody makes /tmp/go, and says so.
	heldReport = "mkdir -p /tmp/begun; until [ -e /tmp/go ]; do touch /tmp/begun/report; sleep 0.1; done; echo report $REDIS_URL\n"

	// atBoot is a job for Debian's cron.
	atBoot = "echo '@reboot root bash /workspace/report.sh' >/etc/cron.d/report"

	// beside starts puma as a start script does, which has started something else.
	beside = " & exec puma --port $PORT --threads 8:8 --environment production"
)

func testCron(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
		on         = func() []string { return lab.OnRun(t, "worker") }
		q          queue
	)

	it.Before(func() { q = openQueue(t) })

	// reports is the recipe with a job of a second.
	reports := func(others lab.Files) lab.App {
		return q.app(lab.Files{"crontab": everySecond, "report.sh": heldReport}, others)
	}

	it("shows what each job says, and waits for one that has begun when it is stopped", func() {
		c := q.run(lab.Build(t, reports(nil), on()...))
		made := func() int { return strings.Count(c.Logs(), "cron | report redis://") }
		Eventually(begun(c)).Should(Equal(1))
		Expect(made()).To(BeZero())
		letGo(c)
		Eventually(made).Should(BeNumerically(">=", 3))
		c.Exec("rm", "/tmp/go", "/tmp/begun/report")
		Eventually(begun(c)).Should(Equal(1))
		before := made()
		stopHeld(t, c, "cron")
		Expect(made()).To(Equal(before + 1))
	})

	it("cuts a job off where a script starts both", func() {
		c := q.run(lab.Pack(t, reports(lab.Files{"Procfile": "web: ./supercronic crontab" + beside}), on()...))
		Eventually(begun(c)).Should(Equal(1))
		terminate(t, c)
		c.Ends()
		Expect(c.Logs()).NotTo(ContainSubstring("report redis://"))
	})

	it("needs root with Debian's cron, which also loses what jobs say, and the container's variables", func() {
		lab.Require(t, lab.Tool("apt-get", "Debian"))
		dir := lab.Make(t, reports(lab.Files{
			"report.sh": "echo \"report $REDIS_URL\" | tee /tmp/report\n",
			"Procfile":  "web: mkdir -p /etc/cron.d /var/spool/cron/crontabs; " + atBoot + "; ./cron -f" + beside,
		}))
		lab.Must(t, "bash", "-c", "cd "+dir+" && apt-get download -qq cron && dpkg-deb --fsys-tarfile cron_*.deb | "+
			"tar -x --strip-components 3 ./usr/sbin/cron && rm cron_*")
		image := lab.Pack(t, lab.At(dir), on()...)

		_, err := lab.Try("docker", "run", "--rm", "--tmpfs", "/var/spool/cron/crontabs", "--entrypoint", "./cron", image.Name, "-f")
		Expect(err).To(MatchError(ContainSubstring("cron: can't open or create /var/run/crond.pid: Permission denied")))

		c := q.run(image, "--user", "0")
		made := func() (string, error) { return lab.Try("docker", "exec", c.Name, "cat", "/tmp/report") }
		Eventually(made).Should(Equal("report "))
		Expect(c.Logs()).NotTo(ContainSubstring("report"))
	})
}
