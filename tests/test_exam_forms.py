"""Forms: each domain gets its share, objectives take turns, unseen questions first, private numbers are private."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from seq2gpt.cli import main
from seq2gpt.errors import UserError
from seq2gpt.exam.collection import domain_of, load_all, objectives
from seq2gpt.exam.forms import Profile, apportion, as_record, draw, find_profile, profiles
from seq2gpt.exam.grading import grade

Guesser = Callable[[list[dict[str, Any]]], str]
QUESTIONS = load_all()
COURSE = find_profile("course")


@pytest.mark.parametrize("name", list(profiles()))
def test_every_profile_draws_a_form(name: str) -> None:
    profile = find_profile(name.upper())
    assert sum(profile.domains.values()) == 100
    form = draw(QUESTIONS, profile, "7")
    assert len({question.id for question in form.questions}) == len(form.questions) > 0
    assert not any(question.template or question.kind == "short" for question in form.questions)
    if profile.objectives:
        assert {name[:3] for name in profile.objectives} == set(profile.domains)
        assert all(set(question.objectives) & set(profile.objectives) for question in form.questions)
    missing = set(profile.domains) - {domain_of(question) for question in QUESTIONS}
    assert all(any(f"no questions of {domain} yet" in note for note in form.notes) for domain in missing)


def longest(options: list[dict[str, Any]]) -> str:
    return str(max(options, key=lambda option: len(str(option["text"])))["id"])


def shortest(options: list[dict[str, Any]]) -> str:
    return str(min(options, key=lambda option: len(str(option["text"])))["id"])


def at(place: int) -> Guesser:
    return lambda options: str(options[place]["id"])


@pytest.mark.parametrize("name", list(profiles()))
@pytest.mark.parametrize("guess", [longest, shortest, *map(at, range(4))])
def test_a_naive_guesser_has_no_more_than_30_percent_of_an_exam(name: str, guess: Guesser) -> None:
    """The mean over ten forms. Of several options the guesser takes the one and its neighbours; of the rest nothing."""
    points = n_items = 0.0
    for seed in range(10):
        for question in draw(QUESTIONS, find_profile(name), f"{seed}").questions:
            n_items += 1
            options = question.interaction.get("options", [])
            if options:
                first = guess(options)
                others = [option["id"] for option in options if option["id"] != first]
                many = question.interaction.get("select", 1)
                points += grade(question, [first, *others[: many - 1]] if many > 1 else first).points or 0.0
    assert points <= 0.3 * n_items


@pytest.mark.parametrize("n_items", [-1, -40])
def test_less_than_no_question_is_refused(n_items: int) -> None:
    with pytest.raises(UserError, match=f"^--n-items {n_items} is less than 0; give how many"):
        draw(QUESTIONS, COURSE, "7", n_items=n_items)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (["take", "--minutes", "-5"], "--minutes -5 is less than 0"),
        (["review", "--n-new", "-1"], "--n-new -1 is less than 0"),
        (["export", "practice", "x.gift", "--variants", "0"], "--variants 0 would leave templates out"),
    ],
)
def test_numbers_that_mean_nothing_are_named(
    command: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["exam", *command]) == 2
    out, err = capsys.readouterr()
    assert says in err
    assert not out


def test_profiles_of_vendors_carry_a_day() -> None:
    assert {name for name, profile in profiles().items() if profile.verify_by} == {
        "aif-c01",
        "nca-genl",
        "1z0-1127",
    }


def test_an_unknown_profile_is_named() -> None:
    with pytest.raises(
        UserError, match="^there is no profile 'cours'; choose from course, university, aif-c01"
    ):
        find_profile("cours")


def test_the_seed_decides() -> None:
    first, again, other = (draw(QUESTIONS, COURSE, seed) for seed in ("7", "7", "8"))
    assert first == again
    assert [q.id for q in first.questions] != [q.id for q in other.questions]
    assert draw(QUESTIONS[::-1], COURSE, "7").questions == first.questions


def test_domains_get_their_shares_and_objectives_take_turns() -> None:
    profile = Profile(name="two", title="", n_items=30, minutes=1, domains={"ATT": 70, "SEQ": 30})
    form = draw(QUESTIONS, profile, "7")
    assert Counter(map(domain_of, form.questions)) == {"ATT": 21, "SEQ": 9}
    per_objective = Counter(q.objectives[0] for q in form.questions if domain_of(q) == "ATT")
    assert set(per_objective) == {name for name in objectives() if name.startswith("ATT")}
    assert max(per_objective.values()) <= 2
    assert len(draw(QUESTIONS, profile, "7", n_items=10).questions) == 10


def test_too_small_a_bank_is_told() -> None:
    form = draw(QUESTIONS[:20], COURSE, "7")
    assert form.notes[-1].endswith(" questions of 65: the bank has no more for this profile")
    assert len(form.questions) == sum(q.kind != "short" and q.pool != "practice" for q in QUESTIONS[:20])


def test_shares_never_exceed_what_is_there() -> None:
    assert apportion(7, {"A": 1, "B": 1, "C": 1}, {"A": 1, "B": 9, "C": 9}) == {"A": 1, "B": 3, "C": 3}
    assert apportion(5, {"A": 90, "B": 10}, {"A": 2, "B": 1}) == {"A": 2, "B": 1}


def test_seen_questions_come_last_and_held_out_ones_first() -> None:
    profile = Profile(name="one", title="", n_items=5, minutes=1, domains={"SEQ": 100})
    bank = [replace(q, pool="both") for q in QUESTIONS if domain_of(q) == "SEQ" and q.kind != "short"]
    seen = {question.id for question in bank[:-5]}
    assert {q.id for q in draw(bank, profile, "1", seen=seen).questions} == {q.id for q in bank[-5:]}
    same = [replace(q, objectives=["SEQ-02"], pool="exam" if i > 20 else "both") for i, q in enumerate(bank)]
    assert {q.pool for q in draw(same, profile, "1").questions} == {"exam"}
    assert {q.pool for q in draw(same, profile, "1", pool="practice").questions} == {"both"}


def test_private_numbers_are_none_of_the_published_ones() -> None:
    templated = {q.id: q for q in QUESTIONS if q.template}
    form = draw(QUESTIONS, COURSE, "a secret of mine", pool="practice", private=True)
    drawn = [q for q in form.questions if q.id in templated]
    fresh = [q for q in drawn if q.key not in [templated[q.id].variant(i).key for i in range(20)]]
    assert len(drawn) > 5
    assert len(fresh) >= 0.5 * len(drawn)  # some templates have twenty keys and no more
    other = {q.id: q for q in draw(QUESTIONS, COURSE, "another", pool="practice", private=True).questions}
    assert any(q.key != other[q.id].key for q in drawn if q.id in other)


def test_a_form_is_plain_json() -> None:
    form = draw(QUESTIONS, COURSE, "7", n_items=9)
    record = as_record(form, "7")
    assert json.loads(json.dumps(record)) == record
    assert [item["id"] for item in record["items"]] == [q.id for q in form.questions]
    assert (record["profile"], record["minutes"], record["seed"]) == ("course", 90, "7")
