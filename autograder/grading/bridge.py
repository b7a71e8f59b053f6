"""Gradients through the socket: the student's piece of the autograd graph is one node of the test's.

Its backward pass asks the student's process for the gradients of what went in: arguments and parameters.
"""

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

if TYPE_CHECKING:
    from autograder.grading.link import Link


class Graph:
    """A piece of the autograd graph in the student's process; it keeps its inputs, which may get gradients, alive."""

    def __init__(self, link: "Link", number: int, outputs: list[Tensor], inputs: list[Tensor]) -> None:
        self.link, self.number, self.outputs, self.inputs = link, number, outputs, inputs

    def gradients(self, wanted: tuple[Tensor | None, ...], inputs: int) -> tuple[Tensor | None, ...]:
        """The gradients of its inputs, computed over there."""
        if all(g is None for g in wanted):
            return (None,) * inputs
        found = self.link.request("backward", self.number, wanted)
        if (
            type(found) is not list
            or len(found) != inputs
            or not all(isinstance(g, Tensor | None) for g in found)
        ):
            raise RuntimeError("the gradients cannot be read")
        return tuple(found)

    def __del__(self) -> None:
        self.link.free_graphs.append(self.number)


class Bridge(torch.autograd.Function):
    """The student's piece of the graph: its backward pass runs in the student's process."""

    @staticmethod
    def forward(ctx: Any, graph: Graph, *inputs: Tensor) -> tuple[Tensor, ...]:
        ctx.graph, ctx.inputs = graph, len(inputs)
        ctx.set_materialize_grads(False)
        outputs, graph.outputs = tuple(graph.outputs), []
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor | None) -> tuple[Tensor | None, ...]:
        return (None, *ctx.graph.gradients(gradients, ctx.inputs))
