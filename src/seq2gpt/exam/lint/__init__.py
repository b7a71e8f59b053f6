"""Rules that good questions keep, each of which can be called on its own.

- :mod:`seq2gpt.exam.lint.keys`: one key, reasons for every option, wrong answers that are told apart;
- :mod:`seq2gpt.exam.lint.wording`: what gives an answer away in the words of an item;
- :mod:`seq2gpt.exam.lint.whole`: what shows in many items together: guessers, duplicates, levels of Bloom;
- :mod:`seq2gpt.exam.lint.facts`: chapters, sources and facts that age;
- :mod:`seq2gpt.exam.lint.programs`: programs that are run and print what an item says;
- :mod:`seq2gpt.exam.lint.engine`: all of them over a bank.
"""

from seq2gpt.exam.lint.engine import RULES, Finding, lint

__all__ = ["RULES", "Finding", "lint"]
