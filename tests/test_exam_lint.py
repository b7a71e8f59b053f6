"""Every rule of the lint has an item that breaks it and one beside it that keeps it; and the command that runs them."""

import copy
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.exam import templates
from seq2gpt.exam.bank import Question, load
from seq2gpt.exam.collection import Book, domain_of, in_pool, load_all, objectives
from seq2gpt.exam.coverage import coverage
from seq2gpt.exam.lint import RULES, facts, keys, lint, programs, whole, wording

ROOT = Path(__file__).resolve().parents[1]
REASON = "That is a reason which is long enough to say something."


def option(letter: str, text: str, correct: bool = False, **more: Any) -> dict[str, Any]:
    about = {"correct": True} if correct else {"misconception": "M-no-scale"}
    return {"id": letter, "text": text, "rationale": f"{REASON} {letter}", **about, **more}


def single(*texts: str, key: int = 1, **fields: Any) -> Question:
    options = [option("abcdefgh"[i], text, i == key) for i, text in enumerate(texts)]
    return question({"kind": "single", "options": options}, **fields)


def question(interaction: dict[str, Any], **fields: Any) -> Question:
    given: dict[str, Any] = {
        "id": "ATT-05-first", "version": 1, "objectives": ["ATT-05"], "bloom": "apply", "difficulty": 0.5,
        "pool": "both", "stem": "By what are scores divided?", "explanation": "Because of the variance of q · k.",
        "sources": [{"ref": "vaswani2017"}], "chapter": "book/07-attention/lesson.md#why-scale",
    }  # fmt: skip
    return Question(**(given | fields), interaction=interaction)


def broken(rule: Any, item: Question, **more: Any) -> str:
    """The one thing that a rule says of an item."""
    (says,) = rule(item, **more)
    return says


GOOD = single("the width d_k", "its root √d_k", "the length n")


def test_a_good_item_keeps_every_rule() -> None:
    assert lint([GOOD], Book(ROOT), run_programs=True) == []
    assert len(set(RULES)) == len(RULES) == 19


def test_as_many_keys_as_the_stem_says() -> None:
    two = copy.deepcopy(GOOD.interaction)
    two["options"][0] |= {"correct": True}
    assert broken(keys.number_of_keys, question(two)).startswith("2 options are right; write `Select TWO`")
    assert not list(keys.number_of_keys(question(two, stem="Select TWO divisors of scores.")))
    assert broken(keys.number_of_keys, question(two, stem="Select THREE divisors.")).startswith("2 options")
    one = question(GOOD.interaction, stem="Select TWO divisors of scores.")
    assert broken(keys.number_of_keys, one).startswith("the stem says 'Select TWO' and one option is right")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rationale": "Too short to say why."}, "option c: its rationale has 21 characters"),
        ({"rationale": f"{REASON} b"}, "option c: its rationale is that of option b"),
        ({"correct": True}, "option c: wrong options name a misconception, right ones none"),
    ],
)
def test_a_reason_for_every_option(change: dict[str, Any], says: str) -> None:
    interaction = copy.deepcopy(GOOD.interaction)
    interaction["options"][2] |= change
    assert broken(keys.reasons, question(interaction)).startswith(says)


def test_a_reason_for_every_pair() -> None:
    pairs = [{"left": "a", "right": "b", "rationale": "as it is"}]
    assert "'a': its rationale says too little" in broken(
        keys.reasons, question({"kind": "matching", "pairs": pairs})
    )


@pytest.mark.parametrize(
    ("a", "b"), [("1,000", "1000"), ("1/2", "0.5"), ("The key.", "the  key"), ("−3", "-3.0")]
)
def test_two_options_that_say_the_same(a: str, b: str) -> None:
    assert broken(keys.one_right_option, single(a, b, "else")).startswith("options a and b both say")
    assert not list(keys.one_right_option(single(a, f"{b}1", "else")))


def test_two_right_options_in_a_drawn_variant(monkeypatch: pytest.MonkeyPatch) -> None:
    def product(n: int) -> dict[str, Any]:
        return {"answer": n * 2, "wrong": n**2}  # the same at n = 2

    monkeypatch.setattr(templates, "product", product, raising=False)
    template = {
        "params": {"n": {"range": [1, 5]}},
        "compute": "seq2gpt.exam.templates:product",
        "variants": 5,
    }
    item = single("{wrong}", "{answer}", "neither 99", template=template)
    assert item.n_variants == 5
    says = broken(keys.one_right_option, item)
    assert says.startswith("variant ")
    assert says.endswith("options a and b both say 4; change the template or one of them")
    assert not list(keys.one_right_option(single("{wrong}0", "{answer}", "neither", template=template)))


@pytest.mark.parametrize(("tolerance", "found"), [({"abs": 0.01}, 0), ({"abs": 0.3}, 1), ({"rel": 0.2}, 1)])
def test_wrong_numbers_lie_beyond_the_tolerance(tolerance: dict[str, float], found: int) -> None:
    errors = [{"value": 2.5, "feedback": "no", "misconception": "M-no-scale"}]
    item = question({"kind": "numeric", "answer": 2, "tolerance": tolerance, "common_errors": errors})
    assert len(list(keys.wrong_answers_show(item))) == found


def test_steps_and_left_sides_differ() -> None:
    order = {"kind": "ordering", "steps": ["look", "add", "think"], "distractor_steps": ["add"]}
    assert broken(keys.steps_differ, question(order)) == "two steps say 'add'; word them differently"
    pairs = [{"left": "a", "right": right, "rationale": REASON} for right in "xy"]
    assert "two left sides" in broken(keys.steps_differ, question({"kind": "matching", "pairs": pairs}))
    assert not list(keys.steps_differ(question(order | {"distractor_steps": []})))


def test_a_step_too_many_is_announced() -> None:
    order = {"kind": "ordering", "steps": ["look", "add", "think"], "distractor_steps": ["sleep"]}
    says = broken(keys.strangers_are_announced, question(order, stem="Put the steps in order."))
    assert says.startswith("one of the steps belongs nowhere, and the stem does not say so")
    told = question(order, stem="Put the steps in order. One step in the list belongs to the night.")
    assert not list(keys.strangers_are_announced(told))
    assert not list(keys.strangers_are_announced(question(order | {"distractor_steps": []})))


def test_wrong_shapes_differ_from_the_key() -> None:
    errors = [{"value": [2, 3], "feedback": "no", "misconception": "M-no-scale"}]
    item = question({"kind": "shape", "answer": [2, 3], "common_errors": errors})
    assert "are not told apart" in broken(keys.wrong_answers_show, item)


@pytest.mark.parametrize("text", ["All of the above", "none of these", "Both a and b", "both of them"])
def test_no_option_speaks_of_the_others(text: str) -> None:
    assert broken(wording.no_all_of_the_above, single("one", "two", text)).startswith("option c says")
    assert not list(wording.no_all_of_the_above(single("one", "two", "all of the keys")))


@pytest.mark.parametrize(
    ("stem", "found"),
    [
        ("Which of these is not a score?", "'not'"), ("All hold except one. Which does it except?", "'except'"),
        ("Which statement is wrong?", "'Which statement is wrong'"), ("Which one doesn't fit?", "n't"),
        ("Which of these is NOT a score?", ""), ("It is not trained. What is it?", ""), ("What is wrong here?", ""),
    ],
)  # fmt: skip
def test_negations_stand_in_capitals(stem: str, found: str) -> None:
    says = list(wording.negation_in_capitals(question(GOOD.interaction, stem=stem)))
    assert (len(says) == 1 and found in says[0]) if found else not says


def test_absolute_words_give_wrong_options_away() -> None:
    assert "'always'" in broken(wording.absolute_words, single("It always falls", "It falls", "It grows"))
    assert not list(wording.absolute_words(single("It always falls", "It never falls", "It grows")))


def test_grammar_and_form_give_the_key_away() -> None:
    stem = "Attention that looks at one other sequence is called an"
    says = broken(wording.grammatical_clue, single("cross-attention", "alignment", "imputation", stem=stem))
    assert says.startswith("after 'an' the option 'cross-attention' does not fit")
    form = broken(wording.grammatical_clue, single("The width", "The root of it.", "The length"))
    assert form.startswith("the right option differs from all others in a full stop at the end")
    assert "being set as code" in broken(wording.grammatical_clue, single("Ten", "`Two`", "Six"))
    assert "a small letter" in broken(wording.grammatical_clue, single("Ten", "two", "Six"))
    assert not list(wording.grammatical_clue(single("Ten.", "two", "Six")))


def test_texts_are_plain() -> None:
    assert "holds <eos>, which a browser" in broken(
        wording.plain_text, single("and then <eos>", "two", "six")
    )
    assert not list(wording.plain_text(single("and then `<eos>`, as 2 < 3 > 1", "two", "six")))
    assert "holds TeX" in broken(wording.plain_text, single(r"\sqrt{d}", "two", "six"))
    assert "a space too many" in broken(wording.plain_text, single("a  b", "two", "six"))
    assert "a space too many" in broken(wording.plain_text, single("a ", "two", "six"))


def many(texts: list[tuple[str, ...]], keys_at: list[int]) -> list[Question]:
    letters = "abcdefghijklmnopqrstuvwxyz"
    stems = [f"{x}one {y}two {x}{y}?" for x, y in itertools.product(letters, repeat=2)]
    return [single(*t, key=k, stem=s) for t, k, s in zip(texts, keys_at, stems, strict=False)]


@pytest.mark.parametrize(
    ("texts", "at", "guesser"),
    [
        (("aa", "bbb", "cc", "dd"), 1, "the longest option"),
        (("aaa", "b", "ccc", "ddd"), 1, "the shortest option"),
        (("aa", "bb", "cc", "dd"), 2, "letter c"),
    ],
)
def test_naive_guessers_get_nowhere(texts: tuple[str, ...], at: int, guesser: str) -> None:
    n = 40
    n_found = 13  # 12 of 40 are 30 %
    rest = [(("ee", "ff", "gg", "hh"), i % 2 * 3) for i in range(n - n_found)]

    def bank(n_keys: int) -> list[Question]:
        items = [(texts, at)] * n_keys + rest[: n - n_keys] + [rest[0]] * (n_found - n_keys)
        return many([t for t, _ in items], [k for _, k in items])

    def says(n_keys: int) -> list[str]:
        return [text for _, text in whole.naive_guessers(bank(n_keys)) if guesser in text]

    assert says(13) == [f"who always chooses {guesser} has 13 of 40 single choices right; change some"]
    assert says(12) == []


def test_few_items_say_little_of_guessers() -> None:
    assert not list(whole.naive_guessers(many([("aa", "bbb", "cc", "dd")] * 2, [1, 1])))


def test_near_duplicates_are_named() -> None:
    twin = single("the width d_k", "its root √d_k", "the length m", id="ATT-05-second")
    ((where, says),) = whole.near_duplicates([GOOD, twin])
    assert where == "ATT-05-second"
    assert "are those of ATT-05-first" in says
    other = single(
        "nothing", "its square", "a gate", id="ATT-05-third", stem="What do LSTMs have that is new?"
    )
    assert not list(whole.near_duplicates([GOOD, other]))
    shown = [
        question(GOOD.interaction, id=f"ATT-05-{i}", stimulus={"code": {"lang": "python", "text": text}})
        for i, text in enumerate(["for x in range(3): print(x * 2 + 1, end='')", "import torch as t; t.zeros(2, 3).sum()"])
    ]  # fmt: skip
    assert not list(whole.near_duplicates(shown))


def test_levels_of_bloom() -> None:
    levels = ["remember"] * 3 + ["understand"] * 3 + ["apply", "analyze", "evaluate"]
    items = [question(GOOD.interaction, bloom=bloom) for bloom in levels]
    assert list(whole.levels_of_bloom(items)) == [
        ("ATT", "3 of 9 items ask to remember; 25% at most"),
        ("ATT", "3 of 9 items ask to apply, analyze or evaluate; 45% at least"),
    ]
    assert not list(whole.levels_of_bloom(items[1:2] + items[3:]))  # seven are too few to judge
    assert not list(whole.levels_of_bloom(items[1:] + items[-2:]))


@pytest.mark.parametrize(
    ("chapter", "says"),
    [
        ("book/07-attention/lesson.md#no-such", "chapter: book/07-attention/lesson.md has no (no-such)="),
        (
            "book/07-attention/lesson.md",
            "chapter: book/07-attention/lesson.md names no paragraph; add #anchor",
        ),
        ("book/99-nowhere/lesson.md#why-scale", "chapter: there is no book/99-nowhere/lesson.md"),
        ("book/api/lora.md#seq2gpt.lora.merge", "chapter: book/api/lora.md documents no seq2gpt.lora.merge"),
        ("book/api/lora.md#seq2gpt.lora._get", "chapter: book/api/lora.md documents no seq2gpt.lora._get"),
        (
            "book/api/lora.md#seq2gpt.lora.Tensor",
            "chapter: book/api/lora.md documents no seq2gpt.lora.Tensor",
        ),
        (
            "book/api/lora.md#seq2gpt.scaling.training_flops",
            "chapter: book/api/lora.md documents no seq2gpt.scaling.training_flops",
        ),
    ],
)
def test_chapters_exist(chapter: str, says: str) -> None:
    assert broken(facts.chapter_exists, question(GOOD.interaction, chapter=chapter), book=Book(ROOT)) == says


def test_a_page_of_the_reference_is_a_chapter_too() -> None:
    item = question(GOOD.interaction, chapter="book/api/lora.md#seq2gpt.lora.merge_lora")
    assert not list(facts.chapter_exists(item, Book(ROOT)))


def test_chapters_of_an_installed_package_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons/07-attention.md").write_text("(why-scale)=\n", encoding="utf-8")
    assert not list(facts.chapter_exists(GOOD, Book(tmp_path)))


def test_sources_are_named() -> None:
    item = question(GOOD.interaction, sources=[{"loc": "§3"}])
    assert len(list(facts.a_source_is_named(item))) == 2
    assert not list(facts.a_source_is_named(question(GOOD.interaction, sources=[{"corrects": "E01"}])))


def test_facts_on_products_carry_a_day() -> None:
    stem = "Which call of Bedrock answers as it writes?"
    undated = question(GOOD.interaction, stem=stem)
    assert "'Bedrock'" in broken(facts.products_carry_a_date, undated, today="2026-12-01")
    dated = question(GOOD.interaction, stem=stem, verify_by="2026-12-31")
    assert not list(facts.products_carry_a_date(dated, "2026-12-31"))
    assert "has passed" in broken(facts.products_carry_a_date, dated, today="2027-01-01")
    assert not list(facts.products_carry_a_date(GOOD, "2027-01-01"))


@pytest.mark.parametrize(
    ("text", "expect", "says"),
    [
        ("print(1 + 1)", "2", ""), ("print(1 + 1)", "3", "the program prints '2', not '3'"),
        ("1 / 0", "2", "the program fails: ZeroDivisionError: division by zero"),
        ("import sys; print(2); print('odd', file=sys.stderr)", "2", "the program fails: odd"),
        ("print(5)", "5", "the program prints '5', the key is '`2`'"),
    ],
)  # fmt: skip
def test_programs_print_what_the_item_says(text: str, expect: str, says: str) -> None:
    code = {"lang": "python", "run": True, "text": text, "expect": expect}
    found = list(programs.programs_run(single("`5`", "`2`", "`9`", stimulus={"code": code})))
    assert found == ([f"stimulus.code: {says}"] if says else [])


def test_a_shape_that_a_program_prints_is_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    code = {"lang": "python", "run": True, "text": "print((2, 3))", "expect": "(2, 3)"}
    item = question({"kind": "shape", "answer": [3, 2]}, stimulus={"code": code})
    assert "the key is (3, 2)" in broken(programs.programs_run, item)
    monkeypatch.setattr(programs, "LIMIT", 0.3)
    endless = question(
        {"kind": "shape", "answer": [3, 2]}, stimulus={"code": code | {"text": "while True: pass"}}
    )
    assert "runs for more than" in broken(programs.programs_run, endless)


# --- the command, and all files together -------------------------------------------------------------------


def test_the_command_counts_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "book/08-heads/questions.yml"
    assert main(["exam", "lint", str(path)]) == 0
    assert capsys.readouterr().out.startswith(
        f"{len(load(path))} questions, 5 of them templates, in 1 domains:"
    )
    (tmp_path / "book/08").mkdir(parents=True)
    (tmp_path / "book/references.yml").write_bytes((ROOT / "book/references.yml").read_bytes())
    bad = tmp_path / "book/08/questions.yml"
    bad.write_bytes(path.read_bytes())
    assert main(["exam", "lint", str(bad)]) == 2
    out, err = capsys.readouterr()
    assert "chapter: there is no book/08-heads/lesson.md (chapter_exists)" in out
    assert "findings in" in err
    assert main(["exam", "lnt"]) == 2
    assert "there is no exam command 'lnt' (did you mean lint?)" in capsys.readouterr().err
    assert main(["exam"]) == 0
    assert "seq2gpt exam COMMAND" in capsys.readouterr().out


def test_ids_are_unique_over_all_files() -> None:
    path = ROOT / "book/08-heads/questions.yml"
    with pytest.raises(
        UserError, match=f"^{path}: ATT-11-what-one-head-cannot: id: {path} has an item of this id"
    ):
        load_all([path, path])


def test_pools_hold_items_out() -> None:
    items = [
        question(GOOD.interaction, id=f"ATT-05-{pool}", pool=pool) for pool in ("practice", "exam", "both")
    ]
    items.append(question(GOOD.interaction, id="ATT-05-old", status="retired"))
    chosen = {pool: [item.id[7:] for item in in_pool(items, pool)] for pool in ("practice", "exam", "all")}
    assert chosen == {
        "practice": ["practice", "both"],
        "exam": ["exam", "both"],
        "all": ["practice", "exam", "both"],
    }
    with pytest.raises(UserError, match="^there is no pool 'exams'; choose from practice, exam, all$"):
        in_pool(items, "exams")


def test_the_whole_course_is_found() -> None:
    questions = load_all()
    assert len(Book.found().banks) == len(list((ROOT / "book").glob("*/questions*.yml"))) >= 12
    assert {"SEQ", "ATT", "TOK", "ARC", "GPT"} <= {domain_of(item) for item in questions}


# --- cases and private variants --------------------------------------------------------------------------


def test_questions_share_a_case(tmp_path: Path) -> None:
    text = (ROOT / "book/08-heads/questions.yml").read_text(encoding="utf-8")
    (tmp_path / "references.yml").write_bytes((ROOT / "book/references.yml").read_bytes())
    bank = tmp_path / "questions.yml"
    bank.write_text(text.replace("  version: 1\n", "  version: 1\n  case: case-chat\n", 1), encoding="utf-8")
    with pytest.raises(UserError, match="case: there is no case 'case-chat'; use one that is listed"):
        load(bank)
    (tmp_path / "cases.yml").write_text("case-chat: too short\n", encoding="utf-8")
    with pytest.raises(UserError, match="cases.yml: case-chat: a case is a text of 80 characters or more$"):
        load(bank)
    told = "A shop wants to answer its customers by night. " * 2
    (tmp_path / "cases.yml").write_text(f"case-chat: >-\n  {told}\n", encoding="utf-8")
    first, second = load(bank)[:2]
    assert (first.case_text, second.case_text) == (told.strip(), "")


def test_a_private_seed_draws_other_keys() -> None:
    templated = [item for item in load(ROOT / "book/08-heads/questions.yml") if item.template]
    for item in templated:
        published = [item.variant(seed).key for seed in range(20)]
        drawn = item.redrawn("a secret")
        assert drawn == item.redrawn("a secret")
        narrow = item.id == "ATT-10-width-from-the-count"  # all its widths are published
        assert (drawn.key in published) is narrow
        assert not drawn.template
    assert {str(item.redrawn("b").key) for item in templated} != {str(i.redrawn("c").key) for i in templated}
    assert GOOD.redrawn("a secret") is GOOD


SPOT = {
    "kind": "hotspot", "targets": [{"label": "Path", "svg_id": "sum-1", "rationale": "It is the first sum."}],
    "decoys": ["norm-1"], "text_alternative": GOOD.interaction,
}  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "target", "says"),
    [
        ("figures/pre-ln-block.svg", "sum-1", ""),
        ("figures/pre-ln-block.svg", "sum-3", "figures/pre-ln-block.svg has 0 parts with the id 'sum-3'; it needs one"),
        ("figures/none.svg", "sum-1", "stimulus.figure.src: there is no figures/none.svg beside book/10-blocks/lesson.md"),
        ("", "sum-1", "stimulus.figure: a hot spot needs a drawing to point at; name one, with `alt`"),
    ],
)  # fmt: skip
def test_a_hot_spot_points_at_parts_of_a_drawing(figure: str, target: str, says: str) -> None:
    interaction = copy.deepcopy(SPOT)
    interaction["targets"][0]["svg_id"] = target  # type: ignore[index]
    stimulus = {"figure": {"src": figure, "alt": "A block"}} if figure else {}
    item = question(interaction, chapter="book/10-blocks/lesson.md#the-block", stimulus=stimulus)
    assert [found.says for found in lint([item], Book(ROOT)) if found.rule == "figure_has_its_parts"] == [
        says
    ][: len(says)]


def test_the_table_tells_where_questions_are_wanting(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exam", "stats", "--bank"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 + len(objectives()) + len({name[:3] for name in objectives()}) + 1
    assert not any("too few" in line for line in lines)
    ahead = [line.split()[0] for line in lines if line.endswith("ahead of its lesson")]
    assert ahead == ["FIN-03", "FIN-04", "FIN-05", "USE-02", "USE-03", "USE-06", "USE-09"]
    few = [
        item for item in load_all() if "ATT-03" not in item.objectives or item.pool == "exam" or item.template
    ]
    found = [line.split() for line in coverage(few) if "too few" in line]
    assert [line[0] for line in found] == ["ATT-03"]
    assert found[0][1] == "0"


def test_each_objective_has_enough_to_practise_and_held_back() -> None:
    """Counted here anew: of the pages' questions three, of those that no page shows two, templates left aside."""
    bank = [question for question in load_all() if question.status != "retired"]
    for name in objectives():
        of_it = [question for question in bank if name in question.objectives]
        if all(question.chapter.startswith("book/api/") for question in of_it) and of_it:
            continue  # its lesson is not written yet
        fixed = [question.pool for question in of_it if not question.template]
        assert fixed.count("exam") >= 2, name
        assert len(fixed) - fixed.count("exam") >= 3, name
        assert len(of_it) >= 6, name


def test_two_domains_are_there_in_full_and_each_domain_has_templates() -> None:
    bank = load_all()
    fixed = [domain_of(question) for question in bank if not question.template]
    assert fixed.count("SEQ") >= 51
    assert fixed.count("ATT") >= 84
    assert len([name for name in objectives() if name[:3] == "SEQ"]) == 9
    assert len([name for name in objectives() if name[:3] == "ATT"]) == 15
    templates = [question for question in bank if question.template]
    assert sum(question.n_variants >= 20 for question in templates) >= 30
    assert {domain_of(question) for question in templates} == {name[:3] for name in objectives()}


def test_checking_the_bank_loads_nothing_that_takes_seconds() -> None:
    """Without these the command takes about half the time; the first is a parser of web addresses."""
    code = (
        "import sys; from seq2gpt.cli import main; assert main(['exam', 'lint']) == 0; "
        "print(sorted({'rfc3987_syntax', 'matplotlib', 'fpdf', 'torch._dynamo', 'sympy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
