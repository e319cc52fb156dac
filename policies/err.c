/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "err.h"

#include <errno.h>
#include <string.h>

static int _printf_(3, 0) err_fill(struct err *e, int code, const char *fmt, va_list ap)
{
	e->code = code > 0 ? code : EIO;
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	return -e->code;
}

int err_set(struct err *e, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	e->loc = (struct loc){ NULL, 0, 0 };
	va_start(ap, fmt);
	r = err_fill(e, code, fmt, ap);
	va_end(ap);
	return r;
}

int err_at(struct err *e, const struct loc *loc, int code, const char *fmt, ...)
{
	va_list ap;
	int r;

	e->loc = *loc;
	va_start(ap, fmt);
	r = err_fill(e, code, fmt, ap);
	va_end(ap);
	return r;
}

int err_errno(struct err *e, const char *fmt, ...)
{
	int code = errno;
	size_t n;
	va_list ap;
	int r;

	e->loc = (struct loc){ NULL, 0, 0 };
	va_start(ap, fmt);
	r = err_fill(e, code, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", strerror(code));
	return r;
}

int err_wrap(struct err *e, const char *fmt, ...)
{
	char old[sizeof(e->text)];
	size_t n;
	va_list ap;

	memcpy(old, e->text, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	snprintf(e->text + n, sizeof(e->text) - n, ": %s", old);
	return -e->code;
}
