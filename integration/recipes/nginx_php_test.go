package recipes_test

import (
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// held is a page that is answered when somebody makes /tmp/go.
const held = `<?php
mkdir("/tmp/begun");
touch("/tmp/begun/" . getmypid());
while (!file_exists("/tmp/go")) { usleep(10000); clearstatcache(); }
echo "done";
`

// byHand starts both as a start script does.
const byHand = "web: php-fpm8.2 --nodaemonize --force-stderr --fpm-config php-fpm.conf & exec nginx -e stderr -p $PWD/ -c nginx.conf"

func testNginxPHP(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
		on         = func() []string { return lab.OnRun(t, "nginx-php") }
		pages      = lab.Files{"htdocs/held.php": held}
	)

	// stop has requests in flight when SIGTERM comes, and answers them when it was heard.
	stop := func(c lab.Container, heard func()) (failures []string) {
		Eventually(c).Should(lab.Serve("/", "PHP 8 answers behind nginx"))
		held := begin(inFlight, get(c, "/held.php"))
		Eventually(begun(c)).Should(Equal(inFlight))
		terminate(t, c)
		heard()
		letGo(c)
		return held.failures()
	}

	it("answers what it has begun when it is stopped, and ends both", func() {
		c := lab.Build(t, recipe(t, "nginx-php", pages), on()...).Run(t, "--memory", "256m",
			"--env", unhurried)
		failures := stop(c, func() { Eventually(c).Should(lab.Say("supervisor | SIGTERM came; stopping web")) })
		Expect(failures).To(BeEmpty())
		Expect(c.Ends()).To(BeZero())
		Expect(c.Logs()).To(MatchRegexp(`php-fpm \| .*exiting, bye-bye!`))
		Expect(killings(c)).To(BeEmpty())
	})

	it("cuts all of them off where a script starts both", func() {
		c := lab.Pack(t, recipe(t, "nginx-php", lab.Files{"Procfile": byHand, "htdocs/held.php": held}), on()...).Run(t)
		failures := stop(c, func() { Expect(c.Ends()).To(BeZero()) })
		Expect(failures).To(HaveLen(inFlight))
	})

	it("ends with PHP-FPM's status, and says why, where a script goes on with 502", func() {
		c := lab.Build(t, recipe(t, "nginx-php", nil), on()...).Run(t)
		Eventually(c).Should(lab.Serve("/", "PHP"))
		c.Detach("bash", "-c", "pkill -KILL --oldest php-fpm")
		Expect(c.Ends()).To(Equal(137))
		Expect(c.Lines()).To(ContainElement(
			`supervisor | sidecar "php-fpm" was killed by SIGKILL, by hand or by another process; stopping web`))

		c = lab.Pack(t, recipe(t, "nginx-php", lab.Files{"Procfile": byHand}), on()...).Run(t)
		Eventually(c).Should(lab.Serve("/", "PHP"))
		c.Exec("pkill", "-KILL", "php-fpm")
		Eventually(c).ShouldNot(lab.Serve("/", "PHP"))
		failures := begin(20, get(c, "/")).failures()
		Expect(failures).To(Equal(slices.Repeat([]string{"502 Bad Gateway"}, 20)))
		Expect(c.Inspect("{{.State.Running}}")).To(Equal("true"))
	})
}
