package recipes_test

import (
	"regexp"
	"testing"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/integration/lab"
)

// created is what a JVM says of a dump that is whole.
var created = regexp.MustCompile(`Heap dump file created \[(\d+) bytes`)

// arrived is what the place that they are uploaded to says of one.
var arrived = regexp.MustCompile(`hprof: \d+ bytes`)

// dumpsByHand starts both as a start script does.
const dumpsByHand = "web: ./carry-off & exec java -Xmx48m -XX:+HeapDumpOnOutOfMemoryError -XX:HeapDumpPath=/tmp " +
	"-XX:+ExitOnOutOfMemoryError -cp . Main"

func testHeapDump(t *testing.T, when spec.G, it spec.S) {
	var (
		Expect     = NewWithT(t).Expect
		Eventually = NewWithT(t).Eventually
	)

	app := func(others lab.Files) lab.App {
		lab.Require(t, lab.JDK)
		path := lab.Make(t, recipe(t, "heap-dump", others))
		lab.Must(t, "javac", "--release", "17", "-d", path, path+"/Main.java")
		return lab.At(path)
	}
	// store runs what dumps are uploaded to, and returns it and its address.
	store := func() (lab.Container, string) {
		s := lab.Image{Name: "sidecar-lab/run"}.Run(t, "--volume", lab.Path("samples", "heap-dump")+":/sample:ro", "--",
			"ruby", "/sample/receive.rb")
		Eventually(s.Logs).Should(ContainSubstring("Listening on"))
		return s, "DUMPS_URL=http://" + s.Inspect("{{.NetworkSettings.IPAddress}}") + ":8080"
	}
	// fill runs a container until its heap is full, and returns how large a dump it has made.
	fill := func(image lab.Image, url string) (bytes string) {
		c := image.Run(t, "--env", url, "--memory", "256m", "--env", unhurried)
		Eventually(c).Should(lab.Serve("/", "heap"))
		_, err := get(c, "/leak")()
		Expect(err).To(HaveOccurred())
		Expect(c.Ends()).To(Equal(3))
		Expect(c.Logs()).To(MatchRegexp(created.String()))
		return created.FindStringSubmatch(c.Logs())[1]
	}

	it("has each dump carried off whole before the container ends", func() {
		s, url := store()
		image := lab.Build(t, app(nil))
		var made []string
		for range 3 {
			made = append(made, "hprof: "+fill(image, url)+" bytes")
		}
		Expect(arrived.FindAllString(s.Logs(), -1)).To(Equal(made))
	})

	it("loses every one where a script starts both", func() {
		s, url := store()
		image := lab.Pack(t, app(lab.Files{"Procfile": dumpsByHand}))
		for range 3 {
			fill(image, url)
		}
		Expect(arrived.FindAllString(s.Logs(), -1)).To(BeEmpty())
	})
}
