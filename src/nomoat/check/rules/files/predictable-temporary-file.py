import tempfile
from tempfile import mktemp


def bad(text):
    name = tempfile.mktemp(suffix=".txt")  # expect: predictable-temporary-file
    other = mktemp()  # expect: predictable-temporary-file
    with open("/tmp/report.txt", "w") as file:  # expect: predictable-temporary-file
        file.write(text)
    return name, other


def safe(text, path):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
    with open("/tmp/report.txt") as file:
        file.read()
    with open(path, "w") as file:
        file.write(text)
    return tempfile.mkdtemp()
