package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sample is the app that is built, as samples/prepare makes it.
const sample = "go"

// image is what the builds are called, with what tells them apart behind it.
const image = "sidecar-bench/"

// build is one that pack made.
type build struct {
	phases time.Duration // what detecting and building took
	all    time.Duration
	size   int64 // of the image, in bytes
}

// builds measures what the buildpack adds to a pack build and to the image, with builds in pairs.
func (b *bench) builds() ([]table, error) {
	if exec.Command("docker", "image", "inspect", "sidecar-lab/builder").Run() != nil {
		fmt.Fprintln(os.Stderr, "bench: left out what a pack build costs: needs Docker and `make lab`")
		return nil, nil
	}
	app := b.dir + "/app"
	if output, err := exec.Command("samples/prepare", sample, app).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("samples/prepare %s: %w: %s", sample, err, output)
	}
	defer removeVolumes()
	added := newFigure("seconds that detect and build add to `pack build`", "%.2f s", "", atMost(0.15))
	whole := newFigure("seconds that `pack build` takes longer in all", "%.2f s", "", budget{})
	growth := newFigure("what the image grows by", "%.0f KB", "", budget{})
	err := pairs(app, max(5, min(b.rounds, 9)), []string{"--clear-cache"}, func(with, without build) {
		added.add(ours, (with.phases - without.phases).Seconds())
		whole.add(ours, (with.all - without.all).Seconds())
		growth.add(ours, float64(with.size-without.size)/1000) // the sidecar is in both: it only moves to a layer of its own
	})
	if err != nil {
		return nil, err
	}
	again, err := b.rebuilds()
	if err != nil {
		return nil, err
	}
	return []table{costs("build-costs", ours, added, whole, growth, again)}, nil
}

// The app that is built again has that many sidecars of that size.
const (
	largeSidecars = 10
	largeSize     = 50 << 20
)

// rebuilds measures what the buildpack adds where an earlier build is there and nothing has changed, to an app with large sidecars.
func (b *bench) rebuilds() (*figure, error) {
	f := newFigure("seconds that detect and build add to a rebuild, ten sidecars of 50 MiB", "%.2f s", "", atMost(0.15))
	app := b.dir + "/large"
	if err := os.CopyFS(app, os.DirFS(b.dir+"/app")); err != nil {
		return nil, err
	}
	program, err := os.ReadFile(app + "/config-server")
	if err != nil {
		return nil, err
	}
	declaration := ""
	for i := range largeSidecars {
		name := fmt.Sprintf("large%d", i)
		filler := rand.NewChaCha8([32]byte{byte(i)}) // so that nobody finds them alike
		text := slices.Concat(program, make([]byte, largeSize-len(program)))
		_, _ = filler.Read(text[len(program):])
		if err := os.WriteFile(filepath.Join(app, name), text, 0o755); err != nil {
			return nil, err
		}
		declaration += fmt.Sprintf("[[sidecars]]\nname = %q\ncommand = [\"./%s\"]\n", name, name)
	}
	if err := os.WriteFile(app+"/sidecar.toml", []byte(declaration), 0o644); err != nil {
		return nil, err
	}
	return f, pairs(app, min(b.rounds, 5), nil, func(with, without build) { f.add(ours, (with.phases - without.phases).Seconds()) })
}

// pairs has an app built without the buildpack and with it, in rounds of which the first warms up.
func pairs(app string, rounds int, flags []string, add func(with, without build)) error {
	defer func() { _ = exec.Command("docker", "image", "rm", "--force", image+"with", image+"without").Run() }()
	for round := range rounds + 1 {
		without, err := packBuild(app, "without", flags...)
		with, errToo := packBuild(app, "with", append([]string{"--post-buildpack", "build/buildpack"}, flags...)...)
		if err := errors.Join(err, errToo); err != nil {
			return err
		}
		if round > 0 {
			add(with, without)
		}
	}
	return nil
}

// packBuild builds an image.
func packBuild(app, name string, flags ...string) (build, error) {
	arguments := append([]string{"build", image + name, "--path", app, "--builder", "sidecar-lab/builder",
		"--run-image", "sidecar-lab/run-tiny", "--pull-policy", "never", "--trust-builder", "--trust-extra-buildpacks",
		"--timestamps", "--no-color"}, flags...)
	home, err := filepath.Abs("build/lab/home")
	if err != nil {
		return build{}, err
	}
	command := exec.Command("build/lab/bin/pack", arguments...)
	command.Env = append(os.Environ(), "PACK_HOME="+home)
	begun := time.Now()
	output, err := command.CombinedOutput()
	if err != nil {
		return build{}, fmt.Errorf("pack build: %w: %s", err, output)
	}
	taken := time.Since(begun)
	text, err := exec.Command("docker", "image", "inspect", "--format", "{{.Size}}", image+name).Output()
	if err != nil {
		return build{}, fmt.Errorf("docker image inspect: %w", err)
	}
	size, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return build{}, err
	}
	phases, err := phases(output)
	return build{phases, taken, size}, err
}

// removeVolumes removes pack's caches for the images.
func removeVolumes() {
	names, err := exec.Command("docker", "volume", "ls", "--quiet", "--filter", "name=pack-cache-"+strings.TrimSuffix(image, "/")).Output()
	if volumes := strings.Fields(string(names)); err == nil && len(volumes) > 0 {
		_ = exec.Command("docker", append([]string{"volume", "rm"}, volumes...)...).Run()
	}
}

var stamped = regexp.MustCompile(`^(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d+ )?(?:.*===> (\w+))?`)

// phases adds up what detecting and building took, by the times of pack's headlines: each phase lasts until the next one's. A line without
// a time of its own has come together with the one before.
func phases(output []byte) (total time.Duration, err error) {
	var phase string
	var at, since time.Time
	for lines := bufio.NewScanner(bytes.NewReader(output)); lines.Scan(); {
		match := stamped.FindStringSubmatch(lines.Text())
		if match[1] != "" {
			if at, err = time.Parse("2006/01/02 15:04:05.000000 ", match[1]); err != nil {
				return 0, err
			}
		}
		if match[2] == "" {
			continue
		}
		if phase == "DETECTING" || phase == "BUILDING" {
			total += at.Sub(since)
		}
		phase, since = match[2], at
	}
	if total == 0 {
		return 0, fmt.Errorf("found no phases in what pack says: %s", output)
	}
	return total, nil
}
