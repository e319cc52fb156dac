/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "alloc.h"
#include "cgroup.h"
#include "fdio.h"
#include "jsonx.h"
#include "num.h"

#define PAGE 4096u
#define PERIOD 100000u /* microseconds, the kernel's own default */

int cgroup_add_setting(struct run *run, unsigned dir, const char *file, const char *value,
		       const char *expect, struct err *e)
{
	struct cgroup_plan *p = run->cgroup;
	struct cgroup_setting *s;

	if (p->n_settings == CGROUP_MAX_SETTINGS)
		return err_set(e, E2BIG, "layer cgroup: too many limits");
	s = &p->settings[p->n_settings++];
	s->dir = dir;
	s->file = file;
	snprintf(s->value, sizeof(s->value), "%s", value);
	snprintf(s->expect, sizeof(s->expect), "%s", expect);
	return 0;
}

static int set_u64(struct run *run, unsigned dir, const char *file, uint64_t v,
		   struct err *e)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)v);
	return cgroup_add_setting(run, dir, file, text, text, e);
}

static int limit_memory(struct run *run, const struct hierarchy *h, unsigned dir,
			uint64_t v, struct err *e)
{
	return set_u64(run, dir, h->v2 ? "memory.max" : "memory.limit_in_bytes",
		       v & ~(uint64_t)(PAGE - 1), e);
}

/* v1 counts memory and swap together: the sum is what it limits. Memory comes first. */
static int limit_swap(struct run *run, const struct hierarchy *h, unsigned dir,
		      uint64_t v, struct err *e)
{
	uint64_t memory = 0;

	v &= ~(uint64_t)(PAGE - 1);
	if (h->v2)
		return set_u64(run, dir, "memory.swap.max", v, e);
	if (jsonx_need_u64(run->cgroup->params, "memory_max", &memory,
			   "layer cgroup (memory_swap_max on cgroup v1)", e) < 0)
		return -e->code;
	return set_u64(run, dir, "memory.memsw.limit_in_bytes",
		       (memory & ~(uint64_t)(PAGE - 1)) + v, e);
}

static int limit_pids(struct run *run, const struct hierarchy *h, unsigned dir,
		      uint64_t v, struct err *e)
{
	(void)h;
	return set_u64(run, dir, "pids.max", v, e);
}

static int limit_weight(struct run *run, const struct hierarchy *h, unsigned dir,
			uint64_t v, struct err *e)
{
	if (v < 1 || v > 10000)
		return err_set(e, ERANGE, "layer cgroup: cpu_weight must be 1..10000");
	if (h->v2)
		return set_u64(run, dir, "cpu.weight", v, e);
	/* 100 is v2's default, 1024 v1's; v1 takes 2..262144. */
	v = v * 1024 / 100;
	return set_u64(run, dir, "cpu.shares", v < 2 ? 2 : v, e);
}

static int limit_percent(struct run *run, const struct hierarchy *h, unsigned dir,
			 uint64_t v, struct err *e)
{
	char text[64];

	if (v < 1 || v > 100 * 8192)
		return err_set(e, ERANGE, "layer cgroup: cpu_percent is out of range");
	v = v * PERIOD / 100;
	if (!h->v2)
		return set_u64(run, dir, "cpu.cfs_period_us", PERIOD, e) < 0
			       ? -e->code
			       : set_u64(run, dir, "cpu.cfs_quota_us", v, e);
	snprintf(text, sizeof(text), "%llu %u", (unsigned long long)v, PERIOD);
	return cgroup_add_setting(run, dir, "cpu.max", text, text, e);
}

static const struct {
	const char *key, *controller;
	int (*add)(struct run *run, const struct hierarchy *h, unsigned dir, uint64_t v,
		   struct err *e);
} rows[] = {
	{ "memory_max", "memory", limit_memory },
	{ "memory_swap_max", "memory", limit_swap },
	{ "pids_max", "pids", limit_pids },
	{ "cpu_weight", "cpu", limit_weight },
	{ "cpu_percent", "cpu", limit_percent },
};

int cgroup_dir_in(struct run *run, const struct hierarchy *h, const char *controller,
		  struct err *e)
{
	struct cgroup_plan *p = run->cgroup;
	unsigned index = (unsigned)(h - p->hierarchies);
	size_t i;

	for (i = 0; i < run->n_cgroups; i++)
		if (p->dir_of[i] == index)
			return (int)i;
	if (run->n_cgroups == RUN_MAX_CGROUPS)
		return err_set(e, E2BIG, "layer cgroup: too many hierarchies");
	p->dir_of[i] = index;
	run->cgroups[i].controller = h->v2 ? "v2" : controller;
	run->cgroups[i].path = xasprintf("%s/%s/%s", h->mount, p->parent,
					 run->bundle.name);
	run->n_cgroups++;
	return (int)i;
}

static const struct hierarchy *need_controller(struct run *run, const char *controller,
					       const char *key, struct err *e)
{
	const struct hierarchy *h = hierarchy_of(run->cgroup->hierarchies,
						 run->cgroup->n_hierarchies, controller);

	if (!h)
		err_set(e, EOPNOTSUPP,
			"%s is asked for, but no mounted cgroup hierarchy has the "
			"%s controller",
			key, controller);
	return h;
}

static int cgroup_limit_numbers(struct run *run, struct err *e)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct hierarchy *h;
		uint64_t v;
		int dir;

		if (!json_object_get(run->cgroup->params, rows[i].key))
			continue;
		if (jsonx_need_u64(run->cgroup->params, rows[i].key, &v, "layer cgroup",
				   e) < 0)
			return -e->code;
		h = need_controller(run, rows[i].controller, rows[i].key, e);
		dir = h ? cgroup_dir_in(run, h, rows[i].controller, e) : -e->code;
		if (dir < 0 || rows[i].add(run, h, (unsigned)dir, v, e) < 0)
			return -e->code;
	}
	return 0;
}

static int cgroup_limit_cpuset(struct run *run, struct err *e)
{
	const char *cpus = NULL;
	const struct hierarchy *h;
	int dir;

	if (jsonx_opt_string(run->cgroup->params, "cpuset", &cpus, "layer cgroup", e) < 0)
		return -e->code;
	if (!cpus || !*cpus)
		return 0;
	h = need_controller(run, "cpuset", "cpuset", e);
	dir = h ? cgroup_dir_in(run, h, "cpuset", e) : -e->code;
	if (dir < 0)
		return dir;
	return cgroup_add_setting(run, (unsigned)dir, "cpuset.cpus", cpus, cpus, e);
}

/* "8:0" or the path of a block device. */
static int io_device(const char *text, unsigned *maj, unsigned *min, struct err *e)
{
	_cleanup_free_ char *copy = xstrdup(text);
	char *colon = strchr(copy, ':');
	struct stat st;

	if (text[0] != '/' && colon) {
		*colon = '\0';
		if (num_u32(copy, maj) == 0 && num_u32(colon + 1, min) == 0)
			return 0;
		return err_set(e, EINVAL, "layer cgroup: \"%s\" is no block device",
			       text);
	}
	if (stat(text, &st) < 0)
		return err_errno(e, "cannot stat %s", text);
	if (!S_ISBLK(st.st_mode))
		return err_set(e, EINVAL, "%s is no block device", text);
	*maj = major(st.st_rdev);
	*min = minor(st.st_rdev);
	return 0;
}

static const char *const io_keys[] = { "rbps", "wbps", "riops", "wiops" };
static const char *const io_v1_files[] = {
	"blkio.throttle.read_bps_device",
	"blkio.throttle.write_bps_device",
	"blkio.throttle.read_iops_device",
	"blkio.throttle.write_iops_device",
};

static int io_v1(struct run *run, unsigned dir, const char *device, const uint64_t v[4],
		 struct err *e)
{
	char text[64];
	size_t i;

	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "%s %llu", device, (unsigned long long)v[i]);
		if (v[i] &&
		    cgroup_add_setting(run, dir, io_v1_files[i], text, text, e) < 0)
			return -e->code;
	}
	return 0;
}

static int io_v2(struct run *run, unsigned dir, const char *device, const uint64_t v[4],
		 struct err *e)
{
	char text[128];
	size_t i, n = (size_t)snprintf(text, sizeof(text), "%s", device);

	for (i = 0; i < 4; i++)
		n += (size_t)(v[i] ? snprintf(text + n, sizeof(text) - n, " %s=%llu",
					      io_keys[i], (unsigned long long)v[i])
				   : snprintf(text + n, sizeof(text) - n, " %s=max",
					      io_keys[i]));
	return cgroup_add_setting(run, dir, "io.max", text, text, e);
}

static int cgroup_limit_io(struct run *run, struct err *e)
{
	const json_t *list = json_object_get(run->cgroup->params, "io");
	size_t i, k;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *io = json_array_get(list, i);
		/* v2 calls it io, v1 blkio */
		const struct hierarchy *h = hierarchy_of(
			run->cgroup->hierarchies, run->cgroup->n_hierarchies, "io");
		unsigned maj, min;
		uint64_t v[4] = { 0 };
		char device[32];
		const char *name;
		int dir;

		h = h ? h : need_controller(run, "blkio", "io", e);
		dir = h ? cgroup_dir_in(run, h, "blkio", e) : -e->code;
		if (dir < 0 ||
		    jsonx_need_string(io, "device", &name, "layer cgroup: io", e) < 0 ||
		    io_device(name, &maj, &min, e) < 0)
			return -e->code;
		for (k = 0; k < 4; k++)
			if (jsonx_opt_u64(io, io_keys[k], &v[k], "layer cgroup: io", e) <
			    0)
				return -e->code;
		snprintf(device, sizeof(device), "%u:%u", maj, min);
		if ((h->v2 ? io_v2 : io_v1)(run, (unsigned)dir, device, v, e) < 0)
			return -e->code;
	}
	return 0;
}

int cgroup_limits(struct run *run, struct err *e)
{
	if (cgroup_limit_numbers(run, e) < 0 || cgroup_limit_cpuset(run, e) < 0 ||
	    cgroup_limit_io(run, e) < 0)
		return -e->code;
	return 0;
}
