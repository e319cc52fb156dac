/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * syscalls COMMAND…: the system calls that the command makes, in all of its processes,
 * until each of them executes another program. Nothing is traced and nothing is slowed
 * down much: a BPF program at the kernel's tracepoint "sys_enter" counts, for each
 * process, the calls made under the command's name (its first 15 characters, which
 * should be unlike any other's).
 */
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRIES 1024
#define COMM 16
#define INSN(c, d, s, o, i)                                                              \
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o),     \
			    .imm = (int32_t)(i) })
#define CALL(f) INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define MOVE(d, s) INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define MOVE_IMM(d, i) INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define ADD_IMM(d, i) INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define LOAD4(d, s, o) INSN(BPF_LDX | BPF_MEM | BPF_W, d, s, o, 0)

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_map(void)
{
	union bpf_attr a = { .map_type = BPF_MAP_TYPE_HASH };

	a.key_size = 4;
	a.value_size = 8;
	a.max_entries = ENTRIES;
	return (int)bpf(BPF_MAP_CREATE, &a);
}

static int load(int map, const char *comm)
{
	static char log[16384];
	uint32_t w[4];
	struct bpf_insn p[64];
	union bpf_attr a;
	int n = 0, checks[4];

	memcpy(w, comm, sizeof(w));
	p[n++] = MOVE(1, 10);
	p[n++] = ADD_IMM(1, -16);
	p[n++] = MOVE_IMM(2, COMM);
	p[n++] = CALL(BPF_FUNC_get_current_comm);
	for (int i = 0; i < 4; i++) {
		p[n++] = LOAD4(1, 10, (short)(-16 + 4 * i));
		checks[i] = n;
		p[n++] = INSN(BPF_JMP32 | BPF_JNE | BPF_K, 1, 0, 0, w[i]);
	}
	p[n++] = CALL(BPF_FUNC_get_current_pid_tgid);
	p[n++] = INSN(BPF_ALU64 | BPF_RSH | BPF_K, 0, 0, 0, 32);
	p[n++] = INSN(BPF_STX | BPF_MEM | BPF_W, 10, 0, -20, 0);
	p[n++] = INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
	p[n++] = INSN(0, 0, 0, 0, 0);
	p[n++] = MOVE(2, 10);
	p[n++] = ADD_IMM(2, -20);
	p[n++] = CALL(BPF_FUNC_map_lookup_elem);
	p[n++] = INSN(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3, 0);
	p[n++] = MOVE_IMM(1, 1);
	p[n++] = INSN(BPF_STX | BPF_ATOMIC | BPF_DW, 0, 1, 0, BPF_ADD);
	p[n++] = INSN(BPF_JMP | BPF_JA, 0, 0, 9, 0);
	p[n++] = INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -32, 1);
	p[n++] = INSN(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map);
	p[n++] = INSN(0, 0, 0, 0, 0);
	p[n++] = MOVE(2, 10);
	p[n++] = ADD_IMM(2, -20);
	p[n++] = MOVE(3, 10);
	p[n++] = ADD_IMM(3, -32);
	p[n++] = MOVE_IMM(4, 0);
	p[n++] = CALL(BPF_FUNC_map_update_elem);
	for (int i = 0; i < 4; i++)
		p[checks[i]].off = (short)(n - checks[i] - 1);
	p[n++] = MOVE_IMM(0, 0);
	p[n++] = INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	a.insns = (uintptr_t)p;
	a.insn_cnt = (uint32_t)n;
	a.license = (uintptr_t) "LGPL-2.1-or-later";
	a.log_buf = (uintptr_t)log;
	a.log_size = sizeof(log);
	a.log_level = 1;
	n = (int)bpf(BPF_PROG_LOAD, &a);
	if (n < 0)
		fprintf(stderr, "%s%s\n", log, strerror(errno));
	return n;
}

static void print(int map, pid_t first)
{
	unsigned long all = 0, own = 0;
	uint32_t key = 0, next;
	int processes = 0;
	uint64_t value;
	union bpf_attr a;

	for (;; key = next) {
		memset(&a, 0, sizeof(a));
		a.map_fd = (uint32_t)map;
		a.key = (uintptr_t)&key;
		a.next_key = (uintptr_t)&next;
		if (bpf(BPF_MAP_GET_NEXT_KEY, &a) < 0)
			break;
		a.key = (uintptr_t)&next;
		a.value = (uintptr_t)&value;
		if (bpf(BPF_MAP_LOOKUP_ELEM, &a) < 0)
			continue;
		all += value;
		own = next == (uint32_t)first ? value : own;
		processes++;
	}
	printf("%lu system calls, %lu of them by the process that was started; "
	       "%d processes\n", all, own, processes);
}

int main(int argc, char **argv)
{
	char comm[COMM + 1] = "";
	union bpf_attr a;
	int map, prog, link, status;
	const char *base;
	pid_t pid;

	if (argc < 2)
		return 2;
	base = strrchr(argv[1], '/');
	strncpy(comm, base ? base + 1 : argv[1], COMM - 1);
	map = make_map();
	prog = map < 0 ? -1 : load(map, comm);
	memset(&a, 0, sizeof(a));
	a.raw_tracepoint.name = (uintptr_t) "sys_enter";
	a.raw_tracepoint.prog_fd = (uint32_t)prog;
	link = prog < 0 ? -1 : (int)bpf(BPF_RAW_TRACEPOINT_OPEN, &a);
	if (link < 0) {
		printf("not measurable here (bpf: %s)\n", strerror(errno));
		return 0;
	}
	pid = fork();
	if (pid == 0) {
		close(map);
		close(prog);
		close(link);
		execv(argv[1], argv + 1);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	usleep(20000); /* what the command left behind ends */
	if (status)
		printf("(it failed) ");
	print(map, pid);
	return 0;
}
