/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "jsonx.h"

#include <errno.h>
#include <string.h>

#include "alloc.h"

static int jsonx_get(const json_t *o, const char *key, json_t **out, bool needed,
		     const char *what, struct err *e)
{
	json_t *v = json_object_get(o, key);

	if (json_is_null(v))
		v = NULL;
	*out = v;
	if (!v && needed)
		return err_set(e, EINVAL, "%s: member \"%s\" is missing", what, key);
	return 0;
}

static int jsonx_type_error(const char *key, const char *type, const char *what,
			    struct err *e)
{
	return err_set(e, EINVAL, "%s: member \"%s\" is not %s", what, key, type);
}

static int jsonx_string(const json_t *o, const char *key, const char **out, bool needed,
			const char *what, struct err *e)
{
	json_t *v;
	int r = jsonx_get(o, key, &v, needed, what, e);

	if (r < 0 || !v)
		return r;
	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return jsonx_type_error(key, "a string without NUL", what, e);
	*out = json_string_value(v);
	return 0;
}

static int jsonx_u64(const json_t *o, const char *key, uint64_t *out, bool needed,
		     const char *what, struct err *e)
{
	json_t *v;
	int r = jsonx_get(o, key, &v, needed, what, e);

	if (r < 0 || !v)
		return r;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return jsonx_type_error(key, "a whole number >= 0", what, e);
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int jsonx_bool(const json_t *o, const char *key, bool *out, bool needed,
		      const char *what, struct err *e)
{
	json_t *v;
	int r = jsonx_get(o, key, &v, needed, what, e);

	if (r < 0 || !v)
		return r;
	if (!json_is_boolean(v))
		return jsonx_type_error(key, "true or false", what, e);
	*out = json_is_true(v);
	return 0;
}

int jsonx_need_string(const json_t *o, const char *key, const char **out,
		      const char *what, struct err *e)
{
	return jsonx_string(o, key, out, true, what, e);
}

int jsonx_need_u64(const json_t *o, const char *key, uint64_t *out, const char *what,
		   struct err *e)
{
	return jsonx_u64(o, key, out, true, what, e);
}

int jsonx_need_bool(const json_t *o, const char *key, bool *out, const char *what,
		    struct err *e)
{
	return jsonx_bool(o, key, out, true, what, e);
}

int jsonx_need_array(const json_t *o, const char *key, json_t **out, const char *what,
		     struct err *e)
{
	int r = jsonx_get(o, key, out, true, what, e);

	if (r < 0)
		return r;
	return json_is_array(*out) ? 0 : jsonx_type_error(key, "a list", what, e);
}

int jsonx_need_object(const json_t *o, const char *key, json_t **out, const char *what,
		      struct err *e)
{
	int r = jsonx_get(o, key, out, true, what, e);

	if (r < 0)
		return r;
	return json_is_object(*out) ? 0 : jsonx_type_error(key, "an object", what, e);
}

int jsonx_opt_string(const json_t *o, const char *key, const char **out, const char *what,
		     struct err *e)
{
	return jsonx_string(o, key, out, false, what, e);
}

int jsonx_opt_u64(const json_t *o, const char *key, uint64_t *out, const char *what,
		  struct err *e)
{
	return jsonx_u64(o, key, out, false, what, e);
}

int jsonx_opt_bool(const json_t *o, const char *key, bool *out, const char *what,
		   struct err *e)
{
	return jsonx_bool(o, key, out, false, what, e);
}

/* jansson's own limit is 2048 levels, too deep for a small stack. */
static bool jsonx_too_deep(const char *text, size_t len)
{
	unsigned depth = 0;
	bool in_string = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (in_string) {
			if (text[i] == '\\')
				i++;
			else if (text[i] == '"')
				in_string = false;
		} else if (text[i] == '"')
			in_string = true;
		else if ((text[i] == '{' || text[i] == '[') && ++depth > 64)
			return true;
		else if ((text[i] == '}' || text[i] == ']') && depth)
			depth--;
	}
	return false;
}

json_t *jsonx_parse(const char *text, size_t len, const char *what, struct err *e)
{
	json_error_t je;
	json_t *j;

	if (jsonx_too_deep(text, len)) {
		err_set(e, EINVAL, "%s: nested deeper than 64 levels", what);
		return NULL;
	}
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES, &je);
	if (!j)
		err_set(e, EINVAL, "%s:%d:%d: not JSON: %s", what, je.line, je.column,
			je.text);
	return j;
}

static char *jsonx_dump_flags(const json_t *j, size_t flags)
{
	char *s = json_dumps(j, flags);
	char *out;

	if (!s)
		return xstrdup("null\n");
	out = xasprintf("%s\n", s);
	free(s);
	return out;
}

char *jsonx_dump(const json_t *j)
{
	return jsonx_dump_flags(j, JSON_SORT_KEYS | JSON_INDENT(2));
}

char *jsonx_dump_line(const json_t *j)
{
	return jsonx_dump_flags(j, JSON_COMPACT);
}
