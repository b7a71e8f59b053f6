"""Which class of a library an object in the student's process may pass for."""

import sys


def library_class(full_name: str) -> type | None:
    """A class that a test may ask for with ``isinstance``: a module of PyTorch's, or an exception.

    Never one whose values travel by value, or an object could pose as a tensor.
    """
    module, _, name = full_name.rpartition(".")
    if not module.startswith("torch.") and module != "builtins":
        return None
    found = getattr(sys.modules.get(module), name, None)
    if not isinstance(found, type):
        return None
    torch = sys.modules.get("torch")
    allowed = (BaseException, torch.nn.Module, torch.optim.Optimizer) if torch else (BaseException,)
    return found if issubclass(found, allowed) else None
