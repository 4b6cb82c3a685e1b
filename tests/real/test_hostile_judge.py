# SPDX-License-Identifier: MIT
"""`bailiff judge` against those who would spoil it for others: one submission among many, a program
that makes its own noise, validators that lie or never end, readers that are gone."""

import os

from harness import EX_INTERNAL, main
from judging import ADD, CURRENT, LEGACY, JudgeTest, by_name

# More threads than it has CPUs: they wait for each other, and would call that noise.
CROWD = """
#include <pthread.h>
#include <stddef.h>
static void *spin(void *arg) { for (;;) (void)arg; }
int main(void)
{
	pthread_t thread;
	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, spin, NULL);
	spin(NULL);
}
"""
ENDLESS_VALIDATOR = "input()\nwhile True:\n    pass\n"


class OneOfMany(JudgeTest):
    """A submission that is no program does not end the judging of the others."""

    def test_names_that_cannot_stand(self):
        """Goal: files that cannot be a program together are their author's compile error. Method:
        folders with such names, before and after good submissions."""
        problem = self.plain()
        names = ("-o.c", "@args.c", " .c", "main")
        folders = []
        for index, name in enumerate(names):
            self.write(f"bad{index}/main.c", "int main(void) { return 0; }\n")
            self.write(f"bad{index}/{name}", "int other;\n")
            folders.append(self.path(f"bad{index}"))
        first, last = self.source(name="first.py"), self.source(name="last/last.py")
        summary = self.judge("--problem", problem, first, *folders, last)
        verdicts = [each["verdict"] for each in summary["submissions"]]
        self.assertEqual(["AC"] + ["CE"] * len(names) + ["AC"], verdicts, summary)
        for name, each in zip(names, summary["submissions"][1:]):
            self.assertIn(f"'{name}'", each["message"])
            self.assertEqual("", each["compile"]["diagnostics"])

    def test_name_of_a_tests_own_file(self):
        """Goal: a submission that has a file of the name of one of the test's is the only one
        without a verdict. Method: one between two good ones."""
        problem = self.package(CURRENT, files={"data/secret/1.files/list.txt": "1 2\n"})
        first, last = self.source(name="first.py"), self.source(name="last/last.py")
        self.write("same/main.py", ADD)
        self.write("same/list.txt", "mine")
        summary = self.judge("--problem", problem, first, self.path("same"), last,
                             status=EX_INTERNAL)
        self.assertEqual(["AC", "IE", "AC"],
                         [each["verdict"] for each in summary["submissions"]], summary)
        self.assertIn("list.txt", summary["submissions"][1]["message"])

    def test_grader_that_fails(self):
        """Goal: a custom grader that fails is a judge error with a judgement. Method: one that says
        nothing."""
        problem = self.package(LEGACY + "type: scoring\n", files={
            "data/testdata.yaml": "grading: custom\n", "graders/silent.py": "pass\n"})
        judgement = self.judge_text(problem, ADD, status=EX_INTERNAL)
        self.expect(judgement, "IE", "AC")
        self.assertIn("silent.py", judgement["message"])

    def test_answer_that_becomes_a_fifo(self):
        """Goal: nobody waits for the writer of what was a file when the problem was loaded. Method:
        the first event says that it was."""
        problem = self.plain()
        answer = self.path("plain/1.ans")
        process = self.start("judge", "--cache", self.cache, "--problem", problem, "--events",
                             self.source("import time\ntime.sleep(1)\n" + ADD))
        self.assertIn(b"submission", process.stdout.readline())
        os.remove(answer)
        os.mkfifo(answer)
        output, _ = process.communicate(timeout=20)
        self.assertEqual(EX_INTERNAL, process.returncode)
        self.assertIn(b"not a regular file any more", output)

    def test_report_of_a_problem_without_title(self):
        """Goal: a folder of tests, which has no title, is reported by its name. Method: both
        readable reports."""
        problem, source = self.plain(name="sums"), self.source()
        for sources in ((source,), (source, self.source(name="again/sum.py"))):
            outcome = self.judge_call("--problem", problem, "--format", "text", *sources)
            self.assertEqual(0, outcome.status, outcome)
            self.assertIn(b"sums", outcome.stdout)


class Noise(JudgeTest):
    """What counts as the machine's noise."""

    def test_own_threads_are_no_noise(self):
        """Goal: nobody gets more runs at a time limit by waiting for himself. Method: threads that
        compete for the one CPU of their cell, in every run; the machine's own noise, which may make
        any run count again, is not in all of them. It is in most where most of the runs that
        counted, which are the best of theirs, had some; then nothing can be said."""
        problem = self.plain()
        noisy = 0
        for _ in range(20):
            judgement = self.judge_text(problem, CROWD, "--cpu", "300ms", name="crowd.c")
            self.expect(judgement, "TLE", "TLE SKIPPED SKIPPED")
            test = by_name(judgement)["1"]
            if "rerun" not in test:
                return
            wall_ms, stolen_ms = test["time"]["wall_ms"], test["noise"]["steal_ms"]
            noisy += wall_ms > test["time"]["cpu_ms"] * 1.02 or (stolen_ms or 0) > wall_ms * 0.02
        if noisy > 10:
            self.skip_inherent("this machine is never quiet")
        self.fail(f"always run again, and only {noisy} of 20 were disturbed: {judgement}")


class Validators(JudgeTest):
    """Whoever is at fault, it is not the submission."""

    def test_points_that_are_no_number(self):
        """Goal: points are finite. Method: a testlib checker that gives others."""
        for points in ("inf", "nan", "1e999", "points -inf", "many", ""):
            with self.subTest(points=points):
                code = f"import sys\nsys.stderr.write({points!r})\nsys.exit(7)\n"
                checker = {"name": "testlib", "sources": [{"name": "check.py", "text": code}]}
                judgement = self.judge_spec(self.inline(checker=checker), status=EX_INTERNAL)
                self.assertEqual("IE", judgement["verdict"], judgement)

    def test_run_that_build_did_not_make(self):
        """Goal: a package never has a file of the judge's own folder run. Method: a helper whose build
        leaves no "run", and a program of that name, which would accept, where bailiff is started."""
        self.write("run", "#!/bin/sh\nexit 42\n", mode=0o755)
        problem = self.package(LEGACY + "validation: custom\n", files={
            "output_validators/v/build": "#!/bin/sh\n: > made\n"})
        judgement = self.judge("--problem", problem, self.source(), cwd=self.dir,
                               status=EX_INTERNAL)
        self.assertEqual("IE", judgement["verdict"], judgement)
        self.assertIn("./run", judgement["message"])

    def test_busy_interactor(self):
        """Goal: time that passed while the validator computed is not the submission's. Method: a
        validator that never ends, and a submission that waits for it."""
        yaml = LEGACY + "  validation_time: 1\nvalidation: custom interactive\n"
        problem = self.package(yaml, files={"output_validators/busy.py": ENDLESS_VALIDATOR})
        text = "print(1, flush=True)\ninput()\n"
        judgement = self.judge_text(problem, text, "--wall", "500ms", status=EX_INTERNAL)
        self.assertEqual("IE", judgement["verdict"], judgement)
        self.assertIn("CPU", judgement["message"])


class Readers(JudgeTest):
    """Nothing that was to be told is lost in silence."""

    def test_events_that_cannot_be_written(self):
        """Goal: missing events are an error. Method: standard output is a full device."""
        with open("/dev/full", "wb") as full:
            outcome = self.judge_call("--problem", self.plain(), "--events", self.source(),
                                      stdout=full)
        self.assertEqual(EX_INTERNAL, outcome.status, outcome)
        self.assertIn("No space left", outcome.stderr)


if __name__ == "__main__":
    main()
