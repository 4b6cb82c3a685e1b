# SPDX-License-Identifier: MIT
"""Known attacks on judges, runtimes and jails, one test each; see SECURITY.md for the table."""

import json
import os
import resource
import signal
import subprocess
import time

import harness
from harness import (EX_DATA, EX_UNAVAILABLE, EX_USAGE, MB, SLOWNESS, CellTest, captured, facts,
                     main, program, strict_json, text_of)

NOT_REFUSED = 42

# Calls that the policy may answer with an errno instead of ending the run, because C libraries
# and language runtimes try them and go on without: no gain for an attacker, a gain for users.
ERRNO_IS_FINE = {
    "personality.noaslr", "personality.readimplies", "sched_setscheduler", "sched_setattr",
    "setpriority", "ioprio_set", "mlockall", "migrate_pages", "move_pages", "prctl.mm",
    "prctl.dumpable", "prctl.securebits", "fcntl.setlease", "fcntl.notify", "setrlimit.core",
    "name_to_handle_at", "mknod", "mknodat", "seccomp", "kcmp", "io_uring_setup",
    "inotify_add_watch", "splice", "tee", "vmsplice", "pidfd_open",
}


class Syscalls(CellTest):
    """Every dangerous system call ends the run and is named exactly, under the native policy."""

    def attempts(self):
        listing = subprocess.run([program("syscalls"), "list"], capture_output=True, check=True)
        for line in listing.stdout.decode().splitlines():
            name, number, *args = line.split()
            yield name, int(number), args

    def expect_violation(self, result, name, number, args, arch="x86_64"):
        self.expect(result, "SV", "syscall")
        self.assertEqual({"name": name, "number": number, "arch": arch, "args": args},
                         result["syscall"])
        self.assertIn(name, result["message"])

    def test_table(self):
        """Goal: no dangerous call gets through, and each is reported by name, number and
        arguments. Method: one run for each row of the program's own table."""
        seen = []
        for name, number, args in self.attempts():
            with self.subTest(name):
                result = self.cell("syscalls", "call", name, options=["--wall", "20s"])
                if result["verdict"] == "SV":
                    self.expect_violation(result, name.split(".")[0], number, args)
                    seen.append(name)
                else:
                    self.assertIn(name, ERRNO_IS_FINE, text_of(result))
                    self.assertEqual(NOT_REFUSED, result["exit_code"])
                    self.assertRegex(text_of(result), r"not refused: -1 E(PERM|NOSYS|ACCES|INVAL)")
        self.assertGreater(len(seen), 50)

    def test_from_other_threads_and_children(self):
        """Goal: it does not matter who calls. Method: a second thread, a child process; the whole
        run must end, not the caller alone."""
        for how in ("thread", "child"):
            for name in ("socket.inet", "ptrace.attach", "mount", "execve"):
                with self.subTest(f"{how} {name}"):
                    result = self.cell("syscalls", how, name, options=["--wall", "20s"])
                    self.expect(result, "SV", "syscall")
                    self.assertEqual(name.split(".")[0], result["syscall"]["name"])
                    self.assertLess(result["time"]["wall_ms"], 15000)

    def test_storm(self):
        """Goal: many forbidden calls at the same moment are one clean verdict. Method: thirty
        threads, several times."""
        for _ in range(5):
            result = self.cell("syscalls", "storm", "30", "socket.inet", options=["--wall", "20s"])
            self.expect(result, "SV", "syscall")
            self.assertEqual("socket", result["syscall"]["name"])

    def test_i386(self):
        """Goal: the 32-bit entry point is refused first, and named by its own table. Method: int
        0x80 with calls whose 64-bit namesakes are harmless or dangerous."""
        plain = subprocess.run([program("syscalls"), "i386", "20"], capture_output=True,
                               check=False)
        if plain.returncode != NOT_REFUSED:
            self.skip_inherent("this kernel has no 32-bit entry point")
        for number, name in ((20, "getpid"), (1, "exit"), (4, "write"), (5, "open"),
                             (11, "execve"), (102, "socketcall"), (359, "socket"),
                             (120, "clone")):
            with self.subTest(name):
                result = self.expect(self.cell("syscalls", "i386", str(number)), "SV", "syscall")
                self.assertEqual((name, number, "i386"), (
                    result["syscall"]["name"], result["syscall"]["number"],
                    result["syscall"]["arch"]))
                self.assertEqual(["0x2", "0x1"], result["syscall"]["args"][:2])

    def test_x32(self):
        """Goal: numbers with the x32 bit are refused, whatever the call. Method: harmless ones
        and dangerous ones, and those that x32 alone has."""
        for number, name in ((39, "getpid"), (0, "read"), (1, "write"), (41, "socket"),
                             (59, "execve"), (520, "execve"), (521, "ptrace")):
            with self.subTest(number):
                result = self.expect(self.cell("syscalls", "x32", str(number)), "SV", "syscall")
                self.assertEqual((number, "x32"), (result["syscall"]["number"],
                                                   result["syscall"]["arch"]))
                if number not in (59,):
                    self.assertEqual(name, result["syscall"]["name"])

    def test_unknown_numbers(self):
        """Goal: a call this kernel or library does not know is refused too. Method: a gap in
        the table and numbers beyond its end."""
        # Not 335 and 336: newer kernels use them for tracing and let them past every filter.
        for number in (400, 999, 1000000, 0x3fffffff):
            with self.subTest(number):
                result = self.expect(self.cell("syscalls", "number", str(number)), "SV")
                self.assertEqual(number, result["syscall"]["number"])
                self.assertEqual(["0x1", "0x2", "0x3", "0x4", "0x5", "0x6"],
                                 result["syscall"]["args"])

    def test_clone3(self):
        """Goal: clone3, whose flags no filter can see, does not exist; threads work all the
        same. Method: call it, then start a thread."""
        self.expect_output(self.cell("syscalls", "clone3"), "clone3 ENOSYS\npthread_create ok\n")

    def test_no_second_program(self):
        """Goal: a judged program does not become another one. Method: exec a shell."""
        result = self.cell("escape", "exec", "/bin/sh", "-c", "echo owned")
        self.expect(result, "SV", "syscall")
        self.assertEqual("execve", result["syscall"]["name"])
        self.assertEqual(b"", captured(result["stdout"]))

    def test_launch_cannot_be_repeated(self):
        """Goal: the call that launches a program is no permission for another exec. Method: the
        same call with an absolute path, and with a program in memory; also under a policy that
        allows everything."""
        for policy in ([], ["--policy", self.policy([])]):
            for target in ("/bin/echo", "memfd"):
                with self.subTest(target=target, policy=policy):
                    result = self.cell("escape", "exec-launch", target, "owned", options=policy)
                    self.expect(result, "SV", "syscall")
                    self.assertEqual("execveat", result["syscall"]["name"])
                    self.assertEqual(b"", captured(result["stdout"]))

    def test_terminal_injection(self):
        """Goal: TIOCSTI and TIOCLINUX are refused by the low 32 bits (CVE-2017-5226,
        CVE-2019-10063). Method: with and without high bits set."""
        for name in ("ioctl.tiocsti", "ioctl.tiocsti-high", "ioctl.tiocsti-sign",
                     "ioctl.tioclinux"):
            with self.subTest(name):
                result = self.expect(self.cell("syscalls", "call", name), "SV", "syscall")
                self.assertEqual("ioctl", result["syscall"]["name"])

    def test_custom_policy(self):
        """Goal: a policy file is what holds: its allow, errno and kill rules, and conditions.
        Method: a policy derived from an open one."""
        policy = self.policy([
            {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
            {"names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS"},
            {"names": ["personality"], "action": "SCMP_ACT_KILL",
             "args": [{"index": 0, "value": 0x40000, "valueTwo": 0, "op": "SCMP_CMP_EQ"}]},
        ])
        options = ["--policy", policy]
        result = self.cell("syscalls", "call", "socket.inet", options=options)
        self.assertIn("EACCES", text_of(self.expect(result, "RE")))
        self.expect(self.cell("syscalls", "call", "ptrace.attach", options=options), "SV")
        self.expect(self.cell("syscalls", "call", "personality.noaslr", options=options), "SV")
        self.expect(self.cell("syscalls", "call", "personality.readimplies", options=options),
                    "RE")

    def test_report_survives_lies(self):
        """Goal: the report cannot be forged. Method: a program that writes a perfect verdict to
        every descriptor it may have, then exits with 7."""
        result = self.expect(self.cell("plant", "lie"), "RE", "exit_code")
        self.assertEqual(7, result["exit_code"])
        self.assertTrue(text_of(result).startswith('{"version":1'))


class OtherWalls(CellTest):
    """With every system call allowed, the other walls still stand."""

    def open_cell(self, *argv, options=(), **kw):
        return self.cell(*argv, options=["--policy", self.policy(), *options], **kw)

    def test_no_privilege_works(self):
        """Goal: without seccomp no privileged act succeeds. Method: two dozen of them, arguments
        all right."""
        result = self.expect(self.open_cell("escape", "privileges"), "OK")
        lines = text_of(result).splitlines()
        self.assertGreater(len(lines), 20)
        for line in lines:
            self.assertNotEqual("ok", line.split()[-1], line)

    def test_no_new_namespaces(self):
        """Goal: no nested user namespace, so none of the others (CVE-2022-0185 and its kin).
        Method: unshare each kind."""
        result = self.expect(self.open_cell("escape", "namespaces"), "OK")
        for line in text_of(result).splitlines():
            self.assertIn(line.split()[1], ("EPERM", "ENOSPC"), line)

    def test_setns(self):
        """Goal: init's namespaces are no way back."""
        text = text_of(self.open_cell("escape", "setns"))
        self.assertNotIn("setns ok", text)

    def test_signals_reach_nobody(self):
        """Goal: kill(1), kill(parent), kill(-1) end nobody but the program's own. Method: a
        sentinel on the host lives on, the run ends in a normal verdict."""
        with subprocess.Popen(["sleep", "60"]) as sentinel:
            try:
                result = self.open_cell("escape", "kill")
                seen = text_of(result)
                self.assertRegex(seen, r"(?m)^kill 1 (EPERM|ESRCH)$")
                self.assertRegex(seen, r"(?m)^kill parent (EPERM|ESRCH)$")
                self.assertIn(result["verdict"], ("OK", "RE"))
                result = self.open_cell("escape", "kill-pid", str(sentinel.pid), str(os.getpid()))
                self.expect_output(result, f"{sentinel.pid} ESRCH\n{os.getpid()} ESRCH\n")
                self.assertIsNone(sentinel.poll())
            finally:
                sentinel.kill()

    def test_stop_everything(self):
        """Goal: stopping all it can reach stops the program only; the wall limit ends it."""
        result = self.open_cell("escape", "stop-all", options=["--wall", "500ms"])
        self.expect(result, "TLE", "idle")

    def test_init_cannot_be_entered(self):
        """Goal: the cell's first process shows nothing: no memory, no descriptors, no root.
        (CVE-2019-5736, CVE-2024-21626) Method: ptrace and /proc/1."""
        for line in text_of(self.open_cell("escape", "ptrace")).splitlines():
            self.assertNotEqual("ok", line.split()[-1], line)

    def test_descriptors_cannot_be_stolen(self):
        """Goal: no descriptor of init. Method: pidfd_getfd for all of them."""
        self.assertNotIn("stolen", text_of(self.open_cell("escape", "pidfd")))

    def test_keyrings_are_per_run(self):
        """Goal: a key left by one run is not found by the next. Method: leave one in the session
        and user keyrings, look for it in the next run of the same user id."""
        name = f"cell-test-{os.getpid()}"
        self.expect(self.open_cell("escape", "keyring", name), "OK")
        again = facts(self.expect(self.open_cell("escape", "keyring", name), "OK"))
        self.assertIn(again["found"], ("ENOKEY", "EPERM", "EACCES"))

    def test_core_limit_cannot_be_lowered(self):
        """Goal: RLIMIT_CORE stays 1 under the native policy; a program that lowers it to 0 would
        have its dump program started again. Method: raise it, lower it, abort."""
        result = self.expect(self.cell("escape", "core"), "RE", "signal")
        self.assertEqual("raise EPERM\nlower EPERM\n", text_of(result))

    def test_core_dump_program(self):
        """Goal: no core dump program ever runs, as root and outside all limits. Method: a
        core_pattern that pipes to a script which leaves a mark; one abort outside proves that
        the mark works."""
        mark = self.path("core-helper-ran")
        helper = self.write("helper", f"#!/bin/sh\n: > {mark}\n", 0o755)
        with self.core_pattern(f"|{helper}"):
            for argv in (["plain", "abort"], ["plain", "segv"], ["escape", "core"]):
                self.expect(self.cell(*argv), "RE", "signal")
            time.sleep(0.3 * min(SLOWNESS, 10))
            self.assertFalse(os.path.exists(mark), "the core helper ran as root outside")
            subprocess.run([program("plain"), "abort"], check=False)
            self.assertTrue(harness.wait_until(lambda: os.path.exists(mark), 2))

    def test_setuid_binaries(self):
        """Goal: set-user-id programs gain nothing. Method: bind a folder with a set-uid root copy
        of the probe; its ids must stay the program's."""
        self.copy_program("probe-static", "suid/probe", 0o6755)
        result = self.open_cell("/suid/probe", "ids",
                                options=["--bind", f"{self.path('suid')}:/suid"])
        seen = facts(self.expect(result, "OK"))
        self.assertEqual(1, len(set(seen["uid"].split())))
        self.assertNotEqual("0", seen["uid"].split()[0])

    def test_host_secrets(self):
        """Goal: no secret of the host can be read. Method: well-known places, directly and
        through dots and links."""
        secrets = ["/etc/shadow", "/root", "/root/.ssh", "/proc/1/root/etc/shadow",
                   "/proc/self/root/etc/shadow", "/box/../etc/shadow", "/dev/../../etc/shadow",
                   "/proc/kcore", "/proc/kallsyms", "/proc/keys", "/sys/kernel", "/dev/mem",
                   "/dev/sda", "/dev/kmsg", "/var/run", "/etc/ssh", "/proc/sys/kernel/random",
                   "/proc/cpuinfo", "/proc/loadavg", "/proc/uptime", "/proc/sched_debug",
                   "/proc/interrupts", "/proc/pressure/cpu", "/proc/1/environ"]
        seen = facts(self.open_cell("probe", "read", *secrets))
        for secret in secrets:
            self.assertIn(seen[secret], ("ENOENT", "EACCES", "EPERM", "EISDIR"), secret)
            if secret != "/proc/1/environ":
                self.assertNotIn(seen[secret], ("ok",))

    def test_unreadable_files_of_the_host_stay_unreadable(self):
        """Goal: below /usr the program has the rights of a nobody. Method: a bound folder with a
        file of mode 0600 owned by root."""
        self.write("bound/secret", "s", 0o600)
        result = self.open_cell("probe", "read", "/bound/secret",
                                options=["--bind", f"{self.path('bound')}:/bound"])
        self.assertEqual("EACCES", facts(result)["/bound/secret"])


class Planted(CellTest):
    """What the program leaves under the name of a file to collect is never followed, never
    waited for, always reported (CVE-2024-28185, CVE-2024-28189, go-judge 176)."""

    SECRET = "top secret of the host"

    def collect(self, *plant, name="out", verdict="OK", options=()):
        """Plants and collects; returns the collected entry and what arrived (None: nothing)."""
        to = self.path("arrived")
        if os.path.exists(to):
            os.unlink(to)
        begin = time.monotonic()
        result = self.cell("plant", *plant, options=[
            "--policy", self.policy(), "--copy-out", f"{name}:{to}", *options])
        self.assertLess(time.monotonic() - begin, 20 * max(1, SLOWNESS / 4))
        self.expect(result, verdict)
        return result["collected"][0], self.read(to) if os.path.exists(to) else None

    def refused(self, entry, arrived, *statuses):
        self.assertIn(entry["status"], statuses)
        self.assertFalse(arrived, "something was collected")

    def test_symlinks(self):
        """Goal: links lead nowhere. Method: to a host file, to a file of the cell, to itself, to
        devices, through /proc."""
        secret = self.write("secret", self.SECRET)
        for target in (secret, "/etc/passwd", "/etc/shadow", "out", "/dev/zero", "/dev/stdin",
                       "/proc/self/exe", "/proc/self/root/etc/passwd", "plant",
                       "../../../../etc/passwd"):
            with self.subTest(target):
                self.refused(*self.collect("symlink", target, "out"), "not_regular")

    def test_symlink_on_the_way(self):
        """Goal: a link as an intermediate folder is not followed either. Method: dir -> /etc,
        then collect dir/passwd; dir -> the host's folder."""
        self.write("host/secret", self.SECRET)
        for target, name in (("/etc", "dir/passwd"), (self.path("host"), "dir/secret"),
                             ("/", "dir/etc/passwd"), (".", "dir/plant")):
            with self.subTest(target):
                entry, arrived = self.collect("symlink", target, "dir", name=name)
                self.refused(entry, arrived, "not_regular", "missing", "failed")

    def test_dots(self):
        """Goal: names that leave the working folder are refused before anything runs. Method:
        dots in the middle and at the start, absolute names elsewhere."""
        for name in ("dir/../../etc/passwd", "../etc/passwd", "/etc/passwd", "/box/../etc/passwd"):
            with self.subTest(name):
                outcome = self.call("run", "--copy-out", f"{name}:{self.path('arrived')}", "--",
                                    program("plant"), "dir", "dir")
                self.assertIn(outcome.status, (EX_USAGE, EX_DATA), outcome)
                self.assertFalse(os.path.exists(self.path("arrived")))

    def test_not_files(self):
        """Goal: FIFOs, sockets, folders are reported and never opened so that they block."""
        for kind in ("fifo", "socket", "dir"):
            with self.subTest(kind):
                self.refused(*self.collect(kind, "out"), "not_regular")

    def test_fifo_with_a_writer(self):
        """Goal: neither does a FIFO that a process of the program feeds. Method: a shell that
        keeps writing to it in the background."""
        result = self.cell("/bin/sh", "-c", "mkfifo out; yes > out & exit 0", options=[
            "--policy", self.policy(), "--copy-out", "out:" + self.path("arrived")])
        self.expect(result, "OK")
        self.assertEqual("not_regular", result["collected"][0]["status"])

    def test_device(self):
        """Goal: a device cannot even be made."""
        entry, arrived = self.collect("device", "out", verdict="RE")
        self.refused(entry, arrived, "missing")

    def test_sparse_monster(self):
        """Goal: a file whose size is beyond the limits is not copied. Method: sparse, as large as
        RLIMIT_FSIZE allows while the disk limit is smaller."""
        entry, arrived = self.collect("sparse", "out", str(60 * MB),
                                      options=["--output", "64M", "--disk", "16M"])
        self.refused(entry, arrived, "too_large")

    def test_sparse_within_limits(self):
        """Goal: an honest sparse file arrives whole. Method: one megabyte of nothing."""
        entry, arrived = self.collect("sparse", "out", str(MB))
        self.assertEqual(("ok", MB), (entry["status"], entry["bytes"]))
        self.assertEqual(b"\0" * MB, arrived)

    def test_hard_links(self):
        """Goal: a hard link to a file that is not the program's cannot be made. Method: to a
        host file in /usr, to one in a bound folder."""
        self.write("bound/file", self.SECRET)
        for target in ("/usr/bin/env", "/etc/passwd", "/bound/file"):
            with self.subTest(target):
                entry, arrived = self.collect(
                    "hardlink", target, "out", verdict="RE",
                    options=["--bind", f"{self.path('bound')}:/bound"])
                self.refused(entry, arrived, "missing")

    def test_hard_link_to_own_file(self):
        """Goal: a second name for its own file is an ordinary file."""
        entry, arrived = self.collect("hardlink", "plant", "out")
        self.assertEqual("ok", entry["status"])
        self.assertEqual(self.read(program("plant")), arrived)

    def test_exchange(self):
        """Goal: a name that changes between file and link never yields the link's target.
        Method: exchange for ever, stop by a limit, collect; several times."""
        for _ in range(5):
            result = self.cell("plant", "swap", "out", "/etc/passwd", options=[
                "--policy", self.policy(), "--cpu", "100ms", "--copy-out",
                "out:" + self.path("arrived")])
            self.expect(result, "TLE")
            entry = result["collected"][0]
            self.assertIn(entry["status"], ("ok", "not_regular", "missing"))
            if entry["status"] == "ok":
                self.assertEqual(0, entry["bytes"])

    def test_odd_names(self):
        """Goal: any name works as data, in the file system and in the result. Method: blanks,
        quotes, control characters, letters outside ASCII."""
        for name in ("a b", "\"quoted\"", "new\nline", "\033[31m", "naïve", "-rf"):
            with self.subTest(name):
                result = self.spec({"argv": [program("plant"), "file", name, "x"],
                                    "collect": [{"name": name, "to": "arrived"}]})
                self.expect(result, "OK")
                self.assertEqual((name, "ok"), (result["collected"][0]["name"],
                                                result["collected"][0]["status"]))
                self.assertEqual(b"x", self.read(self.path("arrived")))

    def test_target_is_the_callers_business(self):
        """Goal: where the caller wants the file is not the program's to choose; an unwritable
        target is reported. Method: a target in a folder that does not exist."""
        outcome = self.call("run", "--copy-out", f"out:{self.path('no/such/folder')}", "--",
                            program("plant"), "file", "out", "x")
        if outcome.status == 0:
            entry = self.result_of(outcome)["collected"][0]
            self.assertEqual("failed", entry["status"])
        else:
            self.assertIn("no/such/folder", outcome.stderr)

    def test_folders_with_files_in_them_stay_behind(self):
        """Goal: clean-up walks no tree: a deep or wide one costs no time. Method: 20 000 files,
        3 000 nested folders; the teardown must not notice."""
        for argv in (["flood", "inodes", "/tmp", "20000"], ["flood", "deep", "/tmp", "3000"]):
            with self.subTest(argv[1]):
                result = self.cell(*argv, options=["--cpu", "60s", "--wall", "120s",
                                                   "--memory", "512M", "--disk", "256M"])
                self.expect(result, "OK")
                self.assertLess(result["cell"]["teardown_ms"], 1000 * SLOWNESS)


class Streams(CellTest):
    """Attacks through standard input and output."""

    def test_input_cannot_be_rewritten(self):
        """Goal: the judge's input file stays as it is though its mode would allow writing.
        Method: reopen it through /proc and /dev, write, truncate, chmod."""
        path = self.write("in", "the input\n", 0o666)
        result = self.cell("plant", "stdin-write", "owned", options=[
            "--policy", self.policy(), "--stdin", path])
        self.expect(result, "OK")
        for line in text_of(result).splitlines():
            self.assertNotEqual("ok", line.split()[-1], line)
        self.assertEqual(b"the input\n", self.read(path))
        self.assertEqual(0o666, os.stat(path).st_mode & 0o777)

    def test_input_text_cannot_be_rewritten(self):
        """Goal: nor can input from the spec, which only the program would see changed."""
        result = self.spec({"argv": [program("plant"), "stdin-write", "owned"],
                            "stdin": {"text": "the input\n"}},
                           options=["--policy", self.policy()])
        for line in text_of(self.expect(result, "OK")).splitlines():
            self.assertNotEqual("ok", line.split()[-1], line)

    def test_control_characters(self):
        """Goal: output cannot break the result or the reader's terminal. Method: escape
        sequences, quotes, C1 controls, a NUL; the printed text must hold none of them raw."""
        outcome = self.call("run", "--", program("plant"), "escapes")
        result = self.result_of(outcome)
        self.assertEqual("\033[2J\033]0;owned\007\r\n\t\b\f\"\\},\x7f\x01\x1f\u009b",
                         result["stdout"]["text"])
        for byte in outcome.stdout.replace(b"\n", b"").replace(b"\t", b""):
            self.assertGreaterEqual(byte, 0x20, "a raw control character")
        result = self.cell("plant", "nul")
        self.assertEqual(b"a\0b\n", captured(result["stdout"]))

    def test_flood_ends(self):
        """Goal: a flood on both streams costs the judge neither memory nor disk. Method: flood
        with the default limits; look at the judge's own peak memory."""
        process = self.start("run", "--cpu", "60s", "--", program("flood"), "both")
        self.expect(strict_json(self.finish(process)[0].decode()), "OLE", "output")

    def test_the_supervisor_does_not_spin(self):
        """Goal: no way for a program to make the judge itself burn CPU time. Method: programs
        that sleep for a second with their streams closed, or with megabytes of input unread;
        the supervisor's own CPU time must stay small."""
        path = self.write("in", b"x" * MB)
        for argv, options in ((["plain", "sleep", "1000"], []),
                              (["plain", "close-all", "1000"], []),
                              (["plain", "close-all", "1000"], ["--stdin", "-"]),
                              (["plain", "close-all", "1000"], ["--stdin", path]),
                              (["plain", "sleep", "1000"], ["--stdin", "-"])):
            with self.subTest(argv=argv, options=options):
                harness.reap()
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                self.expect(self.cell(*argv, options=options, stdin=b"x" * MB), "OK")
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
                self.assertLess(used, 0.3 * SLOWNESS)

    def test_full_disk(self):
        """Goal: an output file that cannot take what the program wrote is not success. Method:
        /dev/full as --stdout."""
        outcome = self.call("run", "--stdout", "/dev/full", "--", program("plain"), "echo", "x")
        if outcome.status == 0:
            self.assertNotEqual("OK", self.result_of(outcome)["verdict"])
        else:
            self.assertIn("stdout", outcome.stderr)

    def test_slow_reader_of_inherited_output(self):
        """Goal: a caller who does not read inherited output cannot hang the run beyond its wall
        limit. Method: flood into a pipe nobody reads."""
        read_end, write_end = os.pipe()
        try:
            process = self.start("run", "--inherit", "--result", self.path("r"), "--wall",
                                 "500ms", "--", program("flood"), "stdout", stdout=write_end)
            self.finish(process)
        finally:
            os.close(read_end)
            os.close(write_end)
        self.expect(strict_json(self.read(self.path("r")).decode()), "TLE")


    def test_slow_reader_of_an_output_file(self):
        """Goal: a FIFO as --stdout whose reader is slow does not suspend the limits. Method: a
        reader that never reads, a program that floods and one that then burns CPU time."""
        path = self.path("fifo")
        os.mkfifo(path)
        reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            for script in ("yes", "yes & while :; do :; done"):
                process = self.start("run", "--stdout", path, "--result", self.path("r"), "--cpu",
                                     "500ms", "--wall", "1s", "--policy", self.policy(), "--",
                                     "sh", "-c", script)
                self.finish(process, 15)
                self.expect(strict_json(self.read(self.path("r")).decode()), "TLE")
        finally:
            os.close(reader)


class Sizes(CellTest):
    """Huge arguments and environments."""

    def test_huge_argument(self):
        """Goal: an argument list that exec cannot take is the caller's mistake or the program's
        exec error, by name; never an internal error. Method: 3 MB in one argument, 10 MB in
        many."""
        for args in (["x" * (3 * MB)], ["x" * 100000] * 100):
            path = self.write("spec.json", json.dumps({"argv": [program("plain"), "argc", *args]}))
            outcome = self.call("run", "--spec", path)
            if outcome.status == EX_DATA:
                self.assertIn("argv", outcome.stderr)
                continue
            result = self.expect(self.result_of(outcome), "RE", "exec")
            self.assertIn("E2BIG", result["message"])

    def test_huge_environment(self):
        """Goal: the same for the environment. Method: 1 000 variables of 20 000 letters."""
        env = {f"K{n}": "v" * 20000 for n in range(1000)}
        path = self.write("spec.json", json.dumps({"argv": [program("plain"), "env"],
                                                   "env": env}))
        outcome = self.call("run", "--spec", path)
        if outcome.status != EX_DATA:
            result = self.expect(self.result_of(outcome), "RE", "exec")
            self.assertIn("E2BIG", result["message"])


class Machine(CellTest):
    """Attacks on the machine as a whole."""

    def test_bomb_leaves_the_machine_usable(self):
        """Goal: while a fork bomb rages, the host can fork; afterwards nothing is left. Method:
        start processes on the host during the run."""
        process = self.start("run", "--cpu", "2s", "--cpus", "0.5", "--wall", "20s", "--",
                             program("spawn"), "bomb")
        try:
            time.sleep(0.3)
            for _ in range(10):
                subprocess.run(["true"], check=True)
        finally:
            stdout, _ = self.finish(process)
        self.expect(strict_json(stdout.decode()), "TLE")

    def test_orphans_do_not_outlive_the_run(self):
        """Goal: nothing lives when the result is printed. Method: a bomb and a daemon left
        behind; our descendants are counted the moment the program returns."""
        for argv in (["spawn", "bomb-orphans"], ["spawn", "daemon", "x"]):
            self.cell(*argv)
            self.assertEqual({}, harness.descendants())

    def test_needs_its_walls(self):
        """Goal: where a wall cannot be had, nothing runs at all. Method: without privilege and
        without delegated groups the program refuses with 69 and a mend."""
        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        os.chmod(self.dir, 0o755)
        outcome = self.call("run", "--", "true", preexec_fn=drop, cwd="/")
        if outcome.status == 0:  # rootless use, should it ever work, must be a full cell
            self.expect(self.result_of(outcome), "OK")
            return
        self.assertEqual(EX_UNAVAILABLE, outcome.status, outcome)
        self.assertEqual(b"", outcome.stdout)
        self.assertGreater(len(outcome.stderr), 20)

    def test_signals_of_the_program_do_not_reach_the_caller(self):
        """Goal: the caller's process group is not the program's. Method: the program ends itself
        by group signals while the caller waits."""
        result = self.cell("plain", "signal", str(int(signal.SIGINT)))
        self.assertEqual(2, self.expect(result, "RE", "signal")["signal"])


if __name__ == "__main__":
    main()
