package fault_test

import (
	"errors"
	"io/fs"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
)

func TestAnErrorIsFoundBetweenTheWordsAroundIt(t *testing.T) {
	expect := NewWithT(t).Expect
	cause := &fs.PathError{Op: "open", Path: "plan.toml", Err: fs.ErrNotExist}
	err := fault.Around("web: ", fault.Wrap("reading the plan: ", cause), ": name another")
	expect(err).To(MatchError("web: reading the plan: open plan.toml: file does not exist: name another"))
	expect(err).To(MatchError(fs.ErrNotExist))
	var found *fs.PathError
	expect(errors.As(err, &found)).To(BeTrue())
	expect(found).To(BeIdenticalTo(cause))
}
