package cli

import (
	"errors"
	"strconv"
	"strings"
)

// errHelp is that -h or --help was asked for.
var errHelp = errors.New("help")

// flagSet reads a verb's flags in the forms of package flag and with its messages: -x, --x, --x=value, --x value. That package would be
// 29 KB
// more in every container.
type flagSet struct {
	verb  string
	flags map[string]setter
}

// setter takes the value of one flag. A flag that is a boolean needs none.
type setter struct {
	set       func(value string) error
	isBoolean bool
}

func newFlags(verb string) *flagSet { return &flagSet{verb, map[string]setter{}} }

func (f *flagSet) boolean(name string) *bool {
	p := new(bool)
	f.flags[name] = setter{func(s string) (err error) { *p, err = strconv.ParseBool(s); return err }, true}
	return p
}

func (f *flagSet) text(name string) *string {
	p := new(string)
	f.flags[name] = setter{func(s string) error { *p = s; return nil }, false}
	return p
}

func (f *flagSet) number(name string, otherwise float64) *float64 {
	p := &otherwise
	f.flags[name] = setter{func(s string) (err error) { *p, err = strconv.ParseFloat(s, 64); return err }, false}
	return p
}

// parse takes in the flags at the beginning of args and returns what follows them.
func (f *flagSet) parse(args []string) (rest []string, err error) {
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' {
		name, value, hasValue := strings.Cut(strings.TrimPrefix(args[0][1:], "-"), "=")
		args = args[1:]
		flag, known := f.flags[name]
		switch {
		case !known && (name == "h" || name == "help"):
			return nil, errHelp
		case !known:
			return nil, errors.New("flag provided but not defined: -" + name)
		case !hasValue && flag.isBoolean:
			value = "true"
		case !hasValue && len(args) == 0:
			return nil, errors.New("flag needs an argument: -" + name)
		case !hasValue:
			value, args = args[0], args[1:]
		}
		if err := flag.set(value); err != nil {
			return nil, errors.New("invalid value " + strconv.Quote(value) + " for flag -" + name + ": " + err.Error())
		}
	}
	return args, nil
}
