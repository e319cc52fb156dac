/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Device programs: generated, simulated, and shown to the kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "devsim.h"

static const struct device_rule rules[] = {
	{ 'c', false, false, 1, 3, DEVICE_READ | DEVICE_WRITE },
	{ 'c', false, false, 10, 232, DEVICE_READ },
	{ 'c', false, false, 10, 232, DEVICE_WRITE },
	{ 'c', false, true, 136, 0, DEVICE_ALL },
	{ 'b', false, false, 253, 5, DEVICE_READ },
	{ 'b', true, false, 0, 99, DEVICE_ALL },
};

static bool rules_allow(char type, unsigned access, uint32_t major, uint32_t minor)
{
	unsigned given = 0;
	size_t i;

	if (type == 'c' && major == 10 && minor == 232) /* two rules, taken together */
		return !(access & ~(unsigned)(DEVICE_READ | DEVICE_WRITE));
	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		const struct device_rule *r = &rules[i];

		if (r->type == type && (r->any_major || r->major == major) &&
		    (r->any_minor || r->minor == minor) && !(access & ~r->access))
			given = access;
	}
	return given == access;
}

static void grid(const struct bpf_insn *p, size_t n,
		 bool (*expected)(char, unsigned, uint32_t, uint32_t))
{
	static const uint32_t minors[] = { 0, 1, 3, 5, 99, 232, 255, 65536, 1048575 };
	struct err e = ERR_INIT;
	unsigned access, type, i;
	uint32_t major;
	bool allowed;

	for (type = 0; type < 2; type++)
		for (access = 1; access < 8; access++)
			for (major = 0; major < 512; major++)
				for (i = 0; i < ARRAY_SIZE(minors); i++) {
					char t = "bc"[type];

					assert_int_equal(devsim_run(p, n, t, access,
								    major, minors[i],
								    &allowed, &e),
							 0);
					assert_int_equal(allowed,
							 expected(t, access, major,
								  minors[i]));
				}
}

static bool nothing(char type, unsigned access, uint32_t major, uint32_t minor)
{
	(void)type;
	(void)access;
	(void)major;
	(void)minor;
	return false;
}

static void test_grid(void **state)
{
	struct err e = ERR_INIT;
	struct bpf_insn *p;
	size_t n;

	(void)state;
	assert_int_equal(device_bpf_generate(rules, ARRAY_SIZE(rules), &p, &n, &e), 0);
	grid(p, n, rules_allow);
	free(p);
	assert_int_equal(device_bpf_generate(NULL, 0, &p, &n, &e), 0);
	grid(p, n, nothing);
	free(p);
}

/* The verifier's word on the program; skipped where bpf(2) is not to be had. */
static void test_kernel_takes_it(void **state)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE };
	struct err e = ERR_INIT;
	struct bpf_insn *p;
	size_t n;
	long fd;

	(void)state;
	assert_int_equal(device_bpf_generate(rules, ARRAY_SIZE(rules), &p, &n, &e), 0);
	attr.insns = (uint64_t)(uintptr_t)p;
	attr.insn_cnt = (uint32_t)n;
	attr.license = (uint64_t)(uintptr_t) "LGPL";
	fd = syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	free(p);
	if (fd < 0 && (errno == EPERM || errno == ENOSYS))
		skip();
	assert_true(fd >= 0);
	close((int)fd);
}

static void test_bad_rules(void **state)
{
	const struct device_rule no_type = { 'a', false, false, 1, 3, DEVICE_READ };
	const struct device_rule no_access = { 'c', false, false, 1, 3, 0 };
	const struct device_rule odd_access = { 'c', false, false, 1, 3, 8 };
	struct err e = ERR_INIT;
	struct bpf_insn *p;
	size_t n;

	(void)state;
	assert_int_equal(device_bpf_generate(&no_type, 1, &p, &n, &e), -EINVAL);
	assert_int_equal(device_bpf_generate(&no_access, 1, &p, &n, &e), -EINVAL);
	assert_int_equal(device_bpf_generate(&odd_access, 1, &p, &n, &e), -EINVAL);
}

static void test_access_letters(void **state)
{
	unsigned a = 0;

	(void)state;
	assert_int_equal(device_access_parse("rwm", &a), 0);
	assert_int_equal(a, DEVICE_ALL);
	assert_int_equal(device_access_parse("w", &a), 0);
	assert_int_equal(a, DEVICE_WRITE);
	assert_int_equal(device_access_parse("", &a), -EINVAL);
	assert_int_equal(device_access_parse("rr", &a), -EINVAL);
	assert_int_equal(device_access_parse("rx", &a), -EINVAL);
}

static int sim(const struct bpf_insn *p, size_t n)
{
	struct err e = ERR_INIT;
	bool allowed;

	return devsim_run(p, n, 'c', DEVICE_READ, 1, 3, &allowed, &e);
}

#define INSN(c, d, s, o, i)                                               \
	{                                                                 \
		.code = c, .dst_reg = d, .src_reg = s, .off = o, .imm = i \
	}
#define EXIT INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define ONE INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 1)

static void test_what_is_not_known_is_an_error(void **state)
{
	const struct bpf_insn call[] = { INSN(BPF_JMP | BPF_CALL, 0, 0, 0, 1), EXIT };
	const struct bpf_insn wide[] = { INSN(BPF_LD | BPF_IMM | BPF_DW, 1, 0, 0, 0),
					 EXIT };
	const struct bpf_insn store[] = { INSN(BPF_STX | BPF_MEM | BPF_W, 10, 0, -4, 0),
					  EXIT };
	const struct bpf_insn stack[] = { INSN(BPF_ALU64 | BPF_MOV | BPF_X, 2, 10, 0, 0),
					  EXIT };
	const struct bpf_insn back[] = { ONE, INSN(BPF_JMP | BPF_JA, 0, 0, -2, 0), EXIT };
	const struct bpf_insn end[] = { ONE };
	const struct bpf_insn far[] = { ONE, INSN(BPF_JMP | BPF_JA, 0, 0, 99, 0), EXIT };
	const struct bpf_insn unset[] = { EXIT };
	const struct bpf_insn beyond[] = { INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, 12, 0),
					   EXIT };
	const struct bpf_insn before[] = { INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, -4, 0),
					   EXIT };
	const struct bpf_insn odd[] = { INSN(BPF_LDX | BPF_MEM | BPF_W, 0, 1, 2, 0),
					EXIT };
	const struct bpf_insn leak[] = { INSN(BPF_ALU64 | BPF_ADD | BPF_K, 1, 0, 0, 4),
					 EXIT };
	const struct bpf_insn fine[] = { ONE, EXIT };

	(void)state;
	assert_int_equal(sim(call, 2), -EOPNOTSUPP);
	assert_int_equal(sim(wide, 2), -EOPNOTSUPP);
	assert_int_equal(sim(store, 2), -EOPNOTSUPP);
	assert_int_equal(sim(stack, 2), -EOPNOTSUPP);
	assert_int_equal(sim(back, 3), -EINVAL);
	assert_int_equal(sim(end, 1), -EINVAL);
	assert_int_equal(sim(far, 3), -EINVAL);
	assert_int_equal(sim(unset, 1), -EINVAL);
	assert_int_equal(sim(beyond, 2), -EINVAL);
	assert_int_equal(sim(before, 2), -EINVAL);
	assert_int_equal(sim(odd, 2), -EINVAL);
	assert_int_equal(sim(leak, 2), -EINVAL);
	assert_int_equal(sim(fine, 0), -EINVAL);
	assert_int_equal(sim(fine, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grid),
		cmocka_unit_test(test_kernel_takes_it),
		cmocka_unit_test(test_bad_rules),
		cmocka_unit_test(test_access_letters),
		cmocka_unit_test(test_what_is_not_known_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
