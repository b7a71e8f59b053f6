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
    attempt = f"try:\n{indented(code)}\nexcept Exception as error:\n    print(type(error).__name__)"
    return Attack(name, does, answers(softmax=f"{SOFTMAX}\n\n{attempt}"), aims=aims)


def when_tested(name: str, does: str, aims: str, code: str) -> Attack:
    """A right answer that tries to do harm when it is called."""
    attempt = f"try:\n{indented(code)}\nexcept Exception:\n    pass"
    return Attack(
        name,
        does,
        answers(softmax=SOFTMAX.replace("scores):\n", f"scores):\n{indented(attempt)}\n")),
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
    tries("home-startup", "Leaves a start-up file for everybody's IPython.", "host", "import os, pathlib\np = pathlib.Path('$HOST/.ipython/profile_default/startup')\np.mkdir(parents=True, exist_ok=True)\n(p / '99-$NAME.py').write_text('# $NAME')"),
    tries("changes-mode", "Gives everybody rights to a file.", "host", "import os\nos.chmod('$HOST/id_secret', 0o777)"),
    Attack("linked-output", "Writes through a link beside the notebook.", beside(linked_folder, softmax=f"{SOFTMAX}\ntry:\n    open('out/marker-linked-output', 'w').write('linked-output')\nexcept OSError:\n    pass"), aims="host"),
    tries("feedback-trap", "Puts a link where the grader will write the feedback.", "host", f"import os\nos.makedirs('$WORK/feedback/$NAME/{LAB}', exist_ok=True)\nos.symlink('$HOST/shared.txt', '$WORK/feedback/$NAME/{LAB}/{LAB}.html')"),
    tries("edits-bystander", "Edits another student's submission.", "submissions", "text = open('$BYSTANDER').read()\nopen('$BYSTANDER', 'w').write(text.replace('# SECRET', '# $NAME SECRET'))"),
    tries("edits-own-submission", "Edits its own submission after it was handed in.", "submissions", f"open('$WORK/submitted/$NAME/{LAB}/{LAB}.ipynb', 'a').write(' ')\nopen('$WORK/submitted/$NAME/{LAB}/$NAME', 'w').write('$NAME')"),
    tries("edits-solutions", "Edits the solutions.", "course", f"p = '$ROOT/solutions/{LAB}/{LAB}.ipynb'\ntext = open(p).read()\nopen(p, 'w').write(text.replace('# A lab', '# $NAME A lab'))"),
    tries("enrols-in-gradebook", "Enters a student into the gradebook.", "gradebook", "import sqlite3\nwith sqlite3.connect('$WORK/gradebook.db', timeout=3) as db:\n    db.execute(\"insert into student (id) values ('mallory-$NAME')\")"),
    tries("raises-points", "Raises the points of every exercise in the gradebook.", "gradebook", "import sqlite3\nwith sqlite3.connect('$WORK/gradebook.db', timeout=3) as db:\n    db.execute('update grade_cells set max_score = max_score + 1')"),
    tries("installs-package", "Installs a package with pip.", "host", "import subprocess, sys, zipfile\nwith zipfile.ZipFile('evil-1.0-py3-none-any.whl', 'w') as z:\n    z.writestr('evil_$TAG.py', '# $NAME')\n    z.writestr('evil-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: evil\\nVersion: 1.0\\n')\n    z.writestr('evil-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n    z.writestr('evil-1.0.dist-info/RECORD', '')\nprint(subprocess.run([sys.executable, '-m', 'pip', 'install', '--no-index', '--no-deps', '--quiet', '--disable-pip-version-check', '--target', '$HOST/site-packages', './evil-1.0-py3-none-any.whl'], capture_output=True, timeout=5))"),
    tries("drops-package", "Copies a module to where packages lie.", "host", "open('$HOST/site-packages/evil_$TAG.py', 'w').write('# $NAME')"),
    tries("kills", "Ends a process of the instructor's.", "process", "import os, signal\nos.kill($DECOY, signal.SIGKILL)"),
    tries("stops", "Ends a process of the instructor's politely, through a shell.", "process", "import os\nos.system('kill $DECOY')"),
    tries("fork-bomb", "Forks forty processes that stay.", "process", f"import os, time\nfor _ in range(40):\n    if os.fork() == 0:\n        try:\n            os.setsid()\n{indented(indented(indented(NAME_PROCESS)))}\n            time.sleep(60)\n        finally:\n            os._exit(0)"),
    tries("daemon", "Leaves a process in a session and an environment of its own.", "process", f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '{DAEMON}', '$TAG-$NAME'], start_new_session=True, env={{}}, stdin=-3, stdout=-3, stderr=-3)"),
    tries("orphan", "Leaves a process whose parent has gone.", "process", f"import os, time\nif os.fork() == 0:\n    try:\n        os.setsid()\n        if os.fork() == 0:\n{indented(indented(indented(NAME_PROCESS)))}\n            time.sleep(60)\n    finally:\n        os._exit(0)"),
    when_tested("daemon-when-tested", "Leaves a process while it is tested.", "process", f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', '{DAEMON}', '$TAG-$NAME'], start_new_session=True, env={{}})"),
    tries("connects", "Connects to a server on this machine.", "network", "import socket\nwith socket.create_connection(('127.0.0.1', $PORT), timeout=3) as s:\n    s.sendall(b'$NAME')"),
    when_tested("connects-when-tested", "The same while it is tested.", "network", "import socket\nwith socket.create_connection(('127.0.0.1', $PORT), timeout=3) as s:\n    s.sendall(b'$NAME')"),
    tries("connects-by-child", "The same from a process that it starts.", "network", "import subprocess, sys\nsubprocess.run([sys.executable, '-c', \"import socket; socket.create_connection(('127.0.0.1', $PORT), timeout=3).sendall(b'$NAME')\"], timeout=5)"),
    tries("connects-by-name", "Connects to a socket that has no file.", "network", "import socket\nwith socket.socket(socket.AF_UNIX) as s:\n    s.connect('\\0$TAG')\n    s.sendall(b'$NAME')"),
    tries("fills-disk", "Writes 200 MB beside the notebook.", "disk", "for i in range(20):\n    open(f'big-{i}', 'wb').write(bytes(10 * 2**20))\nimport time; time.sleep(1)"),
    tries("fills-temporary", "Writes 200 MB to the temporary folder.", "disk", "import os, tempfile, time\nfor i in range(20):\n    open(os.path.join(tempfile.gettempdir(), f'big-{i}'), 'wb').write(bytes(10 * 2**20))\ntime.sleep(1)"),
    Attack("kills-its-group", "Ends every process of its group.", answers(softmax=f"{SOFTMAX}\nimport os, signal\nos.killpg(os.getpgrp(), signal.SIGKILL)"), lost("softmax"), aims="score", flagged=True),
]  # fmt: skip
