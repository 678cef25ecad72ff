// Package fault puts words around errors, as fmt.Errorf does with %w. With fmt, the supervisor would be a twentieth larger.
package fault

// Wrap returns an error that reads as before and err, with nothing between them, and unwraps to err.
func Wrap(before string, err error) error { return Around(before, err, "") }

// Around is Wrap with words behind err, too.
func Around(before string, err error, behind string) error { return wrapped{before, err, behind} }

type wrapped struct {
	before string
	err    error
	behind string
}

func (w wrapped) Error() string { return w.before + w.err.Error() + w.behind }

func (w wrapped) Unwrap() error { return w.err }
