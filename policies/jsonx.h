/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BRATTICE_JSONX_H
#define BRATTICE_JSONX_H

/*
 * Typed access to jansson values. "what" names the object in messages ("layer cgroup").
 * The need_ forms fail with -EINVAL when the member is missing or of another type; the
 * opt_ forms leave *out alone when it is missing or null and fail on another type.
 * Strings are borrowed from the value.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

static inline void cleanup_json_p(json_t **j)
{
	json_decref(*j);
}

#define _cleanup_json_ __attribute__((cleanup(cleanup_json_p)))

int jsonx_need_string(const json_t *o, const char *key, const char **out,
		      const char *what, struct err *e);
int jsonx_need_u64(const json_t *o, const char *key, uint64_t *out, const char *what,
		   struct err *e);
int jsonx_need_bool(const json_t *o, const char *key, bool *out, const char *what,
		    struct err *e);
/* Arrays and objects; borrowed. */
int jsonx_need_array(const json_t *o, const char *key, json_t **out, const char *what,
		     struct err *e);
int jsonx_need_object(const json_t *o, const char *key, json_t **out, const char *what,
		      struct err *e);
int jsonx_opt_string(const json_t *o, const char *key, const char **out, const char *what,
		     struct err *e);
int jsonx_opt_u64(const json_t *o, const char *key, uint64_t *out, const char *what,
		  struct err *e);
int jsonx_opt_bool(const json_t *o, const char *key, bool *out, const char *what,
		   struct err *e);

/* Parses text as one JSON value; doubled keys, trailing bytes and depth over 64 are
 * errors. */
json_t *jsonx_parse(const char *text, size_t len, const char *what, struct err *e);

/* One line, members in the order of insertion, newline at the end. Caller frees. */
char *jsonx_dump_line(const json_t *j);

/* Canonical form: sorted keys, two-space indent, newline at the end. Caller frees. */
char *jsonx_dump(const json_t *j);

#endif
