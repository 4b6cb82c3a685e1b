# SPDX-License-Identifier: MIT
"""The numbers in a result are the kernel's, and they are right."""

from harness import MB, SLOWNESS, CellTest, main


class Time(CellTest):
    def test_cpu(self):
        """Goal: cpu_ms is what was burnt. Method: burn known amounts, alone and in threads."""
        for argv, burnt in ((["burn", "self", "400"], 400),
                            (["burn", "threads", "2", "200"], 400),
                            (["burn", "grandchild", "300"], 300),
                            (["burn-static", "self", "150"], 150)):
            with self.subTest(argv):
                time = self.expect(self.cell(*argv, options=["--cpu", "20s"]), "OK")["time"]
                self.assertGreaterEqual(time["cpu_ms"], burnt * 0.98)
                self.assertLess(time["cpu_ms"], burnt + 60 * SLOWNESS)

    def test_start_is_not_counted_much(self):
        """Goal: an empty program uses next to nothing: set-up is not on its account. Method: a
        static program that exits at once."""
        time = self.expect(self.cell("plain-static", "exit", "0"), "OK")["time"]
        self.assertLess(time["cpu_ms"], 15 * SLOWNESS)
        self.assertLess(time["wall_ms"], 200 * SLOWNESS)

    def test_parts(self):
        """Goal: user and system time are split and add up. Method: burn in user space, then in
        the kernel; only the sum is exact, the split is sampled."""
        user = self.expect(self.cell("burn", "self", "400", options=["--cpu", "9s"]), "OK")["time"]
        kernel = self.expect(self.cell("burn", "kernel", "400", options=["--cpu", "9s"]),
                             "OK")["time"]
        for time in (user, kernel):
            total = time["user_ms"] + time["system_ms"]
            self.assertAlmostEqual(time["cpu_ms"], total, delta=time["cpu_ms"] * 0.1 + 20)
        self.assertGreater(kernel["system_ms"], user["system_ms"])
        self.assertGreater(kernel["system_ms"], 100)

    def test_wall(self):
        """Goal: wall_ms is the program's own time, never below the CPU time of one thread, and
        set-up is apart. Method: sleep, and burn."""
        time = self.expect(self.cell("plain", "sleep", "300"), "OK")["time"]
        self.assertGreaterEqual(time["wall_ms"], 300)
        self.assertLess(time["wall_ms"], 300 + 300 * SLOWNESS)
        self.assertLess(time["cpu_ms"], 100 * SLOWNESS)
        time = self.expect(self.cell("burn", "self", "200", options=["--wall", "60s"]),
                           "OK")["time"]
        self.assertGreaterEqual(time["wall_ms"], time["cpu_ms"] * 0.98)

    def test_cell_times(self):
        """Goal: setup_ms and teardown_ms are there and plausible. Method: an empty program, and
        one whose own time they must not contain."""
        cell = self.expect(self.cell("plain", "sleep", "500"), "OK")["cell"]
        for key in ("setup_ms", "teardown_ms"):
            self.assertGreater(cell[key], 0)
            self.assertLess(cell[key], 400 * SLOWNESS)


class Memory(CellTest):
    def test_peak(self):
        """Goal: the peak is what was held at once. Method: hold known amounts, of several kinds;
        what a small program needs besides is the allowance."""
        for argv in (["hog", "anon", str(40 * MB)], ["hog", "churn", str(40 * MB), "5"],
                     ["hog", "file", "/box/f", str(40 * MB)],
                     ["hog", "file", "/dev/shm/f", str(40 * MB)]):
            with self.subTest(argv):
                result = self.cell(*argv, options=["--cpu", "20s", "--disk", "64M"])
                peak = self.expect(result, "OK")["memory"]["peak_bytes"]
                self.assertGreaterEqual(peak, 40 * MB)
                self.assertLess(peak, 46 * MB)

    def test_small(self):
        """Goal: an empty program shows an honest small number: set-up is not on its account.
        Method: a static program."""
        peak = self.expect(self.cell("plain-static", "exit", "0"), "OK")["memory"]["peak_bytes"]
        self.assertGreater(peak, 0)
        self.assertLess(peak, 3 * MB)

    def test_runs_do_not_add_up(self):
        """Goal: every run has counters of its own. Method: a small run after a big one."""
        self.expect(self.cell("hog", "anon", str(100 * MB), options=["--cpu", "60s"]), "OK")
        peak = self.expect(self.cell("plain", "exit", "0"), "OK")["memory"]["peak_bytes"]
        self.assertLess(peak, 20 * MB)

    def test_breakdown(self):
        """Goal: the breakdown tells heap from files. Method: hold 40 MB of each for a while."""
        anon = self.expect(self.cell("hog", "anon", str(40 * MB), "500"), "OK")["memory"]
        file = self.expect(self.cell("hog", "file", "/box/f", str(40 * MB), "500", options=[
            "--cpu", "9s"]), "OK")["memory"]
        # The kernel's breakdown lags behind its total by some pages per CPU.
        for memory in (anon, file):
            parts = memory["breakdown"]
            self.assertEqual({"sampled_bytes", "anon_bytes", "file_bytes", "shmem_bytes",
                              "kernel_bytes", "samples"}, set(parts))
            self.assertGreater(parts["samples"], 0)
            self.assertLessEqual(parts["sampled_bytes"], memory["peak_bytes"])
        self.assertGreater(anon["breakdown"]["anon_bytes"], 36 * MB)
        self.assertLess(anon["breakdown"]["shmem_bytes"], 5 * MB)
        self.assertGreater(file["breakdown"]["shmem_bytes"], 36 * MB)
        self.assertLess(file["breakdown"]["anon_bytes"], 5 * MB)

    def test_oom_kills(self):
        """Goal: the kernel's count is in the result, and only where it struck. Method: both."""
        result = self.cell("hog", "anon", str(64 * MB), options=["--memory", "16M"])
        self.assertGreater(self.expect(result, "MLE")["memory"]["oom_kills"], 0)
        self.assertEqual(0, self.cell("plain", "exit", "0")["memory"]["oom_kills"])


class Counts(CellTest):
    def test_processes_peak(self):
        """Goal: processes.peak is the number alive at once. Method: one, ten, and four threads."""
        for argv, peak in ((["plain", "exit", "0"], 1), (["spawn", "alive", "9", "100"], 10),
                           (["spawn", "threads", "4"], 5)):
            with self.subTest(argv):
                result = self.expect(self.cell(*argv), "OK")
                self.assertEqual({"peak": peak, "refused": 0}, result["processes"])

    def test_refused(self):
        """Goal: every refused fork counts. Method: exactly one; and a bomb's many."""
        result = self.cell("spawn", "alive", "5", options=["--processes", "3"])
        self.assertEqual({"peak": 3, "refused": 1}, self.expect(result, "OK")["processes"])
        result = self.cell("spawn", "bomb", options=["--cpu", "500ms", "--processes", "5"])
        self.assertGreater(result["processes"]["refused"], 10)
        self.assertEqual(5, result["processes"]["peak"])

    def test_noise(self):
        """Goal: what disturbed the measurement is there: numbers, or null where the kernel does
        not tell. Method: a run that is throttled, and one that is not."""
        options = ["--cpu", "9s", "--cpus", "0.3", "--wall", "60s"]
        noise = self.expect(self.cell("burn", "self", "200", options=options), "OK")["noise"]
        self.assertEqual({"throttled_ms", "throttled_periods", "involuntary_switches", "steal_ms",
                          "cpu_pressure_ms"}, set(noise))
        for key, value in noise.items():
            self.assertIsInstance(value, (int, float, type(None)), key)
        self.assertGreater(noise["throttled_ms"], 0)
        self.assertGreater(noise["throttled_periods"], 0)
        calm = self.expect(self.cell("plain", "exit", "0"), "OK")["noise"]
        self.assertEqual(0, calm["throttled_periods"])

    def test_involuntary_switches(self):
        """Goal: being pushed off the CPU by others shows. Method: two runs on one
        CPU."""
        options = ["--cpuset", "0", "--cpu", "60s", "--wall", "60s"]
        with self.live("burn", "spin", options=options):
            result = self.cell("burn", "self", "400", options=options)
            self.assertGreater(self.expect(result, "OK")["noise"]["involuntary_switches"], 0)

    def test_collected_bytes(self):
        """Goal: sizes of collected files are reported. Method: one of 12 345 bytes."""
        result = self.cell("hog", "file", "made", "12345",
                           options=["--copy-out", "made:" + self.path("taken")])
        self.assertEqual(12345, self.expect(result, "OK")["collected"][0]["bytes"])
        self.assertEqual(12345, len(self.read(self.path("taken"))))

    def test_cell_facts(self):
        """Goal: the result says which layout was used. Method: compare with the machine's."""
        kind = self.cell("plain", "exit", "0")["cell"]["cgroup"]
        with open("/proc/self/cgroup", encoding="ascii") as file:
            lines = file.read().splitlines()
        v1 = [line for line in lines if line.split(":")[1] not in ("", "name=systemd")]
        v2 = [line for line in lines if line.startswith("0::")]
        self.assertEqual("hybrid" if v1 and v2 else "v1" if v1 else "v2", kind)

    def test_messages_are_text(self):
        """Goal: the message explains each verdict in words. Method: one run of each."""
        for argv, options, word in ((["burn", "spin"], ["--cpu", "100ms"], "CPU"),
                                    (["plain", "sleep", "9000"], ["--wall", f"{200 * SLOWNESS:.0f}ms"], "idle"),
                                    (["hog", "anon", str(64 * MB)], ["--memory", "16M"],
                                     "memory"),
                                    (["flood", "stdout"], ["--output", "1M"], "output"),
                                    (["syscalls", "call", "socket.inet"], [], "socket"),
                                    (["plain", "segv"], [], "SIGSEGV")):
            with self.subTest(argv):
                message = self.cell(*argv, options=options)["message"]
                self.assertIn(word.lower(), message.lower())
                self.assertLess(len(message), 400)


if __name__ == "__main__":
    main()
