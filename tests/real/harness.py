# SPDX-License-Identifier: MIT
"""What the real-run tests share: they start the built program as a user would, read its result
strictly, and after every test prove that nothing was left on the machine.

Environment:
  BAILIFF                 the program under test (default: build/bailiff of this tree)
  BAILIFF_PROGRAMS        folder of the test programs (default: beside it, tests/programs)
  BAILIFF_TEST_SLOWNESS   factor for time limits and patience; measured when not given
  BAILIFF_TESTS_DISPOSABLE 1: this machine is thrown away after the tests (as the guest of
                          tests/guest is), so settings of the whole machine may be changed
  BAILIFF_TESTS_REQUIRE   1: a test that cannot run here fails, unless the reason lies in the
                          kernel or its cgroup layout and nobody could mend it
"""

import base64
import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BAILIFF = os.path.abspath(os.environ.get("BAILIFF", os.path.join(TREE, "build", "bailiff")))
PROGRAMS = os.path.abspath(os.environ.get(
    "BAILIFF_PROGRAMS", os.path.join(os.path.dirname(BAILIFF), "tests", "programs")))
REQUIRE = os.environ.get("BAILIFF_TESTS_REQUIRE") == "1"
DISPOSABLE = (os.environ.get("BAILIFF_TESTS_DISPOSABLE") == "1" or
              os.path.exists("/run/guest/job/command"))

VERDICTS = {
    "OK": {"exited"},
    "RE": {"exit_code", "signal", "exec"},
    "TLE": {"cpu_time", "wall_time", "idle"},
    "MLE": {"oom_kill"},
    "OLE": {"output", "file_size"},
    "SV": {"syscall"},
    "IE": {"spec", "cgroup", "namespace", "rootfs", "policy", "exec", "supervise"},
}

EX_USAGE, EX_DATA, EX_NOINPUT, EX_UNAVAILABLE, EX_INTERNAL = 64, 65, 66, 69, 70

PR_SET_CHILD_SUBREAPER = 36
SYS_FSOPEN = 430
LIBC = ctypes.CDLL(None, use_errno=True)
MB = 1 << 20


def _measure_slowness():
    """How much slower than the machine the limits were written on a process starts here."""
    given = os.environ.get("BAILIFF_TEST_SLOWNESS")
    if given:
        return float(given)
    best = 1.0
    for _ in range(5):
        start = time.monotonic()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)
        best = min(best, time.monotonic() - start)
    return min(30.0, max(1.0, best / 0.003))


SLOWNESS = _measure_slowness()

# Orphans of the program under test become our children instead of vanishing to the machine's
# init: whatever it leaves behind can be found exactly, whatever else runs on the machine.
LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def strict_json(text):
    """Parses JSON, refusing duplicate keys and the numbers that are none."""
    def pairs(items):
        keys = [key for key, _ in items]
        if len(keys) != len(set(keys)):
            raise ValueError(f"duplicate key among {keys}")
        return dict(items)

    def constant(name):
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, object_pairs_hook=pairs, parse_constant=constant)


def captured(stream):
    """The bytes of a result's "stdout" or "stderr", in whichever form they came."""
    if "base64" in stream:
        return base64.b64decode(stream["base64"], validate=True)
    return stream["text"].encode()


def text_of(result, stream="stdout"):
    return captured(result[stream]).decode()


def facts(result):
    """A probe's "NAME VALUE..." lines as a dict of name to value."""
    return dict(line.split(" ", 1) for line in text_of(result).splitlines() if " " in line)


def program(name):
    return os.path.join(PROGRAMS, name)


def status_field(pid, field):
    """A field of /proc/PID/status, or None when the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
            for line in file:
                if line.startswith(field + ":"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return None


def descendants(root=None):
    """{pid: command} of every living process below `root` (ourselves by default)."""
    parents, names = {}, {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                before, after = file.read().rsplit(")", 1)
        except OSError:
            continue
        fields = after.split()
        if fields[0] in "ZX":
            continue
        parents[int(entry)] = int(fields[1])
        names[int(entry)] = before.split("(", 1)[1]
    root = root or os.getpid()
    found = {}
    for pid in parents:
        walk = pid
        while walk in parents and walk != root:
            walk = parents[walk]
        if walk == root and pid != root:
            found[pid] = names[pid]
    return found


def reap():
    """Collects orphans that were handed to us; only when no Popen is waiting for a child."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] > 0:
            pass
    except ChildProcessError:
        pass


def _groups():
    """Every cgroup of the program under test, ours or not: {path: (base, leaf name or None)}."""
    found = {}
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        if os.path.basename(folder) == "bailiff":
            found[folder] = (folder, None)
            found.update({os.path.join(folder, n): (folder, n) for n in names})
    return found


def _own_groups():
    """Our own group in each hierarchy, as an absolute path."""
    with open("/proc/self/cgroup", encoding="ascii") as file:
        lines = [line.strip().split(":", 2) for line in file]
    with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
        mounts = [line.split(" - ") for line in file if " - cgroup" in line]
    groups = []
    for before, after in mounts:
        kind, _, options = after.split()[:3]
        for _, controllers, path in lines:
            named = set(controllers.split(",")) - {""}
            if not named if kind == "cgroup2" else named and named <= set(options.split(",")):
                groups.append(before.split()[4] + path)
    return groups


def _is_own(base):
    """Whether a base group serves our runs: it lies in our group or in one above."""
    parent = os.path.dirname(base) + "/"
    return any((group.rstrip("/") + "/").startswith(parent) for group in _own_groups())


def leaves():
    """Names of the leaves of our runs. Another caller's have a base elsewhere in at least one
    hierarchy, unless both callers are in the same groups everywhere."""
    names, foreign, known = set(), set(), {}
    for base, name in _groups().values():
        known[base] = known[base] if base in known else _is_own(base)
        (names if known[base] else foreign).add(name)
    return names - foreign - {None}


def populated(leaf):
    """Whether a process is in any group of this leaf."""
    for path, (_, name) in _groups().items():
        try:
            with open(os.path.join(path, "cgroup.procs"), encoding="ascii") as file:
                if name == leaf and file.read():
                    return True
        except OSError:
            continue
    return False


def stale_leaves(before):
    """Leaves that were not there before and stay empty. One of another run, which is just being
    set up or taken down, is filled or gone in no time."""
    stale = set(leaves()) - before

    def none_left():
        nonlocal stale
        stale = {leaf for leaf in stale & leaves() if not populated(leaf)}
        return not stale
    return stale if stale and not wait_until(none_left, 2) else set()


def bases():
    """Base groups of our runs that exist."""
    return {base for base, _ in _groups().values() if _is_own(base)}


def abandoned_bases(before):
    """Base groups that were not there before and exist although nothing runs."""
    running = any(status_field(pid, "Name") == "bailiff" for pid in os.listdir("/proc")
                  if pid.isdigit())
    return set() if running else bases() - before


def wait_until(condition, seconds):
    """Polls until condition() is true; returns whether it became so in time."""
    deadline = time.monotonic() + seconds * SLOWNESS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


class Snapshot:
    """What exists on the machine and must be the same after a test."""

    def __init__(self):
        self.leaves = leaves()
        self.bases = bases()
        self.mounts = self._mounts()
        self.files = self._files()

    @staticmethod
    def _mounts():
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as file:
            return set(file.read().splitlines())

    @staticmethod
    def _files():
        """Temporary files by the program's name, but for those of other tests. /run/bailiff stays,
        for the next run's ids."""
        return {os.path.join(folder, name) for folder in ("/tmp", "/dev/shm", "/run", "/var/tmp")
                if os.path.isdir(folder) for name in os.listdir(folder)
                if "bailiff" in name and not name.startswith(("bailiff-guest.", "bailiff-test."))
                and os.path.join(folder, name) != "/run/bailiff"}

    def leaks(self, scratch):
        """What is left behind, as a list of texts; waits a little for what ends by itself."""
        reap()
        wait_until(lambda: not descendants(), 1)
        left = [f"process {pid} ({name})" for pid, name in descendants().items()]
        for pid in descendants():
            os.kill(pid, signal.SIGKILL)
        reap()
        left += [f"cgroup {leaf}" for leaf in sorted(stale_leaves(self.leaves))]
        # The last supervisor on the machine removes the base. Where that was one of another
        # caller, in other groups, ours stays until our next run.
        if abandoned_bases(self.bases):
            subprocess.run([BAILIFF, "run", "--", "true"], check=False, capture_output=True)
            wait_until(lambda: not abandoned_bases(self.bases), 1)
        left += [f"cgroup {base}" for base in sorted(abandoned_bases(self.bases))]
        if self._mounts() - self.mounts:
            wait_until(lambda: not self._mounts() - self.mounts, 2)
        left += [f"mount {line}" for line in sorted(self._mounts() - self.mounts)]
        wait_until(lambda: not loop_devices(scratch), 2)
        left += [f"loop device of {path}" for path in loop_devices(scratch)]
        left += [f"file {path}" for path in sorted(self._files() - self.files)]
        return left


def loop_devices(folder):
    """Backing files below `folder` of loop devices in use."""
    used = []
    for name in os.listdir("/sys/block") if os.path.isdir("/sys/block") else []:
        try:
            with open(f"/sys/block/{name}/loop/backing_file", encoding="utf-8") as file:
                path = file.read().strip()
        except OSError:
            continue
        if path.startswith(folder):
            used.append(path)
    return used


class Outcome:
    """One finished call of the program."""

    def __init__(self, argv, status, stdout, stderr, seconds):
        self.argv = argv
        self.status = status
        self.stdout = stdout
        self.stderr = stderr.decode(errors="replace")
        self.seconds = seconds

    def __str__(self):
        return (f"command: {' '.join(map(str, self.argv))}\nstatus: {self.status}\n"
                f"stdout: {self.stdout[:3000]!r}\nstderr: {self.stderr[:3000]}")


class CellTest(unittest.TestCase):
    """A test that runs programs in cells. Checks for leaks after each method."""

    maxDiff = None

    def setUp(self):
        if not os.access(BAILIFF, os.X_OK):
            self.fail(f"no program at {BAILIFF}: set BAILIFF")
        if not os.access(program("plain"), os.X_OK):
            self.fail(f"no test programs in {PROGRAMS}: set BAILIFF_PROGRAMS")
        if os.geteuid() != 0:
            self.skip_missing("needs root")
        self.dir = tempfile.mkdtemp(prefix="cell-test-")
        os.chmod(self.dir, 0o755)
        self.snapshot = Snapshot()

    def tearDown(self):
        if not hasattr(self, "snapshot"):
            return
        leaks = self.snapshot.leaks(self.dir)
        shutil.rmtree(self.dir, ignore_errors=True)
        self.assertEqual([], leaks, "left behind on the machine")

    # ---- reasons not to run -------------------------------------------------------------

    def skip_missing(self, reason):
        """Something that could be installed or allowed is missing."""
        if REQUIRE:
            self.fail(f"required, but: {reason}")
        self.skipTest(reason)

    def skip_inherent(self, reason):
        """This kernel or its cgroup layout cannot do it; nothing to mend."""
        self.skipTest(reason)

    @contextlib.contextmanager
    def core_pattern(self, value):
        """Sets the machine's core_pattern for a while; only where the machine is thrown away."""
        if not DISPOSABLE:
            self.skip_inherent("would change core_pattern of this machine; see tests/guest")
        path = "/proc/sys/kernel/core_pattern"
        with open(path, encoding="ascii") as file:
            before = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(value)
        try:
            yield
        finally:
            with open(path, "w", encoding="ascii") as file:
                file.write(before)

    # ---- files --------------------------------------------------------------------------

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, content="", mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path

    def read(self, path):
        with open(path, "rb") as file:
            return file.read()

    def copy_program(self, name, to, mode=0o755):
        path = self.path(to)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        shutil.copy(program(name), path)
        os.chmod(path, mode)
        return path

    def policy(self, syscalls=(), default="SCMP_ACT_ALLOW", name="test-policy.json"):
        """A policy file. By default one that allows everything, to try the other walls."""
        return self.write(name, json.dumps({
            "defaultAction": default,
            "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": list(syscalls)}))

    # ---- running ------------------------------------------------------------------------

    def own_group(self, name):
        """A new group below ours, in the hierarchy that serves memory; returns its path. It is
        removed after the test, with what bailiff may have left below it."""
        with open("/proc/self/cgroup", encoding="ascii") as file:
            paths = {controller: line.strip().split(":", 2)[2] for line in file
                     for controller in line.split(":", 2)[1].split(",")}
        mount = "/sys/fs/cgroup/memory" if "memory" in paths else "/sys/fs/cgroup"
        group = f"{mount}{paths.get('memory', paths.get(''))}/cell-test-{os.getpid()}-{name}"
        os.mkdir(group)

        def remove():
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)
        self.addCleanup(remove)
        return group

    def start(self, *args, **popen):
        """Starts the program; the caller waits."""
        popen.setdefault("stdin", subprocess.DEVNULL)
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen([BAILIFF, *map(str, args)], **popen)

    def finish(self, process, timeout=60):
        """Waits for a started program; returns (stdout, stderr). One that hangs is a failure."""
        try:
            return process.communicate(timeout=timeout * SLOWNESS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            self.fail(f"did not end in {timeout * SLOWNESS:.0f} s: {process.args}")

    @contextlib.contextmanager
    def live(self, *argv, options=()):
        """A run that is under way: yields its Popen once `argv` executes, gives it up after."""
        name = os.path.basename(argv[0])[:15]
        known = set(descendants())
        process = self.start("run", "--wall", "120s", *options, "--", program(argv[0]), *argv[1:])
        try:
            self.assertTrue(wait_until(lambda: name in {
                command for pid, command in descendants().items() if pid not in known}, 20),
                f"never started: {argv}")
            yield process
        finally:
            process.terminate()
            self.finish(process)

    def call(self, *args, stdin=b"", timeout=60, **popen):
        """Runs the program to its end and returns the Outcome, whatever it is."""
        begin = time.monotonic()
        process = self.start(*args, stdin=subprocess.PIPE, **popen)
        try:
            stdout, stderr = process.communicate(
                stdin.encode() if isinstance(stdin, str) else stdin, timeout * SLOWNESS)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
            self.fail(f"did not end in time: {' '.join(map(str, args))}\n{stderr!r}")
        return Outcome(args, process.returncode, stdout or b"", stderr or b"",
                       time.monotonic() - begin)

    def result_of(self, outcome, status=0):
        """The result an Outcome printed; checks the exit status and that nothing else is there."""
        self.assertEqual(status, outcome.status, outcome)
        try:
            result = strict_json(outcome.stdout.decode())
        except ValueError as error:
            self.fail(f"no JSON on standard output: {error}\n{outcome}")
        self.assertIn(result["verdict"], VERDICTS, outcome)
        self.assertIn(result["reason"], VERDICTS[result["verdict"]], outcome)
        return result

    def cell(self, *argv, options=(), **kw):
        """Runs argv (a bare first word names a test program) in a cell; returns the result."""
        argv = list(argv)
        if "/" not in argv[0]:
            argv[0] = program(argv[0])
        return self.result_of(self.call("run", *options, "--", *argv, **kw))

    def spec(self, spec, options=(), **kw):
        """Runs a whole spec, written to a file in the scratch folder; returns the result."""
        path = self.write("spec.json", json.dumps(spec))
        return self.result_of(self.call("run", "--spec", path, *options, **kw))

    # ---- expectations -------------------------------------------------------------------

    def expect(self, result, verdict, reason=None):
        seen = json.dumps(result, indent=1)[:4000]
        self.assertEqual(verdict, result["verdict"], seen)
        if reason is not None:
            self.assertEqual(reason, result["reason"], seen)
        return result

    def expect_output(self, result, text, verdict="OK"):
        self.expect(result, verdict)
        self.assertEqual(text if isinstance(text, bytes) else text.encode(),
                         captured(result["stdout"]), result)
        return result


def enter(group):
    """What a child calls to be in a group of own_group()'s."""
    def write():
        with open(f"{group}/cgroup.procs", "w", encoding="ascii") as file:
            file.write("0")
    return write


def kernel_has_filesystem(name):
    """Asks by fsopen(2), which loads the module where there is one."""
    fs_fd = LIBC.syscall(SYS_FSOPEN, name.encode(), 1)
    if fs_fd >= 0:
        os.close(fs_fd)
    return fs_fd >= 0


def main():
    """Runs the tests of the calling file; exit status 77 where every one was skipped."""
    program_run = unittest.main(module="__main__", verbosity=2, exit=False)
    result = program_run.result
    if not result.wasSuccessful():
        sys.exit(1)
    sys.exit(77 if result.testsRun and len(result.skipped) == result.testsRun else 0)
