"""Run a command over accounts, with its time and memory; what was run before on the same is taken from the work folder."""
import dataclasses
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

SHOWN = ("id", "platform", "uid", "username", "email", "email_verified", "name", "company")  # never the person


@dataclasses.dataclass
class Run:
    output: pathlib.Path
    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    said: str = ""  # the last line on its standard error


def write_accounts(accounts, path):
    """The accounts as a matcher may see them."""
    with open(path, "w", encoding="utf-8") as file:
        for account in accounts:
            file.write(json.dumps({key: account[key] for key in SHOWN}, ensure_ascii=False) + "\n")


def run(command, path, work, *, versions=()):
    """Run the command with the file as its input. `versions` are files whose change makes it run anew."""
    digest = hashlib.sha256(json.dumps(command).encode())
    for file in (path, *versions):
        digest.update(pathlib.Path(file).read_bytes())
    output = work / f"{path.stem}-{digest.hexdigest()[:16]}.pairs"
    note = output.with_suffix(".json")
    if not note.exists():
        # By a process of its own: a child counts the memory of the parent that it is forked from, and this one may be big.
        done = subprocess.run([sys.executable, __file__, str(path), str(output), *command], stdout=subprocess.PIPE)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed on {path}")
        note.write_bytes(done.stdout)
    return Run(output, **json.loads(note.read_text()))


def measured(command, path, output):
    began = time.monotonic()
    with open(path, "rb") as accounts, open(output, "wb") as pairs:
        child = subprocess.Popen(command, stdin=accounts, stdout=pairs, stderr=subprocess.PIPE, text=True)
        said = child.stderr.read()
        _, status, usage = os.wait4(child.pid, 0)
    if status != 0:
        sys.stderr.write(said)
        sys.exit(1)
    cpu = usage.ru_utime + usage.ru_stime
    wall = time.monotonic() - began
    return {"wall_seconds": wall, "cpu_seconds": cpu, "peak_mb": usage.ru_maxrss / 1024, "said": (said.splitlines() or [""])[-1]}


if __name__ == "__main__":
    print(json.dumps(measured(sys.argv[3:], sys.argv[1], sys.argv[2])))
