# SPDX-License-Identifier: MIT
"""`bailiff judge` on problem packages: validators and their failures, groups and scores, passes,
included files, time limits, what a package expects of its own submissions."""

import os
import shutil

from harness import EX_DATA, EX_INTERNAL, EX_NOINPUT, MB, SLOWNESS, main
from judging import ADD, ADD_SMALL, CURRENT, LEGACY, JudgeTest, by_name

CUSTOM = LEGACY + "  validation_time: 2\nvalidation: custom\n"

# Accepts what equals the answer. Its messages are for both.
HONEST = """\
import sys
given, answer, feedback, *flags = sys.argv[1:]
same = sys.stdin.read().split() == open(answer).read().split()
open(feedback + 'judgemessage.txt', 'w').write('flags: ' + ' '.join(flags) + '\\n')
sys.exit(42 if same else 43)
"""


class PackageTest(JudgeTest):
    def custom(self, text, name="output_validators/v.py", yaml=CUSTOM, tests=None, files=None):
        return self.package(yaml, tests, {name: text, **(files or {})})


class Layout(PackageTest):
    """Where things are in both formats."""

    TESTS = {"secret/b": ("3 4\n", "7\n"), "secret/a": ("1 2\n", "3\n"),
             "sample/2": ("1 1\n", "2\n"), "sample/1": ("2 2\n", "4\n")}

    def test_order(self):
        """Goal: sample before secret, by name, other names as if they were not there. Method: both
        formats, with folders and files whose names are not the format's."""
        for yaml in (LEGACY, CURRENT):
            with self.subTest(yaml=yaml[:40]):
                package = self.package(yaml, self.TESTS, {
                    "data/secret/.git/x.in": "", "data/secret/a b.in": "", "data/secret/c.txt": "",
                    "data/other/z.in": "", "data/secret/a.desc": "", "data/secret/a.png": ""},
                    name="a" if yaml == LEGACY else "b")
                judgement = self.judge_text(package, ADD)
                self.expect(judgement, "AC")
                self.assertEqual(["sample/1", "sample/2", "secret/a", "secret/b"],
                                 [test["name"] for test in judgement["tests"]])
                self.assertEqual("test", judgement["problem"]["title"])

    def test_without_a_name(self):
        """Goal: a package that has no name is called as its folder is. Method: no key, an empty
        one, null."""
        for yaml in (LEGACY.replace("name: test\n", ""), LEGACY.replace("test", ""),
                     LEGACY.replace("test", "''"), LEGACY.replace("test", "null")):
            with self.subTest(yaml=yaml):
                outcome = self.judge_call("--problem", self.package(yaml), "--format", "text",
                                          self.source())
                self.assertEqual(0, outcome.status, outcome)
                self.assertRegex(outcome.stdout.decode(), "for (package|null)\n")

    def test_limits(self):
        """Goal: limits of problem.yaml are in force, and the format's own where it says nothing.
        Method: the judgement tells."""
        limits = self.judge_text(self.package(), ADD)["limits"]
        self.assertEqual((1000, 2048 * MB, 8 * MB), tuple(
            limits[key] for key in ("cpu_ms", "memory_bytes", "output_bytes")))
        limits = self.judge_text(self.package(
            CURRENT.replace("time_limit: 1", "time_limit: 3") + "  memory: 64\n  output: 1\n",
            name="b"), ADD)["limits"]
        self.assertEqual((3000, 64 * MB, 1 * MB), tuple(
            limits[key] for key in ("cpu_ms", "memory_bytes", "output_bytes")))

    def test_time_limit_files(self):
        """Goal: .timelimit before problem.yaml before domjudge-problem.ini in a legacy package.
        Method: all of them, then fewer."""
        package = self.package(files={".timelimit": "2\n",
                                      "domjudge-problem.ini": "timelimit = '4'\n"})
        self.assertEqual(2000, self.judge_text(package, ADD)["limits"]["cpu_ms"])
        os.unlink(f"{package}/.timelimit")
        self.assertEqual(1000, self.judge_text(package, ADD)["limits"]["cpu_ms"])
        self.write("package/problem.yaml", "name: test\n")
        self.assertEqual(4000, self.judge_text(package, ADD)["limits"]["cpu_ms"])

    def test_code_limit(self):
        """Goal: a source above limits.code is CE, and is not compiled. Method: 1 KiB and more."""
        package = self.package(LEGACY + "  code: 1\n")
        judgement = self.judge_text(package, ADD + "#" * 1024)
        self.expect(judgement, "CE", "SKIPPED")
        self.assertIn("1024", judgement["message"])
        self.assertIsNone(judgement["compile"])
        self.expect(self.judge_text(package, ADD), "AC")

    def test_included_files(self):
        """Goal: files of include/ win over the submission's of the same name, by language, else
        the default ones. Method: a module that the submission brings in a wrong version."""
        package = self.package(files={"include/python3/helper.py": "def add(a, b): return a + b\n",
                                      "include/default/other.py": "raise SystemExit(9)\n"})
        folder = os.path.dirname(self.write("sub/main.py", "import helper\n" + ADD.replace(
            "a + b", "helper.add(a, b)")))
        self.write("sub/helper.py", "def add(a, b): return 0\n")
        self.expect(self.judge("--problem", package, folder), "AC")
        package = self.package(CURRENT, files={"include/default/helper.py":
                                               "def add(a, b): return a + b\n"}, name="b")
        self.expect(self.judge("--problem", package, folder), "AC")

    def test_arguments_and_files(self):
        """Goal: 2025-09's args and .files reach the program, fresh for every test, and nothing of
        data/ does. Method: a program that reads, changes and lists its folder."""
        files = {"data/secret/1.yaml": "args: [one, 'two three']\n",
                 "data/secret/1.files/table.txt": "forty\n",
                 "data/secret/2.files/table.txt": "fifty\n",
                 "data/secret/2.files/deep/inner.txt": "x"}
        tests = {"secret/1": ("", "forty 2\n"), "secret/2": ("", "fifty 0\n"),
                 "secret/3": ("", "none 0\n")}
        text = ("import os, sys\n"
                "has = os.path.exists('table.txt')\n"
                "print(open('table.txt').read().strip() if has else 'none', len(sys.argv) - 1)\n"
                "for place, folders, names in os.walk('.'):\n"
                "    for name in names:\n"
                "        assert not name.endswith(('.in', '.ans', '.yaml')), name\n")
        self.expect(self.judge_text(self.package(CURRENT, tests, files), text), "AC")

    def test_submit_answer(self):
        """Goal: a type that is not judged is refused by name. Method: submit-answer."""
        package = self.package(CURRENT + "type: submit-answer\n")
        self.refused(EX_DATA, "submit-answer", "--problem", package, self.source())


class HostilePackages(PackageTest):
    """Packages that are made to hang, to leak or to swell."""

    def refused_soon(self, package, named):
        outcome = self.judge_call("--problem", package, self.source(), timeout=20)
        self.assertIn(outcome.status, (EX_DATA, EX_NOINPUT), outcome)
        self.assertIn(named, outcome.stderr)
        self.assertNotIn("root:", outcome.stderr)

    def test_what_is_no_file(self):
        """Goal: a FIFO, a folder, a device or a link out of the package in a file's place is named
        and never opened. Method: each of them as each file that a package has."""
        places = ["problem.yaml", ".timelimit", "domjudge-problem.ini", "data/secret/1.in",
                  "data/secret/1.ans", "data/secret/testdata.yaml", "output_validators/v.py",
                  "include/python3/helper.py"]
        for place in places:
            for name, make in (("fifo", os.mkfifo), ("folder", os.mkdir),
                               ("link", lambda path: os.symlink("/etc/passwd", path)),
                               ("dots", lambda path: os.symlink("../" * 20 + "etc/passwd", path)),
                               ("loop", lambda path: os.symlink(os.path.basename(path), path))):
                if name == "folder" and place in ("output_validators/v.py", "data/secret/1.in",
                                                  "include/python3/helper.py"):
                    continue  # there, a folder is a program, a group, or more files
                with self.subTest(place=place, name=name):
                    shutil.rmtree(self.path("package"), ignore_errors=True)
                    package = self.package(CUSTOM, None, {"output_validators/v.py": HONEST})
                    path = f"{package}/{place}"
                    os.makedirs(os.path.dirname(path), exist_ok=True)
                    if os.path.exists(path):
                        os.unlink(path)
                    make(path)
                    self.refused_soon(package, os.path.basename(place))

    def test_link_inside(self):
        """Goal: links within the package are followed. Method: an answer that is one."""
        package = self.package(files={"data/secret/2.in": "1 2\n"})
        os.symlink("1.ans", f"{package}/data/secret/2.ans")
        self.expect(self.judge_text(package, ADD), "AC", "AC AC")

    def test_too_much(self):
        """Goal: what is beyond all bounds is refused soon. Method: folders nested 200 deep, YAML of
        2 MB, a validator of 100 MB, 20000 tests."""
        deep = self.package(name="deep")
        os.makedirs(f"{deep}/data/secret/" + "d/" * 200)
        self.refused_soon(deep, "deep")
        self.refused_soon(self.package(LEGACY + "#" * (2 * MB), name="yaml"), "problem.yaml")
        nested = self.package(LEGACY + "keywords: " + "[" * 50000 + "\n", name="nested")
        self.refused_soon(nested, "problem.yaml")
        large = self.custom(HONEST)
        os.truncate(f"{large}/output_validators/v.py", 100 * MB)
        self.refused_soon(large, "v.py")
        many = self.package(name="many")
        for number in range(20000):
            os.symlink("1.in", f"{many}/data/secret/n{number}.in")
            os.symlink("1.ans", f"{many}/data/secret/n{number}.ans")
        self.refused_soon(many, "tests")


class Flags(PackageTest):
    """Flags of the default validator and of custom ones."""

    def test_default_validator(self):
        """Goal: validator_flags and test groups' flags reach the comparison. Method: outputs that
        only one side accepts."""
        for yaml, files, output, answer, verdict in (
                (LEGACY, {}, "A", "a", "AC"),
                (LEGACY + "validator_flags: case_sensitive\n", {}, "A", "a", "WA"),
                (LEGACY + "validator_flags: space_change_sensitive\n", {}, "a  b", "a b", "WA"),
                (LEGACY + "validator_flags: float_tolerance 1e-2\n", {}, "1.001", "1.0", "AC"),
                (LEGACY, {"data/secret/testdata.yaml":
                          "output_validator_flags: float_absolute_tolerance 0.1\n"}, "1.05", "1",
                 "AC"),
                (LEGACY, {"data/testdata.yaml": "output_validator_flags: case_sensitive\n"}, "A",
                 "a", "WA"),
                (LEGACY, {"data/testdata.yaml": "output_validator_flags: case_sensitive\n",
                          "data/secret/testdata.yaml": "output_validator_flags: ''\n"}, "A", "a",
                 "AC"),
                (CURRENT, {"data/secret/test_group.yaml":
                           "output_validator_args: [case_sensitive]\n"}, "A", "a", "WA")):
            with self.subTest(yaml=yaml, files=files):
                package = self.package(yaml, {"secret/1": ("", answer + "\n")}, files,
                                       name=f"p{abs(hash((yaml, str(files))))}")
                self.expect(self.judge_text(package, f"print({output!r})\n"), verdict)

    def test_inherited(self):
        """Goal: a custom validator gets validator_flags, then its group's or the nearest group's
        above. Method: a validator that tells its flags."""
        package = self.custom(HONEST, yaml=CUSTOM + "validator_flags: one 'two three'\n",
                              tests={"secret/a/1": ("1 2", "3"), "secret/b/1": ("1 2", "3")},
                              files={"data/secret/testdata.yaml": "output_validator_flags: top\n",
                                     "data/secret/b/testdata.yaml":
                                     "output_validator_flags: own\n"})
        tests = by_name(self.expect(self.judge_text(package, ADD), "AC"))
        self.assertEqual("flags: one two three top", tests["secret/a/1"]["judge_message"]["text"])
        self.assertEqual("flags: one two three own", tests["secret/b/1"]["judge_message"]["text"])


class Validators(PackageTest):
    """Custom output validators in several languages, and whatever they may do wrong."""

    C = ('#include <stdio.h>\n#include <string.h>\n'
         'int main(int argc, char **argv)\n{\n'
         '\tchar want[99] = "", have[99] = "";\n\tFILE *answer = fopen(argv[2], "r");\n'
         '\tif (answer == NULL || argc < 4 || argv[3][strlen(argv[3]) - 1] != \'/\') return 1;\n'
         '\tif (fscanf(answer, "%98s", want) != 1) return 1;\n'
         '\tif (scanf("%98s", have) != 1) return 43;\n'
         '\treturn strcmp(have, want) == 0 ? 42 : 43;\n}\n')

    def test_languages(self):
        """Goal: validators in C and Python, alone or in a folder, judge. Method: right and wrong
        outputs for each."""
        places = [("output_validators/v.c", self.C), ("output_validators/v/v.c", self.C),
                  ("output_validators/v.py", HONEST)]
        for number, (place, text) in enumerate(places):
            with self.subTest(place=place):
                package = self.package(CUSTOM, None, {place: text}, name=f"p{number}")
                self.expect(self.judge_text(package, ADD), "AC")
                self.expect(self.judge_text(package, "print(0)\n"), "WA")

    def test_current(self):
        """Goal: 2025-09 has one, in output_validator, with its arguments. Method: right and
        wrong."""
        package = self.package(CURRENT, {"secret/1": ("1 2", "3")}, {
            "output_validator/v.py": HONEST,
            "data/secret/test_group.yaml": "output_validator_args: [x, y z]\n"})
        judgement = self.expect(self.judge_text(package, ADD), "AC")
        self.assertEqual("flags: x y z", judgement["tests"][0]["judge_message"]["text"])
        self.expect(self.judge_text(package, "print(0)\n"), "WA")

    def test_build_and_run(self):
        """Goal: a validator with build and run is made and started by them. Method: build writes
        a file that run needs; then a build that fails."""
        package = self.package(CUSTOM, None, {
            "output_validators/v/build": "#!/bin/sh\nset -e\nsed s/WORD/42/ < text > made\n",
            "output_validators/v/run":
            "#!/bin/sh\ncmp -s - \"$2\" && exit $(cat made)\nexit 43\n",
            "output_validators/v/text": "WORD\n"})
        self.expect(self.judge_text(package, ADD), "AC")
        self.expect(self.judge_text(package, "print(0)\n"), "WA")
        self.write("package/output_validators/v/build", "#!/bin/sh\nexit 3\n")
        self.refused(EX_DATA, "output_validators/v", "--problem", package, self.source())

    def test_several(self):
        """Goal: all of several validators must accept, and the one that rejects is heard. Method:
        two, one of which wants a small number."""
        small = HONEST.replace("same =", "same = int(sys.stdin.read()) < 9 #").replace(
            "'flags: '", "'too large: '")
        package = self.package(CUSTOM, {"secret/1": ("1 2", "3"), "secret/2": ("10 2", "12")},
                               {"output_validators/a.py": HONEST, "output_validators/b.py": small})
        judgement = self.expect(self.judge_text(package, ADD), "WA", "AC WA")
        self.assertIn("too large", judgement["tests"][1]["judge_message"]["text"])
        self.assertIn("too large", judgement["tests"][1]["message"])

    def test_does_not_compile(self):
        """Goal: a validator that does not compile is the package's mistake. Method: a slip; the
        compiler's words are shown."""
        package = self.custom("int main(void) { return x; }\n", "output_validators/v.c")
        outcome = self.refused(EX_DATA, "output_validators/v.c", "--problem", package,
                               self.source())
        self.assertIn("undeclared", outcome.stderr)

    FAILURES = {
        "exit 0": "raise SystemExit(0)",
        "exit 1": "raise SystemExit(1)",
        "exit 41": "raise SystemExit(41)",
        "exit 44": "raise SystemExit(44)",
        "signal": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
        "loop": "while True: pass",
        "memory": "x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1",
        "call": "import socket\nsocket.socket()\nraise SystemExit(42)",
        "many files": "import sys\nfor i in range(1000): open(sys.argv[3] + str(i), 'w')\n"
                      "sys.exit(42)",
        "large file": "import sys\nwith open(sys.argv[3] + 'x', 'wb') as f:\n"
                      "    for i in range(1024): f.write(bytes(1 << 20))\nsys.exit(42)",
        "sparse file": "import sys\nwith open(sys.argv[3] + 'x', 'wb') as f:\n"
                       "    f.truncate(1 << 30)\nsys.exit(42)",
        "flood": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
        "link": "import os, sys\nos.symlink('/etc/passwd', sys.argv[3] + 'judgemessage.txt')\n"
                "sys.exit(42)",
        "hard link": "import os, sys\nos.link(sys.argv[2], sys.argv[3] + 'judgemessage.txt')\n"
                     "sys.exit(42)",
        "pipe": "import os, sys\nos.mkfifo(sys.argv[3] + 'judgemessage.txt')\nsys.exit(42)",
        "folder": "import os, sys\nos.mkdir(sys.argv[3] + 'judgemessage.txt')\n"
                  "open(sys.argv[3] + 'judgemessage.txt/x', 'w').write('y')\nsys.exit(42)",
        "deep": "import os, sys\nos.chdir(sys.argv[3])\nfor i in range(200):\n"
                "    os.mkdir('d')\n    os.chdir('d')\nsys.exit(42)",
        "score": "import sys\nopen(sys.argv[3] + 'score.txt', 'w').write('lots')\nsys.exit(42)",
        "pass": "import sys\nopen(sys.argv[3] + 'nextpass.in', 'w').write('1 2')\nsys.exit(42)",
    }
    # What leaves the verdict alone, as long as nothing of it is believed or shown.
    HARMLESS = {"link", "hard link", "pipe", "folder", "deep"}

    def test_failures(self):
        """Goal: a validator that does anything but exit with 42 or 43 in order is a judge error,
        and odd things in its feedback are never followed. Method: a table of bad validators."""
        yaml = CUSTOM.replace("validation_time: 2", "validation_time: 1\n  validation_memory: 64")
        for number, (name, text) in enumerate(self.FAILURES.items()):
            with self.subTest(name=name):
                package = self.package(yaml, None, {"output_validators/v.py": text + "\n"},
                                       name=f"p{number}")
                outcome = self.judge_call("--problem", package, self.source())
                if name in self.HARMLESS and outcome.status == 0:
                    judgement = self.expect(self.judgement_of(outcome), "AC")
                    self.assertNotIn("root:", outcome.stdout.decode())
                    self.assertIsNone(judgement["tests"][0]["judge_message"])
                    continue
                judgement = self.expect(self.judgement_of(outcome, EX_INTERNAL), "IE", "IE")
                self.assertTrue(judgement["tests"][0]["message"])
                self.assertIn("error", judgement)
                self.assertNotIn("root:", outcome.stdout.decode())

    def test_blame_is_not_the_submissions(self):
        """Goal: after a judge error nothing more is judged, and --all runs on. Method: a validator
        that crashes on the second of three tests."""
        text = HONEST.replace("same =", "assert open(answer).read() != '4'\nsame =", 1)
        package = self.custom(text, tests={"secret/1": ("1 2", "3"), "secret/2": ("2 2", "4"),
                                           "secret/3": ("1 1", "2")})
        self.expect(self.judge_text(package, ADD, status=EX_INTERNAL), "IE", "AC IE SKIPPED")
        self.expect(self.judge_text(package, ADD, "--all", status=EX_INTERNAL), "IE", "AC IE AC")

    def test_crashed_submission_is_not_asked_about(self):
        """Goal: exit 1 of the submission is RE even where the validator accepts all. Method:
        both."""
        package = self.custom("raise SystemExit(42)\n")
        self.expect(self.judge_text(package, "raise SystemExit(1)\n"), "RE", "RE")

    def test_cell_of_its_own(self):
        """Goal: a validator can change neither its input nor answer nor see the package, other
        tests, or the submission. Method: one that tries, and accepts only where all failed."""
        text = """\
import os, sys
given, answer, feedback = sys.argv[1:4]
bad = []
for path in (given, answer):
    before = open(path).read()
    try:
        open(path, 'w').write('changed')
        if not path.startswith('/tmp/'):
            bad.append('wrote ' + path)
    except OSError:
        pass
for top in ('/judge', '/box', '/tmp', os.path.dirname(given)):
    for place, folders, names in os.walk(top):
        for name in names:
            path = os.path.join(place, name)
            if path in (given, answer):
                continue
            if name in ('sum.py', 'secret.txt') or b'TEST' + b'_TWO' in open(path, 'rb').read():
                bad.append('sees ' + path)
for pid in [name for name in os.listdir('/proc') if name.isdigit()]:
    try:
        if b'sum.py' in open(f'/proc/{pid}/cmdline', 'rb').read():
            bad.append('sees process')
    except OSError:
        pass
sys.stderr.write(' '.join(bad))
sys.exit(44 if bad else 42)
"""
        package = self.custom(text, tests={"secret/1": ("1 2", "3"),
                                           "secret/2": ("TEST_TWO 1", "4")},
                              files={"secret.txt": "x"})
        judgement = self.judge_text(package, "print(3)\n")
        self.expect(judgement, "AC")
        self.assertEqual("TEST_TWO 1", self.read(f"{package}/data/secret/2.in").decode())

    def test_data_only_root_may_read(self):
        """Goal: test files of mode 0600 work for input, answer, validator and testlib checker.
        Method: a package and a spec of such files."""
        package = self.custom(HONEST)
        for name in ("1.in", "1.ans"):
            os.chmod(f"{package}/data/secret/{name}", 0o600)
        self.expect(self.judge_text(package, ADD), "AC")
        self.expect(self.judge_text(package, "print(0)\n"), "WA")
        os.chmod(f"{package}/data", 0o700)
        self.expect(self.judge_text(package, ADD), "AC")

    def test_large_output(self):
        """Goal: what a validator gets is what was written, whatever its size. Method: 7 MB whose
        length the validator counts."""
        text = "import sys\nn = len(sys.stdin.read())\nsys.exit(42 if n == 7000000 else 1)\n"
        self.expect(self.judge_text(self.custom(text), "print('x' * 6999999)\n"), "AC")


class Groups(PackageTest):
    """Legacy groups, graders, and scores."""

    SCORING = LEGACY + "type: scoring\n"
    TESTS = {"secret/a/1": ("1 2", "3"), "secret/a/2": ("8 2", "10"), "secret/a/3": ("1 1", "2"),
             "secret/b/1": ("1 3", "4")}

    def test_on_reject(self):
        """Goal: on_reject continue runs on within the group. Method: a wrong test in the middle,
        with break and with continue."""
        package = self.package(LEGACY, self.TESTS, {
            "data/secret/a/testdata.yaml": "on_reject: continue\n"})
        self.expect(self.judge_text(package, ADD_SMALL), "WA", "AC WA AC SKIPPED")
        self.write("package/data/testdata.yaml", "on_reject: continue\n")
        self.write("package/data/secret/a/testdata.yaml", "on_reject: break\n")
        self.expect(self.judge_text(package, ADD_SMALL), "WA", "AC WA SKIPPED AC")

    def scored(self, files, text=ADD_SMALL, options=(), tests=None):
        package = self.package(self.SCORING, tests or self.TESTS, files)
        return self.judge_text(package, text, *options)

    def test_scores(self):
        """Goal: the default grader sums what groups are worth. Method: accept_score by group, a
        failed group, min and max."""
        files = {"data/testdata.yaml": "on_reject: continue\ngrader_flags: always_accept\n",
                 "data/secret/testdata.yaml": "grader_flags: sum\n",
                 "data/secret/a/testdata.yaml": "accept_score: 10\ngrader_flags: sum\n",
                 "data/secret/b/testdata.yaml": "accept_score: 5\n"}
        judgement = self.scored(files)
        self.assertEqual(4, len(judgement["tests"]))
        groups = {group["name"]: group for group in judgement["groups"]}
        self.assertEqual("AC", judgement["verdict"], groups)
        self.assertEqual(5, groups["secret/b"]["score"])
        self.assertEqual("WA", groups["secret/a"]["verdict"])
        judgement = self.scored(files, ADD)
        self.assertEqual(35, judgement["score"])
        files["data/secret/a/testdata.yaml"] = "accept_score: 10\ngrader_flags: min\n"
        self.assertEqual(15, self.scored(files, ADD)["score"])

    def test_score_of_validator(self):
        """Goal: score.txt is the test's score where the problem says so. Method: a validator that
        gives what was written."""
        text = ("import sys\nn = sys.stdin.read()\n"
                "open(sys.argv[3] + 'score.txt', 'w').write(n)\nsys.exit(42)\n")
        yaml = self.SCORING + "validation: custom score\n"
        package = self.package(yaml, {"secret/1": ("1 2", ""), "secret/2": ("2.5 4", "")},
                               {"output_validators/v.py": text})
        judgement = self.judge_text(package, "print(sum(map(float, input().split())))\n")
        self.expect(judgement, "AC")
        self.assertEqual(9.5, judgement["score"])
        self.assertEqual([3, 6.5], [test["score"] for test in judgement["tests"]])
        for bad in ("nan", "1 2", "", "inf"):
            with self.subTest(bad=bad):
                judgement = self.judge_text(package, f"print({bad!r}, end='')\n",
                                            status=EX_INTERNAL)
                self.expect(judgement, "IE")

    GRADER = ("import sys\nlines = [line.split() for line in sys.stdin]\n"
              "good = [float(score) for code, score in lines if code == 'AC']\n"
              "print('AC', 100 * len(good) + len(sys.argv[1:]))\n")

    def test_custom_grader(self):
        """Goal: a package's own grader gives verdict and score. Method: one that counts, and one
        that fails."""
        files = {"data/testdata.yaml": "on_reject: continue\ngrading: custom\n"
                                       "grader_flags: one two\n",
                 "data/secret/testdata.yaml": "grading: default\ngrader_flags: always_accept\n",
                 "graders/g.py": self.GRADER}
        judgement = self.scored(files)
        self.expect(judgement, "AC")
        self.assertEqual(102, judgement["score"])
        for bad in ("print('AC')", "print('XX 5')", "raise SystemExit(1)", "while True: pass",
                    "print('AC nan')", "print('AC 1 2')", "pass"):
            with self.subTest(bad=bad):
                files["graders/g.py"] = bad + "\n"
                yaml = self.SCORING.replace("time_limit: 1", "time_limit: 1\n  validation_time: 1")
                judgement = self.judge_text(self.package(yaml, self.TESTS, files), ADD_SMALL,
                                            status=EX_INTERNAL)
                self.expect(judgement, "IE", "AC WA AC AC")
                self.assertIsNone(judgement["score"])
                self.assertIn("data", judgement["message"])


class CurrentScoring(PackageTest):
    """Scores and groups of 2025-09."""

    YAML = CURRENT + "type: scoring\n"
    TESTS = {"sample/1": ("1 2", "3"), "secret/a/1": ("1 2", "3"), "secret/a/2": ("1 1", "2"),
             "secret/b/1": ("8 2", "10"), "secret/b/2": ("1 2", "3"), "secret/c/1": ("1 2", "3")}
    FILES = {"data/secret/a/test_group.yaml": "max_score: 30\n",
             "data/secret/b/test_group.yaml": "max_score: 40\nscore_aggregation: sum\n",
             "data/secret/c/test_group.yaml": "max_score: 30\nrequire_pass: [b]\n"}

    def test_groups(self):
        """Goal: pass-fail groups are all or nothing, sums add up, require_pass skips. Method: a
        submission that fails one test, and one that fails none."""
        package = self.package(self.YAML, self.TESTS, self.FILES)
        judgement = self.judge_text(package, ADD_SMALL)
        groups = {group["name"]: group for group in judgement["groups"]}
        self.assertEqual(50, judgement["score"], groups)
        self.assertEqual((30, 20, 0), tuple(groups[f"secret/{name}"]["score"] for name in "abc"))
        self.assertEqual("SKIPPED", by_name(judgement)["secret/c/1"]["verdict"])
        judgement = self.expect(self.judge_text(package, ADD), "AC")
        self.assertEqual(100, judgement["score"])

    def test_score_files(self):
        """Goal: score_multiplier.txt and score.txt count within the maximum; more is a judge
        error. Method: a validator that copies a file's name and number from the output."""
        text = ("import sys\nname, number = sys.stdin.read().split()\n"
                "open(sys.argv[3] + name, 'w').write(number)\nsys.exit(42)\n")
        package = self.package(self.YAML, {"secret/1": ("", "")}, {"output_validator/v.py": text})
        for output, score in (("score_multiplier.txt 0.5", 50), ("score.txt 70", 70),
                              ("other.txt 1", 100), ("score.txt 101", None),
                              ("score_multiplier.txt 1.5", None), ("score.txt -1", None)):
            with self.subTest(output=output):
                judgement = self.judge_text(package, f"print({output!r})\n",
                                            status=0 if score is not None else EX_INTERNAL)
                self.expect(judgement, "AC" if score is not None else "IE")
                self.assertEqual(score, judgement["score"])

    def test_score_of_a_rejected_output(self):
        """Goal: 2025-09 has no score for what is rejected: a judge error. Method: score.txt beside
        43."""
        text = "import sys\nopen(sys.argv[3] + 'score.txt', 'w').write('1')\nsys.exit(43)\n"
        package = self.package(self.YAML, {"secret/1": ("", "")}, {"output_validator/v.py": text})
        self.expect(self.judge_text(package, "", status=EX_INTERNAL), "IE")


class Passes(PackageTest):
    """Multi-pass problems."""

    YAML = CURRENT + "type: multi-pass\n"
    # Pass 1 doubles the input and asks for its double; a state file tells the passes apart.
    VALIDATOR = """\
import os, sys
given, answer, feedback = sys.argv[1:4]
state = feedback + 'state'
count = int(open(state).read()) if os.path.exists(state) else 0
assert not os.path.exists(feedback + 'nextpass.in')
number, found = int(open(given).read()), int(sys.stdin.read())
open(state, 'w').write(str(count + 1))
if found != 2 * number: sys.exit(43)
if count + 1 < int(open(answer).read()):
    open(feedback + 'nextpass.in', 'w').write(str(found))
open(feedback + 'judgemessage.txt', 'a').write(f'pass {count + 1}: {number}\\n')
sys.exit(42)
"""
    DOUBLE = "print(2 * int(input()))\n"

    def passes(self, passes, text=DOUBLE, more="", status=0):
        yaml = self.YAML.replace("  time_limit: 1\n", "  time_limit: 1\n" + more)
        package = self.package(yaml, {"secret/1": ("5\n", f"{passes}\n")},
                               {"output_validator/v.py": self.VALIDATOR})
        return self.judge_text(package, text, status=status)

    def test_two(self):
        """Goal: the second pass has nextpass.in as its input, for submission and validator, and
        feedback stays. Method: a state file and messages."""
        judgement = self.expect(self.passes(2), "AC")
        self.assertEqual(2, judgement["tests"][0]["passes"])
        self.assertEqual("pass 1: 5\npass 2: 10", judgement["tests"][0]["judge_message"]["text"])

    def test_wrong_in_the_second(self):
        """Goal: a failure of a later pass is the test's. Method: a wrong number, and a crash, from
        10 on."""
        self.expect(self.passes(2, "n = int(input())\nprint(2 * n if n < 10 else 0)\n"), "WA")
        self.expect(self.passes(2, "n = int(input())\nprint(2 * n)\nassert n < 10\n"), "RE")

    def test_too_many(self):
        """Goal: more passes than allowed are a judge error. Method: three of two, three of
        three."""
        self.expect(self.passes(3, status=EX_INTERNAL), "IE")
        self.expect(self.passes(3, more="  validation_passes: 3\n"), "AC")

    def test_rejected_with_next_pass(self):
        """Goal: nextpass.in beside 43 is a judge error. Method: such a validator."""
        package = self.package(self.YAML, {"secret/1": ("5\n", "2\n")}, {
            "output_validator/v.py":
            "import sys\nopen(sys.argv[3] + 'nextpass.in', 'w')\nsys.exit(43)\n"})
        self.expect(self.judge_text(package, self.DOUBLE, status=EX_INTERNAL), "IE")

    def test_limits_count_for_each(self):
        """Goal: each pass has the whole limit. Method: 0.3 s of CPU in both, with 0.5 s."""
        if SLOWNESS > 2:
            self.skip_inherent("times do not hold on a machine this slow")
        burn = "import time\nwhile time.process_time() < 0.3: pass\n"
        package = self.package(self.YAML, {"secret/1": ("5\n", "2\n")},
                               {"output_validator/v.py": self.VALIDATOR})
        judgement = self.judge_text(package, burn + self.DOUBLE, "--cpu", "500ms")
        self.expect(judgement, "AC")


class OwnSubmissions(PackageTest):
    """--verify, --suggest-limit, time limits from submissions."""

    SUBMISSIONS = {"submissions/accepted/good.py": ADD,
                   "submissions/wrong_answer/bad.py": ADD_SMALL,
                   "submissions/run_time_error/crash.py": "raise ValueError\n"}
    TESTS = {"secret/1": ("1 2", "3"), "secret/2": ("8 8", "16")}

    def test_verify(self):
        """Goal: --verify holds each against its folder, and a difference is 65. Method: a package
        that is right, then one with a good program among the wrong ones."""
        package = self.package(LEGACY, self.TESTS, self.SUBMISSIONS)
        summary = self.judge("--problem", package, "--verify")
        self.assertIs(True, summary["verified"])
        self.assertEqual(["AC", "RE", "WA"],
                         [each["verdict"] for each in summary["submissions"]])
        self.assertTrue(all(each["expected"]["holds"] for each in summary["submissions"]))
        self.write("package/submissions/wrong_answer/fine.py", ADD + "# too good\n")
        summary = self.judge("--problem", package, "--verify", status=EX_DATA)
        self.assertEqual((False, 1), (summary["verified"], summary["differences"]))
        bad = [each for each in summary["submissions"] if not each["expected"]["holds"]]
        self.assertEqual(["wrong_answer/fine.py"], [each["submission"] for each in bad])
        self.assertIn("WA", bad[0]["expected"]["why"])
        summary = self.judge("--problem", package, "--verify",
                             f"{package}/submissions/accepted/good.py")
        self.assertEqual(1, len(summary["submissions"]))
        self.refused(EX_DATA, "stranger.py", "--problem", package, "--verify",
                     self.source(ADD, "stranger.py"))

    def test_verify_text(self):
        """Goal: the text says which judgement differs and why. Method: --format text."""
        package = self.package(LEGACY, self.TESTS, {"submissions/accepted/bad.py": ADD_SMALL})
        outcome = self.judge_call("--problem", package, "--verify", "--format", "text")
        self.assertEqual(EX_DATA, outcome.status, outcome)
        self.assertIn("bad.py: wrong answer on secret/2", outcome.stdout.decode())
        self.assertIn("0 of 1", outcome.stdout.decode())

    def test_expected_in_the_source(self):
        """Goal: @EXPECTED_RESULTS@ in a source wins over its folder. Method: a wrong program below
        accepted that says so."""
        package = self.package(LEGACY, self.TESTS, {
            "submissions/accepted/marked.py": "# @EXPECTED_RESULTS@: WRONG-ANSWER\n" + ADD_SMALL})
        self.assertTrue(self.judge("--problem", package, "--verify")["verified"])

    def test_submissions_yaml(self):
        """Goal: submissions.yaml of 2025-09 says what is permitted and required. Method: a wrong
        program below accepted with such an entry, and an entry that does not hold."""
        files = {"submissions/accepted/good.py": ADD, "submissions/mine/bad.py": ADD_SMALL,
                 "submissions/submissions.yaml":
                 "mine/*.py:\n  permitted: [AC, WA]\n  required: [WA]\n"}
        package = self.package(CURRENT, self.TESTS, files)
        self.assertTrue(self.judge("--problem", package, "--verify")["verified"])
        self.write("package/submissions/submissions.yaml", "mine/*.py:\n  permitted: [AC]\n")
        self.judge("--problem", package, "--verify", status=EX_DATA)

    def test_no_submissions(self):
        """Goal: --verify of a package without submissions is an error. Method: one."""
        self.refused(EX_DATA, "submissions", "--problem", self.package(), "--verify")

    def test_time_limit_from_submissions(self):
        """Goal: a package without a limit has the one its accepted submissions suggest, and that
        is told. Method: none, one accepted, a limit of the command line."""
        package = self.package("name: test\n", self.TESTS)
        self.refused(EX_DATA, "time limit", "--problem", package, self.source())
        self.assertEqual(700, self.judge("--problem", package, "--cpu", "700ms",
                                         self.source())["limits"]["cpu_ms"])
        self.write("package/submissions/accepted/good.py", ADD)
        outcome = self.judge_call("--problem", package, self.source())
        limit = self.judgement_of(outcome)["limits"]["cpu_ms"]
        self.assertEqual(0, limit % 1000)
        self.assertGreaterEqual(limit, 1000)
        self.assertIn("no time limit", outcome.stderr)

    def test_suggest_limit(self):
        """Goal: --suggest-limit follows the format's rule. Method: an accepted program of 0.3 s, a
        slow one of 4 s, resolution 0.1 s, then one that is not slow enough."""
        if SLOWNESS > 2:
            self.skip_inherent("times do not hold on a machine this slow")
        burn = "import time\nwhile time.process_time() < {}: pass\n"
        yaml = CURRENT.replace("  time_limit: 1\n", "  time_resolution: 0.1\n")
        package = self.package(yaml, {"secret/1": ("1 2", "3")}, {
            "submissions/accepted/good.py": burn.format(0.3) + ADD,
            "submissions/time_limit_exceeded/slow.py": burn.format(4) + ADD})
        suggested = self.judge("--problem", package, "--suggest-limit")["suggested_limit"]
        self.assertEqual("accepted/good.py", suggested["slowest_accepted"]["submission"])
        self.assertTrue(600 <= suggested["cpu_ms"] <= 1000, suggested)
        self.assertAlmostEqual(0, suggested["cpu_ms"] % 100)
        self.write("package/submissions/time_limit_exceeded/slow.py", burn.format(0.4) + ADD)
        suggested = self.judge("--problem", package, "--suggest-limit")["suggested_limit"]
        self.assertIsNone(suggested["cpu_ms"], suggested)
        self.assertIn("slow.py", suggested["message"])


if __name__ == "__main__":
    main()
