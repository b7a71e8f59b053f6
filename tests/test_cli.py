"""The command line: what it prints, what it refuses, and with which exit code."""

import io
import math
import os
import random
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

import seq2gpt
from seq2gpt import cli
from seq2gpt.cli import COURSE_HELP, HELP, main
from seq2gpt.errors import UserError
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.run import commands
from seq2gpt.run.checkpoint import checkpoints
from seq2gpt.run.demos import DEMOS
from seq2gpt.run.folder import read_run
from seq2gpt.run.presets import PRESETS
from seq2gpt.run.with_package import about_the_package
from seq2gpt.tokens import CharTokenizer

SMALL = [
    "--d-model", "12", "--n-heads", "3", "--n-layers", "1", "--context-length", "7", "--batch-size", "5",
    "--n-steps", "9", "--n-warmup", "2", "--device", "cpu",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A working directory with a text in it."""
    monkeypatch.chdir(tmp_path)
    rng = random.Random(0)
    text = "".join(rng.choice(("the ", "bird ", "Sings\n")) for _ in range(200))
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    return tmp_path


def train_small(*more: str) -> int:
    return main(["train", "tiny", "--data", "text.txt", *SMALL, *more])


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a refused command."""
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("seq2gpt: ")
    assert err.count("\n") == 1
    return err.removeprefix("seq2gpt: ").rstrip("\n")


def test_train_then_sample(folder, capsys):
    assert train_small() == 0
    out, err = capsys.readouterr()
    assert "Validation loss: " in out
    assert "nats per character" in out
    assert out.endswith("\n    seq2gpt sample runs/tiny\n")
    assert err == ""
    assert main(["sample", "runs/tiny", "--prompt", "the ", "--max-new-tokens", "20"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("the ")
    assert len(out) == len("the ") + 20 + len("\n")
    assert err == ""


def test_a_text_can_be_drawn_with_every_setting(folder, capsys):
    train_small()
    capsys.readouterr()

    def write(*flags: str) -> str:
        assert main(["sample", "runs/tiny", "--prompt", "the ", "--max-new-tokens", "40", *flags]) == 0
        return capsys.readouterr().out

    plain, greedy = write(), write("--temperature", "0")
    assert write() == plain != greedy
    assert write("--min-p", "1") == write("--top-k", "1") == write("--top-p", "0.001") == greedy
    assert write("--temperature", "0", "--repetition-penalty", "5") != greedy
    assert write("--seed", "5") != plain
    assert write("--stop", plain[20:22]) == plain[: plain.index(plain[20:22], 4)] + "\n"
    assert write("--temperature", "0", "--int8").startswith("the ")


@pytest.mark.parametrize("flags", [[], ["--int8"]])
def test_the_modern_layout_writes_too(folder, capsys, flags):
    train_small("--layout", "modern")
    capsys.readouterr()
    assert main(["sample", "runs/tiny", "--prompt", "the ", "--max-new-tokens", "20", *flags]) == 0
    assert len(capsys.readouterr().out) == len("the ") + 20 + len("\n")


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ([], "the largest logit is nan or infinite, so no token can be drawn; check the weights"),
        (
            ["--int8"],
            "mine: blocks.0.attention.w_o.weight holds nan or infinite numbers; take weights from before the loss broke",
        ),
    ],
)
def test_broken_weights_are_one_line_and_no_text(capsys, monkeypatch, flags, message):
    model = GPT(GPTConfig(vocab_size=3, context_length=7, d_model=6, n_heads=2, n_layers=1))
    torch.nn.init.constant_(model.blocks[0].attention.w_o.weight, math.nan)
    monkeypatch.setattr("seq2gpt.run.sampler.load_model", lambda source: (model, CharTokenizer("abc")))
    assert refusal(capsys, "sample", "mine", "--prompt", "ab", *flags) == message


@pytest.mark.parametrize("to", ["model.onnx", "model.bin", "model"])
def test_broken_weights_are_not_exported(folder, capsys, monkeypatch, to):
    model = GPT(GPTConfig(vocab_size=3, context_length=7, d_model=6, n_heads=2, n_layers=1))
    torch.nn.init.constant_(model.norm.weight, math.nan)
    monkeypatch.setattr("seq2gpt.run.sampler.load_model", lambda source: (model, CharTokenizer("abc")))
    message = "mine: norm.weight holds nan or infinite numbers; take weights from before the loss broke"
    assert refusal(capsys, "export", "mine", to) == message
    assert [path.name for path in folder.iterdir()] == ["text.txt"]


def test_a_model_too_large_for_memory_is_refused(folder, capsys):
    message = refusal(capsys, "train", *SMALL, "--d-model", str(10**15 * 12), "--n-heads", "12")
    assert message.startswith("a model of d_model=12000000000000000 and n_layers=")
    assert message.endswith("; use smaller ones")


@pytest.mark.parametrize(
    "arguments",
    ["heads --n-steps 0", "tagger --n-train 0", "classifier --n-unlabelled -1", "limits --n-candidates 0"],
)
def test_a_demonstration_of_nothing_is_refused(folder, capsys, arguments):
    demo, flag, value = arguments.split()
    name = flag.removeprefix("--").replace("-", "_")
    assert refusal(capsys, "train", demo, flag, value) == f"{name}={value} is out of range; use 1 or more"


def test_talking_to_a_model(folder, capsys, monkeypatch):
    assert train_small("--context-length", "40") == 0
    model = Path("runs/tiny")
    monkeypatch.setattr(commands, "_load_decoder", lambda *asked: (asked, None))
    asked = []

    class Chat:
        def __init__(self, decoder, tokenizer, sampling, stop, seed):
            asked.append((decoder, sampling.temperature, stop, seed))

        def say(self, text, max_new_tokens, write):
            asked.append((text, max_new_tokens))
            write(text.upper())

    monkeypatch.setattr("seq2gpt.run.sampler.Chat", Chat)
    monkeypatch.setattr(sys, "stdin", io.StringIO("hello\nmore\n\nnever read\n"))
    capsys.readouterr()
    assert (
        main(
            [
                "sample",
                str(model),
                "--chat",
                "--max-new-tokens",
                "7",
                "--stop",
                "x",
                "--seed",
                "3",
                "--forms",
                "lessons",
            ]
        )
        == 0
    )
    assert capsys.readouterr().out == "HELLO\nMORE\n"
    assert asked == [(("runs/tiny", False, "lessons"), 0.8, ["x"], 3), ("hello", 7), ("more", 7)]


def test_in_a_terminal_a_refused_line_does_not_end_the_conversation(capsys, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    class Chat:
        def say(self, text, max_new_tokens, write):
            if text == "é":
                raise UserError("the prompt holds 'é'")
            write(text.upper())

    monkeypatch.setattr(sys, "stdin", Terminal("é\nhello\n\n"))
    commands._talk(Chat(), 7)
    assert capsys.readouterr() == ("> > HELLO\n> ", "seq2gpt: the prompt holds 'é'\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO("é\nhello\n\n"))
    with pytest.raises(UserError, match="holds 'é'"):
        commands._talk(Chat(), 7)


def test_serving_a_model(folder, capsys, monkeypatch):
    train_small()
    capsys.readouterr()
    served = []

    def run(server, sockets):
        served.append(sockets[0].getsockname())
        raise KeyboardInterrupt

    monkeypatch.setattr("uvicorn.Server.run", run)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = f"nothing can listen on host=127.0.0.1, port={port} (Address already in use); choose others"
        assert refusal(capsys, "serve", "runs/tiny", "--port", str(port)) == message
    unknown = refusal(capsys, "serve", "runs/tiny", "--host", "no.such.host.invalid")
    assert unknown.startswith("nothing can listen on host=no.such.host.invalid, port=8000 (")
    assert main(["serve", "runs/tiny", "--port", str(port)]) == 0
    assert capsys.readouterr().out == f"tiny answers on http://127.0.0.1:{port}/v1; Ctrl-C ends it\n"
    assert (
        main(["serve", "runs/tiny", "--name", "mine", "--host", "0.0.0.0", "--port", str(port), "--int8"])
        == 0
    )
    assert capsys.readouterr().out.startswith(f"mine answers on http://0.0.0.0:{port}/v1;")
    assert served == [("127.0.0.1", port), ("0.0.0.0", port)]
    assert refusal(capsys, "serve", "runs/tiny", "--port", "0") == "port=0 is none; use 1 to 65535"
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert refusal(capsys, "serve", "runs/tiny") == "the server needs uvicorn; pip install 'seq2gpt[serve]'"


def test_exporting_a_model(folder, capsys):
    train_small()
    capsys.readouterr()
    assert main(["export", "runs/tiny", "mine"]) == 0
    assert main(["export", "runs/tiny", "page.bin"]) == 0
    assert main(["export", "runs/tiny", "model.onnx"]) == 0
    assert capsys.readouterr().out == "mine is written\npage.bin is written\nmodel.onnx is written\n"
    assert Path("page.bin").read_bytes().startswith(b"seq2gpt\n")
    assert Path("model.onnx").stat().st_size > 5000
    assert refusal(capsys, "export", "runs/tiny", "mine") == "mine exists; choose another name"
    assert refusal(capsys, "export", "runs/tiny") == "TO is missing; see `seq2gpt export --help`"
    for place in ("text.txt/mine", "text.txt/page.bin", "text.txt/model.onnx"):
        why = "cannot be written (Not a directory); choose another place"
        assert refusal(capsys, "export", "runs/tiny", place) == f"{place} {why}"
    settings = ["--prompt", "the ", "--max-new-tokens", "30"]
    texts = []
    for source in ("runs/tiny", "mine"):
        assert main(["sample", source, *settings]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_resuming_needs_no_flag_twice_and_another_value_is_refused(folder, capsys):
    assert train_small() == 0
    before = read_run(Path("runs/tiny")).config
    capsys.readouterr()
    assert main(["train", "--resume", "--name", "tiny", "--data", "text.txt"]) == 0
    assert "from step 9 to 9" in capsys.readouterr().out
    assert read_run(Path("runs/tiny")).config == before
    assert refusal(capsys, "train", "tiny", "--resume", "--n-layers", "2") == (
        "n_layers=2 does not fit the run in runs/tiny, which has n_layers=1; "
        "leave the flag out, or start a new run with --name"
    )


def test_every_field_is_a_flag(folder):
    assert (
        train_small("--name=mine", "--out", "elsewhere", "--lr=0.002", "--max_norm", "0.5", "--seed", "7")
        == 0
    )
    config = read_run(Path("elsewhere/mine")).config
    assert (config.lr, config.max_norm, config.seed, config.n_heads) == (0.002, 0.5, 7, 3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("tain", "there is no command 'tain' (did you mean train?); choose from train, tokenize, sample, serve, export, course, exam"),
        ("zzz", "there is no command 'zzz'; choose from train, tokenize, sample, serve, export, course, exam"),
        ("train char", f"there is no preset 'char' (did you mean chars?); choose from {', '.join([*PRESETS, *DEMOS])}"),
        ("train --n-step 5", "there is no flag --n-step (did you mean --n-steps?); see `seq2gpt train chars --help`"),
        ("train tiny --zzz", "there is no flag --zzz; see `seq2gpt train tiny --help`"),
        ("train --n-steps", "--n-steps needs a value after it; see `seq2gpt train chars --help`"),
        ("train --lr --resume", "--lr needs a value after it; see `seq2gpt train chars --help`"),
        ("train --n-steps many", "--n-steps takes a whole number, not 'many'; see `seq2gpt train chars --help`"),
        ("train --n-steps 1.5", "--n-steps takes a whole number, not '1.5'; see `seq2gpt train chars --help`"),
        ("train --lr=fast", "--lr takes a number, not 'fast'; see `seq2gpt train chars --help`"),
        ("train --device tpu", "--device takes auto, cpu, cuda or mps, not 'tpu'; see `seq2gpt train chars --help`"),
        ("train chars tiny", "'tiny' has no place here; see `seq2gpt train chars --help`"),
        ("train --resume=yes", "--resume takes no value; leave out =yes"),
        ("train --n-steps -4", "n_steps=-4 is out of range; use 1 or more"),
        ("train --d-model 100 --n-heads 8", "d_model=100 does not split into n_heads=8; use a multiple of 8"),
        ("train --data missing.txt", "there is no file and no data set 'missing.txt'; give --data the path of a file or one of these names: names, tinyshakespeare, fairy_tales"),
        ("train --data empty.txt", "empty.txt holds no text; give --data a file with something to learn from"),
        (
            "train --data latin.txt",
            "latin.txt is not UTF-8 text (byte 0xe9 at offset 3); save it as UTF-8 and try again",
        ),
        (
            "train --data texts",
            "texts is a folder; make token files of its texts with `seq2gpt tokenize texts NEW-FOLDER`, and train on these",
        ),
        (
            "train --data text.txt --context-length 400",
            "the corpus has 1,023 characters, but context_length=400 needs 8,020 or more; "
            "use a longer text or a smaller --context-length",
        ),
        ("train --out text.txt", "text.txt/chars cannot be written (Not a directory); choose another place with --out"),
        ("train --resume", "runs/chars holds no run; train one with `seq2gpt train`, or check the path"),
        ("sample", "runs/chars holds no run; train one with `seq2gpt train`, or check the path"),
        ("sample text.txt", "text.txt holds no run; train one with `seq2gpt train`, or check the path"),
        ("sample a b", "'b' has no place here; see `seq2gpt sample --help`"),
        ("sample --promt x", "there is no flag --promt (did you mean --prompt?); see `seq2gpt sample --help`"),
        ("sample --top-k few", "--top-k takes a whole number, not 'few'; see `seq2gpt sample --help`"),
        ("course strat", "there is no course command 'strat' (did you mean start?); choose from start, status, "
         "check, hint, reset, update, submit, doctor, assemble, provenance, milestones, milestone, publish, build, "
         "release, roster, grade, regrade, report, site, all"),
        ("course start", "FOLDER is missing; see `seq2gpt course start --help`"),
        ("course build --chek", "there is no flag --chek (did you mean --check?); see `seq2gpt course build --help`"),
        ("course grade", "no lab is named; name one, such as 07-attention"),
        ("course grade lab other --workers x", "--workers takes a whole number, not 'x'; see `seq2gpt course grade --help`"),
        ("course grade lab --workers x", "--workers takes a whole number, not 'x'; see `seq2gpt course grade --help`"),
    ],
)  # fmt: skip
def test_mistakes_get_one_line_and_nothing_is_written(folder, capsys, arguments, message):
    (folder / "empty.txt").write_bytes(b"")
    (folder / "texts").mkdir()
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    (folder / "text.txt").write_text("x" * 1023, encoding="utf-8")
    before = sorted(folder.rglob("*"))
    assert refusal(capsys, *arguments.split()) == message
    assert sorted(folder.rglob("*")) == before


def test_a_run_is_never_overwritten(folder, capsys):
    assert train_small() == 0
    capsys.readouterr()
    assert refusal(capsys, "train", "tiny") == (
        "runs/tiny holds a run already; continue it with `seq2gpt train --resume --name tiny`, "
        "or start another with --name tiny-2"
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--prompt", "Zoo"], "the prompt holds 'Z' at position 0, which the model has never seen; "
         "its 13 characters are '\\n Sbdeghinrst'"),
        (["--prompt", "the birds"], "the prompt has 9 characters, more than context_length=7 that the model sees "
         "at once; shorten it by 2"),
        (["--prompt", "the ", "--temperature", "-1"], "temperature=-1.0 must be positive and finite; "),
        (["--prompt", "the ", "--top-p", "2"], "top_p=2.0 must lie above 0 and be at most 1; 1 keeps every token"),
    ],
)  # fmt: skip
def test_a_text_that_cannot_be_written_is_refused(folder, capsys, flags, message):
    train_small()
    capsys.readouterr()
    assert refusal(capsys, "sample", "runs/tiny", *flags).startswith(message)


def test_help_names_every_command_and_example(capsys):
    for arguments in ([], ["--help"], ["-h"], ["help"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out == HELP
    assert all(f"\n  {command}" in HELP for command in ("train", "sample", "serve", "export", "course"))
    for name, preset in PRESETS.items():
        assert re.search(rf"^  {name} +{re.escape(preset.__doc__.splitlines()[0])}$", HELP, re.MULTILINE)
    for name, about in DEMOS.items():
        assert re.search(rf"^  {name} +{re.escape(about)}$", HELP, re.MULTILINE)
    assert main(["course"]) == 0
    assert capsys.readouterr().out == COURSE_HELP
    assert all(
        f"\n  {command} " in COURSE_HELP
        for command in ("start", "submit", "build", "grade", "regrade", "all")
    )


@pytest.mark.parametrize(
    ("command", "places"),
    [
        ("tokenize", "TEXTS TO"), ("sample", "[RUN]"), ("serve", "[RUN]"), ("export", "RUN TO"),
        ("course start", "FOLDER"), ("course submit", "WORKSPACE LAB"),
        ("course grade", "[LABS ...]"),
    ],
)  # fmt: skip
def test_help_names_what_stands_where(capsys, command, places):
    assert main([*command.split(), "--help"]) == 0
    usage, _, rest = capsys.readouterr().out.partition("\n\n")
    assert " ".join(usage.split()).removesuffix(" [OPTIONS]").endswith(places) or f" {places} [" in usage
    assert "``" not in rest  # marks of the documentation mean nothing in a terminal


def test_help_of_a_command_explains_every_flag(capsys):
    assert main(["train", "tiny", "--help"]) == 0
    out = capsys.readouterr().out
    assert "Seconds rather than minutes" in out
    assert "seq2gpt train --data poems.txt --name poems" in out
    assert "--context-length INT" in out
    assert "Tokens the model sees at once" in out
    assert "(default: 32)" in out, "the defaults are those of the preset"
    assert main(["sample", "--help"]) == 0
    assert "Text to continue." in capsys.readouterr().out


def test_the_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"seq2gpt {seq2gpt.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["sample", "--help"], ["serve", "--help"], ["course", "--help"]],
)
def test_help_does_not_wait_for_torch(arguments):
    code = f"import sys; from seq2gpt.cli import main; main({arguments!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_the_module_is_the_command(folder):
    done = subprocess.run([sys.executable, "-m", "seq2gpt", "train", "char"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "seq2gpt: there is no preset 'char' (did you mean chars?); "
        f"choose from {', '.join([*PRESETS, *DEMOS])}\n"
    )


def test_course_commands_get_their_arguments(monkeypatch, capsys):
    called = []

    def submit(workspace: Path, lab: str, student: str, to: Path | None = None) -> None:
        """Hand in."""
        called.append((workspace, lab, student, to))

    def build(check: bool = False) -> None:
        called.append(check)

    def grade(lab: str) -> None:
        raise UserError("lab='x' is unknown; use 07-attention")

    monkeypatch.setattr("autograder.student.commands.submit", submit)
    monkeypatch.setattr("autograder.commands.build", build)
    monkeypatch.setattr("autograder.commands.grade", grade)
    assert main(["course", "submit", "mywork", "07-attention", "ada", "--to", "box"]) == 0
    assert main(["course", "build"]) == 0
    assert main(["course", "build", "--check"]) == 0
    assert called == [(Path("mywork"), "07-attention", "ada", Path("box")), False, True]
    assert refusal(capsys, "course", "grade", "x") == "lab='x' is unknown; use 07-attention"
    assert main(["course", "submit", "--help"]) == 0
    assert "Hand in." in capsys.readouterr().out


def test_a_missing_extra_is_named(monkeypatch, capsys):
    def start(folder: Path) -> None:
        raise ModuleNotFoundError("No module named 'nbformat'", name="nbformat")

    monkeypatch.setattr("autograder.student.commands.start", start)
    assert refusal(capsys, "course", "start", "mywork") == (
        "the course needs nbformat, which is not installed; pip install 'seq2gpt[course]'"
    )


def test_what_the_system_refuses_is_one_line(monkeypatch, capsys):
    def fail(arguments: list[str]) -> int:
        raise PermissionError(13, "Permission denied", "runs/log.jsonl")

    monkeypatch.setattr(cli, "_dispatch", fail)
    assert refusal(capsys, "train") == "runs/log.jsonl: Permission denied"


def test_ctrl_c_says_how_to_continue_and_exits_with_130(folder, monkeypatch, capsys):
    from seq2gpt.run.step import Stepper

    real = Stepper.step

    def step(self, *args, **kwargs):
        signal.raise_signal(signal.SIGINT)
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Stepper, "step", step)
    assert train_small() == 130
    assert capsys.readouterr().err == (
        "\nseq2gpt: stopped after step 1 of 9 and saved; continue with `seq2gpt train --resume --name tiny`\n"
    )
    assert [step for step, _ in checkpoints(Path("runs/tiny"))] == [1]


def test_a_reader_that_has_seen_enough_is_no_error(folder):
    train_small()
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "seq2gpt", "sample", "runs/tiny", "--prompt", "the "]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_model_writes_while_it_draws(folder, monkeypatch):
    """Every character is flushed, so that a reader sees the text grow."""
    train_small()
    flushed = []
    stream = SimpleNamespace(write=lambda text: None, flush=lambda: flushed.append(1))
    monkeypatch.setattr(sys, "stdout", stream)
    main(["sample", "runs/tiny", "--prompt", "the ", "--max-new-tokens", "9"])
    assert len(flushed) >= 10


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("train", "train gpt2 --name mygpt"),
        ("train --seed 3", "train gpt2 --name mygpt --seed 3"),
        ("train --name=other", "train gpt2 --name=other"),
        ("train heads", "train heads"),
        ("train --help", "train --help"),
        ("sample", "sample runs/mygpt"),
        ("sample --prompt The", "sample runs/mygpt --prompt The"),
        ("sample --seed 3 runs/other", "sample --seed 3 runs/other"),
        ("serve runs/other", "serve runs/other"),
    ],
)
def test_with_a_package_what_is_not_named_is_the_gpt_of_the_lessons(tmp_path, monkeypatch, given, meant):
    monkeypatch.chdir(tmp_path)
    for name in ("mygpt", "other"):
        Path("runs", name).mkdir(parents=True)
        Path("runs", name, "config.json").touch()
    assert " ".join(about_the_package(given.split(), "mygpt")) == meant


def test_with_a_package_that_was_not_trained_the_run_is_not_guessed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert about_the_package(["sample"], "mygpt") == ["sample"]
