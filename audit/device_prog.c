/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Device control on cgroup v2 is a BPF program of type CGROUP_DEVICE. bpf(2) with
 * BPF_PROG_QUERY tells which are attached (Linux 4.15), BPF_OBJ_GET_INFO_BY_FD gives
 * their translated instructions. Both only read; both need CAP_BPF or CAP_SYS_ADMIN.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "alloc.h"
#include "collect.h"
#include "strbuf.h"

#define DEVICE_PROGS_MAX 64
#define DEVICE_PROG_BYTES_MAX ((size_t)256 << 10)

static int bpf_call(int cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int prog_info(int fd, struct bpf_prog_info *info)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = sizeof(*info);
	a.info.info = (uint64_t)(uintptr_t)info;
	return bpf_call(BPF_OBJ_GET_INFO_BY_FD, &a) < 0 ? -errno : 0;
}

static json_t *hex_of(const unsigned char *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *text = xmalloc(2 * n + 1);
	json_t *j;
	size_t i;

	for (i = 0; i < n; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	j = json_stringn_nocheck(text, 2 * n);
	free(text);
	return j;
}

static json_t *prog_instructions(int fd)
{
	struct bpf_prog_info info;
	_cleanup_free_ unsigned char *code = NULL;
	uint32_t len;
	int r;

	memset(&info, 0, sizeof(info));
	r = prog_info(fd, &info);
	if (r < 0)
		return proc_fact_unreadable(r);
	len = info.xlated_prog_len;
	if (!len || len > DEVICE_PROG_BYTES_MAX)
		return proc_fact_unreadable(len ? EFBIG : EPERM);
	code = xcalloc(len, 1);
	memset(&info, 0, sizeof(info));
	info.xlated_prog_len = len;
	info.xlated_prog_insns = (uint64_t)(uintptr_t)code;
	r = prog_info(fd, &info);
	if (r < 0)
		return proc_fact_unreadable(r);
	/* bpf_jit_harden and a missing capability hide the instructions: pointer zeroed
	 */
	if (!info.xlated_prog_insns || info.xlated_prog_len != len)
		return proc_fact_unreadable(EPERM);
	return hex_of(code, len);
}

static json_t *prog_fact(uint32_t id, bool dump)
{
	json_t *j = json_object();
	union bpf_attr a;
	int fd;

	proc_set(j, "id", json_integer(id));
	if (!dump)
		return j;
	memset(&a, 0, sizeof(a));
	a.prog_id = id;
	fd = bpf_call(BPF_PROG_GET_FD_BY_ID, &a);
	proc_set(j, "xlated",
		 fd < 0 ? proc_fact_unreadable(errno) : prog_instructions(fd));
	if (fd >= 0)
		close(fd);
	return j;
}

json_t *device_prog_facts(int dirfd, bool dump)
{
	uint32_t ids[DEVICE_PROGS_MAX], i;
	union bpf_attr a;
	json_t *list;

	memset(&a, 0, sizeof(a));
	a.query.target_fd = (uint32_t)dirfd;
	a.query.attach_type = BPF_CGROUP_DEVICE;
	a.query.prog_ids = (uint64_t)(uintptr_t)ids;
	a.query.prog_cnt = DEVICE_PROGS_MAX;
	if (bpf_call(BPF_PROG_QUERY, &a) < 0)
		return proc_fact_unreadable(errno);
	list = json_array();
	for (i = 0; i < a.query.prog_cnt && i < DEVICE_PROGS_MAX; i++)
		proc_append(list, prog_fact(ids[i], dump));
	return list;
}
