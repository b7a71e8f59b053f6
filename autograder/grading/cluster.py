"""Submissions graded by the workers of a Dask cluster instead of processes of this machine."""

from concurrent.futures import Executor, Future
from typing import Any

from autograder.grading.bundle import Bundle, Submission, code_digest
from autograder.grading.engine import MachineFault, grade_submission
from seq2gpt.errors import UserError

CONNECT_SECONDS = 30


class ClusterExecutor(Executor):
    """Any executor whose processes lie elsewhere: they have to run this version of the course."""

    def __init__(self, inner: Executor) -> None:
        self.inner = inner

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As for any executor; :func:`grade_submission` is preceded by a look at the version."""
        return self.inner.submit(
            grade_elsewhere if function is grade_submission else function, *args, **kwargs
        )

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Give the workers back. Dask takes no ``cancel_futures``; it cancels what is not waited for."""
        self.inner.shutdown(wait=wait)


def grade_elsewhere(bundle: Bundle, submission: Submission, seed: str) -> tuple[dict[str, Any], str]:
    """:func:`grade_submission`, unless this process has another version of the course, Python or PyTorch."""
    if bundle.code != code_digest():
        raise MachineFault(
            "a worker of the cluster has another version of the course, Python or PyTorch; install the same on all"
        )
    return grade_submission(bundle, submission, seed)


def connect(address: str) -> Executor:
    """The executor of the cluster whose scheduler is at ``address``, such as ``tcp://10.0.0.5:8786``.

    Start its workers with ``dask worker ADDRESS --nthreads 1``. ``UserError`` if dask is not installed or nothing answers.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise UserError(
            f"--cluster needs {error.name}, which is not installed; pip install 'seq2gpt[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UserError(
            f"no cluster answers at {address!r} ({error}); give --cluster the address that `dask scheduler` prints"
        ) from None
    return ClusterExecutor(client.get_executor(pure=False))
