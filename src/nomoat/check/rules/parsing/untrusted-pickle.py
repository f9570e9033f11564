import base64
import json
import pickle
from pickle import loads

import numpy
import pandas


def bad(cookie, path, connection):
    pickle.loads(base64.b64decode(cookie))  # expect: untrusted-pickle
    loads(connection.recv(4096))  # expect: untrusted-pickle
    pandas.read_pickle(path)  # expect: untrusted-pickle
    with open(path, "rb") as file:
        numpy.load(file, allow_pickle=True)  # expect: untrusted-pickle
        return pickle.load(file)  # expect: untrusted-pickle


def safe(cookie, path, connection, value):
    pickle.dumps(value)
    json.loads(base64.b64decode(cookie))
    json.loads(connection.recv(4096))
    pandas.read_csv(path)
    with open(path, "rb") as file:
        return numpy.load(file)
