# SPDX-License-Identifier: MIT
"""Policies as users meet them: the `bailiff policy` commands, the built-in policies minimal, static
and compiler, profiles of other runtimes, and what is said about a forbidden call."""

import json
import os
import signal
import subprocess
import unittest

import harness
from harness import (EX_DATA, EX_NOINPUT, EX_USAGE, CellTest, program, strict_json, text_of)

PYTHON = "/usr/bin/python3"
CONTAINER_PROFILE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                 "container-profile.json")
ALLOW, DENY, ERRNO = "SCMP_ACT_ALLOW", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_ERRNO"


class PolicyTest(CellTest):
    """Calls of `bailiff policy`."""

    def policy_command(self, *args, status=0, **kw):
        outcome = self.call("policy", *args, **kw)
        self.assertEqual(status, outcome.status, outcome)
        return outcome

    def builtin(self):
        """The names of the built-in policies."""
        return [entry["name"] for entry in
                strict_json(self.policy_command("list", "--json").stdout)]

    def export(self, name):
        return strict_json(self.policy_command("show", "--format", "oci", name).stdout)


class Listing(PolicyTest):

    def test_table_and_json_agree(self):
        """Goal: what there is, for people and for scripts. Method: the rows of the table against
        the JSON, the counts against each other."""
        entries = strict_json(self.policy_command("list", "--json").stdout)
        table = self.policy_command("list").stdout.decode().splitlines()
        self.assertEqual(len(entries) + 1, len(table))
        totals = set()
        for entry, line in zip(entries, table[1:]):
            calls = entry["calls"]
            self.assertEqual([entry["name"], str(calls["allowed"]), str(calls["conditional"]),
                              str(calls["refused"]), str(calls["denied"])], line.split()[:5])
            totals.add(sum(calls.values()))
            self.assertTrue(entry["description"])
            self.assertEqual(DENY, entry["default_action"])
        self.assertEqual(1, len(totals))
        names = [entry["name"] for entry in entries]
        self.assertEqual(names, sorted(names))
        self.assertLessEqual({"minimal", "static", "native", "compiler"}, set(names))

    def test_sizes_have_an_order(self):
        """Goal: the smaller policies really are. Method: their counts."""
        calls = {entry["name"]: entry["calls"] for entry in
                 strict_json(self.policy_command("list", "--json").stdout)}
        allowed = [calls[name]["allowed"] + calls[name]["conditional"]
                   for name in ("minimal", "static", "native", "compiler")]
        self.assertEqual(allowed, sorted(allowed))
        self.assertLess(allowed[0], 12)
        self.assertLess(allowed[1], 55)

    def test_usage(self):
        """Goal: a wrong command line is told from everything else. Method: exit status 64 and a
        hint; --help is no mistake."""
        for args in ([], ["lst"], ["--bad"], ["list", "x"], ["list", "--jso=1"], ["show"],
                     ["show", "native", "static"], ["show", "--format", "xml", "native"],
                     ["check"], ["check", "--nope", "x"], ["learn"], ["learn", "--"],
                     ["learn", "--policy", "native", "--", "true"],
                     ["learn", "--input", "a", "--stdin", "b", "--", "true"]):
            with self.subTest(args):
                outcome = self.policy_command(*args, status=EX_USAGE)
                self.assertEqual(b"", outcome.stdout)
                self.assertTrue(outcome.stderr)
        self.assertIn("bailiff policy list", self.policy_command("lst", status=64).stderr)
        for args in (["--help"], ["list", "--help"], ["show", "-h"], ["check", "--help"],
                     ["learn", "--help"]):
            self.assertTrue(self.policy_command(*args).stdout.startswith(b"Usage: bailiff"), args)


class Showing(PolicyTest):

    def test_every_policy_is_explained(self):
        """Goal: each call of each policy stands in the text, with what it is for and the rule's
        reason. Method: the text against the exported rules."""
        for name in self.builtin():
            with self.subTest(name):
                text = self.policy_command("show", name).stdout.decode()
                plain = " ".join(text.split())
                for rule in self.export(name)["syscalls"]:
                    self.assertIn(" ".join(rule["comment"].split()), plain)
                    for call in rule["names"]:
                        self.assertRegex(text, rf"(?m)^ +{call} +\w")
        self.assertNotIn("(not known", plain)

    def test_conditions_are_named(self):
        """Goal: nobody has to look up numbers. Method: some of native's conditions."""
        text = self.policy_command("show", "native").stdout.decode()
        for words in ("only where request is TCGETS", "only where command is F_DUPFD",
                      "flags without CLONE_NEWNS, CLONE_NEWCGROUP", "only where option is PR_SET_NAME",
                      "A call fails with ENOLCK", "A call ends the run", "flags with MAP_HUGETLB"):
            self.assertIn(words, text)

    def test_export_is_the_same_policy(self):
        """Goal: an exported policy can be given back, here or elsewhere. Method: exporting the
        export changes nothing, and both treat the same programs alike."""
        exported = self.policy_command("show", "--format", "oci", "native").stdout
        path = self.write("exported.json", exported)
        again = self.policy_command("show", path, "--format", "oci").stdout
        self.assertEqual(exported, again)
        self.assertLessEqual(set(strict_json(exported)),
                             {"defaultAction", "defaultErrnoRet", "architectures", "syscalls"})
        options = ["--policy", path]
        self.expect_output(self.cell("plain", "echo", "a", options=options), "a\n")
        for call in ("socket.inet", "ioctl.tiocsti-high", "clone.newuser"):
            result = self.expect(self.cell("syscalls", "call", call, options=options), "SV")
            self.assertEqual("exported", result["cell"]["policy"])

    def test_files_and_mistakes(self):
        """Goal: files are shown too; what is neither file nor name is an input error."""
        path = self.policy([{"names": ["reed"], "action": ALLOW, "comment": "a typo"}])
        self.assertIn(b"(not known on this machine)",
                      self.policy_command("show", path).stdout)
        self.assertIn("did you mean 'native'",
                      self.policy_command("show", "natve", status=EX_NOINPUT).stderr)
        self.policy_command("show", self.path("none.json"), status=EX_NOINPUT)
        wrong = self.write("wrong.json", '{"defaultAction":"SCMP_ACT_MAYBE"}')
        self.assertIn("defaultAction", self.policy_command("show", wrong, status=EX_DATA).stderr)


class Checking(PolicyTest):

    def findings(self, *args, status=0):
        report = strict_json(self.policy_command("check", "--json", *args, status=status).stdout)
        self.assertEqual(1, report["version"])
        return [(f["severity"], f["id"], f["where"], f["call"])
                for file in report["files"] for f in file["findings"]]

    def extending(self, *rules):
        return self.write("own.json", json.dumps({"extends": "native", "syscalls": rules}))

    def test_exit_status(self):
        """Goal: scripts can rely on the status: 0 good or warnings, 65 wrong, 66 not there; the
        worst of several files counts."""
        good = self.extending()
        warned = self.write("warned.json", json.dumps({
            "extends": "native",
            "syscalls": [{"names": ["ptrace"], "action": ALLOW, "comment": "c"}]}))
        faulty = self.write("faulty.json", json.dumps({
            "extends": "native",
            "syscalls": [{"names": ["umask"], "action": ALLOW, "comment": "c"},
                         {"names": ["umask"], "action": DENY, "comment": "c"}]}))
        broken = self.write("broken.json", '{"extends":"native","syscalls":[{"names":[7]}]}')
        missing = self.path("missing.json")
        self.assertEqual([], self.findings(good))
        self.assertIn(b"0 errors, 0 warnings", self.policy_command("check", good).stdout)
        self.policy_command("check", warned)
        self.policy_command("check", "--strict", warned, status=EX_DATA)
        self.policy_command("check", faulty, good, status=EX_DATA)
        outcome = self.policy_command("check", broken, status=EX_DATA)
        self.assertIn("syscalls[0].names[0]", outcome.stderr)
        self.policy_command("check", missing, status=EX_NOINPUT)
        self.policy_command("check", faulty, missing, broken, status=EX_NOINPUT)

    def test_findings(self):
        """Goal: each kind of mistake is found at its place. Method: one file with all of them."""
        path = self.extending(
            {"names": ["ptrace", "clone3"], "action": ALLOW, "comment": "c"},
            {"names": ["umaks"], "action": ALLOW, "comment": "c"},
            {"names": ["umask"], "action": ALLOW, "comment": "c"},
            {"names": ["umask"], "action": ERRNO, "comment": "c",
             "args": [{"index": 0, "value": 18, "op": "SCMP_CMP_EQ"}]},
            {"names": ["chmod"], "action": ERRNO, "comment": "c"},
            {"names": ["chmod"], "action": ALLOW},
            {"names": ["uname"], "action": ALLOW, "comment": "c",
             "args": [{"index": 0, "value": 5, "op": "SCMP_CMP_EQ"}]},
            {"names": ["brk"], "action": DENY, "comment": "c"})
        self.assertEqual({
            ("warning", "dangerous", "syscalls[0]", "ptrace"),
            ("warning", "dangerous", "syscalls[0]", "clone3"),
            ("warning", "unknown-call", "syscalls[1]", "umaks"),
            ("warning", "upper-half", "syscalls[3]", "umask"),
            ("error", "contradiction", "syscalls[5]", "chmod"),
            ("warning", "no-reason", "syscalls[5]", None),
            ("warning", "pointer", "syscalls[6]", "uname"),
            ("warning", "needed", None, "brk"),
        }, set(self.findings(path, status=EX_DATA)))
        text = self.policy_command("check", path, status=EX_DATA).stdout.decode()
        self.assertIn("Did you mean 'umask'?", text)
        self.assertIn("reaches into another process", text)
        self.assertIn("1 errors, 7 warnings", text)

    def test_shipped_policies(self):
        """Goal: what ships has no finding but that small policies run no dynamic program."""
        for name in self.builtin():
            path = self.write(f"{name}.json", json.dumps(self.export(name)))
            for finding in self.findings(path):
                self.assertEqual(("warning", "needed"), finding[:2], name)

    def test_container_profile(self):
        """Goal: a container runtime's usual profile is read, and its known weakness named: it
        forbids AF_VSOCK in 64 bits, and the kernel reads 32."""
        findings = self.findings(CONTAINER_PROFILE)
        self.assertNotIn("error", {finding[0] for finding in findings})
        self.assertIn(("warning", "upper-half", "syscalls[2]", "socket"), findings)
        self.assertIn(("warning", "dangerous", "syscalls[0]", "ioctl"), findings)


class Extending(PolicyTest):

    def test_child_decides_its_calls(self):
        """Goal: a policy that extends another changes the calls it names and nothing else."""
        path = self.write("own.json", json.dumps({"extends": "native", "syscalls": [
            {"names": ["socket"], "action": ERRNO, "errnoRet": 13},
            {"names": ["umask"], "action": DENY}]}))
        options = ["--policy", path]
        result = self.cell("syscalls", "call", "socket.inet", options=options)
        self.assertIn("EACCES", text_of(self.expect(result, "RE")))
        self.assertEqual("own", result["cell"]["policy"])
        self.expect(self.cell("syscalls", "call", "ptrace.attach", options=options), "SV")
        self.expect_output(self.cell("plain", "echo", "x", options=options), "x\n")

    def test_paths_are_the_files_own(self):
        """Goal: a relative parent is found beside the file, wherever the caller stands."""
        os.mkdir(self.path("sub"))
        self.write("sub/base.json", json.dumps({"extends": "native", "syscalls": [
            {"names": ["ptrace"], "action": ERRNO, "errnoRet": 38}]}))
        for parent in ("base", "base.json", "./base.json", self.path("sub/base.json")):
            child = self.write("sub/child.json", json.dumps({"extends": parent}))
            result = self.cell("syscalls", "call", "ptrace.attach", options=["--policy", child],
                               cwd="/")
            self.assertIn("ENOSYS", text_of(self.expect(result, "RE")))

    def test_mistakes(self):
        """Goal: no circle is followed, no missing parent overlooked."""
        for content, status, words in (
                ({"extends": "own"}, EX_DATA, "extends itself"),
                ({"extends": "nativ"}, EX_DATA, "extends: policy 'nativ' is neither"),
                ({"extends": "gone.json"}, EX_NOINPUT, "extends: open"),
                ({"extends": 1}, EX_DATA, "extends: must be a string")):
            path = self.write("own.json", json.dumps(content))
            outcome = self.call("run", "--policy", path, "--", program("plain"), "echo")
            self.assertEqual(status, outcome.status, outcome)
            self.assertIn(words, outcome.stderr)


class Small(PolicyTest):
    """minimal and static: static programs only."""

    def test_bare_program(self):
        """Goal: a program without a C library runs under minimal. Method: one that copies."""
        options = ["--policy", "minimal", "--stdin", "-"]
        self.expect_output(self.cell("bare", options=options, stdin=b"1 2 3\n"), "1 2 3\n")

    def test_static_program(self):
        """Goal: a static C program reads, computes and writes under both."""
        for policy in ("minimal", "static"):
            options = ["--policy", policy, "--stdin", "-"]
            self.expect_output(self.cell("plain-static", "cat", options=options, stdin=b"abc"),
                               b"abc")
        for command, reason in (("abort", "signal"), ("segv", "signal"), ("exit", "exited")):
            argv = ["plain-static", command] + (["0"] if command == "exit" else [])
            self.assertEqual(reason, self.cell(*argv, options=["--policy", "static"])["reason"])

    def test_every_rule_of_minimal_is_forced(self):
        """Goal: nothing stands in minimal without need. Method: each allowed call but those of
        strict mode is taken away, and a static program no longer gets through."""
        strict = {"read", "write", "exit", "exit_group", "rt_sigreturn"}
        names = {name for rule in self.export("minimal")["syscalls"]
                 if rule["action"] == ALLOW for name in rule["names"]}
        self.assertEqual({"arch_prctl", "brk", "mprotect", "getrandom"}, names - strict)
        for name in sorted(names - strict):
            for action in (DENY, ERRNO):
                path = self.write("less.json", json.dumps({
                    "extends": "minimal", "syscalls": [{"names": [name], "action": action}]}))
                with self.subTest(f"{name} {action}"):
                    result = self.cell("plain-static", "cat",
                                       options=["--policy", path, "--stdin", "-"], stdin=b"x")
                    self.assertNotEqual("OK", result["verdict"])

    def test_dangerous_calls(self):
        """Goal: nothing dangerous gets through the small policies or the compilers' one, from the
        main thread. Method: the attacks' table, one run for each row and policy."""
        listing = subprocess.run([program("syscalls"), "list"], capture_output=True, check=True)
        names = [line.split()[0] for line in listing.stdout.decode().splitlines()]
        self.assertGreater(len(names), 80)
        # What a compiler may do and a submission may not.
        fine = {"compiler": {"execve"}}
        for policy in ("minimal", "static", "compiler"):
            who = "syscalls" if policy == "compiler" else "syscalls-static"
            for name in names:
                if name in fine.get(policy, ()):
                    continue
                with self.subTest(f"{policy} {name}"):
                    result = self.cell(who, "call", name, options=["--policy", policy,
                                                                   "--wall", "20s"])
                    if result["verdict"] == "SV":
                        self.assertEqual(name.split(".")[0], result["syscall"]["name"])
                        continue
                    self.assertRegex(text_of(result), r"not refused: -1 E")


COMPILERS = [
    # file, content, command, binds
    ("a.c", "#include <stdio.h>\nint main(void){puts(\"made\");}\n",
     ["/usr/bin/gcc", "-O2", "a.c", "-o", "out"], []),
    ("a.cc", "#include <iostream>\nint main(){std::cout<<\"made\\n\";}\n",
     ["/usr/bin/g++", "-O2", "a.cc", "-o", "out"], []),
    ("a.c", "#include <stdio.h>\nint main(void){puts(\"made\");}\n",
     ["/usr/bin/clang", "-O2", "a.c", "-o", "out"], []),
    ("a.f90", "program a\nwrite(*,'(a)') 'made'\nend program\n",
     ["/usr/bin/gfortran", "-O2", "a.f90", "-o", "out"], []),
    ("a.adb", "with Ada.Text_IO;\nprocedure A is begin Ada.Text_IO.Put_Line(\"made\"); end A;\n",
     ["/usr/bin/gnatmake", "-O2", "a.adb", "-o", "out"], []),
    ("a.pas", "begin writeln('made'); end.\n", ["/usr/bin/fpc", "-O2", "-oout", "a.pas"],
     ["/etc/alternatives", "/etc/fpc.cfg", "/etc/fpc-3.2.2.cfg"]),
    ("a.go", "package main\nimport \"fmt\"\nfunc main(){ fmt.Println(\"made\") }\n",
     ["/usr/bin/go", "build", "-o", "out", "a.go"], []),
    ("a.hs", "main = putStrLn \"made\"\n", ["/usr/bin/ghc", "-O", "-o", "out", "a.hs"],
     ["/var/lib/ghc"]),
]


class Compiling(PolicyTest):

    def compile(self, source, content, command, binds, policy):
        self.write(source, content)
        options = ["--policy", policy, "--cpu", "60s", "--memory", "2G", "--stack", "256M", "--disk", "512M",
                   "--output", "512M", "--processes", "128", "--open-files", "512",
                   "--copy-in", self.path(source), "--copy-out", f"out:{self.path('out')}",
                   "--env", "GOCACHE=/tmp/go", "--env", "GO111MODULE=off",
                   "--env", "GOPATH=/tmp/path"]
        for bind in filter(os.path.exists, binds):
            options += ["--bind", bind]
        self.expect(self.cell(*command, options=options, timeout=120), "OK")
        os.chmod(self.path("out"), 0o755)

    def test_compilers(self):
        """Goal: every installed compiler works under `compiler`, and what it made runs under
        `native`."""
        ran = 0
        for source, content, command, binds in COMPILERS:
            if not os.path.exists(command[0]):
                continue
            with self.subTest(command[0]):
                self.compile(source, content, command, binds, "compiler")
                self.expect_output(self.cell(self.path("out"), options=["--memory", "1G"]),
                                   "made\n")
                ran += 1
        if ran == 0:
            self.skip_missing("no compiler is installed")

    def test_javac(self):
        """Goal: the same for a compiler that is a virtual machine."""
        if not os.path.exists("/usr/bin/javac"):
            self.skip_missing("needs javac")
        self.write("A.java", "class A { public static void main(String[] a) { } }\n")
        options = ["--policy", "compiler", "--cpu", "60s", "--memory", "2G", "--stack", "256M", "--processes", "128",
                   "--copy-in", self.path("A.java"),
                   "--copy-out", f"A.class:{self.path('A.class')}"]
        for folder in os.listdir("/etc"):
            if folder.startswith("java-"):
                options += ["--bind", f"/etc/{folder}"]
        self.expect(self.cell("/usr/bin/javac", "A.java", options=options, timeout=120), "OK")
        self.assertEqual(b"\xca\xfe\xba\xbe", self.read(self.path("A.class"))[:4])

    def test_children_are_bound_too(self):
        """Goal: what a compiler starts has the same policy. Method: a shell that starts a program
        that unshares."""
        result = self.cell("/bin/sh", "-c", "/box/syscalls call unshare.user; echo done",
                           options=["--policy", "compiler", "--copy-in", program("syscalls")])
        self.expect(result, "SV", "syscall")
        self.assertEqual("unshare", result["syscall"]["name"])

    def test_container_profile(self):
        """Goal: a profile in the dialect of container runtimes, as large as the usual one, works
        as it is. Method: a compiler under it, and the program it made; what the profile refuses is
        refused with its errno."""
        with open(CONTAINER_PROFILE, encoding="ascii") as file:
            profile = strict_json(file.read())
        self.assertGreater(sum(len(rule["names"]) for rule in profile["syscalls"]), 400)
        self.assertTrue({"archMap", "syscalls"} <= set(profile))
        source, content, command, binds = COMPILERS[1]
        if not os.path.exists(command[0]):
            self.skip_missing("needs g++")
        self.compile(source, content, command, binds, CONTAINER_PROFILE)
        options = ["--policy", CONTAINER_PROFILE]
        self.expect_output(self.cell(self.path("out"), options=options), "made\n")
        for call, errno in (("unshare.user", "EPERM"), ("mount", "EPERM"), ("bpf", "EPERM"),
                            ("clone.newuser", "EPERM"), ("io_uring_setup", "EPERM"),
                            ("personality.noaslr", "EPERM"), ("socket.vsock", "EPERM")):
            with self.subTest(call):
                result = self.cell("syscalls", "call", call, options=options)
                self.assertIn(f"not refused: -1 {errno}", text_of(result))
        self.expect_output(self.cell("syscalls", "clone3", options=options),
                           "clone3 ENOSYS\npthread_create ok\n")
        self.expect(self.cell("syscalls", "i386", "20", options=options), "SV")


class Learning(PolicyTest):

    def learn(self, *argv, options=(), **kw):
        """Learns argv; returns the profile and the Outcome."""
        outcome = self.policy_command("learn", *options, "--", *argv, **kw)
        return strict_json(outcome.stdout), outcome

    def save(self, profile, name="learnt.json"):
        return self.write(name, json.dumps(profile))

    @staticmethod
    def names(profile, action=ALLOW):
        return {name for rule in profile["syscalls"] if rule["action"] == action
                for name in rule["names"]}

    def test_least_profile(self):
        """Goal: a learnt profile is enough, and nothing in it is too much. Method: the program
        runs under it; with any one rule less it does not."""
        source = self.write("in.txt", "some text\n")
        profile, outcome = self.learn(program("plain-static"), "cat", options=["--input", source])
        self.assertEqual("", outcome.stderr)
        self.assertEqual(DENY, profile["defaultAction"])
        self.assertEqual("learnt", profile["name"])
        options = ["--policy", self.save(profile), "--stdin", source]
        self.expect_output(self.cell("plain-static", "cat", options=options), "some text\n")
        self.assertLess(len(profile["syscalls"]), 25)
        for index, rule in enumerate(profile["syscalls"]):
            self.assertTrue(rule["comment"])
            if rule["names"] == ["exit_group"]:  # allowed by every launch
                continue
            less = dict(profile)
            less["syscalls"] = profile["syscalls"][:index] + profile["syscalls"][index + 1:]
            path = self.save(less, "less.json")
            with self.subTest(rule["names"]):
                result = self.cell("plain-static", "cat", options=["--policy", path, "--stdin",
                                                                   source])
                self.expect(result, "SV", "syscall")
                self.assertIn(result["syscall"]["name"], rule["names"])

    def test_what_was_not_learnt_is_denied(self):
        """Goal: another behaviour is caught. Method: the same program told to write a file."""
        profile, _ = self.learn(program("plain"), "echo", "a")
        options = ["--policy", self.save(profile)]
        self.expect_output(self.cell("plain", "echo", "b", options=options), "b\n")
        self.expect(self.cell("plain", "sleep", "0", options=options), "SV")

    def test_inputs_add_up(self):
        """Goal: the profile covers every input given. Method: a program whose input decides which
        call it makes."""
        code = "import os; os.umask(0) if input() == '1' else os.getsid(0)"
        inputs = {n: self.write(f"{n}.txt", f"{n}\n") for n in ("1", "2")}
        seen = {n: self.names(self.learn(PYTHON, "-c", code, options=["--input", path])[0])
                for n, path in inputs.items()}
        self.assertIn("umask", seen["1"] - seen["2"])
        self.assertIn("getsid", seen["2"] - seen["1"])
        both, _ = self.learn(PYTHON, "-c", code, options=[
            "--input", inputs["1"], "--input", inputs["2"]])
        self.assertLessEqual({"umask", "getsid"}, self.names(both))
        self.assertIn("2 runs", both["description"])
        for path in inputs.values():
            self.expect(self.cell(PYTHON, "-c", code, options=[
                "--policy", self.save(both), "--stdin", path]), "OK")

    def test_arguments_that_matter(self):
        """Goal: of calls with dangerous uses only what was seen is learnt. Method: a program with
        a thread, a socket, a terminal question; then other uses of the same calls."""
        code = ("import threading, socket, os\n"
                "t = threading.Thread(target=print, args=('t',)); t.start(); t.join()\n"
                "socket.socketpair(); os.isatty(0)\n")
        profile, _ = self.learn(PYTHON, "-c", code)
        rules = {}
        for rule in profile["syscalls"]:
            rules.setdefault(rule["names"][0], []).append(rule)
        for name in ("clone", "socketpair", "ioctl", "mmap", "mprotect"):
            for rule in rules[name]:
                self.assertIn("args", rule, name)
        self.assertEqual([ERRNO, 38], [rules["clone3"][0]["action"],
                                       rules["clone3"][0]["errnoRet"]])
        options = ["--policy", self.save(profile)]
        self.expect_output(self.cell(PYTHON, "-c", code, options=options), "t\n")
        for other in ("import socket; socket.socketpair(socket.AF_INET)",
                      "import fcntl; fcntl.ioctl(0, 0x5412, b'x')",
                      "import os; os.fork()",
                      "import mmap; mmap.mmap(-1, 4096, prot=7)"):
            with self.subTest(other):
                self.expect(self.cell(PYTHON, "-c", other, options=options), "SV")

    def test_base(self):
        """Goal: the difference to a named policy is shown, and what that one refuses softly stays
        refused. Method: a program that locks a file and starts another one."""
        code = ("import fcntl, subprocess\n"
                "try:\n  fcntl.flock(open('f', 'w'), fcntl.LOCK_EX)\n"
                "except OSError as error:\n  print(error.errno)\n"
                "subprocess.run(['/bin/true'])\n")
        profile, outcome = self.learn(PYTHON, "-c", code, options=["--base", "native"])
        self.assertIn("flock", self.names(profile, ERRNO))
        self.assertIn("execve", self.names(profile))
        self.assertRegex(outcome.stderr, r"(?m)^\+ execve: ")
        self.assertRegex(outcome.stderr, r"(?m)^- .*\bsymlink\b")
        self.assertRegex(outcome.stderr, r"(?m)^- fcntl where command is F_ADD_SEALS$")
        self.assertNotRegex(outcome.stderr, r"(?m)^\+ (flock|read|openat): ")
        self.expect_output(self.cell(PYTHON, "-c", code, options=[
            "--policy", self.save(profile)]), "37\n")
        free, _ = self.learn(PYTHON, "-c", code)
        self.assertIn("flock", self.names(free))

    def test_result_file_and_run_options(self):
        """Goal: the options of a run hold, and the profile can go to a file."""
        path = self.path("profile.json")
        out = self.path("out.txt")
        outcome = self.policy_command("learn", "--result", path, "--stdout", out, "--env", "A=b",
                                      "--cwd", "/tmp", "--", program("plain"), "env", "A")
        self.assertEqual(b"", outcome.stdout)
        self.assertIn("write", self.names(strict_json(self.read(path))))
        self.assertIn(b"b", self.read(out))
        self.policy_command("check", path)

    def test_runs_that_end_badly(self):
        """Goal: an incomplete profile is not passed off as complete. Method: programs that fail,
        hang, come by the 32-bit entry, or do not exist."""
        for argv, options, words in (
                ([program("plain"), "exit", "3"], [], "RE: exited with code 3"),
                ([program("plain"), "sleep", "100000"], ["--wall", "500ms"], "ended as TLE"),
                ([program("syscalls"), "i386", "20"], [], "ended as SV")):
            with self.subTest(words):
                profile, outcome = self.learn(*argv, options=options)
                self.assertIn(words, outcome.stderr)
                self.assertIn("not in the policy", outcome.stderr)
                self.assertIn("brk", self.names(profile))
        outcome = self.policy_command("learn", "--", "/nonexistent", status=EX_NOINPUT)
        self.assertIn("ENOENT", outcome.stderr)
        self.assertEqual(b"", outcome.stdout)
        self.policy_command("learn", "--input", self.path("gone"), "--", program("plain"), "echo",
                            status=EX_NOINPUT)
        self.policy_command("learn", "--base", "nativ", "--", program("plain"), "echo",
                            status=EX_NOINPUT)

    def test_cancelled(self):
        """Goal: a signal ends a run that is being learnt, and nothing is left."""
        process = self.start("policy", "learn", "--", program("plain"), "sleep", "100000")
        self.assertTrue(harness.wait_until(
            lambda: "plain" in harness.descendants(process.pid).values(), 20))
        process.send_signal(signal.SIGTERM)
        self.finish(process)
        self.assertEqual(143, process.returncode)

    def test_many_threads_and_children(self):
        """Goal: every thread and child is seen, however many call at once. Method: a program with
        dozens of both; then it runs under what was learnt."""
        code = ("import os, threading\n"
                "def work():\n  for _ in range(50): os.getppid()\n"
                "threads = [threading.Thread(target=work) for _ in range(20)]\n"
                "[t.start() for t in threads]; [t.join() for t in threads]\n"
                "for _ in range(10):\n"
                "  if os.fork() == 0:\n    os.getpgid(0)\n    os._exit(0)\n"
                "for _ in range(10): os.wait()\n")
        profile, outcome = self.learn(PYTHON, "-c", code, timeout=120)
        self.assertEqual("", outcome.stderr)
        self.assertLessEqual({"getppid", "getpgid", "wait4"}, self.names(profile))
        self.expect(self.cell(PYTHON, "-c", code, options=["--policy", self.save(profile)]), "OK")


class Hints(PolicyTest):
    """What the result says about a forbidden call."""

    CALLS = {
        "socket.inet": ("opens a socket", "family AF_INET"),
        "ptrace.attach": ("watches and changes another process", "reaches into another process"),
        "mount": ("mounts a file system", "the file tree"),
        "unshare.user": ("leaves namespaces for new ones", "CLONE_NEWUSER"),
        "clone.newuser": ("starts a thread or a process", "flags CLONE_NEWUSER"),
        "execve": ("replaces the program", "allowed by policy"),
        "bpf": ("loads programs into the kernel", "verifier"),
        "keyctl": ("keyrings", "outlive"),
        "ioctl.tiocsti-high": ("request TIOCSTI", "types into the caller's terminal"),
        "userfaultfd": ("page faults", "races"),
        "init_module": ("loads a kernel module", "no built-in policy allows it"),
        "reboot": ("restarts or halts the machine", "no built-in policy allows it"),
    }

    def test_forbidden_calls(self):
        """Goal: a violation says what the call is for, why it is dangerous, and which policy would
        allow it. Method: a dozen calls."""
        for name, words in self.CALLS.items():
            with self.subTest(name):
                result = self.expect(self.cell("syscalls", "call", name), "SV", "syscall")
                self.assertTrue(result["hint"].startswith(name.split(".")[0]), result["hint"])
                for word in words:
                    self.assertIn(word, result["hint"])

    def test_hints_are_true(self):
        """Goal: a policy that a hint names does allow the call. Method: run the program under
        each."""
        result = self.expect(self.cell("syscalls", "call", "execve"), "SV")
        self.assertIn("'compiler'", result["hint"])
        result = self.cell("syscalls", "call", "execve", options=["--policy", "compiler"])
        self.assertRegex(text_of(self.expect(result, "RE")), "not refused: -1 EFAULT")
        result = self.expect(self.cell("plain-static", "abort", options=["--policy", "minimal"]),
                             "SV")
        self.assertIn("'static'", result["hint"])
        result = self.cell("plain-static", "abort", options=["--policy", "static"])
        self.assertEqual(int(signal.SIGABRT), result["signal"])

    def test_no_violation_no_hint(self):
        """Goal: hint is null but for SV; a foreign entry point has its own words."""
        self.assertIsNone(self.cell("plain", "echo")["hint"])
        self.assertIsNone(self.cell("plain", "exit", "1")["hint"])
        result = self.cell("syscalls", "x32", "39")
        self.assertIn("x32 entry point", self.expect(result, "SV")["hint"])


if __name__ == "__main__":
    unittest.main()
