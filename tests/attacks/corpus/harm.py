"""Right answers whose cells try to harm the instructor's machine.

Whatever they reach for lies below the world's temporary folder, is a decoy, or is capped here: nothing is
harmed even where nothing holds them back.
"""

from pathlib import Path

from ..attack import Attack, answers, beside, lost
from ..course import ANSWERS, LAB, indented
from ..world import World

SOFTMAX = ANSWERS["softmax"]
DAEMON = "import time; time.sleep(60)"
NAME_PROCESS = "import ctypes\nctypes.CDLL(None).prctl(15, b'$TAG', 0, 0, 0)"


def tries(name: str, does: str, aims: str, code: str) -> Attack:
    """A right answer; its cell tries to do harm and goes on if it may not."""
    attempt = f"""\
try:
{indented(code)}
except Exception as error:
    print(type(error).__name__)"""
    return Attack(
        name,
        does,
        answers(
            softmax=f"""\
{SOFTMAX}

{attempt}"""
        ),
        aims=aims,
    )


def when_tested(name: str, does: str, aims: str, code: str) -> Attack:
    """A right answer that tries to do harm when it is called."""
    attempt = f"""\
try:
{indented(code)}
except Exception:
    pass"""
    return Attack(
        name,
        does,
        answers(
            softmax=SOFTMAX.replace(
                "scores):\n",
                f"""\
scores):
{indented(attempt)}
""",
            )
        ),
        aims=aims,
    )


def linked_folder(folder: Path, world: World) -> None:
    """A link to the host's files beside the notebook."""
    (folder / "out").symlink_to(world.host)


ATTACKS = [
    tries("writes-outside", "Writes a file of the instructor's.", "host", "open('$HOST/marker-$NAME', 'w').write('$NAME')"),
    when_tested("writes-outside-when-tested", "The same while it is tested.", "host", "open('$HOST/marker-$NAME', 'w').write('$NAME')"),
    tries("appends", "Appends to a file of the instructor's.", "host", "open('$HOST/shared.txt', 'a').write('$NAME')"),
    tries("shell-writes", "Writes through a shell.", "host", "import os\nos.system('echo $NAME > $HOST/marker-$NAME')"),
    tries("home-startup", "Leaves a start-up file for everybody's IPython.", "host", """\
import os, pathlib
p = pathlib.Path('$HOST/.ipython/profile_default/startup')
p.mkdir(parents=True, exist_ok=True)
(p / '99-$NAME.py').write_text('# $NAME')"""),
    tries("changes-mode", "Gives everybody rights to a file.", "host", "import os\nos.chmod('$HOST/id_secret', 0o777)"),
    Attack("linked-output", "Writes through a link beside the notebook.", beside(linked_folder, softmax=f"""\
{SOFTMAX}
try:
    open('out/marker-linked-output', 'w').write('linked-output')
except OSError:
    pass"""), aims="host"),
    tries("feedback-trap", "Puts a link where the grader will write the feedback.", "host", f"""\
import os
os.makedirs('$WORK/feedback/$NAME/{LAB}', exist_ok=True)
os.symlink('$HOST/shared.txt', '$WORK/feedback/$NAME/{LAB}/{LAB}.html')"""),
    tries("edits-bystander", "Edits another student's submission.", "submissions", "text = open('$BYSTANDER').read()\nopen('$BYSTANDER', 'w').write(text.replace('# SECRET', '# $NAME SECRET'))"),
    tries("edits-own-submission", "Edits its own submission after it was handed in.", "submissions", f"open('$WORK/submitted/$NAME/{LAB}/{LAB}.ipynb', 'a').write(' ')\nopen('$WORK/submitted/$NAME/{LAB}/$NAME', 'w').write('$NAME')"),
    tries("edits-solutions", "Edits the solutions.", "course", f"""\
p = '$ROOT/solutions/{LAB}/{LAB}.ipynb'
text = open(p).read()
open(p, 'w').write(text.replace('# A lab', '# $NAME A lab'))"""),
    tries("enrols-in-gradebook", "Enters a student into the gradebook.", "gradebook", """\
import sqlite3
with sqlite3.connect('$WORK/gradebook.db', timeout=3) as db:
    db.execute("insert into student (id) values ('mallory-$NAME')")"""),
    tries("raises-points", "Raises the points of every exercise in the gradebook.", "gradebook", """\
import sqlite3
with sqlite3.connect('$WORK/gradebook.db', timeout=3) as db:
    db.execute('update grade_cells set max_score = max_score + 1')"""),
    tries("installs-package", "Installs a package with pip.", "host", """\
import subprocess, sys, zipfile
with zipfile.ZipFile('evil-1.0-py3-none-any.whl', 'w') as z:
    z.writestr('evil_$TAG.py', '# $NAME')
    z.writestr('evil-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\n')
    z.writestr('evil-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
    z.writestr('evil-1.0.dist-info/RECORD', '')
print(subprocess.run([sys.executable, '-m', 'pip', 'install', '--no-index', '--no-deps', '--quiet', '--disable-pip-version-check', '--target', '$HOST/site-packages', './evil-1.0-py3-none-any.whl'], capture_output=True, timeout=5))"""),
    tries("drops-package", "Copies a module to where packages lie.", "host", "open('$HOST/site-packages/evil_$TAG.py', 'w').write('# $NAME')"),
    tries("kills", "Ends a process of the instructor's.", "process", "import os, signal\nos.kill($DECOY, signal.SIGKILL)"),
    tries("stops", "Ends a process of the instructor's politely, through a shell.", "process", "import os\nos.system('kill $DECOY')"),
    tries("fork-bomb", "Forks forty processes that stay.", "process", f"""\
import os, time
for _ in range(40):
    if os.fork() == 0:
        try:
            os.setsid()
{indented(indented(indented(NAME_PROCESS)))}
            time.sleep(60)
        finally:
            os._exit(0)"""),
    tries("daemon", "Leaves a process in a session and an environment of its own.", "process", f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '{DAEMON}', '$TAG-$NAME'], start_new_session=True, env={{}}, stdin=-3, stdout=-3, stderr=-3)"),
    tries("orphan", "Leaves a process whose parent has gone.", "process", f"""\
import os, time
if os.fork() == 0:
    try:
        os.setsid()
        if os.fork() == 0:
{indented(indented(indented(NAME_PROCESS)))}
            time.sleep(60)
    finally:
        os._exit(0)"""),
    when_tested("daemon-when-tested", "Leaves a process while it is tested.", "process", f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '{DAEMON}', '$TAG-$NAME'], start_new_session=True, env={{}})"),
    tries("connects", "Connects to a server on this machine.", "network", """\
import socket
with socket.create_connection(('127.0.0.1', $PORT), timeout=3) as s:
    s.sendall(b'$NAME')"""),
    when_tested("connects-when-tested", "The same while it is tested.", "network", """\
import socket
with socket.create_connection(('127.0.0.1', $PORT), timeout=3) as s:
    s.sendall(b'$NAME')"""),
    tries("connects-by-child", "The same from a process that it starts.", "network", "import subprocess, sys\nsubprocess.run([sys.executable, '-c', \"import socket; socket.create_connection(('127.0.0.1', $PORT), timeout=3).sendall(b'$NAME')\"], timeout=5)"),
    tries("connects-by-name", "Connects to a socket that has no file.", "network", """\
import socket
with socket.socket(socket.AF_UNIX) as s:
    s.connect('\\0$TAG')
    s.sendall(b'$NAME')"""),
    tries("fills-disk", "Writes 200 MB beside the notebook.", "disk", """\
for i in range(20):
    open(f'big-{i}', 'wb').write(bytes(10 * 2**20))
import time; time.sleep(1)"""),
    tries("fills-temporary", "Writes 200 MB to the temporary folder.", "disk", """\
import os, tempfile, time
for i in range(20):
    open(os.path.join(tempfile.gettempdir(), f'big-{i}'), 'wb').write(bytes(10 * 2**20))
time.sleep(1)"""),
    Attack("kills-its-group", "Ends every process of its group.", answers(softmax=f"""\
{SOFTMAX}
import os, signal
os.killpg(os.getpgrp(), signal.SIGKILL)"""), lost("softmax"), aims="score", flagged=True),
    Attack("long-hexadecimal", "A number with more digits than Python turns into decimals.", answers(softmax=f"{SOFTMAX}\nN = 0x{'f' * 6000}")),
    Attack("chain-of-names", "Raises the end of a chain of 600 names, in a function that is never called.", answers(softmax=f"{SOFTMAX}\ndef never():\n    raise torch{'.a' * 600}")),
    Attack("replaces-a-chain", "Sets the end of a chain of 600 names.", answers(softmax=f"{SOFTMAX}\ntry:\n    torch{'.a' * 600} = 1\nexcept AttributeError:\n    pass")),
    Attack("many-zeros", "A list of 60,000 zeros, written out, which is no answer to look at.", answers(softmax=f"{SOFTMAX}\nZEROS = [{'0,' * 60_000}]"), aims="flood"),
    Attack("own-terminal-codes", "The text of an error clears the instructor's screen and sets a title.", answers(softmax="class LateTimeoutError(Exception): pass\nraise LateTimeoutError('\\x1b[2J\\x1b]0;graded\\x07' + 'x' * 5000)"), lost("softmax")),
]  # fmt: skip
