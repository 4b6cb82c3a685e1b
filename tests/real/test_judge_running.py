# SPDX-License-Identifier: MIT
"""`bailiff judge`: what a submission can see, tests side by side, the compile cache, and results
that are measured again."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from harness import EX_NOINPUT, EX_USAGE, SLOWNESS, main, strict_json
from judging import ADD, ADD_SMALL, CURRENT, LEGACY, JudgeTest


def without_costs(value):
    """A judgement without what differs from run to run."""
    if isinstance(value, dict):
        return {key: without_costs(part) for key, part in value.items()
                if key not in ("time", "memory", "noise", "checker", "compile", "rerun")}
    if isinstance(value, list):
        return [without_costs(part) for part in value]
    return value


class Isolation(JudgeTest):
    """What only the judge may know."""

    THIEF = r"""
import os, stat, sys
out = sys.stdout.buffer
def show(path):
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(fd).st_mode):
            out.write(os.read(fd, 65536))
    except OSError:
        pass
    finally:
        os.close(fd)
out.write(sys.stdin.buffer.read())
out.write(repr(dict(os.environ)).encode() + repr(sys.argv).encode())
for fd in range(3, 64):
    try:
        out.write(os.pread(fd, 65536, 0))
    except OSError:
        pass
for pid in [name for name in os.listdir('/proc') if name.isdigit()]:
    for name in ('environ', 'cmdline', 'mountinfo', 'maps', 'status', 'mem', 'auxv'):
        show(f'/proc/{pid}/{name}')
    for folder in ('fd', 'cwd', 'root', 'root/judge', 'root/box', 'root/tmp', 'map_files'):
        try:
            for name in os.listdir(f'/proc/{pid}/{folder}'):
                show(f'/proc/{pid}/{folder}/{name}')
        except OSError:
            pass
skipped = ('/usr', '/lib', '/lib32', '/lib64', '/libx32', '/bin', '/sbin', '/sys', '/proc')
for place, folders, names in os.walk('/'):
    if place == '/':
        folders[:] = [name for name in folders if '/' + name not in skipped]
    for name in names:
        show(os.path.join(place, name))
"""
    # Says what it recognises; 42 = the own input, and nothing else.
    VALIDATOR = """\
import sys
# CHECKER_TOKEN_5521
seen = sys.stdin.buffer.read()
bad = [token for token in (b'ANSWER_TOKEN', b'INPUT_TOKEN_2', b'CHECKER_TOKEN', b'HOST_TOKEN',
                           b'EXPECTED_TOKEN') if token in seen]
if b'INPUT_TOKEN_1' not in seen: sys.exit(44)
sys.stderr.write(repr(bad))
sys.exit(43 if bad else 42)
"""

    def test_thief(self):
        """Goal: a submission can reach its own input and nothing else of the judge's. Method: one
        that prints all it can read, an environment with a secret, a validator that knows every
        secret; files that everybody may read, and files of root's."""
        for mode in (0o644, 0o600):
            with self.subTest(mode=oct(mode)):
                package = self.package(
                    LEGACY.replace("time_limit: 1", "time_limit: 20\n  output: 64") +
                    "validation: custom\n",
                    {"secret/1": ("INPUT_TOKEN_1\n", "ANSWER_TOKEN_1\n")},
                    {"output_validators/v.py": self.VALIDATOR,
                     "data/secret/0.desc": "EXPECTED_TOKEN",
                     "data/secret/2.ans": "ANSWER_TOKEN_2\n",
                     "submissions/accepted/x.py": "# EXPECTED_TOKEN"})
                self.write("package/data/sample/2.in", "INPUT_TOKEN_2 INPUT_TOKEN_1\n")
                os.unlink(self.path("package/data/secret/2.ans"))
                shutil.rmtree(self.path("package/data/sample"))
                self.write("package/data/secret/2.in.off", "INPUT_TOKEN_2\n")
                for place, _, names in os.walk(package):
                    for name in names:
                        os.chmod(os.path.join(place, name), mode)
                judgement = self.judge("--problem", package, self.source(self.THIEF),
                                       env={**os.environ, "SECRET": "HOST_TOKEN"})
                self.expect(judgement, "AC")
                self.assertEqual("[]", judgement["tests"][0]["judge_message"]["text"])
                self.assertGreater(judgement["tests"][0]["output"]["stdout_bytes"], 1000)

    def test_nothing_passes_from_test_to_test(self):
        """Goal: each test has a fresh cell. Method: a submission that leaves files everywhere it
        may, and looks for them."""
        text = ("import os\n"
                "places = ('.', '/tmp', '/dev/shm', '/var/tmp')\n"
                "paths = [place + '/left-behind' for place in places]\n"
                "print([path for path in paths if os.path.exists(path)])\n"
                "for path in paths:\n"
                "    try:\n        open(path, 'w').write('x')\n"
                "    except OSError:\n        pass\n"
                "assert os.path.exists(paths[0])\n")
        tests = {str(i): ("", "[]\n") for i in range(3)}
        self.expect(self.judge_text(self.plain(tests), text), "AC")


class Jobs(JudgeTest):
    """--jobs."""

    def setUp(self):
        super().setUp()
        self.cpus = sorted(os.sched_getaffinity(0))

    def cores(self):
        """How many cores --jobs may use, by the judge's own word."""
        outcome = self.judge_call("--problem", self.plain(name="few"), "--jobs", "64",
                                  self.source())
        if outcome.status == 0:
            return 64
        self.assertEqual(EX_USAGE, outcome.status, outcome)
        return int(outcome.stderr.split("may use ")[1].split()[0])

    def two(self):
        if self.cores() < 2:
            self.skip_inherent("has one core")
        return ["--jobs", "2"]

    def test_more_than_there_are(self):
        """Goal: more jobs than cores is a clear error. Method: as many as the judge takes, with one
        CPU allowed."""
        cpu = self.cpus[0]
        self.refused(EX_USAGE, "--jobs", "--problem", self.plain(), "--jobs", "2", self.source(),
                     preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        judgement = self.judge("--problem", self.plain(), "--jobs", "auto", self.source(),
                               preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        self.expect(judgement, "AC")

    def test_same_judgement(self):
        """Goal: the judgement does not depend on the number of jobs. Method: twelve tests with a
        failure in the middle, with and without --all, on one core and on two; a scoring package
        with groups."""
        jobs = self.two()
        plain = self.plain({f"{i:02}": (f"{i} 2\n", f"{i + 2}\n") for i in range(12)})
        scoring = self.package(CURRENT + "type: scoring\n", {
            f"secret/{group}/{i}": (f"{i} {shift}", f"{i + shift}")
            for group, shift in (("a", 1), ("b", 5), ("c", 2)) for i in range(6)}, {
                f"data/secret/{group}/test_group.yaml": "max_score: 30\n" +
                ("require_pass: [b]\n" if group == "c" else "") for group in "abc"})
        for problem in (plain, scoring):
            for options in ([], ["--all"]):
                for text in (ADD, ADD_SMALL, "raise ValueError\n"):
                    with self.subTest(problem=problem, options=options, text=text):
                        one = self.judge_text(problem, text, *options)
                        two = self.judge_text(problem, text, *options, *jobs)
                        self.assertEqual(without_costs(one), without_costs(two))

    def test_own_cores(self):
        """Goal: two tests side by side are pinned to different cores, one alone is not. Method:
        each prints its affinity and waits a moment."""
        jobs = self.two()
        text = ("import os, sys, time\n"
                "sys.stderr.write(','.join(map(str, sorted(os.sched_getaffinity(0)))))\n"
                "time.sleep(0.3)\n")
        problem = self.plain({str(i): ("", "x") for i in range(4)})
        judgement = self.judge_text(problem, text, "--all", *jobs)
        seen = [test["stderr"]["text"] for test in judgement["tests"]]
        self.assertEqual(2, len(set(seen)), seen)
        self.assertTrue(all(cpu.isdigit() and int(cpu) in self.cpus for cpu in seen), seen)

    def test_side_by_side(self):
        """Goal: two jobs take about half the time. Method: four tests that sleep for 0.6 s."""
        jobs = self.two()
        problem = self.plain({str(i): ("", "") for i in range(4)})
        outcome = self.judge_call("--problem", problem, *jobs,
                                  self.source("import time\ntime.sleep(0.6)\n"))
        self.expect(self.judgement_of(outcome), "AC")
        if SLOWNESS < 2:
            self.assertLess(outcome.seconds, 2.2)

    def test_stops_at_the_first_failure(self):
        """Goal: after a failure no test is begun, and those after it are SKIPPED, even one that
        was running. Method: a first test that fails at once beside slow ones."""
        jobs = self.two()
        text = "import time\nif input() == 'fail': raise ValueError\ntime.sleep(0.3)\nprint(1)\n"
        problem = self.plain({str(i): ("fail" if i == 1 else "go", "1") for i in range(1, 20)})
        outcome = self.judge_call("--problem", problem, *jobs, self.source(text))
        self.expect(self.judgement_of(outcome), "RE", "RE" + 18 * " SKIPPED")
        self.assertLess(outcome.seconds, 2.5 * SLOWNESS)


class Series(JudgeTest):
    """Tests whose cells wait with the submission in them, which they do when it takes longer than
    to make a cell: these ones sleep."""

    SLEEP = "import time\ntime.sleep({})\n"

    def setUp(self):
        super().setUp()
        self.sleep = self.SLEEP.format(0.05 * SLOWNESS)

    def test_a_series_is_used(self):
        """Goal: after the first tests of a slow submission the others come from a series, with their
        input in a file that can be read and mapped and not written to. Method: one that tells what
        its standard input is, and fails so that its word is shown."""
        text = self.sleep + """\
import fcntl, mmap, os, sys
seen = mmap.mmap(0, 0, mmap.MAP_SHARED, mmap.PROT_READ)[:].decode().split()
mode = fcntl.fcntl(0, fcntl.F_GETFL) & os.O_ACCMODE
sys.stderr.write(f"{seen} {mode == os.O_RDONLY} {'memfd' in os.readlink('/proc/self/fd/0')}")
sys.exit(1)
"""
        judgement = self.judge_text(self.plain({str(i): (f"x {i}\n", "") for i in range(10)}), text,
                                    "--all")
        told = [test["stderr"]["text"] for test in judgement["tests"]]
        for i, line in enumerate(told):
            self.assertTrue(line.startswith(f"['x', '{i}'] True "), told)
        self.assertTrue(told[0].endswith("False"), told)
        self.assertGreaterEqual(sum(line.endswith(" True True") for line in told), 3, told)

    def test_others_in_the_middle(self):
        """Goal: a test with something of its own is not served by a series, and the series goes on
        after it. Method: arguments, a file, and an input that is too large for one, in the middle of
        tests that have nothing of the kind."""
        text = self.sleep + ("import os, sys\ndata = sys.stdin.read()\n"
                             "print(len(data), data[:3], *sys.argv[1:], os.path.exists('extra'),\n"
                             "      os.path.exists('/tmp/left'))\nopen('/tmp/left', 'w')\n")
        tests = {f"secret/{i:02}": (f"{i:03}\n", f"4 {i:03} False False\n") for i in range(12)}
        tests["secret/05"] = ("005\n", "4 005 x y z False False\n")
        tests["secret/07"] = ("007\n", "4 007 True False\n")
        tests["secret/08"] = ("big" * (3 << 20), f"{9 << 20} big False False\n")
        package = self.package(CURRENT.replace("time_limit: 1", "time_limit: 20"), tests, {
            "data/secret/05.yaml": "args: [x, y z]\n", "data/secret/07.files/extra": "1"})
        for jobs in ("1", "auto"):
            judgement = self.judge_text(package, text, "--memory", "512M", "--jobs", jobs)
            self.expect(judgement, "AC")

    def test_languages(self):
        """Goal: the same for whatever a submission is written in, one after the other in one
        judgement. Method: C, Python and a shell script, each right, and wrong from the fifth test
        on."""
        tests = {str(i): (f"{i} 7\n", f"{i + 7}\n") for i in range(1, 9)}
        pause = 50 * SLOWNESS
        sums = {
            "c.c": ("#include <stdio.h>\n#include <unistd.h>\nint main(void) { int a, b; "
                    f"usleep({pause * 1000:.0f}); if (scanf(\"%d%d\", &a, &b) == 2) "
                    "printf(\"%d\\n\", (a + b) % LIMIT); }\n"),
            "p.py": self.sleep + "a, b = map(int, input().split())\nprint((a + b) % LIMIT)\n",
            "s.sh": f"sleep {pause / 1000}\nread a b\necho $(( (a + b) % LIMIT ))\n",
        }
        paths = [self.source(text.replace("LIMIT", limit), name + file)
                 for name, limit in (("right_", "100"), ("wrong_", "12"))
                 for file, text in sums.items()]
        summary = self.judge("--problem", self.plain(tests), "--all", *paths)
        for judgement in summary["submissions"]:
            is_right = "right" in judgement["submission"]
            self.expect(judgement, "AC" if is_right else "WA",
                        " ".join(["AC"] * 8 if is_right else ["AC"] * 4 + ["WA"] * 4))

    def test_limits_hold(self):
        """Goal: limits and verdicts are those of any run, test for test. Method: a submission that
        does what each input says, the harmless in between."""
        text = self.sleep + ("import sys, socket\nwhat = input()\n"
                             "if what == 'spin':\n    while True: pass\n"
                             "if what == 'hog': x = b'x' * (1 << 30)\n"
                             "if what == 'pour':\n    while True: print('x' * 65536)\n"
                             "if what == 'call': socket.socket()\n"
                             "if what == 'fail': sys.exit(3)\nprint('fine')\n")
        acts = ["fine", "fine", "fine", "spin", "fine", "hog", "fine", "pour", "fine", "call",
                "fine", "fail", "fine"]
        ends = {"spin": "TLE", "hog": "MLE", "pour": "OLE", "call": "SV", "fail": "RE",
                "fine": "AC"}
        problem = self.plain({f"{i:02}": (act, "fine") for i, act in enumerate(acts)})
        for jobs in ("1", "auto"):
            judgement = self.judge_text(problem, text, "--all", "--cpu", f"{0.5 * SLOWNESS}s",
                                        "--memory", "64M", "--output", "1M", "--jobs", jobs)
            self.expect(judgement, "TLE", " ".join(ends[act] for act in acts))

    def test_interrupted(self):
        """Goal: a signal ends a judgement in which a series has run, with nothing left. Method: a
        submission whose tests get slower and slower."""
        text = "import time\ntime.sleep(int(input()) ** 3 * 0.01)\n"
        problem = self.plain({str(i): (f"{i}\n", "") for i in range(1, 30)})
        process = self.start("judge", "--cache", self.cache, "--problem", problem, "--wall", "60s",
                             self.source(text))
        time.sleep(3 * SLOWNESS)
        process.send_signal(signal.SIGTERM)
        stdout, stderr = self.finish(process, 10)
        self.assertEqual((143, b""), (process.returncode, stdout), stderr)


class Cache(JudgeTest):
    """The compile cache."""

    C = "#include <stdio.h>\nint main(void)\n{\n\tputs(\"%d\");\n}\n"

    def setUp(self):
        super().setUp()
        self.folder = self.path("programs")
        self.problem = self.plain({"1": ("", "1\n")}, name="one")

    def cached(self, text, *options, verdict="AC"):
        options = options or ("--cache", self.folder)
        judgement = self.judge_text(self.problem, text, *options, name="a.c")
        self.expect(judgement, verdict)
        return judgement["compile"]["cached"]

    def entries(self):
        return [os.path.join(place, name) for place, _, names in os.walk(self.folder)
                for name in names if len(name) == 64]

    def test_second_time(self):
        """Goal: an unchanged program is compiled once, a changed one again, and --no-cache looks
        at nothing. Method: the judgement tells."""
        self.assertIs(False, self.cached(self.C % 1))
        self.assertIs(True, self.cached(self.C % 1))
        self.assertIs(False, self.cached(self.C % 1, "--no-cache"))
        self.assertIs(False, self.cached(self.C % 2, verdict="WA"))
        self.assertIs(True, self.cached(self.C % 2, verdict="WA"))
        self.assertEqual(2, len(self.entries()))

    def test_damaged(self):
        """Goal: an entry that is not what was written is compiled anew, never run. Method: a
        flipped byte at several places, a cut, an empty file, a link, another program's entry."""
        self.cached(self.C % 1)
        entry = self.entries()[0]
        good = self.read(entry)
        for name, bad in (("head", bytes([good[0] ^ 1]) + good[1:]),
                          ("middle", good[:len(good) // 2] + b"\0\1\2\3" +
                           good[len(good) // 2 + 4:]),
                          ("tail", good[:-1] + bytes([good[-1] ^ 1])), ("cut", good[:-10]),
                          ("long", good + b"x"), ("empty", b"")):
            with self.subTest(name=name):
                with open(entry, "wb") as file:
                    file.write(bad)
                self.assertIs(False, self.cached(self.C % 1))
                self.assertIs(True, self.cached(self.C % 1))
        self.cached(self.C % 2, verdict="WA")
        other = [path for path in self.entries() if path != entry][0]
        shutil.copyfile(other, entry)
        self.assertIs(False, self.cached(self.C % 1))
        os.unlink(entry)
        os.symlink(other, entry)
        self.assertIs(False, self.cached(self.C % 1))

    def test_not_usable(self):
        """Goal: a cache that was asked for and cannot be used is an error that names it; one that
        others may write to is not used. Method: a file, a missing parent, mode 0777, another
        owner, a link."""
        source = self.source()
        os.mkdir(self.path("open"))
        os.chmod(self.path("open"), 0o777)
        os.mkdir(self.path("foreign"))
        os.chown(self.path("foreign"), 65534, 65534)
        os.mkdir(self.path("real"), 0o700)
        os.symlink("real", self.path("linked"))
        for name in ("sum.py", "none/here", "open", "foreign", "linked"):
            with self.subTest(name=name):
                self.refused(EX_NOINPUT, name, "--problem", self.problem, "--cache",
                             self.path(name), source)

    def test_full(self):
        """Goal: a folder that cannot be written to costs nothing but time. Method: one on a full
        file system."""
        os.mkdir(self.folder, 0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k,mode=700", "none", self.folder],
                       check=True)
        try:
            self.assertIs(False, self.cached(self.C % 1))
            self.assertIs(False, self.cached(self.C % 1))
        finally:
            subprocess.run(["umount", self.folder], check=True)

    def test_errors_are_not_kept(self):
        """Goal: a compile error is told anew. Method: twice the same."""
        for _ in range(2):
            self.assertIs(False, self.cached("int main(void) { return x; }\n", verdict="CE"))
        self.assertEqual([], self.entries())

    def test_same_name_other_content(self):
        """Goal: what a program includes is part of its key. Method: a folder whose header
        changes."""
        folder = os.path.dirname(self.write("sub/main.c",
                                            '#include "n.h"\n#include <stdio.h>\n'
                                            'int main(void) { printf("%d\\n", N); }\n'))
        for number, verdict in ((1, "AC"), (2, "WA"), (1, "AC")):
            self.write("sub/n.h", f"#define N {number}\n")
            self.expect(self.judge("--cache", self.folder, "--problem", self.problem, folder),
                        verdict)

    def test_two_judges_at_once(self):
        """Goal: two that fill the same cache do not harm each other. Method: four at once, three
        times."""
        source = self.source(self.C % 1, "a.c")
        for _ in range(3):
            shutil.rmtree(self.folder, ignore_errors=True)
            started = [self.start("judge", "--cache", self.folder, "--problem", self.problem,
                                  source) for _ in range(4)]
            for process in started:
                stdout, stderr = self.finish(process)
                self.assertEqual(0, process.returncode, stderr)
                self.expect(strict_json(stdout.decode()), "AC")
            self.assertEqual(1, len(self.entries()))
            self.assertIs(True, self.cached(self.C % 1))

    def test_submission_cannot_write_it(self):
        """Goal: entries are written by the supervisor only. Method: a program that makes the same
        folders in its cell."""
        os.mkdir(self.folder, 0o700)
        text = f"import os\nos.makedirs({self.folder!r} + '/zz')\nprint(1)\n"
        self.expect(self.judge("--cache", self.folder, "--problem", self.problem,
                               self.source(text)), "AC")
        self.assertFalse(os.path.exists(self.folder + "/zz"))
        self.assertEqual(1, len(self.entries()))


class Rerun(JudgeTest):
    """Results near a limit, on a noisy machine."""

    @contextlib.contextmanager
    def burners(self, cpu, count):
        """Programs that use a CPU for as long as the block lasts."""
        started = [subprocess.Popen([sys.executable, "-c", "while True: pass"],
                                    preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
                   for _ in range(count)]
        try:
            yield
        finally:
            for process in started:
                process.kill()
                process.wait()

    def test_near_the_limit(self):
        """Goal: a result near the CPU limit is measured again where the run shared its core, and
        the judgement says so; one far from the limit is not. Method: 0.47 of 0.5 s beside two
        burners on the same core, and 0.1 s of it."""
        if SLOWNESS > 2:
            self.skip_inherent("times do not hold on a machine this slow")
        cpu = sorted(os.sched_getaffinity(0))[0]
        problem = self.plain({"1": ("", "")})
        text = ("import time\nwhile time.process_time() < {}: pass\n")
        with self.burners(cpu, 2):
            reports = [self.judge("--problem", problem, "--cpu", "500ms", "--wall", "20s",
                                  self.source(text.format(seconds)),
                                  preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))["tests"][0]
                       for seconds in (0.47, 0.1)]
        self.assertIs(True, reports[0].get("rerun"), json.dumps(reports[0], indent=1))
        self.assertNotIn("rerun", reports[1])

    def test_beyond_the_limit(self):
        """Goal: a TLE with noise is measured again and stays TLE where the program is slow; it is
        run three times at most. Method: an endless loop beside two burners."""
        cpu = sorted(os.sched_getaffinity(0))[0]
        with self.burners(cpu, 2):
            outcome = self.judge_call("--problem", self.plain({"1": ("", "")}), "--cpu", "200ms",
                                      "--wall", "20s", self.source("while True: pass\n"),
                                      preexec_fn=lambda: os.sched_setaffinity(0, {cpu}))
        test = self.expect(self.judgement_of(outcome), "TLE")["tests"][0]
        self.assertIs(True, test.get("rerun"), json.dumps(test, indent=1))
        self.assertLess(outcome.seconds, 30 * SLOWNESS)


if __name__ == "__main__":
    main()
