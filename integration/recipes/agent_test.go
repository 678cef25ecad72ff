package recipes_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const rubyApp = `require "sinatra"
set :bind, "0.0.0.0"
set :port, 8080
get("/") { "unaware" }
`

func testAgent(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
		plain      = lab.Files{"app.rb": rubyApp}
	)

	// binding makes the recipe's binding, with Debian's program in it.
	binding := func() string {
		lab.Require(t, lab.Tool("apt-get", "Debian"))
		dir := lab.Make(t, recipe(t, "agent", nil))
		work := lab.Make(t, lab.Files{})
		lab.Must(t, "bash", "-c", "cd "+work+" && apt-get download -qq prometheus-process-exporter && dpkg-deb --extract *.deb .")
		program, err := os.ReadFile(filepath.Join(work, "usr/bin/prometheus-process-exporter"))
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(filepath.Join(dir, "process-exporter"), program, 0o644)).To(Succeed())
		return dir
	}
	metrics := func(c lab.Container) func() (string, error) {
		return func() (string, error) {
			return lab.Try("docker", "exec", c.Name, "curl", "--fail", "--silent", "--show-error", "127.0.0.1:9256/metrics")
		}
	}

	it("stands beside every app, none of which is changed for it", func() {
		volume := []string{"--volume", binding() + ":/platform/bindings/metrics"}
		for program, app := range map[string]lab.App{"app": lab.Files{"app": lab.Child}, "ruby": plain} {
			c := lab.Build(t, app, volume...).Run(t)
			Eventually(metrics(c)).Should(ContainSubstring(`namedprocess_namegroup_num_procs{groupname="` + program))
		}
	})

	it("is started again as often as it is killed, and the app answers all the time", func() {
		c := lab.Build(t, plain, "--volume", binding()+":/platform/bindings/metrics").Run(t)
		Eventually(c).Should(lab.Serve("/", "unaware"))
		load, stop := repeat(get(c, "/"))
		for killed := range 3 {
			Eventually(metrics(c)).Should(ContainSubstring("namedprocess"))
			c.Detach("pkill", "-KILL", "process-exp")
			Eventually(c).Should(lab.Have("process-exporter", HaveField("Restarts", killed+1)))
		}
		Eventually(metrics(c)).Should(ContainSubstring("namedprocess"))
		stop()
		Expect(load.failures()).To(BeEmpty())
		t.Logf("%d requests, none failed", len(load.soFar()))
	})

	it("is gone for good after one kill where the app's own script starts it, and nobody says so", func() {
		dir := binding()
		Expect(os.WriteFile(dir+"/app.rb", []byte(rubyApp), 0o644)).To(Succeed())
		lab.Must(t, "chmod", "+x", dir+"/process-exporter")
		web := "web: ./process-exporter -config.path processes.yml -web.listen-address 127.0.0.1:9256 & exec ruby app.rb\n"
		Expect(os.WriteFile(dir+"/Procfile", []byte(web), 0o644)).To(Succeed())
		c := lab.Pack(t, lab.At(dir)).Run(t)
		Eventually(c).Should(lab.Serve("/", "unaware"))
		Eventually(metrics(c)).Should(ContainSubstring("namedprocess"))
		c.Exec("pkill", "-KILL", "process-exp")
		fails := func() error { _, err := metrics(c)(); return err }
		Eventually(fails).Should(MatchError(ContainSubstring("connect to 127.0.0.1 port 9256"))) // when the last of its threads has ended
		Expect(begin(20, get(c, "/")).failures()).To(BeEmpty())
		Expect(fails()).To(HaveOccurred())
		Expect(c.Logs()).NotTo(ContainSubstring("illed"))
	})
}
