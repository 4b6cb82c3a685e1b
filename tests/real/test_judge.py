# SPDX-License-Identifier: MIT
"""`bailiff judge`: verdicts, checkers, limits, exit statuses, bad input."""

import json
import os
import signal
import time

from harness import (EX_DATA, EX_INTERNAL, EX_NOINPUT, EX_UNAVAILABLE, EX_USAGE, MB, SLOWNESS,
                     descendants, main, wait_until)
from judging import ADD, ADD_SMALL, LEGACY, SPIN, JudgeTest


class Verdicts(JudgeTest):
    """What becomes of a submission."""

    ENDS = {
        # text, verdict, what its message must have, options
        "sum": (ADD, "AC", "accepted"),
        "wrong": ("print(7)\n", "WA", "wrong answer on 1"),
        "silent": ("", "WA", "wrong answer on 1"),
        "slow": (SPIN, "TLE", "time limit exceeded on 1", "--cpu", "100ms"),
        "sleeper": ("import time\ntime.sleep(60)\n", "TLE", "time limit exceeded on 1",
                    "--wall", "400ms"),
        "greedy": ("x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1\n", "MLE",
                   "memory limit exceeded on 1", "--memory", "48M", "--cpu", "10s"),
        "chatty": ("while True: print('x' * 65536)\n", "OLE", "output limit exceeded on 1",
                   "--output", "1M"),
        "crash": ("raise ValueError\n", "RE", "run-time error on 1"),
        "status": (ADD + "raise SystemExit(3)\n", "RE", "run-time error on 1"),
        "caller": ("import socket\nsocket.socket()\n", "SV", "forbidden"),
    }

    def test_every_verdict_of_a_run(self):
        """Goal: each way to end has its verdict, and the judgement's message says where. Method:
        one small program for each."""
        problem = self.plain()
        for name, (text, verdict, message, *options) in self.ENDS.items():
            with self.subTest(name=name):
                judgement = self.judge_text(problem, text, *options)
                tests = "AC AC AC" if verdict == "AC" else f"{verdict} SKIPPED SKIPPED"
                self.expect(judgement, verdict, tests)
                self.assertIn(message, judgement["message"])
                self.assertEqual("python3", judgement["language"])

    def test_contract(self):
        """Goal: the judgement has every key of the contract, with sums that agree. Method: a
        judgement of three tests."""
        judgement = self.judge_text(self.plain(), ADD_SMALL, "--all")
        self.expect(judgement, "WA", "AC WA AC")
        self.assertEqual("wrong answer on 2", judgement["message"])
        self.assertEqual((2, 3, None),
                         tuple(judgement[key] for key in ("passed", "total", "score")))
        total = sum(test["time"]["cpu_ms"] for test in judgement["tests"])
        self.assertAlmostEqual(total, judgement["time"]["cpu_ms"], delta=0.01)
        self.assertEqual(max(test["memory"]["peak_bytes"] for test in judgement["tests"]),
                         judgement["memory"]["peak_bytes"])
        self.assertEqual("OK", judgement["compile"]["verdict"])

    def test_what_differed(self):
        """Goal: the first difference is told, bounded, without the input. Method: a wrong token of
        100 kB on the second line."""
        problem = self.plain({"1": ("secret-input\n", "a\nb c\n")})
        judgement = self.judge_text(problem, "print('a\\nb', 'z' * 100000)\n")
        difference = judgement["tests"][0]["difference"]
        self.assertEqual(("token", 2, 3, "c"), tuple(
            difference[key] for key in ("kind", "line", "token", "expected")))
        self.assertTrue(difference["found"].startswith("zz"))
        self.assertLess(len(difference["found"]), 500)
        self.assertNotIn("secret-input", json.dumps(judgement))

    def test_compile_error(self):
        """Goal: CE with the compiler's words, every test skipped. Method: slips in C and Python."""
        problem = self.plain()
        for name, text, said in (("a.c", "int main(void) { return x; }\n", "undeclared"),
                                 ("a.py", "def\n", "SyntaxError")):
            with self.subTest(name=name):
                judgement = self.judge_text(problem, text, name=name)
                self.expect(judgement, "CE", "SKIPPED SKIPPED SKIPPED")
                self.assertIn(said, judgement["compile"]["diagnostics"])
                self.assertEqual(0, judgement["passed"])
                self.assertEqual(3, judgement["total"])

    def test_compile_bombs(self):
        """Goal: a compile bomb is CE, with bounded diagnostics. Method: endless include, endless
        messages, a program of 16 GB."""
        problem = self.plain()
        bombs = {
            "include": '#include "/dev/zero"\nint main(void) { return 0; }\n',
            "itself": '#include __FILE__\nint main(void) { return 0; }\n',
            "array": "char x[1ul << 34] = {1};\nint main(void) { return x[5]; }\n",
            "messages": "#define A x x x x x x x x x x\n#define B A A A A A A A A A A\n"
                        "#define C B B B B B B B B B B\n#define D C C C C C C C C C C\n"
                        "int main(void) { D D D D D D D D }\n",
        }
        for name, text in bombs.items():
            with self.subTest(name=name):
                judgement = self.judge_text(problem, text, name="bomb.c")
                self.expect(judgement, "CE")
                self.assertLessEqual(len(judgement["compile"]["diagnostics"].encode()), 65536 + 64)

    def test_compiler_sees_no_test_data(self):
        """Goal: what is read while compiling is no test data and no file of root's. Method:
        sources that include the answer and the shadow file."""
        problem = self.plain({"1": ("1\n", "ANSWER_TOKEN_7319\n")})
        for path in (f"{problem}/1.ans", f"{problem}/1.in", "/etc/shadow", "/proc/1/environ"):
            with self.subTest(path=path):
                judgement = self.judge_text(problem, f'#include "{path}"\n', name="thief.c")
                self.expect(judgement, "CE")
                self.assertNotIn("ANSWER_TOKEN_7319", json.dumps(judgement))
                self.assertNotIn("root:", judgement["compile"]["diagnostics"])

    def test_all(self):
        """Goal: --all runs every test and leaves the verdict alone. Method: a failure in the
        second of three."""
        problem = self.plain()
        self.expect(self.judge_text(problem, ADD_SMALL), "WA", "AC WA SKIPPED")
        self.expect(self.judge_text(problem, ADD_SMALL, "--all"), "WA", "AC WA AC")

    def test_natural_order(self):
        """Goal: 10 comes after 2 in a plain folder. Method: ten tests."""
        tests = {str(i): ("1 1\n", "2\n") for i in range(1, 11)}
        judgement = self.judge_text(self.plain(tests), ADD)
        self.assertEqual([str(i) for i in range(1, 11)],
                         [test["name"] for test in judgement["tests"]])

    def test_empty_answer(self):
        """Goal: nothing is what is expected, and nothing else. Method: silence and a word."""
        problem = self.plain({"1": ("", "")})
        self.expect(self.judge_text(problem, ""), "AC")
        self.expect(self.judge_text(problem, "print('x')\n"), "WA")


class Checkers(JudgeTest):
    """Specs that hold their tests, and the checkers by name."""

    def one(self, output, answer, checker, status=0):
        spec = self.inline({"1": ("", answer)}, checker,
                           f"import sys\nsys.stdout.write({output!r})\n")
        return self.judge_spec(spec, status=status)["verdict"]

    def test_built_in(self):
        """Goal: exact, tokens and float decide as documented. Method: a table of outputs."""
        cases = [
            ("a b\n", "a b\n", {"name": "exact"}, "AC"),
            ("a b", "a b\n", {"name": "exact"}, "WA"),
            ("a  B", "A\nb\n", {"name": "tokens"}, "AC"),
            ("a B", "a b", {"name": "tokens", "case_sensitive": True}, "WA"),
            ("a  b", "a b", {"name": "tokens", "space_sensitive": True}, "WA"),
            ("a b c", "a b", None, "WA"),
            ("0.3333333", "0.333333", {"name": "float"}, "AC"),
            ("0.334", "0.333333", {"name": "float"}, "WA"),
            ("0.334", "0.333333", {"name": "float", "absolute": 0.01}, "AC"),
            ("1010", "1000", {"name": "float", "relative": 0.02}, "AC"),
            ("1010", "1000", {"name": "float", "absolute": 0.02}, "WA"),
            ("nan", "1.0", {"name": "float", "absolute": 1e9}, "WA"),
            ("inf", "1.0", {"name": "float", "absolute": 1e9}, "WA"),
            ("0x1p0", "1.0", {"name": "float"}, "WA"),
        ]
        for output, answer, checker, verdict in cases:
            with self.subTest(output=output, answer=answer, checker=checker):
                self.assertEqual(verdict, self.one(output, answer, checker))

    def checked_by_testlib(self, code, message="", output="5\n", status=0):
        text = ("import sys\nname, given, output, answer = sys.argv[:4]\n"
                "assert open(answer).read() == '5\\n' and open(given).read() == '7\\n'\n"
                f"sys.stderr.write({message!r} + open(output).read())\nsys.exit({code})\n")
        checker = {"name": "testlib", "sources": [{"name": "check.py", "text": text}]}
        spec = self.inline({"1": ("7\n", "5\n")}, checker, f"print({output!r}, end='')\n")
        return self.judge_spec(spec, status=status)["tests"][0]

    def test_testlib(self):
        """Goal: a testlib checker's exit codes mean what testlib says. Method: each of them."""
        for code, verdict, status in ((0, "AC", 0), (1, "WA", 0), (2, "PE", 0), (8, "PE", 0),
                                      (3, "IE", 70), (99, "IE", 70)):
            with self.subTest(code=code):
                test = self.checked_by_testlib(code, "it says ", status=status)
                self.assertEqual(verdict, test["verdict"], test)
                self.assertIn("it says 5", test["judge_message"]["text"])

    def test_icpc_by_spec(self):
        """Goal: a spec's own output validator is called by the package's interface. Method: one
        that checks its arguments, with flags."""
        text = ("import os, sys\ngiven, answer, feedback, *flags = sys.argv[1:]\n"
                "assert feedback.endswith('/') and os.path.isdir(feedback), feedback\n"
                "assert flags == ['one', 'two'], flags\n"
                "same = sys.stdin.read() == open(answer).read()\n"
                "open(feedback + 'teammessage.txt', 'w').write('for the team')\n"
                "sys.exit(42 if same else 43)\n")
        checker = {"name": "icpc", "args": ["one", "two"],
                   "sources": [{"name": "v.py", "text": text}]}
        judgement = self.judge_spec(self.inline(checker=checker))
        self.expect(judgement, "AC", "AC AC AC")
        self.assertEqual("for the team", judgement["tests"][0]["team_message"]["text"])
        self.expect(self.judge_spec(self.inline(checker=checker, text=ADD_SMALL)), "WA")

    def test_arguments(self):
        """Goal: a test's arguments reach the program. Method: one that prints them."""
        spec = self.inline({"1": ("", "x y z\n")}, None, "import sys\nprint(*sys.argv[1:])\n")
        spec["problem"]["tests"][0]["args"] = ["x", "y z"]
        self.expect(self.judge_spec(spec), "AC")

    def test_paths(self):
        """Goal: paths in a spec are relative to it, or to the current folder where it comes from
        standard input. Method: both, from a folder and from its parent."""
        self.write("sub/1.in", "1 2\n")
        self.write("sub/1.ans", "3\n")
        self.write("sub/main.py", ADD)
        spec = {"sources": [{"name": "main.py", "path": "main.py"}],
                "problem": {"tests": [{"name": "1", "input": {"path": "1.in"},
                                       "answer": {"path": "1.ans"}}]}}
        path = self.write("sub/judge.json", json.dumps(spec))
        self.expect(self.judge("--spec", "sub/judge.json", cwd=self.dir), "AC")
        self.expect(self.judge("--spec", path, cwd="/"), "AC")
        self.expect(self.judge("--spec", "-", cwd=self.path("sub"),
                               stdin=json.dumps(spec)), "AC")
        self.refused(EX_NOINPUT, "main.py", "--spec", "-", cwd=self.dir, stdin=json.dumps(spec))
        self.plain(name="sub/problem")
        spec["problem"] = {"path": "problem"}
        self.write("sub/judge.json", json.dumps(spec))
        self.expect(self.judge("--spec", path, cwd="/"), "AC", "AC AC AC")


class Limits(JudgeTest):
    """Which limits are in force."""

    def test_precedence(self):
        """Goal: command line before spec before problem. Method: all three say something, and the
        judgement tells what held."""
        package = self.package(LEGACY + "  memory: 100\n", {"secret/1": ("1 2\n", "3\n")})
        spec = {"sources": [{"name": "a.py", "text": ADD}], "problem": {"path": package}}
        limits = self.judge_spec(spec)["limits"]
        self.assertEqual((1000, 100 * MB), (limits["cpu_ms"], limits["memory_bytes"]))
        spec["limits"] = {"cpu_ms": 700, "memory_bytes": 90 * MB}
        limits = self.judge_spec(spec)["limits"]
        self.assertEqual((700, 90 * MB), (limits["cpu_ms"], limits["memory_bytes"]))
        limits = self.judge_spec(spec, "--cpu", "600ms")["limits"]
        self.assertEqual((600, 90 * MB), (limits["cpu_ms"], limits["memory_bytes"]))

    def test_limit_of_an_inline_problem(self):
        """Goal: a problem in a spec has limits, which the spec's own overrule. Method: both."""
        spec = self.inline()
        spec["problem"]["limits"] = {"cpu_ms": 900}
        self.assertEqual(900, self.judge_spec(spec)["limits"]["cpu_ms"])
        spec["limits"] = {"cpu_ms": 800}
        self.assertEqual(800, self.judge_spec(spec)["limits"]["cpu_ms"])

    def test_each_run_has_the_limit(self):
        """Goal: limits count for each test, not for their sum. Method: four tests of 120 ms under a
        limit of 300 ms."""
        if SLOWNESS > 2:
            self.skip_inherent("times do not hold on a machine this slow")
        tests = {str(i): ("1 2\n", "3\n") for i in range(4)}
        burn = "import time\nwhile time.process_time() < 0.12: pass\n"
        judgement = self.judge_text(self.plain(tests), burn + ADD, "--cpu", "300ms")
        self.expect(judgement, "AC")
        self.assertGreater(judgement["time"]["cpu_ms"], 450)


class Statuses(JudgeTest):
    """Exit statuses, and what is wrong is named."""

    def test_usage(self):
        """Goal: a wrong command line is 64 and names the option. Method: a table."""
        problem, source = self.plain(), self.source()
        cases = [
            ([], "no problem given"),
            (["--problem", problem], "no submission"),
            (["--problem"], "--problem"),
            (["--no-such", source], "--no-such"),
            (["--problm", problem, source], "--problem"),
            (["--problem", problem, "--format", "xml", source], "--format"),
            (["--problem", problem, "--events", "--format", "json", source], "--events"),
            (["--problem", problem, "--jobs", "0", source], "--jobs"),
            (["--problem", problem, "--jobs", "many", source], "--jobs"),
            (["--problem", problem, "--jobs", "257", source], "--jobs"),
            (["--problem", problem, "--cpu", "1", source], "--cpu"),
            (["--problem", problem, "--spec", "-"], "--spec"),
            (["--spec", "-", "--verify"], "--verify"),
            (["--problem", problem, "--verify", "--suggest-limit"], "--verify"),
            (["--problem", problem, "--suggest-limit", source], "--suggest-limit"),
            (["--problem", problem, "--single", "--verify", source], "--single"),
            (["--problem", problem, "--cpuset", "0", source], "--cpuset"),
            (["--problem", problem, "--inherit", source], "--inherit"),
        ]
        for args, named in cases:
            with self.subTest(args=args):
                self.refused(EX_USAGE, named, *args)
        outcome = self.judge_call("--no-cache", "--problem", problem, "--cache", "x", source)
        self.assertEqual(EX_USAGE, outcome.status, outcome)

    def test_help(self):
        """Goal: --help prints every option and ends with 0. Method: read it."""
        outcome = self.call("judge", "--help")
        self.assertEqual(0, outcome.status, outcome)
        for option in ("--problem", "--spec", "--language", "--languages", "--single", "--verify",
                       "--suggest-limit", "--all", "--jobs", "--cache", "--no-cache", "--format",
                       "--events", "--quiet", "--result", "--cpu", "--memory", "--idle"):
            self.assertIn(option, outcome.stdout.decode())

    def test_spec_errors(self):
        """Goal: what is wrong in a spec is 65 and named by its path. Method: a table."""
        good = self.inline()
        source = {"name": "main.py", "text": ""}
        tests = good["problem"]["tests"]
        icpc = {"name": "icpc"}
        cases = [
            ({**good, "colour": 1}, "colour"),
            ({**good, "limits": {"cpu": 1}}, "limits.cpu"),
            ({**good, "limits": {"cpu_ms": -1}}, "limits.cpu_ms"),
            ({**good, "limits": {"cpuset": "0"}}, "limits.cpuset"),
            ({**good, "all_tests": 1}, "all_tests"),
            ({**good, "language": "klingon"}, "klingon"),
            ({**good, "sources": []}, "sources"),
            ({**good, "sources": [{"name": "../x.py", "text": ""}]}, "sources[0].name"),
            ({**good, "sources": [{"name": "/x.py", "text": ""}]}, "sources[0].name"),
            ({**good, "sources": [{"name": "-x.py", "text": ""}]}, "sources[0].name"),
            ({**good, "sources": [source, source]}, "sources[1].name"),
            ({**good, "sources": [{**source, "path": "x"}]}, "sources[0]"),
            ({**good, "problem": {}}, "problem"),
            ({**good, "problem": {"tests": tests, "path": "x"}}, "problem"),
            ({**good, "problem": {"tests": []}}, "problem.tests"),
            ({**good, "problem": {"tests": tests + tests[:1]}}, "problem.tests: [0] and [3]"),
            ({**good, "problem": {"tests": [{"name": "1"}]}}, "problem.tests[0]"),
            ({**good, "problem": {"tests": tests, "checker": {"name": "best"}}},
             "problem.checker.name"),
            ({**good, "problem": {"tests": tests, "checker": {"name": "exact", "absolute": 1}}},
             "problem.checker.absolute"),
            ({**good, "problem": {"tests": tests, "checker": icpc}}, "problem.checker"),
        ]
        for spec, named in cases:
            with self.subTest(named=named):
                self.refused(EX_DATA, named, "--spec", self.write("s.json", json.dumps(spec)))
        for text in ("", "{", "[]", '{"a":1,"a":2}', json.dumps(good) + "x", "\0", "[" * 100000,
                     '{"sources":' * 40 + "1" + "}" * 40):
            with self.subTest(text=text[:30]):
                self.refused(EX_DATA, "s.json", "--spec", self.write("s.json", text))

    def test_huge_spec(self):
        """Goal: a spec beyond the bounds is refused quickly. Method: 20 MB of text, a million
        values, endless standard input."""
        spec = self.inline(text="#" * (20 * MB))
        outcome = self.judge_call("--spec", self.write("s.json", json.dumps(spec)))
        self.assertIn(outcome.status, (EX_DATA, EX_NOINPUT), outcome)
        self.refused(EX_DATA, "s.json", "--spec", self.write("s.json", "[" + "0," * 999999 + "0]"))
        with open("/dev/zero", "rb") as zero:
            process = self.start("judge", "--spec", "-", stdin=zero)
            _, errors = self.finish(process)
            self.assertIn(process.returncode, (EX_DATA, EX_NOINPUT), errors)

    def test_missing(self):
        """Goal: what is missing is 66 and named. Method: no problem, no source, no spec."""
        problem, source = self.plain(), self.source()
        self.refused(EX_NOINPUT, "nowhere", "--problem", self.path("nowhere"), source)
        self.refused(EX_NOINPUT, "nothing.py", "--problem", problem, self.path("nothing.py"))
        self.refused(EX_NOINPUT, "none.json", "--spec", self.path("none.json"))
        spec = self.inline()
        spec["problem"]["tests"][1]["input"] = {"path": "gone.in"}
        self.refused(EX_NOINPUT, "gone.in", "--spec", self.write("s.json", json.dumps(spec)))

    def test_problem_is_wrong(self):
        """Goal: a broken problem is 65 and its file named. Method: a table of packages."""
        source = self.source()
        empty = self.path("empty")
        os.mkdir(empty)
        self.refused(EX_DATA, "empty", "--problem", empty, source)
        lonely = self.write("lonely/1.in", "")
        self.refused(EX_DATA, "'1.in'", "--problem", os.path.dirname(lonely), source)
        for name, yaml, named in (
                ("tabs", "limits:\n\t- x\n", "problem.yaml"),
                ("open", "limits: [1, 2\n", "problem.yaml"),
                ("type", "limits: 5\n", "limits"),
                ("minus", "limits:\n  time_limit: -1\n", "time_limit"),
                ("version", "problem_format_version: 1999\n", "problem_format_version"),
                ("validator", LEGACY + "validation: custom\n", "output_validators"),
                ("flags", LEGACY + "validator_flags: float_tolerance\n", "float_tolerance"),
                ("binary", "\0\1\2", "problem.yaml"),
                ("aliases", "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
                    f"{c}: &{c} [{','.join(['*' + p] * 9)}]\n"
                    for p, c in zip("abcdefghijk", "bcdefghijkl")), "problem.yaml")):
            with self.subTest(name=name):
                package = self.package(yaml, name=name)
                self.refused(EX_DATA, named, "--problem", package, source)
        self.write("none/problem.yaml", LEGACY)
        self.refused(EX_DATA, "none", "--problem", self.path("none"), source)
        os.symlink("/etc/passwd", self.path("none/leak"))
        os.makedirs(self.path("none/data/secret"))
        os.symlink("/etc/passwd", self.path("none/data/secret/1.in"))
        self.write("none/data/secret/1.ans", "")
        self.refused(EX_DATA, "data/secret/1.in", "--problem", self.path("none"), source)

    def test_unknown_keys_are_warned_of(self):
        """Goal: an unknown key of problem.yaml is reported and harmless. Method: a warning on
        standard error beside the judgement, without control characters."""
        package = self.package(LEGACY + 'colour: red\n"e\\e[31mvil": 1\n')
        outcome = self.judge_call("--problem", package, self.source())
        self.expect(self.judgement_of(outcome), "AC")
        self.assertIn("colour", outcome.stderr)
        self.assertNotIn("\033", outcome.stderr)

    def test_submission_is_wrong(self):
        """Goal: what cannot be a submission is refused at once, by name. Method: a FIFO, a device,
        an empty folder, one of data only, two languages, 100 MB, an unknown extension."""
        problem = self.plain()
        os.mkfifo(self.path("pipe.py"))
        os.mkdir(self.path("hollow"))
        self.write("data-only/notes.txt", "x")
        self.write("both/a.py", ADD)
        self.write("both/b.c", "int main(void) { return 0; }\n")
        with open(self.write("huge.py"), "wb") as file:
            file.truncate(100 * MB)
        self.write("what.xyz", "")
        self.write("none", "")
        for name in ("pipe.py", "hollow", "data-only", "both", "huge.py", "what.xyz", "none"):
            with self.subTest(name=name):
                begin = time.monotonic()
                outcome = self.judge_call("--problem", problem, self.path(name))
                self.assertIn(outcome.status, (EX_DATA, EX_NOINPUT), outcome)
                self.assertEqual(b"", outcome.stdout)
                self.assertIn(name, outcome.stderr)
                self.assertLess(time.monotonic() - begin, 10 * SLOWNESS)
        self.refused(EX_DATA, "klingon", "--problem", problem, "--language", "klingon",
                     self.source())
        outcome = self.judge_call("--problem", problem, "/dev/zero")
        self.assertIn(outcome.status, (EX_DATA, EX_NOINPUT), outcome)

    def test_a_mistake_in_the_last_shows_first(self):
        """Goal: all submissions are read before the first is judged. Method: a good one and one
        that is missing; nothing is printed."""
        self.refused(EX_NOINPUT, "gone.py", "--problem", self.plain(), self.source(),
                     self.path("gone.py"))

    def test_language_without_tool_chain(self):
        """Goal: a language that is not installed is 69, before anything is judged. Method: a
        definition that names a missing compiler."""
        self.write("languages/blub.json", json.dumps({
            "id": "blub", "name": "Blub", "extensions": ["blub"], "package": "blubc",
            "version": ["/usr/bin/no-blub", "--version"], "source": "main.blub",
            "run": {"argv": ["/usr/bin/no-blub", "{source}"], "policy": "script"}}))
        outcome = self.judge_call("--problem", self.plain(), "--languages",
                                  self.path("languages"), self.source("", "a.blub"))
        self.assertEqual(EX_UNAVAILABLE, outcome.status, outcome)
        self.assertIn("blub", outcome.stderr)

    def test_unreadable_problem(self):
        """Goal: a folder the caller may not read is 66. Method: a caller without root's rights."""
        problem, source = self.plain(), self.source()
        os.chmod(problem, 0o700)
        os.chmod(self.path("plain/1.in"), 0o600)
        outcome = self.call("judge", "--no-cache", "--problem", problem, source,
                            preexec_fn=lambda: (os.setgid(65534), os.setuid(65534)))
        self.assertEqual(EX_NOINPUT, outcome.status, outcome)
        self.assertIn("problem.yaml", outcome.stderr)

    def stopped(self, number, status, *options, problem=None):
        problem = problem or self.plain({str(i): ("", "") for i in range(8)})
        source = self.source("import time\nwhile True: time.sleep(0.01)\n")
        process = self.start("judge", "--no-cache", "--problem", problem, "--wall", "60s",
                             *options, source)
        started = wait_until(lambda: any(name.startswith("python3")
                                         for name in descendants(process.pid).values()), 20)
        time.sleep(0.2)
        process.send_signal(number)
        stdout, stderr = self.finish(process, 10)
        self.assertTrue(started, stderr)
        self.assertEqual(status, process.returncode, stderr)
        self.assertEqual(b"", stdout)

    def test_interrupted(self):
        """Goal: SIGINT and SIGTERM end it with 130 and 143, with nothing left. Method: each while
        a submission sleeps."""
        self.stopped(signal.SIGINT, 130)
        self.stopped(signal.SIGTERM, 143)

    def test_interrupted_with_jobs(self):
        """Goal: the same with tests side by side, and with a validator beside the submission.
        Method: --jobs auto, an interactive package."""
        self.stopped(signal.SIGINT, 130, "--jobs", "auto")
        package = self.package(LEGACY + "validation: custom interactive\n", files={
            "output_validators/v.py": "import sys\nsys.stdin.read()\n"})
        self.stopped(signal.SIGTERM, 143, problem=package)

    def test_killed(self):
        """Goal: SIGKILL kills the submission, too, and the next start removes the groups. Method:
        send it while one sleeps, then judge another; tearDown looks for groups."""
        source = self.source("import time\ntime.sleep(30)\n")
        process = self.start("judge", "--no-cache", "--problem", self.plain(), "--wall", "60s",
                             source)
        wait_until(lambda: any(name.startswith("python3")
                               for name in descendants(process.pid).values()), 20)
        process.kill()
        self.finish(process)
        self.assertTrue(wait_until(lambda: not descendants(), 2), descendants())
        self.expect(self.judge_text(self.plain(), ADD), "AC")

    def test_reader_is_gone(self):
        """Goal: a closed standard output is an error, not a crash. Method: a pipe without reader,
        /dev/full."""
        problem, source = self.plain(), self.source()
        read_end, write_end = os.pipe()
        os.close(read_end)
        process = self.start("judge", "--cache", self.cache, "--problem", problem, source,
                             stdout=write_end)
        os.close(write_end)
        self.finish(process)
        self.assertIn(process.returncode, (EX_INTERNAL, EX_NOINPUT, 73, 74), process.returncode)
        with open("/dev/full", "wb") as full:
            process = self.start("judge", "--cache", self.cache, "--problem", problem, source,
                                 stdout=full)
            _, errors = self.finish(process)
        self.assertGreater(process.returncode, 0, errors)


if __name__ == "__main__":
    main()
