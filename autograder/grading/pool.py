"""Submissions run side by side in processes of an ``Executor``; a fault of the machine is tried again, a student's is not."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from autograder.grading.bundle import Bundle, Submission
from autograder.grading.engine import MachineFault, grade_submission, jail_is_made
from autograder.grading.server import begin, end_with_the_grader
from seq2gpt.errors import UserError

Job = TypeVar("Job")
Graded = tuple[dict[str, Any], str]
AHEAD = 2  # submissions read ahead for each worker; more would only fill memory


def process_pool(workers: int) -> Executor:
    """The default executor: processes that have imported the engine once."""
    return ProcessPoolExecutor(workers, mp_context=begin(), initializer=end_with_the_grader)


class Runner:
    """Grades many submissions, in whatever order they are finished.

    ``make_executor`` is called again when an executor breaks. A submission is run up to ``tries`` times when the
    machine is at fault.
    """

    def __init__(self, make_executor: Callable[[int], Executor], workers: int, tries: int) -> None:
        self.make_executor = make_executor
        self.workers = workers
        self.tries = tries
        self.executor = make_executor(workers)

    def warm_up(self, unsafe: bool) -> None:
        """Let every worker make its jail, which takes seconds, while the caller does something else."""
        for _ in range(self.workers):
            self.executor.submit(jail_is_made, unsafe)

    def run(
        self, bundle: Bundle, seed: str, jobs: Iterable[tuple[Job, Submission]]
    ) -> Iterator[tuple[Job, Graded | MachineFault]]:
        """Each job with its result, or with the fault that remained after all tries."""
        todo = iter(jobs)
        waiting: dict[Future[Graded], tuple[Job, Submission, int]] = {}
        while True:
            while len(waiting) < AHEAD * self.workers and (entry := next(todo, None)) is not None:
                waiting[self.submit(bundle, entry[1], seed)] = (*entry, 1)
            if not waiting:
                return
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                job, submission, tried = waiting.pop(future)
                result = outcome_of(future)
                if isinstance(result, MachineFault) and tried < self.tries:
                    waiting[self.submit(bundle, submission, seed)] = (job, submission, tried + 1)
                else:
                    yield job, result

    def submit(self, bundle: Bundle, submission: Submission, seed: str) -> Future[Graded]:
        """Hand a submission to the executor, to a new one if the last is broken."""
        try:
            return self.executor.submit(grade_submission, bundle, submission, seed)
        except BrokenProcessPool:
            self.executor.shutdown(wait=False)
            self.executor = self.make_executor(self.workers)
            return self.executor.submit(grade_submission, bundle, submission, seed)

    def close(self) -> None:
        """End the executor; what has not begun does not begin."""
        self.executor.shutdown(wait=False, cancel_futures=True)


def outcome_of(future: "Future[Graded]") -> Graded | MachineFault:
    """A result, or the machine's fault; no submission, however odd, stops those after it. ``UserError`` is raised."""
    try:
        return future.result()
    except UserError:  # such as no jail on this machine: the same for all
        raise
    except MachineFault as fault:
        return fault
    except BrokenProcessPool as error:
        return MachineFault(f"the process that graded it died: {error}")
    except Exception as error:
        return MachineFault(f"{type(error).__name__}: {error}")
