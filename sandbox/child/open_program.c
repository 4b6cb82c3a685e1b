/* SPDX-License-Identifier: MIT */
/*
 * Opening what will be executed, with the program's own identity and inside its own root. The
 * launch executes a descriptor, not a path, so that the filter can tell this one exec from any
 * other; the kernel cannot start a script that way (the interpreter would have to open a
 * descriptor that is closed by then), so a script's first line is read here, as execve(2) does.
 * Async-signal-safe.
 */
#include "child/stage.h"

#include "base/fd.h"
#include "base/sys.h"

#include <string.h>
#include <sys/stat.h>

/* Opens an executable regular file. The descriptor or -errno, as execve(2) would fail. */
static int open_executable(const char *path)
{
	AUTO_CLOSE int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat status;
	if (fd < 0 || fstat(fd, &status) < 0)
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EACCES;
	if (syscall(SYS_faccessat2, fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) < 0)
		return -errno;
	return fd_take(&fd);
}

/* Tries the candidates in order. "Not there" goes on to the next; "not allowed" is remembered,
 * as execvp(3) does. */
static int open_first(char *const *paths, size_t *ret_index)
{
	int remembered = -ENOENT;
	for (size_t i = 0; paths[i] != NULL; i++) {
		int fd = open_executable(paths[i]);
		if (fd >= 0) {
			*ret_index = i;
			return fd;
		}
		if (fd == -EACCES)
			remembered = fd;
		else if (fd != -ENOENT && fd != -ENOTDIR)
			return fd;
	}
	return remembered;
}

static char *skip_blanks(char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/*
 * Reads "#!INTERPRETER [ARGUMENT]" into line. Returns 1 and the two words (argument may be NULL),
 * 0 where the file is no script, or -errno. A file that may be executed but not read is no script.
 */
static int read_script_line(const char *path, char *line, size_t capacity, char **ret_words)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == EACCES ? 0 : -errno;
	ssize_t length = pread(fd, line, capacity - 1, 0);
	if (length < 0)
		return -errno;
	line[length] = '\0';
	if (line[0] != '#' || line[1] != '!')
		return 0;
	size_t end = strcspn(line, "\n");
	bool cut_off = end == capacity - 1;
	while (end > 2 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
		end--;
	line[end] = '\0';
	ret_words[0] = skip_blanks(line + 2);
	if (ret_words[0][0] == '\0')
		return -ENOEXEC;
	char *argument = ret_words[0] + strcspn(ret_words[0], " \t");
	/* As the kernel has it: a cut argument is taken as it is, a cut interpreter is none. */
	if (cut_off && *argument == '\0')
		return -ENOEXEC;
	ret_words[1] = NULL;
	if (*argument != '\0') {
		*argument = '\0';
		ret_words[1] = skip_blanks(argument + 1);
	}
	return 1;
}

/* argv becomes INTERPRETER [ARGUMENT] SCRIPT ARGS..., in the spare slots before it. */
static void put_interpreter(struct stage_state *state, char **words, char *script)
{
	state->argv[0] = script;
	if (words[1] != NULL)
		*--state->argv = words[1];
	*--state->argv = words[0];
}

int step_open_program(const struct cell_plan *plan, struct stage_state *state)
{
	(void)plan;
	char *const *paths = state->job->paths;
	size_t index = 0;
	AUTO_CLOSE int fd = open_first(paths, &index);
	if (fd < 0)
		return fd;
	char *words[2] = { NULL, NULL };
	size_t path_length = strlen(paths[index]);
	if (path_length >= sizeof state->script_path)
		return -ENAMETOOLONG;
	memcpy(state->script_path, paths[index], path_length + 1);
	int is_script = read_script_line(state->script_path, state->script_line,
					 sizeof state->script_line, words);
	if (is_script < 0)
		return is_script;
	if (is_script == 0) {
		state->exec_fd = fd_take(&fd);
		return 0;
	}
	put_interpreter(state, words, state->script_path);
	fd_close(&fd);
	/* An interpreter that is itself a script fails at exec with ENOENT: one level is enough. */
	state->exec_fd = open_executable(words[0]);
	return state->exec_fd < 0 ? state->exec_fd : 0;
}
