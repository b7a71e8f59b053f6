"""Parameters of a student's modules that exist twice: in the student's process, and mirrored in the judge's.

A test may read, set, freeze or train them with any of PyTorch's means. So before each message either side sends the
numbers and gradients that have changed since both agreed, found by comparison: no hook sees ``p.data[0] = 1``.
"""

import sys

import torch
from torch import Tensor, nn

from autograder.grading.wire import Codec, Json, refuse

MOST = 20_000
OWN_REFERENCES = 2  # of the table itself, and of the question how many there are
State = tuple[Tensor, Tensor | None, bool]


class Shared:
    """The tensors that both sides know, by name."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self.names: dict[int, str] = {}
        self.agreed: dict[str, State] = {}
        self.count = 0

    def name_of(self, tensor: Tensor) -> str:
        """The name of a tensor of this side; a new one is sent with the message."""
        name = self.names.get(id(tensor))
        if name is None:
            self.count += 1
            name = f"p{self.count}"
            self.tensors[name] = tensor
            self.names[id(tensor)] = name
        return name

    def get(self, name: Json) -> Tensor:
        """The tensor that the other side means."""
        if type(name) is not str or name not in self.tensors:
            refuse("an unknown parameter is named")
        return self.tensors[name]

    def changes(self, codec: Codec) -> Json:
        """What the other side does not know yet."""
        changed = []
        for name, tensor in self.tensors.items():
            state, agreed = state_of(tensor), self.agreed.get(name)
            if agreed is None or not same_state(state, agreed):
                numbers, gradient, trained = state
                self.agreed[name] = copy_of(state)
                changed.append(
                    [
                        name,
                        Codec.encode(NumbersOnly(codec), numbers),
                        None if gradient is None else Codec.encode(NumbersOnly(codec), gradient),
                        trained,
                        isinstance(tensor, nn.Parameter),
                    ]
                )
        return changed

    def drop_unused(self) -> list[str]:
        """Names of tensors that nothing in this process holds any more; both sides forget them.

        To be called after :meth:`changes`, so that the other side has their last gradients.
        """
        unused = [name for name in self.tensors if sys.getrefcount(self.tensors[name]) <= OWN_REFERENCES]
        self.drop(unused)
        return unused

    def drop(self, names: list[str]) -> None:
        """Forget tensors; their names are not used again."""
        for name in names:
            tensor = self.tensors.pop(name, None)
            self.names.pop(id(tensor), None)
            self.agreed.pop(name, None)

    def apply(self, changes: Json, codec: Codec) -> None:
        """Take over what the other side sent."""
        if type(changes) is not list or len(self.tensors) + len(changes) > MOST:
            refuse("the list of parameters is malformed")
        for change in changes:
            if type(change) is not list or len(change) != 5 or type(change[0]) is not str:
                refuse("a parameter is malformed")
            name, numbers, gradient, trained, parameter = change
            numbers, gradient = codec.decode(numbers), codec.decode(gradient)
            if not isinstance(numbers, Tensor) or not isinstance(gradient, Tensor | None):
                refuse("a parameter is no tensor")
            numbers = numbers.detach()
            try:
                if name not in self.tensors:
                    tensor = nn.Parameter(numbers, requires_grad=False) if parameter else numbers
                    self.tensors[name] = tensor
                    self.names[id(tensor)] = name
                tensor = self.tensors[name]
                tensor.requires_grad_(bool(trained) and numbers.is_floating_point())
                tensor.grad = None
                tensor.data = numbers
                tensor.grad = gradient
            except RuntimeError as error:
                refuse(f"a parameter cannot be set ({error})")
            self.agreed[name] = copy_of(state_of(tensor))

    def clear(self) -> None:
        """Forget all tensors; names are not used again."""
        self.tensors.clear()
        self.names.clear()
        self.agreed.clear()


class NumbersOnly(Codec):
    """Encodes tensors into another codec's buffers, whatever they are part of."""

    def __init__(self, codec: Codec) -> None:
        super().__init__(codec.buffers)


def state_of(tensor: Tensor) -> State:
    """What is kept alike on both sides."""
    return tensor.detach(), tensor.grad, tensor.requires_grad


def copy_of(state: State) -> State:
    """A state that later changes cannot reach."""
    numbers, gradient, trained = state
    return numbers.clone(), None if gradient is None else gradient.detach().clone(), trained


def same_state(a: State, b: State) -> bool:
    """Whether nothing has changed; nan counts as a change, which costs a message more and nothing else."""
    return a[2] == b[2] and same_numbers(a[0], b[0]) and same_numbers(a[1], b[1])


def same_numbers(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.dtype == b.dtype and a.shape == b.shape and a.device == b.device and torch.equal(a, b)
