"""The names of the student's notebook as the checks see them."""

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from autograder.grading.link import Link


class StudentNames(MutableMapping[str, Any]):
    """The names of the student's notebook, read and set over there."""

    def __init__(self, link: Link) -> None:
        self.link = link

    def __getitem__(self, name: str) -> Any:
        found = self.defined((name,))
        if name not in found:
            raise KeyError(name)
        return found[name]

    def defined(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of those names that mean something, with one message."""
        found = self.link.request("names", None, tuple(names)) if names else {}
        return {name: found[name] for name in names if name in found}

    def __setitem__(self, name: str, value: Any) -> None:
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        self.link.request("remove", None, (name,))

    def __iter__(self) -> Iterator[str]:
        raise TypeError("the student's names are not listed; ask for one")

    def __len__(self) -> int:
        raise TypeError("the student's names are not counted; ask for one")

    def update(self, names: Any = (), /, **more: Any) -> None:
        """Set several names with one message."""
        values = dict(names, **more)
        if values:
            self.link.request("define", None, (), values)
