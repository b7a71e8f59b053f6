"""Grade a class without believing a submission.

- ``intake`` reads what was handed in, ``files`` what lies beside it; ``structure`` takes the tests, their order and
  their points from the gradebook;
- ``worker`` runs the student's cells and answers calls through ``service``; ``judge`` runs the tests, and calls the
  student's objects through ``link``, as ``proxies``; ``wire`` is what they say to each other;
- ``session`` starts both in the jail and bounds them; ``execute`` runs a notebook in them, cell by cell;
- ``engine`` is one submission as a pure function; ``pool`` runs many; ``run`` is the coordinator that writes the gradebook,
  the ``pages`` for students and the ``report`` for the instructor;
- ``roster`` keeps the list of the class; ``overview`` shows the class over all labs;
- ``config`` gives the same engine to nbgrader's own commands.
"""

import sys

# jsonschema compiles a grammar of addresses when it is imported, for a second and a half; without it, it leaves out a
# format that no notebook uses.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
