/*
 * The least that a program can do to put a name before each line of another: the floor of the log benchmarks.
 *
 *   prefix NAME COMMAND...
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROOM = 1 << 16, LONGEST_NAME = 64 };

static char in[ROOM], out[ROOM * (LONGEST_NAME + 1)];

static void flush(const char *text, size_t length) {
  while (length) {
    ssize_t n = write(1, text, length);
    if (n < 0) exit(1);
    text += n;
    length -= n;
  }
}

/* pass writes the whole lines of in with the name before each, and keeps what is left: its length is returned. */
static size_t pass(size_t length, const char *prefix, size_t size) {
  char *to = out, *line = in, *end;
  while ((end = memchr(line, '\n', in + length - line))) {
    to = mempcpy(to, prefix, size);
    to = mempcpy(to, line, ++end - line);
    line = end;
  }
  size_t left = in + length - line;
  if (left == ROOM) { /* a line without an end: a part of it */
    to = mempcpy(mempcpy(to, prefix, size), in, left);
    *to++ = '\n';
    left = 0;
  }
  flush(out, to - out);
  memmove(in, line, left);
  return left;
}

int main(int count, char **argument) {
  int ends[2], status;
  char prefix[LONGEST_NAME];
  if (count < 3 || strlen(argument[1]) > LONGEST_NAME - 4 || pipe(ends)) return 2;
  size_t size = sprintf(prefix, "%s | ", argument[1]), have = 0;
  pid_t child = fork();
  if (!child) {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    execvp(argument[2], argument + 2);
    _exit(127);
  }
  close(ends[1]);
  for (ssize_t n; (n = read(ends[0], in + have, ROOM - have)) > 0;) have = pass(have + n, prefix, size);
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
