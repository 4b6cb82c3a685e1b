# SPDX-License-Identifier: MIT
"""The structure that ARCHITECTURE.md promises, checked on sources and objects."""
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get(
    "BAILIFF_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
BINARY = pathlib.Path(os.environ.get("BAILIFF", SOURCE / "build" / "bailiff"))
CHILD_OBJECTS = BINARY.parent / "sandbox/CMakeFiles/bailiff_objects.dir/child"

# Layers of the library, lowest first; a file may include its own layer and those before it.
LAYERS = ["base", "model", "cgroup", "filter", "host", "rootfs", "child", "run"]

# What may be called between clone and exec: system calls and memory functions, see
# signal-safety(7). prctl, mount and the like are plain system calls in the C library.
ASYNC_SAFE = set("""
    syscall close close_range open openat read pread64 pread write poll fcntl fcntl64 dup2 dup3
    fstat fstat64 fstatat fstatat64 fchdir chdir mkdirat symlinkat unlinkat fchmod fchmodat
    fchownat umask mount umount2 fsopen fsconfig fsmount move_mount open_tree mount_setattr
    unshare setsid sethostname setdomainname socket ioctl sendmsg recvmsg signalfd sigaction
    sigprocmask sigemptyset sigfillset sigaddset wait4 prctl _exit setns
    sched_setaffinity munmap madvise
    memcpy memset strlen strrchr strcspn strchr strcmp __errno_location
    __cmsg_nxthdr memmove mmap mmap64 open64 openat64 pread64 lseek64
    """.split())
# The project's own functions that are reached from there, and what compilers add.
OWN = re.compile(r"^(io_|channel_|job_|memory_|stages_run|init_|program_|mounts_|drop_|step_)")
COMPILER = re.compile(r"^(_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__(asan|ubsan|sanitizer)_|"
                      r"__\w+_chk$|__tls_get_addr|__gcov|asan\.)")


def sources(folder, pattern):
    return sorted((SOURCE / folder).rglob(pattern))


class Structure(unittest.TestCase):
    def test_child_calls_only_what_is_safe_after_clone(self):
        """Goal: no allocation, lock or stdio between clone and exec. Method: the undefined
        symbols of the objects in child/ are all in the list of safe calls."""
        objects = sorted(CHILD_OBJECTS.glob("*.o"))
        self.assertGreater(len(objects), 5, f"no objects in {CHILD_OBJECTS}")
        for path in objects:
            lines = subprocess.run(["nm", "-u", path], check=True, capture_output=True,
                                   text=True).stdout.splitlines()
            for symbol in (line.split()[-1].split("@")[0] for line in lines):
                # A fortified call is the call itself with its bounds checked.
                plain = re.sub(r"^__(\w+?)(_2)?(_chk)?$", r"\1", symbol)
                ok = (symbol in ASYNC_SAFE or plain in ASYNC_SAFE or OWN.match(symbol)
                      or COMPILER.match(symbol))
                self.assertTrue(ok, f"{path.name} calls {symbol}")

    def test_fork_server_knows_what_is_called(self):
        """Goal: no call after clone leads into memory that is not there any more. Method: all that
        child/ and base/ call of the C library is in the list of run/fork_server.c."""
        known = set(re.findall(r"FUNCTION\((\w+)\)",
                               (SOURCE / "sandbox/run/fork_server.c").read_text()))
        for path in [*CHILD_OBJECTS.glob("*.o"), CHILD_OBJECTS.parent / "base/io.c.o"]:
            lines = subprocess.run(["nm", "-u", path], check=True, capture_output=True,
                                   text=True).stdout.splitlines()
            for symbol in (line.split()[-1].split("@")[0] for line in lines):
                plain = re.sub(r"^__(\w+?)(_2)?(_chk)?$", r"\1", symbol)
                names = {symbol, plain, plain.removesuffix("64")}
                if (names & ASYNC_SAFE or path.parent.name == "base") and not COMPILER.match(symbol):
                    self.assertTrue(names & known, f"{path.name} calls {symbol}")

    def test_layers(self):
        """Goal: dependencies point downwards only. Method: every #include of a layer."""
        for path in sources("sandbox", "*.[ch]"):
            layer = path.relative_to(SOURCE / "sandbox").parts[0]
            if layer not in LAYERS:
                continue
            for target in re.findall(r'#include "(\w+)/', path.read_text()):
                allowed = LAYERS.index(target) <= LAYERS.index(layer)
                self.assertTrue(allowed, f"{path} includes {target}/")

    def test_libraries_stay_where_they_belong(self):
        """Goal: JSON at the edge, libseccomp in filter/, libcgroup in the layout, libcap in
        host/, databases behind their drivers. Method: who includes their headers."""
        homes = {"cjson/cJSON.h": "runner/codec/", "yaml.h": "runner/codec/yaml.c",
                 "seccomp.h": "sandbox/filter/",
                 "microhttpd.h": "runner/worker/metrics_server.c",
                 "libcgroup.h": "sandbox/cgroup/layout.c", "sys/capability.h": "sandbox/host/",
                 "sqlite3.h": "runner/queue/sqlite", "libpq-fe.h": "runner/queue/postgres"}
        for path in sources("sandbox", "*.[ch]") + sources("runner", "*.[ch]"):
            name = str(path.relative_to(SOURCE))
            for header in re.findall(r"#include <([\w/.]+)>", path.read_text()):
                if header in homes:
                    self.assertTrue(name.startswith(homes[header]), f"{name}: <{header}>")

    def test_no_banned_calls(self):
        """Goal: no call that cannot be used safely. Method: their names in the sources."""
        banned = re.compile(r"\b(strcpy|strcat|sprintf|gets|atoi|atol|atof|system|popen|mktemp|"
                            r"alloca|vfork|tmpnam)\s*\(")
        for path in sources("sandbox", "*.[ch]") + sources("runner", "*.[ch]"):
            code = re.sub(r"/\*.*?\*/|\"(\\.|[^\"\\])*\"", "", path.read_text(), flags=re.S)
            found = banned.search(code)
            self.assertIsNone(found, f"{path}: {found.group(0) if found else ''}")

    def test_threat_table_names_real_tests(self):
        """Goal: every defence that SECURITY.md claims has the test it names. Method: its last
        column against the classes and methods of the tests."""
        rows = [line for line in (SOURCE / "SECURITY.md").read_text().splitlines()
                if line.startswith("| ") and line.count("|") == 4]
        self.assertGreater(len(rows), 30)
        known = {path.stem: path.read_text() for path in
                 sources("tests/real", "test_*.py") + sources("tests/unit", "*_test.c") +
                 sources("tests/library", "*_test.c") + sources("tests/queue", "*_test.c")}
        for row in rows[2:]:
            names = re.findall(r"`([\w.]+)`", row.split("|")[3])
            self.assertTrue(names, row)
            for name in names:
                if name.startswith("."):
                    parts = [previous[0]] + name.split(".")[1:]
                else:
                    parts = previous = name.split(".")
                self.assertIn(parts[0], known, row)
                for part in parts[1:]:
                    word = "(def|void)" if part.startswith("test_") else "class"
                    self.assertRegex(known[parts[0]], rf"\b{word} {part}\b", row)

    def test_every_test_of_a_worker_is_run(self):
        """Goal: no test of test_worker.py is left out, since ctest runs its classes by name. Method:
        their names in what ctest is told."""
        told = (SOURCE / "tests/CMakeLists.txt").read_text()
        named = set(re.findall(r"\w+", " ".join(re.findall(r"\$\{worker_tests\} -v ([^)]*)\)", told))))
        text = (SOURCE / "tests/real/test_worker.py").read_text()
        classes = re.findall(r"^class (\w+)\(", text, flags=re.M)
        self.assertGreater(len(classes), 5)
        self.assertEqual([], [name for name in classes if name not in named])

    def test_nobody_signals_every_process(self):
        """Goal: a call that would end the machine outside a process namespace does not exist.
        Method: no kill(2) anywhere; signals go to pidfds."""
        for path in sources("sandbox", "*.[ch]") + sources("runner", "*.[ch]"):
            code = re.sub(r"/\*.*?\*/|\"(\\.|[^\"\\])*\"", "", path.read_text(), flags=re.S)
            self.assertNotRegex(code, r"\b(kill|killpg|SYS_kill)\b\s*[(,]", path)


if __name__ == "__main__":
    unittest.main()
