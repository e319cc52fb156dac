/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features and grants add their own and nothing else; the other forms of a filter. */
#include <asm/ioctls.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "scvm.h"
#include "seccomp_text.h"
#include "syscall_table.h"

/* The names allowed in one filter and not in another, separated by blanks. */
static char *added(const struct scvm *more, const struct scvm *less)
{
	struct strbuf out = STRBUF_INIT;
	size_t i;

	for (i = 0; i < more->set.n; i++) {
		const struct sc_rule *r = &more->set.rules[i];
		const struct sc_rule *old = sc_set_rule(&less->set, r->nr);

		if (sc_rule_reachable(r) && !(old && sc_rule_reachable(old)))
			strbuf_printf(&out, "%s%s", out.len ? " " : "", r->name);
	}
	strbuf_puts(&out, "");
	return strbuf_steal(&out);
}

static void test_features_add_their_own(void **state)
{
	struct scvm bare, v;
	char *names;
	int i;

	static const struct {
		int which;
		const char *names;
	} cases[] = {
		{ 0, "pwrite64 fdatasync ftruncate fstatfs fadvise64 fallocate preadv "
		     "pwritev" },
		{ 1, "" }, /* restricted user network */
		{ 2, "" }, /* tap: ioctls only */
		{ 3, "sendmsg recvmsg shutdown listen getsockname getpeername getsockopt "
		     "accept4" },
		{ 4, "mlockall" },
		{ 5, "ftruncate fallocate memfd_create" },
		{ 6, "pwrite64" },
		{ 7, "ftruncate memfd_create" },
	};

	(void)state;
	scvm_init_bare(&bare);
	scvm_build(&bare);
	for (i = 0; i < (int)ARRAY_SIZE(cases); i++) {
		int w = cases[i].which;

		scvm_init_bare(&v);
		v.policy.n_disks = w == 0;
		v.policy.n_network = w == 1 || w == 2;
		v.nic.restricted.v = w == 1;
		v.nic.type.v = w == 2 ? NIC_TAP : NIC_USER;
		v.policy.qmp.enabled.v = w == 3;
		v.policy.memory_locked.v = w == 4;
		v.policy.memory_shared.v = w == 5;
		v.policy.vfio.n = w == 6;
		v.target.accel = w == 7 ? ACCEL_TCG : ACCEL_KVM;
		scvm_build(&v);
		names = added(&v, &bare);
		assert_string_equal(names ? names : "", cases[i].names);
		free(names);
		scvm_dispose(&v);
	}
	scvm_dispose(&bare);
}

static void test_sockets_by_family(void **state)
{
	const int socket_nr = syscall_table_number("socket");
	const uint32_t soft = SECCOMP_RET_ERRNO | EAFNOSUPPORT;
	struct scvm v;
	int family;

	(void)state;
	scvm_init(&v);
	v.nic.restricted.v = false;
	v.policy.namespaces.net.v = NETNS_HOST;
	scvm_build(&v);
	for (family = 0; family < 64; family++) {
		bool inet = family == AF_INET || family == AF_INET6;
		uint64_t f = (uint64_t)family;

		assert_int_equal(scvm_ask(&v, socket_nr, f, SOCK_STREAM, 0, 0),
				 inet ? SECCOMP_RET_ALLOW : soft);
		assert_int_equal(scvm_ask(&v, socket_nr, f | 1ULL << 32,
					  SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
					  0),
				 inet ? SECCOMP_RET_ALLOW : soft);
		assert_int_equal(scvm_ask(&v, socket_nr, f, SOCK_RAW, 0, 0), soft);
		assert_int_equal(scvm_ask(&v, socket_nr, f, SOCK_STREAM | 0x100, 0, 0),
				 soft);
	}
	scvm_dispose(&v);
}

static int try_grant(const char *call, const char *request, struct err *e)
{
	struct sc_set s = { .arena = ARENA_INIT };
	struct scvm v;
	int r;

	scvm_init(&v);
	v.policy.grants.syscalls.n = call != NULL;
	v.policy.grants.ioctls.n = request != NULL;
	v.strings[0] = (struct m_str){ call, { "vm.yaml", 7, 3 } };
	v.strings[1] = (struct m_str){ request, { "vm.yaml", 8, 5 } };
	r = sc_set_build(&s, &v.policy, &v.target, e);
	sc_set_dispose(&s);
	return r;
}

static void test_grant_of_a_call(void **state)
{
	struct scvm with, without;
	char *names;
	int i;

	(void)state;
	scvm_init(&without);
	scvm_build(&without);
	scvm_init(&with);
	with.policy.grants.syscalls.n = 1;
	with.strings[0].v = "getppid";
	scvm_build(&with);
	names = added(&with, &without);
	assert_string_equal(names, "getppid");
	for (i = 0; i < 1000; i++)
		if (i != syscall_table_number("getppid"))
			assert_int_equal(scvm_ask(&with, i, 7, 7, 7, 7),
					 scvm_ask(&without, i, 7, 7, 7, 7));
	free(names);
	scvm_dispose(&with);
	scvm_dispose(&without);
}

static void test_grant_lifts_a_soft_error(void **state)
{
	struct scvm v;

	(void)state;
	scvm_init(&v);
	v.policy.grants.syscalls.n = 1;
	v.strings[0].v = "mbind";
	scvm_build(&v);
	assert_int_equal(scvm_ask(&v, syscall_table_number("mbind"), 1, 2, 3, 4),
			 SECCOMP_RET_ALLOW);
	scvm_dispose(&v);
}

static void test_grant_of_an_ioctl(void **state)
{
	const int n = syscall_table_number("ioctl");
	struct scvm with, without;
	uint64_t request;

	(void)state;
	scvm_init(&without);
	scvm_build(&without);
	scvm_init(&with);
	with.policy.grants.ioctls.n = 1;
	with.strings[1].v = "0x4b3a";
	scvm_build(&with);
	for (request = 0; request < 0x10000; request++)
		assert_int_equal(scvm_ask(&with, n, 0, request, 0, 0),
				 request == 0x4b3a
					 ? SECCOMP_RET_ALLOW
					 : scvm_ask(&without, n, 0, request, 0, 0));
	scvm_dispose(&with);
	scvm_dispose(&without);
}

static void test_refused_grants(void **state)
{
	static const char *const calls[] = {
		"execve",      "execveat",	  "fork",
		"clone",       "ptrace",	  "bpf",
		"mount",       "ioctl",		  "mmap",
		"prctl",       "io_uring_setup",  "seccomp",
		"personality", "kexec_file_load", "finit_module"
	};
	static const char *const requests[] = { "0x5412", "0x541c", "0x5423",
						"0x541d", "0x541C", "0x0000541c" };
	static const char *const malformed[] = {
		"", "0x", "21522", "0x1ffffffff", "0x-1", "0x5412 ", "TIOCSTI"
	};
	struct err e = ERR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(calls); i++) {
		assert_int_equal(try_grant(calls[i], NULL, &e), -EPERM);
		assert_int_equal(e.loc.line, 7);
	}
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		assert_int_equal(try_grant(NULL, requests[i], &e), -EPERM);
		assert_int_equal(e.loc.line, 8);
	}
	for (i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(try_grant(NULL, malformed[i], &e), -EINVAL);
	assert_int_equal(try_grant("getpidd", NULL, &e), -EINVAL);
	assert_string_equal(e.text, "x86-64 has no system call \"getpidd\" (did you mean "
				    "\"getpid\"?)");
	assert_int_equal(try_grant("socketcall", NULL, &e), -EINVAL);
	assert_int_equal(try_grant("read", "0x541b", &e), 0);
}

static void test_unknown_vmm(void **state)
{
	struct sc_set s = { .arena = ARENA_INIT };
	struct err e = ERR_INIT;
	struct scvm v;

	(void)state;
	scvm_init(&v);
	v.policy.vmm.v = "bhyve";
	assert_int_equal(sc_set_build(&s, &v.policy, &v.target, &e), -EINVAL);
}

static json_t *find_rule(json_t *oci, const char *call, const char *action)
{
	json_t *r, *name;
	size_t i, k;

	json_array_foreach(json_object_get(oci, "syscalls"), i, r)
	{
		if (strcmp(json_string_value(json_object_get(r, "action")), action) != 0)
			continue;
		json_array_foreach(json_object_get(r, "names"), k, name)
		{
			if (strcmp(json_string_value(name), call) == 0)
				return r;
		}
	}
	return NULL;
}

static void test_oci(void **state)
{
	struct scvm v;
	json_t *oci, *r, *arg;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	oci = sc_oci(&v.set, true);
	assert_string_equal(json_string_value(json_object_get(oci, "defaultAction")),
			    "SCMP_ACT_KILL_PROCESS");
	assert_non_null(find_rule(oci, "read", "SCMP_ACT_ALLOW"));
	assert_null(find_rule(oci, "ptrace", "SCMP_ACT_ALLOW"));
	r = find_rule(oci, "clone3", "SCMP_ACT_ERRNO");
	assert_non_null(r);
	assert_int_equal(json_integer_value(json_object_get(r, "errnoRet")), ENOSYS);
	r = find_rule(oci, "ioctl", "SCMP_ACT_ALLOW");
	arg = json_array_get(json_object_get(r, "args"), 0);
	assert_int_equal(json_integer_value(json_object_get(arg, "index")), 1);
	assert_int_equal(json_integer_value(json_object_get(arg, "value")), 0xffffffff);
	assert_string_equal(json_string_value(json_object_get(arg, "op")),
			    "SCMP_CMP_MASKED_EQ");
	json_decref(oci);
	scvm_dispose(&v);
}

static void test_pfc(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct scvm v;

	(void)state;
	scvm_init(&v);
	scvm_build(&v);
	sc_pfc(&v.set, "test", &out);
	assert_non_null(strstr(out.s, "(($a1 & 0xffffffff) == 0xae80) allow; # KVM_RUN"));
	assert_non_null(strstr(out.s, "errno 38 (ENOSYS); # clone3"));
	assert_null(strstr(out.s, "TIOCSTI"));
	strbuf_dispose(&out);
	scvm_dispose(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_features_add_their_own),
		cmocka_unit_test(test_sockets_by_family),
		cmocka_unit_test(test_grant_of_a_call),
		cmocka_unit_test(test_grant_lifts_a_soft_error),
		cmocka_unit_test(test_grant_of_an_ioctl),
		cmocka_unit_test(test_refused_grants),
		cmocka_unit_test(test_unknown_vmm),
		cmocka_unit_test(test_oci),
		cmocka_unit_test(test_pfc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
