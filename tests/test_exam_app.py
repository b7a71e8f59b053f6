"""The exam area of the site in a real browser: it grades, draws and schedules as the package does, and loses nothing."""

import csv
import gzip
import hashlib
import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fsrs import Card, Rating, Scheduler

from chromium import ROOT
from exam_area import Hands, lay_out, small_data
from seq2gpt.exam.collection import domain_of, load_all
from seq2gpt.exam.forms import apportion, profiles
from seq2gpt.exam.grading import grade, model_answer, rights
from seq2gpt.exam.history import History
from seq2gpt.exam.page import N_VARIANTS, UNREAD, page_data
from seq2gpt.exam.results import Estimate, by_domain
from seq2gpt.exam.schedule import cards

ASSETS = ROOT / "book/assets"
AXE = ROOT / "tests/vendor/axe-core/axe.min.js"
LIMIT = 300_000  # bytes of the page, compressed
N_ITEMS = 500  # that the page has to hold within it
THEME = 20_000  # of these for the HTML that the theme puts around it
NAME = "seq2gpt.exam"


@pytest.fixture(scope="module")
def bank():
    return load_all()


@pytest.fixture(scope="module")
def small(site, tmp_path_factory):
    """The data of a bank with a question of every kind, laid out."""
    data = small_data(tmp_path_factory.mktemp("figure"))
    lay_out(site, data)
    lay_out(site, data, "dark", theme="dark")
    return data


@pytest.fixture
def visit(site, small):
    """Open the exam area; in the end it must be without fault, unless faults were expected."""
    opened = []

    def open_page(name="index", expected="", **context):
        page, faults = site.open(f"book/exam/{name}.html", wait_until="load", **context)
        opened.append((page, faults, expected))
        if context.get("java_script_enabled", True):
            page.locator(".s2g-home, .s2g-failed").wait_for()
        return page

    yield open_page
    for page, faults, expected in opened:
        page.context.close()
        assert [fault for fault in faults if not expected or expected not in fault] == []


@pytest.fixture(scope="module")
def script(site, small):
    """Run an expression of JavaScript in which every module of the exam area has its name."""
    page, faults = site.open(site.write("", name="modules.html"))
    names = ("grading", "drawing", "estimates", "schedule", "practice", "bank", "exports", "markup")
    imports = "".join(f"const {name} = await import('/_static/exam/{name}.js');" for name in names)
    yield lambda code, argument=None: page.evaluate(
        f"async (argument) => {{ {imports} return {code}; }}", argument
    )
    assert faults == []


def stored(page, name="history"):
    text = page.evaluate(f"localStorage.getItem('{NAME}.{name}')")
    return json.loads(text) if text else None


def begin(page, extra="none"):
    page.get_by_label("Extra time").select_option(label=extra)
    page.get_by_role("button", name="Begin").click()
    page.locator(".s2g-room").wait_for()


def drawn(page, data):
    """The questions of the exam that goes on, in its order, without placeholders."""
    items = {item["id"]: item for item in data["items"]}
    result = []
    for name, _, variant in stored(page, "sitting")["items"]:
        variants = items[name].get("variants", [{}])
        result.append({**items[name], **variants[variant % len(variants)]})
    return result


def right(question):
    interaction = question["interaction"]
    match interaction["kind"]:
        case "single":
            return next(option["id"] for option in interaction["options"] if option.get("correct"))
        case "multiple":
            return [option["id"] for option in interaction["options"] if option.get("correct")]
        case "ordering":
            return list(range(len(interaction["steps"])))
        case "matching":
            return [rights(interaction).index(pair["right"]) for pair in interaction["pairs"]]
        case "hotspot":
            return [target["svg_id"] for target in interaction["targets"]]
        case _:
            return interaction["answer"]


def wrong(question):
    interaction, good = question["interaction"], right(question)
    match interaction["kind"]:
        case "single":
            return next(option["id"] for option in interaction["options"] if option["id"] != good)
        case "multiple":
            bad = next(option["id"] for option in interaction["options"] if option["id"] not in good)
            return [*good[:-1], bad]
        case "ordering":
            return good[::-1]
        case "matching":
            return [good[1], good[0], *good[2:]]
        case "hotspot":
            return [good[0], "middle"]
        case "shape":
            return [*good, 97]
        case _:
            return good + 1097


# ---- without a browser -------------------------------------------------------------------------------------


def test_the_page_weighs_no_more_than_it_may_with_five_hundred_questions(bank):
    """The questions weigh what those of today do, one by one; templates have the same share of them."""
    own = [
        *(ASSETS / "exam").glob("*"),
        ASSETS / "vendor/ts-fsrs/ts-fsrs.js",
        ROOT / "src/seq2gpt/widgets/parts.js",
    ]
    parts = {path.name: path.read_bytes() for path in own}
    parts["index.md"] = (ROOT / "book/exam/index.md").read_bytes()
    parts["bank.json"] = json.dumps(page_data(bank), ensure_ascii=False, separators=(",", ":")).encode()
    sizes = {name: len(gzip.compress(content, 6)) for name, content in parts.items()}
    sizes["bank.json"] = round(sizes["bank.json"] * max(N_ITEMS, len(bank)) / len(bank))
    assert sum(sizes.values()) <= LIMIT - THEME, sizes


@pytest.mark.parametrize("folder", [ASSETS / "vendor/ts-fsrs", AXE.parent], ids=lambda folder: folder.name)
def test_what_others_wrote_is_unchanged_and_keeps_its_licence(folder):
    told = (folder / "SOURCE.md").read_text(encoding="utf-8")
    name, digest = re.match(r"`(\S+)`", told)[1], re.search(r"sha256 (\w{64})", told)[1]
    assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert len((folder / "LICENSE").read_text(encoding="utf-8")) > 500


def test_the_data_hold_the_bank_and_what_its_answers_mean(bank):
    data = page_data(bank, n_variants=3)
    assert [item["id"] for item in data["items"]] == [
        question.id for question in bank if question.status != "retired"
    ]
    assert data["profiles"]["course"]["minutes"] == profiles()["course"].minutes
    assert {domain_of(question) for question in bank} <= set(data["domains"])
    assert max(len(item.get("variants", [])) for item in data["items"]) == 3
    named = set(re.findall(r'"misconception": "([^"]+)"', json.dumps(data["items"])))
    assert set(data["misconceptions"]) == named
    assert all(text.endswith((".", "?", "!", "”")) for text in data["misconceptions"].values())


def test_the_page_reads_no_field_that_its_data_leave_out(bank):
    """A name of the schema that a module reads of a question is in the data, and each variant is whole."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ASSETS / "exam").glob("*.js"))
    for name in UNREAD:
        assert not re.search(rf"\b(?:item|question|q)\.{name}\b", code), name
        assert not re.search(rf"\{{[^{{}}]*\b{name}\b[^{{}}]*\}} = (?:item|question|q)\b", code), name
    items = page_data(bank)["items"]
    for question, item in zip(bank, items, strict=True):
        assert not set(UNREAD) & set(item)
        assert item["interaction"]["kind"] == question.kind
        for seed, variant in enumerate(item.get("variants", [{}])):
            shown, whole = {**item, **variant}, question.variant(seed)
            for name in ("stem", "interaction", "explanation"):
                assert shown[name] == getattr(whole, name)
            assert shown.get("hint", "") == whole.hint
            assert shown.get("stimulus", {}) == whole.stimulus


# ---- the page computes what the package computes -----------------------------------------------------------


def responses(question, generator):
    """Right and wrong ones of a kind: the model answer, each single option, and random picks."""
    interaction, kind = question.interaction, question.kind
    yield None
    yield model_answer(question)
    match kind:
        case "single" | "multiple":
            ids = [option["id"] for option in interaction["options"]]
            yield from ids if kind == "single" else [[name] for name in ids]
            if kind == "multiple":
                for _ in range(4):
                    yield generator.sample(ids, generator.randint(0, len(ids)))
        case "ordering":
            n = len(interaction["steps"]) + len(interaction.get("distractor_steps", []))
            for _ in range(5):
                yield generator.sample(range(n), generator.randint(1, n))
        case "matching":
            places = [None, *range(len(rights(interaction)))]
            for _ in range(5):
                yield [generator.choice(places) for _ in interaction["pairs"]]
        case "numeric":
            yield from [0, str(question.key), f"{question.key:.3g}", "1/3", "−2.5", "1,024", " 3e2 "]
            yield from [error["value"] for error in interaction.get("common_errors", [])]
        case "shape":
            yield from [str(tuple(question.key)), "torch.Size([2, 3])", "7x5", [2]]
            yield from [error["value"] for error in interaction.get("common_errors", [])]
        case "short":
            yield from ["something else", [0], *interaction.get("accept", [])]


@pytest.mark.browser
def test_every_question_is_graded_as_the_package_grades_it(script, bank):
    generator, cases, expected = random.Random(0), [], []
    for question in bank:
        for seed in range(min(N_VARIANTS, question.n_variants)):
            variant = question.variant(seed)
            given = list(responses(variant, generator))
            cases.append([variant.interaction, given])
            expected.append([grade(variant, response) for response in given])
    code = "argument.map(([interaction, given]) => given.map((response) => grading.grade({ interaction }, response)))"
    assert sum(len(given) for _, given in cases) > 7 * len(bank)
    for case, wanted, had in zip(cases, expected, script(code, cases), strict=True):
        for want, have in zip(wanted, had, strict=True):
            assert have["points"] == (
                None if want.points is None else pytest.approx(want.points, abs=1e-12)
            ), case
            assert [have["feedback"], have["misconceptions"]] == [want.feedback, want.misconceptions], case


@pytest.mark.browser
@pytest.mark.parametrize("text", ["", "abc", "1/0", "1/2/3", "--3", "(2, 3)", "0x10"])
def test_what_is_no_number_is_told(script, text):
    assert script(
        "(() => { try { return grading.readNumber(argument); } catch (e) { return e.message; } })()", text
    ) == (f"“{text}” is no number; write one such as 0.25, 1/4 or 1,024")


@pytest.mark.browser
def test_shares_and_estimates_are_those_of_the_package(script):
    generator = random.Random(1)
    for _ in range(60):
        names = [f"D{i}" for i in range(generator.randint(1, 7))]
        weights = {name: generator.randint(1, 40) for name in names}
        there = {name: generator.randint(0, 19) for name in names}
        n = generator.randint(1, 61)
        args = [n, {name: weights[name] for name in names if there[name]}, there]
        assert script("drawing.apportion(...argument)", args) == apportion(*args), args
    for n in range(1, 30):
        points = [generator.choice([0.0, 1.0, 0.25, 1 / 3]) for _ in range(n)]
        have, want = (
            script(
                "{ const e = estimates.estimate(argument); return [e, estimates.band(e)]; }".join(
                    ["(() => ", ")()"]
                ),
                points,
            ),
            Estimate.of(points),
        )
        assert (have[0]["percent"], have[0]["error"]) == pytest.approx((want.percent, want.error), abs=0.1001)
        assert have[0]["n"] == want.n
        assert have[1] == want.band or abs(want.percent % 20) < 0.1


@pytest.mark.browser
def test_the_schedule_is_that_of_py_fsrs(script):
    """Random histories of a card, from minutes to years apart: memory, step and day agree."""
    generator, scheduler = random.Random(2), Scheduler(enable_fuzzing=False)
    histories, expected = [], []
    for number in range(150):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=generator.randint(0, 10**6))
        card, history, cards = Card(card_id=number, due=at), [], []
        for _ in range(generator.randint(1, 12)):
            rating = generator.choice(list(Rating))
            card, _ = scheduler.review_card(card, rating, at)
            history.append([int(rating), at.timestamp() * 1000])
            cards.append(
                [card.stability, card.difficulty, card.due.timestamp() * 1000, card.state.name.lower()]
            )
            gap = generator.choice(
                [
                    generator.uniform(1, 3000),
                    generator.uniform(3000, 2 * 86400),
                    generator.uniform(86400, 5e7),
                ]
            )
            at += timedelta(seconds=round(gap))
        histories.append(history)
        expected.append(cards)
    got = script(
        """argument.map((history) => { let card; return history.map(([grade, at]) => {
             card = schedule.reviewed(card, grade, at); return [card.stability, card.difficulty, card.due, card.state]; }); })""",
        histories,
    )
    for want_cards, have_cards in zip(expected, got, strict=True):
        for want, have in zip(want_cards, have_cards, strict=True):
            # Four decimals; ts-fsrs rounds to eight at each step, which shows in memories of a thousand days.
            assert have[:2] == pytest.approx(want[:2], abs=5e-5, rel=1e-7)
            assert have[2:] == [pytest.approx(want[2], abs=1.0), want[3]]


def slim(data):
    """What a draw looks at, without the texts."""
    fields = ("id", "version", "objectives", "pool", "difficulty")
    items = [
        {**{name: item[name] for name in fields}, "interaction": {"kind": item["interaction"]["kind"]}}
        for item in data["items"]
    ]
    return {"items": items, "profiles": data["profiles"]}


@pytest.mark.browser
def test_exams_are_drawn_by_share_and_unseen_questions_come_first(script, bank):
    data = slim(page_data(bank, n_variants=1))
    held_out = {question.id for question in bank[::3]}
    for item in data["items"]:
        item["pool"] = "exam" if item["id"] in held_out else item["pool"]
    code = "drawing.draw(new bank.Bank(argument[0]), argument[0].profiles[argument[1]], argument[2], new Set(argument[3]))"
    for name, profile in profiles().items():
        first = script(code, [data, name, "seed", []])
        ids = [item[0] for item in first["items"]]
        counts = {
            q.id: not profile.objectives or bool(set(q.objectives) & set(profile.objectives)) for q in bank
        }
        fits = [
            q
            for q in bank
            if counts[q.id] and q.kind != "short" and (q.pool != "practice" or q.id in held_out)
        ]
        there = {domain: sum(domain_of(q) == domain for q in fits) for domain in profile.domains}
        shares = apportion(profile.n_items, {d: profile.domains[d] for d, n in there.items() if n}, there)
        by_id = {question.id: question for question in bank}
        found = {domain: sum(domain_of(by_id[i]) == domain for i in ids) for domain in shares}
        assert found == shares, name
        assert set(ids) <= {q.id for q in fits}
        assert len(set(ids)) == len(ids)
        assert script(code, [data, name, "seed", []]) == first
        assert [i[0] for i in script(code, [data, name, "other", []])["items"]] != ids
        unseen = {q.id for q in fits} - set(ids)
        second = {item[0] for item in script(code, [data, name, "seed", ids])["items"]}
        for domain, n in shares.items():
            fresh = [i for i in unseen if domain_of(by_id[i]) == domain]
            again = [i for i in second & set(ids) if domain_of(by_id[i]) == domain]
            assert len(again) == max(0, n - len(fresh)), (name, domain)


@pytest.mark.browser
def test_practice_never_asks_what_is_kept_for_exams(script, bank):
    data = slim(page_data(bank, n_variants=1))
    for item in data["items"][::2]:
        item["pool"] = "exam"
    missed = [item["id"] for item in data["items"][:30]]
    code = "practice.related(new bank.Bank(argument[0]), argument[1], 'seed').map((item) => [item.id, item.pool, item.objectives[0]])"
    found = script(code, [data, missed])
    assert found
    assert "exam" not in {pool for _, pool, _ in found}
    objectives = {item["objectives"][0] for item in data["items"] if item["id"] in missed}
    assert {objective for *_, objective in found} <= objectives
    assert {name for name, *_ in found} >= {
        item["id"] for item in data["items"][:30] if item["pool"] == "both"
    }


@pytest.mark.browser
def test_an_adaptive_drill_follows_the_answers(script):
    items = [{"id": f"i{n}", "difficulty": n / 10} for n in range(-20, 21)]
    code = """(() => { const done = []; for (let n = 0; n < 8; n += 1) {
      const item = practice.nearest(argument[0], done, new Set(), 'seed');
      done.push({ id: item.id, difficulty: item.difficulty, points: argument[1] }); } return done.map((d) => d.difficulty); })()"""
    up, down = script(code, [items, 1]), script(code, [items, 0])
    assert up[0] == down[0] == 0
    assert up == sorted(up)
    assert down == sorted(down, reverse=True)
    assert up[-1] > 0.8 > -0.8 > down[-1]


@pytest.mark.browser
def test_the_banks_markdown_becomes_nodes_and_never_tags(script):
    code = "(() => { const box = document.createElement('div'); box.append(...markup.blocks(argument)); return box.innerHTML; })()"
    assert script(code, "a `b*c` *d* **e** <b>f</b> 2 * 3 * 4") == (
        "<p>a <code>b*c</code> <em>d</em> <strong>e</strong> &lt;b&gt;f&lt;/b&gt; 2 * 3 * 4</p>"
    )
    assert script(code, "one\n\n- two\n- three") == "<p>one</p><ul><li>two</li><li>three</li></ul>"


# ---- an exam, from beginning to end ------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.parametrize("keyboard", [False, True], ids=["mouse", "keyboard"])
def test_each_kind_answered_right_scores_full(visit, small, keyboard):
    page = visit()
    hands = Hands(page, keyboard)
    begin(page)
    questions = drawn(page, small)
    assert {q["interaction"]["kind"] for q in questions} == {
        "single", "multiple", "ordering", "matching", "numeric", "shape", "hotspot",
    }  # fmt: skip
    for question in questions:
        hands.answer(question, right(question))
        hands.press("Review →" if question is questions[-1] else "Next →")
    assert page.get_by_text("Every question has an answer.").is_visible()
    hands.press("Hand in")
    page.locator(".s2g-report").wait_for()
    answers = [entry for entry in stored(page)["entries"] if entry["kind"] == "answer"]
    assert {entry["item"]: entry["points"] for entry in answers} == {
        question["id"]: 1 for question in questions
    }
    assert page.locator(".s2g-score b").inner_text().startswith("1000 ± ")
    assert stored(page, "sitting") is None


@pytest.mark.browser
def test_each_kind_answered_wrong_scores_less_and_says_why(visit, small):
    page = visit()
    begin(page)
    questions = drawn(page, small)
    for question in questions:
        Hands(page).answer(question, wrong(question))
        page.locator(".s2g-turn .s2g-main").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    answers = {e["item"]: e for e in stored(page)["entries"] if e["kind"] == "answer"}
    assert all(answers[question["id"]]["points"] < 1 for question in questions), answers
    assert page.get_by_text("not enough evidence").count() >= len(small["profiles"]["tiny"]["domains"])
    page.get_by_role("button", name="Open all").click()
    page.locator(".s2g-report .s2g-explained").nth(len(questions) - 1).wait_for()
    text = page.locator(".s2g-report").inner_text()
    for question in questions:
        for option in question["interaction"].get("options", []):
            assert plain(option["rationale"]) in text
        assert plain(question["explanation"])[:60] in text
    links = page.locator(".s2g-report a").evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    assert len(links) == len(questions)
    assert all(re.fullmatch(r"\.\./\d\d-[a-z0-9-]+/lesson\.html#.+", link) for link in links), links
    page.get_by_role("button", name="Train what I missed").click()
    assert page.locator(".s2g-practice h2").inner_text() == "Train what I missed"


def plain(text):
    return " ".join(re.sub(r"[`*]", "", text).split())


@pytest.mark.browser
def test_after_a_crash_the_exam_goes_on_where_it_was(site, visit, small):
    page = visit()
    begin(page)
    questions = drawn(page, small)
    for question in questions[:3]:
        Hands(page).answer(question, right(question))
        page.get_by_role("button", name="Flag for later").click()
        page.get_by_role("button", name="Next →").click()
    Hands(page).answer(
        questions[3], right(questions[3])
    )  # and no more: nothing but the answer itself stores it
    session, left = stored(page, "sitting")["session"], stored(page, "sitting")["left"]
    crashed = page.context.browser.contexts[-1].new_page()
    with pytest.raises(Exception, match="crash"):
        page.goto("chrome://crash")
    crashed.goto(f"{site.address}book/exam/index.html")
    assert "4 of 7 answered" in crashed.locator(".s2g-now").inner_text()
    crashed.get_by_role("button", name="Go on").click()
    assert crashed.locator(".s2g-place").inner_text() == "Question 4 of 7"
    assert stored(crashed, "sitting")["session"] == session
    assert left - 5000 < stored(crashed, "sitting")["left"] <= left
    assert crashed.locator(".s2g-answered").count() == 4
    assert crashed.locator(".s2g-flagged").count() == 3
    crashed.get_by_role("button", name="Next →").click()
    for question in questions[4:]:
        Hands(crashed).answer(question, right(question))
        crashed.locator(".s2g-turn .s2g-main").click()
    crashed.get_by_role("button", name="Hand in", exact=True).click()
    answers = [entry for entry in stored(crashed)["entries"] if entry["kind"] == "answer"]
    assert [entry["points"] for entry in answers] == [1] * 7


@pytest.mark.browser
def test_the_clock_warns_and_hands_in_by_itself(visit, small):
    page = visit()
    page.clock.install()
    page.reload()
    begin(page, "50 % more")
    assert page.locator(".s2g-clock").inner_text() == "15:00 left"
    question = drawn(page, small)[0]
    Hands(page).answer(question, right(question))
    page.clock.fast_forward(10 * 60e3 + 1000)
    assert page.locator(".s2g-notes[role=status]").inner_text().startswith("5 minutes left.")
    page.clock.fast_forward(4 * 60e3)
    assert page.locator(".s2g-notes").inner_text().startswith("1 minute left.")
    assert page.locator(".s2g-clock").inner_text() == "0:59 left"
    page.clock.fast_forward(60e3)
    page.locator(".s2g-report").wait_for()
    assert "The time is up. Your answers were handed in." in page.locator(".s2g-notes").inner_text()
    entries = stored(page)["entries"]
    assert [entry["points"] for entry in entries if entry["kind"] == "answer"] == [1, 0, 0, 0, 0, 0, 0]
    assert entries[-1]["kind"] == "end"
    assert (entries[-1]["reason"], entries[-1]["seconds"]) == ("time", 900)


@pytest.mark.browser
def test_a_clock_that_is_set_changes_no_time(visit, small):
    page = visit()
    begin(page)
    left = stored(page, "sitting")["left"]
    page.evaluate("() => { const now = Date.now; Date.now = () => now() - 86400e3; }")  # a day back
    page.locator("input, button.s2g-flag").last.focus()
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Next →").click()
    assert 0 < left - stored(page, "sitting")["left"] < 5000
    page.get_by_role("button", name="Review and hand in").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.get_by_role("button", name="Train what I missed").click()
    page.get_by_role("button", name="Check").click()
    times = [datetime.fromisoformat(entry["at"]) for entry in stored(page)["entries"]]
    assert times == sorted(times)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Back to the start").click()
    assert "before your last answer" in page.locator(".s2g-notes").inner_text()


@pytest.mark.browser
def test_options_are_struck_out_and_answers_taken_back(visit, small):
    page = visit(width=1280)
    begin(page)
    questions = drawn(page, small)
    place = next(i for i, q in enumerate(questions) if q["interaction"]["kind"] == "single")
    page.get_by_role("button", name=f"Question {place + 1},").click()
    page.locator(".s2g-strike").nth(1).click()
    page.locator("input[type=radio]").first.check()
    page.get_by_role("button", name="Clear the answer").click()
    assert page.locator("input:checked").count() == 0
    name = questions[place]["id"]
    state = stored(page, "sitting")
    assert state["responses"][name] is None
    assert len(state["struck"][name]) == 1
    page.get_by_role("button", name="Next →" if place < 6 else "← Previous").click()
    page.get_by_role("button", name=f"Question {place + 1},").click()
    assert page.locator(".s2g-struck").count() == 1
    assert page.locator(".s2g-strike[aria-pressed=true]").count() == 1


@pytest.mark.browser
def test_steps_are_moved_and_left_out_by_keyboard_and_the_focus_stays(visit, small):
    page = visit(width=1280)
    begin(page)
    questions = drawn(page, small)
    place = next(i for i, q in enumerate(questions) if q["interaction"]["kind"] == "ordering")
    page.get_by_role("button", name=f"Question {place + 1},").click()
    hands = Hands(page, keyboard=True)
    hands.answer(questions[place], [1, 0, 2])
    later = page.locator("[data-act='Later 1']")
    hands.use(later)
    assert stored(page, "sitting")["responses"][questions[place]["id"]] == [0, 1, 2]
    assert later.evaluate("e => e === document.activeElement")
    hands.use(page.locator("[data-act='Leave out 2']"))
    assert stored(page, "sitting")["responses"][questions[place]["id"]] == [0, 1]
    assert page.locator("[data-act='Add 2']").evaluate("e => e === document.activeElement")


@pytest.mark.browser
def test_what_cannot_be_read_is_told_before_handing_in(visit, small):
    page = visit(width=1280)
    begin(page)
    questions = drawn(page, small)
    place = next(i for i, q in enumerate(questions) if q["interaction"]["kind"] == "numeric")
    page.get_by_role("button", name=f"Question {place + 1},").click()
    page.locator(".s2g-field input").fill("a lot")
    page.get_by_role("button", name="Review and hand in").click()
    assert "6 of 7 questions have no answer." in page.locator(".s2g-stage").inner_text()
    assert page.get_by_text("“a lot” is no number").count() == 1


@pytest.mark.browser
def test_of_two_tabs_the_later_one_goes_on(site, visit):
    page = visit()
    begin(page)
    other = page.context.new_page()
    other.goto(f"{site.address}book/exam/index.html")
    other.get_by_role("button", name="Go on").click()
    page.locator(".s2g-home").wait_for()
    assert "went on in another tab" in page.locator(".s2g-notes").inner_text()
    assert other.locator(".s2g-room").is_visible()


# ---- practice, cards, history ------------------------------------------------------------------------------


@pytest.mark.browser
def test_practice_tells_why_and_the_review_asks_again(visit, small):
    page = visit()
    page.clock.install()
    page.reload()
    page.get_by_role("button", name="Review", exact=True).click()
    kinds = set()
    for _ in range(8):
        kinds.add(page.locator("[data-kind]").first.get_attribute("data-kind"))
        if page.locator("textarea").count():
            page.locator("textarea").fill("Something of my own.")
        page.get_by_role("button", name="Check").click()
        assert page.locator(".s2g-reasons").inner_text()
        if page.locator(".s2g-rubric").count():
            page.locator(".s2g-rubric input").first.check()
        page.get_by_role("button", name="Next →").click()
    assert len(kinds) == 8
    page.get_by_role("button", name="Back to the start").click()
    answers = {e["item"]: e for e in stored(page)["entries"]}
    short = next(item["id"] for item in small["items"] if item["interaction"]["kind"] == "short")
    assert 0 < answers[short]["points"] < 1
    assert answers[short]["response"] == "Something of my own."
    assert "Nothing is due; the next comes in 1 min." in page.locator(".s2g-home").inner_text()
    page.clock.fast_forward(61e3)
    page.get_by_role("button", name="Look back").click()
    page.get_by_role("button", name="Back to the start").click()
    assert re.search(r"[78] questions are due, and 0 new\.", page.locator(".s2g-home").inner_text())


@pytest.mark.browser
def test_a_drill_asks_the_chosen_domains_and_as_many_as_asked(visit, small):
    page = visit()
    page.get_by_role("button", name="Choose none").click()
    page.get_by_role("button", name="Drill", exact=True).click()
    assert page.get_by_text("Choose one domain at least.").is_visible()
    page.get_by_label(small["domains"]["ATT"]).check()
    page.get_by_label("How many").select_option(label="5 questions")
    for name in ("Drill", "Adaptive drill"):
        page.get_by_role("button", name=name, exact=True).click()
        asked = []
        while page.get_by_role("button", name="Check").count():
            page.get_by_role("button", name="Check").click()
            page.get_by_role("button", name="Next →").click()
            asked.append(stored(page)["entries"][-1]["item"])
        there = [item["id"] for item in small["items"] if item["objectives"][0].startswith("ATT")]
        assert sorted(asked) == sorted(there)
        page.get_by_role("button", name="Back to the start").click()


@pytest.mark.browser
def test_cards_are_turned_and_come_again(visit, small):
    page = visit()
    page.get_by_role("button", name="Flash cards").click()
    grades = ["Again", "Easy", "Good", "Hard"]
    for grade_name in grades:
        assert page.locator(".s2g-back").count() == 0
        page.get_by_role("button", name="Turn the card").click()
        assert page.locator(".s2g-back").inner_text()
        page.get_by_role("button", name=grade_name).click()
    entries = stored(page)["entries"]
    assert [(entry["kind"], entry["rating"]) for entry in entries] == [("card", n) for n in (1, 4, 3, 2)]
    assert (
        page.locator(".s2g-place").inner_text() == "5 left"
    )  # of eight cards four are done, one comes again
    page.get_by_role("button", name="Stop").click()
    assert "Nothing is due" in page.locator(".s2g-home").inner_text()


@pytest.mark.browser
def test_the_files_are_read_by_the_terminal_and_by_anki(visit, small, tmp_path):
    page = visit()
    begin(page)
    question = drawn(page, small)[0]
    Hands(page).answer(question, right(question))
    page.get_by_role("button", name="Review and hand in").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.get_by_role("button", name="Back to the start").click()
    page.get_by_role("button", name="Look back").click()
    saved = {name: save(page, f"Save {name}", tmp_path) for name in ("as JSON", "as CSV", "for Anki")}

    history = History.read(saved["as JSON"])
    assert history.notes == []
    assert len(history.answers()) == 7
    assert sum(estimate.n for estimate in by_domain(history.answers()).values()) == 7
    assert len(cards(history.answers())) == 7
    with saved["as CSV"].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["item"] for row in rows] == [answer["item"] for answer in history.answers()]
    assert [float(row["points"]) for row in rows] == [1, 0, 0, 0, 0, 0, 0]
    lines = [
        line
        for line in saved["for Anki"].read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    assert {len(line.split("\t")) for line in lines} == {4}
    assert len(lines) == 7

    page.evaluate("localStorage.clear()")
    page.reload()
    page.get_by_role("button", name="Look back").click()
    for told in ("9 entries were brought back.", "0 entries were brought back."):  # 7 answers, begin and end
        page.locator("input[type=file]").set_input_files(saved["as JSON"])
        page.get_by_text(told).wait_for()
    assert len(stored(page)["entries"]) == 9
    page.locator("input[type=file]").set_input_files(saved["as CSV"])
    page.get_by_text("That file was not read").wait_for()


def save(page, name, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


@pytest.mark.browser
def test_anki_imports_the_text_and_keeps_a_note_on_the_second_time(script, bank, tmp_path):
    collection = pytest.importorskip("anki.collection", reason="the package `anki` is not installed")
    data = page_data(bank, n_variants=1)
    path = tmp_path / "notes.txt"
    path.write_text(script("exports.asAnki(new bank.Bank(argument), argument.items)", data), encoding="utf-8")
    col = collection.Collection(str(tmp_path / "c.anki2"))
    for _ in range(2):
        metadata = col.get_csv_metadata(str(path), None)
        col.import_csv(collection.ImportCsvRequest(path=str(path), metadata=metadata))
        assert col.note_count() == len(data["items"])
    guids = {col.get_note(number).guid for number in col.find_notes("")}
    assert guids == {item["id"] for item in data["items"]}
    col.close()


# ---- bad days ----------------------------------------------------------------------------------------------

FORBIDDEN = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("fault", "told"),
    [(FORBIDDEN, "This browser keeps nothing for this page"), (FULL, "This browser has no room left")],
)
def test_without_storage_the_exam_works_and_it_is_said(site, visit, small, fault, told, tmp_path):
    page = visit()
    page.add_init_script(fault)
    page.reload()
    begin(page)
    for _ in range(7):
        page.locator(".s2g-turn .s2g-main").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    assert page.locator(".s2g-score").is_visible()
    assert told in page.locator(".s2g-notes").inner_text()
    page.get_by_role("button", name="Back to the start").click()
    page.get_by_role("button", name="Look back").click()
    assert len(History.read(save(page, "Save as JSON", tmp_path)).answers()) == 7


@pytest.mark.browser
def test_an_exam_handed_in_to_a_full_storage_is_there_on_the_next_visit(visit, small):
    page = visit()
    begin(page)
    question = drawn(page, small)[0]
    Hands(page).answer(question, right(question))
    page.evaluate(f"() => {{ {FULL} }}")
    page.get_by_role("button", name="Review and hand in").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    assert "no room left" in page.locator(".s2g-notes").inner_text()
    page.get_by_role("button", name="Back to the start").click()
    assert page.locator(".s2g-now").count() == 0
    page.reload()
    assert "1 of 7 answered" in page.locator(".s2g-now").inner_text()
    page.get_by_role("button", name="Hand in as it is").click()
    assert [e["points"] for e in stored(page)["entries"] if e["kind"] == "answer"] == [1, 0, 0, 0, 0, 0, 0]


@pytest.mark.browser
def test_an_exam_of_which_nothing_is_left_is_kept_aside(visit, small):
    page = visit()
    begin(page)
    page.get_by_role("button", name="Pause and leave").click()
    sitting = json.dumps({**stored(page, "sitting"), "items": [["ATT-99-gone", 1, 0]]})
    page.evaluate("([name, text]) => localStorage.setItem(name, text)", [f"{NAME}.sitting", sitting])
    page.reload()
    assert "the bank has none of its questions any more" in page.locator(".s2g-notes").inner_text()
    assert page.locator(".s2g-now").count() == 0
    assert json.loads(page.evaluate(f"localStorage.getItem('{NAME}.aside-sitting-1')"))["items"] == [
        ["ATT-99-gone", 1, 0]
    ]


@pytest.mark.browser
def test_a_profile_without_questions_is_told(visit, site, small):
    page = visit()
    empty = {**small["profiles"]["tiny"], "domains": {"USE": 1}}
    page.route("**/bank.json", lambda route: route.fulfill(json={**small, "profiles": {"tiny": empty}}))
    page.reload()
    page.get_by_role("button", name="Begin").click()
    assert "no questions for this exam yet" in page.locator(".s2g-notes").inner_text()


@pytest.mark.browser
def test_a_state_of_an_older_bank_is_named_and_kept(visit, small, tmp_path):
    page = visit()
    begin(page)
    page.get_by_role("button", name="Pause and leave").click()
    sitting = stored(page, "sitting")
    known = sitting["items"][1]
    sitting["items"] = [["ATT-99-gone", 1, 0], known, [known[0], 99, 0]]
    at = "2026-01-01T10:00:00.000Z"
    old = {"kind": "answer", "at": at, "item": "SEQ-98-old", "version": 1, "variant": 0, "points": 1, "response": "a", "seconds": 3,
           "feedback": [], "misconceptions": [], "session": None}  # fmt: skip
    page.evaluate(
        f"([sitting, history]) => {{ localStorage.setItem('{NAME}.sitting', sitting); localStorage.setItem('{NAME}.history', history); }}",
        [json.dumps(sitting), json.dumps({"format": 1, "entries": [old]})],
    )
    page.reload()
    assert "SEQ-98-old" in page.locator(".s2g-notes").inner_text()
    told = page.locator(".s2g-now").inner_text()
    assert f"ATT-99-gone, {known[0]} left this exam" in told
    page.get_by_role("button", name="Go on").click()
    assert page.locator(".s2g-place").inner_text() == "Question 1 of 1"
    page.get_by_role("button", name="Review →").click()
    page.get_by_role("button", name="Hand in", exact=True).click()
    page.get_by_role("button", name="Back to the start").click()
    page.get_by_role("button", name="Look back").click()
    saved = save(page, "Save as JSON", tmp_path).read_text(encoding="utf-8")
    assert "ATT-99-gone" in saved
    assert "SEQ-98-old" in saved
    assert stored(page)["entries"][0] == old


@pytest.mark.browser
@pytest.mark.parametrize("record", ["{broken", "[]", '{"format": 99, "entries": []}', '{"entries": []}'])
def test_a_record_that_cannot_be_read_is_set_aside(visit, record):
    page = visit()
    page.evaluate("([name, text]) => localStorage.setItem(name, text)", [f"{NAME}.history", record])
    page.reload()
    assert "kept under another name" in page.locator(".s2g-notes").inner_text()
    assert page.evaluate(f"localStorage.getItem('{NAME}.aside-history-1')") == record
    page.add_init_script(FULL)
    page.evaluate("([name, text]) => localStorage.setItem(name, text)", [f"{NAME}.history", record])
    page.reload()
    assert "left untouched" in page.locator(".s2g-notes").inner_text()
    page.get_by_role("button", name="Flash cards").click()
    page.get_by_role("button", name="Turn the card").click()
    page.get_by_role("button", name="Good").click()
    assert page.evaluate(f"localStorage.getItem('{NAME}.history')") == record


@pytest.mark.browser
def test_a_missing_bank_is_told(site, visit, small):
    bank_file = site.folder / "_static/exam/bank.json"
    content = bank_file.read_bytes()
    bank_file.unlink()
    try:
        page = visit(expected="404")
        assert "the questions are missing (the server answered 404)" in page.get_by_role("alert").inner_text()
    finally:
        bank_file.write_bytes(content)


@pytest.mark.browser
def test_without_javascript_what_stands_there_stays(visit):
    page = visit(java_script_enabled=False)
    assert page.locator(".s2g-exam").inner_text() == "Also on paper."


# ---- for everyone ------------------------------------------------------------------------------------------


def tour(page, small):
    """Every view in turn, each yielded when it is drawn."""
    yield "home"
    begin(page)
    questions = drawn(page, small)
    for i, question in enumerate(questions):
        yield f"question {question['interaction']['kind']}"
        if i % 2:
            page.locator(".s2g-flag").click()
        Hands(page).answer(question, wrong(question))
        yield f"answered {question['interaction']['kind']}"
        page.locator(".s2g-turn .s2g-main").click()
    yield "review"
    page.get_by_role("button", name="Pause and leave").click()
    yield "unfinished"
    page.get_by_role("button", name="Hand in as it is").click()
    page.get_by_role("button", name="Open all").click()
    yield "report"
    page.get_by_role("button", name="Train what I missed").click()
    page.get_by_role("button", name="Check").click()
    yield "practice"
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Back to the start").click()
    page.get_by_role("button", name="Flash cards").click()
    page.get_by_role("button", name="Turn the card").click()
    yield "card"
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Look back").click()
    yield "record"


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(visit, small, theme):
    page = visit("index" if theme == "light" else "dark", color_scheme=theme)
    page.add_script_tag(path=AXE)
    for view in tour(page, small):
        found = page.evaluate(
            "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
        )
        faults = [
            (fault["id"], fault["nodes"][0]["html"][:200], fault["nodes"][0]["failureSummary"])
            for fault in found
        ]
        assert faults == [], view


@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 390, 640], ids=["400 percent", "phone", "200 percent"])
def test_nothing_runs_off_a_narrow_page(visit, small, width):
    page = visit(width=width, has_touch=width < 640)
    for view in tour(page, small):
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
        if width < 640:
            sizes = page.locator(".s2g-exam :is(button, select):visible").evaluate_all(
                "all => all.map((e) => e.getBoundingClientRect().height)"
            )
            assert min(sizes) >= 40, view  # to be hit by a thumb
