/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Talking to others: sockets, System V and POSIX objects, terminals. */
#include <errno.h>
#include <fcntl.h>
#include <linux/in.h>
#include <linux/netlink.h>
#include <linux/un.h>
#include <sys/ioctl.h>

#include "raw.h"

#define T const struct target *t
#define UNUSED ((void)t)
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define FAMILY_UNIX 1
#define FAMILY_INET 2
#define FAMILY_INET6 10
#define FAMILY_NETLINK 16
#define FAMILY_PACKET 17
#define FAMILY_ALG 38
#define FAMILY_VSOCK 40
#define FAMILY_BLUETOOTH 31

static long sock(long family, long type, long protocol)
{
	return raw(__NR_socket, family, type, protocol);
}

static long s_inet(T) { UNUSED; return sock(FAMILY_INET, SOCK_STREAM, 0); }
static long s_inet6(T) { UNUSED; return sock(FAMILY_INET6, SOCK_STREAM, 0); }
static long s_udp(T) { UNUSED; return sock(FAMILY_INET, SOCK_DGRAM, 0); }
static long s_raw(T) { UNUSED; return sock(FAMILY_INET, SOCK_RAW, 1); }
static long s_netlink(T) { UNUSED; return sock(FAMILY_NETLINK, SOCK_RAW, NETLINK_ROUTE); }
static long s_packet(T) { UNUSED; return sock(FAMILY_PACKET, SOCK_RAW, 0x300); }
static long s_vsock(T) { UNUSED; return sock(FAMILY_VSOCK, SOCK_STREAM, 0); }
static long s_alg(T) { UNUSED; return sock(FAMILY_ALG, 5, 0); }
static long s_bluetooth(T) { UNUSED; return sock(FAMILY_BLUETOOTH, SOCK_RAW, 0); }
static long s_high_bits(T)
{
	UNUSED;
	return sock(0x100000000L + FAMILY_INET, SOCK_STREAM, 0);
}

static long connect_loopback(T)
{
	struct sockaddr_in a = { .sin_family = FAMILY_INET, .sin_port = 0x1600,
				 .sin_addr = { 0x0100007f } };
	long fd = sock(FAMILY_INET, SOCK_STREAM, 0);

	UNUSED;
	return fd < 0 ? fd : raw(__NR_connect, fd, &a, sizeof(a));
}

static long abstract_name(long nr, const char *name)
{
	struct sockaddr_un a = { .sun_family = FAMILY_UNIX };
	long fd = sock(FAMILY_UNIX, SOCK_STREAM, 0);
	unsigned n = 0;

	for (; name[n]; n++)
		a.sun_path[n + 1] = name[n];
	return fd < 0 ? fd : raw(nr, fd, &a, 3 + n);
}

static long abstract_connect(T)
{
	UNUSED;
	return abstract_name(__NR_connect, "brattice-test-listener");
}

static long path_connect(T)
{
	struct sockaddr_un a = { .sun_family = FAMILY_UNIX,
				 .sun_path = "/run/dbus/system_bus_socket" };
	long fd = sock(FAMILY_UNIX, SOCK_STREAM, 0);

	UNUSED;
	return fd < 0 ? fd : raw(__NR_connect, fd, &a, sizeof(a));
}

static long sysv_shm(T) { UNUSED; return raw(__NR_shmget, 0x42524154, 4096, 0); }
static long sysv_shm_create(T)
{
	UNUSED;
	return raw(__NR_shmget, 0x42524155, 4096, 01666);
}
static long sysv_sem(T) { UNUSED; return raw(__NR_semget, 0x42524154, 1, 0); }
static long sysv_msg(T) { UNUSED; return raw(__NR_msgget, 0x42524154, 0); }
static long posix_mq(T)
{
	UNUSED;
	return raw(__NR_mq_open, "brattice-test", O_RDWR, 0, 0);
}
static long posix_mq_create(T)
{
	UNUSED;
	return raw(__NR_mq_open, "brattice-new", O_RDWR | O_CREAT, 0666, NULL);
}

static char letter = '#';

static long tty_sti(T) { UNUSED; return raw(__NR_ioctl, 0, TIOCSTI, &letter); }
static long tty_sti_high(T)
{
	UNUSED;
	return raw(__NR_ioctl, 0, 0x100000000L + TIOCSTI, &letter);
}
static long tty_sti_top(T)
{
	UNUSED;
	return raw(__NR_ioctl, 0, 0x8000000000000000UL + TIOCSTI, &letter);
}
static long tty_linux(T)
{
	char c = 11;
	UNUSED;
	return raw(__NR_ioctl, 0, TIOCLINUX, &c);
}
static long tty_setd(T) { int d = 0; UNUSED; return raw(__NR_ioctl, 0, TIOCSETD, &d); }
static long tty_sctty(T) { UNUSED; return raw(__NR_ioctl, 0, TIOCSCTTY, 1); }
static long tty_cons(T) { UNUSED; return raw(__NR_ioctl, 0, TIOCCONS, 0); }
static long unknown_ioctl(T) { return raw(__NR_ioctl, t->fd, 0xdeadbeefL, 0); }

const struct attack attacks_ipc[] = {
	{ "socket_inet", s_inet, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_inet6", s_inet6, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_udp", s_udp, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_raw", s_raw, "KILL|EPERM|EAFNOSUPPORT|EACCES", "EPERM|EAFNOSUPPORT" },
	{ "socket_netlink", s_netlink, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_packet", s_packet, "KILL|EPERM|EAFNOSUPPORT|EACCES",
	  "EPERM|EAFNOSUPPORT" },
	{ "socket_vsock", s_vsock, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_alg", s_alg, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_bluetooth", s_bluetooth, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "socket_high_bits", s_high_bits, "KILL|EPERM|EAFNOSUPPORT|EACCES", "-" },
	{ "connect_loopback", connect_loopback, "KILL|EPERM|EAFNOSUPPORT|EACCES",
	  "EACCES|ENETUNREACH|EAFNOSUPPORT" },
	{ "abstract_connect", abstract_connect, "KILL|EPERM|EAFNOSUPPORT|ECONNREFUSED",
	  "EPERM|ECONNREFUSED|EAFNOSUPPORT" },
	{ "path_connect", path_connect, "KILL|EPERM|EAFNOSUPPORT|ENOENT|EACCES",
	  "ENOENT|EACCES|EAFNOSUPPORT" },
	{ "shmget", sysv_shm, "KILL", "ENOENT" },
	{ "shmget_create", sysv_shm_create, "KILL", "-" },
	{ "semget", sysv_sem, "KILL", "ENOENT" },
	{ "msgget", sysv_msg, "KILL", "ENOENT" },
	{ "mq_open", posix_mq, "KILL", "ENOENT|EACCES" },
	{ "mq_open_create", posix_mq_create, "KILL", "-" },
	{ "tiocsti", tty_sti, "KILL", "ENOTTY|EPERM|EIO" },
	{ "tiocsti_high_bit", tty_sti_high, "KILL", "ENOTTY|EPERM|EIO" },
	{ "tiocsti_top_bit", tty_sti_top, "KILL", "ENOTTY|EPERM|EIO" },
	{ "tioclinux", tty_linux, "KILL", "ENOTTY|EPERM|EIO" },
	{ "tiocsetd", tty_setd, "KILL", "ENOTTY|EPERM|EIO" },
	{ "tiocsctty", tty_sctty, "KILL", "ENOTTY|EPERM|EIO" },
	{ "tioccons", tty_cons, "KILL", "ENOTTY|EPERM|EIO" },
	{ "unknown_ioctl", unknown_ioctl, "KILL", "ENOTTY|EINVAL|EACCES" },
	{ NULL, NULL, NULL, NULL },
};
