// Package version knows which release a program is of.
package version

// Version is stamped when a release is packaged: -ldflags "-X github.com/sidecar-buildpack/sidecar/sidecar/version.Version=1.2.3".
var Version = "development"
