package recipes_test

import (
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// twoQueries is an app whose requests make two queries: the first waits while somebody has a lock.
const twoQueries = `require "pg"
run lambda { |env|
  db = PG.connect(host: "127.0.0.1", port: 6432, dbname: "shop")
  db.exec("select pg_advisory_lock_shared(1), pg_advisory_unlock_shared(1)") if env["PATH_INFO"] == "/held"
  [200, {"Content-Type" => "text/plain"}, ["#{db.exec("select count(*) from orders").getvalue(0, 0)} orders"]]
}
`

// poolByHand starts both as a start script does, which hands on no signal but ends both.
const poolByHand = `web: trap 'kill $(jobs -p); wait' TERM; pgbouncer pgbouncer.ini & ` +
	`puma --port $PORT --threads 8:8 --environment production & wait`

func testPgBouncer(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
		on         = func() []string { return lab.OnRun(t, "pgbouncer") }
	)

	// stop has requests wait in the database when SIGTERM comes, and lets them go on when it was heard.
	stop := func(database lab.Container, c lab.Container, heard func()) (failures []string) {
		Eventually(c).Should(lab.Serve("/", "3 orders"))
		lock := query(database, "select pg_advisory_lock(1), pg_sleep(600)")
		Eventually(locks(database)).Should(Equal(1))
		held := begin(inFlight, get(c, "/held"))
		Eventually(locks(database)).Should(Equal(1 + inFlight))
		terminate(t, c)
		heard()
		lock()
		return held.failures()
	}

	it("loses no query of those that have begun when all is stopped", func() {
		database := postgres(t)
		c := lab.Build(t, recipe(t, "pgbouncer", lab.Files{"config.ru": twoQueries}), on()...).Run(t, withDatabase(database)...)
		failures := stop(database, c, func() { Eventually(c).Should(lab.Say("supervisor | SIGTERM came; stopping web")) })
		Expect(failures).To(BeEmpty())
		Expect(c.Ends()).To(BeElementOf(0, 143))
		Expect(killings(c)).To(BeEmpty())
	})

	it("loses all of them where a script tells both at once", func() {
		database := postgres(t)
		files := lab.Files{"config.ru": twoQueries, "Procfile": poolByHand}
		c := lab.Pack(t, recipe(t, "pgbouncer", files), on()...).Run(t, withDatabase(database)...)
		gone := func() error { _, err := lab.Try("docker", "exec", c.Name, "pgrep", "pgbouncer"); return err }
		Expect(stop(database, c, func() { Eventually(gone).Should(HaveOccurred()) })).To(HaveLen(inFlight))
	})

	it("starts the app when the database answers, where a script lets requests fail", func() {
		database := postgresLater(t)
		c := lab.Build(t, recipe(t, "pgbouncer", nil), on()...).Run(t, withDatabase(database)...)
		Eventually(c).Should(lab.Say("supervisor | web waits for pgbouncer to have started"))
		byHand := lab.Pack(t, recipe(t, "pgbouncer", lab.Files{"Procfile": poolByHand}), on()...).Run(t, withDatabase(database)...)
		Eventually(byHand.Logs).Should(ContainSubstring("Listening on"))
		Expect(begin(10, get(byHand, "/")).failures()).To(HaveLen(10))
		database.Exec("touch", "/tmp/go")
		Eventually(c).Should(lab.Serve("/", "3 orders"))
		Expect(c.Logs()).NotTo(ContainSubstring("PG::"))
	})
}
