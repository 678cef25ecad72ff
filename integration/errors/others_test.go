package errors_test

// others are the texts in the code that are no errors, by what they are instead. One that ends with … stands for all that begin like that.
var others = map[string][]string{
	"shown when all is well": {
		"1 sidecar", "<> sidecars", "<>: <> for <>: ok", "<> starts", "when <>", "past the startup probe", "at once",
		"<> declares <>", "Process types", "supervisor run <> -- <>", "<> is <>", "for <>", "The <>",
		"none of its own", "all of the container", "the rest of the container: all but <>",
		"memory <>", "memory no limit is known", "<> probe of <>: passed", "backing off", "not ready", "of <>",
		`{"name": <>, "state": <>`, `, "restarts": <>`, `, "pid": <>, "uptimeSeconds": <>, "memoryUsedBytes": <>`, `, "memoryBytes": <>`,
	},
	"said at the level debug": {
		"<> says: <>", "oom_score_adj: <>", "memory: <>: <>", "<> is now <>", "without <>",
		"no limit of the container is known: the heap that was calculated is lowered all the same",
	},
	"a part of a message that has a row, which describes it": {
		"sidecar <>", "Sidecar <>", "the binding <>", "the buildpack <>", "a list", "a table", "a date", "a directory",
		"a pipe, a socket or a device", "<> or <>", "none at all",
		"<> leaves", "<> = <> leave", "its own memory", "<> less <> for its sidecars", "<> headroom", "* <> threads",
		"built for musl (Alpine):", "built for glibc:", "statically or against glibc", "statically or against the image's own C library",
		"<> build image", "GET <>", "connect <>", "grpc <>", "supervisor: <>", "supervisor: <> <>", "<> see <> --help",
	},
	"documented in a table of its own": {
		"-Xmx less what is reserved; -XX:MaxRAM=SHARE", "libjvm calculated the heap; …", "limits.mem, as MEMORY_LIMIT",
		"90 percent of the share…",
		"75 percent of …", "--max-old-space-size: 75 percent…", "the share in megabytes…", "the container's limit…",
		"unset, or the container's limit", "neither it nor any other GCHeapHardLimit is set",
	},
	"help": {"Usage: supervisor run TYPE…"},
	"what a library says, to be found in there": {"cannot unmarshal"},
	"what is sent, not said":                    {"GET <> HTTP/1.1"},
	"a list of words":                           {". : [ alias…"},
	"met only by who changes the code": {
		"a declaration that can't be TOML: <>", "this probe is for a command, or waits to be notified", "usage: supervisor-probe http|https…",
	},
}
