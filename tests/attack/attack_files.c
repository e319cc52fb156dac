/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files, mounts and devices outside what was handed over. */
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>

#include "raw.h"

#define T const struct target *t
#define UNUSED ((void)t)
#define AT AT_FDCWD
#define REFUSED "ENOENT|EACCES|ENOTDIR"
#define READ_ONLY "EACCES|EROFS|EPERM|ENOENT"

static long open_read(const char *path)
{
	return raw(__NR_openat, AT, path, O_RDONLY, 0);
}
static long open_write(const char *path)
{
	return raw(__NR_openat, AT, path, O_WRONLY, 0);
}
static long create(const char *path)
{
	return raw(__NR_openat, AT, path, O_WRONLY | O_CREAT | O_EXCL, 0600);
}

static long shadow(T) { UNUSED; return open_read("/etc/shadow"); }
static long passwd(T) { UNUSED; return open_read("/etc/passwd"); }
static long other_disk(T) { return open_read(t->disk ? t->disk : "/var/lib/none"); }
static long other_disk_rw(T) { return open_write(t->disk ? t->disk : "/var/lib/none"); }
static long host_dir(T) { return open_read(t->dir ? t->dir : "/root"); }
static long host_root(T) { UNUSED; return open_read("/../../../../etc/shadow"); }
static long proc_init_root(T) { UNUSED; return open_read("/proc/1/root/etc/shadow"); }
static long proc_self_mem(T) { UNUSED; return open_write("/proc/self/mem"); }
static long proc_self_exe(T) { UNUSED; return open_write("/proc/self/exe"); }
static long proc_sysrq(T) { UNUSED; return open_write("/proc/sysrq-trigger"); }
static long attr_current(T) { UNUSED; return open_write("/proc/self/attr/current"); }
static long attr_exec(T) { UNUSED; return open_write("/proc/thread-self/attr/exec"); }
static long core_pattern(T)
{
	UNUSED;
	return open_write("/proc/sys/kernel/core_pattern");
}
static long oom_score(T) { UNUSED; return open_write("/proc/self/oom_score_adj"); }
static long cgroup_procs(T) { UNUSED; return open_write("/sys/fs/cgroup/cgroup.procs"); }
static long cgroup_v1(T) { UNUSED; return open_write("/sys/fs/cgroup/devices/tasks"); }
static long release_agent(T)
{
	UNUSED;
	return open_write("/sys/fs/cgroup/memory/release_agent");
}
static long sys_read(T) { UNUSED; return open_read("/sys/kernel"); }
static long run_dir(T) { UNUSED; return open_read("/run/brattice"); }
static long dev_mem(T) { UNUSED; return open_read("/dev/mem"); }
static long dev_vda(T) { UNUSED; return open_read("/dev/vda"); }
static long dev_sda(T) { UNUSED; return open_read("/dev/sda"); }
static long dev_tty(T) { UNUSED; return open_write("/dev/tty"); }
static long dev_ptmx(T) { UNUSED; return open_write("/dev/ptmx"); }
static long dev_tun(T) { UNUSED; return open_write("/dev/net/tun"); }
static long dev_fuse(T) { UNUSED; return open_write("/dev/fuse"); }
static long create_root(T) { UNUSED; return create("/brattice-attack"); }
static long create_dev(T) { UNUSED; return create("/dev/brattice-attack"); }
static long create_usr(T) { UNUSED; return create("/usr/lib/brattice-attack"); }
static long create_shm(T) { UNUSED; return create("/dev/shm/brattice-attack"); }
static long tmpfile_root(T)
{
	UNUSED;
	return raw(__NR_openat, AT, "/", O_TMPFILE | O_RDWR, 0600);
}

static long self_write(T) { return open_write(t->self); }

static long make_dir(T) { UNUSED; return raw(__NR_mkdir, "/brattice-dir", 0700); }
static long make_dirat(T) { UNUSED; return raw(__NR_mkdirat, AT, "/brattice-dir", 0700); }
static long link_self(T) { return raw(__NR_link, t->self, "/brattice-link"); }
static long sym_link(T) { UNUSED; return raw(__NR_symlink, "/etc", "/brattice-sym"); }
static long rename_self(T) { return raw(__NR_rename, t->self, "/brattice-name"); }
static long unlink_self(T) { return raw(__NR_unlink, t->self); }
static long unlink_at(T) { return raw(__NR_unlinkat, AT, t->self, 0); }
static long chmod_self(T) { return raw(__NR_chmod, t->self, 0777); }
static long chmod_at(T) { return raw(__NR_fchmodat, AT, t->self, 0777, 0); }
static long chown_self(T) { return raw(__NR_chown, t->self, 0, 0); }

static long disk_chmod(T) { return raw(__NR_fchmod, t->fd, 0666); }
static long disk_chown(T) { return raw(__NR_fchown, t->fd, 65534, 65534); }
static long disk_chownat(T)
{
	return raw(__NR_fchownat, t->fd, "", 65534, 65534, AT_EMPTY_PATH);
}
static long disk_setxattr(T)
{
	return raw(__NR_fsetxattr, t->fd, "security.selinux", "x", 1, 0);
}
static long disk_user_xattr(T) { return raw(__NR_fsetxattr, t->fd, "user.x", "x", 1, 0); }
static long disk_linkat(T)
{
	return raw(__NR_linkat, t->fd, "", AT, "/brattice-disk", AT_EMPTY_PATH);
}
static long disk_immutable(T)
{
	long flags = 0x10; /* FS_IMMUTABLE_FL by FS_IOC_SETFLAGS */

	return raw(__NR_ioctl, t->fd, 0x40086602, &flags);
}
static long disk_lease(T) { return raw(__NR_fcntl, t->fd, F_SETLEASE, F_WRLCK); }
static long disk_setown(T) { return raw(__NR_fcntl, t->fd, F_SETOWN, t->pid); }
static long disk_fd_path(T) { UNUSED; return open_write("/dev/fd/3"); }

static long node(const char *path, unsigned mode, unsigned dev)
{
	return raw(__NR_mknod, path, mode, dev);
}
static long mknod_mem(T) { UNUSED; return node("/dev/m", S_IFCHR | 0600, 0x101); }
static long mknod_disk(T) { UNUSED; return node("/dev/d", S_IFBLK | 0600, 0x800); }
static long mknod_at(T)
{
	UNUSED;
	return raw(__NR_mknodat, AT, "/dev/m", S_IFCHR | 0600, 0x101);
}
static long mknod_fifo(T) { UNUSED; return node("/f", S_IFIFO | 0600, 0); }

static long mount_tmpfs(T) { UNUSED; return raw(__NR_mount, "t", "/", "tmpfs", 0, NULL); }
static long mount_proc(T) { UNUSED; return raw(__NR_mount, "p", "/", "proc", 0, NULL); }
static long mount_bind(T) { UNUSED; return raw(__NR_mount, "/dev", "/", "", 4096, NULL); }
static long remount_rw(T) { UNUSED; return raw(__NR_mount, "", "/", "", 32, NULL); }
static long umount_root(T) { UNUSED; return raw(__NR_umount2, "/", 2); }
static long fs_open(T) { UNUSED; return raw(__NR_fsopen, "tmpfs", 0); }
static long fs_pick(T) { UNUSED; return raw(__NR_fspick, AT, "/", 0); }
static long fs_mount(T) { return raw(__NR_fsmount, t->fd, 0, 0); }
static long fs_config(T) { return raw(__NR_fsconfig, t->fd, 6, NULL, NULL, 0); }
static long tree_clone(T)
{
	UNUSED;
	return raw(__NR_open_tree, AT, "/", OPEN_TREE_CLONE);
}
static long mount_move(T) { UNUSED; return raw(__NR_move_mount, AT, "/dev", AT, "/", 0); }
static long mount_attr(T)
{
	struct mount_attr a = { 0, MOUNT_ATTR_RDONLY, 0, 0 };

	UNUSED;
	return raw(__NR_mount_setattr, AT, "/", 0, &a, sizeof(a));
}
static long pivot(T) { UNUSED; return raw(__NR_pivot_root, "/", "/"); }
static long chroot_usr(T) { UNUSED; return raw(__NR_chroot, "/usr"); }

static long open_handle(T)
{
	struct {
		unsigned bytes;
		int type;
		char f[8];
	} h = { 8, 1, { 2, 0, 0, 0, 0, 0, 0, 0 } };

	UNUSED;
	return raw(__NR_open_by_handle_at, AT, &h, O_RDONLY);
}

static long name_handle(T)
{
	char h[136] = { 127 };
	int id;

	UNUSED;
	return raw(__NR_name_to_handle_at, AT, "/", h, &id, 0);
}

static long fanotify(T) { UNUSED; return raw(__NR_fanotify_init, 0, 0); }
static long quota(T)
{
	char b[64];
	UNUSED;
	return raw(__NR_quotactl, 0x800007 << 8, 0, 0, b);
}
static long swap_on(T) { return raw(__NR_swapon, t->disk ? t->disk : "/none", 0); }
static long acct_on(T) { UNUSED; return raw(__NR_acct, "/brattice-acct"); }

/* openat2 could carry flags that a filter for openat's arguments does not see */
static long openat2_shadow(T)
{
	struct {
		uint64_t flags, mode, resolve;
	} how = { O_RDONLY, 0, 0 };

	UNUSED;
	return raw(__NR_openat2, AT, "/etc/shadow", &how, sizeof(how));
}

const struct attack attacks_files[] = {
	{ "open_shadow", shadow, REFUSED, REFUSED },
	{ "open_passwd", passwd, REFUSED, REFUSED },
	{ "open_other_disk", other_disk, REFUSED, REFUSED },
	{ "open_other_disk_rw", other_disk_rw, REFUSED, REFUSED },
	{ "open_host_dir", host_dir, REFUSED, REFUSED },
	{ "open_dotdot", host_root, REFUSED, REFUSED },
	{ "openat2_shadow", openat2_shadow, "KILL|ENOSYS", REFUSED },
	{ "proc_init_root", proc_init_root, REFUSED, REFUSED },
	{ "proc_self_mem", proc_self_mem, REFUSED, REFUSED },
	{ "proc_self_exe", proc_self_exe, REFUSED, REFUSED },
	{ "proc_sysrq", proc_sysrq, REFUSED, REFUSED },
	{ "attr_current", attr_current, REFUSED, REFUSED },
	{ "attr_exec", attr_exec, REFUSED, REFUSED },
	{ "core_pattern", core_pattern, REFUSED, REFUSED },
	{ "oom_score_adj", oom_score, REFUSED, REFUSED },
	{ "cgroup_procs", cgroup_procs, REFUSED, REFUSED },
	{ "cgroup_v1_tasks", cgroup_v1, REFUSED, REFUSED },
	{ "release_agent", release_agent, REFUSED, REFUSED },
	{ "open_sys", sys_read, REFUSED, REFUSED },
	{ "open_run_dir", run_dir, REFUSED, REFUSED },
	{ "dev_mem", dev_mem, REFUSED, REFUSED },
	{ "dev_vda", dev_vda, REFUSED, REFUSED },
	{ "dev_sda", dev_sda, REFUSED, REFUSED },
	{ "dev_tty", dev_tty, REFUSED, REFUSED },
	{ "dev_ptmx", dev_ptmx, REFUSED, REFUSED },
	{ "dev_tun", dev_tun, REFUSED, REFUSED },
	{ "dev_fuse", dev_fuse, REFUSED, REFUSED },
	{ "create_in_root", create_root, READ_ONLY, READ_ONLY },
	{ "create_in_dev", create_dev, READ_ONLY, READ_ONLY },
	{ "create_in_usr", create_usr, READ_ONLY, READ_ONLY },
	{ "create_in_shm", create_shm, READ_ONLY, READ_ONLY },
	{ "tmpfile_in_root", tmpfile_root, READ_ONLY, READ_ONLY },
	{ "write_own_program", self_write, "EACCES|EROFS|ETXTBSY|ENOENT",
	  "EACCES|EROFS|ETXTBSY|ENOENT" },
	{ "mkdir", make_dir, "KILL", READ_ONLY },
	{ "mkdirat", make_dirat, "KILL", READ_ONLY },
	{ "link", link_self, "KILL", READ_ONLY "|EXDEV" },
	{ "symlink", sym_link, "KILL", READ_ONLY },
	{ "rename", rename_self, "KILL", READ_ONLY "|EXDEV|EBUSY" },
	{ "unlink", unlink_self, "KILL|ENOENT", READ_ONLY "|EBUSY" },
	{ "unlinkat", unlink_at, "KILL", READ_ONLY "|EBUSY" },
	{ "chmod", chmod_self, "KILL", READ_ONLY },
	{ "fchmodat", chmod_at, "KILL", READ_ONLY },
	{ "chown", chown_self, "KILL", READ_ONLY },
	{ "disk_fchmod", disk_chmod, "KILL", "EPERM" },
	{ "disk_fchown", disk_chown, "KILL", "EPERM" },
	{ "disk_fchownat", disk_chownat, "KILL", "EPERM" },
	{ "disk_label", disk_setxattr, "KILL", "EPERM|EOPNOTSUPP" },
	{ "disk_user_xattr", disk_user_xattr, "KILL", "-" },
	{ "disk_linkat", disk_linkat, "KILL", READ_ONLY "|EXDEV" },
	{ "disk_immutable", disk_immutable, "KILL", "EPERM|EACCES|ENOTTY" },
	{ "disk_lease", disk_lease, "KILL", "EACCES|EAGAIN|EPERM" },
	{ "disk_setown", disk_setown, "KILL", "ESRCH" },
	{ "disk_reopen", disk_fd_path, REFUSED, REFUSED },
	{ "mknod_mem", mknod_mem, "KILL", "EPERM|EACCES|EROFS" },
	{ "mknod_disk", mknod_disk, "KILL", "EPERM|EACCES|EROFS" },
	{ "mknodat", mknod_at, "KILL", "EPERM|EACCES|EROFS" },
	{ "mknod_fifo", mknod_fifo, "KILL", "EPERM|EACCES|EROFS" },
	{ "mount_tmpfs", mount_tmpfs, "KILL", "EPERM" },
	{ "mount_proc", mount_proc, "KILL", "EPERM" },
	{ "mount_bind", mount_bind, "KILL", "EPERM" },
	{ "remount_rw", remount_rw, "KILL", "EPERM" },
	{ "umount2", umount_root, "KILL", "EPERM" },
	{ "fsopen", fs_open, "KILL", "EPERM" },
	{ "fspick", fs_pick, "KILL", "EPERM" },
	{ "fsmount", fs_mount, "KILL", "EPERM" },
	{ "fsconfig", fs_config, "KILL", "EPERM|EINVAL|EBADF" },
	{ "open_tree", tree_clone, "KILL", "EPERM" },
	{ "move_mount", mount_move, "KILL", "EPERM" },
	{ "mount_setattr", mount_attr, "KILL", "EPERM" },
	{ "pivot_root", pivot, "KILL", "EPERM" },
	{ "chroot", chroot_usr, "KILL", "EPERM" },
	{ "open_by_handle_at", open_handle, "KILL", "EPERM" },
	{ "name_to_handle_at", name_handle, "KILL", "-" },
	{ "fanotify_init", fanotify, "KILL", "EPERM" },
	{ "quotactl", quota, "KILL", "-" },
	{ "swapon", swap_on, "KILL", "EPERM" },
	{ "acct", acct_on, "KILL", "EPERM" },
	{ NULL, NULL, NULL, NULL },
};
