"""Time of training byte-pair encoding: our pure Python against the compiled `tokenizers` library.

    python benchmarks/bpe.py [FILE] [--merges 1000]

FILE is a UTF-8 text, of which the first million characters are used; without one, the embedded corpus. Both
sides learn the same merges from the same pieces of text. Printed are processor seconds of one core, the best
of three runs each, their ratio, and the speed of encoding through each path.
"""

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["RAYON_NUM_THREADS"] = "1"  # one core for both sides; read when tokenizers is imported

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from seq2gpt.bpe import FastBytePairTokenizer, train_bpe_fast
from seq2gpt.data.corpus import embedded_corpus, read_text
from seq2gpt.tokens import BytePairTokenizer, gpt2_pattern, split_text

N_CHARACTERS = 1_000_000


def train_with_tokenizers(text: str, n_merges: int) -> Tokenizer:
    """The same training by the library, from the same pieces."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"),
                "isolated",
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=256 + n_merges,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


def seconds(function: Callable[[], Any], repeats: int = 3) -> float:
    """Processor seconds of the fastest of several calls."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--merges", type=int, default=1000)
    arguments = parser.parse_args()
    text = (read_text(arguments.file) if arguments.file else embedded_corpus())[:N_CHARACTERS]
    n_bytes = len(text.encode())
    gpt2_pattern()  # built once, not part of training
    print(f"{n_bytes:,} bytes, {len(set(split_text(text))):,} distinct pieces, {arguments.merges} merges")

    ours = seconds(lambda: train_bpe_fast(text, arguments.merges))
    library = seconds(lambda: train_with_tokenizers(text, arguments.merges))
    print(f"training   pure Python {ours:7.2f} s   tokenizers {library:7.2f} s   ratio {ours / library:.2f}")

    merges = train_bpe_fast(text, arguments.merges)
    plain, fast = BytePairTokenizer(merges), FastBytePairTokenizer(merges)
    assert plain.encode(text) == fast.encode(text)
    slow_s, fast_s = seconds(lambda: plain.encode(text), 1), seconds(lambda: fast.encode(text))
    print(
        f"encoding   pure Python {n_bytes / slow_s / 1e6:7.2f} MB/s   "
        f"tiktoken {n_bytes / fast_s / 1e6:7.2f} MB/s   ratio {slow_s / fast_s:.1f}   (same ids)"
    )


if __name__ == "__main__":
    main()
