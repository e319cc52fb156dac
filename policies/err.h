/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_ERR_H
#define BRATTICE_ERR_H

/*
 * The only error type. Functions that can fail take "struct err *e" last and return 0
 * or -errno; on success e is left alone. No allocation, so it works after fork and when
 * memory is short. Only main.c of a program prints.
 */
#include <stdarg.h>

#include "cleanup.h"

/* Where in a text the cause stands. line and col count from 1; line 0 = no place.
 * file is borrowed: it lives as long as the model that was read from it. */
struct loc {
	const char *file;
	unsigned line, col;
};

struct err {
	int code; /* errno value, > 0 once set */
	struct loc loc;
	char text[1024];
};

#define ERR_INIT                                                                         \
	{                                                                                \
		0, { NULL, 0, 0 }, ""                                                    \
	}

/* Each returns -code (-EIO if code is 0), so that "return err_set(…)" reads well. */
int err_set(struct err *e, int code, const char *fmt, ...) _printf_(3, 4);
int err_at(struct err *e, const struct loc *loc, int code, const char *fmt, ...)
	_printf_(4, 5);
/* "<text>: <strerror(errno)>", code taken from errno. */
int err_errno(struct err *e, const char *fmt, ...) _printf_(2, 3);
/* Puts "<text>: " before what stands there; code and place survive. */
int err_wrap(struct err *e, const char *fmt, ...) _printf_(2, 3);

#endif
