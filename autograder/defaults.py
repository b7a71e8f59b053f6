"""PyTorch's defaults as the course means them while an answer is checked, whatever a notebook has set.

``torch.set_default_device("cuda")``, ``torch.set_default_dtype(torch.float64)`` or ``torch.set_grad_enabled(False)`` in a
student's cell are good for the student's own runs. A check computes on the processor in float32, with gradients, so that it
says the same on every machine, and the same as the grader.
"""

import contextlib
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def plain_defaults() -> Iterator[None]:
    """Plain defaults for a while; where PyTorch has not been imported there is nothing to do."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    with contextlib.ExitStack() as plain:
        plain.enter_context(torch.enable_grad())
        if device.type != "cpu":  # the context costs time at every call
            plain.enter_context(torch.device("cpu"))
        torch.set_default_dtype(torch.float32)
        plain.callback(torch.set_default_dtype, dtype)
        yield
