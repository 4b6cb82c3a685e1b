# SPDX-License-Identifier: MIT
"""The cell as the program sees it from inside: what is there, what is not, and what it may do."""

import fcntl
import os
import pty
import re
import signal
import socket
import threading
import time

from harness import (SLOWNESS, CellTest, descendants, facts, main, program, status_field,
                     strict_json, text_of, wait_until)

EIGHT = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time")


class Namespaces(CellTest):
    def test_all_eight(self):
        """Goal: all eight namespaces are the run's own. Method: compare their links with
        ours."""
        seen = facts(self.expect(self.cell("probe", "ns"), "OK"))
        for name in EIGHT:
            with self.subTest(name):
                self.assertRegex(seen[name], rf"^{name}:\[\d+\]$")
                self.assertNotEqual(os.readlink(f"/proc/self/ns/{name}"), seen[name])

    def test_two_at_once_share_nothing(self):
        """Goal: two concurrent runs have no namespace in common. Method: one holds its cell open
        while the other looks."""
        release, hold = os.pipe()
        script = "for n in user mnt pid net ipc uts cgroup time; do readlink /proc/self/ns/$n; " \
                 "done; echo ready >&2; read line"
        slow = self.start("run", "--policy", self.policy(), "--stdin", "-", "--wall", "60s",
                          "--stderr", self.path("ready"), "--", "/bin/sh", "-c", script,
                          stdin=release)
        os.close(release)
        try:
            deadline = time.monotonic() + 30
            while not (os.path.exists(self.path("ready")) and self.read(self.path("ready"))):
                self.assertLess(time.monotonic(), deadline, "the first run never started")
                time.sleep(0.01)
            other = facts(self.cell("probe", "ns"))
        finally:
            os.close(hold)
            stdout, _ = self.finish(slow)
        mine = text_of(strict_json(stdout.decode())).split()
        self.assertEqual(8, len(mine), mine)
        self.assertEqual(set(), set(mine) & set(other.values()))

    def test_children_get_the_same_time(self):
        """Goal: the program itself is in the new time namespace, not only its children."""
        seen = facts(self.cell("probe", "ns"))
        self.assertEqual(seen["time"], seen["time_for_children"])
        self.assertEqual(seen["pid"], seen["pid_for_children"])

    def test_hostname_and_clock(self):
        """Goal: own host name, uptime at zero. Method: uname and the boot clock."""
        seen = facts(self.cell("probe", "machine"))
        self.assertNotEqual(os.uname().nodename, seen["host"])
        self.assertLess(int(seen["boottime"]), 60)
        self.assertLess(int(seen["monotonic"]), 60)

    def test_cgroup_view(self):
        """Goal: the program's own groups are the roots it can see; host paths do not show."""
        result = self.cell("plain", "read", "/proc/self/cgroup", options=["--policy",
                                                                          self.policy()])
        if result["verdict"] == "RE":  # no such file inside is better still
            return
        for line in text_of(self.expect(result, "OK")).splitlines():
            self.assertNotIn("bailiff", line)
            self.assertEqual("/", line.split(":", 2)[2], line)


class Identity(CellTest):
    def test_ids(self):
        """Goal: not uid 0, no groups of anybody, leader of an own session. Method: ask."""
        seen = facts(self.expect(self.cell("probe", "ids"), "OK"))
        for kind in ("uid", "gid"):
            real, effective, saved = seen[kind].split()
            self.assertEqual((real, real), (effective, saved))
            self.assertNotEqual("0", real)
        self.assertEqual("0", seen["groups"])
        self.assertNotEqual("1", seen["pid"], "the program is the namespace's init")
        self.assertEqual(("1", "1"), (seen["session"], seen["group_leader"]))

    def test_unprivileged_outside(self):
        """Goal: the ids outside are an unprivileged range of this run's own. Method: while two
        runs live, read the owners of their processes from the host's /proc."""
        def owners():
            return [(status_field(pid, "Uid"), status_field(pid, "Gid"))
                    for pid, name in descendants().items() if name == "plain"]

        with self.live("plain", "sleep", "60000"), self.live("plain", "sleep", "60000"):
            self.assertTrue(wait_until(lambda: len(owners()) == 2, 20), descendants())
            for uids, gids in owners():
                self.assertEqual(1, len(set(uids.split())), uids)
                self.assertGreater(int(uids.split()[0]), 65536, "an id of the host's own users")
                self.assertGreater(int(gids.split()[0]), 65536)
            self.assertEqual(2, len({uids for uids, _ in owners()}), "two runs share a user id")

    def test_no_privilege(self):
        """Goal: every capability set is empty, no_new_privs is set, a filter is on. Method:
        /proc/self/status."""
        result = self.cell("plain", "read", "/proc/self/status")
        status = dict(re.findall(r"(?m)^(\w+):[ \t]*(.*)$", text_of(self.expect(result, "OK"))))
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(0, int(status[name], 16), name)
        self.assertEqual("1", status["NoNewPrivs"])
        self.assertEqual("2", status["Seccomp"])
        self.assertEqual("0", status["TracerPid"])
        self.assertEqual("", status["Groups"])
        for name in ("SigBlk", "SigIgn", "SigCgt"):
            self.assertEqual(0, int(status[name], 16), name)

    def test_securebits(self):
        """Goal: securebits are on and locked. Method: read them under an open policy: NOROOT,
        NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE, each with its lock, and KEEP_CAPS locked off."""
        seen = facts(self.cell("probe", "prctl", options=["--policy", self.policy()]))
        bits = int(seen["securebits"], 16)
        wanted = 0b11101111
        self.assertEqual(wanted, bits & wanted, f"securebits {bits:#x}")
        self.assertEqual(0, bits & 0b10000, "KEEP_CAPS is on")
        self.assertEqual("1", seen["no_new_privs"])

    def test_signals_are_reset(self):
        """Goal: nothing of the caller's signal state gets in. Method: the caller ignores and
        blocks signals."""
        ignored = {signal.SIGPIPE, signal.SIGHUP, signal.SIGUSR1, signal.SIGCHLD, signal.SIGINT}

        def spoil():
            for sig in ignored:
                signal.signal(sig, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM,
                                                      signal.SIGPIPE, signal.SIGCHLD})
        outcome = self.call("run", "--", program("probe"), "signals", preexec_fn=spoil)
        self.expect_output(self.result_of(outcome), "")

    def test_descriptors(self):
        """Goal: descriptors 3 and up are closed, however many the caller leaves open. Method:
        leak some into the program under test."""
        leaked = [os.open("/etc/passwd", os.O_RDONLY) for _ in range(20)]
        high = fcntl.fcntl(leaked[0], fcntl.F_DUPFD, 700)
        try:
            outcome = self.call("run", "--", program("probe"), "fds",
                                pass_fds=[*leaked, high], close_fds=True)
            self.expect_output(self.result_of(outcome), "0\n1\n2\n")
        finally:
            for fd in (*leaked, high):
                os.close(fd)

    def test_closed_standard_descriptors(self):
        """Goal: a caller with its standard descriptors closed is no trouble. Method: start
        without 0, without 2, and without both."""
        for closed in ((0,), (2,), (0, 2)):
            with self.subTest(closed):
                def close(which=closed):
                    for fd in which:
                        os.close(fd)
                outcome = self.call("run", "--", program("probe"), "fds", preexec_fn=close)
                self.expect_output(self.result_of(outcome), "0\n1\n2\n")

    def test_sigchld_ignored_by_the_caller(self):
        """Goal: an ignored SIGCHLD is no trouble for waiting. Method: an exit code comes out."""
        outcome = self.call("run", "--", program("plain"), "exit", "7",
                            preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
        self.assertEqual(7, self.expect(self.result_of(outcome), "RE")["exit_code"])

    def test_no_terminal(self):
        """Goal: no terminal reaches the cell. Method: run on a pseudo-terminal, look inside for
        a controlling terminal and for character devices other than /dev/null."""
        parent, child = pty.openpty()
        result = self.path("result.json")
        try:
            def own_terminal():
                os.setsid()
                fcntl.ioctl(0, 0x540E, 0)  # TIOCSCTTY
            process = self.start("run", "--result", result, "--", program("probe"), "tty",
                                 stdin=child, stdout=child, stderr=child, preexec_fn=own_terminal)
            process.wait(60 * SLOWNESS)
        finally:
            os.close(parent)
            os.close(child)
        seen = text_of(self.expect(strict_json(self.read(result).decode()), "OK"))
        self.assertRegex(seen, r"(?m)^/dev/tty (ENOENT|ENXIO)$")
        for line in seen.splitlines():
            if " character " in line:
                self.assertTrue(line.endswith(" 1:3"), line)

    def test_rlimits(self):
        """Goal: the resource limits of the contract, as hard limits. Method: getrlimit inside."""
        result = self.cell("probe", "limits", options=[
            "--policy", self.policy(), "--output", "3M", "--stack", "9M", "--open-files", "33"])
        seen = facts(self.expect(result, "OK"))
        expected = {"core": "1 1", "nofile": "33 33", "fsize": f"{3 << 20} {3 << 20}",
                    "stack": f"{9 << 20} {9 << 20}", "memlock": "0 0", "nice": "0 0",
                    "rtprio": "0 0", "msgqueue": "0 0", "as": "-1 -1", "data": "-1 -1"}
        self.assertEqual(expected, {key: seen[key] for key in expected})
        soft, hard = map(int, seen["sigpending"].split())
        self.assertEqual(soft, hard)
        self.assertLessEqual(hard, 4096)
        self.assertGreater(hard, 0, "timers need queued signals")

    def test_scheduling(self):
        """Goal: the program cannot tell itself more important. Method: its nice value and
        policy are the plain ones, though the caller's are not."""
        outcome = self.call("run", "--", program("plain"), "read", "/proc/self/stat",
                            preexec_fn=lambda: os.nice(-5))
        fields = text_of(self.expect(self.result_of(outcome), "OK")).rsplit(")", 1)[1].split()
        self.assertEqual("0", fields[38], "scheduling policy")
        self.assertIn(fields[16], ("0", "-5"))

    def test_oom_score(self):
        """Goal: the program is the kernel's first choice within its cell, and cannot protect
        itself. Method: its score is not negative, and writing it is refused."""
        result = self.cell("plain", "read", "/proc/self/oom_score_adj",
                           options=["--policy", self.policy()])
        self.assertGreaterEqual(int(text_of(self.expect(result, "OK"))), 0)
        result = self.cell("plain", "write", "/proc/self/oom_score_adj", "-1000",
                           options=["--policy", self.policy()])
        self.expect(result, "RE")


class Root(CellTest):
    def listing(self, *folders, options=()):
        result = self.expect(self.cell("probe", "ls", *folders, options=options), "OK")
        return {line.split()[0]: line.split()[1:] for line in text_of(result).splitlines()}

    def test_top(self):
        """Goal: nothing of the host but its programs and libraries. Method: list the root."""
        top = self.listing("/")
        allowed = {"bin", "box", "dev", "etc", "lib", "lib32", "lib64", "libx32", "proc", "sbin",
                   "tmp", "usr"}
        self.assertLessEqual({"bin", "box", "dev", "etc", "lib", "proc", "tmp", "usr"}, set(top))
        self.assertEqual(set(), set(top) - allowed)

    def test_host_places_are_missing(self):
        """Goal: /root, /home, /run, /var, /sys, /mnt and the old root do not exist."""
        places = ["/root", "/home", "/run", "/var", "/sys", "/mnt", "/media", "/opt", "/srv",
                  "/boot", "/old", "/oldroot", "/.old", "/.pivot", "/tmp/.old", self.dir]
        seen = facts(self.cell("probe", "read", *places))
        self.assertEqual({place: "ENOENT" for place in places}, seen)

    def test_read_only(self):
        """Goal: no folder of the host can be written. Method: create a file in each."""
        places = ["/", "/usr", "/usr/bin", "/usr/lib", "/bin", "/lib", "/etc", "/dev", "/proc",
                  "/proc/self"]
        seen = facts(self.cell("probe", "create", *places))
        for place in places:
            self.assertIn(seen[place], ("EROFS", "EACCES", "ENOENT", "EPERM"), place)
        self.assertEqual("EROFS", seen["/usr"])
        self.assertEqual("EROFS", seen["/etc"])

    def test_places_to_work(self):
        """Goal: /box, /tmp and /dev/shm are writable, empty and the program's own."""
        seen = facts(self.cell("probe", "create", "/box", "/tmp", "/dev/shm"))
        self.assertEqual({"/box": "ok", "/tmp": "ok", "/dev/shm": "ok"}, seen)
        self.assertEqual({}, self.listing("/tmp", "/dev/shm"))
        self.assertEqual({"probe"}, set(self.listing("/box")))

    def test_nothing_stays_between_runs(self):
        """Goal: the writable places are of one run alone. Method: leave files, look again."""
        for place in ("/box", "/tmp", "/dev/shm"):
            self.expect(self.cell("plain", "write", f"{place}/left", "x"), "OK")
        self.assertNotIn("left", self.listing("/box", "/tmp", "/dev/shm"))

    def test_devices(self):
        """Goal: five devices, four links, shm, and nothing else. Method: list /dev; use them."""
        dev = self.listing("/dev")
        devices = {"null": "1:3", "zero": "1:5", "full": "1:7", "random": "1:8", "urandom": "1:9"}
        self.assertEqual({*devices, "fd", "stdin", "stdout", "stderr", "shm"}, set(dev))
        for name, number in devices.items():
            self.assertEqual(("c", number), (dev[name][0], dev[name][3]), name)
        for name in ("fd", "stdin", "stdout", "stderr"):
            self.assertEqual("l", dev[name][0], name)
        seen = facts(self.cell("probe", "read", "/dev/null", "/dev/zero", "/dev/full",
                               "/dev/urandom", "/dev/random"))
        self.assertEqual({"ok"}, set(seen.values()), seen)
        result = self.cell("plain", "write", "/dev/full", "x")
        self.expect_output(result, "write ENOSPC\n", "RE")

    def test_etc(self):
        """Goal: a small generated /etc without secrets. Method: list it; read passwd."""
        etc = set(self.listing("/etc"))
        self.assertIn("passwd", etc)
        self.assertIn("group", etc)
        for secret in ("shadow", "gshadow", "sudoers", "ssh", "ssl", "hostname", "machine-id",
                       "fstab", "cron.d"):
            self.assertNotIn(secret, etc)
        if "hosts" in etc:
            self.assertNotIn(os.uname().nodename,
                             text_of(self.cell("plain", "read", "/etc/hosts")))
        lines = text_of(self.cell("plain", "read", "/etc/passwd")).splitlines()
        self.assertLessEqual(len(lines), 4)
        uid = facts(self.cell("probe", "ids"))["uid"].split()[0]
        self.assertIn(uid, [line.split(":")[2] for line in lines])

    def test_proc(self):
        """Goal: /proc shows the program's own processes only, nothing of the kernel or the
        machine. Method: list it, try well-known files."""
        entries = set(self.listing("/proc"))
        pids = {int(entry) for entry in entries if entry.isdigit()}
        self.assertLessEqual(len(pids - {1}), 1, pids)
        self.assertEqual(set(), {e for e in entries if not e.isdigit()} -
                         {"self", "thread-self"}, "subset=pid or stronger")
        for name in ("cmdline", "environ", "maps", "mem", "fd", "exe", "root", "cwd", "status"):
            result = self.cell("probe", "read", f"/proc/1/{name}")
            self.assertNotIn(" ok", text_of(result), name)

    def test_proc_is_not_writable(self):
        """Goal: nothing in /proc can be written but what a program does to itself. Method: try
        every file of it; with an open policy, so that only the mount protects it."""
        result = self.cell("probe", "writable", "/proc", options=["--policy", self.policy(),
                                                                  "--cpu", "10s"])
        self.expect_output(result, "")

    def test_mounts(self):
        """Goal: every mount is nosuid, devices only where the five are, propagation private, no
        path of the host. Method: /proc/self/mountinfo."""
        result = self.cell("plain", "read", "/proc/self/mountinfo")
        lines = text_of(self.expect(result, "OK")).splitlines()
        self.assertGreater(len(lines), 4)
        for line in lines:
            before, after = line.split(" - ")
            fields = before.split()
            point, options, optional = fields[4], fields[5].split(","), fields[6:]
            self.assertEqual([], optional, f"not private: {line}")
            self.assertIn("nosuid", options, line)
            if not re.match(r"/dev/(null|zero|full|random|urandom)$", point):
                self.assertIn("nodev", options, line)
            if point not in ("/box", "/tmp", "/dev/shm"):
                self.assertIn("ro", options, line)
            self.assertNotIn("/sys", point)
            self.assertFalse(after.startswith("cgroup"), line)
            self.assertNotIn(self.dir, line)

    def test_binds_are_locked(self):
        """Goal: nothing can be unmounted or made writable, even with all calls allowed. Method:
        escape privileges (mount, umount, remount)."""
        result = self.cell("escape", "privileges", options=["--policy", self.policy()])
        for line in text_of(self.expect(result, "OK")).splitlines():
            self.assertFalse(line.endswith(" ok"), line)


class Network(CellTest):
    def socket_policy(self):
        return self.policy()

    def run_loopback(self, network):
        return self.cell("probe", "loopback", options=[
            "--network", network, "--policy", self.socket_policy()])

    def test_none(self):
        """Goal: without a network not even the loopback is up. Method: connect to oneself."""
        seen = text_of(self.run_loopback("none"))
        self.assertRegex(seen, r"^(bind|connect) (ENETUNREACH|EADDRNOTAVAIL|EACCES)$")

    def test_loopback(self):
        """Goal: with loopback a program can talk to itself. Method: the same."""
        self.expect_output(self.run_loopback("loopback"), "connect ok\n")

    def test_loopback_is_its_own(self):
        """Goal: the cell's loopback is not the host's. Method: a listener on the host that the
        program tries to reach, by TCP and by an abstract Unix socket."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = str(server.getsockname()[1])
            result = self.cell("probe", "outside", "127.0.0.1", port, options=[
                "--network", "loopback", "--policy", self.socket_policy()])
            self.expect_output(result, "connect ECONNREFUSED\n", "RE")
        with socket.socket(socket.AF_UNIX) as server:
            name = f"cell-test-{os.getpid()}"
            server.bind("\0" + name)
            server.listen()
            result = self.cell("probe", "abstract", name, options=[
                "--policy", self.socket_policy()])
            self.expect_output(result, "connect ECONNREFUSED\n", "RE")

    def test_no_way_out(self):
        """Goal: loopback is all there is. Method: an outside address is unreachable at once."""
        result = self.cell("probe", "outside", "192.0.2.1", "80", options=[
            "--network", "loopback", "--policy", self.socket_policy()])
        self.expect_output(result, "connect ENETUNREACH\n", "RE")


class Init(CellTest):
    """The cell's first process, seen from the host."""

    @staticmethod
    def processes(supervisor):
        """The processes of a run: {pid inside: pid outside}."""
        found = {}
        for pid in descendants(supervisor.pid):
            inside = (status_field(pid, "NSpid") or "").split()
            if len(inside) > 1:
                found[int(inside[-1])] = pid
        return found

    @staticmethod
    def groups_of(pid):
        with open(f"/proc/{pid}/cgroup", encoding="ascii") as file:
            return dict(line.split(":", 2)[1:] for line in file.read().splitlines())

    def test_init_is_harmless(self):
        """Goal: init has no capabilities once set up, is not in a group that limits or counts,
        and is not root outside. Method: look at it from the host while a program runs. A v2 tree
        beside those of v1 does neither, and there both are in the leaf."""
        with self.live("plain", "sleep", "60000") as supervisor:
            pids = self.processes(supervisor)
            self.assertEqual({1, 2}, set(pids))
            for kind in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
                self.assertEqual(0, int(status_field(pids[1], kind), 16), kind)
            self.assertNotEqual("0", status_field(pids[1], "Uid").split()[0])
            self.assertNotEqual(status_field(pids[1], "Uid"), status_field(pids[2], "Uid"),
                                "the program may signal its init")
            groups = self.groups_of(pids[1])
            if "memory" in groups and "" in groups:
                self.assertEqual(self.groups_of(pids[2])[""], groups.pop(""))
            self.assertNotIn("cell-", str(groups))
            self.assertNotIn("cell-", str(self.groups_of(supervisor.pid)))
            for controllers, path in self.groups_of(pids[2]).items():
                if {"memory", "pids", "cpu", ""} & set(controllers.split(",")):
                    self.assertIn("cell-", path, controllers)

    def test_base_is_below_the_callers_group(self):
        """Goal: limits on the caller hold for the cell: its group lies below the caller's.
        Method: compare the paths line by line."""
        with self.live("plain", "sleep", "60000") as supervisor:
            own, cell = self.groups_of("self"), self.groups_of(self.processes(supervisor)[2])
            for controllers, path in cell.items():
                self.assertTrue(path.startswith(own[controllers].rstrip("/")), (path, own))
            limited = {c for line, path in cell.items() if path != own[line]
                       for c in line.split(",")}
            self.assertTrue({"memory", "pids"} <= limited or "" in limited, cell)


class Concurrency(CellTest):
    def test_many_at_once(self):
        """Goal: runs side by side do not disturb each other. Method: twelve at once, each with
        output of its own."""
        results = {}

        def one(number):
            results[number] = self.call("run", "--cpu", "10s", "--wall", "120s", "--",
                                        program("plain"), "echo", f"number {number}", timeout=180)
        threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(12, len(results))
        for number, outcome in results.items():
            self.expect_output(self.result_of(outcome), f"number {number}\n")


if __name__ == "__main__":
    main()
