/* SPDX-License-Identifier: MIT */
/* Fills everything that can be written to, and takes what is refused for its answer. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	static const char *const folders[] = { "/box", "/tmp", "/dev/shm", "/", "/usr" };
	static char block[1 << 16];
	char path[64];
	long written = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		for (int j = 0; j < 100; j++) {
			snprintf(path, sizeof(path), "%s/%d", folders[i], j);
			int fd = open(path, O_WRONLY | O_CREAT, 0600);
			ssize_t count;
			if (fd < 0)
				break;
			for (int k = 0; k < 15; k++) {
				count = write(fd, block, sizeof(block));
				written += count > 0 ? count : 0;
			}
			close(fd);
		}
	}
	printf("wrote %ld bytes\n", written);
	return 0;
}
