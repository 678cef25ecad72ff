package process_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"github.com/sclevine/spec"

	"github.com/sidecar-buildpack/sidecar/sidecar/build/process"
)

const own = "sidecar-buildpack_sidecar"

func TestRead(t *testing.T) {
	spec.Run(t, "Read", testRead)
}

func testRead(t *testing.T, context spec.G, it spec.S) {
	var (
		Expect = NewWithT(t).Expect
		layers string
		day    time.Time
	)

	it.Before(func() {
		layers = t.TempDir()
		day = time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
		write(t, filepath.Join(layers, own, "launch.toml"), `processes = [{type = "of our own", command = ["x"]}]`)
	})

	// launch writes a buildpack's launch.toml, later than those written before it.
	launch := func(buildpack, text string) {
		t.Helper()
		path := filepath.Join(layers, buildpack, "launch.toml")
		write(t, path, text)
		day = day.Add(time.Hour)
		Expect(os.Chtimes(path, day, day)).To(Succeed())
	}
	read := func() []process.Process {
		t.Helper()
		processes, err := process.Read(layers, own)
		Expect(err).NotTo(HaveOccurred())
		for i := range processes {
			processes[i].Buildpacks = nil
		}
		return processes
	}

	it("finds nothing where no buildpack defines a process", func() {
		Expect(os.MkdirAll(filepath.Join(layers, "paketo_ca"), 0o755)).To(Succeed())
		Expect(read()).To(BeEmpty())
	})

	it("reads processes of Buildpack API 0.9 and up", func() {
		launch("a", `[[processes]]
			type = "web"
			command = ["java", "-jar"]
			args = ["app.jar"]
			default = true
			working-dir = "/workspace/app"
			exec-env = ["production"]`)
		Expect(read()).To(Equal([]process.Process{{
			Type: "web", Command: []string{"java", "-jar"}, Args: []string{"app.jar"}, Default: true, WorkingDir: "/workspace/app",
			ExecEnv: []string{"production"},
		}}))
	})

	it("reads processes below Buildpack API 0.9", func() {
		launch("a", `[[processes]]
			type = "direct"
			command = "java"
			args = ["-jar", "app.jar"]
			direct = true
			[[processes]]
			type = "shell"
			command = "echo $PORT && exec app"`)
		Expect(read()).To(Equal([]process.Process{
			{Type: "direct", Command: []string{"java"}, Args: []string{"-jar", "app.jar"}, AppendArgs: true},
			{Type: "shell", Command: []string{"echo $PORT && exec app"}, AppendArgs: true, Shell: true},
		}))
	})

	context("several buildpacks define one type", func() {
		it.Before(func() {
			launch("z", `processes = [{type = "web", command = ["first"], default = true}, {type = "task", command = ["task"]}]`)
			launch("a", `processes = [{type = "web", command = ["second"], default = true}]`)
		})

		it("takes the last one's, by the time of writing", func() {
			Expect(read()).To(Equal([]process.Process{
				{Type: "task", Command: []string{"task"}},
				{Type: "web", Command: []string{"second"}, Default: true},
			}))
		})

		it("takes the last one's, by group.toml", func() {
			write(t, filepath.Join(layers, "group.toml"), `group = [{id = "a", api = "0.10"}, {id = "z", api = "0.10"}]`)
			Expect(read()[1].Command).To(Equal([]string{"first"}))
		})

		it("leaves out those behind this one", func() {
			write(t, filepath.Join(layers, "group.toml"),
				`group = [{id = "z", api = "0.10"}, {id = "sidecar-buildpack/sidecar", api = "0.10"}, {id = "a", api = "0.10"}]`)
			Expect(read()[1].Command).To(Equal([]string{"first"}))
		})

		it("moves the default on", func() {
			launch("b", `processes = [{type = "task", command = ["task"], default = true}]`)
			Expect(read()).To(Equal([]process.Process{
				{Type: "task", Command: []string{"task"}, Default: true},
				{Type: "web", Command: []string{"second"}},
			}))
		})

		it("has no default where that is redefined without", func() {
			launch("b", `processes = [{type = "web", command = ["third"]}]`)
			Expect(read()).To(Equal([]process.Process{
				{Type: "task", Command: []string{"task"}},
				{Type: "web", Command: []string{"third"}},
			}))
		})
	})

	it("takes no buildpack for one behind it because of layers restored early", func() {
		old := day.Add(-time.Hour)
		launch("a", `processes = [{type = "web", command = ["app"]}]`)
		Expect(os.Chtimes(filepath.Join(layers, own, "launch.toml"), old, old)).To(Succeed())
		Expect(read()).To(HaveLen(1))
	})

	it("finds a buildpack by an ID with slashes, and ignores a working directory below Buildpack API 0.8", func() {
		launch("lab_a", `processes = [{type = "web", command = "app", working-dir = "/other"}]`)
		write(t, filepath.Join(layers, "group.toml"), `group = [{id = "lab/a", api = "0.7"}]`)
		Expect(read()).To(Equal([]process.Process{{Type: "web", Command: []string{"app"}, AppendArgs: true, Shell: true}}))
	})

	it("names the file that can't be read", func() {
		launch("a", `processes = 1`)
		_, err := process.Read(layers, own)
		Expect(err).To(MatchError(ContainSubstring(filepath.Join(layers, "a", "launch.toml"))))
	})
}

func write(t *testing.T, path, text string) {
	t.Helper()
	g := NewWithT(t)
	g.Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
	g.Expect(os.WriteFile(path, []byte(text), 0o644)).To(Succeed())
}
