/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "fdio.h"
#include "jsonx.h"
#include "proc.h"

json_t *facts_new(void)
{
	json_t *f = json_object();

	proc_set(f, "format", json_string(FACTS_FORMAT));
	proc_set(f, "version", json_integer(FACTS_VERSION));
	return f;
}

static bool is_printable(const char *s)
{
	for (; *s; s++)
		if (*s < ' ' || *s > '~')
			return false;
	return true;
}

/* Depth is bounded by jsonx_parse(). A facts document from elsewhere must not be able to
 * put control sequences on a terminal. */
static bool facts_printable(json_t *j)
{
	json_t *member;
	const char *key;
	size_t i;

	if (json_is_string(j))
		return is_printable(json_string_value(j)) &&
		       strlen(json_string_value(j)) == json_string_length(j);
	if (json_is_array(j)) {
		json_array_foreach(j, i, member)
			if (!facts_printable(member))
				return false;
	} else if (json_is_object(j)) {
		json_object_foreach(j, key, member)
			if (!is_printable(key) || !facts_printable(member))
				return false;
	}
	return true;
}

static int facts_check(const json_t *f, struct err *e)
{
	static const char *const objects[] = { "host", "scan", "init_ns", "cgroups",
					       "mounts" };
	const char *format = "";
	uint64_t version = 0;
	json_t *member;
	size_t i;

	if (jsonx_need_string(f, "format", &format, "facts", e) < 0 ||
	    jsonx_need_u64(f, "version", &version, "facts", e) < 0)
		return -e->code;
	if (strcmp(format, FACTS_FORMAT) || version != FACTS_VERSION)
		return err_set(e, EINVAL,
			       "facts: format \"%s\" version %llu is not \"%s\" "
			       "version %d",
			       format, (unsigned long long)version, FACTS_FORMAT,
			       FACTS_VERSION);
	for (i = 0; i < ARRAY_SIZE(objects); i++)
		if (jsonx_need_object(f, objects[i], &member, "facts", e) < 0)
			return -e->code;
	if (jsonx_need_array(f, "receipts", &member, "facts", e) < 0 ||
	    jsonx_need_array(f, "vms", &member, "facts", e) < 0)
		return -e->code;
	for (i = 0; i < json_array_size(member); i++) {
		const char *name;
		uint64_t pid;

		if (jsonx_need_string(json_array_get(member, i), "name", &name, "vm", e) <
			    0 ||
		    jsonx_need_u64(json_array_get(member, i), "pid", &pid, "vm", e) < 0)
			return -e->code;
	}
	return 0;
}

json_t *facts_load(const char *path, struct err *e)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *f = NULL;
	size_t len;

	fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(0);
	if (fd < 0) {
		err_errno(e, "cannot open %s", path);
		return NULL;
	}
	if (fdio_read_all(fd, FACTS_MAX, &text, &len, e) < 0) {
		err_wrap(e, "cannot read %s", path);
		return NULL;
	}
	f = jsonx_parse(text, len, path, e);
	if (!f)
		return NULL;
	if (!json_is_object(f)) {
		err_set(e, EINVAL, "%s: not an object", path);
		return NULL;
	}
	if (!facts_printable(f)) {
		err_set(e, EINVAL, "%s: a string is not printable ASCII", path);
		return NULL;
	}
	if (facts_check(f, e) < 0) {
		err_wrap(e, "%s", path);
		return NULL;
	}
	return steal_ptr(&f);
}

static int facts_write(const char *path, const char *text, struct err *e)
{
	_cleanup_free_ char *dir = xstrdup(path);
	_cleanup_close_ int dirfd = -1;
	char *slash = strrchr(dir, '/');
	const char *name = slash ? path + (slash - dir) + 1 : path;

	if (!*name)
		return err_set(e, EINVAL, "%s is not a file name", path);
	if (slash)
		slash[slash == dir ? 1 : 0] = '\0';
	dirfd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return err_errno(e, "cannot open the directory of %s", path);
	return fdio_write_file(dirfd, name, text, strlen(text), 0600, 0, e);
}

int facts_save(const json_t *facts, const char *path, struct err *e)
{
	_cleanup_free_ char *text = jsonx_dump(facts);

	if (!strcmp(path, "-"))
		return fdio_write_all(STDOUT_FILENO, text, strlen(text), e);
	if (facts_write(path, text, e) < 0)
		return err_wrap(e, "cannot save the facts");
	return 0;
}

const json_t *facts_at(const json_t *o, const char *path)
{
	while (o && *path) {
		size_t n = strcspn(path, "/");
		char key[64];

		if (n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		o = json_object_get(o, key);
		path += n + (path[n] ? 1 : 0);
	}
	return o;
}

bool facts_unreadable(const json_t *f, int *error)
{
	const json_t *j = json_object_get(f, "unreadable");

	if (!json_is_integer(j))
		return false;
	if (error)
		*error = (int)json_integer_value(j);
	return true;
}

bool facts_absent(const json_t *f)
{
	return json_is_true(json_object_get(f, "absent"));
}
