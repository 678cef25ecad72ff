package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
)

const repository = "https://github.com/sidecar-buildpack/sidecar"

// source is what files are made of.
type source struct{ version, commit, goVersion string }

// statement is an in-toto statement (https://in-toto.io/Statement/v1) with SLSA's provenance (https://slsa.dev/provenance/v1).
// It isn't signed, and names no machine and no time: whoever makes the release again gets the same one.
type statement struct {
	Type          string     `json:"_type"`
	Subject       []resource `json:"subject"`
	PredicateType string     `json:"predicateType"`
	Predicate     predicate  `json:"predicate"`
}

type predicate struct {
	BuildDefinition buildDefinition `json:"buildDefinition"`
	RunDetails      runDetails      `json:"runDetails"`
}

type buildDefinition struct {
	BuildType            string            `json:"buildType"`
	ExternalParameters   map[string]string `json:"externalParameters"`
	ResolvedDependencies []resource        `json:"resolvedDependencies"`
}

type runDetails struct {
	Builder resource `json:"builder"`
}

type resource struct {
	ID     string            `json:"id,omitempty"`
	Name   string            `json:"name,omitempty"`
	URI    string            `json:"uri,omitempty"`
	Digest map[string]string `json:"digest,omitempty"`
}

func writeStatement(out io.Writer, from source, files []string) error {
	s := statement{
		Type:          "https://in-toto.io/Statement/v1",
		PredicateType: "https://slsa.dev/provenance/v1",
		Predicate: predicate{
			BuildDefinition: buildDefinition{
				BuildType:          repository + "/blob/main/scripts/release",
				ExternalParameters: map[string]string{"VERSION": from.version},
				ResolvedDependencies: []resource{
					{URI: "git+" + repository, Digest: map[string]string{"gitCommit": from.commit}},
					{URI: "pkg:golang/toolchain@" + from.goVersion},
				},
			},
			RunDetails: runDetails{Builder: resource{ID: repository + "/blob/main/scripts/release"}},
		},
	}
	for _, file := range files {
		digest, err := digest(file)
		if err != nil {
			return err
		}
		s.Subject = append(s.Subject, resource{Name: filepath.Base(file), Digest: map[string]string{"sha256": digest}})
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(s)
}

// digest returns the SHA-256 of a file, in hexadecimal digits.
func digest(file string) (string, error) {
	content, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer content.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, content); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
