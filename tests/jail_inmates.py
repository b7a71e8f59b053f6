"""What hostile code tries, one function per attack; each runs as the entry of a jailed process."""

import contextlib
import ctypes
import errno
import io
import json
import mmap
import os
import resource
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

libc = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
WRITABLE = ("/box", "/tmp", "/dev/shm")


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)


def hello(payload: bytes, fds: list[int]) -> None:
    say({"payload": payload.decode(), "fds": fds, "pid": os.getpid(), "files": sorted(os.listdir("."))})


def echo(payload: bytes, fds: list[int]) -> None:
    with socket.socket(fileno=fds[0]) as peer:
        peer.sendall(peer.recv(100)[::-1])


def leave(payload: bytes, fds: list[int]) -> None:
    sys.exit(int(payload))


def fail(payload: bytes, fds: list[int]) -> None:
    raise ZeroDivisionError("as planned")


# ------------------------------------------------------------------------- reach for what is outside


def syscall(x86: int, arm: int, *arguments: Any) -> int:
    result = libc.syscall(ctypes.c_long(x86 if X86 else arm), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        client.connect(address)


def through_link(path: str) -> bytes:
    os.symlink(path, "link")
    try:
        return Path("link").read_bytes()
    finally:
        os.unlink("link")


def through_hard_link(path: str) -> None:
    os.link(path, "hard")


def steal_mount(path: str) -> None:
    syscall(165, 40, b"none", b"/tmp", b"tmpfs", 0, None)


def device() -> None:
    os.mknod("disk", stat.S_IFBLK | 0o600, os.makedev(254, 0))
    Path("disk").read_bytes()


def shared_memory() -> None:
    mmap.mmap(-1, 4096)


def clone_user_namespace() -> None:
    pid = syscall(56, 220, 0x10000000 | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def trace_child() -> None:
    pid = os.fork()
    if pid == 0:
        time.sleep(60)
    try:
        syscall(101, 117, 16, pid, 0, 0)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def raise_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))


def forbidden(given: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Everything that must fail, by name; ``given`` says what is on the machine outside."""
    reads = {f"read {path}": lambda p=path: Path(p).read_bytes() for path in given["secrets"]}
    links = {f"link to {path}": lambda p=path: through_link(p) for path in given["secrets"]}
    hard = {f"hard link to {path}": lambda p=path: through_hard_link(p) for path in given["secrets"]}
    lists = {f"list {path}": lambda p=path: os.listdir(p) for path in given["folders"]}
    outside = {f"signal {pid}": lambda p=pid: os.kill(p, signal.SIGTERM) for pid in given["pids"]}
    peeks = {
        f"environment of {pid}": lambda p=pid: Path(f"/proc/{p}/environ").read_bytes()
        for pid in [1, *given["pids"]]
    }
    unshares = {f"unshare {flag:#x}": lambda f=flag: syscall(272, 97, f) for flag in NAMESPACE_FLAGS}
    families = {
        f"socket family {f}": lambda f=f, kind=kind: socket.socket(f, kind) for f, kind in FAMILIES.items()
    }
    return {
        **reads, **links, **hard, **lists, **outside, **peeks, **families,
        "memory of process 1": lambda: Path("/proc/1/mem").open("rb"),
        "files of process 1": lambda: os.listdir("/proc/1/fd"),
        "root of process 1": lambda: os.listdir("/proc/1/root"),
        "loopback": lambda: connect(socket.AF_INET, ("127.0.0.1", given["port"])),
        "abstract socket": lambda: connect(socket.AF_UNIX, "\0" + given["abstract"]),
        "named socket": lambda: connect(socket.AF_UNIX, given["named"]),
        "ptrace attach": lambda: syscall(101, 117, 16, 1, 0, 0),
        "ptrace a child": trace_child,
        "mount": lambda: steal_mount("/tmp"),
        "unmount": lambda: syscall(166, 39, b"/proc", 2),
        "pivot_root": lambda: syscall(155, 41, b"/tmp", b"/tmp"),
        "chroot": lambda: os.chroot("/tmp"),
        "setns": lambda: syscall(308, 268, os.open("/proc/self/ns/net", os.O_RDONLY), 0),
        "clone user namespace": clone_user_namespace,
        "clone3": lambda: syscall(435, 435, 0, 0),
        "bpf": lambda: syscall(321, 280, 0, ctypes.create_string_buffer(72), 72),
        "perf_event_open": lambda: syscall(298, 241, ctypes.create_string_buffer(b"\x01\0\0\0\x70" + bytes(120)), 0, -1, -1, 0),
        "keyctl": lambda: syscall(250, 219, 0, -3, 1),
        "add_key": lambda: syscall(248, 217, b"user", b"x", b"y", 1, -3),
        "io_uring": lambda: syscall(425, 425, 4, ctypes.create_string_buffer(120)),
        "userfaultfd": lambda: syscall(323, 282, 1),
        "memfd_create": lambda: os.memfd_create("x"),
        "shmget": lambda: syscall(29, 194, 0, 4096, 0o1600),
        "msgget": lambda: syscall(68, 186, 0, 0o1600),
        "shared anonymous memory": shared_memory,
        "process_vm_readv": lambda: syscall(310, 270, os.getpid(), None, 0, None, 0, 0),
        "pidfd_getfd": lambda: syscall(438, 438, os.pidfd_open(os.getpid()), 0, 0),
        "name_to_handle_at": lambda: syscall(303, 264, -100, b"/box", ctypes.create_string_buffer(200), ctypes.create_string_buffer(8), 0),
        "kernel log": lambda: syscall(103, 116, 10, 0, 0),
        "personality": lambda: syscall(135, 92, 0x0040000),
        "set the clock": lambda: time.clock_settime(time.CLOCK_REALTIME, 0),
        "set the host's name": lambda: socket.sethostname("mine"),
        "setuid 0": lambda: os.setuid(0),
        "setgid 0": lambda: os.setgid(0),
        "setresuid": lambda: os.setresuid(65534, 65534, 65534),
        "setgroups": lambda: os.setgroups([0]),
        "device": device,
        "raise a limit": raise_limit,
        "priority": lambda: os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) - 1),
        "real time": lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)),
        **unshares,  # last: in a namespace of its own a process may do more, and reaches less
    }  # fmt: skip


NAMESPACE_FLAGS = (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x80)
FAMILIES = {socket.AF_INET: 1, socket.AF_INET6: 2, socket.AF_NETLINK: 3, socket.AF_PACKET: 3, 38: 5, 40: 1}


def reach_out(payload: bytes, fds: list[int]) -> None:
    """Try everything; say what was possible, and what the jail shows."""
    given = json.loads(payload)
    possible = []
    for name, attempt in forbidden(given).items():
        try:
            attempt()
        except (OSError, ValueError):
            continue
        possible.append(name)
    say({"possible": possible, "tried": list(forbidden(given))})


def look_around(payload: bytes, fds: list[int]) -> None:
    say({
        "uids": [*os.getresuid(), *os.getresgid()],
        "groups": os.getgroups(),
        "environment": dict(os.environ),
        "first environment": Path("/proc/self/environ").read_text(),
        "open": sorted(int(fd) for fd in os.listdir("/proc/self/fd")),
        "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "zone": time.strftime("%Z"),
        "clock": time.time(),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "stdin": sys.stdin.read() if sys.stdin else "",
        "host": socket.gethostname(),
        "user": Path("~").expanduser().as_posix(),
    })  # fmt: skip


def write_everywhere(payload: bytes, fds: list[int]) -> None:
    """Try to make a file in every folder and to change every file; say where that worked."""
    written = []
    for folder, folders, names in os.walk("/"):
        del folders[9:]  # enough of each kind
        if folder == "/proc":
            folders.clear()  # its files belong to no disk, and other tests are about them
        targets = [os.path.join(folder, "new"), *(os.path.join(folder, name) for name in names[:3])]
        for target in targets:
            try:
                file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK)
            except OSError:
                continue
            if not stat.S_ISFIFO(os.fstat(file).st_mode):  # stdout, by its name in /dev
                written.append(target)
            os.close(file)
        for change in (lambda f=folder: os.chmod(f, 0o777), lambda f=folder: os.utime(f)):
            try:
                change()
                written.append(folder)
            except OSError:
                pass
    say([path for path in written if not path.startswith(WRITABLE)])


def find_in_memory(payload: bytes, fds: list[int]) -> None:
    """Look for a word, given backwards, in all memory of this process."""
    halves = bytes(reversed(payload[:8])), bytes(reversed(payload[8:]))
    found = 0
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps.read().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(x, 16) for x in span.split("-"))
            if not rights.startswith("rw"):
                continue
            for data in readable_parts(memory, start, end):
                at = data.find(halves[0])
                while at >= 0:
                    found += data[at + 8 : at + 16] == halves[1]
                    at = data.find(halves[0], at + 1)
    say(found)


def readable_parts(memory: io.RawIOBase, start: int, end: int) -> Iterator[bytes]:
    """Each stretch of memory that can be read; a page that cannot ends one, and the next begins behind it."""
    part = bytearray()
    while start < end:
        try:
            memory.seek(start)
            piece = memory.read(end - start) or b""
        except (OSError, OverflowError):
            piece = b""
        part += piece
        start += len(piece)
        if not piece:
            yield bytes(part)
            part, start = bytearray(), start // mmap.PAGESIZE * mmap.PAGESIZE + mmap.PAGESIZE
    yield bytes(part)


# ------------------------------------------------------------------------- take too much


def fork_bomb(payload: bytes, fds: list[int]) -> None:
    most = 0
    while True:
        try:
            if os.fork() == 0:
                time.sleep(60)
                os._exit(0)
            most += 1
        except OSError as error:
            say({"forks": most, "error": errno.errorcode[error.errno or 0]})
            time.sleep(60)


def spinning_fork_bomb(payload: bytes, fds: list[int]) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        with contextlib.suppress(OSError):
            os.fork()


def thread_bomb(payload: bytes, fds: list[int]) -> None:
    import threading

    started = 0
    try:
        while True:
            threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            started += 1
    except RuntimeError:
        say(started)
        sys.stdout.flush()
        os._exit(0)


def memory_bomb(payload: bytes, fds: list[int]) -> None:
    """``payload`` is how many generations below the memory is taken."""
    if int(payload):
        if os.fork() == 0:
            memory_bomb(str(int(payload) - 1).encode(), fds)
        time.sleep(60)
    hoard = []
    while True:
        hoard.append(b"x" * 2**22)
        time.sleep(0.001)


def many_hoards(payload: bytes, fds: list[int]) -> None:
    """Eight processes that each take a part of what one may take, and hide what they took."""
    for _ in range(8):
        if os.fork() == 0:
            libc.prctl(4, 0, 0, 0, 0)  # not dumpable: the exact measure cannot be read
            hoard = [b"x" * 2**20 for _ in range(64)]
            time.sleep(60)
            del hoard
    time.sleep(60)


def shared_hoard(payload: bytes, fds: list[int]) -> None:
    """Four forks that share what one has: it counts once, so this is allowed."""
    hoard = b"x" * (120 * 2**20)
    children = []
    for _ in range(4):
        if (pid := os.fork()) == 0:
            time.sleep(0.5)
            os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)
    say(len(hoard))


def spin(payload: bytes, fds: list[int]) -> None:
    for number in (signal.SIGTERM, signal.SIGXCPU, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


def spin_in_grandchildren(payload: bytes, fds: list[int]) -> None:
    """Use time in children that nobody waits for, each too short-lived to be stopped by its own limit."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        try:
            pid = os.fork()
        except OSError:
            time.sleep(0.01)
            continue
        if pid == 0:
            end = time.process_time() + 0.2
            while time.process_time() < end:
                pass
            os._exit(0)


def sleep(payload: bytes, fds: list[int]) -> None:
    time.sleep(60)


def fill_disk(payload: bytes, fds: list[int]) -> None:
    written, errors = 0, set()
    for number in range(100):
        folder = WRITABLE[number % 3]
        try:
            with open(f"{folder}/{number}", "wb", 0) as file:
                for _ in range(8):
                    written += file.write(bytes(2**18))
        except OSError as error:
            errors.add(errno.errorcode[error.errno or 0])
    say({"written": written, "errors": sorted(errors)})


def many_files(payload: bytes, fds: list[int]) -> None:
    made = 0
    try:
        for number in range(10**5):
            os.mkdir(f"/tmp/{number}")
            made += 1
    except OSError as error:
        say({"made": made, "error": errno.errorcode[error.errno or 0]})


def open_many(payload: bytes, fds: list[int]) -> None:
    opened = 0
    try:
        for _ in range(10**5):
            os.open("/dev/null", os.O_RDONLY)
            opened += 1
    except OSError as error:
        say({"opened": opened, "error": errno.errorcode[error.errno or 0]})


def big_file(payload: bytes, fds: list[int]) -> None:
    try:
        with open("big", "wb") as file:
            file.truncate(2**40)
    except OSError as error:
        say(errno.errorcode[error.errno or 0])


def flood(payload: bytes, fds: list[int]) -> None:
    if payload == b"grandchild" and os.fork():
        time.sleep(60)
    while True:
        os.write(2, b"x" * 2**16)


# ------------------------------------------------------------------------- stay behind, strike back


def daemonise(payload: bytes, fds: list[int]) -> None:
    """Leave a process that has left the session, closed its streams and ignores what it can."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in range(1, 32):
                if number not in (signal.SIGKILL, signal.SIGSTOP):
                    signal.signal(number, signal.SIG_IGN)
            os.closerange(0, 256)
            time.sleep(60)
        os._exit(0)
    os.wait()
    say("left")


def kill_all(payload: bytes, fds: list[int]) -> None:
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.kill(1, number)
    sibling = os.fork()
    if sibling == 0:
        time.sleep(60)
    os.kill(-1, signal.SIGKILL)
    say(os.waitstatus_to_exitcode(os.waitpid(sibling, 0)[1]))


def stop_all(payload: bytes, fds: list[int]) -> None:
    os.kill(1, signal.SIGSTOP)
    os.kill(0, signal.SIGSTOP)


def strangle_init(payload: bytes, fds: list[int]) -> None:
    """Process 1 has the same user, so its limits can be lowered: that ends the jail, and no more."""
    resource.prlimit(1, resource.RLIMIT_CPU, (0, 0))
    time.sleep(60)


def crash(payload: bytes, fds: list[int]) -> None:
    ctypes.string_at(0)


def interrupted(payload: bytes, fds: list[int]) -> None:
    say("ready")
    try:
        os.write(fds[0], b"r")
        for _ in range(600):
            time.sleep(0.1)  # a signal just before a sleep does not shorten it
    except KeyboardInterrupt:
        say("interrupted")


def orphans(payload: bytes, fds: list[int]) -> None:
    """A hundred orphans, one after the other: process 1 must bury them, or the last ones cannot be born."""
    for _ in range(100):
        pid = os.fork()
        if pid == 0:
            os.fork()
            os._exit(0)
        os.waitpid(pid, 0)
        time.sleep(0.002)
    say("done")


def swap(payload: bytes, fds: list[int]) -> None:
    """Read everything from the first socket and send it backwards over the second."""
    first, second = (socket.socket(fileno=fd) for fd in fds)
    data = bytearray()
    while part := first.recv(2**16):
        data += part
    second.sendall(bytes(data[::-1]))
    second.shutdown(socket.SHUT_WR)


def kill_me(payload: bytes, fds: list[int]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def kill_group(payload: bytes, fds: list[int]) -> None:
    os.kill(0, signal.SIGKILL)


def socket_hoard(payload: bytes, fds: list[int]) -> None:
    """Keep bytes in sockets, where no process's account shows them."""
    for _ in range(11):
        if os.fork() == 0:
            break
    pairs = []
    with contextlib.suppress(OSError):
        while True:
            pairs.append(socket.socketpair())
    for pair in pairs:
        for end in pair:
            end.setblocking(False)
            with contextlib.suppress(OSError):
                while True:
                    end.send(bytes(2**14))
    time.sleep(60)


def start_python(payload: bytes, fds: list[int]) -> None:
    import subprocess

    done = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True)
    say([done.stdout, done.stderr])


def tell_and_spin(payload: bytes, fds: list[int]) -> None:
    os.write(fds[0], str(os.getpid()).encode())
    spin(payload, fds)


def spin_with_a_child(payload: bytes, fds: list[int]) -> None:
    """Two processes that never end, found from outside by their name (PR_SET_NAME), which is the payload."""
    ctypes.CDLL(None).prctl(15, payload, 0, 0, 0)
    os.fork()
    spin(payload, fds)
