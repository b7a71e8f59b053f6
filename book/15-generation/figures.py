"""The figures of lesson 15, each drawn from numbers that it computes or that a stated command measured."""

from typing import TYPE_CHECKING

from seq2gpt.figures import BLUE, GREEN, GREY, INK, ORANGE, new_figure, show
from seq2gpt.generation import apply_temperature, top_k_filter, top_p_filter
from seq2gpt.run.writing import Writer, measured

if TYPE_CHECKING:
    from IPython.display import HTML

PLACES = ("The function ret", "Return the ")
SHOWN = 26


def name_of(symbol: str) -> str:
    """A character as it can be printed."""
    return {" ": "␣", "\n": "⏎"}.get(symbol, symbol)


def two_places(writer: Writer) -> "HTML":
    """The most probable next characters at a sure and at an open place, and where top-k and top-p cut."""
    figure, panels = new_figure(4.2, 2, 1)
    told = []
    for axes, prompt in zip(panels, PLACES, strict=True):
        ranked = writer.next_logits(prompt).softmax(-1).sort(descending=True)
        shares = ranked.values[:SHOWN].tolist()
        n_nucleus = int((ranked.values.cumsum(0) < 0.9).sum()) + 1
        names = [name_of(writer.tokenizer.symbols[i]) for i in ranked.indices[:SHOWN].tolist()]
        axes.bar(range(SHOWN), shares, color=[BLUE if i < n_nucleus else GREY for i in range(SHOWN)])
        axes.axvline(9.5, color=ORANGE, linestyle="--", linewidth=1.2)
        axes.text(9.7, 0.9 * max(shares), "top-k, k = 10", color=ORANGE, fontsize=9)
        axes.set_xticks(range(SHOWN), names, fontsize=8)
        axes.set_title(f"after “{prompt}”: blue is the nucleus of 0.9", loc="left", fontsize=10)
        axes.set_ylabel("probability")
        told.append(
            f"after “{prompt}” the most probable has {shares[0]:.2f}, the tenth {shares[9]:.3f}, and the nucleus of 0.9 has {n_nucleus}"
        )
    return show(
        figure,
        f"Bars of the {SHOWN} most probable next characters at two places, with a line behind the tenth; {'; '.join(told)}.",
        "places",
    )


def pipeline(writer: Writer) -> "HTML":
    """One distribution on its way: logits, temperature, top-k, top-p."""
    logits = writer.next_logits("If the arg")
    sharper = apply_temperature(logits, 1.5)
    few = top_k_filter(sharper, 6)
    steps = {
        "softmax of the logits": logits,
        "temperature 1.5": sharper,
        "then top-k 6": few,
        "then top-p 0.9": top_p_filter(few, 0.9),
    }
    order = logits.argsort(descending=True)[:9]
    names = [name_of(writer.tokenizer.symbols[i]) for i in order.tolist()]
    figure, panels = new_figure(2.4, 1, 4, sharey=True)
    told = []
    for axes, (title, z) in zip(panels, steps.items(), strict=True):
        shares = z.softmax(-1)[order].tolist()
        axes.bar(range(len(shares)), shares, color=BLUE)
        axes.set_title(title, fontsize=8.5)
        axes.set_xticks(range(len(names)), names, fontsize=7.5)
        told.append(f"{title}: " + ", ".join(f"{p:.3f}" for p in shares[:6]))
    return show(
        figure,
        f"Four bar charts of the characters after “If the arg”, {', '.join(names[:6])} and so on. {'; '.join(told)}.",
        "pipeline",
    )


def ways() -> "HTML":
    """Perplexity of what was written against repetition, four seeds for each way of drawing."""
    figure, axes = new_figure(3.4)
    colours = dict(zip(measured(), (INK, ORANGE, GREEN, BLUE, GREY, "#b04a9a"), strict=True))
    told = []
    for way, found in measured().items():
        axes.scatter(found["perplexity"], found["repeated"], s=34, color=colours[way], label=way)
        told.append(
            f"{way}: perplexity {min(found['perplexity']):.1f} to {max(found['perplexity']):.1f}, "
            f"repeated {min(found['repeated']):.1f} to {max(found['repeated']):.1f}"
        )
    axes.set_xlabel("perplexity under the model")
    axes.set_ylabel("repeated pieces, %")
    axes.legend(frameon=False, fontsize=9)
    return show(figure, f"Dots, four for each of six ways of drawing. {'; '.join(told)}.", "ways")


def cache() -> "HTML":
    """Which positions are read in which pass, without a cache and with one."""
    n_prompt, n_new = 5, 4
    figure, panels = new_figure(2.5, 1, 2, sharey=True)
    read = {}
    for axes, with_cache in zip(panels, (False, True), strict=True):
        count = 0
        for step in range(n_new):
            seen = n_prompt + step
            for position in range(seen):
                new = not with_cache or step == 0 or position == seen - 1
                count += new
                colour = BLUE if new else "none"
                axes.scatter(position, step, s=95, marker="s", color=colour, edgecolors=BLUE if new else GREY)
        title = "with a cache" if with_cache else "without"
        read[title] = count
        axes.set_title(f"{title}: {count} positions read", fontsize=10)
        axes.set_xticks(
            range(n_prompt + n_new - 1), [*("p" * n_prompt), *map(str, range(1, n_new))], fontsize=9
        )
        axes.set_yticks(range(n_new), [f"pass {i + 1}" for i in range(n_new)], fontsize=9)
        axes.set_ylim(n_new - 0.5, -0.5)
        axes.tick_params(length=0)
        for side in axes.spines.values():
            side.set_visible(False)
    return show(
        figure,
        f"Four passes over a prompt of {n_prompt} tokens and its continuation; a filled square is a position that is read, an empty "
        f"one lies in the cache. Without a cache {read['without']} are read, with one {read['with a cache']}.",
        "cache",
    )
