"""``--with FOLDER``: a command that a student's own package carries out in place of this one."""

import subprocess
import sys
from pathlib import Path

from seq2gpt.errors import UserError, lacks_extra
from seq2gpt.run.demos import DEMOS

HELP_WORDS = ("-h", "--help", "help")
WITH_PACKAGE = ("train", "sample", "serve", "export")  # the commands that know the flag


def taken(arguments: list[str], flag: str) -> str:
    """The value of a flag, which leaves the arguments; empty if it is not there."""
    for i, word in enumerate(arguments):
        name, equals, value = word.partition("=")
        if name == flag:
            if not equals and i + 1 == len(arguments):
                raise UserError(f"{flag} takes the folder of a package; see `seq2gpt {arguments[0]} --help`")
            value = value if equals else arguments.pop(i + 1)
            del arguments[i]
            return value
    return ""


def run_with(folder: str, arguments: list[str]) -> int:
    """Run a command of an assembled package in place of this one's, in a process of its own."""
    try:
        from autograder.student.provenance import command_of
    except ModuleNotFoundError as error:
        raise lacks_extra(error, "course") from None
    words, environment, about = command_of(Path(folder))
    print(about, file=sys.stderr, flush=True)
    arguments = about_the_package(arguments, words[-1])
    words += arguments if _asks_for_forms(arguments) else [*arguments, "--forms", "lessons"]
    return subprocess.run(words, env=environment, check=False).returncode


def about_the_package(arguments: list[str], name: str) -> list[str]:
    """A command that does not say what to train or to read means the GPT of lesson 13, and the run with the package's name."""
    command, *rest = arguments
    if (rest and not rest[0].startswith("-")) or not {*HELP_WORDS}.isdisjoint(rest):
        return arguments
    if command == "train":
        named = any(word.partition("=")[0] == "--name" for word in rest)
        return [command, "gpt2", *rest] if named else [command, "gpt2", "--name", name, *rest]
    run = Path("runs", name)
    says_which = any(Path(word, "config.json").is_file() for word in rest)
    return [command, str(run), *rest] if run.is_dir() and not says_which else arguments


def _asks_for_forms(arguments: list[str]) -> bool:
    """Whether a command has no forms to choose from, or chooses itself."""
    command, *rest = arguments
    has_none = command == "export" or (command == "train" and rest[:1] != [] and rest[0] in DEMOS)
    return has_none or any(word.partition("=")[0] in ("--forms", *HELP_WORDS) for word in rest)
