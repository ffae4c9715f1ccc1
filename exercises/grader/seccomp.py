"""The system calls that a learner's code has no use for, refused by the kernel.

A list of what is denied, not of what is allowed: NumPy and Python run on any kernel. It takes away the calls by which
others have left a sandbox, those that leave something behind in the kernel, and the network.
"""

from __future__ import annotations

import errno
import functools
import tempfile

DENIED = """
    ptrace process_vm_readv process_vm_writev kcmp pidfd_getfd process_madvise
    unshare setns mount umount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick
    mount_setattr open_by_handle_at name_to_handle_at quotactl swapon swapoff
    add_key request_key keyctl bpf perf_event_open userfaultfd io_uring_setup io_uring_enter io_uring_register
    kexec_load kexec_file_load init_module finit_module delete_module
    socket personality syslog acct reboot sethostname setdomainname iopl ioperm vhangup fanotify_init
    settimeofday clock_settime clock_adjtime adjtimex
    shmget msgget semget mq_open memfd_create memfd_secret
"""
NEW_NAMESPACES = (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000, 0x00000080)
TERMINAL = (0x5412, 0x541C)  # TIOCSTI and TIOCLINUX: put keys into a terminal


class NoFilter(RuntimeError):
    """The filter cannot be built here; the message says what to install."""


@functools.cache
def program() -> bytes:
    """Return the filter as the kernel takes it.

    Returns
    -------
    bytes
        Instructions of classic BPF, for this machine's processor only; calls of another one's are fatal.

    Raises
    ------
    NoFilter
        If pyseccomp or libseccomp is missing, or does not know a call. There is no weaker filter.
    """
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError, AttributeError) as missing:
        raise NoFilter(f"no seccomp filter ({missing}): install libseccomp2 and pip's pyseccomp") from missing
    refuse = pyseccomp.ERRNO(errno.EPERM)
    try:
        rules = pyseccomp.SyscallFilter(defaction=pyseccomp.ALLOW)
        for name in DENIED.split():
            rules.add_rule(refuse, name)
        for flag in NEW_NAMESPACES:
            rules.add_rule(refuse, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
        rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of sight; libc then takes clone
        for request in TERMINAL:
            rules.add_rule(refuse, "ioctl", pyseccomp.Arg(1, pyseccomp.MASKED_EQ, 0xFFFFFFFF, request))
        with tempfile.TemporaryFile() as file:
            rules.export_bpf(file)
            file.seek(0)
            code = file.read()
    except (OSError, RuntimeError, ValueError, TypeError) as wrong:
        raise NoFilter(f"no seccomp filter ({wrong}): libseccomp 2.5 or newer is needed") from wrong
    if not code or len(code) % 8:
        raise NoFilter("no seccomp filter: libseccomp wrote none")
    return code
