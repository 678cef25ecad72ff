package errors_test

// others are the texts in the code that are no errors, by what they are instead. One that ends with … stands for all that begin like that.
var others = map[string][]string{
	"shown when all is well": {
		"1 sidecar", "<> sidecars", "sidecar {{.Version}}", "<>: <> for <>: ok",
		"<> declares <>", "Process types", "Layers of the app's files, reused while these stay the same",
		"none of its own: another sidecar's layer has them", "supervisor run <> -- <>", "<> is <>", "for <>", "The <>", "every process type",
		"the default process type",
		"none of its own", "all of the container", "the rest of the container: all but <>",
		"memory <>", "memory no limit is known", "heap <>", "heap as its options say", "metaspace <>", "code cache <>",
		"<> stacks of <>",
		"direct memory <>", "the JVM's own <>", "head room <>", "<> probe of <>: passed", "backing off", "not ready", "of <>",
		`{"name": <>, "condition": <>`, `, "answer": <>`, `, "waitsSeconds": <>, "waitsFor": <>`,
		`, "until": <>`, `{"events": <>, "criticalChain": <>}`, `{"name": <>, "spawnedSeconds": <>, "heldSeconds": <>`,
		`{"seconds": <>, "level": <>, "text": <>}`, "<> was started after <>s. It was held up by:", "<>s <>", "<>s <> until <>",
		"before: <>", "waits <> for <>", "has started", ": PID <>", "has stopped: it <>", "does not run", "stopping everything",
		"<>: not <>: <>",
		`{"name": <>, "state": <>, "restarts": <>`, `, "pid": <>, "uptimeSeconds": <>, "memoryUsedBytes": <>`, `, "memoryBytes": <>`,
	},
	"said at the level debug": {
		"<> says: <>", "oom_score_adj: <>", "memory: <>", "<>: without the app's <>", "its JVM may take <>, more than its <>: <>",
		"<> is now <>", "without <>",
		"no limit of the container is known: the heap that was calculated is lowered all the same",
	},
	"a part of a message that has a row, which describes it": {
		"sidecar <>", "Sidecar <>", "the binding <>", "the buildpack <>", "the build plan",
		"a list", "a table", "a date", "a directory", "<> of type <>", "<>, without quotes", "<> is missing: <>", "{ …", "of the build image",
		"<>: sidecar <>: <>: <>",
		"Max file locks", "a pipe, a socket or a device", "<> or <>", "none at all", "all ports", "signals and abstract sockets",
		"<> leaves", "<> = <> leave", "its own memory", "<> less <> for its sidecars", "<> headroom", "* <> threads", "<> of the JVM's own",
		"its sidecars' <> leave: lower it or them", "its own <> leave: lower it, or give it more",
		"built for musl (Alpine):", "built for glibc:", "statically or against glibc", "statically or against the image's own C library",
		"<> build image", "GET <>", "connect <>", "grpc <>", "supervisor: <>", "supervisor: <> <>", "<> see <> --help",
	},
	"written into a file, or said of it": {
		"# Programs that are here: <>", `# command = ["java", "-jar", <>]`, "# command = [<>]", `[[sidecars]] name = "agent"…`,
		"lost: <>", "needs: <>", "not taken over: <>: <>",
		"wrote <>: edit it, then see what becomes of it with sidecar validate and sidecar plan",
	},
	"shown by sidecar explain": {", from <> to <>", ", at least <>", ", not essential", "<> <>, starts <>", "default <>", "exit code <>",
		"manifest <>", "required <>", "type <>"},
	"what an HTTP client gets": {
		"200 OK", "404 Not Found", "405 Method Not Allowed", "503 Service Unavailable", "GET or HEAD", "text/plain; charset=utf-8",
		"there are /live, /started, /ready and /metrics", "HTTP/1.1 <> Content-Type: <> Content-Length: <> Connection: close",
		"application/openmetrics-text; version=1.0.0; charset=utf-8", "<># EOF", "# HELP <> <>", "# TYPE <> <>", "# UNIT <> <>",
		"# TYPE sidecar_supervisor info…", "<>{name=<>} <>", "How its last run ended.", "How many of its probes' checks failed.",
		"How often it was started again.", "Its share of the container's memory.", "What it uses with all that it started (PSS).",
		"What its probes' checks took.", "Whether it is past its startup probe.", "Whether it passes its readiness probe.",
		"Whether the process runs.",
		"more than <> headers", "not a request of HTTP/1",
	},
	"help": {"init [DIR]", "explain IMAGE|KEY", "run [--type web] -- COMMAND [ARGUMENT...]",
		"Usage: supervisor run TYPE…", "Usage: <>", "supervisor <>", "version", "help", "validate [FILE|DIRECTORY|-]"},
	"what is sent, not said": {"GET <> HTTP/1.1"},
	"what a key takes, in the table of docs/declaration.md": {
		"list of whole numbers", "true or false", "whole number", "number of seconds", "list of tables", "list of text", "table of text",
		"true, false or list of text",
		"text or list of text", "text or table",
	},
	"what a library's message begins with": {"^line (\\d+):", "unmarshal errors:"},
	"a list of words":                      {". : [ alias…"},
	"what a pattern is replaced by":        {"$1 (docs/$2)"},
	"a pattern":                            {`(?ms)^(?:<>):[ \t]*(?:#[^\n]*)?$.*^[\s-]+(?:<>):`},
	"met only by who changes the code": {
		"the schema has no word for a value that is a <>",
		"the default of <> is a <>",
		"a declaration that can't be TOML: <>", "this probe is for a command, or waits to be notified", "usage: supervisor-probe http|https…",
	},
}

// noLosses are the texts of exporters that name no loss.
var noLosses = map[string][]string{
	"written into a file": {
		"# lost: <>", "# needs: <>", "cd <> || exit", "<> exec <>",
		`cd "$0" && exec "$@"`, `printf <> "$0" | "$@"`, "exec <>", "export <>=<>",
		"# from <>", "[[sidecars]] name = <>", ": remove it where it is the app itself", "<> = <> # from <>",
		": remove it where it is the app itself, and put its <> under [app]",
		"All end when this one has ended, with status 0 too. Where they are to go on, write essential = false.",
		"Where they wait for its end, as for a job, write below: [app], depends-on = { <> = \"completed\" }",
		": remove it where it runs in a container of its own", `<> && exec "$0" "$@"`, "cat <>/<> >/tmp/fate-<>",
		`[ "$(cat <>/<>)" = "$(cat /tmp/fate-<>)" ]`, "cat /proc/sys/kernel/random/uuid…",
	},
	"an expression": {`(?m)^[ \t]*[;#].*\n|[ \t]+;.*$`},
}
