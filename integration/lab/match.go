package lab

import (
	"github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
)

// Serve matches a container that answers a request for a path with something in which there is text.
func Serve(path, text string) types.GomegaMatcher {
	return gomega.WithTransform(func(c Container) (string, error) { return c.Get(path) }, gomega.ContainSubstring(text))
}

// Say matches a container that has written a line that begins so.
func Say(beginning string) types.GomegaMatcher {
	return gomega.WithTransform(Container.Lines, gomega.ContainElement(gomega.HavePrefix(beginning)))
}

// Have matches a container in which supervisor ps shows a process that matches.
func Have(name string, matcher types.GomegaMatcher) types.GomegaMatcher {
	return gomega.WithTransform(Container.PS, gomega.HaveKeyWithValue(name, matcher))
}
