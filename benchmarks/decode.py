"""Decoding of GPT-2 124M, one sequence, float32, CPU: ours against ``generate`` of transformers.

    python benchmarks/decode.py [--threads 1] [--rounds 5] [--tokens 32]

Both sides have the same random weights and write the same tokens after the same prompt; the rounds of the two
alternate, and the median of each counts. The limit is the speed at which this machine reads memory, measured
in between by the maximum of a large tensor in pages of 2 MB: no token can come before every weight has been
read once, so no decoder of these weights can be faster than the ratio that the limit allows. With one thread
the time is that of the process, so that other programs on the machine count for less.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from transformers import GPT2Config, GPT2LMHeadModel

from seq2gpt.decoding import FastDecoder
from seq2gpt.gpt import GPT, GPTConfig, load_gpt2_state_dict
from seq2gpt.tiles import in_huge_pages

N_PROMPT = 16


def clock() -> float:
    """Seconds: of the process with one thread, of the wall with more."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def seconds_of(run: Callable[[], object]) -> float:
    started = clock()
    run()
    return clock() - started


def models(seed: int = 0) -> tuple[GPT, GPT2LMHeadModel]:
    """GPT-2 124M twice, with the same random weights."""
    torch.manual_seed(seed)
    theirs = GPT2LMHeadModel(GPT2Config()).eval()
    config = GPTConfig(vocab_size=50257, context_length=1024, d_model=768, n_heads=12, n_layers=12)
    ours = GPT(config).eval()
    load_gpt2_state_dict(ours, theirs.state_dict())
    return ours, theirs


def weight_bytes(model: GPT) -> int:
    """What one token reads: every parameter once, of embedding table and positions one row each."""
    unread = model.positions.table.numel()
    return 4 * (sum(parameter.numel() for parameter in model.parameters()) - unread)


def greedy(decoder: FastDecoder, prompt: list[int], n_new: int) -> tuple[list[int], float]:
    """The likeliest continuation and the seconds for a token, the prompt not counted."""
    decoder.reset()
    ids = [int(decoder.read(torch.tensor(prompt)).argmax())]
    started = clock()
    while len(ids) < n_new:
        ids.append(int(decoder.read(torch.tensor(ids[-1:])).argmax()))
    return ids, (clock() - started) / (n_new - 1)


def theirs_greedy(model: GPT2LMHeadModel, prompt: list[int], n_new: int) -> tuple[list[int], float]:
    """The same from transformers; the time of a call for one token is taken off."""
    ids = torch.tensor([prompt])

    def write(n: int) -> torch.Tensor:
        return model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=n, min_new_tokens=n, do_sample=False,
            pad_token_id=50256,
        )  # fmt: skip

    first = seconds_of(lambda: write(1))
    started = clock()
    written = write(n_new)
    return written[0, len(prompt) :].tolist(), (clock() - started - first) / (n_new - 1)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=32)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    ours, theirs = models()
    decoder, big = FastDecoder(ours), in_huge_pages(torch.ones(100_000_000))
    prompt = torch.randint(50257, (N_PROMPT,)).tolist()
    greedy(decoder, prompt, 4), theirs_greedy(theirs, prompt, 4), big.amax()  # warm up
    our_times, their_times, bandwidths = [], [], []
    for _ in range(arguments.rounds):
        bandwidths.append(big.nbytes / min(seconds_of(big.amax) for _ in range(5)))
        our_ids, seconds = greedy(decoder, prompt, arguments.tokens)
        our_times.append(seconds)
        their_ids, seconds = theirs_greedy(theirs, prompt, arguments.tokens)
        their_times.append(seconds)
    assert our_ids == their_ids, "the two wrote different tokens"
    our_time, their_time = statistics.median(our_times), statistics.median(their_times)
    limit = statistics.median(bandwidths) / weight_bytes(ours)
    print(f"threads                         {torch.get_num_threads()}")
    print(
        f"transformers generate           {1 / their_time:6.1f} tokens/s  ({1000 * their_time:.1f} ms a token)"
    )
    print(f"seq2gpt FastDecoder             {1 / our_time:6.1f} tokens/s  ({1000 * our_time:.1f} ms a token)")
    print(f"ratio                           {their_time / our_time:6.2f}")
    print(
        f"memory read                     {statistics.median(bandwidths) / 1e9:6.1f} GB/s, {limit:.1f} × the weights a second"
    )
    print(f"share of that limit             {1 / our_time / limit:6.0%}")
    print(f"ratio that the limit allows     {their_time * limit:6.2f}")


if __name__ == "__main__":
    main()
