"""The book's Sphinx extension: interactive figures, and notebook outputs that follow the code.

``{widget} NAME`` puts the module ``src/seq2gpt/widgets/NAME.js`` on a page. The body is YAML, the
widget's state at the start; ``:label:`` names the figure for a screen reader; ``:still:`` is what stands
there where the widget cannot run: a picture beside the page, or a sentence. With ``:model:`` the widget is told where
the exported GPT lies, if there is one. With ``:needs-model:`` it is given those of its ``models`` that there are: files of
``book/models``, and ``gpt.bin``, which is the exported one. Without any, only the still is shown; else its place is taken by a
sample of the first.

``{model-card} FILE`` says what such a file says of itself.
"""

import hashlib
import html
import json
import math
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from seq2gpt_stills import picture_of
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from seq2gpt.model_file import read_frame

WIDGETS = "src/seq2gpt/widgets"
PICTURES = {".svg", ".png", ".jpg", ".webp"}
STILL = "This figure moves in a browser that runs JavaScript."
WITHOUT_SCRIPT = "In a browser that runs JavaScript, a GPT writes here and shows where its heads look."
MODELS = "book/models"
EXPORTED = "gpt.bin"
EXPECTED = "src/seq2gpt/run/demos/expected.json"


def model_path(env: BuildEnvironment, url: str) -> Path | None:
    """Where the model file lies that the page will find at ``url``; nothing if there is none."""
    name = Path(url).name
    exported = env.config.seq2gpt_model
    path = Path(exported) if name == EXPORTED else Path(env.srcdir, MODELS, name)
    return path if path.is_file() and path.name else None


def model_header(path: Path) -> dict[str, Any]:
    return read_frame(path.read_bytes())[0]


class WidgetFigure(nodes.General, nodes.Element):
    """A widget and its state; the children are what stands there where it cannot run."""


class Widget(SphinxDirective):
    """The directive ``{widget} NAME``."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "label": directives.unchanged_required,
        "still": directives.unchanged_required,
        "needs-model": directives.flag,
        "model": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        modules = Path(self.env.srcdir, WIDGETS).glob("*.js")
        known = sorted(
            module.stem for module in modules if "export default" in module.read_text(encoding="utf-8")
        )
        if name not in known:
            raise self.error(f"there is no widget {name!r} in {WIDGETS}; use one of {', '.join(known)}")
        state = self.state_at_start()
        figure = WidgetFigure(name=name, state=state, runs=True, label=self.options.get("label", name))
        if "model" in self.options and self.config.seq2gpt_model:
            state["model_url"] = f"model/{EXPORTED}"
        if "needs-model" in self.options:
            there = [entry for entry in state["models"] if model_path(self.env, entry["url"])]
            figure["runs"], state["models"] = bool(there), there
            if there:
                figure += self.sample(there[0])
                return [figure]
        figure += self.still()
        return [figure]

    def sample(self, entry: dict[str, str]) -> list[nodes.Node]:
        """What stands there without JavaScript: something that the model has written, if it carries that."""
        path = model_path(self.env, entry["url"])
        assert path is not None
        self.env.note_dependency(str(path))
        text = model_header(path).get("card", {}).get("sample", "").strip()
        if not text:
            return [nodes.paragraph(text=WITHOUT_SCRIPT)]
        said = nodes.paragraph(text=f"{WITHOUT_SCRIPT} The model {entry['label']} wrote, for example:")
        return [said, nodes.literal_block(text, text, language="text")]

    def state_at_start(self) -> dict[str, Any]:
        state = yaml.safe_load("\n".join(self.content)) or {}
        if not isinstance(state, dict):
            raise self.error(
                f"the body of widget {self.arguments[0]!r} is {state!r}; write `key: value` lines"
            )
        return state

    def still(self) -> list[nodes.Node]:
        text = self.options.get("still", STILL)
        if Path(text).suffix in PICTURES:
            return [nodes.image(uri=text, alt=self.options.get("label", ""))]
        holder = nodes.container()
        self.state.nested_parse(StringList([text], self.env.docname), 0, holder)
        return holder.children


class ModelCard(SphinxDirective):
    """The directive ``{model-card} FILE``: a list of what the file's header says, with the file's own size."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        path = model_path(self.env, self.arguments[0])
        if path is None:
            return [nodes.paragraph(text="This copy of the site was built without this model.")]
        self.env.note_dependency(str(path))
        rows = card_rows(model_header(path), path.stat().st_size, Path(self.env.srcdir, EXPECTED))
        items = nodes.definition_list(classes=["s2g-model-card"])
        for term, text in rows.items():
            literal = term in ("Trained by", "Checksum")
            content = nodes.literal(text, text) if literal else nodes.Text(text)
            items += nodes.definition_list_item(
                "",
                nodes.term(text=term),
                nodes.definition("", nodes.paragraph("", "", content)),
            )
        return [items]


def card_rows(header: dict[str, Any], n_bytes: int, expected: Path) -> dict[str, str]:
    """Term and text; what nobody measured is said to be so."""
    card, config = header.get("card", {}), header["config"]
    n_numbers = sum(math.prod(tensor["shape"]) for tensor in header["tensors"])
    size = (
        f"{n_numbers:,} parameters in {n_bytes / 1e6:.2f} MB: {config['n_layers']} layers of {config['n_heads']} heads, "
        f"width {config['d_model']}, {config['context_length']} characters of context, {len(header['symbols'])} symbols"
    )
    rows = {"Learned from": card.get("data"), "Licence": card.get("licence"), "Trained by": card.get("command"),
            "Size": size, "Checksum": f"SHA-256 {header['sha256']}"}  # fmt: skip
    if "val_loss" in card:
        spread = measured_spread(card["command"], expected)
        rows["Loss on held-out text"] = (
            f"{card['val_loss']:.3f} nats for each character, of one run with seed {card['seed']}; {spread}"
        )
        rows["Loss on what it read"] = f"{card['train_loss']:.3f} nats for each character"
        rows["Made with"] = ", ".join(f"{name} {of}" for name, of in card["versions"].items())
    return {term: text for term, text in rows.items() if text}


def measured_spread(command: str, expected: Path) -> str:
    """Mean and standard deviation over seeds of the preset that ``command`` trains without a change."""
    measured = json.loads(expected.read_text(encoding="utf-8"))
    preset = command.removeprefix("seq2gpt train ")
    if preset not in measured:
        return "how much other seeds differ was not measured"
    mean, deviation = measured[preset]["figures"]["loss on held-out text, nats"]
    return f"{measured[preset]['seeds']} seeds reached {mean:.3f} ± {deviation:.3f}"


def open_widget(translator: Any, node: WidgetFigure) -> None:
    if not node["runs"]:
        translator.body.append('<div class="s2g-still">')
        return
    # "<" is escaped so that no text in the state can close the script element.
    state = json.dumps(node["state"], ensure_ascii=False).replace("<", "\\u003c")
    translator.body.append(
        f'<div class="s2g-widget" data-widget="{node["name"]}" role="group" '
        f'aria-label="{html.escape(node["label"])}">'
        f'<script type="application/json">{state}</script><div class="s2g-still">'
    )


def close_widget(translator: Any, node: WidgetFigure) -> None:
    picture = picture_of(node["name"], html.escape(node["label"]), translator.builder)
    translator.body.append(f"{picture}</div></div>\n" if node["runs"] else "</div>\n")


def pass_through(translator: Any, node: nodes.Node) -> None:
    """Other builders show the children: the still."""


def add_picture(translator: Any, node: WidgetFigure) -> None:
    translator.body.append(picture_of(node["name"], html.escape(node["label"]), translator.builder))


def load_widget_files(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Only a page with a widget loads the host and its style."""
    if doctree is not None and any(figure["runs"] for figure in doctree.findall(WidgetFigure)):
        app.add_js_file("widgets/host.js", type="module")
        app.add_css_file("widgets/widgets.css")


def drop_launch_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Colab opens ``.ipynb`` files only: on a chapter written in Markdown its link would fail."""
    if context.get("page_source_suffix") != ".ipynb":
        buttons = context.get("header_buttons", [])
        buttons[:] = [button for button in buttons if button.get("label") != "launch-buttons"]


def copy_widgets(app: Sphinx) -> None:
    """The modules, style and numbers that Jupyter uses are the ones that the page loads."""
    if app.builder.format == "html":
        target = Path(app.outdir, "_static", "widgets")
        target.mkdir(parents=True, exist_ok=True)
        for file in Path(app.srcdir, WIDGETS).iterdir():
            if file.suffix in {".js", ".css", ".json"}:
                shutil.copy2(file, target)
        for model in Path(app.srcdir, MODELS).glob("*.bin"):
            (target.parent / "model").mkdir(exist_ok=True)
            shutil.copy2(model, target.parent / "model")


def code_digest(root: Path) -> str:
    """A fingerprint of everything but its own cells that an executed page depends on."""
    digest = hashlib.sha256(f"{sys.version} torch {version('torch')}".encode())
    read_by_pages = {
        path
        for place in ("src", "book")
        for kind in ("py", "json")
        for path in root.glob(f"{place}/**/*.{kind}")
    }
    for path in sorted(read_by_pages - set(root.glob("book/_ext/*"))):
        digest.update(f"\n{path.relative_to(root)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def key_notebook_cache(app: Sphinx, config: Config) -> None:
    """Give each state of the code an execution cache of its own.

    The cache compares cells, not the modules that they import, so with one cache the outputs of a page
    would outlive the code that made them. The changed setting also makes Sphinx read every page again.
    """
    caches = Path(app.doctreedir).parent / ".notebook-cache"
    current = caches / code_digest(Path(app.srcdir))
    for stale in caches.glob("*"):
        if stale != current:
            shutil.rmtree(stale)
    config["nb_execution_cache_path"] = str(current)


def note_extensions(app: Sphinx, config: Config) -> None:
    """When an extension of the book changes, Sphinx reads every page again; what the cells printed stays."""
    extensions = sorted(Path(__file__).parent.glob("*.py"))
    config["seq2gpt_extensions"] = hashlib.sha256(
        b"".join(path.read_bytes() for path in extensions)
    ).hexdigest()


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("seq2gpt_model", "", "env", str)
    app.add_config_value("seq2gpt_extensions", "", "env", str)
    app.add_node(
        WidgetFigure,
        html=(open_widget, close_widget),
        latex=(pass_through, pass_through),
        text=(pass_through, pass_through),
        epub=(pass_through, add_picture),
    )
    app.add_directive("widget", Widget)
    app.add_directive("model-card", ModelCard)
    app.connect("config-inited", key_notebook_cache)
    app.connect("config-inited", note_extensions)
    app.connect("html-page-context", load_widget_files)
    app.connect("html-page-context", drop_launch_buttons, priority=900)  # after the theme has added them
    app.connect("builder-inited", copy_widgets)
    app.setup_extension("seq2gpt_stills")  # a picture for where a widget cannot run
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
