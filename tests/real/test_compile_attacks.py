# SPDX-License-Identifier: MIT
"""Attacks on the compile step: sources that make the compiler read what is not theirs, never end,
or leave a trap where the program should be. Each ends as a compile error within the step's limits,
or compiles to something harmless; what is said about it is bounded and tells nothing of the host.

The limits are lower than the definitions' own, so that endless work is over soon. What the
definitions' own limits do is in test_languages.py."""

import json
import os
import secrets

import harness
from harness import MB, SLOWNESS, CellTest, main, text_of

DEFINITIONS = os.path.join(harness.TREE, "runner", "languages")
LIMITS = {"cpu_ms": 4000, "wall_ms": 10000, "memory_bytes": 512 * MB, "output_bytes": 32 * MB,
          "disk_bytes": 64 * MB}
DIAGNOSTICS_MAX = 64 << 10
TOO_MUCH = ("CPU time", "memory", "output", "wall", "file size")


class CompileAttack(CellTest):
    def setUp(self):
        super().setUp()
        self.secret = f"secret-{secrets.token_hex(16)}"
        self.defs = self.path("defs")

    def define(self, language, **limits):
        """The language's own definition with lower limits."""
        with open(os.path.join(DEFINITIONS, language + ".json"), encoding="utf-8") as file:
            definition = json.load(file)
        if not os.access(definition["version"][0], os.X_OK):
            self.skip_missing(f"{language} is not installed: apt install {definition['package']}")
        definition["compile"]["limits"] = dict(LIMITS, **limits)
        self.write(f"defs/{language}.json", json.dumps(definition))
        return definition["extensions"][0]

    def compile(self, language, text, *options, name=None, **limits):
        """The result of `bailiff try`, checked for what holds whatever the source is."""
        extension = self.define(language, **limits)
        return self.check(self.write(name or f"attack.{extension}", text), *options,
                          "--language", language)

    def check(self, path, *options):
        environment = dict(os.environ, BAILIFF_TEST_SECRET=self.secret)
        outcome = self.call("try", path, "--languages", self.defs, *options, env=environment)
        self.assertEqual(0, outcome.status, outcome)
        result = harness.strict_json(outcome.stdout.decode())
        compiled = result["compile"]
        self.assertIn(compiled["verdict"], ("OK", "CE"), outcome)
        self.assertLessEqual(len(compiled["diagnostics"].encode()), DIAGNOSTICS_MAX)
        self.assertLess(compiled["time"]["wall_ms"], (LIMITS["wall_ms"] + 2000) * SLOWNESS)
        self.assertLessEqual(compiled["memory"]["peak_bytes"], LIMITS["memory_bytes"])
        for line in self.host_secrets():
            self.assertNotIn(line, outcome.stdout.decode() + outcome.stderr)
        return result

    def host_secrets(self):
        """Texts of this machine that must not be told to a submission."""
        found = [self.secret]
        for path in ("/etc/shadow", "/root/.bashrc"):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    found += [line.strip() for line in file if len(line) > 15]
            except OSError:
                pass
        return found

    def expect_refused(self, result, *words):
        """A compile error; with words, one whose message has one of them."""
        self.assertEqual(("CE", "CE"), (result["verdict"], result["compile"]["verdict"]), result)
        if words:
            self.assertTrue(any(word in result["message"] for word in words), result["message"])


class Reading(CompileAttack):
    """Compilers asked to read files."""

    def test_endless_and_empty_devices(self):
        """Goal: a device as a header ends within limits. Method: include each."""
        for path in ("/dev/random", "/dev/urandom", "/dev/stdin", "/proc/self/fd/0", "/dev/fd/0",
                     "/dev/full", "/proc/kmsg", "/dev/tty", "/dev/null"):
            with self.subTest(path):
                result = self.compile("c", f'#include "{path}"\nint main(void) {{ x }}')
                self.expect_refused(result)

    # Puts a file into a program that prints it.
    INCLUDE_BYTES = (
        '__asm__(".globl s, e\\n.data\\ns:\\n.incbin \\"%s\\"\\ne:\\n");\n'
        'extern const char s[], e[];\n#include <stdio.h>\n'
        'int main(void) { fwrite(s, 1, e - s, stdout); }\n')

    def test_files_of_the_host(self):
        """Goal: no file outside the cell is read, whatever its mode, by any way a source can name
        one. Method: a secret in files of ours and in the supervisor's environment; the machine's
        own; read by the preprocessor, by the assembler, and for showing an error's line."""
        self.expect_output(self.compile("c", self.INCLUDE_BYTES % "main.c"),
                           self.INCLUDE_BYTES % "main.c")
        paths = [self.write("private.h", self.secret, 0o600),
                 self.write("public.h", self.secret, 0o644), "/etc/shadow", "/etc/gshadow",
                 "/root/.bashrc", "/proc/1/environ", "/proc/1/root/etc/shadow",
                 "/proc/self/root" + self.path("public.h"), "/box/.." + self.path("public.h"),
                 "/proc/1/mem", "/proc/kcore", "/dev/mem"]
        for path in paths:
            for source in (
                    f'#include "{path}"\nint main(void) {{ }}',
                    f'#define F "{path}"\n#include F\nint main(void) {{ }}',
                    f'#pragma GCC dependency "{path}"\nint main(void) {{ }}',
                    f'#line 1 "{path}"\nint main(void) {{ return missing; }}',
                    f'__asm__(".include \\"{path}\\"");\nint main(void) {{ }}',
                    self.INCLUDE_BYTES % path):
                with self.subTest(source):
                    self.expect_refused(self.compile("c", source))

    def test_existence_is_not_told(self):
        """Goal: nor whether a file exists. Method: __has_include of one that does, and of one
        that a cell has."""
        path = self.write("public.h", self.secret)
        result = self.compile("c", f'#if __has_include("{path}")\n#error it is there\n#endif\n'
                              '#if !__has_include("/usr/include/stdio.h")\n#error blind\n#endif\n'
                              'int main(void) { }')
        self.expect(result, "OK")

    def test_names_are_no_options(self):
        """Goal: a source's name is never an option or a list of them. Method: names that gcc
        would obey; each compiles as any other file."""
        for name in ("-fplugin=evil.c", "@options.c", "-o.c", "--help.c", "-.c", "a b;id #.c",
                     "$(id).c", "-imacros\n.c", "%s%n.c"):
            with self.subTest(name):
                result = self.compile("c", '#include <stdio.h>\nint main(void) { puts("ran"); }',
                                      name=name)
                self.expect_output(result, "ran\n")

    def test_options_in_the_source(self):
        """Goal: no option from inside a source makes the compiler load code or read a file. Method:
        GCC's ways to set options there; each is refused, or ignored in favour of the program."""
        plugin = self.write("plugin.so", self.secret)
        for line, words in (
                (f'#pragma GCC optimize ("-fplugin={plugin}")', "bad option"),
                (f'#pragma GCC optimize ("O2", "-imacros{plugin}")', "bad option"),
                (f'__attribute__((optimize("-fplugin={plugin}"))) int f(void);', "bad option"),
                ('#pragma GCC target ("arch=native")', "bad value"),
                (f'#pragma GCC pch_preprocess "{plugin}"', "should only be used"),
                (f'#pragma GCC plugin "{plugin}"', ""),
                (f'__asm__(".file \\"{plugin}\\"");', "")):
            with self.subTest(line):
                result = self.compile("c", line + '\n#include <stdio.h>\n'
                                      'int main(void) { puts("ran"); }')
                self.assertIn(words, result["compile"]["diagnostics"])
                if result["verdict"] != "CE":
                    self.expect_output(result, "ran\n")


class Endless(CompileAttack):
    """Compilers given work without end."""

    def test_c(self):
        """Goal: endless expansion and data end by a limit or the compiler's own. Method: one
        source for each."""
        doubling = "\n".join(f"#define M{i} M{i - 1} M{i - 1}" for i in range(1, 41))
        bombs = {
            "macros": f"#define M0 1 +\n{doubling}\nint x = M40 0;",
            "strings": '#define M0 "xxxxxxxxxxxxxxxx"\n' + doubling + "\nchar x[] = M40;",
            "arguments": "#define A(x) x x x x x x x x\n"
                         "int x[] = { A(A(A(A(A(A(A(A(A(A(A(A(A(1,))))))))))))) };",
            "includes": "#if __INCLUDE_LEVEL__ < 190\n#include __FILE__\n#include __FILE__\n"
                        "#endif\n#define X(a) a a\nX(X(int x;))",
            "array": "int a[1ul << 32] = { [1ul << 31] = 1 };\nint b[] = { [1 << 29] = 1 };\n"
                     "int main(void) { return a[5]; }",
            "assembler": '__asm__(".fill 0x4000000000");\nint main(void) { }',
            "assembler loop": '__asm__(".rept 1000000000\\nnop\\n.endr");\nint main(void) { }',
            "assembler recursion": '__asm__(".macro m\\nm\\nm\\n.endm\\nm");\nint main(void) { }',
            "nesting": "int main(void) { return " + "(" * 2000000 + "1" + ")" * 2000000 + "; }",
        }
        for name, source in bombs.items():
            with self.subTest(name):
                self.expect_refused(self.compile("c", source))

    def test_cpp(self):
        """Goal: the same for what C++ computes at compile time. Method: templates without end, in
        depth and in number, and a constexpr loop."""
        bombs = {
            "depth": "template <int n> struct A { A<n + 1> a; };\nA<0> a;\nint main() { }",
            "number": "template <int n, int m> struct A { A<n - 1, 2 * m> a; "
                      "A<n - 1, 2 * m + 1> b; };\ntemplate <int m> struct A<0, m> { };\n"
                      "A<26, 0> a;\nint main() { }",
            "size": "template <class T> struct A { struct B { T a, b, c; int d[9]; } x; };\n"
                    "template <int n> struct N { typedef A<typename N<n - 1>::T> T; };\n"
                    "template <> struct N<0> { typedef int T; };\nN<800>::T x;\nint main() { }",
            "constexpr": "constexpr long f(long n) { long s = 0; for (long i = 0; i < n; i++) "
                         "for (long j = 0; j < n; j++) s += i ^ j; return s; }\n"
                         "constexpr long x = f(1L << 40);\nint main() { }",
            "recursion": "constexpr long f(long n) { return n < 2 ? n : f(n - 1) + f(n - 2) + "
                         "(n & 1); }\ntemplate <long n> struct A { static constexpr long v = "
                         "f(n) + A<n - 1>::v; };\ntemplate <> struct A<0> { static constexpr long "
                         "v = 0; };\nconstexpr long x = A<800>::v;\nint main() { }",
        }
        for name, source in bombs.items():
            with self.subTest(name):
                self.expect_refused(self.compile("cpp", source))

    def test_messages(self):
        """Goal: gigabytes of messages are cut at 64 KiB and end by a limit. Method: a warning in
        a file that includes itself twice, errors made by macros, one endless line."""
        doubling = "\n".join(f"#define M{i} M{i - 1} M{i - 1}" for i in range(1, 21))
        bombs = {
            "warnings": "#warning " + "x" * 60000 + "\n#if __INCLUDE_LEVEL__ < 190\n"
                        "#include __FILE__\n#include __FILE__\n#endif\n",
            "errors": f"#define M0 y + \n{doubling}\n" + "".join(
                f"int f{i}(void) {{ return M15 z{i}; }}\n" for i in range(50)),
            "line": "int main(void) { return " + "x" * 10000000 + "; }",
        }
        for name, source in bombs.items():
            with self.subTest(name):
                result = self.compile("c", source)
                self.expect_refused(result)
                self.assertTrue(result["compile"]["truncated"], result["message"])
                if name == "warnings":
                    self.expect_refused(result, *TOO_MUCH)

    def test_python(self):
        """Goal: the syntax check of Python withstands sources that are none. Method: codecs that
        unpack, null bytes, and nesting beyond every bound."""
        sources = {
            "codec": b"# coding: bz2\nBZh91AY&SY",
            "unpacking codec": b"# coding: zlib\n" + bytes(1000),
            "unicode escapes": b"# coding: unicode_escape\n\\x",
            "null bytes": b"print(1)\0print(2)\n",
            "only null bytes": bytes(1 << 20),
            "parentheses": b"(" * (15 << 20),
            "brackets": b"[" * 150 + b"(" * 500000,
            "indents": b"".join(b" " * i + b"if 1:\n" for i in range(300)),
            "unary": b"x = " + b"-" * 3000000 + b"1\n",
        }
        for name, source in sources.items():
            with self.subTest(name):
                self.expect_refused(self.compile("python3", source))

    def test_java(self):
        """Goal: the same for Java. Method: a program spelled in unicode escapes inside a comment,
        which is a program like any other; a source that is one escape; types and constants
        without end; code too large; an annotation processor, which is not run."""
        hidden = ("*/ class Main { public static void main(String[] a) { "
                  "System.out.println(\"ran\"); } } /*")
        escaped = "".join(f"\\u{ord(letter):04x}" for letter in hidden)
        self.expect_output(self.compile("java", f"/* {escaped} */"), "ran\n")
        start = "public static void main(String[] a) { }"
        doubling = "".join(f"static final String s{i} = s{i - 1} + s{i - 1};\n"
                           for i in range(1, 40))
        bombs = {
            "unfinished escape": "class A { // \\" + "u" * 5000000 + "\n}",
            "types": "class N<Z> { } class C<X> extends N<N<? super C<C<X>>>> { "
                     f"N<? super C<Byte>> cast(C<Byte> c) {{ return c; }} {start} }}",
            "constants": f'class A {{ static final String s0 = "x";\n{doubling} {start} }}',
            "code too large": "class A { int f() { int x = 0;\n" + "x += f();\n" * 20000 +
                              f"return x; }} {start} }}",
            "processor": "import javax.annotation.processing.*; import java.util.*; "
                         "import javax.lang.model.element.*; "
                         "@SupportedAnnotationTypes(\"*\") public class A extends "
                         "AbstractProcessor { public boolean process(Set<? extends TypeElement> s, "
                         "RoundEnvironment r) { throw new Error(\"processed\"); } "
                         f"int x = missing; {start} }}",
        }
        for name, source in bombs.items():
            with self.subTest(name):
                result = self.compile("java", source)
                self.expect_refused(result)
                self.assertNotIn("Error: processed", result["compile"]["diagnostics"])

    def test_source_size(self):
        """Goal: a source that is too large is the caller's mistake, told at once. Method: 100 MB
        of parentheses."""
        self.define("python3")
        path = self.write("attack.py")
        with open(path, "wb") as file:
            for _ in range(100):
                file.write(b"(" * MB)
        outcome = self.call("try", path, "--languages", self.defs)
        self.assertIn(outcome.status, (harness.EX_USAGE, harness.EX_DATA), outcome)
        self.assertEqual(b"", outcome.stdout)
        self.assertLess(outcome.seconds, 5 * SLOWNESS)


class Artifacts(CompileAttack):
    """Something else where the program should be. The compiler is a shell, so the source is its
    script; its policy allows everything, so that nothing stops it before the supervisor looks; and
    the program's run shows what was taken."""

    def setUp(self):
        super().setUp()
        self.write("defs/trap.json", json.dumps({
            "id": "trap", "name": "Trap", "extensions": ["trap"], "package": "none",
            "version": ["/bin/sh", "-c", "echo 1.0"], "source": "main.trap",
            "compile": {"argv": ["/bin/sh", "{source}"], "policy": self.policy(),
                        "artifacts": ["out"], "limits": dict(LIMITS, wall_ms=3000)},
            "run": {"argv": ["/bin/sh", "-c", "wc -c <out; head -c 100 out"], "policy": "shell"}}))

    def plant(self, script):
        return self.check(self.write("plant.trap", script))

    def test_environment(self):
        """Goal: what a compiler can find out about itself and its neighbours is the cell's alone.
        Method: it prints every environment and command line it can read, with a secret in the
        supervisor's."""
        result = self.plant("cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; "
                            "env; exit 1")
        self.expect_refused(result)
        self.assertIn("HOME=/box", result["compile"]["diagnostics"])
        self.assertNotIn("BAILIFF", result["compile"]["diagnostics"])

    def test_not_a_file(self):
        """Goal: only a regular file is taken, and no link is followed. Method: links to files of
        the host and of the cell, to devices, to itself, to nothing; a FIFO, one with a writer, a
        folder; nothing at all."""
        target = self.write("secret.txt", self.secret)
        for script in (f"ln -s {target} out", "ln -s /etc/shadow out", "ln -s /etc/passwd out",
                       "ln -s main.trap out", "ln -s /box/main.trap out", "ln -s out out",
                       "ln -s /proc/self/fd/0 out", "ln -s /proc/1/root/etc/passwd out",
                       "ln -s /dev/zero out", "ln -s missing out", "mkfifo out",
                       "mkfifo out; (echo x >out &) ; sleep 0.1", "mkdir out",
                       "mkdir out; echo x >out/out", ":"):
            with self.subTest(script):
                self.expect_refused(self.plant(script), "no usable file 'out'")

    def test_devices_and_foreign_files(self):
        """Goal: a compile step makes no device and gets no file of another owner into its place.
        Method: mknod, a hard link to the host's shell, a rename of it."""
        for script in ("mknod out c 1 5", "mknod out b 8 0", "ln /bin/sh out", "mv /bin/sh out"):
            with self.subTest(script):
                self.expect_refused(self.plant(script))

    def test_size(self):
        """Goal: what is taken is bounded by the limits. Method: files beyond them, written and
        sparse; one below them, sparse, which is taken as it is."""
        for script in ("head -c 40000000 /dev/zero >out", "truncate -s 1T out",
                       "truncate -s 33M out", "head -c 31M /dev/zero >a; head -c 31M /dev/zero >b; "
                       "head -c 31M /dev/zero >out"):
            with self.subTest(script):
                self.expect_refused(self.plant(script))
        result = self.plant("truncate -s 8M out")
        self.expect(result, "OK")
        self.assertEqual(f"{8 << 20}", text_of(result).split("\n", maxsplit=1)[0])

    def test_mode(self):
        """Goal: what is taken runs with a mode of our choosing. Method: a file that nobody may
        read, and one with set-user-id."""
        for mode in ("000", "6777"):
            result = self.plant(f"echo text >out; chmod {mode} out")
            self.expect_output(result, "5\ntext\n")

    def test_processes_that_stay(self):
        """Goal: nothing the compile step started changes the program afterwards, or keeps the
        step from ending. Method: a background process that writes on, many of them, one that
        waits."""
        self.expect(self.plant("echo start >out; (while :; do echo x >>out; done) & exit 0"), "OK")
        self.expect(self.plant("echo start >out; sleep 1000 & exit 0"), "OK")
        result = self.plant("echo start >out; f() { f | f & }; f; sleep 0.2; exit 0")
        self.assertIn(result["compile"]["verdict"], ("OK", "CE"))
        self.expect_refused(self.plant("echo start >out; sleep 1000"), *TOO_MUCH)


if __name__ == "__main__":
    main()
