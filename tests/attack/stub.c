/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The hostile VMM. Arguments before "-stub" are ignored: a description makes them for
 * QEMU.
 *   -stub                       prints "stub: ran", ends 0
 *   -stub exit N                ends N
 *   -stub idle                  prints "stub: idle", sleeps for good
 *   -stub signal N              sends itself signal N
 *   -stub report                prints what it sees from inside
 *   -stub attack NAME [K=V…]    one attack, prints "attack NAME ANSWER"
 *   -stub all kill|errno|second [K=V…]  every attack that does not end the process
 *   -stub first                 prints the time stamp counter at its first instruction
 *   -stub table                 prints "NAME KILL SECOND" of every attack
 */
#include <errno.h>
#include <linux/auxvec.h>

#include "raw.h"

static const struct attack *const groups[] = {
	attacks_exec, attacks_process, attacks_files, attacks_kernel, attacks_ipc, NULL,
};

static size_t text_length(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

int text_equal(const char *a, const char *b)
{
	for (; *a && *a == *b; a++)
		b++;
	return *a == *b;
}

void out_text(const char *s)
{
	raw(__NR_write, 1, s, text_length(s));
}

void out_number(unsigned long n)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = 0;
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	out_text(p);
}

void out_hex(unsigned long n)
{
	char digits[24], *p = digits + sizeof(digits) - 1;

	*p = 0;
	do {
		*--p = "0123456789abcdef"[n & 15];
		n >>= 4;
	} while (n);
	out_text(p);
}

static const struct {
	int code;
	const char *name;
} errnos[] = {
#define E(x) { x, #x }
	E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC),
	E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM), E(EACCES), E(EFAULT), E(ENOTBLK),
	E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL),
	E(ENFILE), E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE),
	E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE), E(EDEADLK), E(ENAMETOOLONG),
	E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENODATA), E(EOPNOTSUPP), E(EPROTO),
	E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE),
	E(EADDRNOTAVAIL), E(ENETUNREACH), E(ENETDOWN), E(ECONNREFUSED), E(ENOTCONN),
	E(ENOKEY), E(EDQUOT), E(EOVERFLOW), E(ESTALE), E(ETIMEDOUT), E(EHOSTUNREACH),
	E(EUCLEAN), E(EPROTOTYPE), E(ENOTSOCK),
#undef E
};

const char *errno_name(long e)
{
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].code == e)
			return errnos[i].name;
	return NULL;
}

/* "KILL" or "SEGV" as a word of the list: the process would not outlive the attack. */
static int is_deadly(const char *list)
{
	for (; *list; list++)
		if ((list[0] == 'K' && list[1] == 'I') ||
		    (list[0] == 'S' && list[1] == 'E' && list[2] == 'G'))
			return 1;
	return 0;
}

static void run_attack(const struct attack *a, const struct target *t)
{
	const char *name;
	long r;

	out_text("attack ");
	out_text(a->name);
	out_text(" ");
	r = a->run(t);
	if (r >= 0 || r < -MAX_ERRNO) {
		out_text("succeeded\n");
		return;
	}
	name = errno_name(-r);
	if (name) {
		out_text(name);
	} else {
		out_text("errno-");
		out_number((unsigned long)-r);
	}
	out_text("\n");
}

static long parse_number(const char *s)
{
	long n = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		n = n * 10 + (*s - '0');
	return n;
}

static void parse_target(struct target *t, char **argv)
{
	for (; *argv; argv++) {
		char *a = *argv, *v = a;

		while (*v && *v != '=')
			v++;
		if (!*v++)
			continue;
		if (a[0] == 'd' && a[2] == 's')
			t->disk = v;
		else if (a[0] == 'd')
			t->dir = v;
		else if (a[0] == 'p')
			t->pid = parse_number(v);
		else if (a[0] == 'f')
			t->fd = parse_number(v);
	}
}

static int attack_one(const char *name, const struct target *t)
{
	for (size_t g = 0; groups[g]; g++)
		for (const struct attack *a = groups[g]; a->name; a++)
			if (text_equal(a->name, name)) {
				run_attack(a, t);
				return 0;
			}
	out_text("stub: no such attack\n");
	return 2;
}

static int attack_all(const char *column, const struct target *t)
{
	int second = text_equal(column, "second"), refused = text_equal(column, "errno");

	for (size_t g = 0; groups[g]; g++)
		for (const struct attack *a = groups[g]; a->name; a++) {
			const char *expected = second ? a->second : a->kill;

			if (refused ? !is_deadly(a->second) :
				      !is_deadly(expected) && expected[0] != '-')
				run_attack(a, t);
		}
	out_text("stub: all done\n");
	return 0;
}

static int print_table(void)
{
	for (size_t g = 0; groups[g]; g++)
		for (const struct attack *a = groups[g]; a->name; a++) {
			out_text(a->name);
			out_text(" ");
			out_text(a->kill);
			out_text(" ");
			out_text(a->second);
			out_text("\n");
		}
	return 0;
}

static void end_by_signal(int sig)
{
	raw(__NR_exit_group, 128 + sig);
}

/* With a handler for SIGTERM: the init of a pid namespace is deaf to it otherwise. */
static __attribute__((noreturn)) void idle(void)
{
	struct {
		long s, ns;
	} hour = { 3600, 0 };
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(int);
		unsigned long mask;
	} action = { end_by_signal, 0x04000000 /* SA_RESTORER */, end_by_signal, 0 };

	raw(__NR_rt_sigaction, 15, &action, NULL, 8);
	out_text("stub: idle\n");
	for (;;)
		raw(__NR_clock_nanosleep, 0, 0, &hour, NULL);
}

static unsigned long first_instruction; /* time stamp counter */
static int runs_as_root = 1; /* until the kernel's auxiliary vector says otherwise */

/* Without a system call, which the filter might answer by killing. */
static void look_at_ids(char **env)
{
	long *aux;

	while (*env)
		env++;
	for (aux = (long *)(env + 1); aux[0]; aux += 2)
		if (aux[0] == AT_EUID)
			runs_as_root = aux[1] == 0;
}

static int stub_main(char **argv, char **env)
{
	struct target t = { .self = argv[0], .fd = 3, .cgroup = 100 };

	while (*argv && !text_equal(*argv, "-stub"))
		argv++;
	if (!argv[0] || !argv[1]) {
		out_text("stub: ran\n");
		return 0;
	}
	argv++;
	if (text_equal(*argv, "table"))
		return print_table();
	if (text_equal(*argv, "first")) {
		out_number(first_instruction);
		out_text("\n");
		return 0;
	}
	if (text_equal(*argv, "idle"))
		idle();
	if (text_equal(*argv, "report")) {
		parse_target(&t, argv + 1);
		report(&t, env);
		return 0;
	}
	if (!argv[1])
		return 2;
	if (text_equal(*argv, "exit"))
		return (int)parse_number(argv[1]);
	if (text_equal(*argv, "signal")) {
		long pid = raw(__NR_getpid), tid = raw(__NR_gettid);

		return (int)raw(__NR_tgkill, pid, tid, parse_number(argv[1]));
	}
	parse_target(&t, argv + 2);
	/* These deeds are meant to be refused. Started by hand as root they would move
	 * the host's mounts and clock: only the first process of a pid namespace may
	 * try. */
	if (runs_as_root || raw(__NR_getpid) != 1) {
		out_text("stub: refuses to attack: it is root, or not confined\n");
		return 3;
	}
	if (text_equal(*argv, "attack"))
		return attack_one(argv[1], &t);
	if (text_equal(*argv, "all"))
		return attack_all(argv[1], &t);
	return 2;
}

/* gcc may turn loops into calls of these */
void *memset(void *p, int c, size_t n);
void *memset(void *p, int c, size_t n)
{
	volatile unsigned char *b = p;

	while (n--)
		*b++ = (unsigned char)c;
	return p;
}

void *memcpy(void *restrict to, const void *restrict from, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
	volatile unsigned char *d = to;
	const unsigned char *s = from;

	while (n--)
		*d++ = *s++;
	return to;
}

void start_c(long *stack);
void start_c(long *stack)
{
	char **argv = (char **)(stack + 1);

	first_instruction = __builtin_ia32_rdtsc();
	look_at_ids(argv + stack[0] + 1);
	raw(__NR_exit_group, stub_main(argv, argv + stack[0] + 1));
	__builtin_unreachable();
}

__asm__(".globl _start\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call start_c\n");
