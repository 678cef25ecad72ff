package errors_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hole stands for what differs each time: a verb of a format, or what is appended that isn't text.
const hole = "<>"

// reader gathers the texts of Go files that have words in them, each with the place where it stands.
type reader struct {
	files  *token.FileSet
	places map[string]string
}

// textsBelow reads all Go files below directories of the repository at root, but for tests and for what is below except.
func textsBelow(root string, except []string, dirs ...string) (map[string]string, error) {
	r := reader{token.NewFileSet(), map[string]string{}}
	for _, dir := range dirs {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, entry fs.DirEntry, err error) error {
			if slices.ContainsFunc(except, func(dir string) bool { return path == filepath.Join(root, dir) }) {
				if entry.IsDir() {
					return fs.SkipDir
				}
				return nil
			}
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			return r.read(path, nil)
		})
		if err != nil {
			return nil, err
		}
	}
	return r.places, nil
}

// read takes in one file; source is its content, or nil to have it read.
func (r reader) read(path string, source any) error {
	file, err := parser.ParseFile(r.files, path, source, 0)
	if err == nil {
		ast.Walk(r, file)
	}
	return err
}

// Visit passes over what is never an error: imports, tags, help and what is said for debugging only.
func (r reader) Visit(node ast.Node) ast.Visitor {
	switch n := node.(type) {
	case *ast.ImportSpec, *ast.Field:
		return nil
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && slices.Contains([]string{"Short", "Long", "Example", "Doc", "Unset"}, key.Name) {
			return nil
		}
	case *ast.CallExpr:
		return r.call(n)
	case *ast.BinaryExpr:
		if n.Op == token.ADD {
			return r.text(n, sentence)
		}
	case *ast.BasicLit:
		return r.text(n, sentence)
	}
	return r
}

func (r reader) call(n *ast.CallExpr) ast.Visitor {
	function, ok := n.Fun.(*ast.SelectorExpr)
	if !ok {
		return r
	}
	of, _ := function.X.(*ast.Ident)
	switch name := function.Sel.Name; {
	case name == "debug", name == "Debugf", isFlags(function.X):
		return nil
	case of != nil && of.Name == "fault":
		r.text(around(n.Args), word)
		return nil
	case of != nil && (of.Name == "errors" && name == "New" || of.Name == "fmt" && name == "Errorf"):
		r.text(n.Args[0], word)
		for _, argument := range n.Args[1:] {
			ast.Walk(r, argument)
		}
		return nil
	}
	return r
}

// around returns a text as fault.Wrap and fault.Around put it together.
func around(parts []ast.Expr) ast.Expr {
	whole := parts[0]
	for _, part := range parts[1:] {
		whole = &ast.BinaryExpr{X: whole, OpPos: part.Pos(), Op: token.ADD, Y: part}
	}
	return whole
}

// isFlags tells whether what is called defines a flag of a command line.
func isFlags(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok {
		return false
	}
	function, ok := call.Fun.(*ast.SelectorExpr)
	return ok && function.Sel.Name == "Flags"
}

// What a text has to have to be a message: errors may be one word, anything else has several.
var (
	word     = regexp.MustCompile(`\pL`)
	sentence = regexp.MustCompile(`\pL\S* |\S .*\pL`)
)

// text takes in a text that may be put together of several, and then looks at what else is in there.
func (r reader) text(e ast.Expr, is *regexp.Regexp) ast.Visitor {
	shape, others := shapeOf(e)
	if shape = normal(shape); is.MatchString(shape) {
		r.places[shape] = r.files.Position(e.Pos()).String()
	}
	for _, other := range others {
		ast.Walk(r, other)
	}
	return nil
}

// shapeOf is a text with holes, and what the holes stand for.
func shapeOf(e ast.Expr) (shape string, others []ast.Expr) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return hole, nil
		}
		text, _ := strconv.Unquote(e.Value)
		return verb.ReplaceAllStringFunc(text, func(v string) string {
			if v == "%%" {
				return "%"
			}
			return hole
		}), nil
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			left, before := shapeOf(e.X)
			right, after := shapeOf(e.Y)
			return left + right, append(before, after...)
		}
	}
	return hole, []ast.Expr{e}
}

var (
	verb  = regexp.MustCompile(`%%|%[-+#0]*(\*|\d+)?(\.\d+)?(\[\d+\])?[a-zA-Z]`)
	holes = regexp.MustCompile(hole + `(` + hole + `)+`)
)

// normal leaves one space of any white space, and one of several holes that nothing separates.
func normal(text string) string {
	return holes.ReplaceAllString(strings.Join(strings.Fields(text), " "), hole)
}
