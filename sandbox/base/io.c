/* SPDX-License-Identifier: MIT */
/*
 * Small-file input and output. Everything that reads or writes a cgroup or proc file goes through
 * here, so that a short read, an interrupted write and a number with a stray byte are handled in
 * one place. No function allocates or formats with stdio: cell set-up calls them between clone
 * and exec.
 */
#include "base/io.h"

#include "base/fd.h"

#include <fcntl.h>
#include <string.h>

int io_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;
	while (size > 0) {
		ssize_t n = write(fd, at, size);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int io_read_fd(int fd, char *buffer, size_t capacity)
{
	size_t length = 0;
	while (length < capacity) {
		ssize_t n = pread(fd, buffer + length, capacity - length, (off_t)length);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0) {
			buffer[length] = '\0';
			return (int)length;
		}
		length += (size_t)n;
	}
	return -E2BIG;
}

int io_read_record(int fd, char *buffer, size_t capacity)
{
	ssize_t n;
	do {
		n = pread(fd, buffer, capacity, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if ((size_t)n == capacity)
		return -E2BIG;
	buffer[n] = '\0';
	return (int)n;
}

int io_read_file_at(int dir_fd, const char *path, char *buffer, size_t capacity)
{
	AUTO_CLOSE int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return io_read_fd(fd, buffer, capacity);
}

int io_write_file_at(int dir_fd, const char *path, const char *text)
{
	AUTO_CLOSE int fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size_t size = strlen(text);
	ssize_t n;
	do {
		n = write(fd, text, size);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

/* Parses digits at *at, moves *at behind them. */
static bool parse_digits(const char **at, uint64_t *ret_value)
{
	const char *p = *at;
	uint64_t value = 0;
	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value))
			return false;
	}
	*at = p;
	*ret_value = value;
	return true;
}

bool io_parse_u64(const char *text, uint64_t *ret_value)
{
	uint64_t value;
	if (!parse_digits(&text, &value))
		return false;
	if (*text == '\n')
		text++;
	if (*text != '\0')
		return false;
	*ret_value = value;
	return true;
}

/* The text behind "KEY " at the start of some line, or NULL. */
static const char *find_line(const char *text, const char *key)
{
	size_t key_length = strlen(key);
	while (*text != '\0') {
		if (strncmp(text, key, key_length) == 0 && text[key_length] == ' ')
			return text + key_length + 1;
		text = strchr(text, '\n');
		if (text == NULL)
			return NULL;
		text++;
	}
	return NULL;
}

/* The text behind "FIELD=" in the line that starts at `line`, or NULL. */
static const char *find_field(const char *line, const char *field)
{
	size_t field_length = strlen(field);
	while (*line != '\0' && *line != '\n') {
		if (strncmp(line, field, field_length) == 0 && line[field_length] == '=')
			return line + field_length + 1;
		line += strcspn(line, " \n");
		if (*line == ' ')
			line++;
	}
	return NULL;
}

bool io_parse_keyed_u64(const char *text, const char *key, const char *field, uint64_t *ret_value)
{
	if (key == NULL)
		return io_parse_u64(text, ret_value);
	const char *at = find_line(text, key);
	if (at != NULL && field != NULL)
		at = find_field(at, field);
	uint64_t value;
	if (at == NULL || !parse_digits(&at, &value) || (*at != '\n' && *at != ' ' && *at != '\0'))
		return false;
	*ret_value = value;
	return true;
}

char *io_format_u64(char *at, uint64_t value)
{
	char digits[20];
	size_t count = 0;
	do {
		digits[count++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	while (count > 0)
		*at++ = digits[--count];
	*at = '\0';
	return at;
}
