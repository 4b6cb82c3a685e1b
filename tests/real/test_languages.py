# SPDX-License-Identifier: MIT
"""Languages: their definitions, `bailiff languages`, `bailiff try`, and every installed tool chain
under its own policy. Ends with a table of what was seen.

The programs are small; the larger ones, in tests/languages, use what submissions use (threads,
files, big numbers, sorting, recursion, exceptions, regular expressions, memory pressure), so that
a policy that rots with a new version of a run-time system shows here."""

import json
import os
import statistics
import subprocess
import sys
import time
import unittest

import harness
from harness import MB, TREE, CellTest, text_of

SOURCES = os.path.join(TREE, "tests", "languages")
DEFINITIONS = os.path.join(TREE, "runner", "languages")
PASSED = "real program passed"

# What continuous integration installs (tests/setup.sh) and may therefore not skip.
REQUIRED = {"awk", "bash", "c", "cpp", "haskell", "go", "java", "javascript", "lua", "ocaml",
            "pascal", "perl", "php", "pypy3", "python3", "ruby"}

# Per language: the extension, then five programs. The last column is how a program ends that
# takes all memory it can get: MLE where the cell's limit stops it, RE where the run-time system's
# own limit does, which the definition sets from the memory limit.
PROGRAMS = {
    "ada": ("adb",
        'with Ada.Text_IO; procedure Main is begin Ada.Text_IO.Put_Line ("hello"); end Main;',
        'procedure Main is begin Missing; end Main;',
        'procedure Main is begin raise Program_Error; end Main;',
        'procedure Main is X : Integer := 0; pragma Volatile (X); begin loop X := 1 - X; end loop;'
        ' end Main;',
        'procedure Main is type A is array (1 .. 1_000_000) of Integer; type P is access A; Q : P;'
        ' begin for I in 1 .. 1000 loop Q := new A\'(others => I); end loop; end Main;', "MLE"),
    "awk": ("awk",
        'BEGIN { print "hello" }', 'BEGIN { print ( }', 'BEGIN { exit 3 }',
        'BEGIN { while (1) x++ }',
        'BEGIN { for (;;) a[i++] = sprintf("%01000d", i) }', "MLE"),
    "bash": ("sh",
        'echo hello', 'if then', 'exit 3', 'while :; do :; done',
        'x=$(printf "x%.0s" {1..100000}); while :; do x=$x$x; done', "MLE"),
    "c": ("c",
        '#include <stdio.h>\nint main(void) { puts("hello"); }',
        'int main(void) { return missing; }',
        '#include <stdlib.h>\nint main(void) { abort(); }',
        'int main(void) { for (volatile int i = 0;;) i++; }',
        '#include <stdlib.h>\n#include <string.h>\n'
        'int main(void) { for (;;) { char *p = malloc(1 << 20); memset(p, 1, 1 << 20); } }', "MLE"),
    "cpp": ("cpp",
        '#include <iostream>\nint main() { std::cout << "hello" << std::endl; }',
        'int main() { missing(); }',
        '#include <vector>\nint main() { return std::vector<int>().at(1); }',
        'int main() { for (volatile int i = 0;;) i = i + 1; }',
        '#include <vector>\nint main() { std::vector<std::vector<int>> v; '
        'for (;;) v.emplace_back(1 << 18, 1); }', "MLE"),
    "csharp": ("cs",
        'class A { static void Main() { System.Console.WriteLine("hello"); } }',
        'class A { static void Main() { Missing(); } }',
        'class A { static void Main() { throw new System.Exception("x"); } }',
        'class A { static void Main() { for (;;) ; } }',
        'class A { static void Main() { var l = new System.Collections.Generic.List<int[]>(); '
        'for (;;) { var a = new int[1 << 18]; for (int i = 0; i < a.Length; i++) a[i] = i; '
        'l.Add(a); } } }', "MLE"),
    "fortran": ("f90",
        "program p\nprint '(a)', 'hello'\nend program",
        "program p\nimplicit none\nx = 1\nend program",
        "program p\nstop 3\nend program",
        "program p\ninteger, volatile :: i\ndo\ni = 1\nend do\nend program",
        "program p\ntype t\ninteger, allocatable :: a(:)\nend type\ntype(t) :: v(10000)\n"
        "integer :: i\ndo i = 1, 10000\nallocate (v(i)%a(250000))\nv(i)%a = i\nend do\n"
        "print *, v(77)%a(5)\nend program", "MLE"),
    "go": ("go",
        'package main\nimport "fmt"\nfunc main() { fmt.Println("hello") }',
        'package main\nfunc main() { missing() }',
        'package main\nfunc main() { panic("x") }',
        'package main\nfunc main() { for { } }',
        'package main\nfunc main() { var l [][]int; for { a := make([]int, 1<<17); '
        'for i := range a { a[i] = i }; l = append(l, a) } }', "MLE"),
    "haskell": ("hs",
        'main = putStrLn "hello"',
        'main = missing',
        'main = error "x"',
        'main = print (length (filter even (cycle [1, 3])))',
        'main = let l = [1 ..] :: [Integer] in print (sum l) >> print (last l)', "RE"),
    "java": ("java",
        'public class Hello { public static void main(String[] a) { System.out.println("hello"); } }',
        'public class Hello { public static void main(String[] a) { missing(); } }',
        'class Hello { public static void main(String[] a) { throw new RuntimeException("x"); } }',
        'class Hello { public static void main(String[] a) { for (;;) ; } }',
        'import java.util.*; class Hello { public static void main(String[] a) { '
        'List<int[]> l = new ArrayList<>(); for (;;) l.add(new int[1 << 18]); } }', "RE"),
    "javascript": ("js",
        'console.log("hello")', 'let = = 1', 'throw new Error("x")', 'for (;;) ;',
        'const l = []; for (;;) l.push("x" + Math.random() + [l.length])', "RE"),
    "kotlin": ("kt",
        'fun main() { println("hello") }',
        'fun main() { missing() }',
        'fun main() { throw Exception("x") }',
        'fun main() { while (true) { } }',
        'fun main() { val l = ArrayList<IntArray>(); while (true) l.add(IntArray(1 shl 18)) }',
        "RE"),
    "lua": ("lua",
        'print("hello")', 'if then', 'error("x")', 'while true do end',
        'local t = {} for i = 1, math.huge do t[i] = ("x"):rep(1000) .. i end', "MLE"),
    "ocaml": ("ml",
        'let () = print_endline "hello"', 'let () = missing ()', 'let () = failwith "x"',
        'let () = while true do () done',
        'let () = let l = ref [] in while true do l := Array.make 100000 1 :: !l done', "MLE"),
    "pascal": ("pas",
        "begin writeln('hello') end.", "begin missing end.", "begin halt(3) end.",
        "var i: longint; begin while true do i := i + 1 end.",
        "var p: ^byte; begin while true do begin getmem(p, 1000000); fillchar(p^, 1000000, 1) end"
        " end.", "MLE"),
    "perl": ("pl",
        'print "hello\\n";', 'if {', 'die "x";', 'while (1) { }',
        'my @l; push @l, "x" x 100000 while 1;', "MLE"),
    "php": ("php",
        '<?php echo "hello\\n";', '<?php if {', '<?php throw new Exception("x");',
        '<?php while (true) { }',
        '<?php $l = []; while (true) $l[] = str_repeat("x", 100000);', "MLE"),
    "pypy3": ("py",
        'print("hello")', 'if:\n', 'raise ValueError("x")', 'while True: pass',
        'l = []\nwhile True: l.append("x" * 100000 + str(len(l)))', "MLE"),
    "python3": ("py",
        'print("hello")', 'if:\n', 'raise ValueError("x")', 'while True: pass',
        'l = []\nwhile True: l.append("x" * 100000 + str(len(l)))', "MLE"),
    "ruby": ("rb",
        'puts "hello"', 'if (', 'raise "x"', 'loop { }',
        'l = []\nloop { l << "x" * 100000 }', "MLE"),
    "rust": ("rs",
        'fn main() { println!("hello"); }', 'fn main() { missing(); }',
        'fn main() { panic!("x"); }',
        'fn main() { let mut i = 0u64; loop { i = std::hint::black_box(i + 1); } }',
        'fn main() { let mut l = Vec::new(); loop { l.push(vec![1u8; 1 << 20]); } }', "MLE"),
    "typescript": ("ts",
        'console.log("hello")', 'const x: number = "text"', 'throw new Error("x")', 'for (;;) ;',
        'const l: string[] = []; for (;;) l.push("x" + Math.random() + [l.length])', "RE"),
}

# Calls no program may make, with arguments that would do something: name, number (x86_64), args.
FORBIDDEN = [
    ("socket", 41, (2, 1, 0)), ("execve", 59, ("/bin/sh", 0, 0)), ("ptrace", 101, (0, 0, 0, 0)),
    ("unshare", 272, (0x10000000,)), ("clone", 56, (0x10000011, 0, 0, 0, 0)),
    ("io_uring_setup", 425, (8, 0)), ("mount", 165, ("none", "/tmp", "tmpfs", 0, 0)),
    ("bpf", 321, (0, 0, 0)), ("perf_event_open", 298, (0, 0, -1, -1, 0)),
    ("userfaultfd", 323, (0,)), ("process_vm_readv", 310, (1, 0, 0, 0, 0, 0)),
    ("setns", 308, (0, 0)), ("keyctl", 250, (0, 0, 0, 0, 0)), ("init_module", 175, (0, 0, 0)),
    ("kexec_load", 246, (0, 0, 0, 0)), ("open_by_handle_at", 304, (-100, 0, 0)),
    ("seccomp", 317, (0, 0, 0)), ("setuid", 105, (0,)), ("chroot", 161, ("/",)),
    ("shmget", 29, (0, 4096, 0o1600)), ("memfd_secret", 447, (0,)),
]

CALL_IN_PYTHON = """
import ctypes, sys, threading
number, in_thread = int(sys.argv[1]), sys.argv[2] == "thread"
args = [ctypes.c_char_p(a[2:].encode()) if a.startswith("s:") else ctypes.c_long(int(a))
        for a in sys.argv[3:]]
def call():
    ctypes.CDLL(None).syscall(ctypes.c_long(number), *args)
if in_thread:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
else:
    call()
print("it returned")
"""

CALL_IN_C = """
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static char **words;
static void *call(void *nothing)
{
	long a[6] = { 0 };
	for (int i = 0; i < 6 && words[3 + i]; i++)
		a[i] = strncmp(words[3 + i], "s:", 2) ? atol(words[3 + i]) : (long)(words[3 + i] + 2);
	syscall(atol(words[1]), a[0], a[1], a[2], a[3], a[4], a[5]);
	return nothing;
}
int main(int argc, char **argv)
{
	pthread_t thread;
	words = argv;
	if (strcmp(argv[2], "thread"))
		call(NULL);
	else if (pthread_create(&thread, NULL, call, NULL) || pthread_join(thread, NULL))
		return 2;
	puts("it returned");
	return argc < 3;
}
"""


def definition(language):
    with open(os.path.join(DEFINITIONS, language + ".json"), encoding="utf-8") as file:
        return json.load(file)


def installed():
    """{id: the entry of `bailiff languages --json`} of every language, asked once."""
    if not hasattr(installed, "found"):
        output = subprocess.run([harness.BAILIFF, "languages", "--json"], check=True,
                                stdout=subprocess.PIPE).stdout
        installed.found = {entry["id"]: entry for entry in harness.strict_json(output.decode())}
    return installed.found


class LanguageTest(CellTest):
    def try_file(self, path, *options, language=None, arguments=(), stdin=b""):
        """The result of `bailiff try`, checked for what all of them have."""
        chosen = ["--language", language] if language else []
        outcome = self.call("try", path, *chosen, *options, "--", *arguments, stdin=stdin,
                            timeout=200)
        self.assertEqual(0, outcome.status, outcome)
        result = harness.strict_json(outcome.stdout.decode())
        self.assertEqual({"verdict", "message", "time", "memory", "diagnostics", "truncated",
                          "cached"}, set(result["compile"]), outcome)
        if language:
            self.assertEqual(language, result["language"])
        return result

    def try_text(self, language, text, *options, **kw):
        return self.try_file(self.write("try." + PROGRAMS[language][0], text), *options,
                             language=language, **kw)

    def need(self, language):
        """Skips where a language is missing; not one that must be there."""
        if installed()[language]["version"] is None:
            package = installed()[language]["package"]
            if language in REQUIRED and "BAILIFF_TESTS_LANGUAGES" in os.environ:
                self.skip_missing(f"{language} is not installed: apt install {package}")
            self.skipTest(f"{language} is not installed: apt install {package}")


class Installed(LanguageTest):
    """Every installed language, in both its good and its bad days."""

    table = {}

    def note(self, language, **facts):
        self.table.setdefault(language, {}).update(facts)

    def check_hello(self, language):
        result = self.try_text(language, PROGRAMS[language][1])
        self.note(language, hello=result["verdict"])
        self.expect_output(result, "hello\n")
        self.assertEqual("OK", result["compile"]["verdict"])
        self.assertEqual(definition(language)["run"]["policy"], result["cell"]["policy"])
        self.assertFalse(result["compile"]["cached"])

    def check_real(self, language):
        extension = PROGRAMS[language][0]
        result = self.try_file(os.path.join(SOURCES, "real." + extension), "--cpu", "10s",
                               "--stdin", "-", language=language, stdin="20 22\n")
        self.note(language, real=result["verdict"])
        self.expect(result, "OK")
        self.assertEqual(PASSED, text_of(result).splitlines()[-1])
        self.note(language, processes=result["processes"]["peak"])

    def check_compile_error(self, language):
        result = self.try_text(language, PROGRAMS[language][2])
        self.assertEqual(("CE", "compile", "CE"),
                         (result["verdict"], result["reason"], result["compile"]["verdict"]), result)
        self.assertGreater(len(result["compile"]["diagnostics"]), 10, result)
        self.assertIsNone(result["exit_code"])

    def check_runtime_error(self, language):
        self.expect(self.try_text(language, PROGRAMS[language][3]), "RE")

    def check_endless(self, language):
        self.expect(self.try_text(language, PROGRAMS[language][4], "--cpu", "500ms"), "TLE",
                    "cpu_time")

    def check_memory(self, language):
        result = self.try_text(language, PROGRAMS[language][5], "--cpu", "20s", "--memory", "160M")
        self.note(language, memory=result["verdict"])
        self.expect(result, PROGRAMS[language][6])
        self.assertLessEqual(result["memory"]["peak_bytes"], 160 * MB)

    def check_start(self, language):
        """Start-up time: hello world in a cell and, the same files with the same command,
        outside. Medians of five; the cell's own set-up counts, its compile step does not."""
        inside = []
        run = definition(language)["run"]["argv"]
        kept = definition(language).get("compile", {}).get("artifacts", [])
        source = definition(language)["source"].replace("{class}", "Hello")
        for _ in range(5):
            options = [option for name in kept for option in ("--copy-out",
                                                              f"{name}:{self.path(name)}")]
            result = self.expect(self.try_text(language, PROGRAMS[language][1], *options), "OK")
            inside.append(result["time"]["wall_ms"] + result["cell"]["setup_ms"])
        for name in kept:
            os.chmod(self.path(name), 0o755)
        self.write(source, PROGRAMS[language][1])
        values = {"{source}": source, "{class}": "Hello", "{heap_mib}": "128", "{cpus}": "1"}
        for key, value in values.items():
            run = [word.replace(key, value) for word in run]
        if language in ("javascript", "typescript"):  # its stack must fit ours, not the cell's
            run = [word for word in run if not word.startswith("--stack-size")]
        outside = []
        for _ in range(5):
            begin = time.monotonic()
            subprocess.run(run, cwd=self.dir, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
            outside.append((time.monotonic() - begin) * 1000)
        self.note(language, inside=statistics.median(inside), outside=statistics.median(outside))

    @classmethod
    def tearDownClass(cls):
        rows = [("language", "version", "hello", "real", "memory", "processes", "inside ms",
                 "outside ms")]
        for language, seen in sorted(cls.table.items()):
            rows.append((language, installed()[language]["version"], seen.get("hello", "-"),
                         seen.get("real", "-"), seen.get("memory", "-"),
                         str(seen.get("processes", "-")), f"{seen.get('inside', 0):.1f}",
                         f"{seen.get('outside', 0):.1f}"))
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        print(file=sys.stderr)
        for row in rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip(),
                  file=sys.stderr)


def _add_language_tests():
    """One test method per language, so that each is skipped, and fails, by itself."""
    checks = ("hello", "real", "compile_error", "runtime_error", "endless", "memory", "start")

    def make(language):
        def test(self):
            self.need(language)
            for check in checks:
                with self.subTest(check):
                    getattr(self, "check_" + check)(language)
        test.__doc__ = (f"Goal: {language} works under its policy, and everything that can go "
                        "wrong has its verdict. Method: seven programs through `bailiff try`.")
        return test

    for language in PROGRAMS:
        setattr(Installed, "test_" + language, make(language))


_add_language_tests()


class Definitions(LanguageTest):
    """`bailiff languages` and the definitions behind it."""

    IDS = set("c cpp python3 pypy3 java kotlin javascript typescript rust go pascal fortran ada "
              "haskell ocaml ruby perl php lua csharp bash awk".split())

    DEFINITION = {
        "id": "mine", "name": "Mine", "extensions": ["mine"], "package": "none",
        "version": ["/bin/sh", "-c", "echo version 1.2.3"], "source": "main.mine",
        "env": {"LIMIT": "{memory_mib}/{heap_mib}/{cpus}"},
        "run": {"argv": ["/bin/sh", "-c", "echo \"$LIMIT $0\"; cat main.mine", "{source}"],
                "policy": "shell", "memory_bytes": 16 * MB, "processes": 3},
    }

    def define(self, folder="defs", **changes):
        """A folder with one definition of our own; a value of None takes the key away."""
        text = dict(self.DEFINITION, **changes)
        text = {key: value for key, value in text.items() if value is not None}
        self.write(f"{folder}/mine.json", json.dumps(text))
        return self.path(folder)

    def test_json(self):
        """Goal: the contract's ids and keys. Method: read the list strictly."""
        self.assertEqual(self.IDS, set(installed()))
        for entry in installed().values():
            self.assertEqual({"id", "name", "version", "extensions", "policy", "package"},
                             set(entry))
            self.assertTrue(entry["extensions"] and entry["policy"] and entry["package"])
        for language in ("c", "cpp", "python3", "perl", "bash"):
            self.need(language)
            self.assertRegex(installed()[language]["version"], r"^\d+(\.\d+)+$")

    def test_table(self):
        """Goal: a table for humans, on standard output, that says how to install what is
        missing. Method: look for each language's line."""
        outcome = self.call("languages")
        self.assertEqual((0, ""), (outcome.status, outcome.stderr))
        lines = {line.split()[0]: line for line in outcome.stdout.decode().splitlines()}
        self.assertLessEqual(self.IDS, set(lines))
        for entry in installed().values():
            shown = entry["version"] or f"apt install {entry['package']}"
            self.assertIn(shown, lines[entry["id"]])

    def test_missing_tool_chain(self):
        """Goal: a language that is not installed says so and which package brings it. Method: a
        definition whose compiler does not exist, listed and tried; one whose compile step or
        run-time system does not."""
        folder = self.define(version=["/usr/bin/not-there"], package="not-there-pkg")
        entries = harness.strict_json(
            self.call("languages", "--json", "--languages", folder).stdout.decode())
        self.assertIsNone(next(e["version"] for e in entries if e["id"] == "mine"))
        outcome = self.call("try", self.write("a.mine"), "--languages", folder)
        self.assertEqual(harness.EX_UNAVAILABLE, outcome.status, outcome)
        self.assertIn("apt install not-there-pkg", outcome.stderr)
        step = {"argv": ["/usr/bin/not-there", "{source}"], "policy": "shell"}
        for key in ("compile", "run"):
            folder = self.define(package="not-there-pkg", **{key: step})
            outcome = self.call("try", self.write("a.mine"), "--languages", folder)
            self.assertEqual(harness.EX_UNAVAILABLE, outcome.status, outcome)
            self.assertIn("/usr/bin/not-there", outcome.stderr)
            self.assertIn("apt install not-there-pkg", outcome.stderr)

    def test_own_language(self):
        """Goal: --languages adds one; its placeholders, environment, policy and threads are in
        force. Method: a language that prints them."""
        folder = self.define()
        result = self.try_file(self.write("a.mine", "text\n"), "--languages", folder, "--memory",
                               "64M", "--processes", "5", "--cpus", "1.5")
        self.expect_output(result, "64/48/2 main.mine\ntext\n")
        self.assertEqual(("mine", "shell"), (result["language"], result["cell"]["policy"]))
        self.assertEqual(8, result["limits"]["processes"])

    def test_override(self):
        """Goal: a definition of a known id replaces it. Method: a C that is no C."""
        folder = self.define(id="c", extensions=["c"])
        result = self.try_file(self.write("a.c", "not C\n"), "--languages", folder)
        self.assertIn("not C\n", text_of(self.expect(result, "OK")))

    def test_bound_tool_chain(self):
        """Goal: a definition may bind a tool chain's folder. Method: an interpreter in a folder
        that the cell does not have otherwise."""
        self.write("chain/tool", "#!/bin/sh\necho bound tool\n", mode=0o755)
        run = dict(self.DEFINITION["run"], argv=["/opt/chain/tool"])
        folder = self.define(run=run, binds=[{"from": self.path("chain"), "to": "/opt/chain"},
                                             {"from": "/nonexistent", "optional": True}])
        result = self.try_file(self.write("a.mine"), "--languages", folder)
        self.expect_output(result, "bound tool\n")

    def test_policy_file_beside_the_definition(self):
        """Goal: a relative policy path is below the definitions' folder. Method: one there."""
        self.write("defs/policies/mine-policy.json", json.dumps({
            "defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}))
        folder = self.define(run=dict(self.DEFINITION["run"], policy="policies/mine-policy.json"))
        result = self.try_file(self.write("a.mine"), "--languages", folder)
        self.assertEqual("mine-policy", self.expect(result, "OK")["cell"]["policy"])

    def test_wrong_definitions(self):
        """Goal: an error names file and key, exit status 65. Method: one mistake each."""
        run = self.DEFINITION["run"]
        cases = [
            ({"id": "Has Blanks"}, "id: "), ({"id": None}, "key 'id' is missing"),
            ({"extensions": []}, "extensions: "), ({"extensions": [".c"]}, "extensions[0]: "),
            ({"version": ["gcc"]}, "version: "), ({"version": "gcc"}, "version: "),
            ({"source": "a/b"}, "source: "), ({"env": {"A=B": "x"}}, 'env["A=B"]: '),
            ({"sauce": 1}, "sauce"), ({"run": None}, "key 'run' is missing"),
            ({"run": dict(run, argv=["python3"])}, "run.argv: "),
            ({"run": dict(run, processes=-1)}, "run.processes: "),
            ({"compile": {"argv": ["/bin/true"]}}, "compile: key 'policy' is missing"),
            ({"compile": {"argv": ["/bin/true"], "policy": "shell",
                          "limits": {"cpu_ms": 0}}}, "compile.limits.cpu_ms: "),
            ({"binds": [{"from": "relative"}]}, "binds[0]: "),
        ]
        for changes, expected in cases:
            with self.subTest(expected):
                folder = self.define(**changes)
                for command in (("languages",), ("try", self.write("a.mine"))):
                    outcome = self.call(*command, "--languages", folder)
                    self.assertEqual(harness.EX_DATA, outcome.status, outcome)
                    self.assertIn("mine.json: ", outcome.stderr)
                    self.assertIn(expected, outcome.stderr)
        outcome = self.call("languages", "--languages", self.path("nothing"))
        self.assertEqual(harness.EX_NOINPUT, outcome.status, outcome)


class Try(LanguageTest):
    """`bailiff try` itself."""

    def test_language_by_extension(self):
        """Goal: the extension decides, and --language over it. Method: both."""
        path = self.write("a.py", "import sys; print(sys.implementation.name)")
        self.expect_output(self.try_file(path), "cpython\n")
        self.need("pypy3")
        self.expect_output(self.try_file(path, language="pypy3"), "pypy\n")

    def test_which_language(self):
        """Goal: an unknown or ambiguous extension is a usage error that names --language.
        Method: one of each, and an unknown id with its nearest as a hint."""
        self.write("defs/other.json", json.dumps(dict(
            Definitions.DEFINITION, id="other", extensions=["c"])))
        cases = [(["a.xyz"], "--language"), (["noextension"], "--language"),
                 (["a.c", "--languages", self.path("defs")], "--language c"),
                 (["a.c", "--language", "pyton3"], "python3"),
                 ([], "SOURCE"), (["a.c", "--spec", "x"], "--spec"),
                 (["a.c", "--cpu", "x"], "--cpu"), (["a.c", "--memroy", "1G"], "--memory")]
        self.write("a.c")
        for arguments, expected in cases:
            with self.subTest(arguments):
                outcome = self.call("try", *arguments, cwd=self.dir)
                self.assertEqual(harness.EX_USAGE, outcome.status, outcome)
                self.assertIn(expected, outcome.stderr)
        outcome = self.call("try", self.path("missing.c"))
        self.assertEqual(harness.EX_NOINPUT, outcome.status, outcome)

    def test_options_before_and_behind(self):
        """Goal: options stand where one likes, arguments after --. Method: both orders."""
        path = self.write("a.py", "import sys; print(sys.argv[1:], sys.stdin.read())")
        infile = self.write("in.txt", "input")
        for order in ((path, "--stdin", infile, "--", "--x", "y"),
                      ("--stdin", infile, path, "--", "--x", "y"),
                      ("--stdin", infile, "--", path, "--x", "y")):
            with self.subTest(order):
                outcome = self.call("try", *order)
                self.assertEqual(0, outcome.status, outcome)
                result = harness.strict_json(outcome.stdout.decode())
                self.expect_output(result, "['--x', 'y'] input\n")

    def test_run_options_are_in_force(self):
        """Goal: a run's options mean the run. Method: limits, environment, files, a policy."""
        extra = self.write("extra.txt", "extra")
        path = self.write("a.py", "import os; print(os.environ['A'], os.environ['ONLINE_JUDGE'], "
                          "open('extra.txt').read()); open('out.txt', 'w').write('made')")
        outcome = self.call("try", path, "--env", "A=b", "--env", "ONLINE_JUDGE=no", "--copy-in",
                            extra, "--copy-out", f"out.txt:{self.path('got.txt')}", "--memory",
                            "100M", "--result", self.path("result.json"), "--policy", "shell")
        self.assertEqual((0, b""), (outcome.status, outcome.stdout), outcome)
        result = harness.strict_json(self.read(self.path("result.json")).decode())
        self.expect_output(result, "b no extra\n")
        self.assertEqual(b"made", self.read(self.path("got.txt")))
        self.assertEqual((100 * MB, "shell"),
                         (result["limits"]["memory_bytes"], result["cell"]["policy"]))

    def test_exit_status(self):
        """Goal: --exit-status mirrors the program; a compile error is 1. Method: both."""
        self.assertEqual(7, self.call("try", self.write("a.py", "exit(7)"),
                                      "--exit-status").status)
        self.assertEqual(1, self.call("try", self.write("b.py", "if:"), "--exit-status").status)

    def test_java_classes(self):
        """Goal: a Java file is named after its class and the one with main is started, whatever
        the file is called. Method: classes, comments and packages that could mislead."""
        self.need("java")
        main = "static void main(String[] a) { System.out.println(Helper.text()); }"
        helper = 'static String text() { return "found"; }'
        sources = [
            f"public class Solution {{ public {main} }} class Helper {{ {helper} }}",
            f"class Helper {{ {helper} }} class Other {{ public {main} }}",
            f"// public class Wrong {{\n/* class Bad {{ void main( */ class Helper {{ {helper} "
            f"char c = '{{'; String s = \"\\\"{{ class X {{\"; }} public class Right {{ public {main} }}",
            f"package some.where; public class Solution {{ public {main} }} "
            f"interface Helper {{ {helper} }}",
            f"public interface Helper {{ {helper} public {main} }}",
            f"@SuppressWarnings(\"x\") public final class Été {{ public {main} }} "
            f"class Helper {{ {helper} }}",
        ]
        for source in sources:
            with self.subTest(source):
                self.expect_output(self.try_file(self.write("odd-name.java", source)), "found\n")

    def test_diagnostics_are_bounded_text(self):
        """Goal: 64 KiB of valid UTF-8, whatever the compiler writes. Method: a compiler that
        floods, one that writes bytes that are no text, and one that says nothing."""
        compile_step = {"policy": "shell", "argv": [
            "/bin/sh", "-c", "head -c 300000 /dev/zero | tr '\\0' x; exit 1"]}
        definitions = Definitions.DEFINITION
        self.write("defs/mine.json", json.dumps(dict(definitions, compile=compile_step)))
        source = self.write("a.mine")
        result = self.try_file(source, "--languages", self.path("defs"))
        self.assertEqual("CE", result["verdict"])
        self.assertEqual("x" * 65536, result["compile"]["diagnostics"])
        self.assertTrue(result["compile"]["truncated"])

        compile_step["argv"][2] = "printf 'a\\377\\000\\033[31mb' >&2; exit 1"
        self.write("defs/mine.json", json.dumps(dict(definitions, compile=compile_step)))
        result = self.try_file(source, "--languages", self.path("defs"))
        self.assertEqual("a\ufffd\ufffd\x1b[31mb", result["compile"]["diagnostics"])

        compile_step["argv"][2] = "true"
        compile_step["artifacts"] = ["program"]
        self.write("defs/mine.json", json.dumps(dict(definitions, compile=compile_step)))
        result = self.try_file(source, "--languages", self.path("defs"))
        self.assertEqual("CE", result["verdict"])
        self.assertIn("program", result["message"])

    def test_compile_bombs(self):
        """Goal: what a submission makes the compiler do ends as a compile error, within limits.
        Method: an endless include, a huge array, reading a host file, and endless expansion."""
        bombs = [
            '#include "/dev/zero"\nint main(void) { }',
            '#include __FILE__\nint main(void) { }',
            'char a[1ul << 34] = { 1 }; int main(void) { return a[5]; }',
            '#include "/etc/shadow"\nint main(void) { }',
            '#include "/root/.bashrc"\nint main(void) { }',
        ]
        for bomb in bombs:
            with self.subTest(bomb):
                result = self.try_text("c", bomb)
                self.assertEqual("CE", result["verdict"], result)
                self.assertNotIn("root:", result["compile"]["diagnostics"])
                self.assertLess(result["compile"]["time"]["wall_ms"], 70000)

    def test_cancelled_while_compiling(self):
        """Goal: SIGTERM in the compile step cleans up and exits with 143. Method: a compile step
        that sleeps."""
        self.write("defs/mine.json", json.dumps(dict(Definitions.DEFINITION, compile={
            "policy": "shell", "argv": ["/bin/sh", "-c", "sleep 50"]})))
        process = self.start("try", self.write("a.mine"), "--languages", self.path("defs"))
        self.assertTrue(harness.wait_until(
            lambda: "sleep" in harness.descendants(process.pid).values(), 20))
        process.terminate()
        stdout, _ = self.finish(process)
        self.assertEqual((143, b""), (process.returncode, stdout))


class Refused(LanguageTest):
    """What no policy of a language lets through."""

    def check_calls(self, language, text, where):
        path = self.write("call." + PROGRAMS[language][0], text)
        for name, number, arguments in FORBIDDEN:
            words = [f"s:{a}" if isinstance(a, str) else str(a) for a in arguments]
            with self.subTest(f"{name} from {language}'s {where}"):
                result = self.try_file(path, language=language,
                                       arguments=[str(number), where, *words])
                self.expect(result, "SV", "syscall")
                self.assertEqual((name, number, "x86_64"), tuple(
                    result["syscall"][key] for key in ("name", "number", "arch")))
                first = arguments[0]
                if isinstance(first, int):
                    self.assertEqual(first & 0xffffffffffffffff,
                                     int(result["syscall"]["args"][0], 16), result["syscall"])

    @unittest.skipUnless(os.uname().machine == "x86_64", "numbers of x86_64")
    def test_from_python(self):
        """Goal: ctypes is no way out. Method: each call, from the main thread."""
        self.check_calls("python3", CALL_IN_PYTHON, "main")

    @unittest.skipUnless(os.uname().machine == "x86_64", "numbers of x86_64")
    def test_from_a_python_thread(self):
        """Goal: nor is a thread. Method: each call, from a second thread."""
        self.check_calls("python3", CALL_IN_PYTHON, "thread")

    @unittest.skipUnless(os.uname().machine == "x86_64", "numbers of x86_64")
    def test_from_c(self):
        """Goal: the same for machine code. Method: each call, from both threads."""
        self.check_calls("c", CALL_IN_C, "main")
        self.check_calls("c", CALL_IN_C, "thread")

    def test_java(self):
        """Goal: the JVM gets no network and starts no program. Method: a socket, which its
        policy answers with an error because the JVM itself asks for one, and a process."""
        self.need("java")
        socket = ("import java.net.*; class A { public static void main(String[] a) { "
                  "try { new Socket(\"127.0.0.1\", 80); System.out.println(\"open\"); } "
                  "catch (Exception e) { System.out.println(\"refused\"); } } }")
        self.expect_output(self.try_text("java", socket), "refused\n")
        spawn = ("class A { public static void main(String[] a) throws Exception { "
                 "new ProcessBuilder(\"/bin/true\").start().waitFor(); } }")
        result = self.expect(self.try_text("java", spawn), "SV", "syscall")
        self.assertEqual("execve", result["syscall"]["name"])

    def test_node(self):
        """Goal: nor does Node.js. Method: a connection, a server, a process."""
        self.need("javascript")
        for source, names in (
                ("require('net').connect(80, '127.0.0.1')", {"socket"}),
                ("require('http').createServer().listen(8080)", {"socket"}),
                ("require('child_process').spawnSync('/bin/true')", {"socketpair", "execve"}),
                ("require('child_process').execSync('true')", {"socketpair", "execve"})):
            with self.subTest(source):
                result = self.expect(self.try_text("javascript", source), "SV", "syscall")
                self.assertIn(result["syscall"]["name"], names)

    def test_processes(self):
        """Goal: interpreters start no programs, shells do. Method: system() in each."""
        for language, source in (
                ("python3", "import os; os.system('true')"),
                ("python3", "import subprocess; subprocess.run(['true'])"),
                ("perl", "system('true')"), ("ruby", "system('true')"),
                ("php", "<?php system('true');"), ("lua", "os.execute('true')"),
                ("awk", 'BEGIN { system("true") }')):
            with self.subTest(source):
                self.need(language)
                result = self.expect(self.try_text(language, source), "SV", "syscall")
                self.assertEqual("execve", result["syscall"]["name"])
        self.expect_output(self.try_text("bash", "/bin/echo program"), "program\n")

    def test_asyncio(self):
        """Goal: Python's event loop works, its network does not. Method: both."""
        self.expect_output(self.try_text("python3", (
            "import asyncio\nasync def f(n):\n await asyncio.sleep(0.01); return n\n"
            "async def main():\n loop = asyncio.get_running_loop()\n"
            " print(await asyncio.gather(f(1), f(2), loop.run_in_executor(None, sum, [1, 2])))\n"
            "asyncio.run(main())")), "[1, 2, 3]\n")
        result = self.try_text("python3", "import asyncio\n"
                               "asyncio.run(asyncio.open_connection('127.0.0.1', 80))")
        self.assertEqual("socket", self.expect(result, "SV", "syscall")["syscall"]["name"])

    def test_user_lookup(self):
        """Goal: looking up one's own user is no violation. Method: pwd and getpwuid."""
        self.expect_output(self.try_text(
            "python3", "import os, pwd; print(pwd.getpwuid(0).pw_name, os.path.expanduser('~'))"),
            "root /box\n")


if __name__ == "__main__":
    unittest.main()
