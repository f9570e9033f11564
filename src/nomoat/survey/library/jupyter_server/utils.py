"""Jupyter Server: paths that are put together, below where the server is."""


def url_path_join(*pieces):
    stripped = [piece.strip("/") for piece in pieces]
    result = "/" + "/".join([piece for piece in stripped if piece])
    return result + "/" if pieces[-1].endswith("/") else result
