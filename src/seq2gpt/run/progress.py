"""What a training run shows while it runs, and how Ctrl-C reaches it."""

import contextlib
import functools
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from tqdm import tqdm

from seq2gpt.run.config import TrainConfig
from seq2gpt.scaling import model_flops_utilisation

BAR = "{percentage:3.0f}% |{bar}| step {n_fmt}/{total_fmt}, {remaining} left{postfix}"


class Progress:
    """A progress bar on a terminal, and one printed line for every measurement; or nothing at all.

    ``flops()`` tells the operations that a token takes, and those that the machine can do in a second.
    """

    def __init__(
        self, config: TrainConfig, start: int, enabled: bool, flops: Callable[[], tuple[float, float]]
    ) -> None:
        self.enabled = enabled
        self._flops = functools.cache(flops)  # measured only if somebody looks
        self._tokens_per_step = config.batch_size * config.context_length
        self._start, self._started = start, time.perf_counter()
        self._step, self._loss, self._val_loss = start, 0.0, ""
        # disable=None: no bar where standard error is no terminal, such as in a log file
        self._bar = tqdm(
            total=config.n_steps, initial=start, disable=None if enabled else True,
            bar_format=BAR, dynamic_ncols=True, leave=False,
        )  # fmt: skip

    def begin(self, about: str) -> None:
        """Say what is about to happen; the clock starts here."""
        if self.enabled:
            print(about)
            self._flops()
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Time since the first step of this process."""
        return time.perf_counter() - self._started

    @property
    def tokens_per_second(self) -> float:
        return (self._step - self._start) * self._tokens_per_step / max(self.seconds, 1e-9)

    @property
    def mfu(self) -> float:
        """Model FLOPs utilisation, see :mod:`seq2gpt.run.speed`."""
        return model_flops_utilisation(self.tokens_per_second, *self._flops())

    def speed(self) -> dict[str, float]:
        """The figures of speed, by name, for curves."""
        return {"speed/tokens per second": self.tokens_per_second, "speed/MFU": self.mfu}

    def step(self, loss: float) -> None:
        """Count one step."""
        self._step += 1
        # a moving average over about 50 steps: single batches scatter
        self._loss += (loss - self._loss) / min(self._step - self._start, 50)
        if not self._bar.disable:
            shown = f"loss {self._loss:.3f}{self._val_loss}, {self._speed_text()}"
            self._bar.set_postfix_str(shown, refresh=False)
            self._bar.update()

    def measured(self, step: int, val_loss: float, text: str) -> None:
        """Print a measurement, with a line that the model wrote."""
        self._val_loss = f", validation {val_loss:.3f}"
        if self.enabled:
            tqdm.write(
                f"step {step:>{len(str(self._bar.total))}}  loss {self.loss:.3f}  validation {val_loss:.3f}  "
                f"{self._speed_text()}  {text!r}"
            )

    def _speed_text(self) -> str:
        return f"{self.tokens_per_second:,.0f} tokens/s, MFU {self.mfu:.0%}"

    @property
    def loss(self) -> float:
        """Mean training loss of about the last 50 steps."""
        return self._loss

    def close(self) -> None:
        self._bar.close()


@contextlib.contextmanager
def stop_requests() -> Iterator[threading.Event]:
    """Inside, Ctrl-C sets the event: the trainer stops between two steps, where all state agrees.

    A second Ctrl-C interrupts at once. Outside the main thread, which alone receives signals, the event
    is never set.
    """
    requested = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield requested
        return
    before = signal.getsignal(signal.SIGINT)

    def on_interrupt(signum: int, frame: FrameType | None) -> None:
        requested.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield requested
    finally:
        signal.signal(signal.SIGINT, before)
