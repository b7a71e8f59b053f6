"""Text from a model: what is drawn, written and refused."""

import itertools

import pytest
import torch

from seq2gpt.decoding import FastDecoder
from seq2gpt.errors import UserError
from seq2gpt.generation import generate
from seq2gpt.gpt import GPT, GPTConfig
from seq2gpt.hub import save_pretrained
from seq2gpt.run.sampler import Chat, load_model, sample_text
from seq2gpt.sampling import Sampling
from seq2gpt.tokens import BytePairTokenizer, CharTokenizer

SYMBOLS = "abcdefghijk"


@pytest.fixture
def tokenizer() -> CharTokenizer:
    return CharTokenizer(SYMBOLS)


@pytest.fixture
def model() -> GPT:
    torch.manual_seed(1)
    model = GPT(GPTConfig(vocab_size=11, context_length=7, d_model=6, n_heads=2, n_layers=1))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(6)  # fresh weights would draw all symbols alike
    return model


def test_a_text_within_the_context_is_that_of_generate(model, tokenizer):
    ids = torch.tensor([tokenizer.encode("bad")])
    generator = torch.Generator().manual_seed(5)
    expected = tokenizer.decode(generate(model, ids, 4, temperature=0.9, generator=generator)[0, 3:].tolist())
    assert sample_text(model, tokenizer, "bad", 4, temperature=0.9, seed=5) == expected


def test_a_longer_text_goes_on_from_the_last_half_of_the_context(model, tokenizer):
    text = sample_text(model, tokenizer, "bad", 11, temperature=0.0)
    ids = torch.tensor([tokenizer.encode("bad")])
    ids = generate(model, ids, 4, temperature=0.0)  # 7 positions: full
    for n_new in (4, 3):
        more = generate(model, ids[:, -3:], n_new, temperature=0.0)
        ids = torch.cat([ids, more[:, 3:]], dim=1)
    assert text == tokenizer.decode(ids[0, 3:].tolist())
    assert len(text) == 11


def test_a_prompt_that_fills_the_context_is_continued(model, tokenizer):
    text = sample_text(model, tokenizer, "abcdefg", 2, temperature=0.0)
    ids = generate(model, torch.tensor([tokenizer.encode("efg")]), 2, temperature=0.0)
    assert text == tokenizer.decode(ids[0, 3:].tolist())


def test_everything_is_written_as_it_is_drawn(model, tokenizer):
    written: list[str] = []
    text = sample_text(model, tokenizer, "bad", 12, seed=3, write=written.append)
    assert written == ["bad", *text]


def test_the_seed_decides_the_text(model, tokenizer):
    texts = {
        seed: sample_text(model, tokenizer, "a", 40, temperature=1.0, seed=seed) for seed in (0, 1, -1, 2**70)
    }
    assert len(set(texts.values())) >= 3
    assert sample_text(model, tokenizer, "a", 40, temperature=1.0, seed=1) == texts[1]


def test_filters_reach_the_draw(model, tokenizer):
    greedy = sample_text(model, tokenizer, "a", 30, temperature=0.0)
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, top_k=1, seed=1) == greedy
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, top_p=1e-6, seed=1) == greedy
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, min_p=1.0, seed=1) == greedy
    assert sample_text(model, tokenizer, "a", 30, temperature=5.0, seed=1) != greedy
    assert sample_text(model, tokenizer, "a", 30, temperature=0.0, repetition_penalty=9.0) != greedy


@pytest.mark.parametrize("training", [True, False])
def test_dropout_is_off_and_the_mode_comes_back(tokenizer, training):
    torch.manual_seed(1)
    config = {"vocab_size": 11, "context_length": 7, "d_model": 6, "n_heads": 2, "n_layers": 1}
    model = GPT(GPTConfig(**config, dropout=0.9)).train(training)
    texts = {sample_text(model, tokenizer, "abc", 5, temperature=0.0) for _ in range(5)}
    assert len(texts) == 1
    assert model.training == training


def test_a_text_ends_before_a_stop_sequence(model, tokenizer):
    free = sample_text(model, tokenizer, "a", 30, seed=2)
    written: list[str] = []
    text = sample_text(model, tokenizer, "a", 30, seed=2, stop=[free[9:11]], write=written.append)
    assert text == free[: free.index(free[9:11])]
    assert "".join(written) == "a" + text


def model_that_says(tokenizer: BytePairTokenizer, ids: list[int]) -> GPT:
    """After token ``ids[i]`` comes ``ids[i + 1]``, in whatever context; all these ids differ."""
    width = tokenizer.vocab_size
    model = GPT(
        GPTConfig(vocab_size=width, context_length=97, d_model=width, n_heads=1, n_layers=1, bias=False)
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.norm.weight.fill_(1.0)
        model.token_embedding.weight.copy_(torch.eye(width))
        model.head.weight = torch.nn.Parameter(torch.zeros(width, width))
        for before, after in itertools.pairwise(ids):
            model.head.weight[after, before] = 9.0
    return model.eval()


def test_a_text_ends_with_an_end_token():
    tokenizer = BytePairTokenizer({}, ["<|endoftext|>"])
    model = model_that_says(tokenizer, [*tokenizer.encode("a bé"), 256])
    written: list[str] = []
    assert sample_text(model, tokenizer, "a", 90, temperature=0.0, write=written.append) == " bé"
    assert written == ["a", " ", "b", "é"]


def test_a_prompt_may_hold_special_tokens_and_is_counted_in_tokens():
    tokenizer = BytePairTokenizer({}, ["<|endoftext|>"])
    model = model_that_says(tokenizer, [256, 65, 66])
    assert sample_text(model, tokenizer, "<|endoftext|>", 2, temperature=0.0) == "AB"
    message = (
        "the prompt has 98 tokens, more than context_length=97 that the model sees at once; shorten it by 1"
    )
    with pytest.raises(UserError, match=f"^{message}$"):
        sample_text(model, tokenizer, "é" * 49, 2)
    with pytest.raises(UserError, match="half of a surrogate pair"):
        sample_text(model, tokenizer, "\ud800", 2)


# conversations


def test_a_chat_answers_after_the_whole_conversation():
    tokenizer = BytePairTokenizer({}, ["<|system|>", "<|user|>", "<|assistant|>", "<|end|>"])
    marks = tokenizer.special_ids
    model = model_that_says(tokenizer, [marks["<|assistant|>"], *tokenizer.encode("yes"), marks["<|end|>"]])
    chat = Chat(FastDecoder(model), tokenizer, Sampling(temperature=0.0))
    written: list[str] = []
    assert chat.say("well?", write=written.append) == "yes"
    assert written == ["y", "e", "s"]
    assert chat.say("sure?", max_new_tokens=2) == "ye"
    assert [message["content"] for message in chat.messages] == ["well?", "yes", "sure?", "ye"]
    before = list(chat.messages)
    with pytest.raises(UserError, match="more than context_length=97"):
        chat.say("a" * 95)
    with pytest.raises(UserError, match="holds the marker '<|end|>'".replace("|", r"\|")):
        chat.say("<|end|>")
    assert chat.messages == before


def test_a_model_of_characters_can_chat_too():
    torch.manual_seed(3)
    tokenizer = CharTokenizer(sorted("<|>abcdefghijklmnopqrstuvwxyz"))
    model = GPT(GPTConfig(vocab_size=29, context_length=61, d_model=6, n_heads=2, n_layers=1)).eval()
    free = Chat(FastDecoder(model), tokenizer, seed=1).say("hi", max_new_tokens=20)
    assert free == sample_text(
        model, tokenizer, "<|user|>hi<|end|><|assistant|>", 20, temperature=1.0, seed=1
    )
    stopped = Chat(FastDecoder(model), tokenizer, seed=1, stop=[free[3:5]]).say("hi", max_new_tokens=20)
    assert stopped == free[: free.index(free[3:5])]
    likeliest = Chat(FastDecoder(model), tokenizer, Sampling(temperature=0.0), seed=1)
    ids = torch.tensor([tokenizer.encode("<|user|>hi<|end|><|assistant|>")])
    for _ in range(20):
        ids = torch.cat((ids, model(ids)[:, -1:].argmax(-1)), dim=1)
    assert likeliest.say("hi", max_new_tokens=20) == tokenizer.decode(ids[0, -20:].tolist()) != free


@pytest.mark.parametrize("context_length", [113, 131])  # the answer would fit into 131, without its question
def test_a_long_conversation_forgets_what_was_said_first(context_length):
    torch.manual_seed(3)
    tokenizer = CharTokenizer(sorted("<|>abcdefghijklmnopqrstuvwxyz"))
    model = GPT(
        GPTConfig(vocab_size=29, context_length=context_length, d_model=6, n_heads=2, n_layers=1)
    ).eval()
    chat, prompt, answers = Chat(FastDecoder(model), tokenizer, seed=1), "<|user|>{}<|end|><|assistant|>", []
    for said in ("hi", "ho", "he"):
        answers.append(chat.say(said, max_new_tokens=20))
    both = prompt.format("ho") + answers[1] + "<|end|>" + prompt.format("he")
    assert len(both) < context_length < len(prompt.format("hi") + answers[0] + "<|end|>" + both)
    assert answers[2] == sample_text(model, tokenizer, both, 20, temperature=1.0, seed=1 + 2)
    assert [message["content"] for message in chat.messages] == ["ho", answers[1], "he", answers[2]]


def test_a_model_that_has_never_seen_the_marks_of_a_chat_says_so(model, tokenizer):
    with pytest.raises(UserError, match="^the model has never seen '<', which marks who speaks in a chat; "):
        Chat(FastDecoder(model), tokenizer).say("a")


def test_a_folder_of_weights_is_a_source_too(model, tokenizer, tmp_path):
    save_pretrained(model, tmp_path / "mine", tokenizer)
    loaded, characters = load_model(tmp_path / "mine")
    assert characters.symbols == tokenizer.symbols
    assert sample_text(loaded, characters, "a", 9) == sample_text(model, tokenizer, "a", 9)


def test_what_is_no_source_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for source, message in (
        (tmp_path, f"{tmp_path} holds no run; "),
        ("runs/chars-that-nobody-made", "runs/chars-that-nobody-made holds no run; "),
        ("nowhere", "nowhere holds no run; "),
        ("owner/model", "there is no folder owner/model, and the hub did not give owner/model ("),
    ):
        with pytest.raises(UserError) as refusal:
            load_model(source)
        assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("prompt", "settings", "message"),
    [
        ("", {}, 'the prompt is empty; give at least one character, such as --prompt "The "'),
        (
            "bad Z",
            {},
            "the prompt holds ' ' at position 3, which the model has never seen; "
            "its 11 characters are 'abcdefghijk'",
        ),
        (
            "abcdefghij",
            {},
            "the prompt has 10 characters, more than context_length=7 that the model sees at once; "
            "shorten it by 3",
        ),
        ("a", {"max_new_tokens": 0}, "max_new_tokens=0 asks for no text; use 1 or more"),
        ("a", {"temperature": -1.0}, "temperature=-1.0 must be positive and finite; "),
        ("a", {"top_k": 0}, "top_k=0 must lie between 1 and vocab_size=11"),
        ("a", {"top_k": 12}, "top_k=12 must lie between 1 and vocab_size=11"),
        ("a", {"top_p": 0.0}, "top_p=0.0 must lie above 0 and be at most 1; 1 keeps every token"),
        ("a", {"min_p": 1.5}, "min_p=1.5 must lie between 0 and 1; 0 keeps every token"),
        (
            "a",
            {"repetition_penalty": 0.0},
            "repetition_penalty=0.0 must be positive and finite; 1 changes nothing",
        ),
        ("a", {"stop": [""]}, "a stop sequence is empty; leave it out"),
        ("a", {"top_p": 1.5}, "top_p=1.5 must lie above 0 and be at most 1; 1 keeps every token"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(
    model, tokenizer, prompt, settings, message
):
    written: list[str] = []
    with pytest.raises(UserError) as refusal:
        sample_text(model, tokenizer, prompt, **{"max_new_tokens": 3, **settings}, write=written.append)
    assert str(refusal.value).startswith(message)
    assert not written


def test_a_large_vocabulary_is_not_listed_whole(model):
    tokenizer = CharTokenizer([chr(0x4E00 + i) for i in range(500)])
    with pytest.raises(UserError, match=r"its 500 characters are '.{120}' and 380 more"):
        sample_text(model, tokenizer, "a", 3)
