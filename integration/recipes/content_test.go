package recipes_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

const (
	// versions is how often the content changes under load, and pageLines how many lines a page has that all name its version.
	versions, pageLines = 50, 100000

	// publish commits a version of the page, and of the redirect.
	publish = `cd /tmp/site
yes "version $1" | head -n $2 >index.html
echo "rewrite ^/old$ /version-$1 redirect;" >site.conf
git commit --quiet --all --message "Version $1"`

	// contentByHand pulls into the directory that nginx serves, as a start script does.
	contentByHand = "web: git clone --quiet $CONTENT_URL /tmp/content/current; " +
		"while sleep $CONTENT_PERIOD; do git -C /tmp/content/current pull --quiet; done & exec nginx -e stderr -p $PWD/ -c nginx.conf"
)

// direct follows no redirect.
var direct = http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

func testContent(t *testing.T, when spec.G, it spec.S) {
	var (
		g          = NewWithT(t)
		Expect     = g.Expect
		Eventually = g.Eventually
		on         = func() []string { return lab.OnRun(t, "content") }
		repository lab.Container
	)

	// serve has the repository begin to answer.
	serve := func() {
		repository.Exec("touch", "/tmp/go")
		Eventually(func() error {
			_, err := lab.Try("docker", "exec", repository.Name, "git", "ls-remote", "git://127.0.0.1/site")
			return err
		}).
			Should(Succeed())
	}
	it.Before(func() {
		on()
		repository = lab.Image{Name: "sidecar-lab/run-content"}.Run(t, "--volume", lab.Path("samples", "content")+":/sample:ro", "--",
			"sh", "-c", "until [ -e /tmp/go ]; do sleep 0.1; done; exec /sample/repository.sh")
	})
	run := func(image lab.Image) lab.Container {
		url := "git://" + repository.Inspect("{{.NetworkSettings.IPAddress}}") + "/site"
		return image.Run(t, "--memory", "256m", "--tmpfs", "/tmp",
			"--env", "CONTENT_URL="+url, "--env", "CONTENT_PERIOD=0.1", "--env", "CONTENT_TIMEOUT=10")
	}
	commit := func(version int) {
		repository.Exec("bash", "-c", publish, "publish", fmt.Sprint(version), fmt.Sprint(pageLines))
	}
	address := func(c lab.Container) string {
		at, err := c.Address("8080/tcp")
		Expect(err).NotTo(HaveOccurred())
		return "http://" + at
	}
	page := func(c lab.Container) request {
		url := address(c)
		return func() (string, error) {
			text, err := fetch(&http.Transport{DisableKeepAlives: true}, url)
			first, _, _ := strings.Cut(text, "\n")
			if err == nil && text != strings.Repeat(first+"\n", pageLines) {
				err = fmt.Errorf("torn: %d bytes", len(text))
			}
			return first, err
		}
	}
	// redirect is where the server's own configuration leads to.
	redirect := func(c lab.Container) func() (string, error) {
		url := address(c) + "/old"
		return func() (string, error) {
			response, err := direct.Get(url)
			if err != nil {
				return "", err
			}
			return response.Header.Get("Location"), response.Body.Close()
		}
	}
	// read has four request the page, one after the other, until they are stopped.
	read := func(c lab.Container) (all []*answers, stop func()) {
		ask := page(c)
		commit(2)
		Eventually(func() (string, error) { return ask() }).Should(Equal("version 2"))
		var stops []func()
		for range 4 {
			a, stop := repeat(ask)
			all, stops = append(all, a), append(stops, stop)
		}
		return all, func() {
			for _, stop := range stops {
				stop()
			}
		}
	}

	it("waits for the first commit, and then shows each new one without a failed or a torn page", func() {
		c := run(lab.Build(t, recipe(t, "content", nil), on()...))
		Eventually(c).Should(lab.Say("supervisor | web waits for content to have started"))
		serve()
		Eventually(c).Should(lab.Serve("/", "version 1"))
		all, stop := read(c)
		for version := range versions {
			commit(3 + version)
			Eventually(all[0].newest).Should(Equal(fmt.Sprintf("version %d", 3+version)))
		}
		stop()
		for _, reader := range all {
			Expect(reader.failures()).To(BeEmpty())
		}
		Eventually(redirect(c)).Should(HaveSuffix(fmt.Sprintf("/version-%d", 2+versions)))
	})

	it("goes on where the Git server has hung", func() {
		serve()
		c := run(lab.Build(t, recipe(t, "content", nil), on()...))
		Eventually(c).Should(lab.Serve("/", "version 1"))
		repository.Exec("bash", "-c", "kill -STOP -1") // all in the container but the first
		Eventually(c).Should(lab.Say("content | timeout: sending signal TERM to command"))
		Expect(c).To(lab.Serve("/", "version 1"))
		repository.Exec("bash", "-c", "kill -CONT -1")
		commit(2)
		Eventually(c).Should(lab.Serve("/", "version 2"))
	})

	it("fails and tears pages where a script pulls into what is served, and never reads the server's configuration again", func() {
		serve()
		c := run(lab.Pack(t, recipe(t, "content", lab.Files{"Procfile": contentByHand}), on()...))
		Eventually(c).Should(lab.Serve("/", "version 1"))
		all, stop := read(c)
		defer stop()
		version := 2
		Eventually(func() (failed int) { // a change tears only what is read in that instant
			version++
			commit(version)
			for _, reader := range all {
				failed += reader.failedSoFar()
			}
			return failed
		}).ShouldNot(BeZero())
		Expect(redirect(c)()).To(HaveSuffix("/version-1"))
	})
}
