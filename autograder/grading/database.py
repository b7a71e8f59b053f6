"""The database of a gradebook, looked at before anything is written to it."""

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError

from autograder.grading.gradebook import patiently
from seq2gpt.errors import UserError


def labs_in(db_url: str, course: str) -> set[str]:
    """The labs that a gradebook knows; none if it does not exist yet.

    Raises ``UserError`` for an address that cannot be used and for a gradebook of another course.
    """
    try:
        url = make_url(db_url)
    except ArgumentError:  # its message would show a password
        raise UserError(
            "db_url in grading.toml is no address of a database; write postgresql://USER:PASSWORD@HOST/NAME, or leave it out"
        ) from None
    shown = url.render_as_string(hide_password=True)
    try:
        engine = create_engine(url)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise UserError(
            f"the gradebook {shown} needs a driver ({error}); install it, for PostgreSQL with `pip install psycopg2-binary`"
        ) from None
    try:
        return patiently(lambda: _labs_in(engine, shown, course), engine.dispose)
    except DatabaseError as error:
        why = str(error.orig).strip().splitlines()[0]
        raise UserError(
            f"the gradebook {shown} cannot be read ({why}); a gradebook is a database of nbgrader 0.9; move another file "
            "away, or bring an old gradebook up to date with `nbgrader db upgrade`"
        ) from None
    finally:
        engine.dispose()


def _labs_in(engine: Engine, shown: str, course: str) -> set[str]:
    with engine.connect() as connection:
        if not inspect(connection).has_table("assignment"):
            return set()
        rows = connection.execute(text("SELECT name, course_id FROM assignment")).all()
    for lab, owner in rows:
        if owner != course:
            raise UserError(
                f"the gradebook {shown} belongs to the course {owner!r} (it has its lab {lab!r}), not to {course!r}; "
                "move it away, or set db_url in grading.toml to another"
            )
    return {lab for lab, _ in rows}
