package main

import (
	"fmt"
	"os"

	"github.com/BurntSushi/toml"
	"github.com/buildpacks/lifecycle/env"
	"github.com/buildpacks/lifecycle/launch"
)

// start becomes the process whose joined string is command, with its exact arguments; any other command, such as that of a
// manifest's sidecar, is run by a shell.
func start(command string) error {
	var metadata launch.Metadata
	if _, err := toml.DecodeFile(launch.GetMetadataFilePath(layersDir), &metadata); err != nil {
		return err
	}
	launcher := launch.Launcher{
		LayersDir:   layersDir,
		AppDir:      workspace,
		PlatformAPI: platformAPI,
		Processes:   metadata.Processes,
		Buildpacks:  metadata.Buildpacks,
		Env:         env.NewLaunchEnv(os.Environ(), launch.ProcessDir, "/tmp/lifecycle"),
		Exec:        launch.OSExecFunc,
		ExecD:       launch.NewExecDRunner(),
		Shell:       launch.DefaultShell,
		Setenv:      os.Setenv,
	}
	for _, p := range metadata.Processes {
		if commandLine(p) == command {
			fmt.Printf("detected process type: '%s'\n", p.Type)
			launcher.DefaultProcessType = p.Type
			return launcher.Launch(p.Type, nil)
		}
	}
	return launcher.LaunchProcess("sidecar", launch.Process{Command: launch.NewRawCommand([]string{command})})
}
