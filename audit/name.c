/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "name.h"

#include <string.h>

#include "alloc.h"
#include "bundle.h"
#include "facts.h"
#include "proc.h"

/* QEMU: -name web01 or -name guest=web01,debug-threads=on (libvirt writes the latter). */
static char *name_of_argument(const char *arg)
{
	const char *guest = strstr(arg, "guest=");
	char *name;

	if (guest == arg || (guest && guest[-1] == ','))
		arg = guest + 6;
	name = xstrndup(arg, strcspn(arg, ","));
	if (bundle_name_valid(name))
		return name;
	free(name);
	return NULL;
}

/* firecracker --id X, crosvm --name X: the same two spellings everywhere. */
static char *name_of_cmdline(const json_t *cmdline)
{
	static const char *const options[] = { "-name", "--name", "--id" };
	size_t i, k;

	for (i = 0; i + 1 < json_array_size(cmdline); i++) {
		const char *a = json_string_value(json_array_get(cmdline, i));
		const char *next = json_string_value(json_array_get(cmdline, i + 1));

		for (k = 0; a && next && k < ARRAY_SIZE(options); k++)
			if (!strcmp(a, options[k]))
				return name_of_argument(next);
	}
	return NULL;
}

static const char *name_one(const json_t *vm, char **name)
{
	const char *text = json_string_value(facts_at(vm, "receipt/receipt/name"));
	const char *comm = json_string_value(facts_at(vm, "process/comm"));
	char *s;

	if (text && bundle_name_valid(text)) {
		*name = xstrdup(text);
		return "receipt";
	}
	*name = name_of_cmdline(facts_at(vm, "process/cmdline"));
	if (*name)
		return "command line";
	*name = xasprintf("%s-%lld", comm ? comm : "vm",
			  (long long)json_integer_value(json_object_get(vm, "pid")));
	for (s = *name; *s; s++)
		if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz01234567"
			    "89"
			    "._-",
			    *s))
			*s = '_';
	return "process";
}

/* A name from a command line is a claim: it gives way to one from a receipt. */
static void make_unique(json_t *seen, const json_t *vm, char **name)
{
	char *longer;

	if (!json_object_get(seen, *name))
		return;
	longer = xasprintf("%s-%lld", *name,
			   (long long)json_integer_value(json_object_get(vm, "pid")));
	free(*name);
	*name = longer;
}

static void name_pass(json_t *vms, json_t *seen, bool receipts)
{
	json_t *vm;
	size_t i;

	json_array_foreach(vms, i, vm) {
		_cleanup_free_ char *name = NULL;
		const char *from = name_one(vm, &name);

		if (!strcmp(from, "receipt") != receipts)
			continue;
		make_unique(seen, vm, &name);
		proc_set(seen, name, json_true());
		proc_set(vm, "name", json_string(name));
		proc_set(vm, "name_from", json_string(from));
	}
}

void name_vms(json_t *vms)
{
	json_t *seen = json_object();

	name_pass(vms, seen, true);
	name_pass(vms, seen, false);
	json_decref(seen);
}
