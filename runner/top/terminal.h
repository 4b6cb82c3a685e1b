/* SPDX-License-Identifier: MIT */
/*
 * A terminal that a program draws on, and what ends it: keys, signals, time. Signals are blocked
 * from terminal_open() to terminal_close() and taken in terminal_wait(), so that none can leave the
 * terminal as it was drawn on.
 */
#ifndef BAILIFF_TOP_TERMINAL_H
#define BAILIFF_TOP_TERMINAL_H

#include <bailiff/bailiff.h>
#include <signal.h>
#include <termios.h>

struct terminal {
	bool is_drawn_on; /* standard output is a terminal, and shall be used as one */
	bool has_keys;	  /* standard input is a terminal, too */
	bool is_entered;
	int out_fd, signal_fd; /* owned, but for standard output itself */
	sigset_t saved_signals;
	struct termios saved_modes;
};

enum terminal_event {
	TERMINAL_TIME,	  /* the time is over */
	TERMINAL_RESIZED, /* or has to be drawn anew */
	TERMINAL_QUIT,
	TERMINAL_UP,
	TERMINAL_DOWN,
	TERMINAL_PAGE_UP,
	TERMINAL_PAGE_DOWN,
	TERMINAL_HOME,
	TERMINAL_END,
	TERMINAL_SIGNAL, /* one that ends the program */
};

/* Without `draws`, or where standard output is no terminal, only signals are taken. 0 or -errno
 * with *err filled; terminal_close() is due in any case. */
int terminal_open(struct terminal *terminal, bool draws, struct bailiff_error *err);

/* Gives the terminal back as it was. Idempotent. */
void terminal_close(struct terminal *terminal);

/* Columns and lines, as they are now. */
void terminal_size(const struct terminal *terminal, unsigned *ret_width, unsigned *ret_height);

/* Shows a frame: lines, each with a newline behind it. A terminal that takes nothing (Ctrl-S) is
 * waited for only until there is something else to do. False where it is gone. */
bool terminal_show(const struct terminal *terminal, const char *text, size_t size);

/* Waits for one event, no longer than `timeout_ns`. *ret_signal is the signal's number. */
enum terminal_event terminal_wait(struct terminal *terminal, uint64_t timeout_ns, int *ret_signal);

#endif
