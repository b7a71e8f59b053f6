"""The commands that use a trained model: ``seq2gpt sample`` and ``seq2gpt serve``."""

import contextlib
import dataclasses
import socket
import sys
from pathlib import Path
from typing import Annotated, Any

import tyro

from seq2gpt.errors import UserError
from seq2gpt.run.config import Forms
from seq2gpt.run.flags import parse_flags

SAMPLE_HELP = """\
Continue a text with a trained model, or talk to it.

Examples:
  seq2gpt sample runs/chars --prompt "The "
  seq2gpt sample runs/chars --temperature 0.5 --top-k 10 --seed 3
  seq2gpt sample gpt2-folder --stop "." --int8
  seq2gpt sample gpt2-folder --chat"""

SERVE_HELP = """\
Answer requests as OpenAI's interface does: /v1/completions, /v1/chat/completions, /v1/models.

Examples:
  seq2gpt serve runs/chars
  curl localhost:8000/v1/completions -d '{"model": "chars", "prompt": "The "}'

Ctrl-C ends it."""


EXPORT_HELP = """\
Write a trained model in a form that other programs read.

The name decides the form: model.onnx becomes a file for ONNX Runtime, model.bin the file that the course's
pages load, any other name a folder that transformers loads.

Examples:
  seq2gpt export runs/chars model.onnx
  seq2gpt export runs/chars my-gpt2"""


Run = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="[RUN]")]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SampleFlags:
    """What ``seq2gpt sample`` takes."""

    run: Run = "runs/chars"
    """Folder of a trained run; a folder with weights of GPT-2, Llama or Qwen3; or a name on the hub."""
    prompt: str = "The "
    """Text to continue."""
    max_new_tokens: int = 300
    """Tokens to write; where the model reads characters, characters."""
    temperature: float = 0.8
    """0 always takes the likeliest token; above 1 the text becomes wild."""
    top_k: int | None = None
    """Draw among the K likeliest tokens only."""
    top_p: float | None = None
    """Draw among the likeliest tokens that have probability P together."""
    min_p: float | None = None
    """Draw among the tokens that have at least P times the probability of the likeliest."""
    repetition_penalty: float = 1.0
    """Above 1, tokens that the text holds already become less probable."""
    stop: str | None = None
    """Text before which to stop."""
    seed: int = 0
    """Another seed gives another text."""
    int8: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Round the weights to 8 bits, which is faster on a CPU."""
    forms: Forms = "fast"
    """lessons computes by the lessons' own functions, which is slower."""
    chat: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Talk to the model: it answers each line that you write, and forgets what no longer fits into its
    context; an empty line ends the conversation."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServeFlags:
    """What ``seq2gpt serve`` takes."""

    run: Run = "runs/chars"
    """Folder of a trained run; a folder with weights of GPT-2, Llama or Qwen3; or a name on the hub."""
    name: str | None = None
    """Name of the model for clients; otherwise that of the folder."""
    host: str = "127.0.0.1"
    """Address to listen on; 0.0.0.0 lets other machines in."""
    port: int = 8000
    """Port to listen on."""
    int8: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """Round the weights to 8 bits, which is faster on a CPU."""
    forms: Forms = "fast"
    """lessons computes by the lessons' own functions, which is slower."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportFlags:
    """What ``seq2gpt export`` takes."""

    run: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="RUN")]
    """Folder of a trained run; a folder with weights of GPT-2, Llama or Qwen3; or a name on the hub."""
    to: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="TO")]
    """File or folder to write; nothing is overwritten."""


def sample(arguments: list[str]) -> None:
    """``seq2gpt sample``: continue a text, or talk."""
    flags = parse_flags(SampleFlags, arguments, "seq2gpt sample", SAMPLE_HELP)
    from seq2gpt.run.sampler import Chat, continuation
    from seq2gpt.sampling import Sampling

    decoder, tokenizer = _load_decoder(flags.run, flags.int8, flags.forms)
    stop = [flags.stop] if flags.stop else []
    sampling = Sampling(
        temperature=flags.temperature, top_k=flags.top_k, top_p=flags.top_p, min_p=flags.min_p,
        repetition_penalty=flags.repetition_penalty,
    )  # fmt: skip
    if flags.chat:
        _talk(Chat(decoder, tokenizer, sampling, stop=stop, seed=flags.seed), flags.max_new_tokens)
    else:
        pieces = continuation(
            decoder, tokenizer, flags.prompt, flags.max_new_tokens, sampling, stop=stop, seed=flags.seed
        )
        first = next(pieces, "")  # what is refused at the first token leaves no half text
        _write(flags.prompt)
        _write(first)
        for piece in pieces:
            _write(piece)
        print()


def _load_decoder(source: str, int8: bool, forms: Forms) -> tuple[Any, Any]:
    """What decodes the model of a run or folder, and its tokenizer."""
    if int8 and forms == "lessons":
        raise UserError("forms=lessons has no weights of 8 bits; leave out --int8")
    from seq2gpt.decoding import decoder_of
    from seq2gpt.quantize import int8_decoder
    from seq2gpt.run.sampler import load_model

    model, tokenizer = load_model(source)
    try:
        return int8_decoder(model) if int8 else decoder_of(model, forms), tokenizer
    except ValueError as error:
        raise UserError(f"{source}: {error}") from None


def _write(text: str) -> None:
    print(text, end="", flush=True)


def _talk(chat: Any, max_new_tokens: int) -> None:
    """Questions from standard input, answers on standard output, until an empty line or the end."""
    while said := _next_line():
        try:
            chat.say(said, max_new_tokens, write=_write)
            print()
        except UserError as error:
            if not sys.stdin.isatty():
                raise
            print(f"seq2gpt: {error}", file=sys.stderr)  # the next line may be right


def _next_line() -> str:
    _write("> " if sys.stdin.isatty() else "")
    return sys.stdin.readline().strip()


def serve(arguments: list[str]) -> None:
    """``seq2gpt serve``: answer requests until stopped."""
    flags = parse_flags(ServeFlags, arguments, "seq2gpt serve", SERVE_HELP)
    if not 0 < flags.port < 65536:
        raise UserError(f"port={flags.port} is none; use 1 to 65535")
    try:
        import uvicorn

        from seq2gpt.serve import Engine, create_app
    except ModuleNotFoundError as error:
        raise UserError(f"the server needs {error.name}; pip install 'seq2gpt[serve]'") from None
    decoder, tokenizer = _load_decoder(flags.run, flags.int8, flags.forms)
    name = flags.name or Path(flags.run).resolve().name
    server = uvicorn.Server(uvicorn.Config(create_app(Engine(decoder, tokenizer, name)), log_level="warning"))
    with _listen(flags.host, flags.port) as listener:
        print(f"{name} answers on http://{flags.host}:{flags.port}/v1; Ctrl-C ends it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    """A socket at this address, before anybody is told that something answers there."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]  # Python repeats the address behind it
        raise UserError(f"nothing can listen on host={host}, port={port} ({why}); choose others") from None


def export(arguments: list[str]) -> None:
    """``seq2gpt export``: a model for other programs."""
    flags = parse_flags(ExportFlags, arguments, "seq2gpt export", EXPORT_HELP)
    if flags.to.exists():
        raise UserError(f"{flags.to} exists; choose another name")
    from seq2gpt.browser import export_for_browser
    from seq2gpt.export import export_onnx
    from seq2gpt.hub import save_pretrained
    from seq2gpt.run.card import model_card
    from seq2gpt.run.folder import LOG
    from seq2gpt.run.sampler import load_model
    from seq2gpt.tokens import CharTokenizer

    model, tokenizer = load_model(flags.run)
    try:
        if flags.to.suffix == ".onnx":
            export_onnx(model, flags.to)
        elif flags.to.suffix != ".bin":
            save_pretrained(model, flags.to, tokenizer)
        elif isinstance(tokenizer, CharTokenizer):
            has_log = Path(flags.run, LOG).is_file()  # models of others have none
            export_for_browser(model, tokenizer, flags.to, model_card(Path(flags.run)) if has_log else None)
        else:
            raise UserError(f"the page reads models of characters only; write {flags.to.stem} as a folder")
    except ValueError as error:
        raise error if isinstance(error, UserError) else UserError(f"{flags.run}: {error}") from None
    print(f"{flags.to} is written")
