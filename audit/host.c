/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The host's settings as the kernel reports them. A setting is a file; its fact is the
 * file's text under the file's path, {"absent": true} when this kernel has no such file,
 * {"unreadable": errno} when it has one that may not be read.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "collect.h"

#define VULNERABILITIES "/sys/devices/system/cpu/vulnerabilities"
#define NAMES_MAX 4096

static const char *const host_files[] = {
	"/proc/cmdline",
	"/proc/swaps",
	"/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
	"/proc/sys/kernel/core_pattern",
	"/proc/sys/kernel/dmesg_restrict",
	"/proc/sys/kernel/io_uring_disabled",
	"/proc/sys/kernel/kexec_load_disabled",
	"/proc/sys/kernel/kptr_restrict",
	"/proc/sys/kernel/modules_disabled",
	"/proc/sys/kernel/osrelease",
	"/proc/sys/kernel/perf_event_paranoid",
	"/proc/sys/kernel/randomize_va_space",
	"/proc/sys/kernel/unprivileged_bpf_disabled",
	"/proc/sys/kernel/unprivileged_userns_clone",
	"/proc/sys/kernel/yama/ptrace_scope",
	"/proc/sys/fs/suid_dumpable",
	"/proc/sys/net/core/bpf_jit_harden",
	"/proc/sys/user/max_user_namespaces",
	"/proc/sys/vm/mmap_min_addr",
	"/proc/sys/vm/unprivileged_userfaultfd",
	"/sys/devices/system/cpu/smt/active",
	"/sys/devices/system/cpu/smt/control",
	"/sys/fs/selinux/enforce",
	"/sys/kernel/mm/ksm/run",
	"/sys/kernel/mm/ksm/pages_sharing",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/sys/kernel/security/lockdown",
	"/sys/kernel/security/lsm",
	"/sys/module/apparmor/parameters/enabled",
	"/sys/module/kvm/parameters/allow_unsafe_mappings",
	"/sys/module/kvm/parameters/enable_vmware_backdoor",
	"/sys/module/kvm/parameters/force_emulation_prefix",
	"/sys/module/kvm/parameters/ignore_msrs",
	"/sys/module/kvm/parameters/mitigate_smt_rsb",
	"/sys/module/kvm/parameters/nx_huge_pages",
	"/sys/module/kvm_amd/parameters/nested",
	"/sys/module/kvm_amd/parameters/npt",
	"/sys/module/kvm_intel/parameters/ept",
	"/sys/module/kvm_intel/parameters/nested",
	"/sys/module/kvm_intel/parameters/unrestricted_guest",
	"/sys/module/kvm_intel/parameters/vmentry_l1d_flush",
	"/sys/module/module/parameters/sig_enforce",
	"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
	"/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
};

static const char *const host_nodes[] = {
	"/dev/kvm",	  "/dev/vhost-net", "/dev/vhost-vsock",
	"/dev/vfio/vfio", "/dev/net/tun",
};

static json_t *file_fact(const char *path, struct proc_buf *b)
{
	json_t *f = proc_fact_file(AT_FDCWD, path, PROC_SMALL_MAX, b);
	int error = (int)json_integer_value(json_object_get(f, "unreadable"));

	if (error == ENOENT || error == ENOTDIR) {
		json_decref(f);
		f = json_object();
		proc_set(f, "absent", json_true());
	}
	return f;
}

static int name_order(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names in a directory, sorted, or the unreadable fact. */
static json_t *names_fact(const char *path)
{
	_cleanup_dir_ DIR *d = opendir(path);
	_cleanup_free_ char **v = NULL;
	struct dirent *de;
	json_t *list;
	size_t n = 0, i;

	if (!d)
		return proc_fact_unreadable(errno);
	while ((de = readdir(d)) && n < NAMES_MAX) {
		if (de->d_name[0] == '.')
			continue;
		v = xrealloc(v, n + 1, sizeof(*v));
		v[n++] = xstrdup(de->d_name);
	}
	if (n)
		qsort(v, n, sizeof(*v), name_order);
	list = json_array();
	for (i = 0; i < n; i++) {
		proc_append(list, proc_fact_text(v[i], strlen(v[i])));
		free(v[i]);
	}
	return list;
}

/* All files, those too that this program has never heard of. */
static json_t *vulnerability_facts(struct collector *c)
{
	json_t *names = names_fact(VULNERABILITIES), *j, *name;
	size_t i;

	if (!json_is_array(names))
		return names;
	j = json_object();
	json_array_foreach(names, i, name) {
		char path[256];

		if (strlen(json_string_value(name)) > 100)
			continue;
		snprintf(path, sizeof(path), "%s/%.100s", VULNERABILITIES,
			 json_string_value(name));
		proc_set(j, json_string_value(name), file_fact(path, &c->buf));
	}
	json_decref(names);
	return j;
}

static json_t *node_fact(const char *path)
{
	struct stat st;
	json_t *j;

	if (fstatat(AT_FDCWD, path, &st, 0) < 0) {
		if (errno != ENOENT)
			return proc_fact_unreadable(errno);
		j = json_object();
		proc_set(j, "absent", json_true());
		return j;
	}
	j = json_object();
	proc_set(j, "uid", json_integer(st.st_uid));
	proc_set(j, "gid", json_integer(st.st_gid));
	proc_set(j, "mode", json_integer((json_int_t)(st.st_mode & 07777)));
	return j;
}

static json_t *iommu_groups(struct collector *c)
{
	json_t *names = names_fact("/sys/kernel/iommu_groups"), *j, *name;
	size_t i;

	if (!json_is_array(names))
		return names;
	j = json_object();
	json_array_foreach(names, i, name) {
		char path[128];
		json_t *group = json_object();

		snprintf(path, sizeof(path), "/sys/kernel/iommu_groups/%.32s/type",
			 json_string_value(name));
		proc_set(group, "type", file_fact(path, &c->buf));
		proc_set(j, json_string_value(name), group);
	}
	json_decref(names);
	return j;
}

json_t *host_facts(struct collector *c)
{
	json_t *host = json_object(), *files = json_object(), *nodes = json_object();
	size_t i;

	for (i = 0; i < ARRAY_SIZE(host_files); i++)
		proc_set(files, host_files[i], file_fact(host_files[i], &c->buf));
	for (i = 0; i < ARRAY_SIZE(host_nodes); i++)
		proc_set(nodes, host_nodes[i], node_fact(host_nodes[i]));
	proc_set(host, "files", files);
	proc_set(host, "nodes", nodes);
	proc_set(host, "lsm_answers", json_boolean(c->has_lsm));
	proc_set(host, "vulnerabilities", vulnerability_facts(c));
	proc_set(host, "iommus", names_fact("/sys/class/iommu"));
	proc_set(host, "iommu_groups", iommu_groups(c));
	proc_set(host, "online_cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	return host;
}
