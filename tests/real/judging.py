# SPDX-License-Identifier: MIT
"""What the tests of `bailiff judge` share: small problems in the scratch folder, and judgements
read strictly by the contract."""

import json
import shutil
import tempfile

from harness import CellTest, strict_json

TEST_VERDICTS = {"AC", "WA", "PE", "TLE", "MLE", "OLE", "RE", "SV", "IE", "SKIPPED"}
VERDICTS = TEST_VERDICTS - {"SKIPPED"} | {"CE"}

ADD = "a, b = map(int, input().split())\nprint(a + b)\n"
# Wrong where the sum is more than 9.
ADD_SMALL = "a, b = map(int, input().split())\nprint(min(a + b, 9))\n"
SPIN = "while True:\n    pass\n"
ADD_TESTS = {"1": ("1 2\n", "3\n"), "2": ("20 22\n", "42\n"), "3": ("2 2\n", "4\n")}

LEGACY = "problem_format_version: legacy\nname: test\nlimits:\n  time_limit: 1\n"
CURRENT = ("problem_format_version: 2025-09\nname: test\n"
           "uuid: 01234567-89ab-cdef-0123-456789abcdef\nlimits:\n  time_limit: 1\n")


def by_name(judgement):
    """{test: its report}"""
    return {test["name"]: test for test in judgement["tests"]}


def verdicts(judgement):
    """The verdicts of the tests, in order, as one line."""
    return " ".join(test["verdict"] for test in judgement["tests"])


class JudgeTest(CellTest):
    """Judges with a compile cache of the class's own, so that each program is compiled once."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.cache = tempfile.mkdtemp(prefix="cell-test-cache-")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.cache, ignore_errors=True)
        super().tearDownClass()

    # ---- problems -----------------------------------------------------------------------

    def plain(self, tests=None, name="plain"):
        """A folder of NAME.in and NAME.ans."""
        for test, (given, answer) in (ADD_TESTS if tests is None else tests).items():
            self.write(f"{name}/{test}.in", given)
            self.write(f"{name}/{test}.ans", answer)
        return self.path(name)

    def package(self, yaml=LEGACY, tests=None, files=None, name="package"):
        """A problem package; tests are named as below data/, files as below the package."""
        self.write(f"{name}/problem.yaml", yaml)
        for test, (given, answer) in (tests or {"secret/1": ("1 2\n", "3\n")}).items():
            self.write(f"{name}/data/{test}.in", given)
            self.write(f"{name}/data/{test}.ans", answer)
        for path, content in (files or {}).items():
            self.write(f"{name}/{path}", content)
        return self.path(name)

    def source(self, text=ADD, name="sum.py"):
        return self.write(name, text)

    # ---- judging ------------------------------------------------------------------------

    def judge_call(self, *args, **kw):
        options = [] if {"--cache", "--no-cache"} & set(args) else ["--cache", self.cache]
        return self.call("judge", *options, *args, **kw)

    def check_test(self, test):
        self.assertIn(test["verdict"], TEST_VERDICTS, test)
        self.assertIsInstance(test["message"], str)
        ran = test["verdict"] != "SKIPPED"
        for number in (test["time"]["cpu_ms"], test["time"]["wall_ms"],
                       test["memory"]["peak_bytes"]):
            if not ran:
                self.assertIsNone(number, test)
            elif test["verdict"] != "IE":
                self.assertGreaterEqual(number, 0, test)

    def check(self, judgement):
        """That it is what the contract says a judgement is."""
        self.assertEqual(1, judgement["version"])
        self.assertIn(judgement["verdict"], VERDICTS)
        for key in ("message", "language"):
            self.assertIsInstance(judgement[key], str, key)
        if judgement["compile"] is not None:
            self.assertIn(judgement["compile"]["verdict"], {"OK", "CE", "IE"})
            self.assertIsInstance(judgement["compile"]["diagnostics"], str)
            self.assertIsInstance(judgement["compile"]["cached"], bool)
            self.assertIn("cpu_ms", judgement["compile"]["time"])
            self.assertIn("peak_bytes", judgement["compile"]["memory"])
        for test in judgement["tests"]:
            self.check_test(test)
        self.assertEqual(len(judgement["tests"]), judgement["total"])
        self.assertEqual(sum(test["verdict"] == "AC" for test in judgement["tests"]),
                         judgement["passed"])
        self.assertIn("score", judgement)
        self.assertIn("cpu_ms", judgement["time"])
        self.assertIn("peak_bytes", judgement["memory"])
        return judgement

    def judgement_of(self, outcome, status=0):
        self.assertEqual(status, outcome.status, outcome)
        try:
            judgement = strict_json(outcome.stdout.decode())
        except ValueError as error:
            self.fail(f"no JSON on standard output: {error}\n{outcome}")
        for each in judgement.get("submissions", [judgement]):
            self.check(each)
        return judgement

    def judge(self, *args, status=0, **kw):
        """Judges; returns the judgement, or the summary of several."""
        return self.judgement_of(self.judge_call(*args, **kw), status)

    def judge_text(self, problem, text, *options, name="sum.py", status=0):
        """Judges one submission that is given as text."""
        return self.judge("--problem", problem, *options, self.source(text, name), status=status)

    def judge_spec(self, spec, *options, status=0):
        return self.judge("--spec", self.write("judge.json", json.dumps(spec)), *options,
                          status=status)

    def inline(self, tests=None, checker=None, text=ADD, **more):
        """A judge spec that holds its tests itself."""
        tests = ADD_TESTS if tests is None else tests
        problem = {"tests": [{"name": name, "input": {"text": given}, "answer": {"text": answer}}
                             for name, (given, answer) in tests.items()]}
        if checker is not None:
            problem["checker"] = checker
        return {"language": "python3", "sources": [{"name": "main.py", "text": text}],
                "problem": problem, **more}

    # ---- expectations -------------------------------------------------------------------

    def expect(self, result, verdict, tests=None):
        seen = json.dumps(result, indent=1)[:6000]
        self.assertEqual(verdict, result["verdict"], seen)
        if tests is not None:
            self.assertEqual(tests, verdicts(result), seen)
        return result

    def refused(self, status, named, *args, stdin=b"", **kw):
        """Expects this status, `named` in the message, and nothing on standard output."""
        outcome = self.judge_call(*args, stdin=stdin, timeout=30, **kw)
        self.assertEqual(status, outcome.status, outcome)
        self.assertEqual(b"", outcome.stdout, outcome)
        self.assertIn(named, outcome.stderr, outcome)
        self.assertNotIn("\033", outcome.stderr, outcome)
        return outcome
