# SPDX-License-Identifier: MIT
"""The units in examples/systemd, as far as they can be checked without starting them."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get(
    "BAILIFF_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
BINARY = pathlib.Path(os.environ.get("BAILIFF", SOURCE / "build" / "bailiff"))
UNITS = BINARY.parent / "examples/systemd"
WORKER = UNITS / "bailiff-worker@.service"

# Options that are done by a filter of system calls, which cells inherit, or that mount something
# over /proc, after which no cell can have one. See systemd.exec(5).
FORBIDDEN = re.compile(
    r"^(SystemCall|Restrict|LockPersonality|MemoryDenyWriteExecute|ProtectHostname|ProtectClock|"
    r"ProtectKernel|ProtectControlGroups|ProtectProc|ProcSubset|PrivateDevices|PrivateUsers|"
    r"PrivateNetwork|LimitCORE)", re.M)


def settings():
    """Key and value of each line, without comments."""
    lines = [line for line in WORKER.read_text().splitlines() if re.match(r"[A-Z]\w+=", line)]
    return [tuple(line.split("=", 1)) for line in lines]


class Units(unittest.TestCase):
    def test_systemd_understands_them(self):
        """Goal: no key is misspelt and nothing named is missing. Method: systemd's own check, with
        the program of this build in place of the installed one; it must say nothing."""
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        with tempfile.TemporaryDirectory() as folder:
            text = re.sub(r"^ExecStart=\S+", f"ExecStart={BINARY}", WORKER.read_text(), flags=re.M)
            unit = pathlib.Path(folder, "bailiff-worker@1.service")
            unit.write_text(text)
            shutil.copy(SOURCE / "examples/systemd/bailiff.slice", folder)
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                                  capture_output=True, text=True, check=False)
            said = [line for line in done.stderr.splitlines() if folder in line or "bailiff" in line]
            self.assertEqual((done.returncode, said), (0, []))
            # That the check would have said something.
            unit.write_text(text + "\n[Service]\nWatchdogSeconds=1\n")
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit],
                                  capture_output=True, text=True, check=False)
            self.assertIn("WatchdogSeconds", done.stderr)

    def test_nothing_that_breaks_cells(self):
        """Goal: hardening leaves cells and their measurements alone. Method: the options' names."""
        for key, value in settings():
            self.assertIsNone(FORBIDDEN.match(key), f"{key}={value}")

    def test_stopping(self):
        """Goal: systemd waits for longer than the worker drains, kills nothing before, takes the
        exit status of a stop for success, and leaves /run/bailiff. Method: the values."""
        values = dict(settings())
        drain = int(re.search(r"--drain (\d+)s", values["ExecStart"]).group(1))
        self.assertGreaterEqual(int(values["TimeoutStopSec"].rstrip("s")), drain + 20)
        self.assertEqual(values["KillMode"], "mixed")
        self.assertIn("143", values["SuccessExitStatus"].split())
        self.assertEqual(values["RuntimeDirectoryPreserve"], "yes")
        self.assertEqual(values["RuntimeDirectory"], "bailiff")

    def test_what_supervisors_need(self):
        """Goal: every capability that a supervisor asks for is left. Method: the list in the
        source against the unit's."""
        source = (SOURCE / "sandbox/host/host.c").read_text()
        needed = set(re.findall(r"^\t\{ (CAP_\w+), ", source, re.M))
        self.assertGreaterEqual(len(needed), 5)
        values = dict(settings())
        self.assertLessEqual(needed, set(values["CapabilityBoundingSet"].split()))
        self.assertLessEqual({"cpu", "cpuset", "memory", "pids"}, set(values["Delegate"].split()))


if __name__ == "__main__":
    unittest.main()
