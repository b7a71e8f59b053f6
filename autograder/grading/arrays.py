"""Tensors, PyTorch's generators and NumPy arrays on the wire: dtype, shape and bytes, checked against each other.

PyTorch and NumPy are used only if the process has imported them already: a value of theirs cannot exist before.
"""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.grading.wire import Codec

DTYPES = (
    *("float64", "float32", "float16", "bfloat16", "complex64", "complex128"),
    *("int64", "int32", "int16", "int8", "uint8", "bool"),
)
LARGEST_RANK = 16
DEVICES = ("cpu", "meta")  # a grader has no accelerator; a tensor on "meta" has a shape and no numbers


def encode(codec: "Codec", value: Any) -> Any:
    """``value`` as JSON; None if it is neither of PyTorch nor of NumPy."""
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None:
        if isinstance(value, torch.Tensor):
            return codec.refer_tensor(value) or encode_tensor(codec, value)
        if isinstance(value, torch.Size):
            return ["size", list(value)]
        if isinstance(value, torch.dtype):
            return ["dtype", str(value).removeprefix("torch.")]
        if isinstance(value, torch.device):
            return ["device", str(value)]
        if isinstance(value, torch.Generator):  # as it is now: what is drawn over there does not move it here
            return ["generator", codec.add_buffer(value.get_state().numpy().tobytes())]
    if numpy is not None and isinstance(value, numpy.ndarray | numpy.generic):
        array = numpy.asarray(value)
        if array.dtype.kind in "biufc":
            content = numpy.ascontiguousarray(array).tobytes()
            scalar = isinstance(value, numpy.generic)
            return ["N", array.dtype.str, list(array.shape), codec.add_buffer(content), scalar]
    return None


def encode_tensor(codec: "Codec", value: Any) -> Any:
    """The numbers of a tensor, whatever it is part of."""
    import torch

    name = str(value.dtype).removeprefix("torch.")
    if name not in DTYPES or value.layout != torch.strided:
        raise TypeError(f"a tensor of dtype {name} and layout {value.layout} cannot be sent")
    if value.device.type == "meta":
        return ["T", name, list(value.shape), -1, value.requires_grad, "meta"]
    numbers = torch.Tensor.detach(value).cpu().resolve_conj().resolve_neg()
    if numbers.dtype == torch.bfloat16:  # which NumPy does not know
        numbers = numbers.contiguous().view(torch.int16)
    content = numbers.numpy().tobytes()
    return ["T", name, list(value.shape), codec.add_buffer(content), value.requires_grad, "cpu"]


def decode(codec: "Codec", data: list[Any]) -> Any:
    """The value of a tagged list; any exception means that it is malformed."""
    if data[0] == "T":
        return decode_tensor(codec, data)
    if data[0] == "N":
        return decode_array(codec, data)
    import torch

    if data[0] == "size":
        return torch.Size(checked_shape(data[1]))
    if data[0] == "dtype":
        return dtype_of(data[1])
    if data[0] == "generator":
        generator = torch.Generator()
        generator.set_state(torch.frombuffer(bytearray(codec.buffer(data[1])), dtype=torch.uint8))
        return generator
    if data[1] not in DEVICES:
        raise ValueError("unknown device")
    return torch.device(data[1])


def decode_tensor(codec: "Codec", data: list[Any]) -> Any:
    import torch

    _, name, shape, index, grad, device = data
    dtype, shape = dtype_of(name), checked_shape(shape)
    if device == "meta":
        value = torch.empty(shape, dtype=dtype, device="meta")
    else:
        content = bytearray(codec.buffer(index))
        value = torch.frombuffer(content, dtype=dtype) if content else torch.empty(0, dtype=dtype)
        value = value.reshape(shape)  # refuses a shape that does not fit
    if grad is True:
        value.requires_grad_()
    return value


def decode_array(codec: "Codec", data: list[Any]) -> Any:
    import numpy

    _, name, shape, index, scalar = data
    dtype = numpy.dtype(name)
    if dtype.kind not in "biufc" or dtype.hasobject or dtype.subdtype:
        raise ValueError("unknown dtype")
    array = numpy.frombuffer(codec.buffer(index), dtype=dtype).reshape(checked_shape(shape)).copy()
    return array[()] if scalar is True else array


def dtype_of(name: Any) -> Any:
    """A dtype of PyTorch by its name."""
    import torch

    if name not in DTYPES:
        raise ValueError("unknown dtype")
    return getattr(torch, name)


def checked_shape(shape: Any) -> list[int]:
    """A shape; raises ``ValueError`` for anything else."""
    if type(shape) is not list or len(shape) > LARGEST_RANK:
        raise ValueError("bad shape")
    if any(type(n) is not int or not 0 <= n < 2**40 for n in shape):
        raise ValueError("bad shape")
    return shape
