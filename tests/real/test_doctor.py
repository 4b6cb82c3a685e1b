# SPDX-License-Identifier: MIT
"""`bailiff doctor`: what the machine offers, for people and for scripts."""

import os

from harness import EX_UNAVAILABLE, CellTest, main, strict_json


class Doctor(CellTest):
    def examine(self, **kw):
        outcome = self.call("doctor", "--json", **kw)
        try:
            return outcome, strict_json(outcome.stdout.decode())
        except ValueError as error:
            self.fail(f"{error}\n{outcome}")

    def test_json(self):
        """Goal: a stable shape: id, status, finding, cost, mend. Method: check every entry."""
        outcome, report = self.examine()
        self.assertEqual(0, outcome.status, outcome)
        self.assertEqual(1, report["version"])
        self.assertIs(True, report["usable"])
        ids = [check["id"] for check in report["checks"]]
        self.assertEqual(len(ids), len(set(ids)))
        for check in report["checks"]:
            self.assertEqual({"id", "status", "finding", "cost", "mend"}, set(check))
            self.assertRegex(check["id"], r"^[a-z][a-z0-9_]*$")
            self.assertIn(check["status"], ("ok", "warn", "fail"))
            self.assertTrue(check["finding"], check)
            if check["status"] == "ok":
                self.assertEqual("", check["cost"], check)
            else:
                self.assertTrue(check["cost"], check)
                self.assertTrue(check["mend"], check)

    def test_subjects(self):
        """Goal: it names all that the protection rests on. Method: look for each subject."""
        ids = " ".join(check["id"] for check in self.examine()[1]["checks"])
        for subject in ("cgroup", "namespaces", "seccomp", "landlock", "overlay", "swap",
                        "core_pattern"):
            self.assertIn(subject, ids)

    def test_agrees_with_a_run(self):
        """Goal: what the doctor says of the layout is what a run uses."""
        kind = self.expect(self.cell("plain", "exit", "0"), "OK")["cell"]["cgroup"]
        findings = {check["id"]: check["finding"] for check in self.examine()[1]["checks"]}
        self.assertIn(kind, findings["cgroup"])

    def test_core_pattern(self):
        """Goal: a core_pattern that pipes is a warning with its cost. Method: set one."""
        with self.core_pattern("|/bin/false"):
            checks = {check["id"]: check for check in self.examine()[1]["checks"]}
        self.assertEqual("warn", checks["core_pattern"]["status"])

    def test_text(self):
        """Goal: the same for people, without colours where there is no terminal."""
        outcome = self.call("doctor")
        self.assertEqual(0, outcome.status, outcome)
        self.assertNotIn(b"\033", outcome.stdout)
        for check in self.examine()[1]["checks"]:
            self.assertIn(check["id"], outcome.stdout.decode())

    def test_changes_nothing(self):
        """Goal: it examines and changes nothing. Method: the leak check of every test, and the
        list of cgroups before and after."""
        def groups():
            return sorted(folder for folder, _, _ in os.walk("/sys/fs/cgroup")
                          if folder.endswith("/bailiff"))
        before = groups()
        self.examine()
        self.assertEqual(before, [g for g in groups() if g in before])

    def test_without_privilege(self):
        """Goal: where it cannot run, it says so with status 69, and what mends it. Method: as an
        ordinary user."""
        def drop():
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        outcome, report = self.examine(preexec_fn=drop, cwd="/")
        self.assertEqual(0 if report["usable"] else EX_UNAVAILABLE, outcome.status)
        if not report["usable"]:
            failed = [check for check in report["checks"] if check["status"] == "fail"]
            self.assertTrue(failed)
            for check in failed:
                self.assertTrue(check["mend"], check)


if __name__ == "__main__":
    main()
