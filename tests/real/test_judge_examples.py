# SPDX-License-Identifier: MIT
"""The example problems: whether `bailiff judge --verify` judges every submission as its package
expects, and more exactly than a package can say it.

On a machine where all takes much longer than on the one the limits were written for, one submission
of each folder is judged, under limits that are as much longer."""

import fnmatch
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import harness
from harness import EX_DATA, SLOWNESS, TREE, CellTest

PROBLEMS = os.path.join(TREE, "examples", "problems")
NAMES = ("tally", "filling", "summit")
IS_SLOW = SLOWNESS > 2
PACKAGE_BYTES_MAX = 1 << 20

# Folder or submission, the verdicts its tests may have, and behind the slash those that must be
# among them. The last row that matches counts.
EXACT = {
    "*": (
        ("accepted/*", "AC/AC"),
        ("wrong_answer/*", "AC WA/WA"),
        ("time_limit_exceeded/*", "AC WA TLE/TLE"),
        ("run_time_error/*", "RE/RE"),
        ("memory_limit_exceeded/*", "MLE/MLE"),
        ("output_limit_exceeded/*", "OLE/OLE"),
        ("compile_error/*", "CE/CE"),
        ("rejected/*", "SV/SV"),
    ),
    "tally": (
        ("mixed/slow_and_wrong.cpp", "AC WA TLE/WA TLE"),
        # Which limit stops it depends on how fast the kernel frees what ended.
        ("rejected/fork_bomb.*", "AC TLE MLE/"),
        # The policy of the JVM refuses sockets without ending the program for it.
        ("rejected/PhoneHome.java", "RE/RE"),
    ),
    "filling": (
        ("brute_force/*", "AC TLE/TLE"),
        ("greedy/files.c", "WA/WA"),
        ("greedy/memory.*", "MLE/MLE"),
    ),
    "summit": (),
}

# Submissions that wait for ever: where they are too slow they must be found to be idle.
IDLE = ("time_limit_exceeded/sleeps.*", "time_limit_exceeded/wait*",
        "time_limit_exceeded/never_flushes.c")

# How /etc/passwd and /etc/shadow begin, which nobody in a cell may read, let alone show.
SECRET = "root:"


def package_files(folder):
    """Paths of the files below `folder`, relative to it, sorted."""
    return sorted(os.path.relpath(os.path.join(where, name), folder)
                  for where, _, names in os.walk(folder) for name in names)


def submissions(package, folder="submissions"):
    """"accepted/sum.c" and the like, sorted."""
    top = os.path.join(package, folder)
    return sorted(f"{kind}/{name}" for kind in os.listdir(top)
                  if os.path.isdir(os.path.join(top, kind))
                  for name in os.listdir(os.path.join(top, kind)))


def rule(problem, submission):
    """The verdicts that its tests may have and those that must occur, as two sets."""
    text = [verdicts for pattern, verdicts in EXACT["*"] + EXACT[problem]
            if fnmatch.fnmatch(submission, pattern)][-1]
    return (set(part.split()) for part in text.split("/"))


def difference(problem, submission, judgement):
    """Why a judgement is not what it should be, or None."""
    allowed, needed = rule(problem, submission)
    seen = {test["verdict"] for test in judgement["tests"]} - {"SKIPPED"}
    if judgement["verdict"] == "CE":
        seen = {"CE"}
    if not judgement["expected"]["holds"]:
        return judgement["expected"]["why"]
    if not seen <= allowed or not needed <= seen:
        return f"{sorted(seen)}, not {sorted(allowed)} with {sorted(needed)}"
    if judgement["verdict"] != "CE" and len(judgement["tests"]) != judgement["total"]:
        return f"{len(judgement['tests'])} tests of {judgement['total']}"
    if any(fnmatch.fnmatch(submission, pattern) for pattern in IDLE):
        reasons = {test["reason"] for test in judgement["tests"] if test["verdict"] == "TLE"}
        if reasons != {"idle"}:
            return f"reasons {sorted(reasons)}, not idle"
    return None


class Judged(CellTest):
    def verify(self, package, *sources):
        """The summary of `bailiff judge --verify`. One that differs is no failure yet."""
        options = ["--format", "json", "--jobs", "auto", "--no-cache"]
        if IS_SLOW:
            options += ["--cpu", f"{SLOWNESS:.0f}s"]
        outcome = self.call("judge", "--problem", package, "--verify", *options, *sources,
                            timeout=600)
        self.assertIn(outcome.status, (0, EX_DATA), outcome)
        summary = harness.strict_json(outcome.stdout.decode())
        self.assertEqual(outcome.status == 0, summary["verified"], outcome.stderr)
        self.assertFalse(SECRET in outcome.stdout.decode(), "a password file is shown")
        return summary

    def check(self, problem, package, expected, *sources):
        """Verifies a package; `expected` are the submissions that have to be judged."""
        summary = self.verify(package, *sources)
        judged = {entry["submission"].split("submissions/")[-1].rstrip("/"): entry
                  for entry in summary["submissions"]}
        self.assertEqual(expected, sorted(judged))
        wrong = [f"{problem}/{name}: {why}" for name, entry in judged.items()
                 if (why := difference(problem, name, entry)) is not None]
        self.assertEqual([], wrong, "\n".join(["not judged as expected:", *wrong]))
        self.assertTrue(summary["verified"])
        self.assertEqual(0, summary["differences"])

    def check_package(self, problem):
        package = os.path.join(PROBLEMS, problem)
        expected = submissions(package)
        sources = []
        if IS_SLOW:
            first = {name.split("/")[0]: name for name in reversed(expected)}
            expected = sorted(first.values())
            sources = [os.path.join(package, "submissions", name) for name in expected]
        self.check(problem, package, expected, *sources)

    def check_more(self, problem):
        """A package whose submissions are those of more_submissions that can be run here."""
        package, top = self.path(problem), os.path.join(PROBLEMS, problem)
        shutil.copytree(top, package, ignore=shutil.ignore_patterns("submissions"))
        os.rename(os.path.join(package, "more_submissions"),
                  os.path.join(package, "submissions"))
        languages = harness.strict_json(self.call("languages", "--json").stdout.decode())
        ready = {"." + extension for entry in languages if entry["version"] is not None
                 for extension in entry["extensions"]}
        for name in submissions(package):
            if os.path.splitext(name)[1] not in ready:
                os.unlink(os.path.join(package, "submissions", name))
        if not submissions(package):
            self.skip_missing("needs a tool chain of more_submissions, such as nodejs")
        self.check(problem, package, submissions(package))

    def test_tally(self):
        self.check_package("tally")

    def test_filling(self):
        self.check_package("filling")

    def test_summit(self):
        self.check_package("summit")

    @unittest.skipIf(IS_SLOW, "run-time systems take most of the time limit to start here")
    def test_more_languages(self):
        for problem in NAMES:
            with self.subTest(problem):
                self.check_more(problem)

    def test_what_differs_is_said(self):
        """A package that expects too much: the status is 65 and the submission is named."""
        package = self.path("tally")
        shutil.copytree(os.path.join(PROBLEMS, "tally"), package,
                        ignore=shutil.ignore_patterns("submissions"))
        folder = os.path.join(package, "submissions", "accepted")
        os.makedirs(folder)
        for source in ("accepted/tally.c", "wrong_answer/nuls.c"):
            shutil.copy(os.path.join(PROBLEMS, "tally", "submissions", source), folder)
        summary = self.verify(package)
        self.assertFalse(summary["verified"])
        self.assertEqual(1, summary["differences"])
        self.assertEqual({"accepted/nuls.c": False, "accepted/tally.c": True},
                         {entry["submission"]: entry["expected"]["holds"]
                          for entry in summary["submissions"]})


class Packages(unittest.TestCase):
    """The packages themselves; needs no cell."""

    def test_inputs_are_valid(self):
        for problem in NAMES:
            package = os.path.join(PROBLEMS, problem)
            validator = os.path.join(package, "input_validators", "validate.py")
            for name in package_files(os.path.join(package, "data")):
                if not name.endswith(".in"):
                    continue
                with open(os.path.join(package, "data", name), "rb") as file:
                    text = file.read()
                for content, status in ((text, 42), (text[:-2], 43), (b"0\n" + text, 43)):
                    done = subprocess.run([sys.executable, validator], input=content, check=False)
                    self.assertEqual(status, done.returncode, f"{problem}: {name}")

    def test_secret_data_is_what_the_generator_writes(self):
        for problem in NAMES:
            with self.subTest(problem), tempfile.TemporaryDirectory() as folder:
                package = os.path.join(PROBLEMS, problem)
                shutil.copytree(os.path.join(package, "generators"), f"{folder}/generators")
                os.makedirs(f"{folder}/data/secret")
                os.makedirs(f"{folder}/data/sample")
                for script in package_files(f"{folder}/generators"):
                    subprocess.run([sys.executable, f"{folder}/generators/{script}"], check=True)
                for name in package_files(f"{folder}/data"):
                    with open(f"{folder}/data/{name}", "rb") as made, \
                            open(os.path.join(package, "data", name), "rb") as kept:
                        self.assertEqual(made.read(), kept.read(), name)
                cases = [name for name in package_files(f"{package}/data/secret")
                         if name.endswith((".in", ".ans"))]
                self.assertEqual(cases, package_files(f"{folder}/data/secret"))

    def test_packages_are_small_and_complete(self):
        for problem in NAMES:
            package = os.path.join(PROBLEMS, problem)
            size = sum(os.path.getsize(os.path.join(package, name))
                       for name in package_files(package))
            self.assertLess(size, PACKAGE_BYTES_MAX, problem)
            kinds = {}
            for name in submissions(package):
                kinds.setdefault(name.split("/")[0], set()).add(os.path.splitext(name)[1])
            for kind in ("accepted", "wrong_answer", "run_time_error", "rejected"):
                self.assertLessEqual({".c", ".cpp", ".py", ".pl"}, kinds[kind], (problem, kind))
            slow = kinds["time_limit_exceeded"] | kinds.get("brute_force", set())
            self.assertLessEqual({".c", ".cpp", ".py", ".pl"}, slow, problem)


if __name__ == "__main__":
    harness.main()
