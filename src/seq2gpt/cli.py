"""The command ``seq2gpt``. Only a command that computes imports torch, so help answers at once."""

import dataclasses
import importlib
import inspect
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeVar

import tyro

from seq2gpt import __version__
from seq2gpt.errors import UserError, lacks_extra
from seq2gpt.run.commands import export, sample, serve
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.demos import DEMOS, default_config, load_demo, report, run_demo
from seq2gpt.run.flags import closest, flags_of, parse_flags
from seq2gpt.run.prepare import tokenize
from seq2gpt.run.presets import PRESETS
from seq2gpt.run.with_package import HELP_WORDS, WITH_PACKAGE, run_with, taken

T = TypeVar("T")


def _first_lines() -> str:
    """Every preset and demonstration with one line about it."""
    about = {name: (inspect.getdoc(preset) or "").splitlines()[0] for name, preset in PRESETS.items()}
    about |= DEMOS
    width = max(map(len, about))
    return "\n".join(f"  {name:{width}}  {line}" for name, line in about.items())


HELP = f"""\
usage: seq2gpt COMMAND …

Train a small GPT on your own machine, and talk to it.

  seq2gpt train                        about four minutes of one CPU core; no download
  seq2gpt train tiny                   the same in seconds, to see how it goes
  seq2gpt train --data poems.txt --name poems
                                       learn from a text of your own
  seq2gpt sample runs/chars --prompt "The "
                                       let the trained model write

Commands:
  train [NAME]     train a model, or run a demonstration; the names are below
  tokenize TEXTS TO
                   turn texts of any size into token ids in files
  sample [RUN]     let a trained model continue a text, or talk to it
  serve [RUN]      answer requests as OpenAI's interface does
  export RUN TO    write a model for ONNX, transformers or a page
  course           the exercises: start, status, check, hint, submit, grade and more
  exam             exam preparation: take, review, stats, build, export and more

What can be trained:
{_first_lines()}

  seq2gpt train --with mygpt           with your own GPT, from `seq2gpt course assemble`; sample, serve and export too
  seq2gpt COMMAND --help               every flag of a command
  seq2gpt --version                    the version installed
"""

STUDENT_COMMANDS = (
    "start", "status", "check", "hint", "reset", "update", "submit", "doctor", "assemble", "provenance",
    "milestones", "milestone", "publish",
)  # fmt: skip
COURSE_COMMANDS = ("build", "release", "roster", "grade", "regrade", "report", "site", "all")
COURSE_HELP = """\
usage: seq2gpt course COMMAND …

The course's exercises: JupyterLab notebooks that tell you at once what is right.

  seq2gpt course start mywork          a folder with the exercises, for you to work in

For students:
  start    make a folder with the exercises
  status   what is solved, what that unlocks, what comes next
  check    run the checks of an exercise or of a lab
  hint     one more hint for an exercise
  reset    an exercise as it was released; your text is kept
  update   the labs of a newer version; your answers stay
  submit   hand in an exercise notebook
  doctor   what of this machine will be slow or broken, and what helps
  assemble   your solved exercises as a package of your own
  provenance who wrote what of it
  milestones what your parts can reach together, and what is ready
  milestone  train with your own parts for one of them
  publish    your trained model as a page that writes in any browser

For instructors and authors:
  build    build the notebooks from the lessons
  release  a folder with the labs, dates and points of your course, for students
  roster   the list of the class: show it, or enter it from a table
  grade    grade the notebooks handed in
  regrade  grade them again, and show whose score changed
  report   the class: scores, who needs a look, what was hard, common mistakes
  site     build the site, with or without solutions, or the book as EPUB or PDF
  all      build, grade a sample class, train a small GPT, build the site

  seq2gpt course COMMAND --help        every flag of a command
"""

EXAM_COMMANDS = ("take", "review", "stats", "build", "export", "analyse", "lint")
EXAM_HELP = """\
usage: seq2gpt exam COMMAND …

Exam preparation from the course's bank of questions.

  seq2gpt exam take --n-items 10 --minutes 15
                                       a short mock exam, here in the terminal

For learners:
  take     a timed mock exam; it goes on where it was stopped
  review   what is due today, and some new questions
  stats    what you know, and what you take to be true that is not

For instructors and authors:
  build    draw an exam: its questions as a file, and forms to print
  export   questions for Moodle, Anki and other programs
  analyse  how questions did in a class: difficulty, discrimination, distractors
  lint     check questions: keys, reasons, clues, guessers, sources

  seq2gpt exam COMMAND --help          every flag of a command
"""

TRAIN_HELP = """\
Examples:
  seq2gpt train --n-steps 4000 --name longer
  seq2gpt train --data poems.txt --name poems
  seq2gpt train --resume               continue where the run was stopped

A run is stored in OUT/NAME and never overwritten. Ctrl-C saves and stops."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainFlags:
    """What ``seq2gpt train`` takes beyond the preset."""

    config: Annotated[TrainConfig, tyro.conf.arg(name="")]
    resume: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Continue the run of that name from its last checkpoint."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 2 for input that cannot be used, 130 after Ctrl-C."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _dispatch(arguments)
    except UserError as error:
        if _is_first():
            print(f"seq2gpt: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"seq2gpt: {where}{error.strerror or error}", file=sys.stderr)
        return 2
    except SystemExit as stop:  # tyro, after printing --help
        return int(stop.code or 0)
    except KeyboardInterrupt as stop:
        if _is_first():
            print(f"\nseq2gpt: {stop or 'stopped'}", file=sys.stderr)
        return 130


def _is_first() -> bool:
    """Whether this process talks to the user; ``torchrun`` numbers those that it starts."""
    return os.environ.get("RANK", "0") == "0"


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in HELP_WORDS:
        print(HELP, end="")
    elif arguments[0] in ("-V", "--version"):
        print(f"seq2gpt {__version__}")
    else:
        commands = {
            "train": _train, "tokenize": tokenize, "sample": sample, "serve": serve, "export": export,
            "course": _course, "exam": _exam,
        }  # fmt: skip
        command = _choose(arguments[0], commands, "command")
        if arguments[0] in WITH_PACKAGE and (package := taken(arguments, "--with")):
            return run_with(package, arguments)
        command(arguments[1:])
    return 0


def _choose(word: str, choices: Mapping[str, T], kind: str) -> T:
    if word not in choices:
        known = ", ".join(choices)
        raise UserError(f"there is no {kind} {word!r}{closest(word, choices)}; choose from {known}")
    return choices[word]


def _train(arguments: list[str]) -> None:
    preset = "chars"
    if arguments and not arguments[0].startswith("-"):
        preset = arguments.pop(0)
    _choose(preset, {**PRESETS, **DEMOS}, "preset")
    train = _train_preset if preset in PRESETS else _train_demo
    train(preset, arguments)


def _train_demo(name: str, arguments: list[str]) -> None:
    module = load_demo(name)
    about = inspect.getdoc(module) or ""
    prog = f"seq2gpt train {name}"
    config = parse_flags(module.Config, arguments, prog, about)
    data = getattr(config, "data", None)
    if data is not None:  # a known set brings settings of its own, which other flags change
        config = parse_flags(module.Config, arguments, prog, about, default_config(name, data))
    as_measured = dataclasses.replace(config, seed=0) == default_config(name, data)
    data_set = None if data is None else "" if data.exists() else str(data)
    print(report(name, run_demo(name, config), as_measured, data_set))


def _train_preset(preset: str, arguments: list[str]) -> None:
    start = PRESETS[preset]
    prog = f"seq2gpt train {preset}"
    about = f"{inspect.getdoc(start)}\n\n{TRAIN_HELP}"
    flags = parse_flags(TrainFlags, arguments, prog, about, TrainFlags(config=start()))
    if flags.resume and (flags.config.folder / "config.json").exists():
        from seq2gpt.run.folder import read_run

        # what the run was started with need not be typed again; what is typed must agree with it
        place = {"out": flags.config.out, "name": flags.config.name}
        begun = dataclasses.replace(read_run(flags.config.folder).config, **place)
        flags = parse_flags(TrainFlags, arguments, prog, about, TrainFlags(config=begun))
    from seq2gpt.run.trainer import train

    result = train(flags.config, resume=flags.resume)
    if not _is_first():
        return
    minutes, seconds = divmod(round(result.seconds), 60)
    print(
        f"\nA sample:\n\n{result.sample}\n\n"
        f"Validation loss: {result.val_loss:.3f} nats per {result.unit} (training: {result.train_loss:.3f}), "
        f"{result.bits_per_byte:.3f} bits per byte, "
        f"after {minutes}:{seconds:02d} minutes.\nLet the model write:\n\n"
        f"    seq2gpt sample {shlex.quote(str(result.run))}"
    )


def _course(arguments: list[str]) -> None:
    if not arguments or arguments[0] in HELP_WORDS:
        print(COURSE_HELP, end="")
        return
    name = arguments.pop(0)
    place = "autograder.student" if name in STUDENT_COMMANDS else "autograder"
    _choose(name, dict.fromkeys((*STUDENT_COMMANDS, *COURSE_COMMANDS)), "course command")
    try:
        commands = importlib.import_module(f"{place}.commands")
    except ModuleNotFoundError as error:
        raise lacks_extra(error, "course") from None
    _call(getattr(commands, "make_all" if name == "all" else name), f"course {name}", arguments)


def _exam(arguments: list[str]) -> None:
    if not arguments or arguments[0] in HELP_WORDS:
        print(EXAM_HELP, end="")
        return
    name = arguments.pop(0)
    _choose(name, dict.fromkeys(EXAM_COMMANDS), "exam command")
    try:
        commands = importlib.import_module("seq2gpt.exam.commands")
    except ModuleNotFoundError as error:
        raise lacks_extra(error, "exam") from None
    _call(getattr(commands, name), f"exam {name}", arguments)


def _call(function: Callable[..., None], name: str, arguments: list[str]) -> None:
    """Call a function with what the flags say; its docstring is the help."""
    flags = parse_flags(flags_of(function), arguments, f"seq2gpt {name}", inspect.getdoc(function) or "")
    try:
        function(**vars(flags))
    except ModuleNotFoundError as error:
        raise lacks_extra(error, name.partition(" ")[0]) from None
