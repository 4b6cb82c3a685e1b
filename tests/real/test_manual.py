# SPDX-License-Identifier: MIT
"""What the manual says of options, beside what the program says itself."""
import os
import pathlib
import re
import subprocess
import unittest

from harness import BAILIFF, main

SOURCE = pathlib.Path(os.environ.get(
    "BAILIFF_SOURCE_DIR", pathlib.Path(__file__).resolve().parents[2]))
QUEUE = "submit result wait list dead cancel retry stats init purge".split()
# The pages that describe each command's options, the first one its own.
PAGES = {
    "run": ["bailiff.1"], "try": ["bailiff.1"], "languages": ["bailiff.1"], "doctor": ["bailiff.1"],
    "judge": ["bailiff-judge.1", "bailiff.1"], "worker": ["bailiff-worker.1"], "top": ["bailiff-top.1"],
    **{f"queue {command}": ["bailiff-queue.1"] for command in QUEUE},
    **{f"policy {command}": ["bailiff.1", "bailiff-policy.5"]
       for command in ("list", "show", "check", "learn")},
}
OPTION = re.compile(r"^ +(?:-(?P<letter>\w), )?--(?P<name>[\w-]+)(?: (?P<value>[^ ]+))?(?: |$)(?P<rest>.*)")
DEFINITION = re.compile(r"^(?:\*-\w\*, )?\*--[\w-]+\*")
AMOUNT = re.compile(r"\b\d+[A-Za-z]+\b")


def page(name):
    return (SOURCE / "docs" / f"{name}.scd").read_text(encoding="utf-8")


def options(command):
    """The options in a command's help: {name: (letter, value, text with the default)}."""
    text = subprocess.run([BAILIFF, *command.split(), "--help"], check=True, capture_output=True,
                          text=True, timeout=30).stdout
    found, last = {}, None
    for line in text.splitlines():
        match = OPTION.match(line)
        if match:
            last = match["name"]
            found[last] = (match["letter"], match["value"], match["rest"])
        elif last and line.startswith(" " * 20):
            letter, value, rest = found[last]
            found[last] = (letter, value, f"{rest} {line.strip()}")
        else:
            last = None
    return found


def definitions(text):
    """The options that a page defines: {name: its lines}."""
    found, names = {}, []
    for line in text.splitlines():
        if DEFINITION.match(line):
            names = re.findall(r"\*--([\w-]+)\*", line)
            found.update({name: line for name in names})
        elif line.startswith("\t") or not line:
            found.update({name: found[name] + "\n" + line for name in names})
        else:
            names = []
    return found


class Options(unittest.TestCase):
    def test_the_manual_knows_every_option(self):
        """Goal: no option is without its words. Method: the help of every command."""
        for command, pages in PAGES.items():
            text = "".join(map(page, pages))
            known = options(command)
            self.assertIn("help", known, command)
            for name in known:
                if name != "help":
                    self.assertIn(f"*--{name}*", text, f"{command} --{name} is not in {pages[0]}")

    def test_the_manual_invents_none(self):
        """Goal: what a page defines exists. Method: its definitions, and the help of its commands."""
        for name in sorted({pages[0] for pages in PAGES.values()}):
            known = {option for command, pages in PAGES.items() if pages[0] == name
                     for option in options(command)}
            defined = set(definitions(page(name)))
            self.assertTrue(defined, name)
            self.assertLessEqual(defined, known, name)

    def test_letters_values_and_defaults(self):
        """Goal: the two agree on more than names. Method: the commands whose page defines all their
        options; of defaults, those that are an amount."""
        for command in ("worker", "top"):
            defined = definitions(page(PAGES[command][0]))
            for name, (letter, value, rest) in options(command).items():
                if name == "help":
                    continue
                where = f"{command} --{name}"
                self.assertIn(name, defined, where)
                head, *body = defined[name].split("\n")
                self.assertEqual(letter is not None, head.startswith("*-" + (letter or "-") + "*"), where)
                for word in re.findall(r"[A-Z]{2,}", value or ""):
                    self.assertIn(f"_{word}_", head, where)
                self.assertEqual(value is not None, "_" in head, where)
                for amount in AMOUNT.findall(rest.rpartition("[")[2] if rest.endswith("]") else ""):
                    self.assertIn(f"_{amount}_", "\n".join(body), where)


if __name__ == "__main__":
    main()
