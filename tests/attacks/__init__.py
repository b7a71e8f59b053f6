"""An attack corpus for the grading engine: a small course, hostile and unlucky submissions, and their judge.

``python -m tests.attacks`` grades the corpus and prints what went wrong; ``tests/test_attacks.py`` asserts
that nothing does. The engine is a parameter, see :mod:`engines`.
"""
