# SPDX-License-Identifier: MIT
"""However a run ends, from inside or outside, nothing of it stays."""

import os
import random
import signal
import subprocess
import threading
import time

import harness
from harness import (SLOWNESS, CellTest, descendants, leaves, main, populated, program, reap,
                     stale_leaves, status_field, strict_json, wait_until)


def others_run():
    """Whether supervisors run that are not ours."""
    return any(status_field(pid, "Name") == "bailiff" for pid in os.listdir("/proc")
               if pid.isdigit() and int(pid) not in descendants())


class Signals(CellTest):
    """SIGINT and SIGTERM to the program: everything is cleaned up first."""

    def interrupt(self, number, *argv, when):
        process = self.start("run", "--wall", "60s", "--", *argv)
        try:
            self.assertTrue(wait_until(when, 20), "the program never started")
            process.send_signal(number)
            stdout, stderr = self.finish(process, 20)
        finally:
            process.kill()
        self.assertEqual(128 + number, process.returncode, stderr)
        self.assertEqual(b"", stdout, "a result for a run that was given up")
        self.assertEqual({}, descendants())

    def test_running(self):
        """Goal: exit 130/143 and nothing left, while the program runs. Method: signal a sleeper
        and a fork bomb."""
        for number in (signal.SIGINT, signal.SIGTERM):
            for argv in ([program("plain"), "sleep", "60000"], [program("spawn"), "bomb"]):
                with self.subTest(number=number, argv=argv[1]):
                    name = os.path.basename(argv[0])
                    self.interrupt(number, *argv, when=lambda n=name: n in descendants().values())
                    self.assertEqual(set(), stale_leaves(self.snapshot.leaves))

    def test_at_any_moment(self):
        """Goal: the same during set-up. Method: signal after a random short time; the status is
        130, or 0 when the run was quicker, or the signal itself when it was not yet caught."""
        generator = random.Random(7)
        for _ in range(25):
            process = self.start("run", "--", program("plain"), "sleep", "5")
            time.sleep(generator.uniform(0, 0.03) * SLOWNESS)
            process.send_signal(signal.SIGINT)
            stdout, stderr = self.finish(process, 20)
            self.assertIn(process.returncode, (0, 130, -2), stderr)
            if process.returncode == 0:
                self.expect(strict_json(stdout.decode()), "OK")
            if process.returncode == -2:
                # The leak check of a sanitizer, which looks on at the very end, may be left alone.
                wait_until(lambda: not descendants(), 1)
            self.assertEqual({}, descendants())

    def test_twice(self):
        """Goal: an impatient second signal does not spoil the clean-up. Method: several in a
        row."""
        process = self.start("run", "--wall", "60s", "--", program("spawn"), "bomb")
        self.assertTrue(wait_until(lambda: "spawn" in descendants().values(), 20))
        for _ in range(5):
            process.send_signal(signal.SIGINT)
        self.finish(process, 20)
        self.assertEqual(130, process.returncode)

    def test_terminal_group(self):
        """Goal: Ctrl-C at a terminal goes to the whole group and ends the run properly. Method:
        signal the group."""
        process = self.start("run", "--wall", "60s", "--", program("plain"), "sleep", "60000",
                             start_new_session=True)
        self.assertTrue(wait_until(lambda: "plain" in descendants().values(), 20))
        os.killpg(process.pid, signal.SIGINT)
        self.finish(process, 20)
        self.assertEqual(130, process.returncode)


class Killed(CellTest):
    """kill -9 of the supervisor: no process of the cell outlives it, the next start sweeps."""

    def kill_after(self, seconds, *argv):
        process = self.start("run", "--wall", "60s", "--", *argv)
        time.sleep(seconds)
        process.kill()
        process.communicate()
        began = time.monotonic()
        wait_until(lambda: not descendants(), 1)
        took = time.monotonic() - began
        left = descendants()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        reap()
        self.assertEqual({}, left, f"alive {took:.2f} s after the supervisor's death, which came "
                                   f"after {seconds * 1000:.1f} ms")

    def sweep(self):
        """A run after the accident; afterwards no stale leaf may be there. A run of another
        caller may hold the dead one's slot just now; only then one more is allowed."""
        for _ in range(10):
            others = others_run()
            self.expect(self.cell("plain", "exit", "0"), "OK")
            stale = stale_leaves(self.snapshot.leaves)
            if not stale or not others:
                break
        self.assertEqual(set(), stale, "the next start did not remove these")

    def test_during_set_up(self):
        """Goal: no moment of the set-up is unsafe. Method: kill after 0 to 30 ms, 30 times."""
        generator = random.Random(11)
        for _ in range(30):
            self.kill_after(generator.uniform(0, 0.03) * SLOWNESS, program("plain"), "sleep",
                            "60000")
        self.sweep()

    def test_while_running(self):
        """Goal: nor is any moment of the run. Method: kill while a sleeper, a bomb, a spinner
        with daemons run."""
        for argv in ([program("plain"), "sleep", "60000"], [program("spawn"), "bomb"],
                     [program("burn"), "children", "4"], [program("spawn"), "daemon", "x"],
                     [program("burn"), "stop"]):
            with self.subTest(argv[1]):
                self.kill_after(0.2 * SLOWNESS, *argv)
        self.sweep()

    def test_in_another_group(self):
        """Goal: what a supervisor leaves is swept wherever it was started. Method: kill one that
        runs in a group of its own, then run from here; its group must be empty."""
        group = self.own_group("killed")
        victim = self.start("run", "--wall", "60s", "--", program("plain"), "sleep", "60000",
                            preexec_fn=harness.enter(group))
        self.assertTrue(wait_until(lambda: "plain" in descendants().values(), 20 * SLOWNESS))
        victim.kill()
        victim.communicate()
        self.assertTrue(wait_until(lambda: "plain" not in descendants().values(), SLOWNESS))
        self.assertTrue(os.listdir(group + "/bailiff"))
        self.expect(self.cell("plain", "exit", "0"), "OK")
        self.assertFalse(os.path.exists(group + "/bailiff") and
                         [name for name in os.listdir(group + "/bailiff")
                          if "cell-" in name])

    def test_sweep_spares_the_living(self):
        """Goal: sweeping removes nothing of a run that lives. Method: one run holds its cell open
        while another is killed and a third sweeps."""
        with self.live("plain", "sleep", "60000") as alive:
            kept = leaves()
            victim = self.start("run", "--wall", "60s", "--", program("burn"), "stop")
            self.assertTrue(wait_until(lambda: "burn" in descendants().values(), 20))
            victim.kill()
            victim.communicate()
            self.expect(self.cell("plain", "exit", "0"), "OK")
            self.assertIsNone(alive.poll())
            self.assertLessEqual(kept, leaves())
            self.assertIn("plain", descendants().values())
        self.sweep()

    def test_init_killed(self):
        """Goal: when somebody kills the cell's first process, it is an internal error, never a
        verdict on the program, and nothing stays. Method: SIGKILL from outside."""
        process = self.start("run", "--wall", "60s", "--", program("plain"), "sleep", "60000")
        self.assertTrue(wait_until(lambda: "plain" in descendants().values(), 20))
        for pid in descendants(process.pid):
            if (status_field(pid, "NSpid") or "").split()[-1:] == ["1"]:
                os.kill(pid, signal.SIGKILL)
        stdout, stderr = self.finish(process, 20)
        self.assertEqual(70, process.returncode, stderr)
        self.expect(strict_json(stdout.decode()), "IE")

    def test_program_killed_from_outside(self):
        """Goal: an operator who kills the program gets RE with that signal. Method: SIGKILL."""
        process = self.start("run", "--wall", "60s", "--", program("plain"), "sleep", "60000")
        self.assertTrue(wait_until(lambda: "plain" in descendants().values(), 20))
        for pid, name in descendants().items():
            if name == "plain":
                os.kill(pid, signal.SIGKILL)
        result = strict_json(self.finish(process, 20)[0].decode())
        self.assertEqual(9, self.expect(result, "RE", "signal")["signal"])

    def test_killed_with_its_starter(self):
        """Goal: the same when a whole tree of callers is killed. Method: a shell starts the run,
        and both are killed."""
        shell = subprocess.Popen(["sh", "-c", '"$@"; exit', "sh", harness.BAILIFF, "run", "--wall",
                                  "60s", "--", program("plain"), "sleep", "60000"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.assertTrue(wait_until(lambda: "plain" in descendants().values(), 20))
        for pid in (shell.pid, *(pid for pid, name in descendants().items() if name == "bailiff")):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shell.wait()
        self.assertTrue(wait_until(lambda: not descendants(), 1), descendants())
        reap()
        self.sweep()


class Ordinary(CellTest):
    """Ends of the usual kind."""

    def test_groups_disappear(self):
        """Goal: a run's group is gone when its result is there. Method: every kind of end, then
        look for leaves that were not there before."""
        for argv, options in ((["plain", "exit", "0"], []), (["spawn", "bomb"], ["--cpu", "200ms"]),
                              (["hog", "anon", str(64 << 20)], ["--memory", "16M"]),
                              (["flood", "stdout"], ["--output", "1M"]),
                              (["syscalls", "call", "socket.inet"], []),
                              (["burn", "stop"], ["--wall", "200ms"])):
            with self.subTest(argv):
                before = leaves()
                self.cell(*argv, options=options)
                # One of another run may be between its mkdir and its first process.
                self.assertTrue(wait_until(lambda: not {
                    leaf for leaf in leaves() - before if not populated(leaf)}, 0.5))

    def test_after_errors(self):
        """Goal: errors leave nothing either. Method: one of every kind; the leak check of every
        test does the rest."""
        self.call("run", "--cpuset", "4000", "--", "true")
        self.call("run", "--rootfs", "/etc/passwd", "--", "true")
        self.call("run", "--copy-in", "/nonexistent", "--", "true")
        self.call("run", "--disk", "4K", "--copy-in", program("plain-static"), "--", "true")
        self.call("run", "--cwd", "/nonexistent", "--", "true")
        self.call("run", "--", "/nonexistent")

    def test_many_at_once(self):
        """Goal: runs that end at the same time do not disturb each other's clean-up. Method: four
        threads, ten runs each, of differing length, some given up."""
        failures = []

        def many(seed):
            generator = random.Random(seed)
            for _ in range(10):
                process = self.start("run", "--wall", "30s", "--", program("plain"), "sleep",
                                     str(generator.randrange(20)))
                if generator.random() < 0.3:
                    time.sleep(generator.uniform(0, 0.02))
                    process.kill()
                    process.communicate()
                    continue
                stdout, stderr = self.finish(process, 120)
                if process.returncode != 0 or b'"OK"' not in stdout:
                    failures.append((process.returncode, stdout, stderr))
        threads = [threading.Thread(target=many, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failures)
        self.expect(self.cell("plain", "exit", "0"), "OK")

    def test_last_and_next(self):
        """Goal: what the last run takes away never goes from under the next one's feet. Method:
        two threads with forty quick runs each, so that one often ends while the other starts."""
        failures = []

        def quick():
            for _ in range(40):
                outcome = self.call("run", "--", program("plain-static"), "exit", "0")
                if outcome.status != 0 or b'"OK"' not in outcome.stdout:
                    failures.append(str(outcome))
        threads = [threading.Thread(target=quick) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([], failures)

    def test_output_nobody_reads(self):
        """Goal: a caller that closes its end of standard output does not leave a cell behind.
        Method: close it while the program runs."""
        process = self.start("run", "--wall", "20s", "--", program("plain"), "sleep", "300")
        process.stdout.close()
        process.stdout = None
        process.stderr.close()
        process.stderr = None
        process.wait(60 * SLOWNESS)
        self.assertEqual({}, descendants())


if __name__ == "__main__":
    main()
