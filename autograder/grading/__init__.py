"""Grade a class: stock nbgrader, with two preprocessors that expect broken submissions.

- ``structure``: the tests, their order and their points come from the gradebook;
- ``execute``: the notebook runs in a process of its own with limits on time and memory;
- ``run``: one command for a whole class; ``config`` gives the same settings to nbgrader's own commands.
"""
