/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All sixteen limits are set, soft = hard, so that none is inherited: also the harmless
 * ones, since a hostile or careless caller may have lowered them.
 */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "alloc.h"
#include "jsonx.h"
#include "num.h"
#include "object.h"
#include "procfs.h"

#define UNLIMITED UINT64_MAX

static const struct {
	const char *name; /* of the parameter, NULL = always the default */
	uint64_t fallback;
} limits[RLIM_NLIMITS] = {
	[RLIMIT_CPU] = { NULL, UNLIMITED },
	[RLIMIT_FSIZE] = { "fsize", 0 },
	[RLIMIT_DATA] = { NULL, UNLIMITED },
	[RLIMIT_STACK] = { NULL, (uint64_t)8 << 20 },
	[RLIMIT_CORE] = { "core", 0 },
	[RLIMIT_RSS] = { NULL, UNLIMITED },
	[RLIMIT_NPROC] = { "nproc", 64 },
	[RLIMIT_NOFILE] = { "nofile", 1024 },
	[RLIMIT_MEMLOCK] = { "memlock", 0 },
	[RLIMIT_AS] = { NULL, UNLIMITED },
	[RLIMIT_LOCKS] = { NULL, UNLIMITED },
	[RLIMIT_SIGPENDING] = { NULL, 1024 },
	[RLIMIT_MSGQUEUE] = { NULL, 0 },
	[RLIMIT_NICE] = { NULL, 0 },
	[RLIMIT_RTPRIO] = { NULL, 0 },
	[RLIMIT_RTTIME] = { NULL, UNLIMITED },
};

static const char *const limit_names[RLIM_NLIMITS] = {
	"cpu",	   "fsize", "data",  "stack",	   "core",     "rss",  "nproc",	 "nofile",
	"memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime",
};

/* As in /proc/PID/limits (fs/proc/base.c, lnames). */
static const char *const limit_titles[RLIM_NLIMITS] = {
	"Max cpu time",		"Max file size",      "Max data size",
	"Max stack size",	"Max core file size", "Max resident set",
	"Max processes",	"Max open files",     "Max locked memory",
	"Max address space",	"Max file locks",     "Max pending signals",
	"Max msgqueue size",	"Max nice priority",  "Max realtime priority",
	"Max realtime timeout",
};

static int rlimit_load(struct run *run, const json_t *params, struct err *e)
{
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		run->rlimits[i] = limits[i].fallback;
		if (limits[i].name &&
		    jsonx_opt_u64(params, limits[i].name, &run->rlimits[i],
				  "layer rlimit", e) < 0)
			return -e->code;
	}
	run->fsize_fixed = run->rlimits[RLIMIT_FSIZE] != 0;
	return jsonx_opt_u64(params, "fsize_min", &run->fsize_min, "layer rlimit", e);
}

/* RLIMIT_FSIZE counts memfd guest RAM and every image that may grow. */
static int rlimit_prepare(struct run *run, struct err *e)
{
	uint64_t need = run->fsize_min;
	size_t i;

	for (i = 0; i < run->n_objects; i++) {
		const struct pinned *o = &run->objects[i];
		uint64_t size = 0;

		if (!strcmp(o->kind, "log"))
			size = (uint64_t)1 << 30;
		else if (o->writable && !strcmp(o->kind, "disk") &&
			 object_disk_limit(o, &size, e) < 0)
			return -e->code;
		need = size > need ? size : need;
	}
	if (run->fsize_fixed && run->rlimits[RLIMIT_FSIZE] < need)
		return err_set(e, EINVAL,
			       "rlimits.fsize is %llu, but a disk or the guest's memory "
			       "needs %llu: the VMM would die by SIGXFSZ",
			       (unsigned long long)run->rlimits[RLIMIT_FSIZE],
			       (unsigned long long)need);
	if (!run->fsize_fixed)
		run->rlimits[RLIMIT_FSIZE] = need;
	return 0;
}

static int rlimit_apply(struct run *run, struct err *e)
{
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		struct rlimit rl = { run->rlimits[i], run->rlimits[i] };

		if (setrlimit((__rlimit_resource_t)i, &rl) < 0)
			return err_errno(e, "cannot set the limit %s", limit_names[i]);
	}
	return 0;
}

/* "unlimited" or decimal, as /proc/PID/limits prints it. */
static int rlimit_parse(char *word, uint64_t *out)
{
	if (!word)
		return -EINVAL;
	if (!strcmp(word, "unlimited")) {
		*out = UNLIMITED;
		return 0;
	}
	return num_u64(word, out);
}

/* proc(5): after the name, which has blanks, come the soft and the hard limit. Reading
 * the file needs no CAP_SYS_RESOURCE, unlike prlimit(2) on another user's process. */
static int rlimit_read(char *text, int i, uint64_t *soft, uint64_t *hard, struct err *e)
{
	char *line = strstr(text, limit_titles[i]), *save = NULL, *copy;
	int r;

	if (!line)
		return err_set(e, EINVAL, "the kernel shows no limit \"%s\"",
			       limit_titles[i]);
	line += strlen(limit_titles[i]);
	copy = xstrndup(line, strcspn(line, "\n"));
	r = rlimit_parse(strtok_r(copy, " ", &save), soft);
	if (r == 0)
		r = rlimit_parse(strtok_r(NULL, " ", &save), hard);
	free(copy);
	return r < 0 ? err_set(e, EINVAL, "cannot read the limit %s", limit_names[i]) : 0;
}

static int rlimit_verify(struct run *run, json_t *observed, struct err *e)
{
	_cleanup_free_ char *text = NULL;
	int i;

	if (procfs_read(run->proc_fd, "limits", &text, NULL, e) < 0)
		return -e->code;
	for (i = 0; i < RLIM_NLIMITS; i++) {
		uint64_t soft, hard;

		if (rlimit_read(text, i, &soft, &hard, e) < 0)
			return -e->code;
		if (soft != run->rlimits[i] || hard != run->rlimits[i])
			return err_set(e, EINVAL, "the limit %s is %llu/%llu, not %llu",
				       limit_names[i], (unsigned long long)soft,
				       (unsigned long long)hard,
				       (unsigned long long)run->rlimits[i]);
		json_object_set_new(observed, limit_names[i],
				    hard == UNLIMITED ? json_string("unlimited")
						      : json_integer((json_int_t)hard));
	}
	return 0;
}

static void rlimit_plan(const struct run *run, FILE *out)
{
	int i;

	for (i = 0; i < RLIM_NLIMITS; i++) {
		fprintf(out, "  %s: ", limit_names[i]);
		if (i == RLIMIT_FSIZE && !run->fsize_fixed)
			fprintf(out, "the largest writable disk, at least %llu\n",
				(unsigned long long)run->fsize_min);
		else if (run->rlimits[i] == UNLIMITED)
			fprintf(out, "unlimited\n");
		else
			fprintf(out, "%llu\n", (unsigned long long)run->rlimits[i]);
	}
}

const struct layer layer_rlimit = {
	.load = rlimit_load,
	.prepare = rlimit_prepare,
	.apply = rlimit_apply,
	.verify = rlimit_verify,
	.plan = rlimit_plan,
};
