# SPDX-License-Identifier: MIT
"""`bailiff judge`: what is printed, where and for whom; several submissions in one call."""

import json
import os
import pty
import select
import subprocess
import termios
import time
import xml.etree.ElementTree as ElementTree

from harness import BAILIFF, EX_DATA, SLOWNESS, main, strict_json
from judging import ADD, ADD_SMALL, LEGACY, JudgeTest

ESCAPE = "\033["
# Sets the window's title, clears the screen, and ends in a byte that is no UTF-8.
HOSTILE = "\033]0;owned\007\033[2J\u009b31m<&\"'>]]>"


class ReportTest(JudgeTest):
    def on_terminal(self, *args, streams=(1, 2), columns=100, env=None):
        """Runs with the named streams on a terminal; returns (status, what the terminal saw,
        stdout where it is a pipe)."""
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (40, columns))
        environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
        process = subprocess.Popen(
            [BAILIFF, "judge", "--cache", self.cache, *map(str, args)],
            stdin=subprocess.DEVNULL, stdout=slave if 1 in streams else subprocess.PIPE,
            stderr=slave if 2 in streams else subprocess.PIPE,
            env={**environment, "TERM": "xterm", **(env or {})})
        os.close(slave)
        seen = b""
        deadline = time.monotonic() + 60 * SLOWNESS
        while time.monotonic() < deadline:
            ready, _, _ = select.select([master], [], [], 0.2)
            if not ready and process.poll() is not None:
                break
            try:
                part = os.read(master, 65536) if ready else b""
            except OSError:
                break
            seen += part
        os.close(master)
        stdout, _ = self.finish(process)
        return process.returncode, seen.decode(errors="surrogateescape"), stdout or b""


class Formats(ReportTest):
    """--format, --events, --result, colours, progress."""

    def test_default(self):
        """Goal: JSON where it is piped, a table on a terminal. Method: both."""
        problem, source = self.plain(), self.source()
        self.expect(self.judge("--problem", problem, source), "AC")
        status, seen, _ = self.on_terminal("--problem", problem, source)
        self.assertEqual(0, status)
        self.assertIn("3 of 3 tests accepted", seen)
        self.assertIn(ESCAPE, seen)
        self.assertNotIn('"version"', seen)

    def test_piped_text_is_plain(self):
        """Goal: text that is piped has no escape sequences and says what a person wants to know.
        Method: a wrong answer, a crash, a compile error."""
        problem = self.plain()
        for text, words in ((ADD_SMALL, ("wrong answer on 2", "expected", "42", "found", "9")),
                            ("raise ValueError('why')\n", ("exit code", "ValueError: why")),
                            ("def\n", ("SyntaxError",)), (ADD, ("accepted", "3 of 3"))):
            with self.subTest(text=text):
                outcome = self.judge_call("--problem", problem, "--format", "text",
                                          self.source(text))
                self.assertEqual(0, outcome.status, outcome)
                shown = outcome.stdout.decode()
                self.assertNotIn("\033", shown)
                self.assertEqual("", outcome.stderr)
                for word in words:
                    self.assertIn(word, shown)

    def test_no_color(self):
        """Goal: NO_COLOR switches colours off on a terminal. Method: no SGR sequence is seen."""
        args = "--problem", self.plain(), "--quiet", self.source(ADD_SMALL)
        status, seen, _ = self.on_terminal(*args, env={"NO_COLOR": "1"})
        self.assertEqual(0, status)
        self.assertNotIn("\033", seen)
        _, seen, _ = self.on_terminal(*args)
        self.assertRegex(seen, "\033\\[[0-9;]*m")

    def test_progress(self):
        """Goal: progress is on a terminal only, is gone in the end, and --quiet switches it off.
        Method: eight tests of 0.15 s with standard error on a terminal and standard output piped,
        with --quiet, and with a file as standard error."""
        problem = self.plain({str(i): ("", "") for i in range(8)})
        source = self.source("import time\ntime.sleep(0.15)\n")
        status, seen, stdout = self.on_terminal("--problem", problem, source, streams=(2,))
        self.assertEqual(0, status)
        self.expect(self.check(strict_json(stdout.decode())), "AC")
        self.assertRegex(seen, r"[1-8]/8")
        self.assertTrue(seen.endswith("\r\033[K"), repr(seen[-60:]))
        self.assertNotIn("\n", seen)
        _, seen, _ = self.on_terminal("--problem", problem, "-q", source, streams=(2,))
        self.assertEqual("", seen)
        self.assertEqual("", self.judge_call("--problem", problem, source).stderr)

    def test_narrow_terminal(self):
        """Goal: the progress line never wraps. Method: 40 columns and a long name."""
        problem = self.plain({str(i): ("", "") for i in range(5)})
        source = self.source("import time\ntime.sleep(0.2)\n", "n" * 100 + ".py")
        _, seen, _ = self.on_terminal("--problem", problem, source, streams=(2,), columns=40,
                                      env={"NO_COLOR": "1"})
        lines = [line.replace("\033[K", "") for line in seen.split("\r")]
        self.assertTrue(any(lines), seen)
        self.assertLess(max(map(len, lines)), 40, lines)

    def test_junit(self):
        """Goal: JUnit XML parses, with a case for each test. Method: a wrong answer, skipped tests,
        a compile error, several submissions."""
        problem = self.plain()
        outcome = self.judge_call("--problem", problem, "--format", "junit",
                                  self.source(ADD_SMALL, "b.py"), self.source(ADD, "a.py"),
                                  self.source("def\n", "c.py"))
        self.assertEqual(0, outcome.status, outcome)
        root = ElementTree.fromstring(outcome.stdout)
        suites = list(root.iter("testsuite"))
        self.assertEqual(3, len(suites))
        cases = list(suites[0].iter("testcase"))
        self.assertEqual(["1", "2", "3"], [case.get("name") for case in cases])
        self.assertEqual([False, True, False],
                         [case.find("failure") is not None for case in cases])
        self.assertIsNotNone(cases[2].find("skipped"))
        self.assertEqual("1", suites[0].get("failures"))
        self.assertEqual("0", suites[1].get("failures"))
        self.assertIn("SyntaxError", outcome.stdout.decode())

    def test_events(self):
        """Goal: --events prints one JSON object a line, in order, and ends with the judgement.
        Method: parse them; compare with the judgement of another call."""
        problem, source = self.plain(), self.source(ADD_SMALL)
        outcome = self.judge_call("--problem", problem, "--events", "--all", source)
        self.assertEqual(0, outcome.status, outcome)
        events = [strict_json(line) for line in outcome.stdout.decode().splitlines()]
        self.assertEqual(["submission", "compiled"] + ["test_begin", "test"] * 3 + ["judged"],
                         [event["event"] for event in events])
        self.check(events[-1]["judgement"])
        self.expect(events[-1]["judgement"], "WA", "AC WA AC")
        self.assertEqual(["AC", "WA", "AC"], [event["test"]["verdict"] for event in events
                                              if event["event"] == "test"])

    def test_events_come_at_once(self):
        """Goal: an event is there when it happens. Method: the first test's before the second has
        ended."""
        problem = self.plain({"1": ("0", ""), "2": ("3", "")})
        source = self.source("import time\ntime.sleep(int(input()))\n")
        process = self.start("judge", "--cache", self.cache, "--problem", problem, "--events",
                             "--wall", "60s", source)
        seen, begin = b"", time.monotonic()
        while b'"event":"test"' not in seen.replace(b" ", b"") and process.poll() is None:
            seen += os.read(process.stdout.fileno(), 65536)
        seconds = time.monotonic() - begin
        running = process.poll() is None
        self.finish(process)
        self.assertTrue(running, "all was over when the first test was told of")
        self.assertLess(seconds, 2.5 * SLOWNESS)

    def test_result_file(self):
        """Goal: --result FILE gets the result and standard output nothing. Method: JSON, JUnit,
        events, and one that cannot be written, before anything is judged."""
        problem, source, path = self.plain(), self.source(), self.path("result")
        outcome = self.judge_call("--problem", problem, "--result", path, source)
        self.assertEqual((0, b""), (outcome.status, outcome.stdout), outcome)
        self.expect(self.check(strict_json(self.read(path).decode())), "AC")
        self.judge_call("--problem", problem, "--result", path, "--format", "junit", source)
        ElementTree.fromstring(self.read(path))
        self.judge_call("--problem", problem, "--result", path, "--events", source)
        self.assertEqual(9, len(self.read(path).splitlines()))
        outcome = self.judge_call("--problem", problem, "--result", self.path("no/where"), source)
        self.assertNotEqual(0, outcome.status)
        self.assertIn("no/where", outcome.stderr)


class Hostile(ReportTest):
    """What others wrote reaches no terminal as it is."""

    def clean(self, text):
        for bad in ("\033]", "\007", "\033[2J", "\u009b"):
            self.assertNotIn(bad, text)

    def every_format(self, *args, statuses=(0,)):
        for style in ("text", "json", "junit"):
            with self.subTest(style=style):
                outcome = self.judge_call(*args, "--format", style)
                self.assertIn(outcome.status, statuses, outcome)
                self.clean(outcome.stdout.decode())
                self.clean(outcome.stderr)
                if style == "json":
                    strict_json(outcome.stdout.decode())
                if style == "junit":
                    ElementTree.fromstring(outcome.stdout)
        outcome = self.judge_call(*args, "--events")
        for line in outcome.stdout.decode().splitlines():
            strict_json(line)
        self.clean(outcome.stdout.decode())
        status, seen, _ = self.on_terminal(*args)
        self.assertIn(status, statuses)
        self.clean(seen)

    def test_output(self):
        """Goal: output and standard error are escaped. Method: a wrong answer and a crash of
        terminal sequences."""
        problem = self.plain({"1": ("", "x\n")})
        text = f"import sys\nprint({HOSTILE!r})\nsys.stderr.write({HOSTILE!r})\n"
        self.every_format("--problem", problem, self.source(text))
        self.every_format("--problem", problem, self.source(text + "raise ValueError\n"))
        raw = "import os\nos.write(2, bytes(range(256)))\nos.write(1, bytes(range(256)))\n"
        self.every_format("--problem", problem, self.source(raw))

    def test_names(self):
        """Goal: names of submissions, tests and problems are escaped. Method: such names."""
        name = HOSTILE.replace("/", "") + ".py"
        problem = self.plain({HOSTILE: ("1 2", "3")}, name="problem\033[2J")
        self.every_format("--problem", problem, self.source(ADD, name), statuses=(0, EX_DATA))
        package = self.package(LEGACY.replace("name: test", f"name: {json.dumps(HOSTILE)}"))
        self.every_format("--problem", package, self.source(ADD, "a.py"))

    def test_diagnostics(self):
        """Goal: what a compiler says is escaped. Method: a source whose error message holds its
        text, and #error."""
        problem = self.plain()
        self.every_format("--problem", problem, self.source(f"#error {HOSTILE}\n", "a.c"))
        self.every_format("--problem", problem, self.source(f"x = {HOSTILE}\n", "a.py"))

    def test_feedback(self):
        """Goal: what a validator says is escaped. Method: messages for judge and team, on standard
        error too, and a validator that fails."""
        text = (f"import sys\nfor name in ('judge', 'team'):\n"
                f"    open(sys.argv[3] + name + 'message.txt', 'w').write({HOSTILE!r})\n"
                f"sys.stderr.write({HOSTILE!r})\nsys.exit(int(sys.stdin.read()))\n")
        package = self.package(LEGACY + "validation: custom\n",
                               files={"output_validators/v.py": text})
        for code, statuses in ((43, (0,)), (1, (70,))):
            self.every_format("--problem", package, self.source(f"print({code})\n"),
                              statuses=statuses)


class Several(ReportTest):
    """Several submissions, and which files are one."""

    def test_matrix(self):
        """Goal: one object with a judgement for each, in order. Method: four submissions in three
        languages."""
        problem = self.plain()
        sources = [self.source(ADD, "good.py"), self.source(ADD_SMALL, "wrong.py"),
                   self.source("int main(void) { return 1; }\n", "crash.c"),
                   self.source("read a b\necho $((a + b))\n", "good.sh")]
        summary = self.judge("--problem", problem, *sources)
        self.assertEqual(["AC", "WA", "RE", "AC"],
                         [each["verdict"] for each in summary["submissions"]])
        self.assertEqual(sources, [each["submission"] for each in summary["submissions"]])
        self.assertEqual(["python3", "python3", "c", "bash"],
                         [each["language"] for each in summary["submissions"]])
        self.assertIsNone(summary["verified"])
        outcome = self.judge_call("--problem", problem, "--format", "text", *sources)
        for name in ("good.py", "wrong.py", "crash.c", "good.sh", "4 submissions, 3 tests"):
            self.assertIn(name, outcome.stdout.decode())
        self.assertNotIn("\033", outcome.stdout.decode())

    def test_folder_is_one_submission(self):
        """Goal: a folder is one submission. Method: two sources and a header in it; a module in a
        folder of it."""
        self.write("cpp/main.cpp", '#include "util.h"\n#include <cstdio>\nint main() { int a, b; '
                                   'scanf("%d %d", &a, &b); printf("%d\\n", add(a, b)); }\n')
        self.write("cpp/util.h", "int add(int, int);\n")
        self.write("cpp/util.cpp", "int add(int a, int b) { return a + b; }\n")
        self.expect(self.judge("--problem", self.plain(), self.path("cpp")), "AC")
        self.write("py/main.py", "from inner import add\n" + ADD.replace("a + b", "add.add(a, b)"))
        self.write("py/inner/add.py", "def add(a, b): return a + b\n")
        self.write("py/inner/__init__.py", "")
        self.expect(self.judge("--problem", self.path("plain"), self.path("py")), "AC")

    def test_header_rule(self):
        """Goal: a source and a header named together are one submission, two sources are two,
        --single makes them one. Method: all of these."""
        problem = self.plain()
        main_c = self.source('#include "util.h"\n#include <stdio.h>\nint main(void) { int a, b; '
                             'scanf("%d %d", &a, &b); printf("%d\\n", ADD(a, b)); return 0; }\n',
                             "main.c")
        header = self.write("util.h", "#define ADD(a, b) ((a) + (b))\n")
        self.expect(self.judge("--problem", problem, main_c, header), "AC")
        first = self.source("from second import add\n" + ADD.replace("a + b", "add(a, b)"),
                            "main.py")
        second = self.source("def add(a, b): return a + b\n", "second.py")
        self.expect(self.judge("--problem", problem, "--single", first, second), "AC")
        summary = self.judge("--problem", problem, first, second)
        self.assertEqual(["RE", "WA"], [each["verdict"] for each in summary["submissions"]])

    def test_two_languages(self):
        """Goal: a folder of two languages is refused unless --language says which. Method: Python
        and C in one."""
        self.write("both/main.py", ADD)
        self.write("both/other.c", "int x;\n")
        outcome = self.refused(EX_DATA, "--language", "--problem", self.plain(), self.path("both"))
        self.assertIn("Python", outcome.stderr)
        self.expect(self.judge("--problem", self.path("plain"), "--language", "python3",
                               self.path("both")), "AC")

    def test_one_that_cannot_be_judged(self):
        """Goal: a judge error of one submission leaves the others their judgements. Method: a
        validator that fails for one output."""
        package = self.package(LEGACY + "validation: custom\n", files={
            "output_validators/v.py": "import sys\nsys.exit(int(sys.stdin.read()))\n"})
        summary = self.judge("--problem", package, self.source("print(42)\n", "a.py"),
                             self.source("print(1)\n", "b.py"), self.source("print(43)\n", "c.py"),
                             status=70)
        self.assertEqual(["AC", "IE", "WA"],
                         [each["verdict"] for each in summary["submissions"]])

    def test_text_matrix_on_a_terminal(self):
        """Goal: the matrix is no wider than the terminal. Method: 60 tests, 90 columns."""
        problem = self.plain({str(i): ("", "") for i in range(60)})
        status, seen, _ = self.on_terminal("--problem", problem, "-q", self.source("", "a.py"),
                                           self.source("print(1)\n", "b.py"), columns=90,
                                           env={"NO_COLOR": "1"})
        self.assertEqual(0, status)
        self.assertIn("2 submissions, 60 tests", seen)
        self.assertLessEqual(max(map(len, seen.splitlines())), 90, seen)


if __name__ == "__main__":
    main()
