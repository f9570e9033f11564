import os
import tempfile
import uuid
from tempfile import mktemp

SPOOL = "/tmp/spool"


def bad(text):
    name = tempfile.mktemp(suffix=".txt")  # expect: predictable-temporary-file
    other = mktemp()  # expect: predictable-temporary-file
    with open("/tmp/report.txt", "w") as file:  # expect: predictable-temporary-file
        file.write(text)
    return name, other


def bad_for_each(user, day, text):
    path = "/tmp/basket-" + str(user.id)
    with open(path, "wb") as file:  # expect: predictable-temporary-file
        file.write(text)
    with open(f"/tmp/report-{day}.txt", "w") as file:  # expect: predictable-temporary-file
        file.write(text)
    with open(os.path.join(SPOOL, day), "w") as file:  # expect: predictable-temporary-file
        file.write(text)


def safe_for_each(user, day, text, folder):
    with open(f"/tmp/report-{uuid.uuid4()}.txt", "w") as file:
        file.write(text)
    with open("/var/lib/basket-" + str(user.id), "wb") as file:
        file.write(text)
    with open(f"/tmp/report-{day}.txt") as file:
        file.read()
    with open(os.path.join(folder, "tmp", day), "w") as file:
        file.write(text)


def safe(text, path):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
    with open("/tmp/report.txt") as file:
        file.read()
    with open(path, "w") as file:
        file.write(text)
    return tempfile.mkdtemp()
