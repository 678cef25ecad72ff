package main

import "runtime"

// The main goroutine keeps the main thread: children die with the thread that started them (prctl(2), PR_SET_PDEATHSIG).
func init() { runtime.LockOSThread() }
