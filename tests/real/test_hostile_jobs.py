# SPDX-License-Identifier: MIT
"""Jobs from those who may put them into a queue and want more than a verdict: another's judgement, another's
core, more of the worker's memory than they said."""

import json
import os

from harness import SLOWNESS, main
from judging import ADD, LEGACY
from queueing import QueueTest

MIB = 1 << 20
CUSTOM = LEGACY + "validation: custom\n"
# What a validator quotes, and how it judges, are its author's to say.
QUOTING = """
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static char text[4096];
static void put(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	fwrite(text, 1, sizeof text, file);
	fclose(file);
}
int main(int argc, char **argv)
{
	memset(text, 1, sizeof text);
	put(argv[3], "judgemessage.txt");
	put(argv[3], "teammessage.txt");
	return 43;
}
"""
NOISY = """
#include <string.h>
#include <unistd.h>
int main(void)
{
	char text[4096];
	memset(text, 1, sizeof text);
	return write(2, text, sizeof text) < 0;
}
"""
MESSAGE = """
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
	char text[300], path[4096];
	memset(text, 1, sizeof text);
	snprintf(path, sizeof path, "%s/judgemessage.txt", argv[3]);
	FILE *file = fopen(path, "w");
	fwrite(text, 1, sizeof text, file);
	return fclose(file) == 0 ? 43 : 1;
}
"""
SHELL = "#!/bin/sh\n"


class Packages(QueueTest):
    """A problem's author is as foreign as a submission's."""

    def package(self, name, files, yaml=CUSTOM, tests=1, suffix=""):
        self.write(f"{name}/problem.yaml", yaml)
        for i in range(tests):
            self.write(f"{name}/data/secret/{i:04}{suffix}.in", "1 2\n")
            self.write(f"{name}/data/secret/{i:04}{suffix}.ans", "3\n")
        for path, text in files.items():
            self.write(f"{name}/{path}", text)
            if text.startswith(SHELL):
                os.chmod(self.path(f"{name}/{path}"), 0o755)
        return self.path(name)

    def judge(self, *packages, source=ADD, name="add.py", seconds=60, **more):
        """Judges one submission on problems, one after the other; returns what became of the jobs."""
        store = ("--store", self.path("store"))
        jobs = self.submit(*[{"sources": [{"name": name, "text": source}],
                              "problem": {"path": package}, **more} for package in packages],
                           options=store)
        worker = self.worker("--until-empty", "--slots", 1, "--compile-cache", "none",
                             "--cache", self.path("cache"), *store)
        self.assertEqual(0, worker.end(seconds), worker.raw_log())
        ended = self.wait(*jobs)
        return [ended[job] for job in jobs]

    def test_a_problem_is_called_as_its_job_says(self):
        """Goal: what a job calls its problem stands in no other job's judgement. Method: one content under
        two names, and the validators that a slot keeps for the second."""
        files = {"output_validators/v/run": SHELL + "exit 42\n"}
        first, second = self.judge(self.package("mine", files), self.package("yours", files))
        self.assertEqual("AC", first["result"]["verdict"], first)
        self.assertEqual(["mine", "yours"],
                         [line["result"]["problem"]["name"] for line in (first, second)])

    def test_a_package_stays_on_its_core(self):
        """Goal: no program of a package runs on a core that another slot measures on. Method: a validator's
        own build and a grader tell where they may run."""
        if len(os.sched_getaffinity(0)) < 2:
            self.skip_inherent("one CPU")
        build = SHELL + "nproc >cores && echo '#!/bin/sh' >run && chmod +x run && " \
            "echo 'cat cores >$3/judgemessage.txt; exit 42' >>run\n"
        package = self.package("cores", yaml=CUSTOM + "type: scoring\n", files={
            "output_validators/v/build": build, "data/testdata.yaml": "grading: custom\n",
            "graders/g/run": SHELL + "echo AC $(nproc)\n"})
        ended, = self.judge(package)
        self.assertEqual("AC", ended["result"]["verdict"], ended)
        self.assertEqual("1", ended["result"]["tests"][0]["judge_message"]["text"].strip())
        self.assertEqual(1, ended["result"]["score"], ended["result"])

    def test_a_package_that_grows_while_it_is_built(self):
        """Goal: what a package makes of itself is not kept in memory without bound. Method: two validators
        that are within it, and below it in one that is not."""
        def built(size):
            return SHELL + f"head -c {size} /dev/zero >data; echo '#!/bin/sh' >run; " \
                "echo 'exit 42' >>run; chmod +x run\n"

        small, large = self.judge(
            self.package("small", {"output_validators/v/build": built(60 * MIB)}),
            self.package("large", {"output_validators/v/build": built(40 * MIB),
                                   "output_validators/w/build": built(40 * MIB)},
                         yaml=CUSTOM))
        self.assertEqual("done", small["state"], small)
        self.assertEqual(("dead", 1), (large["state"], large["attempts"]), large)
        self.assertIn("more than 64 MiB", large["last_error"])

    def test_quotes_are_bounded(self):
        """Goal: a judgement stays within a result, and a slot's memory, whatever its tests quote. Method: as
        much as each may, in characters that JSON makes six of, from more tests than there is room for."""
        package = self.package("loud", {"output_validators/v/v.c": QUOTING}, tests=250)
        ended, = self.judge(package, source=NOISY, name="noisy.c", all_tests=True)
        tests = ended["result"]["tests"]
        self.assertEqual({"WA"}, {test["verdict"] for test in tests})
        self.assertEqual("\1" * 4096, tests[0]["team_message"]["text"])
        quoted = sum(len(test[key]["text"]) for test in tests
                     for key in ("stderr", "judge_message", "team_message") if test[key])
        self.assertLessEqual(quoted, 2 * MIB)
        self.assertGreater(quoted, MIB)
        self.assertIsNone(tests[-1]["team_message"])
        self.assertIs(True, ended["result"]["truncated"])

    def test_a_judgement_longer_than_a_result(self):
        """Goal: it is a verdict all the same, and says what is missing. Method: so many tests, each with as long
        a name and a message as can be, that they have more than 16 MiB together without what they quote."""
        if SLOWNESS > 2:
            self.skip_inherent("7000 tests, in a machine where each takes a tenth of a second")
        package = self.package("long", {"output_validators/v/v.c": MESSAGE}, tests=7000,
                               suffix="-" * 200)
        ended, = self.judge(package, source="int main(void) { return 0; }\n", name="quiet.c", all_tests=True,
                            seconds=200)
        result = ended["result"]
        self.assertEqual(("done", 1, "WA"), (ended["state"], ended["attempts"], result["verdict"]))
        self.assertIs(True, result["truncated"])
        self.assertEqual(["WA"] * 7000, [test["verdict"] for test in result["tests"]])
        self.assertIn("difference", result["tests"][0])
        self.assertIs(True, result["tests"][-1]["truncated"])
        self.assertLess(15 * MIB, len(json.dumps(result, separators=(",", ":"))))


if __name__ == "__main__":
    main()
