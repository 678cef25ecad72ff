package plan

import (
	"cmp"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/sidecar-buildpack/sidecar/sidecar/fault"
)

// version is that of the file's form. It is raised when a supervisor that doesn't know the new form would do something wrong.
const version = 1

// file is the file of plans. Its form is a part of TOML, in which each line is a table's header, or a key and its value: a library for all
// of TOML would be a tenth of the supervisor's size.
type file struct {
	version int // 0 in files of builds that knew none
	plans   []Plan
}

func (f *file) rows() []row { return []row{{"version", &f.version}, {"plans", &f.plans}} }

// row is a key of a table in the file, and where its value is: a pointer to it. What reads and writes the file knows no other keys.
type row struct {
	key string
	at  any
}

// table is one of the file's tables that has keys of ours. Others are maps.
type table interface{ rows() []row }

// Write makes path a file that Read understands, with one plan for each process type.
func Write(path string, plans ...Plan) error {
	if err := os.WriteFile(path, encode(plans), 0o644); err != nil {
		return fault.Wrap("writing plan "+path+": ", err)
	}
	return nil
}

// Encode writes what a file that Read understands has.
func Encode(w io.Writer, plans ...Plan) error {
	_, err := w.Write(encode(plans))
	return err
}

func encode(plans []Plan) []byte { return appendTable(nil, "", &file{version, plans}) }

// Read finds the plan for processType in the file at path. A type that isn't there is an error that lists those that are, and so is a plan
// that makes no sense to run.
func Read(path, processType string) (Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Plan{}, fault.Wrap("reading plan "+path+": ", err)
	}
	var f file
	if line, err := f.read(string(text)); err != nil {
		return Plan{}, fault.Wrap("plan "+path+", line "+strconv.Itoa(line)+": ", err)
	}
	if f.version > version {
		return Plan{}, errors.New("plan " + path + " has version " + strconv.Itoa(f.version) + ", and this supervisor knows " +
			strconv.Itoa(version) + ": use the supervisor that the build brought")
	}
	types := make([]string, len(f.plans))
	for i, p := range f.plans {
		if types[i] = p.Type; p.Type != processType {
			continue
		}
		if process, problem := p.senseless(); problem != "" {
			return Plan{}, errors.New("plan " + path + ": process " + strconv.Quote(process) + " of type " + processType + " " + problem)
		}
		return p, nil
	}
	return Plan{}, errors.New("plan " + path + " has no process type " + strconv.Quote(processType) + "; it has: " +
		cmp.Or(strings.Join(types, ", "), "none"))
}
