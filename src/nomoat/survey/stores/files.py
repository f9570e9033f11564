from pathlib import Path


def shown():  # store: reads file:/var/lib/shop/orders.json
    with open("/var/lib/shop/orders.json") as stream:
        return stream.read()


def kept(text):  # store: writes file:/var/lib/shop/orders.json
    with open("/var/lib/shop/orders.json", "w") as stream:
        stream.write(text)


def noted(text):  # store: writes file:notes.txt
    Path("notes.txt").write_text(text)


def anywhere(path):  # store: nothing
    with open(path) as stream:
        return stream.read()
