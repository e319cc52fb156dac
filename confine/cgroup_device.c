/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which device nodes the VM may open or make. On cgroup v2 (also in a hybrid tree) a
 * BPF_PROG_TYPE_CGROUP_DEVICE program on the VM's own group (Linux 4.15), loaded with
 * bpf(2) directly; without any v2 tree, v1's devices controller.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "alloc.h"
#include "cgroup.h"
#include "device_bpf.h"
#include "jsonx.h"
#include "sys.h"

static int device_rule(const json_t *j, struct device_rule *rule, struct err *e)
{
	static const char what[] = "layer cgroup: device";
	const char *host = NULL, *type = "c", *access_text = "";
	uint64_t maj = 0, min = 0;
	struct stat st;

	if (jsonx_opt_string(j, "host", &host, what, e) < 0 ||
	    jsonx_opt_string(j, "type", &type, what, e) < 0 ||
	    jsonx_opt_u64(j, "major", &maj, what, e) < 0 ||
	    jsonx_opt_u64(j, "minor", &min, what, e) < 0 ||
	    jsonx_need_string(j, "access", &access_text, what, e) < 0)
		return -e->code;
	if (host && stat(host, &st) < 0)
		return err_errno(e, "cannot stat the device %s", host);
	if (host && !S_ISCHR(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(e, EINVAL, "%s is not a device", host);
	*rule = (struct device_rule){
		.type = host ? (S_ISBLK(st.st_mode) ? 'b' : 'c') : *type,
		.major = host ? major(st.st_rdev) : (uint32_t)maj,
		.minor = host ? minor(st.st_rdev) : (uint32_t)min,
	};
	if (device_access_parse(access_text, &rule->access) < 0)
		return err_set(e, EINVAL, "%s: access is \"%s\"", what, access_text);
	return 0;
}

static int device_rules(const json_t *list, struct device_rule **out, struct err *e)
{
	_cleanup_free_ struct device_rule *rules = xcalloc(json_array_size(list),
							   sizeof(*rules));
	size_t i;

	if (json_array_size(list) > CGROUP_MAX_RULES)
		return err_set(e, E2BIG, "layer cgroup: more than %d device rules",
			       CGROUP_MAX_RULES);
	for (i = 0; i < json_array_size(list); i++)
		if (device_rule(json_array_get(list, i), &rules[i], e) < 0)
			return -e->code;
	*out = steal_ptr(&rules);
	return 0;
}

static int device_load(struct cgroup_plan *p, const struct bpf_insn *insns, size_t n,
		       struct err *e)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uint64_t)(uintptr_t)insns,
		.insn_cnt = (uint32_t)n,
		.license = (uint64_t)(uintptr_t) "GPL",
		.expected_attach_type = BPF_CGROUP_DEVICE,
	};

	p->prog_fd = sys_bpf(BPF_PROG_LOAD, &attr);
	return p->prog_fd < 0 ? err_errno(e, "cannot load the device program") : 0;
}

static int device_prog_id(int fd, uint32_t *id, struct err *e)
{
	struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uint64_t)(uintptr_t)&info;
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) < 0)
		return err_errno(e, "cannot ask for the device program's id");
	*id = info.id;
	return 0;
}

static int device_prepare_v2(struct run *run, const struct device_rule *rules, size_t n,
			     struct err *e)
{
	struct cgroup_plan *p = run->cgroup;
	_cleanup_free_ struct bpf_insn *insns = NULL;
	size_t count = 0;

	if (device_bpf_generate(rules, n, &insns, &count, e) < 0 ||
	    device_load(p, insns, count, e) < 0)
		return -e->code;
	return device_prog_id(p->prog_fd, &p->prog_id, e);
}

/* "a" denied, then line by line what is allowed; devices.list shows them again. */
static int device_prepare_v1(struct run *run, const struct device_rule *rules, size_t n,
			     struct err *e)
{
	const struct hierarchy *h = hierarchy_of(run->cgroup->hierarchies,
						 run->cgroup->n_hierarchies, "devices");
	size_t i;
	int dir;

	if (!h)
		return err_set(e, EOPNOTSUPP,
			       "devices are to be limited, but there is neither a "
			       "cgroup v2 tree nor the v1 devices controller");
	dir = cgroup_dir_in(run, h, "devices", e);
	if (dir < 0 ||
	    cgroup_add_setting(run, (unsigned)dir, "devices.deny", "a", "", e) < 0)
		return -e->code;
	for (i = 0; i < n; i++) {
		char text[64];

		snprintf(text, sizeof(text), "%c %u:%u %s%s%s", rules[i].type,
			 rules[i].major, rules[i].minor,
			 rules[i].access & DEVICE_READ ? "r" : "",
			 rules[i].access & DEVICE_WRITE ? "w" : "",
			 rules[i].access & DEVICE_MKNOD ? "m" : "");
		if (cgroup_add_setting(run, (unsigned)dir, "devices.allow", text, text,
				       e) < 0)
			return -e->code;
	}
	return 0;
}

int cgroup_device_prepare(struct run *run, struct err *e)
{
	const json_t *list = json_object_get(run->cgroup->params, "devices");
	_cleanup_free_ struct device_rule *rules = NULL;

	if (!list) {
		run_note(run, MECH_cgroup, LAYER_APPLIED,
			 "devices: not limited by the description");
		return 0;
	}
	if (device_rules(list, &rules, e) < 0)
		return -e->code;
	if (hierarchy_v2(run->cgroup->hierarchies, run->cgroup->n_hierarchies))
		return device_prepare_v2(run, rules, json_array_size(list), e);
	return device_prepare_v1(run, rules, json_array_size(list), e);
}

int cgroup_device_attach(struct run *run, struct err *e)
{
	union bpf_attr attr;

	if (run->cgroup->prog_fd < 0)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)run->cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)run->cgroup->prog_fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	/* Programs of groups above stay in force too: all must allow. */
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (sys_bpf(BPF_PROG_ATTACH, &attr) < 0)
		return err_errno(e, "cannot attach the device program");
	return 0;
}

int cgroup_device_verify(const struct run *run, json_t *observed, struct err *e)
{
	uint32_t ids[4] = { 0 };
	union bpf_attr attr;

	if (run->cgroup->prog_fd < 0)
		return 0;
	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)run->cgroup_fd;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uint64_t)(uintptr_t)ids;
	attr.query.prog_cnt = ARRAY_SIZE(ids);
	if (sys_bpf(BPF_PROG_QUERY, &attr) < 0)
		return err_errno(e, "cannot ask for the group's device programs");
	if (attr.query.prog_cnt != 1 || ids[0] != run->cgroup->prog_id)
		return err_set(e, EINVAL,
			       "the group has %u device programs, the first has id %u; "
			       "ours has %u",
			       attr.query.prog_cnt, ids[0], run->cgroup->prog_id);
	json_object_set_new(observed, "device_program", json_integer(ids[0]));
	return 0;
}
