/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "status.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bundle.h"
#include "jsonx.h"
#include "procfs.h"
#include "state.h"
#include "sys.h"

struct collect {
	const struct state *state;
	const char *only;
	json_t *list;
};

static int status_process(const json_t *who)
{
	return procfs_living(json_integer_value(json_object_get(who, "pid")),
			     json_integer_value(json_object_get(who, "starttime")));
}

static const char *status_word(const struct collect *c, const char *name,
			       const json_t *receipt)
{
	bool locked = state_is_locked(c->state, name);
	_cleanup_close_ int vmm = status_process(json_object_get(receipt, "vmm"));

	if (locked)
		return receipt && vmm >= 0 ? "running" : "starting";
	return vmm >= 0 ? "unsupervised" : "dead";
}

static json_t *status_layers(const json_t *receipt)
{
	const json_t *layers = json_object_get(receipt, "layers");
	json_t *out = json_array();
	size_t i;

	for (i = 0; i < json_array_size(layers); i++) {
		json_t *l = json_array_get(layers, i);

		json_array_append_new(out, json_pack("{s:O?,s:O?,s:O?}", "mech",
						     json_object_get(l, "mech"), "state",
						     json_object_get(l, "state"), "note",
						     json_object_get(l, "note")));
	}
	return out;
}

static int status_one(const char *name, void *arg, struct err *e)
{
	struct collect *c = arg;
	_cleanup_json_ json_t *receipt = NULL;
	json_t *o;

	if (c->only && strcmp(c->only, name) != 0)
		return 0;
	if (state_read(c->state, name, "json", &receipt, e) < 0)
		return -e->code;
	o = json_pack("{s:s,s:s}", "name", name, "state", status_word(c, name, receipt));
	if (receipt) {
		static const char *const keys[] = { "vmm",     "supervisor", "uid",
						    "gid",     "bundle",     "launched",
						    "cgroups", "objects" };
		size_t i;

		for (i = 0; i < ARRAY_SIZE(keys); i++)
			json_object_set(o, keys[i], json_object_get(receipt, keys[i]));
		json_object_set_new(o, "layers", status_layers(receipt));
	}
	json_array_append_new(c->list, o);
	return 0;
}

json_t *status_collect(const char *run_dir, const char *name, struct err *e)
{
	struct state s = STATE_INIT;
	struct collect c = { &s, name, NULL };
	int r = 0;

	c.list = json_array();
	if (access(run_dir, F_OK) == 0) {
		r = state_open(&s, run_dir, false, e);
		if (r == 0)
			r = state_each(&s, status_one, &c, e);
		state_close(&s);
	}
	if (r == 0 && name && json_array_size(c.list) == 0)
		r = err_set(e, ENOENT, "no VM \"%s\" in %s", name, run_dir);
	if (r == 0)
		return c.list;
	json_decref(c.list);
	return NULL;
}

int status_stop(const char *run_dir, const char *name, unsigned seconds, struct err *e)
{
	const struct timespec tick = { 0, 10000000 };
	_cleanup_json_ json_t *list = status_collect(run_dir, name, e);
	_cleanup_close_ int pidfd = -1;
	struct state s = STATE_INIT;
	unsigned i;
	int r;

	if (!list)
		return -e->code;
	pidfd = status_process(json_object_get(json_array_get(list, 0), "supervisor"));
	if (pidfd < 0)
		return err_set(
			e, ESRCH,
			"VM \"%s\" has no supervisor; see brattice-confine recover",
			name);
	if (sys_pidfd_send_signal(pidfd, SIGTERM) < 0)
		return err_errno(e, "cannot signal the supervisor of \"%s\"", name);
	r = state_open(&s, run_dir, false, e);
	for (i = 0; r == 0 && state_is_locked(&s, name); i++) {
		if (i >= seconds * 100)
			r = err_set(e, ETIMEDOUT, "VM \"%s\" still runs after %u seconds",
				    name, seconds);
		/* A VMM that has not installed its handler yet is deaf to the signal, as
		 * the init of its pid namespace. */
		if (i % 100 == 99)
			sys_pidfd_send_signal(pidfd, SIGTERM);
		nanosleep(&tick, NULL);
	}
	state_close(&s);
	return r;
}
