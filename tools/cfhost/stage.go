package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/buildpacks/lifecycle/archive"
	lifecycle "github.com/buildpacks/lifecycle/buildpack"
	"github.com/buildpacks/lifecycle/cmd"
	"github.com/buildpacks/lifecycle/launch"
	"github.com/buildpacks/lifecycle/phase"
	"github.com/buildpacks/lifecycle/platform"
	"github.com/buildpacks/lifecycle/platform/files"
	"github.com/buildpacks/pack/pkg/blob"
	"github.com/buildpacks/pack/pkg/buildpack"
	"github.com/buildpacks/pack/pkg/dist"
	"github.com/buildpacks/pack/pkg/logging"
)

const (
	dropletFile = "/tmp/droplet"
	resultFile  = "/tmp/result.json"
)

// stage leaves a droplet, and a result that tells each process type's command, of the app in its workspace.
func stage(ctx context.Context, buildpacks []string) error {
	dir, err := os.MkdirTemp("", "staging")
	if err != nil {
		return err
	}
	in := inputs(dir)
	if err := writeEnvironment(in.PlatformDir); err != nil {
		return err
	}
	if err := fetch(ctx, buildpacks, in); err != nil {
		return err
	}
	built, err := build(in)
	if err != nil {
		return err
	}
	if err := writeResult(built.Processes); err != nil {
		return err
	}
	return writeDroplet()
}

// inputs says where everything is: what only staging needs is in dir.
func inputs(dir string) platform.LifecycleInputs {
	return platform.LifecycleInputs{
		PlatformAPI:   platformAPI,
		AppDir:        workspace,
		LayersDir:     layersDir,
		AnalyzedPath:  filepath.Join(layersDir, "analyzed.toml"),
		PlatformDir:   filepath.Join(dir, "platform"),
		BuildpacksDir: filepath.Join(dir, "buildpacks"),
		OrderPath:     filepath.Join(dir, "order.toml"),
	}
}

// writeEnvironment gives buildpacks what the platform sets for staging, as files.
func writeEnvironment(platformDir string) error {
	env := filepath.Join(platformDir, "env")
	if err := os.MkdirAll(env, 0o755); err != nil {
		return err
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if slices.Contains([]string{"HOME", "HOSTNAME", "PATH"}, name) {
			continue // the lifecycle passes these on
		}
		if err := os.WriteFile(filepath.Join(env, name), []byte(value), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// fetch unpacks the buildpacks and makes them one group in which each has to detect.
func fetch(ctx context.Context, buildpacks []string, in platform.LifecycleInputs) error {
	logger := logging.NewSimpleLogger(os.Stderr)
	downloader := buildpack.NewDownloader(logger, nil, blob.NewDownloader(logger, filepath.Join(filepath.Dir(in.OrderPath), "downloads")), nil)
	var group dist.OrderEntry
	for _, location := range buildpacks {
		target := dist.Target{OS: "linux", Arch: runtime.GOARCH}
		module, dependencies, err := downloader.Download(ctx, location, buildpack.DownloadOptions{Target: &target})
		if err != nil {
			return err
		}
		for _, m := range append(dependencies, module) {
			if err := unpack(m, in.BuildpacksDir); err != nil {
				return err
			}
		}
		group.Group = append(group.Group, dist.ModuleRef{ModuleInfo: module.Descriptor().Info()})
	}
	file, err := os.Create(in.OrderPath)
	if err != nil {
		return err
	}
	defer file.Close()
	return toml.NewEncoder(file).Encode(map[string]any{"order": dist.Order{group}})
}

func unpack(module buildpack.BuildModule, dir string) error {
	content, err := module.Open()
	if err != nil {
		return err
	}
	defer content.Close()
	reader := archive.NewNormalizingTarReader(tar.NewReader(content))
	reader.Strip(dist.BuildpacksDir)
	reader.PrependDir(dir)
	return archive.Extract(reader)
}

// build detects and builds with the lifecycle as a library, which writes no group.toml.
func build(in platform.LifecycleInputs) (*files.BuildMetadata, error) {
	target := files.TargetMetadata{OS: "linux", Arch: runtime.GOARCH}
	analyzed := files.Analyzed{RunImage: &files.RunImage{TargetMetadata: &target}}
	if err := os.MkdirAll(in.LayersDir, 0o755); err != nil {
		return nil, err
	}
	if err := files.Handler.WriteAnalyzed(in.AnalyzedPath, &analyzed, cmd.DefaultLogger); err != nil {
		return nil, err
	}
	store := platform.NewDirStore(in.BuildpacksDir, "")
	factory := phase.NewHermeticFactory(platformAPI, &cmd.BuildpackAPIVerifier{}, files.Handler, store)
	detector, err := factory.NewDetector(in, cmd.DefaultLogger)
	if err != nil {
		return nil, err
	}
	group, plan, err := detector.Detect()
	if err != nil {
		return nil, err
	}
	builder := phase.Builder{
		AppDir:        in.AppDir,
		LayersDir:     in.LayersDir,
		PlatformDir:   in.PlatformDir,
		BuildExecutor: &lifecycle.DefaultBuildExecutor{},
		DirStore:      store,
		Group:         group,
		Logger:        cmd.DefaultLogger,
		Out:           os.Stdout,
		Err:           os.Stderr,
		Plan:          plan,
		PlatformAPI:   platformAPI,
		AnalyzeMD:     analyzed,
	}
	built, err := builder.Build()
	if err != nil {
		return nil, err
	}
	return built, files.Handler.WriteBuildMetadata(launch.GetMetadataFilePath(in.LayersDir), built)
}

func writeResult(processes []launch.Process) error {
	commands := map[string]string{}
	for _, p := range processes {
		commands[p.Type] = commandLine(p)
	}
	result, err := json.Marshal(map[string]any{"process_types": commands, "lifecycle_type": "cnb"})
	if err != nil {
		return err
	}
	return os.WriteFile(resultFile, result, 0o644)
}

func writeDroplet() error {
	file, err := os.Create(dropletFile)
	if err != nil {
		return err
	}
	defer file.Close()
	zipped := gzip.NewWriter(file)
	writer := tar.NewWriter(zipped)
	if err := archive.AddDirToArchive(writer, home); err != nil {
		return err
	}
	for _, c := range []io.Closer{writer, zipped, file} {
		if err := c.Close(); err != nil {
			return err
		}
	}
	return nil
}
