# SPDX-License-Identifier: MIT
"""`bailiff run`: every option of the contract does what it says, for well-behaved programs."""

import json
import os
import resource
import shutil
import stat
import subprocess

import harness
from harness import BAILIFF, MB, CellTest, captured, main, program, strict_json, text_of

DEFAULT_LIMITS = {
    "cpu_ms": 1000, "wall_ms": 3000, "memory_bytes": 256 * MB, "processes": 32,
    "output_bytes": 64 * MB, "disk_bytes": 64 * MB, "stack_bytes": 256 * MB, "open_files": 64,
    "cpus": 1,
}


class Ends(CellTest):
    """How a program ends is how its verdict reads."""

    def test_exit_codes(self):
        """Goal: exit codes are reported exactly. Method: exit with 0 and with several others."""
        result = self.expect(self.cell("plain", "exit", "0"), "OK", "exited")
        self.assertEqual(0, result["exit_code"])
        self.assertIsNone(result["signal"])
        for code in (1, 3, 127, 255):
            result = self.expect(self.cell("plain", "exit", str(code)), "RE", "exit_code")
            self.assertEqual(code, result["exit_code"])
            self.assertIsNone(result["signal"])

    def test_message_names_the_end(self):
        """Goal: the message says in words what happened. Method: look for code and signal."""
        self.assertEqual("exited with code 0", self.cell("plain", "exit", "0")["message"])
        self.assertIn("3", self.cell("plain", "exit", "3")["message"])
        self.assertIn("SIGABRT", self.cell("plain", "abort")["message"])

    def test_own_signals(self):
        """Goal: a program's own signals end it as they would outside, where it is no pid 1.
        Method: abort(), a null pointer, and raise() of signals that an init would not feel."""
        cases = [(["abort"], 6, "SIGABRT"), (["segv"], 11, "SIGSEGV"),
                 (["signal", "15"], 15, "SIGTERM"), (["signal", "9"], 9, "SIGKILL"),
                 (["signal", "2"], 2, "SIGINT"), (["signal", "1"], 1, "SIGHUP"),
                 (["signal", "13"], 13, "SIGPIPE"), (["signal", "10"], 10, "SIGUSR1"),
                 (["signal", "31"], 31, "SIGSYS"), (["signal", "24"], 24, "SIGXCPU")]
        for args, number, name in cases:
            with self.subTest(name):
                result = self.expect(self.cell("plain", *args), "RE", "signal")
                self.assertEqual((number, name), (result["signal"], result["signal_name"]))
                self.assertIsNone(result["exit_code"])

    def test_static_and_dynamic(self):
        """Goal: both kinds of executables run. Method: the same program linked both ways."""
        for name in ("plain", "plain-static"):
            with self.subTest(name):
                self.expect_output(self.cell(name, "echo", "hello"), "hello\n")

    def test_system_programs(self):
        """Goal: the host's own programs run by their bare names. Method: PATH search in the
        default root for true, false and a shell."""
        for argv, verdict in ((["true"], "OK"), (["false"], "RE"),
                              (["sh", "-c", "echo from sh; exit 0"], "OK")):
            with self.subTest(argv):
                self.expect(self.result_of(self.call("run", "--", *argv)), verdict)

    def test_path_of_the_program_is_searched(self):
        """Goal: the program's own PATH decides. Method: a program in a bound folder that only
        --env PATH names."""
        self.copy_program("plain-static", "tools/only-here")
        self.expect_output(self.result_of(self.call(
            "run", "--bind", f"{self.path('tools')}:/tools", "--env", "PATH=/tools", "--",
            "only-here", "echo", "found")), "found\n")

    def test_program_beside_the_caller_is_copied_in(self):
        """Goal: `bailiff run -- ./a.out` just works. Method: relative and absolute host paths;
        the copy must be in the working folder, and the host's file untouched."""
        path = self.copy_program("plain", "a.out")
        before = os.stat(path)
        for name in ("./a.out", path):
            with self.subTest(name):
                result = self.result_of(self.call("run", "--", name, "pwd", cwd=self.dir))
                self.expect_output(result, "/box\n")
        self.assertEqual(before.st_mtime_ns, os.stat(path).st_mtime_ns)

    def test_argv_is_passed_exactly(self):
        """Goal: arguments arrive unchanged. Method: blanks, quotes, an empty one, UTF-8,
        options."""
        args = ["a b", "", "'\"$x", "naïve", "--cpu", "-x"]
        self.expect_output(self.cell("plain", "echo", *args), " ".join(args) + "\n")


class Output(CellTest):
    """Capture of standard output and error."""

    def test_capture(self):
        """Goal: both streams are captured apart. Method: one line on each."""
        result = self.expect(self.cell("plain", "echo", "to out"), "OK")
        self.assertEqual({"text": "to out\n", "truncated": False}, result["stdout"])
        self.assertEqual({"text": "", "truncated": False}, result["stderr"])
        self.assertEqual({"stdout_bytes": 7, "stderr_bytes": 0}, result["output"])
        result = self.expect(self.cell("plain", "echo-err", "to err"), "OK")
        self.assertEqual("to err\n", result["stderr"]["text"])
        self.assertEqual({"stdout_bytes": 0, "stderr_bytes": 7}, result["output"])

    def test_truncation_at_64k(self):
        """Goal: the first 64 KiB of each stream are kept, all is counted. Method: one byte less,
        exactly, and more than that."""
        for size, truncated in ((65535, False), (65536, False), (65537, True), (300000, True)):
            with self.subTest(size):
                result = self.expect(self.cell("plain", "fill", str(size), str(size)), "OK")
                for stream, letter in (("stdout", "o"), ("stderr", "e")):
                    self.assertEqual(letter * min(size, 65536), result[stream]["text"])
                    self.assertIs(truncated, result[stream]["truncated"])
                self.assertEqual({"stdout_bytes": size, "stderr_bytes": size}, result["output"])

    def test_capture_bytes(self):
        """Goal: capture_bytes sets how much is kept. Method: more and less than the default."""
        for size in (10, 200000):
            result = self.spec({"argv": [program("plain"), "fill", "150000", "5"],
                                "stdout": {"capture_bytes": size}})
            self.expect(result, "OK")
            self.assertEqual(min(size, 150000), len(captured(result["stdout"])))
            self.assertEqual("eeeee", result["stderr"]["text"])

    def test_binary_output(self):
        """Goal: what is not UTF-8 comes as base64, unharmed. Method: all kinds of bad bytes."""
        for hexed in ("ff", "00ff10", "c328", "e28228", "eda080", "f8888080", "c080", "f4908080",
                      "61c3"):
            with self.subTest(hexed):
                stream = self.expect(self.cell("plain", "bytes", hexed), "OK")["stdout"]
                self.assertIn("base64", stream)
                self.assertNotIn("text", stream)
                self.assertEqual(bytes.fromhex(hexed), captured(stream))

    def test_utf8_output(self):
        """Goal: UTF-8 comes as text. Method: one to four bytes per letter."""
        text = "a é € 𝄞 \u0001 \\ \" \u007f"
        stream = self.expect(self.cell("plain", "bytes", text.encode().hex()), "OK")["stdout"]
        self.assertEqual(text, stream["text"])

    def test_capture_ends_inside_a_letter(self):
        """Goal: a cut through a letter loses no byte. Method: capture 3 of the 4 bytes of
        two letters."""
        result = self.spec({"argv": [program("plain"), "bytes", "éé".encode().hex()],
                            "stdout": {"capture_bytes": 3}})
        self.expect(result, "OK")
        self.assertTrue("éé".encode()[:3].startswith(captured(result["stdout"])))
        self.assertTrue(result["stdout"]["truncated"])

    def test_to_files(self):
        """Goal: --stdout and --stderr write files. Method: more than the capture limit to each;
        an older, longer file must be truncated."""
        out, err = self.write("out", "x" * 500000), self.path("err")
        result = self.cell("plain", "fill", "100000", "70000",
                           options=["--stdout", out, "--stderr", err])
        self.expect(result, "OK")
        self.assertEqual(b"o" * 100000, self.read(out))
        self.assertEqual(b"e" * 70000, self.read(err))
        self.assertEqual({"stdout_bytes": 100000, "stderr_bytes": 70000}, result["output"])

    def test_to_the_same_file(self):
        """Goal: one file for both streams loses nothing. Method: the sizes add up."""
        path = self.path("both")
        self.expect(self.cell("plain", "fill", "1000", "500",
                              options=["--stdout", path, "--stderr", path]), "OK")
        self.assertEqual(1500, len(self.read(path)))

    def test_result_file(self):
        """Goal: --result FILE takes the result and standard output stays empty."""
        path = self.path("result.json")
        outcome = self.call("run", "--result", path, "--", program("plain"), "exit", "3")
        self.assertEqual((0, b""), (outcome.status, outcome.stdout), outcome)
        self.assertEqual("RE", strict_json(self.read(path).decode())["verdict"])

    def test_result_to_standard_output(self):
        """Goal: `--result -` is the default. Method: name it."""
        self.expect(self.cell("plain", "exit", "0", options=["--result", "-"]), "OK")

    def test_inherit(self):
        """Goal: --inherit hands over the caller's own three streams. Method: a cat between two
        pipes; only the program's bytes may be there."""
        path = self.path("result.json")
        outcome = self.call("run", "--inherit", "--result", path, "--", program("plain"), "cat",
                            stdin="through\n")
        self.assertEqual((0, b"through\n"), (outcome.status, outcome.stdout), outcome)
        self.expect(strict_json(self.read(path).decode()), "OK")
        outcome = self.call("run", "--inherit", "--result", path, "--", program("plain"),
                            "echo-err", "err")
        self.assertEqual((0, "err\n"), (outcome.status, outcome.stderr), outcome)

    def test_nothing_else_is_printed(self):
        """Goal: without trouble standard error stays empty and standard output is one line or
        document. Method: a plain run."""
        outcome = self.call("run", "--", program("plain"), "exit", "0")
        self.assertEqual("", outcome.stderr)
        self.assertTrue(outcome.stdout.endswith(b"\n"))


class Input(CellTest):
    """Standard input."""

    def test_empty_by_default(self):
        """Goal: without --stdin the input is empty, whatever the caller's is."""
        self.expect_output(self.cell("plain", "cat", stdin="not for you"), "")

    def test_file(self):
        """Goal: --stdin FILE. Method: an ordinary, an empty and a binary file."""
        for content in (b"one\ntwo\n", b"", bytes(range(256)) * 20):
            path = self.write("in", content)
            self.expect_output(self.cell("plain", "cat", options=["--stdin", path]), content)

    def test_caller(self):
        """Goal: --stdin - passes the caller's input on. Method: more than a pipe holds."""
        data = b"0123456789abcdef" * 4000
        result = self.cell("plain", "cat", options=["--stdin", "-"], stdin=data)
        self.expect_output(result, data)

    def test_large_file(self):
        """Goal: input of many megabytes arrives whole. Method: 20 MB through cat into a file."""
        data = os.urandom(MB) * 20
        out = self.path("out")
        result = self.cell("plain", "cat", options=[
            "--stdin", self.write("in", data), "--stdout", out, "--cpu", "10s"])
        self.expect(result, "OK")
        self.assertEqual(data, self.read(out))

    def test_large_caller_input(self):
        """Goal: the same through a pipe. Method: 5 MB."""
        data = os.urandom(MB) * 5
        out = self.path("out")
        result = self.cell("plain", "cat", stdin=data,
                           options=["--stdin", "-", "--stdout", out, "--cpu", "10s"])
        self.expect(result, "OK")
        self.assertEqual(data, self.read(out))

    def test_text_in_spec(self):
        """Goal: the input can stand in the spec. Method: text with letters of all kinds."""
        text = "1 2 3\nnaïve \"quoted\" \\ \t€\n"
        result = self.spec({"argv": [program("plain"), "cat"], "stdin": {"text": text}})
        self.expect_output(result, text)

    def test_path_in_spec(self):
        """Goal: paths in a spec are relative to its folder. Method: call from elsewhere."""
        self.write("data/in.txt", "beside the spec\n")
        result = self.spec({"argv": [program("plain"), "cat"], "stdin": {"path": "data/in.txt"}},
                           cwd="/")
        self.expect_output(result, "beside the spec\n")

    def test_never_read(self):
        """Goal: a program that ignores its input is no trouble. Method: 5 MB by file and pipe."""
        data = b"x" * (5 * MB)
        path = self.write("in", data)
        self.expect(self.cell("plain", "exit", "0", options=["--stdin", path]), "OK")
        self.expect(self.cell("plain", "exit", "0", options=["--stdin", "-"], stdin=data), "OK")

    def test_caller_that_never_writes(self):
        """Goal: an open, silent pipe as input does not keep the run alive. Method: a pipe whose
        other end stays open while the program exits at once."""
        read_end, write_end = os.pipe()
        try:
            process = self.start("run", "--stdin", "-", "--", program("plain"), "exit", "0",
                                 stdin=read_end)
            self.expect(strict_json(self.finish(process, 15)[0].decode()), "OK")
        finally:
            os.close(read_end)
            os.close(write_end)


class Surroundings(CellTest):
    """Environment, folders, files."""

    def test_default_environment(self):
        """Goal: exactly three variables, none of the caller's."""
        result = self.cell("plain", "env", env={**os.environ, "SECRET": "s3cret"})
        variables = dict(line.split("=", 1) for line in text_of(result).splitlines())
        self.assertEqual({"PATH", "HOME", "LANG"}, set(variables))
        self.assertEqual(("/box", "C.UTF-8"), (variables["HOME"], variables["LANG"]))
        self.assertIn("/usr/bin", variables["PATH"].split(":"))

    def test_env(self):
        """Goal: --env adds and replaces, a later one wins. Method: list them."""
        result = self.cell("plain", "env", options=[
            "--env", "A=1", "--env", "HOME=/tmp", "--env", "EMPTY=", "--env", "A=x=y"])
        variables = dict(line.split("=", 1) for line in text_of(result).splitlines())
        self.assertEqual(("x=y", "/tmp", ""), (variables["A"], variables["HOME"],
                                               variables["EMPTY"]))

    def test_env_in_spec(self):
        """Goal: `env` is an object. Method: a spec with one, and an option that wins."""
        result = self.spec({"argv": [program("plain"), "env"], "env": {"A": "1", "B": "2"}},
                           options=["--env", "B=3"])
        variables = dict(line.split("=", 1) for line in text_of(result).splitlines())
        self.assertEqual(("1", "3"), (variables["A"], variables["B"]))

    def test_cwd(self):
        """Goal: --cwd; /box by default. Method: print it."""
        self.expect_output(self.cell("plain", "pwd"), "/box\n")
        self.expect_output(self.cell("plain", "pwd", options=["--cwd", "/tmp"]), "/tmp\n")

    def test_copy_in(self):
        """Goal: --copy-in puts files into the working folder, under another name if asked."""
        source = self.write("source.txt", "content\n")
        result = self.cell("plain", "read", "source.txt", options=["--copy-in", source])
        self.expect_output(result, "content\n")
        result = self.cell("plain", "read", "/box/a/b.txt",
                           options=["--copy-in", f"{source}:a/b.txt"])
        self.expect_output(result, "content\n")
        result = self.cell("plain", "read", "/tmp/b.txt",
                           options=["--copy-in", f"{source}:/tmp/b.txt"])
        self.expect_output(result, "content\n")

    def test_copy_in_follows_the_callers_link(self):
        """Goal: the caller's own symlink as a source means its target; only what the program
        plants is distrusted."""
        os.symlink(self.write("target", "linked\n"), self.path("link"))
        result = self.cell("plain", "read", "link", options=["--copy-in", self.path("link")])
        self.expect_output(result, "linked\n")

    def test_files_in_spec(self):
        """Goal: files from a path, a text, base64, with a mode. Method: list and read them."""
        self.write("beside.txt", "from\n")
        spec = {"argv": [program("probe"), "ls", "/box"],
                "files": [{"to": "t", "text": "text €\n"},
                          {"to": "b", "base64": "AAH/"},
                          {"to": "f", "from": "beside.txt"},
                          {"to": "m", "text": "", "mode": "0755"}]}
        listing = text_of(self.expect(self.spec(spec), "OK"))
        self.assertRegex(listing, r"(?m)^m - 0755 ")
        self.assertRegex(listing, r"(?m)^t - 0644 ")
        for name, content in (("t", "text €\n".encode()), ("b", b"\0\x01\xff"), ("f", b"from\n")):
            spec["argv"] = [program("plain"), "read", name]
            self.expect_output(self.spec(spec), content)

    def test_copied_files_are_writable(self):
        """Goal: the program may change its copies, and the host's file stays as it is."""
        source = self.write("data", "before")
        result = self.cell("plain", "write", "data", "after",
                           options=["--copy-in", source, "--copy-out", "data:" +
                                    self.path("back")])
        self.expect(result, "OK")
        self.assertEqual((b"before", b"after"), (self.read(source),
                                                 self.read(self.path("back"))))

    def test_copy_out(self):
        """Goal: --copy-out takes files, reports each. Method: one made, one missing."""
        out = self.path("taken")
        result = self.cell("plain", "write", "made", "content", cwd=self.dir, options=[
            "--copy-out", f"made:{out}", "--copy-out", "missing:" + self.path("missing"),
            "--copy-out", "made"])
        self.expect(result, "OK")
        self.assertEqual(b"content", self.read(out))
        self.assertEqual(b"content", self.read(self.path("made")))
        self.assertFalse(os.path.exists(self.path("missing")))
        collected = result["collected"]
        self.assertEqual(["made", "missing", "made"], [c["name"] for c in collected])
        self.assertEqual(["ok", "missing", "ok"], [c["status"] for c in collected])
        self.assertEqual(7, collected[0]["bytes"])

    def test_copy_out_after_every_end(self):
        """Goal: files are taken whatever the verdict. Method: write, then run into limits."""
        out = self.path("taken")
        script = "echo content > made; while :; do :; done"
        result = self.result_of(self.call("run", "--cpu", "200ms", "--copy-out", f"made:{out}",
                                          "--", "sh", "-c", script))
        self.expect(result, "TLE")
        self.assertEqual(b"content\n", self.read(out))

    def test_copy_out_in_spec(self):
        """Goal: `collect` in a spec, its target relative to the spec's folder."""
        result = self.spec({"argv": [program("plain"), "write", "/tmp/made", "x"],
                            "collect": [{"name": "/tmp/made", "to": "here"}]}, cwd="/")
        self.expect(result, "OK")
        self.assertEqual(b"x", self.read(self.path("here")))

    def test_bind_read_only(self):
        """Goal: a bind can be read and not written. Method: read, write, and create in it."""
        self.write("shared/file", "visible\n")
        os.chmod(self.path("shared"), 0o777)
        os.chmod(self.path("shared/file"), 0o666)
        bind = ["--bind", f"{self.path('shared')}:/data"]
        self.expect_output(self.cell("plain", "read", "/data/file", options=bind), "visible\n")
        for name in ("/data/file", "/data/new"):
            self.expect_output(self.cell("plain", "write", name, "x", options=bind),
                               "write EROFS\n", "RE")
        self.assertEqual(b"visible\n", self.read(self.path("shared/file")))

    def test_bind_read_write(self):
        """Goal: a bind with :rw writes through. Method: change a file of a world-writable
        folder."""
        self.write("shared/file", "before", mode=0o666)
        os.chmod(self.path("shared"), 0o777)
        result = self.cell("plain", "write", "/data/file", "after",
                           options=["--bind", f"{self.path('shared')}:/data:rw"])
        self.expect_output(result, "write ok\n")
        self.assertEqual(b"after", self.read(self.path("shared/file")))

    def test_bind_keeps_its_place(self):
        """Goal: without DST a bind appears at its own path. Method: a single file."""
        path = self.write("only/this", "here\n")
        self.write("only/that", "not bound\n")
        self.expect_output(self.cell("plain", "read", path, options=["--bind", path]), "here\n")
        self.expect_output(self.cell("plain", "read", self.path("only/that"),
                                     options=["--bind", path]), "open ENOENT\n", "RE")

    def test_bind_does_not_bring_submounts_in_writable(self):
        """Goal: read-only holds for mounts below the bound folder too. Method: bind a folder
        with a tmpfs mounted in it, in a mount namespace of our own."""
        os.makedirs(self.path("top/sub"))
        os.chmod(self.path("top"), 0o777)
        script = ('mount -t tmpfs -o mode=777 none "$1/sub" && '
                  'exec "$2" run --bind "$1:/data" -- "$3" create /data /data/sub')
        outcome = harness.Outcome(["unshare"], *self.shell(
            "unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh",
            self.path("top"), BAILIFF, program("probe")))
        result = self.expect(self.result_of(outcome), "OK")
        for line in text_of(result).splitlines():
            self.assertIn(line.split()[1], ("EROFS", "ENOENT", "EACCES"), line)

    def shell(self, *argv):
        done = subprocess.run(argv, capture_output=True, check=False,
                              timeout=60 * harness.SLOWNESS, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr, 0

    def test_spec_from_standard_input(self):
        """Goal: --spec - reads the spec from standard input; options beside it win."""
        spec = {"argv": [program("plain"), "exit", "3"], "limits": {"cpu_ms": 500}}
        outcome = self.call("run", "--spec", "-", "--cpu", "700ms", stdin=json.dumps(spec))
        result = self.expect(self.result_of(outcome), "RE", "exit_code")
        self.assertEqual(700, result["limits"]["cpu_ms"])

    def test_spec_program_beside_it(self):
        """Goal: a program named in a spec is looked for beside the spec. Method: call from /."""
        self.copy_program("plain", "prog")
        self.expect_output(self.spec({"argv": ["./prog", "echo", "hi"]}, cwd="/"), "hi\n")

    def test_argv_beside_spec(self):
        """Goal: arguments on the command line replace the spec's argv."""
        path = self.write("spec.json", json.dumps({"argv": ["false"]}))
        outcome = self.call("run", "--spec", path, "--", program("plain"), "echo", "x")
        self.expect_output(self.result_of(outcome), "x\n")


class Callers(CellTest):
    """Whoever calls, and from wherever, the cell is the same."""

    def test_umask(self):
        """Goal: the caller's umask does not get into the cell. Method: one that takes
        everything."""
        result = self.result_of(self.call(
            "run", "--copy-in", self.write("in", "x"), "--", program("probe"), "ls", "/box",
            preexec_fn=lambda: os.umask(0o777)))
        self.assertRegex(text_of(self.expect(result, "OK")), r"(?m)^in - 0644 ")

    def test_environment(self):
        """Goal: an empty environment of the caller is no trouble."""
        self.expect_output(self.cell("plain", "echo", "x", env={}), "x\n")

    def test_deleted_folder(self):
        """Goal: nor is a current folder that no longer exists."""
        gone = self.path("gone")
        os.mkdir(gone)
        result = self.result_of(self.call("run", "--", program("plain"), "pwd", cwd=gone,
                                          preexec_fn=lambda: os.rmdir(gone)))
        self.expect_output(result, "/box\n")

    def test_limits(self):
        """Goal: resource limits of the caller neither get in nor break a run silently. Method:
        low soft ones, which must not matter, and hard ones, which may be an error of the
        machine that is named, never of the sandbox."""
        limits = ((resource.RLIMIT_NOFILE, 64), (resource.RLIMIT_STACK, 1 << 20),
                  (resource.RLIMIT_FSIZE, 1 << 20), (resource.RLIMIT_CORE, 0),
                  (resource.RLIMIT_NPROC, 50), (resource.RLIMIT_CPU, 5),
                  (resource.RLIMIT_MEMLOCK, 0), (resource.RLIMIT_SIGPENDING, 10))
        for what, value in limits:
            for hard in (resource.getrlimit(what)[1], value):
                with self.subTest(what=what, hard=hard):
                    outcome = self.call(
                        "run", "--", program("plain"), "fill", "10",
                        preexec_fn=lambda w=what, h=hard, v=value: resource.setrlimit(w, (v, h)))
                    if outcome.status == harness.EX_UNAVAILABLE and hard == value:
                        self.assertIn("limit", outcome.stderr)
                        continue
                    self.expect_output(self.result_of(outcome), "o" * 10)


class NotExecutable(CellTest):
    """A program that cannot be executed is the program's fault: RE, reason exec."""

    def refused(self, errno_name, *argv, options=()):
        outcome = self.call("run", *options, "--", *argv)
        result = self.expect(self.result_of(outcome), "RE", "exec")
        self.assertIn(errno_name, result["message"])
        self.assertIsNone(result["signal"])
        return result

    def test_missing(self):
        """Goal: a missing program gives ENOENT. Method: by path, by name, by an interpreter
        that does not exist."""
        self.refused("ENOENT", "/nonexistent/program")
        self.refused("ENOENT", "no-such-program-anywhere")
        script = self.write("script", "#!/nonexistent/interpreter\n", 0o755)
        self.refused("ENOENT", script)

    def test_not_executable(self):
        """Goal: a file without x gives EACCES. Method: a copied-in one, a folder."""
        self.refused("EACCES", self.copy_program("plain", "no-x", 0o644))
        self.refused("EACCES", "/usr/lib")

    def test_wrong_format(self):
        """Goal: what is no program gives ENOEXEC. Method: text, an empty file, a cut ELF file,
        one for another machine."""
        elf = self.read(program("plain-static"))
        other = elf[:18] + (183).to_bytes(2, "little") + elf[20:]  # e_machine: EM_AARCH64
        for content in (b"just text\n", b"", elf[:40], other):
            self.refused("ENOEXEC", self.write("bad", content, 0o755))

    def test_script(self):
        """Goal: scripts run through the interpreter they name. Method: one copied in, with
        arguments and input; one in a bound folder."""
        script = self.write("s.sh", '#!/bin/sh\nread -r line\necho "$1 $line"\nexit 4\n', 0o755)
        result = self.result_of(self.call("run", "--stdin", "-", "--", script, "arg",
                                          stdin="typed\n"))
        self.assertEqual(4, self.expect_output(result, "arg typed\n", "RE")["exit_code"])
        result = self.result_of(self.call("run", "--bind", f"{self.dir}:/scripts", "--stdin", "-",
                                          "--", "/scripts/s.sh", "arg", stdin="typed\n"))
        self.expect_output(result, "arg typed\n", "RE")

    def test_standard_streams_by_name(self):
        """Goal: /dev/stdin, /dev/stdout and /dev/stderr work, as many programs expect. Method:
        read and write them, for each kind of input and output."""
        self.write("in", "typed\n")
        read = [program("plain"), "read", "/dev/stdin"]
        for options, expected in (([], ""), (["--stdin", self.path("in")], "typed\n"),
                                  (["--stdin", "-"], "typed\n")):
            with self.subTest(options=options):
                self.expect_output(self.result_of(self.call(
                    "run", *options, "--", *read, stdin="typed\n")), expected)
        self.expect_output(self.spec({"argv": read, "stdin": {"text": "typed\n"}}), "typed\n")
        for stream in ("stdout", "stderr"):
            with self.subTest(stream):
                result = self.cell("plain", "write", f"/dev/{stream}", "by name\n")
                self.assertIn("by name\n", text_of(self.expect(result, "OK"), stream))
                result = self.cell("plain", "write", f"/dev/{stream}", "by name\n",
                                   options=[f"--{stream}", self.path("out")])
                self.expect(result, "OK")
                self.assertIn(b"by name\n", self.read(self.path("out")))


class Roots(CellTest):
    """What the cell's root can be made of."""

    def make_root(self):
        self.copy_program("plain-static", "root/bin/app")
        self.copy_program("probe-static", "root/bin/probe")
        self.write("root/etc/inside", "own root\n")
        return self.path("root")

    def check_root(self, base):
        options = ["--rootfs", base]
        result = self.result_of(self.call("run", *options, "--", "/bin/app", "read",
                                          "/etc/inside"))
        self.expect_output(result, "own root\n")
        # It is the whole root, it is read-only, and the places to work are there.
        result = self.result_of(self.call("run", *options, "--", "/bin/probe", "create", "/",
                                          "/bin", "/etc", "/usr", "/box", "/tmp", "/dev/shm"))
        seen = harness.facts(self.expect(result, "OK"))
        self.assertEqual(["ok"] * 3, [seen[place] for place in ("/box", "/tmp", "/dev/shm")])
        for place in ("/", "/bin", "/etc"):
            self.assertIn(seen[place], ("EROFS", "EACCES"))
        self.assertEqual("ENOENT", seen["/usr"])

    def test_folder(self):
        """Goal: --rootfs DIR. Method: a folder with two static programs and one file."""
        root = self.make_root()
        before = sorted(os.listdir(root))
        self.check_root(root)
        self.assertEqual(before, sorted(os.listdir(root)))

    def test_folder_with_everything(self):
        """Goal: a folder that has its own /dev, /proc, /box and links among them is no trap.
        Method: links that point out of the root must not be followed to the host."""
        root = self.make_root()
        for name in ("dev", "proc", "tmp"):
            os.makedirs(os.path.join(root, name))
        os.symlink(self.write("outside/keep", "host file\n") and self.path("outside"),
                   os.path.join(root, "box"))
        outcome = self.call("run", "--rootfs", root, "--copy-in", self.write("in", "x"), "--",
                            "/bin/app", "exit", "0")
        self.assertIn(outcome.status, (0, harness.EX_DATA, harness.EX_INTERNAL), outcome)
        self.assertEqual(["keep"], os.listdir(self.path("outside")))

    def image(self, kind, *command):
        if not harness.kernel_has_filesystem(kind):
            self.skip_inherent(f"this kernel has no {kind}")
        if not os.path.exists("/dev/loop-control"):
            self.skip_inherent("this kernel has no loop devices")
        if shutil.which(command[0]) is None:
            self.skip_missing(f"{command[0]} is not installed")
        done = subprocess.run(command, capture_output=True, check=False)
        self.assertEqual(0, done.returncode, done.stderr)

    def test_squashfs(self):
        """Goal: a squashfs image as the root. Method: make one of the same folder."""
        image = self.path("root.squashfs")
        self.image("squashfs", "mksquashfs", self.make_root(), image, "-quiet", "-no-progress")
        self.check_root(image)

    def test_erofs(self):
        """Goal: an erofs image as the root. Method: make one of the same folder."""
        image = self.path("root.erofs")
        self.image("erofs", "mkfs.erofs", image, self.make_root())
        self.check_root(image)

    def test_no_image(self):
        """Goal: a file that is no image is an error of whoever named it, with its name. Method:
        text, named on the command line and in a spec."""
        path = self.write("no-image", "text" * 5000)
        spec = self.write("spec.json", json.dumps({"argv": ["/bin/app"],
                                                   "rootfs": {"base": path}}))
        for status, call in ((harness.EX_USAGE, ("--rootfs", path, "--", "/bin/app")),
                             (harness.EX_DATA, ("--spec", spec))):
            outcome = self.call("run", *call)
            self.assertEqual((status, b""), (outcome.status, outcome.stdout), outcome)
            self.assertIn("no-image", outcome.stderr)

    def test_host_by_name(self):
        """Goal: `--rootfs host` is the default. Method: name it."""
        self.expect(self.cell("plain", "exit", "0", options=["--rootfs", "host"]), "OK")


class Statuses(CellTest):
    """--exit-status mirrors the program."""

    def test_exit_status(self):
        """Goal: exit code, 128+signal, 124, 137. Method: one program for each."""
        cases = [(["plain", "exit", "0"], [], 0), (["plain", "exit", "3"], [], 3),
                 (["plain", "abort"], [], 134), (["plain", "signal", "15"], [], 143),
                 (["burn", "spin"], ["--cpu", "100ms"], 124),
                 (["plain", "sleep", "60000"], ["--wall", "200ms"], 124),
                 (["hog", "anon", str(64 * MB)], ["--memory", "16M"], 137)]
        for (name, *args), options, status in cases:
            with self.subTest(name=name, args=args):
                outcome = self.call("run", "--exit-status", *options, "--", program(name), *args)
                self.result_of(outcome, status)

    def test_without_it_every_verdict_is_success(self):
        """Goal: status 0 whatever the verdict. Method: a failing program."""
        self.expect(self.cell("plain", "exit", "9"), "RE")


class Shape(CellTest):
    """The result holds every key of the contract, with its type."""

    def check(self, value, shape, path="result"):
        for key, kind in shape.items():
            self.assertIn(key, value, path)
            here = f"{path}.{key}"
            if isinstance(kind, dict):
                self.assertIsInstance(value[key], dict, here)
                self.check(value[key], kind, here)
            else:
                self.assertIsInstance(value[key], kind, here)
                if isinstance(value[key], bool):
                    kinds = kind if isinstance(kind, tuple) else (kind,)
                    self.assertIn(bool, kinds, f"{here}: a bool is no number")

    SHAPE = {
        "version": int, "verdict": str, "reason": str, "message": str,
        "exit_code": (int, type(None)), "signal": (int, type(None)),
        "signal_name": (str, type(None)),
        "time": {"cpu_ms": (int, float), "user_ms": (int, float), "system_ms": (int, float),
                 "wall_ms": (int, float)},
        "memory": {"peak_bytes": int, "oom_kills": int, "breakdown": dict},
        "processes": {"peak": int, "refused": int},
        "output": {"stdout_bytes": int, "stderr_bytes": int},
        "stdout": {"text": str, "truncated": bool},
        "stderr": {"text": str, "truncated": bool},
        "syscall": (dict, type(None)),
        "limits": {key: (int, float) if key == "cpus" else int for key in DEFAULT_LIMITS},
        "noise": dict,
        "cell": {"cgroup": str, "namespaces": list, "policy": str, "setup_ms": (int, float),
                 "teardown_ms": (int, float), "freshness": {"network": str, "ipc": str}},
    }

    def test_shape(self):
        """Goal: all keys are there with the right types, for a good and for a bad end. Method:
        compare with the contract's example."""
        for args in (["exit", "0"], ["abort"]):
            result = self.cell("plain", *args)
            self.check(result, self.SHAPE)
            self.assertEqual(1, result["version"])
            self.assertIn(result["cell"]["cgroup"], ("v1", "hybrid", "v2"))
            self.assertEqual(["user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time"],
                             result["cell"]["namespaces"])
            self.assertEqual("native", result["cell"]["policy"])
            self.assertIsNone(result["syscall"])

    def test_numbers_have_three_decimals_at_most(self):
        """Goal: times are milliseconds with up to three decimals. Method: look at the text."""
        outcome = self.call("run", "--", program("plain"), "exit", "0")
        raw = json.loads(outcome.stdout, parse_float=str)
        for key, value in raw["time"].items():
            self.assertRegex(str(value), r"^\d+(\.\d{1,3})?$", key)

    def test_default_limits(self):
        """Goal: `limits` holds every limit in force; the defaults are the contract's."""
        limits = self.cell("plain", "exit", "0")["limits"]
        self.assertEqual(DEFAULT_LIMITS, {key: limits[key] for key in DEFAULT_LIMITS})

    def test_limits_from_options(self):
        """Goal: every limit option reaches its key, in every unit. Method: set them all."""
        limits = self.cell("plain", "exit", "0", options=[
            "--cpu", "1.5s", "--wall", "4250ms", "--memory", "96M", "--processes", "5",
            "--output", "512K", "--disk", "32MiB", "--stack", "8M", "--open-files", "40",
            "--cpus", "0.75", "--cpuset", "0"])["limits"]
        expected = {"cpu_ms": 1500, "wall_ms": 4250, "memory_bytes": 96 * MB, "processes": 5,
                    "output_bytes": 512 * 1024, "disk_bytes": 32 * MB, "stack_bytes": 8 * MB,
                    "open_files": 40, "cpus": 0.75, "cpuset": "0"}
        self.assertEqual(expected, {key: limits[key] for key in expected})

    def test_limits_from_spec(self):
        """Goal: the same from a spec. Method: set them all; derived defaults follow."""
        given = {"cpu_ms": 250.5, "memory_bytes": 80 * MB, "processes": 4, "output_bytes": 4096,
                 "disk_bytes": 20 * MB, "open_files": 30, "cpus": 2, "cpuset": "0"}
        limits = self.spec({"argv": [program("plain"), "exit", "0"], "limits": given})["limits"]
        expected = {**given, "wall_ms": 1501, "stack_bytes": 80 * MB}
        self.assertEqual(expected, {key: limits[key] for key in expected})

    def test_result_file_mode(self):
        """Goal: what the program under test writes for its caller is an ordinary file."""
        path = self.path("out")
        self.expect(self.cell("plain", "echo", "x", options=["--stdout", path]), "OK")
        self.assertTrue(stat.S_ISREG(os.stat(path).st_mode))


if __name__ == "__main__":
    main()
