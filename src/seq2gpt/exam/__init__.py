"""The question bank: items checked against a schema, and variants whose keys the package computes.

- :mod:`seq2gpt.exam.bank` reads a lesson's ``questions.yml`` and draws variants of its templates;
- :mod:`seq2gpt.exam.templates` computes the right answer of a template and the usual wrong ones;
- ``question.schema.json``, ``objectives.yml``, ``misconceptions.yml``: what an item may say and refer to.
"""
