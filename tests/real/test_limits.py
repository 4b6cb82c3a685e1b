# SPDX-License-Identifier: MIT
"""Every limit holds, whatever the program does to get around it, and its verdict says which."""

import functools
import json
import os
import subprocess
import time

import harness
from harness import (MB, SLOWNESS, CellTest, captured, descendants, main, program, strict_json,
                     text_of)

KB = 1024


class CpuTime(CellTest):
    """CPU time of all processes together."""

    # How far a stopped program may be beyond its limit on a machine shared with other work.
    OVERSHOOT_MS = 100 * SLOWNESS

    def over(self, *argv, cpu_ms=300, options=(), reason="cpu_time"):
        result = self.cell(*argv, options=["--cpu", f"{cpu_ms}ms", "--wall", "60s", *options])
        self.expect(result, "TLE", reason)
        used = result["time"]["cpu_ms"]
        self.assertGreaterEqual(used, cpu_ms * 0.98)
        self.assertLess(used, cpu_ms + self.OVERSHOOT_MS)
        self.assertLess(result["time"]["wall_ms"], 30000 * SLOWNESS)
        return result

    def test_one_spinner(self):
        """Goal: a loop is stopped at its limit, signals ignored. Method: burn spin."""
        self.over("burn", "spin")

    def test_threads(self):
        """Goal: CPU time is counted over all threads. Method: four spinning on four CPUs' worth
        of bandwidth."""
        self.over("burn", "threads", "4", options=["--cpus", "4"])

    def test_children_nobody_waits_for(self):
        """Goal: children count although wait4 never saw them. Method: four spin, the parent
        sleeps."""
        self.over("burn", "children", "4", options=["--cpus", "4"])

    def test_grandchild(self):
        """Goal: what a grandchild used after its parent died counts. Method: it burns 200 ms
        within a limit, and then more than a limit."""
        result = self.expect(self.cell("burn", "grandchild", "200", options=["--wall", "60s"]),
                             "OK")
        self.assertGreaterEqual(result["time"]["cpu_ms"], 195)
        self.over("burn", "grandchild", "60000")

    def test_within(self):
        """Goal: a program just under its limit is left alone. Method: 300 of 1000 ms."""
        result = self.expect(self.cell("burn", "self", "300", options=["--wall", "60s"]), "OK")
        self.assertGreaterEqual(result["time"]["cpu_ms"], 295)

    def test_long_limit_is_not_checked_in_passing(self):
        """Goal: sleeping does not use up CPU time. Method: sleep longer than the CPU limit."""
        result = self.cell("plain", "sleep", "600", options=["--cpu", "200ms", "--wall", "60s"])
        self.expect(result, "OK")

    def test_fork_bomb_is_stopped_by_cpu_time(self):
        """Goal: the limit holds for a tree that changes all the time. Method: a fork bomb."""
        self.over("spawn", "bomb")

    def test_bandwidth(self):
        """Goal: --cpus bounds the rate. Method: two threads burn 400 ms of CPU at half a CPU; it
        must take at least 0.8 s less one period, and be counted as throttled."""
        result = self.cell("burn", "threads", "2", "200",
                           options=["--cpus", "0.5", "--cpu", "10s", "--wall", "60s"])
        self.expect(result, "OK")
        self.assertGreaterEqual(result["time"]["cpu_ms"], 390)
        self.assertGreaterEqual(result["time"]["wall_ms"], 650)
        self.assertGreater(result["noise"]["throttled_ms"], 0)

    def test_default_is_one_cpu(self):
        """Goal: without --cpus two threads share one CPU. Method: 2 × 300 ms of CPU time take
        at least that much wall time, less one period."""
        result = self.cell("burn", "threads", "2", "300", options=["--cpu", "10s"])
        self.expect(result, "OK")
        self.assertGreaterEqual(result["time"]["wall_ms"], 480)

    def test_cpuset(self):
        """Goal: --cpuset is where it runs. Method: the allowed list in /proc/self/status."""
        result = self.cell("plain", "read", "/proc/self/status", options=["--cpuset", "0"])
        self.assertRegex(text_of(self.expect(result, "OK")), r"(?m)^Cpus_allowed_list:\t0$")


class WallTime(CellTest):
    """Wall time: for programs that do not use CPU time."""

    def late(self, reason, *argv, wall_ms=400, options=()):
        result = self.cell(*argv, options=["--wall", f"{wall_ms}ms", *options])
        self.expect(result, "TLE", reason)
        self.assertGreaterEqual(result["time"]["wall_ms"], wall_ms)
        self.assertLess(result["time"]["wall_ms"], wall_ms + 1000 * SLOWNESS)
        return result

    def test_sleep_is_idle(self):
        """Goal: a sleeper is ended by wall time, and called idle. Method: sleep for a minute."""
        self.late("idle", "plain", "sleep", "60000")

    def test_busy_is_wall_time(self):
        """Goal: with more than a tenth on the CPU it is no idler. Method: 60 % busy."""
        self.late("wall_time", "burn", "doze", "60", options=["--cpu", "10s"], wall_ms=600)

    def test_stopped(self):
        """Goal: SIGSTOP to itself is no way to live for ever. Method: raise it."""
        self.late("idle", "burn", "stop")

    def test_reading_for_ever(self):
        """Goal: waiting for input that never comes ends. Method: an open silent pipe."""
        read_end, write_end = os.pipe()
        try:
            process = self.start("run", "--wall", "300ms", "--stdin", "-", "--",
                                 program("plain"), "cat", stdin=read_end)
            self.expect(strict_json(self.finish(process, 15)[0].decode()), "TLE", "idle")
        finally:
            os.close(read_end)
            os.close(write_end)

    def test_default_follows_cpu(self):
        """Goal: wall = 2 × cpu + 1 s. Method: a sleeper with a CPU limit of 50 ms."""
        result = self.cell("plain", "sleep", "60000", options=["--cpu", "50ms"])
        self.expect(result, "TLE", "idle")
        self.assertAlmostEqual(1100, result["time"]["wall_ms"], delta=500 * SLOWNESS)


class Idle(CellTest):
    """--idle: for programs that will never do anything again."""

    def test_sleeper(self):
        """Goal: who never does anything again is found soon after the limit, long before its wall
        time. Method: one that sleeps, one that is stopped, one without any open descriptor."""
        for argv in (["plain", "sleep", "60000"], ["burn", "stop"], ["plain", "close-all", "60000"]):
            with self.subTest(argv=argv):
                result = self.cell(*argv, options=["--idle", "400ms", "--wall", "60s"])
                self.expect(result, "TLE", "idle")
                self.assertEqual(result["limits"]["idle_ms"], 400)
                self.assertIn("400.000 ms", result["message"])
                self.assertGreaterEqual(result["time"]["wall_ms"], 400)
                self.assertLess(result["time"]["wall_ms"], 600 + 1000 * SLOWNESS)

    def test_falls_asleep(self):
        """Goal: the time counts from the last use of a CPU on. Method: a shell counts, then waits
        for input that never comes."""
        read_end, write_end = os.pipe()
        try:
            process = self.start("run", "--idle", "300ms", "--cpu", "30s", "--wall", "60s",
                                 "--stdin", "-", "--",
                                 "/bin/sh", "-c",
                                 "i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done; read x",
                                 stdin=read_end)
            result = strict_json(self.finish(process, 60)[0].decode())
        finally:
            os.close(read_end)
            os.close(write_end)
        self.expect(result, "TLE", "idle")
        self.assertGreaterEqual(result["time"]["wall_ms"], result["time"]["cpu_ms"] + 290)

    def test_busy(self):
        """Goal: who uses a CPU is not idle, however little at a time. Method: one that spins, one
        that is asleep for nine of ten milliseconds, a child that spins while its parent sleeps."""
        result = self.cell("burn", "self", "900", options=["--idle", "200ms", "--cpu", "10s"])
        self.expect(result, "OK")
        for argv in (["burn", "doze", "10"], ["burn", "children", "1"]):
            with self.subTest(argv=argv):
                result = self.cell(*argv, options=["--idle", "200ms", "--cpu", "10s",
                                                   "--wall", "1s"])
                self.assertEqual(result["verdict"], "TLE")
                self.assertGreaterEqual(result["time"]["wall_ms"], 1000)
                self.assertNotIn("200.000 ms", result["message"])

    def test_held_back(self):
        """Goal: who waits for a CPU is not idle. Method: it spins with a fiftieth of one, so that it
        is held back for 100 ms and more at a time."""
        result = self.cell("burn", "self", "40", options=["--idle", "100ms", "--cpus", "0.02",
                                                          "--cpu", "10s", "--wall", "60s"])
        if result["noise"]["cpu_pressure_ms"] is None:
            self.skip_inherent("this kernel does not tell who waits for a CPU")
        self.expect(result, "OK")
        self.assertGreater(result["time"]["wall_ms"], 500)

    def test_none_unless_asked_for(self):
        """Goal: without --idle there is no such limit. Method: it sleeps; and the result's null."""
        result = self.cell("plain", "sleep", "500")
        self.expect(result, "OK")
        self.assertIsNone(result["limits"]["idle_ms"])

    def test_too_small(self):
        """Goal: a limit the kernel's counters are too coarse for is refused."""
        outcome = self.call("run", "--idle", "50ms", "--", program("plain"), "exit", "0")
        self.assertEqual(outcome.status, 64)
        self.assertIn("--idle: must be at least 100 ms", outcome.stderr)


class Memory(CellTest):
    """Memory of all processes together, of every kind; never a way out through swap."""

    LIMIT = 32 * MB
    OPTIONS = ["--memory", "32M", "--disk", "256M", "--output", "256M"]

    def beyond(self, *argv, options=()):
        result = self.cell(*argv, options=[*self.OPTIONS, *options])
        self.expect(result, "MLE", "oom_kill")
        self.assertGreater(result["memory"]["oom_kills"], 0)
        self.assertLessEqual(result["memory"]["peak_bytes"], self.LIMIT)
        self.assertGreater(result["memory"]["peak_bytes"], self.LIMIT * 0.8)
        return result

    def test_heap(self):
        """Goal: too much heap is MLE. Method: touch twice the limit."""
        self.beyond("hog", "anon", str(64 * MB))

    def test_within(self):
        """Goal: less than the limit is fine. Method: touch half of it."""
        result = self.expect(self.cell("hog", "anon", str(16 * MB), options=self.OPTIONS), "OK")
        self.assertEqual(0, result["memory"]["oom_kills"])

    def test_churn_is_not_a_sum(self):
        """Goal: what was given back does not count. Method: half the limit, twenty times."""
        self.expect(self.cell("hog", "churn", str(16 * MB), "20",
                              options=[*self.OPTIONS, "--cpu", "20s"]), "OK")

    def test_files_are_memory(self):
        """Goal: tmpfs files count. Method: files beyond the limit in /box, /tmp, /dev/shm."""
        for path in ("/box/f", "/tmp/f", "/dev/shm/f"):
            with self.subTest(path):
                self.beyond("hog", "file", path, str(64 * MB))

    def test_memfd(self):
        """Goal: memory behind a descriptor counts. Method: memfd, under a policy that has it."""
        self.beyond("hog", "memfd", str(64 * MB), options=["--policy", self.policy()])

    def test_swap_is_off(self):
        """Goal: memory never becomes swap. Method: the leaf's own swap limit, read while a
        program runs."""
        with self.live("plain", "sleep", "60000") as supervisor:
            pid = max(descendants(supervisor.pid))
            with open(f"/proc/{pid}/cgroup", encoding="ascii") as file:
                lines = [line.strip().split(":", 2) for line in file]
            files = []
            for _, controllers, path in lines:
                for mount in ("/sys/fs/cgroup", "/sys/fs/cgroup/memory"):
                    if controllers in ("", "memory"):
                        files += [f"{mount}{path}/memory.swap.max",
                                  f"{mount}{path}/memory.memsw.limit_in_bytes"]
            values = {os.path.basename(name): self.read(name).strip() for name in files
                      if os.path.exists(name)}
        if not values:
            self.skip_inherent("this kernel does not account swap")
        self.assertIn(values, ({"memory.swap.max": b"0"},
                               {"memory.memsw.limit_in_bytes": str(256 * MB).encode()}))

    def test_swap_is_not_used(self):
        """Goal: with swap on the machine, too much memory is still MLE. Method: swap on a loop
        device, only where the machine is thrown away."""
        if not harness.DISPOSABLE:
            self.skip_inherent("would add swap to this machine; see tests/guest")
        file = self.path("swap")
        with open(file, "wb") as swap:
            swap.write(b"\0" * 64 * MB)
        run = functools.partial(subprocess.run, check=True, capture_output=True)
        device = run(["losetup", "--show", "-f", file]).stdout.decode().strip()
        try:
            run(["mkswap", device])
            run(["swapon", device])
            self.beyond("hog", "anon", str(64 * MB))
        finally:
            subprocess.run(["swapoff", device], check=False)
            run(["losetup", "-d", device])

    def test_system_v(self):
        """Goal: System V segments count, and vanish with the cell. Method: shmget beyond the
        limit; afterwards the host's list of segments is what it was."""
        def segments():
            with open("/proc/sysvipc/shm", encoding="ascii") as file:
                return file.read()
        before = segments()
        self.beyond("hog", "sysv", str(64 * MB), options=["--policy", self.policy()])
        self.cell("hog", "sysv", str(4 * MB), options=["--policy", self.policy()])
        self.assertEqual(before, segments())

    def test_pipes(self):
        """Goal: full pipes are charged, or bounded by the open-files limit. Method: fill all it
        can open; the sum stays inside the limit or it is killed for memory."""
        result = self.cell("hog", "pipes", options=[
            *self.OPTIONS, "--open-files", "1000", "--policy", self.policy()])
        if result["verdict"] == "OK":
            self.assertLess(int(text_of(result).split()[3]), self.LIMIT)
        else:
            self.expect(result, "MLE", "oom_kill")

    def test_only_a_child_dies(self):
        """Goal: the kernel's counter proves it, whatever the program's exit code. Method: the
        child takes too much, the parent exits with 0."""
        self.beyond("hog", "child", str(64 * MB))

    def test_many_processes_together(self):
        """Goal: the limit is for all together. Method: eight processes of 8 MB each."""
        script = f'for i in 1 2 3 4 5 6 7 8; do "$0" anon {8 * MB} 5000 & done; wait'
        self.expect(self.cell("hog", "anon", str(8 * MB), options=self.OPTIONS), "OK")
        result = self.cell("/bin/sh", "-c", script, "/box/hog", options=[
            *self.OPTIONS, "--copy-in", program("hog"), "--wall", "60s", "--policy",
            self.policy()])
        self.expect(result, "MLE", "oom_kill")

    def test_before_main(self):
        """Goal: death before main() is MLE too. Method: a gigabyte array touched by a
        constructor."""
        self.beyond("bss-touch")

    def test_untouched_memory_is_free(self):
        """Goal: there is no address-space limit. Method: a gigabyte array, never touched."""
        self.expect_output(self.cell("bss", options=["--memory", "16M"]), "0\n")

    def test_inside_exec(self):
        """Goal: running out inside exec is MLE, neither RE nor IE. Method: five megabytes of
        arguments, which exec must store (a quarter of the stack limit is the most it takes),
        with less memory than that."""
        args = ["x" * 100000] * 50
        spec = {"argv": [program("plain"), "argc", *args]}
        self.expect(self.spec(spec, options=["--memory", "4M", "--stack", "64M"]), "MLE",
                    "oom_kill")
        result = self.spec(spec, options=["--memory", "64M"])
        self.expect_output(result, f"{len(args)} {len(args) * 100000}\n")

    def test_hardly_any(self):
        """Goal: with too little to start at all the verdict is MLE, never IE or RE. Method:
        ever less memory down to the least allowed; once it fails it must stay MLE."""
        seen = []
        for kilobytes in (8192, 4096, 2048, 1024, 512, 256):
            outcome = self.call("run", "--memory", f"{kilobytes}K", "--", program("plain"),
                                "exit", "0")
            if outcome.status == 64:  # below what may be asked for
                self.assertIn("memory", outcome.stderr)
                break
            result = self.result_of(outcome)
            self.assertIn((result["verdict"], result["reason"]),
                          (("OK", "exited"), ("MLE", "oom_kill")), result)
            seen.append(result["verdict"])
        self.assertEqual("OK", seen[0])
        self.assertEqual(sorted(seen, reverse=True), seen)

    def test_stack(self):
        """Goal: the stack may be as large as memory, by default and when asked to be less.
        Method: recurse through 24 MB; then with an 8 MB stack."""
        deep = ["hog", "stack", str(24 * MB)]
        self.expect(self.cell(*deep, options=["--memory", "64M"]), "OK")
        result = self.cell(*deep, options=["--memory", "64M", "--stack", "8M"])
        self.assertEqual(11, self.expect(result, "RE", "signal")["signal"])

    def test_endless_recursion(self):
        """Goal: it ends as MLE or SIGSEGV, not in a time limit. Method: recurse 2 GB, with time to spare for
        an emulated CPU."""
        result = self.cell("hog", "stack", str(2048 * MB),
                           options=["--memory", "64M", "--cpu", "20s", "--wall", "60s"])
        self.assertIn(result["reason"], ("oom_kill", "signal"), result)

    def test_input_is_not_charged(self):
        """Goal: the judge's input file is not the program's memory. Method: read 48 MB of input
        with a limit of 32."""
        path = self.write("in", os.urandom(48 * MB))
        self.expect(self.cell("plain", "cat", options=[
            *self.OPTIONS, "--stdin", path, "--stdout", self.path("out"), "--cpu", "20s"]), "OK")

    def test_output_is_not_charged(self):
        """Goal: neither is what it wrote to standard output."""
        self.expect(self.cell("plain", "fill", str(40 * MB), options=[
            *self.OPTIONS, "--stdout", self.path("out"), "--cpu", "20s"]), "OK")


class Nested(CellTest):
    """Limits that others set on the caller."""

    def limited_group(self, limit, name):
        """A new group below ours with a memory limit; returns its path."""
        group = self.own_group(name)
        file = "memory.max" if os.path.exists(f"{group}/memory.max") else "memory.limit_in_bytes"
        try:
            with open(f"{group}/{file}", "w", encoding="ascii") as limit_file:
                limit_file.write(str(limit))
        except OSError:
            self.skip_inherent("our own group cannot limit memory")
        return group

    def test_the_callers_memory_limit_holds(self):
        """Goal: a cell cannot have more than its caller. Method: a group of 64 MB around the
        call; the program asks for 256 and touches 128."""
        for size, verdict in ((128 * MB, "MLE"), (16 * MB, "OK")):
            group = self.limited_group(64 * MB, verdict)
            outcome = self.call("run", "--", program("hog"), "anon", str(size),
                                preexec_fn=harness.enter(group))
            self.expect(self.result_of(outcome), verdict)

    def test_group_with_others_in_it(self):
        """Goal: on v2 a group that holds other processes cannot have limited children; the
        program says so with 69 and a mend, or finds a way, but never runs without limits.
        Method: a sleeper in the same group."""
        group = self.limited_group(64 * MB, "shared")
        with subprocess.Popen(["sleep", "60"], preexec_fn=harness.enter(group)) as sleeper:
            try:
                outcome = self.call("run", "--", program("hog"), "anon", str(128 * MB),
                                    preexec_fn=harness.enter(group))
            finally:
                sleeper.kill()
        if outcome.status == harness.EX_UNAVAILABLE:
            self.assertEqual(b"", outcome.stdout)
            self.assertIn("Delegate", outcome.stderr)
        else:
            self.expect(self.result_of(outcome), "MLE", "oom_kill")


class Processes(CellTest):
    """Processes and threads alive at once."""

    def test_refused(self):
        """Goal: the fork that is one too many gets EAGAIN and is counted; no verdict by itself.
        Method: ask for 50 more with a limit of 10."""
        result = self.cell("spawn", "alive", "50", options=["--processes", "10"])
        self.expect_output(result, "9 EAGAIN\n")
        self.assertGreater(result["processes"]["refused"], 0)

    def test_exactly(self):
        """Goal: the limit is for the program's own processes, init does not count. Method: use
        all of it."""
        result = self.cell("spawn", "alive", "9", options=["--processes", "10"])
        self.expect_output(result, "9 ok\n")
        self.assertEqual(0, result["processes"]["refused"])

    def test_one(self):
        """Goal: a limit of one still runs. Method: a single process, and one that forks."""
        self.expect(self.cell("plain", "exit", "0", options=["--processes", "1"]), "OK")
        result = self.cell("spawn", "alive", "1", options=["--processes", "1"])
        self.expect_output(result, "0 EAGAIN\n")

    def test_threads(self):
        """Goal: threads count like processes. Method: the same with threads."""
        result = self.cell("spawn", "threads", "50", options=["--processes", "10"])
        self.expect_output(result, "9 EAGAIN\n")
        self.assertGreater(result["processes"]["refused"], 0)

    def test_bomb(self):
        """Goal: a fork bomb is held and ended, also when its maker is gone. Method: let it run
        into the CPU limit; leave it behind."""
        result = self.cell("spawn", "bomb", options=["--cpu", "500ms"])
        self.expect(result, "TLE", "cpu_time")
        self.assertGreater(result["processes"]["refused"], 0)
        result = self.cell("spawn", "bomb-orphans")
        self.assertEqual("OK", result["verdict"])

    def test_daemon_delays_nothing(self):
        """Goal: a daemon that keeps the pipe open neither delays the end nor survives. Method: a
        double fork that would write 20 s later."""
        begin = time.monotonic()
        result = self.cell("spawn", "daemon", "LATE", options=["--wall", "60s"])
        self.assertLess(time.monotonic() - begin, 10 * max(1, SLOWNESS / 4))
        self.expect_output(result, "main ended\n")


class Output(CellTest):
    """Standard output and error together, and the largest file."""

    def flooded(self, *argv, limit=MB):
        result = self.cell(*argv, options=["--output", str(limit) + "B", "--cpu", "20s"])
        self.expect(result, "OLE", "output")
        return result

    def test_floods(self):
        """Goal: each stream and both together are limited. Method: endless writing to each."""
        for stream in ("stdout", "stderr", "both"):
            with self.subTest(stream):
                result = self.flooded("flood", stream)
                total = sum(result["output"].values())
                self.assertGreater(total, MB)
                self.assertLess(total, 3 * MB)

    def test_the_sum_counts(self):
        """Goal: two streams under the limit, together over it. Method: 600 K on each of 1 M."""
        result = self.cell("plain", "fill", str(600 * KB), str(600 * KB),
                           options=["--output", "1M"])
        self.expect(result, "OLE", "output")

    def test_exactly(self):
        """Goal: the limit itself may be written, one byte more not. Method: both."""
        options = ["--output", "100000B"]
        self.expect(self.cell("plain", "fill", "60000", "40000", options=options), "OK")
        self.expect(self.cell("plain", "fill", "60000", "40001", options=options), "OLE", "output")

    def test_flood_into_a_file(self):
        """Goal: --stdout FILE is no way around, and the file stays bounded. Method: flood."""
        path = self.path("out")
        result = self.cell("flood", "stdout", options=["--output", "1M", "--stdout", path])
        self.expect(result, "OLE", "output")
        self.assertLessEqual(os.stat(path).st_size, MB)

    def test_file_size(self):
        """Goal: a file beyond the limit is OLE. Method: an endless file ends by SIGXFSZ."""
        result = self.cell("flood", "file", "/box/f", options=["--output", "1M"])
        self.expect(result, "OLE", "file_size")

    def test_file_size_ignored(self):
        """Goal: with SIGXFSZ ignored the file still does not grow. Method: the write fails."""
        result = self.cell("flood", "file", "/box/f", "ignore", options=["--output", "1M"])
        self.expect_output(result, "write EFBIG\n", "RE")

    def test_sparse_file(self):
        """Goal: a size without blocks is limited as well. Method: ftruncate far beyond; SIGXFSZ
        or a refusal, never a huge file."""
        result = self.cell("plant", "sparse", "f", str(1 << 50), options=[
            "--output", "1M", "--copy-out", "f:" + self.path("f")])
        self.assertNotEqual("OK", result["verdict"])
        self.assertNotEqual("IE", result["verdict"])
        self.assertFalse(os.path.exists(self.path("f")) and os.path.getsize(self.path("f")) > MB)

    def test_inherited_output(self):
        """Goal: with --inherit the file the caller gave is bounded by RLIMIT_FSIZE. Method: flood
        a caller's file."""
        path = self.path("out")
        with open(path, "wb") as file:
            process = self.start("run", "--inherit", "--result", self.path("r"), "--output", "1M",
                                 "--", program("flood"), "stdout", stdout=file)
            self.finish(process)
            self.assertEqual(0, process.returncode)
        self.expect(strict_json(self.read(self.path("r")).decode()), "OLE", "file_size")
        self.assertLessEqual(os.stat(path).st_size, MB)


class Disk(CellTest):
    """What may be stored in the cell."""

    def test_bytes(self):
        """Goal: ENOSPC at the limit, in every writable place. Method: fill each."""
        for place in ("/box", "/tmp", "/dev/shm"):
            with self.subTest(place):
                result = self.cell("flood", "disk", place, options=[
                    "--disk", "8M", "--memory", "256M", "--cpu", "20s"])
                stored, error = text_of(self.expect(result, "OK")).split()
                self.assertEqual("ENOSPC", error)
                self.assertGreater(int(stored), 4 * MB)
                self.assertLessEqual(int(stored), 8 * MB + 64 * KB)

    def test_all_places_together(self):
        """Goal: the limit is one for the whole cell, not one for each place. Method: fill one
        after the other in one run."""
        script = 'for d in /box /tmp /dev/shm; do "$0" disk $d; done'
        result = self.cell("/bin/sh", "-c", script, "/box/flood", options=[
            "--disk", "8M", "--copy-in", program("flood"), "--cpu", "20s", "--wall", "60s",
            "--policy", self.policy()])
        stored = [int(line.split()[0]) for line in
                  text_of(self.expect(result, "OK")).splitlines()]
        self.assertEqual(3, len(stored))
        self.assertLessEqual(sum(stored), 8 * MB + 64 * KB)

    def test_inodes(self):
        """Goal: millions of empty files are stopped early. Method: create until refused."""
        for place in ("/box", "/tmp", "/dev/shm"):
            with self.subTest(place):
                result = self.cell("flood", "inodes", place, options=[
                    "--cpu", "60s", "--wall", "120s", "--memory", "1G"])
                made, error = text_of(self.expect(result, "OK")).split()
                self.assertEqual("ENOSPC", error)
                self.assertGreater(int(made), 1000)
                self.assertLess(int(made), 200000)

    def test_the_callers_files_do_not_count(self):
        """Goal: what the caller puts into the cell does not use up the program's disk. Method:
        copy in 4 MB with 1 MB of disk, then fill up."""
        big = self.write("big", b"x" * (4 * MB))
        result = self.cell("flood", "disk", "/box", options=["--disk", "1M", "--copy-in", big])
        stored, error = text_of(self.expect(result, "OK")).split()
        self.assertEqual("ENOSPC", error)
        self.assertGreater(int(stored), MB * 0.9)
        self.assertLess(int(stored), MB * 1.1)


class Files(CellTest):
    """Open files."""

    def test_open_files(self):
        """Goal: exactly so many descriptors. Method: open until EMFILE."""
        for count in (64, 16, 200):
            result = self.cell("flood", "files", options=["--open-files", str(count)])
            self.expect_output(result, f"{count} EMFILE\n")

    def test_cannot_be_raised(self):
        """Goal: limits are hard limits. Method: soft and hard are equal, seen from inside."""
        result = self.cell("probe", "limits", options=["--policy", self.policy()])
        for line in text_of(self.expect(result, "OK")).splitlines():
            name, soft, hard = line.split()
            if name not in ("as", "data"):
                self.assertEqual(soft, hard, name)


class Together(CellTest):
    """Several limits at once."""

    def test_spec_limits(self):
        """Goal: limits in a spec bite like those of options. Method: each in turn."""
        for argv, limits, verdict in (
                (["burn", "spin"], {"cpu_ms": 100}, "TLE"),
                (["plain", "sleep", "9000"], {"wall_ms": 200}, "TLE"),
                (["hog", "anon", str(64 * MB)], {"memory_bytes": 16 * MB}, "MLE"),
                (["flood", "stdout"], {"output_bytes": 10000}, "OLE")):
            result = self.spec({"argv": [program(argv[0]), *argv[1:]], "limits": limits})
            self.expect(result, verdict)

    def test_captured_output_of_a_stopped_program(self):
        """Goal: what was written before the end is kept. Method: write, then spin."""
        result = self.cell("/bin/sh", "-c", "echo before; while :; do :; done",
                           options=["--cpu", "200ms"])
        self.expect(result, "TLE")
        self.assertEqual(b"before\n", captured(result["stdout"]))

    def test_spec_is_data(self):
        """Goal: a result survives a round trip. Method: its own limits as a spec's limits."""
        result = self.cell("plain", "exit", "0", options=["--memory", "100M"])
        limits = {key: value for key, value in result["limits"].items() if value is not None}
        again = self.spec(json.loads(json.dumps({"argv": ["true"], "limits": limits})))
        self.assertEqual(result["limits"], again["limits"])


if __name__ == "__main__":
    main()
