"""The jail that is possible here: namespaces, else a container; never less, unless it is asked for by name."""

from collections.abc import Sequence

from autograder.jail.available import WAYS_OUT, JailUnavailable, no_namespaces_because
from autograder.jail.container import IMAGE, ContainerJail, find_engine
from autograder.jail.unsafe import UnsafeJail
from autograder.jail.zygote import PRELOAD, Zygote

Jail = Zygote | ContainerJail | UnsafeJail


def open_jail(
    preload: Sequence[str] = PRELOAD, modules: Sequence[str] = (), image: str = IMAGE, unsafe: bool = False
) -> Jail:
    """What runs untrusted code here; its ``kind`` is ``namespaces``, ``container`` or ``unsafe``.

    ``preload`` and ``modules`` are for :class:`Zygote`, ``image`` is for containers. ``unsafe`` runs code with no jail,
    and says so. ``JailUnavailable`` if there is no jail here, with the reason and the ways out.
    """
    if unsafe:
        return UnsafeJail()
    reason = no_namespaces_because()
    if not reason:
        return Zygote(preload, modules)
    if find_engine():
        return ContainerJail(image)
    raise JailUnavailable(f"student code cannot be jailed here: {reason}; otherwise {WAYS_OUT}")
