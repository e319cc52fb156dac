/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Landlock (landlock(7)): all rights that the kernel knows are handled, so that
 * whatever no rule grants is denied. The kernel can't be asked what a domain holds;
 * what proves it is a forbidden deed: the stopped VMM is made to open a file that its
 * owner and mode would let it read, and the answer must be EACCES.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "jsonx.h"
#include "rootfs.h"
#include "run.h"
#include "sys.h"
#include "trace.h"

static const struct {
	const char *name;
	int abi; /* first one that has the right */
} rights[] = {
	{ "execute", 1 },   { "write_file", 1 }, { "read_file", 1 },
	{ "read_dir", 1 },  { "remove_dir", 1 }, { "remove_file", 1 },
	{ "make_char", 1 }, { "make_dir", 1 },	 { "make_reg", 1 },
	{ "make_sock", 1 }, { "make_fifo", 1 },	 { "make_block", 1 },
	{ "make_sym", 1 },  { "refer", 2 },	 { "truncate", 3 },
	{ "ioctl_dev", 5 },
};

#define RIGHTS_OF_FILES 0x18007ULL /* execute write_file read_file truncate ioctl_dev */
#define NET_RIGHTS 3 /* bind_tcp connect_tcp, ABI 4 */
#define SCOPES 3 /* abstract_unix_socket signal, ABI 6 */

/* struct landlock_ruleset_attr as of ABI 6; older kernels accept it while the rest is
 * 0. */
struct ruleset_attr {
	uint64_t fs, net, scoped;
};

struct net_port_attr {
	uint64_t allowed_access, port;
};

static int landlock_load(struct run *run, const json_t *params, struct err *e)
{
	json_t *rules;

	run->landlock_params = params;
	if (run_need(params, "mode", &run->landlock, "layer landlock", e) < 0)
		return -e->code;
	return jsonx_need_array(params, "rules", &rules, "layer landlock", e);
}

static int landlock_prepare(struct run *run, struct err *e)
{
	if (run->landlock == NEED_OFF) {
		run_note(run, MECH_landlock, LAYER_OFF, "off by the description");
		return 0;
	}
	run->landlock_abi = sys_landlock_create_ruleset(NULL, 0,
							LANDLOCK_CREATE_RULESET_VERSION);
	if (run->landlock_abi > 0)
		return 0;
	if (run->landlock == NEED_REQUIRED)
		return err_errno(e,
				 "Landlock is required, but this kernel does not run it");
	run->landlock_abi = 0;
	run_note(run, MECH_landlock, LAYER_UNAVAILABLE,
		 "this kernel does not run Landlock");
	return 0;
}

static uint64_t landlock_handled(int abi)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rights); i++)
		if (rights[i].abi <= abi)
			mask |= 1ULL << i;
	return mask;
}

static int landlock_mask(const json_t *rule, uint64_t *mask, struct err *e)
{
	json_t *list;
	size_t i, k;

	if (jsonx_need_array(rule, "access", &list, "layer landlock", e) < 0)
		return -e->code;
	*mask = 0;
	for (i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		for (k = 0; name && k < ARRAY_SIZE(rights); k++)
			if (!strcmp(rights[k].name, name))
				break;
		if (!name || k == ARRAY_SIZE(rights))
			return err_set(e, EINVAL, "layer landlock: unknown right \"%s\"",
				       name ? name : "");
		*mask |= 1ULL << k;
	}
	return 0;
}

static int landlock_add_path(int ruleset, const json_t *rule, uint64_t handled,
			     struct err *e)
{
	struct landlock_path_beneath_attr attr = { 0 };
	const char *path;
	uint64_t mask = 0;
	bool optional = false;
	_cleanup_close_ int fd = -1;

	if (jsonx_need_string(rule, "path", &path, "layer landlock", e) < 0 ||
	    jsonx_opt_bool(rule, "optional", &optional, "layer landlock", e) < 0 ||
	    landlock_mask(rule, &mask, e) < 0)
		return -e->code;
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && optional)
		return 0;
	if (fd < 0)
		return err_errno(e, "cannot open %s in the VM's root", path);
	attr.parent_fd = fd;
	attr.allowed_access = mask & handled;
	if (!attr.allowed_access)
		return 0;
	if (sys_landlock_add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr) == 0)
		return 0;
	/* EINVAL: not a directory, so only the rights of files make sense. */
	attr.allowed_access &= RIGHTS_OF_FILES;
	if (errno == EINVAL && attr.allowed_access &&
	    sys_landlock_add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &attr) == 0)
		return 0;
	return err_errno(e, "cannot add the rule for %s", path);
}

static int landlock_add_ports(int ruleset, const json_t *params, const char *key,
			      uint64_t access, struct err *e)
{
	const json_t *list = json_object_get(params, key);
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		struct net_port_attr attr = { access, (uint64_t)json_integer_value(
							      json_array_get(list, i)) };

		if (sys_landlock_add_rule(ruleset, 2 /* LANDLOCK_RULE_NET_PORT */,
					  &attr) < 0)
			return err_errno(e, "cannot add the rule for port %llu",
					 (unsigned long long)attr.port);
	}
	return 0;
}

static int landlock_fill(struct run *run, int ruleset, const struct ruleset_attr *attr,
			 struct err *e)
{
	const json_t *rules = json_object_get(run->landlock_params, "rules");
	const struct landlock_path_beneath_attr exec = {
		.allowed_access = LANDLOCK_ACCESS_FS_EXECUTE,
		.parent_fd = run->emulator_fd,
	};
	size_t i;

	for (i = 0; i < json_array_size(rules); i++)
		if (landlock_add_path(ruleset, json_array_get(rules, i), attr->fs, e) < 0)
			return -e->code;
	/* The VMM's own file is executed by descriptor and is not in its root. */
	if (sys_landlock_add_rule(ruleset, LANDLOCK_RULE_PATH_BENEATH, &exec) < 0)
		return err_errno(e, "cannot add the rule for %s", run->emulator);
	if (!attr->net)
		return 0;
	if (landlock_add_ports(ruleset, run->landlock_params, "bind_tcp", 1, e) < 0 ||
	    landlock_add_ports(ruleset, run->landlock_params, "connect_tcp", 2, e) < 0)
		return -e->code;
	return 0;
}

static int landlock_apply(struct run *run, struct err *e)
{
	struct ruleset_attr attr = { .fs = landlock_handled(run->landlock_abi) };
	_cleanup_close_ int ruleset = -1;
	size_t size = run->landlock_abi >= 6 ? 24 : run->landlock_abi >= 4 ? 16 : 8;

	if (!run->landlock_abi)
		return 0;
	if (run->landlock_abi >= 4 &&
	    !json_is_true(json_object_get(run->landlock_params, "unrestricted_tcp")))
		attr.net = NET_RIGHTS;
	if (run->landlock_abi >= 6)
		attr.scoped = SCOPES;
	ruleset = sys_landlock_create_ruleset(&attr, size, 0);
	if (ruleset < 0)
		return err_errno(e, "cannot make a Landlock ruleset");
	if (landlock_fill(run, ruleset, &attr, e) < 0)
		return -e->code;
	if (sys_landlock_restrict_self(ruleset) < 0)
		return err_errno(e, "cannot enforce the Landlock ruleset");
	return 0;
}

static int landlock_verify(struct run *run, json_t *observed, struct err *e)
{
	const uint64_t args[6] = { (uint64_t)AT_FDCWD, 0, O_RDONLY | O_CLOEXEC };
	char path[TRACE_BUFFER] = ROOTFS_PROBE;
	int64_t got;

	if (!run->landlock_abi)
		return 0;
	if (trace_syscall_memory(&run->tracee, SYS_openat, args, 1, path, &got, e) < 0)
		return -e->code;
	if (got != -EACCES)
		return err_set(e, EINVAL,
			       "the VMM could open %s (answer %lld, not EACCES): "
			       "Landlock does not hold",
			       ROOTFS_PROBE, (long long)got);
	json_object_set_new(observed, "abi", json_integer(run->landlock_abi));
	json_object_set_new(observed, "probe",
			    json_string("open(" ROOTFS_PROBE ", O_RDONLY): EACCES"));
	return 0;
}

static void landlock_plan(const struct run *run, FILE *out)
{
	const json_t *rules = json_object_get(run->landlock_params, "rules");
	size_t i;

	fprintf(out, "  mode %s, best ABI of the kernel\n",
		json_string_value(json_object_get(run->landlock_params, "mode")));
	for (i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);
		const char *path = json_string_value(json_object_get(rule, "path"));

		fprintf(out, "  allow below %s: %zu rights\n", path ? path : "?",
			json_array_size(json_object_get(rule, "access")));
	}
}

const struct layer layer_landlock = {
	.load = landlock_load,
	.prepare = landlock_prepare,
	.apply = landlock_apply,
	.verify = landlock_verify,
	.plan = landlock_plan,
};
