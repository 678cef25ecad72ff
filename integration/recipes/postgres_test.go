package recipes_test

import (
	"fmt"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// postgres runs the sample's PostgreSQL in a container of its own, and waits until it answers.
func postgres(t *testing.T) lab.Container {
	t.Helper()
	database := postgresLater(t)
	database.Exec("touch", "/tmp/go")
	NewWithT(t).Eventually(locks(database)).Should(BeZero())
	return database
}

// postgresLater is one that starts when there is a file /tmp/go.
func postgresLater(t *testing.T) lab.Container {
	t.Helper()
	lab.OnRun(t, "pgbouncer")
	image := lab.Image{Name: "sidecar-lab/run-pgbouncer"}
	return image.Run(t, "--tmpfs", "/tmp", "--volume", lab.Path("samples", "pgbouncer")+":/sample:ro", "--",
		"sh", "-c", "until [ -e /tmp/go ]; do sleep 0.1; done; exec /sample/postgres.sh")
}

// withDatabase returns options of docker run for a container that knows the database as postgres.
func withDatabase(database lab.Container) []string {
	address := database.Inspect("{{.NetworkSettings.IPAddress}}")
	return []string{"--env", "PORT=8080", "--env", unhurried, "--add-host", "postgres:" + address}
}

func psql(sql string) []string {
	return []string{"psql", "--host=/tmp", "--username=shop", "--tuples-only", "--no-align", "--command=" + sql}
}

// query begins a query that doesn't end by itself, and returns a function that ends it.
func query(database lab.Container, sql string) (end func()) {
	database.Detach(psql(sql)...)
	return func() {
		database.Exec(psql("select pg_terminate_backend(pid) from pg_stat_activity where query = '" + sql + "'")...)
	}
}

// locks returns how many have a lock, or wait for it.
func locks(database lab.Container) func() (int, error) {
	return func() (n int, err error) {
		text, err := lab.Try(append([]string{"docker", "exec", database.Name},
			psql("select count(*) from pg_locks where locktype = 'advisory'")...)...)
		if err == nil {
			_, err = fmt.Sscan(text, &n)
		}
		return n, err
	}
}
