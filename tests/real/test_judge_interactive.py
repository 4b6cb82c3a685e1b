# SPDX-License-Identifier: MIT
"""`bailiff judge` on interactive problems: whoever broke first is to blame, whichever way both
end, and nobody waits for one that will never answer."""

import time

from harness import EX_INTERNAL, SLOWNESS, main
from judging import CURRENT, LEGACY, JudgeTest

YAML = LEGACY + "  validation_time: 1\nvalidation: custom interactive\n"

# Wants the double of each of three numbers.
TALK = """\
import sys
given, answer, feedback = sys.argv[1:4]
def say(text):
    try:
        print(text, flush=True)
    except BrokenPipeError:
        sys.exit(43)
for number in open(given).read().split():
    say(number)
    if sys.stdin.readline().strip() != str(2 * int(number)):
        open(feedback + 'judgemessage.txt', 'w').write('not the double of ' + number)
        sys.exit(43)
say('end')
sys.exit(42)
"""
PLAYER = """\
while True:
    word = input()
    if word == 'end': break
    print(2 * int(word), flush=True)
"""
# C, so that SIGPIPE has its default action.
C_HEAD = "#include <signal.h>\n#include <stdio.h>\n#include <unistd.h>\nint main(void)\n{\n"

READ_ALL = "import sys\nsys.stdin.read()\n"


class InteractiveTest(JudgeTest):
    def talk(self, submission, validator=TALK, options=(), status=0, name="sum.py", yaml=YAML):
        """Judges one test of the numbers 1 2 3; returns its report."""
        folder = "output_validator" if yaml.startswith(CURRENT[:30]) else "output_validators"
        package = self.package(yaml, {"secret/1": ("1\n2\n3\n", "2 4 6\n")},
                               {f"{folder}/v.py": validator})
        self.begin = time.monotonic()
        judgement = self.judge_text(package, submission, *options, name=name, status=status)
        self.seconds = time.monotonic() - self.begin
        self.assertEqual(judgement["verdict"], judgement["tests"][0]["verdict"])
        return judgement["tests"][0]

    def ends(self, verdict, submission, validator=TALK, **kw):
        test = self.talk(submission, validator, status=EX_INTERNAL if verdict == "IE" else 0, **kw)
        return self.expect(test, verdict)


class Ends(InteractiveTest):
    """How either side can end."""

    def test_both_as_they_should(self):
        """Goal: AC with both accounted. Method: a Python validator and players in Python and C."""
        test = self.ends("AC", PLAYER)
        self.assertGreater(test["checker"]["time"]["cpu_ms"], 0)
        self.assertGreater(test["time"]["cpu_ms"], 0)
        self.ends("AC", C_HEAD + "\tint n;\n\twhile (scanf(\"%d\", &n) == 1) {\n"
                  "\t\tprintf(\"%d\\n\", 2 * n);\n\t\tfflush(stdout);\n\t}\n}\n", name="a.c")

    def test_current_format(self):
        """Goal: the same in a 2025-09 package. Method: right and wrong."""
        yaml = CURRENT + "type: interactive\n"
        self.ends("AC", PLAYER, yaml=yaml)
        self.ends("WA", PLAYER.replace("2 *", "3 *"), yaml=yaml)

    def test_input_stays_with_the_validator(self):
        """Goal: the submission gets what the validator says, not the input. Method: one that looks
        at its first line and its folder."""
        self.ends("AC", "import os\nassert input() == '1'\n"
                  "assert not [n for n in os.listdir('.') if n.endswith(('.in', '.ans'))]\n"
                  "print(2, flush=True)\n" + PLAYER)

    def test_wrong(self):
        """Goal: WA, with what the validator says of it. Method: a wrong number."""
        test = self.ends("WA", PLAYER.replace("2 *", "3 *"))
        self.assertEqual("not the double of 1", test["judge_message"]["text"])
        self.assertIn("not the double of 1", test["message"])

    def test_rejected_before_it_crashed(self):
        """Goal: a validator that rejected first has judged, whatever the submission does then.
        Method: players that crash, run on, sleep or flood after a wrong answer."""
        for after in ("import time; time.sleep(0.3); raise ValueError",
                      "\nwhile True: pass", "import time; time.sleep(60)",
                      "\nwhile True: print('x' * 1000, flush=True)",
                      "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"):
            with self.subTest(after=after):
                self.ends("WA", "import os, time\ninput()\nprint('wrong', flush=True)\n"
                          "time.sleep(0.2)\n" + after.strip() + "\n")

    def test_accepted_first(self):
        """Goal: 42 of a validator that does not wait is AC where the submission ends well, and RE
        or TLE where it does not. Method: a validator that accepts at once."""
        accept = "raise SystemExit(42)\n"
        self.ends("AC", "", accept)
        self.ends("AC", "import time\ntime.sleep(0.3)\n", accept)
        self.ends("RE", "import time\ntime.sleep(0.3)\nraise ValueError\n", accept)
        self.ends("TLE", "while True: pass\n", accept, options=["--cpu", "200ms"])

    def test_submission_leaves_early(self):
        """Goal: one that just ends leaves the decision to the validator, which sees end of file.
        Method: exits at once and after one answer."""
        self.ends("WA", "")
        self.ends("WA", "input()\nprint(2, flush=True)\n")
        self.ends("AC", "", READ_ALL + "sys.exit(42)\n")

    def test_submission_crashes(self):
        """Goal: RE, and not what the validator makes of the silence. Method: an exception, exit 1
        and a signal halfway."""
        for crash in ("raise ValueError", "raise SystemExit(1)",
                      "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"):
            with self.subTest(crash=crash):
                self.ends("RE", f"input()\nprint(2, flush=True)\ninput()\n{crash}\n")

    def test_sigpipe(self):
        """Goal: a submission that dies of SIGPIPE because the validator had rejected is WA. Method:
        a C program that goes on writing; the validator rejects at the first word."""
        text = (C_HEAD + "\tfor (;;) {\n\t\tputs(\"nonsense\");\n\t\tfflush(stdout);\n\t}\n}\n")
        self.ends("WA", text, name="a.c")

    def test_closes_one_pipe(self):
        """Goal: closing one of the pipes is seen by the validator alone. Method: a player that
        closes standard input only, and one that closes standard output only."""
        self.ends("WA", "import os, time\ninput()\nos.close(0)\nprint(7, flush=True)\n"
                  "time.sleep(0.5)\n")
        self.ends("WA", "import os, time\nos.close(1)\ntime.sleep(0.5)\n")
        # It still reads: the validator must be able to tell it so.
        self.ends("AC", "import sys\nimport os\nsys.stdin.readline()\nos.close(1)\n"
                  "assert sys.stdin.read() == 'bye\\n'\n",
                  "import sys\nprint('hello', flush=True)\nassert sys.stdin.read() == ''\n"
                  "print('bye', flush=True)\nsys.exit(42)\n")

    def test_flood(self):
        """Goal: a submission that floods ends by its own limits, or WA where the validator stops
        first; never by the validator's. Method: endless lines against TALK, against one that
        reads for ever, and one endless line against one that reads it as a whole."""
        flood = "while True: print('x' * 10000, flush=True)\n"
        self.ends("WA", flood)
        self.ends("OLE", flood, "import sys\nwhile sys.stdin.read(65536): pass\nsys.exit(42)\n",
                  yaml=YAML.replace("time: 1", "time: 9"))
        line = "#include <unistd.h>\nint main(void) { static char s[65536] = { '1' };\n" \
               "for (int i = 0; i < 65536; i++) s[i] = '1';\nfor (;;) write(1, s, 65536); }\n"
        self.ends("OLE", line, "input()\nraise SystemExit(42)\n", name="flood.c",
                  yaml=YAML.replace("time: 1", "time: 9"))
        noisy = "import sys\nwhile True: sys.stderr.write('x' * 10000)\n"
        self.ends("OLE", noisy, options=["--output", "1M"])

    def test_time_and_memory(self):
        """Goal: limits hold beside a validator, too. Method: a player that spins and one that
        grows while the validator waits."""
        self.ends("TLE", "while True: pass\n", options=["--cpu", "200ms"])
        self.ends("MLE", "x = bytearray(1 << 30)\nfor i in range(0, len(x), 4096): x[i] = 1\n",
                  options=["--memory", "48M", "--cpu", "10s"])

    def test_forbidden_call(self):
        """Goal: SV. Method: a socket in mid-talk."""
        self.ends("SV", "import socket\ninput()\nsocket.socket()\n")


class Waiting(InteractiveTest):
    """Nobody waits for ever, nor for the wall limit where both are idle."""

    def idle(self, submission, validator=TALK):
        test = self.ends("TLE", submission, validator, options=["--wall", "100s"])
        self.assertEqual("idle", test["reason"])
        self.assertLess(self.seconds, 8 * SLOWNESS)

    def test_deadlock(self):
        """Goal: two that wait for each other are found by idleness, long before the wall limit of
        100 s, and it is the submission's fault. Method: a player that reads once too often, one
        that never flushes, one that sleeps."""
        self.idle("input()\ninput()\n")
        self.idle("import sys\nprint(2)\nsys.stdin.readline()\nsys.stdin.readline()\n")
        self.idle("import time\ntime.sleep(90)\n")

    def test_full_pipes(self):
        """Goal: the same where both write and nobody reads. Method: 1 MB each way."""
        both = "import sys\nsys.stdout.write('x' * (1 << 20))\nsys.stdout.flush()\n"
        self.idle(both + "sys.stdin.read()\n", both + "sys.stdin.read()\nsys.exit(42)\n")

    def test_thinking_is_not_idle(self):
        """Goal: a validator that computes for longer than the idle limit is waited for. Method: 3 s
        of CPU before the first word."""
        yaml = YAML.replace("validation_time: 1", f"validation_time: {int(20 * SLOWNESS)}")
        slow = "import time\nwhile time.process_time() < 2.5: pass\n"
        self.ends("AC", PLAYER, slow + TALK, yaml=yaml)


class BadValidators(InteractiveTest):
    """What is the validator's fault is a judge error."""

    def test_crashes(self):
        """Goal: IE for any end but 42 and 43. Method: exit 0, 1, an exception, a signal, at the
        beginning and after the submission's end."""
        for end in ("sys.exit(0)", "sys.exit(1)", "raise ValueError",
                    "import os; os.kill(os.getpid(), 11)"):
            for when in ("", "sys.stdin.read()\n"):
                with self.subTest(end=end, when=when):
                    self.ends("IE", "", f"import sys\n{when}{end}\n")

    def test_crash_of_both(self):
        """Goal: a validator that crashed first is to blame, though the submission then fails.
        Method: a player that fails on end of file."""
        self.ends("IE", "input()\n", "raise SystemExit(1)\n")

    def test_never_ends(self):
        """Goal: a validator that goes on after the submission's end is IE, soon. Method: spinning,
        and sleeping."""
        self.ends("IE", "", "while True: pass\n")
        self.assertLess(self.seconds, 15 * SLOWNESS)
        self.ends("IE", "", "import time\ntime.sleep(90)\n")
        self.assertLess(self.seconds, 20 * SLOWNESS)

    def test_floods(self):
        """Goal: a validator that floods a submission that does not read ends by its own output
        limit. Method: endless output to one that is gone."""
        test = self.ends("IE", "", "while True: print('x' * 10000)\n")
        self.assertIn("output", test["message"])
        self.assertLess(self.seconds, 15 * SLOWNESS)

    def test_is_never_killed_for_writing(self):
        """Goal: the validator outlives a submission that died while 10 MB were written to it, even
        where SIGPIPE has its default action. Method: a player that crashes at once, and one that
        is stopped by a limit."""
        late = ("import os, sys\nimport signal\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
                "left = 10 << 20\n"
                "try:\n    while left > 0: left -= os.write(1, b'x' * min(left, 65536))\n"
                "except OSError:\n    pass\nsys.stdin.read()\nsys.exit({})\n")
        yaml = YAML.replace("validation_time: 1", "validation_output: 32")
        for code, verdict in ((42, "AC"), (43, "WA")):
            with self.subTest(code=code):
                self.ends(verdict, "", late.format(code), yaml=yaml)
        self.ends("RE", "raise ValueError\n", late.format(42), yaml=yaml)
        self.ends("TLE", "while True: pass\n", late.format(42), yaml=yaml,
                  options=["--cpu", "200ms"])

    def test_feedback(self):
        """Goal: the feedback of an interactive validator is bounded and not followed. Method: too
        much of it, and a link."""
        self.ends("IE", "", "import sys\nfor i in range(1000): open(sys.argv[3] + str(i), 'w')\n"
                  "sys.exit(42)\n")
        outcome = self.talk("", "import os, sys\nos.symlink('/etc/passwd', sys.argv[3] + "
                                "'judgemessage.txt')\nsys.exit(42)\n")
        self.assertNotIn("root:", str(outcome))


class Passes(InteractiveTest):
    """Interactive and multi-pass at once."""

    VALIDATOR = """\
import os, sys
given, answer, feedback = sys.argv[1:4]
number = int(open(given).read().split()[0])
print(number, flush=True)
if sys.stdin.readline().strip() != str(2 * number):
    sys.exit(43)
open(feedback + 'judgemessage.txt', 'a').write(f'{number} ')
if number < 4:
    open(feedback + 'nextpass.in', 'w').write(str(2 * number))
sys.exit(42)
"""

    def test_passes(self):
        """Goal: each pass is a new talk about the next input. Method: 1, 2 and 4, with three passes
        allowed, then with two."""
        yaml = CURRENT.replace("time_limit: 1\n", "time_limit: 1\n  validation_passes: 3\n") + \
            "type: [interactive, multi-pass]\n"
        test = self.ends("AC", "print(2 * int(input()))\n", self.VALIDATOR, yaml=yaml)
        self.assertEqual((3, "1 2 4"), (test["passes"], test["judge_message"]["text"]))
        self.ends("WA", "n = int(input())\nprint(2 * n if n < 4 else 0)\n", self.VALIDATOR,
                  yaml=yaml)
        self.ends("IE", "print(2 * int(input()))\n", self.VALIDATOR,
                  yaml=yaml.replace("passes: 3", "passes: 2"))


if __name__ == "__main__":
    main()
