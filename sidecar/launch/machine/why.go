package machine

import "strconv"

// endingOf says how a process ended and, as far as that is known, by whose doing, as the end of a sentence.
func (t *step) endingOf(e Exited) string {
	p := t.procs[e.Proc]
	how := "exited with status " + strconv.Itoa(e.Code)
	if e.Signal != "" {
		how = "was killed by " + e.Signal
	}
	if e.Detail != "" {
		how += ", " + e.Detail
	}
	switch {
	case e.Reason != "":
		return "can't be started: " + e.Reason
	case p.failure != "":
		return "was ended, since it " + p.failure
	case p.killed:
		return "was killed, since " + p.late
	case p.signalled:
		return "was told to stop and " + how
	}
	return how
}

// sentence is how a process ended, behind its title.
func (p *proc) sentence() string {
	if p.phase == Skipped {
		return "can't start: it " + p.end
	}
	return p.end
}

// explain says why the container ends, as far as that is known.
func (s *State) explain() string {
	app := s.procs[s.m.app]
	switch {
	case s.cause == none && app.run == 0:
		return s.summons + " before " + s.m.kind + " was started"
	case s.cause == none && app.end == "":
		return s.summons + ", and " + s.m.kind + " can't be killed"
	case s.cause == none:
		return s.summons + ", and " + s.m.kind + " " + app.end
	case s.cause == s.m.app && app.failure != "":
		return s.m.kind + " " + app.failure
	}
	return s.title(s.cause) + " " + s.procs[s.cause].sentence()
}
