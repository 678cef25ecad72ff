package runtimes

import (
	"strconv"

	"github.com/sidecar-buildpack/sidecar/sidecar/plan"
)

// megabytes returns the process's, and those of the container that it is told instead of; 0 where there are none to tell.
func (p *process) megabytes() (own, whole int64) {
	share := p.share
	if !p.app && share == 0 {
		share = p.Container.Limit
	}
	return int64(share / plan.M), int64(p.Container.Limit / plan.M)
}

// memoryLimit is written as Cloud Foundry does.
func (p *process) memoryLimit(value string) (string, error) {
	own, whole := p.megabytes()
	size, err := plan.ParseSize(value)
	isWhole := err == nil && whole > 0 && int64(size/plan.M) == whole
	if own == 0 || value != "" && !isWhole {
		return value, nil
	}
	return strconv.FormatInt(own, 10) + "m", nil
}

func (p *process) vcapApplication(value string) (string, error) {
	start, end, found := findJSON(value, "limits", "mem")
	if !found {
		return value, nil
	}
	mem, _ := p.memoryAvailable(value[start:end])
	return value[:start] + mem + value[end:], nil
}

func (p *process) memoryAvailable(value string) (string, error) {
	own, whole := p.megabytes()
	if own == 0 || whole == 0 || value != strconv.FormatInt(whole, 10) {
		return value, nil
	}
	return strconv.FormatInt(own, 10), nil
}
