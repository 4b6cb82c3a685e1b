# SPDX-License-Identifier: MIT
"""What the caller gets wrong is said with the right exit status and the name of the culprit, and
nothing is ever run or printed as a result for it."""

import json
import os

from harness import EX_DATA, EX_NOINPUT, EX_USAGE, CellTest, main, program


class ErrorTest(CellTest):
    def refused(self, status, named, *args, stdin=b""):
        """Runs and expects this status, `named` in the message, and an empty standard output."""
        outcome = self.call(*args, stdin=stdin, timeout=20)
        self.assertEqual(status, outcome.status, outcome)
        self.assertEqual(b"", outcome.stdout, outcome)
        self.assertIn(named, outcome.stderr, outcome)
        self.assertNotIn("\033", outcome.stderr, "colour although it is no terminal")
        return outcome


class CommandLine(ErrorTest):
    """Exit status 64."""

    def test_options(self):
        """Goal: each mistake on the command line names its option. Method: a table of them."""
        me = ["--", program("plain"), "exit", "0"]
        cases = [
            (["--no-such-option", *me], "--no-such-option"),
            (["--memroy", "1G", *me], "--memory"),  # the suggestion
            (["-z", *me], "-z"),
            (["--cpu"], "--cpu"),
            (["--cpu", "fast", *me], "--cpu"),
            (["--cpu", "1", *me], "--cpu"),  # no unit
            (["--cpu", "-1s", *me], "--cpu"),
            (["--cpu", "0s", *me], "cpu"),
            (["--cpu", "1e3s", *me], "--cpu"),
            (["--cpu", "99999999999999999999s", *me], "cpu"),
            (["--wall", "", *me], "--wall"),
            (["--memory", "64X", *me], "--memory"),
            (["--memory", "64", *me], "--memory"),
            (["--memory", " 64M", *me], "--memory"),
            (["--memory", "99999999999999G", *me], "memory"),
            (["--memory", "1", *me], "memory"),
            (["--processes", "0", *me], "processes"),
            (["--processes", "1.5", *me], "--processes"),
            (["--processes", "four", *me], "--processes"),
            (["--open-files", "100000000", *me], "open"),
            (["--cpus", "0", *me], "cpus"),
            (["--cpus", "nan", *me], "--cpus"),
            (["--cpuset", "a-b", *me], "cpuset"),
            (["--cpuset", "", *me], "cpuset"),
            (["--network", "host", *me], "--network"),
            (["--env", "NOVALUE", *me], "--env"),
            (["--env", "=x", *me], "--env"),
            (["--inherit", *me], "--result"),
            (["--inherit", "--result", "r", "--stdin", "-", *me], "--inherit"),
            (["--inherit", "--result", "r", "--stdout", "x", *me], "--inherit"),
            (["--spec", "-", "--stdin", "-", *me], "--spec"),
            ([], "program"),
            (["--"], "program"),
            (["--", ""], "program"),
        ]
        for args, named in cases:
            with self.subTest(args=args[:4]):
                self.refused(EX_USAGE, named, "run", *args)

    def test_commands(self):
        """Goal: an unknown or missing command is a usage error. Method: none, and a typo."""
        self.refused(EX_USAGE, "runn", "runn", "--", program("plain"))
        self.refused(EX_USAGE, "", *[])
        self.refused(EX_USAGE, "--no-such", "doctor", "--no-such")

    def test_help_and_version(self):
        """Goal: help is not an error and lists every option. Method: read it."""
        outcome = self.call("run", "--help")
        self.assertEqual(0, outcome.status, outcome)
        for option in ("cpu", "wall", "memory", "processes", "output", "disk", "stack",
                       "open-files", "cpus", "cpuset", "policy", "rootfs", "bind", "copy-in",
                       "copy-out", "env", "cwd", "stdin", "stdout", "stderr", "network",
                       "fresh", "result", "spec", "inherit", "exit-status"):
            self.assertIn(f"--{option}", outcome.stdout.decode())
        self.assertEqual(0, self.call("--help").status)
        self.assertRegex(self.call("--version").stdout.decode(), r"\d+\.\d+\.\d+")


class Spec(ErrorTest):
    """Exit status 65 and the key's path."""

    def bad(self, text, named):
        path = self.write("spec.json", text if isinstance(text, (str, bytes)) else
                          json.dumps(text))
        return self.refused(EX_DATA, named, "run", "--spec", path)

    def test_keys(self):
        """Goal: unknown, mistyped and out-of-range keys are named by their path. Method: one
        flaw at a time in a good spec."""
        cases = [
            ({"argvv": []}, "argvv"), ({"Argv": ["x"]}, "Argv"),
            ({"limits": {"cpu": 1}}, "limits.cpu"),
            ({"limits": {"cpu_ms": "1000"}}, "limits.cpu_ms"),
            ({"limits": {"cpu_ms": 0}}, "limits.cpu_ms"),
            ({"limits": {"cpu_ms": -5}}, "limits.cpu_ms"),
            ({"limits": {"cpu_ms": None}}, "limits.cpu_ms"),
            ({"limits": {"cpu_ms": True}}, "limits.cpu_ms"),
            ({"limits": {"cpu_ms": 1.0001}}, "limits.cpu_ms"),
            ({"limits": {"cpu_ms": 1e300}}, "limits.cpu_ms"),
            ({"limits": {"memory_bytes": 1.5}}, "limits.memory_bytes"),
            ({"limits": {"memory_bytes": 2**53}}, "limits.memory_bytes"),
            ({"limits": {"memory_bytes": 1}}, "limits.memory_bytes"),
            ({"limits": {"processes": 0}}, "limits.processes"),
            ({"limits": {"processes": [1]}}, "limits.processes"),
            ({"limits": {"open_files": 10**9}}, "limits.open_files"),
            ({"limits": {"output_bytes": {}}}, "limits.output_bytes"),
            ({"limits": {"disk_bytes": -1}}, "limits.disk_bytes"),
            ({"limits": {"stack_bytes": "8M"}}, "limits.stack_bytes"),
            ({"limits": {"cpus": 0}}, "limits.cpus"),
            ({"limits": {"cpuset": 3}}, "limits.cpuset"),
            ({"limits": {"cpuset": "0-"}}, "limits.cpuset"),
            ({"limits": []}, "limits"),
            ({"argv": []}, "argv"), ({"argv": "true"}, "argv"), ({"argv": [1]}, "argv[0]"),
            ({"argv": ["true", None]}, "argv[1]"), ({"argv": [""]}, "argv"),
            ({"env": ["A=1"]}, "env"), ({"env": {"A": 1}}, "env.A"),
            ({"env": {"A=B": "1"}}, "env"), ({"env": {"": "1"}}, "env"),
            ({"cwd": 1}, "cwd"), ({"cwd": "relative/../.."}, "cwd"),
            ({"policy": 1}, "policy"), ({"policy": ""}, "policy"),
            ({"network": "host"}, "network"), ({"network": True}, "network"),
            ({"rootfs": "host"}, "rootfs"), ({"rootfs": {"bases": "x"}}, "rootfs.bases"),
            ({"rootfs": {"binds": {}}}, "rootfs.binds"),
            ({"rootfs": {"binds": [{"to": "/x"}]}}, "rootfs.binds[0]"),
            ({"rootfs": {"binds": [{"from": "/usr", "to": "x"}]}}, "rootfs.binds[0].to"),
            ({"rootfs": {"binds": [{"from": "/usr", "writable": 1}]}},
             "rootfs.binds[0].writable"),
            ({"files": [{"to": "x"}]}, "files[0]"),
            ({"files": [{"to": "x", "text": "", "base64": ""}]}, "files[0]"),
            ({"files": [{"text": "x"}]}, "files[0]"),
            ({"files": [{"to": "x", "base64": "???"}]}, "files[0].base64"),
            ({"files": [{"to": "x", "text": "", "mode": "999"}]}, "files[0].mode"),
            ({"files": [{"to": "x", "text": ""}, {"to": 7, "text": ""}]}, "files[1].to"),
            ({"collect": [{"to": "x"}]}, "collect[0]"),
            ({"collect": [{"name": "x", "too": "x"}]}, "collect[0].too"),
            ({"stdin": "text"}, "stdin"), ({"stdin": {}}, "stdin"),
            ({"stdin": {"text": "x", "path": "y"}}, "stdin"),
            ({"stdout": {"capture_bytes": -1}}, "stdout.capture_bytes"),
            ({"stderr": {"capture_bytes": 1e18}}, "stderr.capture_bytes"),
            ({"version": 1}, "version"),
        ]
        for flaw, named in cases:
            with self.subTest(flaw):
                self.bad({"argv": ["true"], **flaw}, named)

    def test_argv_is_required(self):
        """Goal: the one required key is asked for. Method: an empty spec."""
        self.bad({}, "argv")

    def test_paths_out_of_the_working_folder(self):
        """Goal: names that leave the cell's folders are refused before anything runs. Method:
        dots in names of files and of collected files, and in a bind's target."""
        out = self.path("x")
        for flaw in ({"files": [{"to": "../x", "text": ""}]},
                     {"files": [{"to": "/etc/passwd", "text": ""}]},
                     {"collect": [{"name": "../x", "to": out}]},
                     {"collect": [{"name": "a/../../etc/passwd", "to": out}]},
                     {"collect": [{"name": "/etc/passwd", "to": out}]},
                     {"rootfs": {"binds": [{"from": "/usr", "to": "/a/../.."}]}}):
            with self.subTest(flaw):
                self.bad({"argv": ["true"], **flaw}, "")
        self.assertFalse(os.path.exists(out))

    def test_bad_json(self):
        """Goal: only strict JSON is read. Method: texts that lenient parsers take."""
        good = '{"argv": ["true"]'
        for text in ("", "{", "nul", "[]", '"x"', good, good + ",}", good + "} x", good + "}{}",
                     good + "} // comment", "{'argv': ['true']}", '{argv: ["true"]}',
                     good + ', "limits": {"cpu_ms": 01}}', good + ', "limits": {"cpu_ms": .5}}',
                     good + ', "limits": {"cpu_ms": +5}}', good + ', "limits": {"cpu_ms": NaN}}',
                     good + ', "limits": {"cpu_ms": 0x10}}', good + ', "cwd": "\\q"}',
                     good + ', "cwd": "/\ntmp"}', b'{"argv": ["\xff"]}',
                     b"\xef\xbb\xbf" + (good + "}").encode(), (good + "}").encode("utf-16"),
                     (good + "}").encode() + b"\0", good + ', "cwd": "\\ud800"}'):
            with self.subTest(text):
                self.bad(text, "")

    def test_nul_in_strings(self):
        """Goal: a NUL cannot cut a string short. Method: in a value and in a key."""
        self.bad('{"argv": ["true\\u0000x"]}', "")
        self.bad('{"argv": ["true"], "cw\\u0000d": "/"}', "")

    def test_duplicates(self):
        """Goal: a key given twice is refused, at any depth, however it is spelt."""
        self.bad('{"argv": ["true"], "argv": ["false"]}', "argv")
        self.bad('{"argv": ["true"], "limits": {"cpu_ms": 1, "cpu_ms": 2}}', "limits.cpu_ms")
        self.bad('{"argv": ["true"], "\\u0061rgv": ["false"]}', "argv")

    def test_monsters(self):
        """Goal: no spec makes the reader slow or hungry. Method: deep nesting, huge numbers,
        very many values, very long strings and keys."""
        for text in ("[" * 100000, '{"a":' * 100000, '{"argv": ' + "[" * 5000 + "]" * 5000 + "}",
                     '{"argv": ["true"], "limits": {"cpu_ms": ' + "9" * 100000 + "}}",
                     '{"argv": ["true"], "limits": {"cpu_ms": 1e999999999}}',
                     '{"argv": ["true"], "env": {' + ",".join(
                         f'"K{n}": "v"' for n in range(200000)) + "}}",
                     '{"' + "k" * 1000000 + '": 1}',
                     '{"argv": [' + ",".join(['"x"'] * 500000) + "]}"):
            with self.subTest(text[:40]):
                self.bad(text, "")

    def test_long_keys_are_cut_in_messages(self):
        """Goal: a message stays readable and harmless. Method: a key of a million letters, and
        one with terminal sequences."""
        self.assertLess(len(self.bad({"k" * 1000000: 1}, "").stderr), 4000)
        self.assertNotIn("\033", self.bad({"\033[31mred\033]0;x\007": 1}, "").stderr)


class Policies(ErrorTest):
    """Policy files are read as strictly as specs."""

    def bad(self, text, named=""):
        path = self.write("policy.json", text if isinstance(text, str) else json.dumps(text))
        return self.refused(EX_DATA, named, "run", "--policy", path, "--", "true")

    def test_bad_policies(self):
        """Goal: a flawed policy names its flaw by path and runs nothing. Method: a table."""
        rule = {"names": ["read"], "action": "SCMP_ACT_ALLOW"}
        cases = [
            ("", ""), ("[]", ""), ({}, "defaultAction"),
            ({"defaultAction": "ALLOW"}, "defaultAction"),
            ({"defaultAction": "SCMP_ACT_NOTHING"}, "defaultAction"),
            ({"defaultAction": 1}, "defaultAction"),
            ({"syscalls": [{**rule, "action": "SCMP_ACT_WRONG"}]}, "syscalls[0].action"),
            ({"syscalls": [{"action": "SCMP_ACT_ALLOW"}]}, "syscalls[0]"),
            ({"syscalls": [{**rule, "names": []}]}, "syscalls[0].names"),
            ({"syscalls": [{**rule, "names": [5]}]}, "syscalls[0].names[0]"),
            ({"syscalls": [rule, {**rule, "nmaes": []}]}, "syscalls[1].nmaes"),
            ({"syscalls": [{**rule, "errnoRet": 1}]}, "syscalls[0].errnoRet"),
            ({"syscalls": [{**rule, "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}]}]},
             "syscalls[0].args[0].index"),
            ({"syscalls": [{**rule, "args": [{"index": 0, "value": 0, "op": "SCMP_CMP_IS"}]}]},
             "syscalls[0].args[0].op"),
            ({"syscalls": [{**rule, "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]}]},
             "syscalls[0].args[0].value"),
        ]
        for flaw, named in cases:
            with self.subTest(flaw):
                if isinstance(flaw, dict) and flaw and "defaultAction" not in flaw:
                    flaw = {"defaultAction": "SCMP_ACT_ERRNO", **flaw}
                self.bad(flaw, named)

    def test_unknown_name(self):
        """Goal: a policy that is neither built in nor a file is named. Method: a typo."""
        outcome = self.call("run", "--policy", "nativ", "--", "true")
        self.assertIn(outcome.status, (EX_USAGE, EX_DATA, EX_NOINPUT), outcome)
        self.assertEqual(b"", outcome.stdout, outcome)
        self.assertIn("nativ", outcome.stderr)

    def test_in_spec(self):
        """Goal: a policy file named in a spec is found beside it, and its flaws are 65."""
        self.write("p.json", "{}")
        path = self.write("spec.json", json.dumps({"argv": ["true"], "policy": "p.json"}))
        self.refused(EX_DATA, "defaultAction", "run", "--spec", path)


class Inputs(ErrorTest):
    """Exit status 66: a file that is missing or unreadable, with its name."""

    def test_missing(self):
        """Goal: each kind of input file that is missing is named. Method: all the options."""
        missing = self.path("missing-file")
        for option in ("--spec", "--stdin", "--copy-in", "--bind", "--rootfs", "--policy"):
            with self.subTest(option):
                args = ["run", option, missing]
                if option != "--spec":
                    args += ["--", "true"]
                self.refused(EX_NOINPUT, "missing-file", *args)

    def test_missing_in_spec(self):
        """Goal: the same for files named in a spec."""
        for part in ({"stdin": {"path": "missing-file"}},
                     {"files": [{"to": "x", "from": "missing-file"}]},
                     {"rootfs": {"binds": [{"from": "missing-file", "to": "/x"}]}},
                     {"rootfs": {"base": "./missing-file"}}):
            with self.subTest(part):
                path = self.write("spec.json", json.dumps({"argv": ["true"], **part}))
                self.refused(EX_NOINPUT, "missing-file", "run", "--spec", path)

    def test_folder_as_input(self):
        """Goal: a folder where a file is wanted is an error, not an empty input."""
        self.refused(EX_NOINPUT, self.dir, "run", "--spec", self.dir)
        self.refused(EX_NOINPUT, self.dir, "run", "--copy-in", self.dir, "--", "true")

    def test_input_that_blocks(self):
        """Goal: a FIFO as an input file does not hang the program. Method: one nobody writes."""
        path = self.path("fifo")
        os.mkfifo(path)
        outcome = self.call("run", "--copy-in", path, "--", "true", timeout=20)
        self.assertEqual(EX_NOINPUT, outcome.status, outcome)

    def test_output_that_cannot_be_written(self):
        """Goal: an output path that cannot be made is an error before anything runs. Method: a
        missing folder, for each of the options; no result may be printed."""
        missing = self.path("missing-folder/x")
        for option in ("--stdout", "--stderr", "--result"):
            with self.subTest(option):
                outcome = self.call("run", option, missing, "--", "true")
                self.assertNotEqual(0, outcome.status, outcome)
                self.assertEqual(b"", outcome.stdout, outcome)
                self.assertIn("missing-folder", outcome.stderr)

    def test_cpuset_the_machine_does_not_have(self):
        """Goal: a CPU that is not there is the caller's mistake. Method: CPU 4000."""
        outcome = self.call("run", "--cpuset", "4000", "--", "true")
        self.assertIn(outcome.status, (EX_USAGE, EX_DATA), outcome)
        self.assertEqual(b"", outcome.stdout, outcome)
        self.assertIn("cpuset", outcome.stderr)

    def test_result_that_cannot_be_printed(self):
        """Goal: a result that got lost is not success. Method: a full device as standard
        output."""
        with open("/dev/full", "wb") as full:
            process = self.start("run", "--", "true", stdout=full)
            process.communicate()
        self.assertNotEqual(0, process.returncode)


if __name__ == "__main__":
    main()
