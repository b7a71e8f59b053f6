"""An RNN translates: a GRU reads, one state crosses over, a GRU writes.

The numbers from 1 to 999,999,999 in English words become German ones, "thirty four" becoming "vier und
dreißig". Everything that the reader found has to fit into one state of 128 numbers: expect many mistakes, and
more of them the longer the number. `seq2gpt train ladder` compares with the models that came after.

With --data tatoeba_eng_fra the model learns from real sentences, English to French.
"""

from dataclasses import dataclass

from seq2gpt.run.demos import DemoResult
from seq2gpt.run.translation import TRANSLATION_SETS, TranslationConfig, train_and_report

SETS = TRANSLATION_SETS


@dataclass(frozen=True, kw_only=True)
class Config(TranslationConfig):
    """Data and budget of the demonstration."""


def run(config: Config, progress: bool = True) -> DemoResult:
    """Train the plain RNN and translate the test pairs."""
    return train_and_report("RNN", config, progress)
