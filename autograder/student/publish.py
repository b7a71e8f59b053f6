"""A trained model as a page of its own: one file that writes in any browser, without a server and without a network."""

import base64
import html
import json
import subprocess
import tempfile
from pathlib import Path
from string import Template
from typing import Any

from autograder.student.assembly import parts_of, read_record
from autograder.student.provenance import command_of
from seq2gpt.errors import UserError
from seq2gpt.run.config import TrainConfig
from seq2gpt.run.folder import read_run


def publish(package: Path, run: Path, to: Path, title: str = "") -> int:
    """Write the model of ``run``, packed by the code of ``package``, to the page ``to``; returns the page's size.

    Raises ``UserError`` when ``to`` exists, or when there is no such run.
    """
    if to.exists():
        raise UserError(f"{to} exists; choose another name with --to")
    config = read_run(run).config
    with tempfile.TemporaryDirectory() as folder:
        packed = Path(folder, "model.bin")
        words, environment, _ = command_of(package)
        command = [*words, "export", str(run), str(packed)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise UserError(f"{run} cannot be published: {last.removeprefix('seq2gpt: ')}")
        model = packed.read_bytes()
    content = page(
        model, title or f"{read_record(package)['name']} writes", card(package, run, config)
    ).encode()
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(content)
    return len(content)


def card(package: Path, run: Path, config: TrainConfig) -> list[tuple[str, str]]:
    """What a reader should know about the model."""
    parts = list(parts_of(package))
    yours = [part for part in parts if part.yours]
    rows = [
        (
            "Code",
            f"{len(yours)} of {len(parts)} parts were written by the author of this page, the others are the course seq2gpt's",
        ),
        ("Written by the author", ", ".join(f"{p.module}.{p.qualname}" for p in yours) or "nothing yet"),
        (
            "Learned from",
            str(config.data) if config.data else "the manual of Python and the text of the course",
        ),
        (
            "Size",
            f"{config.n_layers} layers of width {config.d_model} with {config.n_heads} heads, {config.context_length} characters of context",
        ),
        ("Training", f"{config.n_steps} steps of {config.batch_size} pieces, seed {config.seed}"),
    ]
    if (loss := last_loss(run)) is not None:
        rows.append(("Loss on held-out text", f"{loss:.3f} nats for each character"))
    return rows


def last_loss(run: Path) -> float | None:
    """The last loss on held-out text that the run wrote down."""
    losses = []
    for line in (
        (run / "log.jsonl").read_text(encoding="utf-8").splitlines() if (run / "log.jsonl").is_file() else ()
    ):
        entry: dict[str, Any] = json.loads(line)
        losses += [float(entry["val_loss"])] if entry.get("val_loss") is not None else []
    return losses[-1] if losses else None


def page(model: bytes, title: str, rows: list[tuple[str, str]]) -> str:
    """The page: the widget's code, its style, the weights and the host that runs it, all in one file."""
    import seq2gpt
    from seq2gpt.widgets.bundling import bundle

    widgets = Path(seq2gpt.__file__).parent / "widgets"
    saved = {
        "model_module": "anywidget",
        "state": {
            "_esm": bundle("playground.js"),
            "_css": (widgets / "widgets.css").read_text(encoding="utf-8"),
            "prompt": "The ",
        },
        "buffers": [{"path": ["model_data"], "encoding": "base64", "data": base64.b64encode(model).decode()}],
    }
    return PAGE.substitute(
        title=html.escape(title),
        rows="\n".join(
            f"<tr><th>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>" for name, text in rows
        ),
        state=in_script({"state": {"gpt": saved}}),
        view=in_script({"model_id": "gpt"}),
        host=(widgets / "host.js").read_text(encoding="utf-8").replace("</", "<\\/"),
    )


def in_script(value: Any) -> str:
    """JSON that can stand in a script element."""
    return json.dumps(value).replace("<", r"\u003c")


PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin-top: 2rem; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>$title</h1>
<p>Every letter is computed in this page; nothing that you type leaves your machine.</p>
<noscript>This page needs JavaScript.</noscript>
<script type="application/vnd.jupyter.widget-state+json">$state</script>
<script type="application/vnd.jupyter.widget-view+json">$view</script>
<h2>About this model</h2>
<table>
$rows
</table>
<p>It learned which character follows which; it has never been asked whether a sentence is true.</p>
<script type="module">
$host
</script>
</body>
</html>
""")
