import os
import shutil
import tarfile
import zipfile


def bad(upload, folder):
    with tarfile.open(upload) as archive:
        archive.extractall(folder)  # expect: unfiltered-archive
    tarfile.open(fileobj=upload, mode="r:gz").extractall(path=folder)  # expect: unfiltered-archive
    opened = tarfile.TarFile(upload)
    opened.extractall(folder, filter="fully_trusted")  # expect: unfiltered-archive


def safe(upload, folder, members):
    with tarfile.open(upload) as archive:
        archive.extractall(folder, filter="data")
    with tarfile.open(upload) as archive:
        archive.extractall(folder, members=members(archive))
    with tarfile.open(upload) as archive:
        archive.extractall(folder, filter=tarfile.data_filter)
    shutil.unpack_archive(upload, folder, "zip")


def bad_by_hand(upload, folder):
    with zipfile.ZipFile(upload) as archive:
        for member in archive.infolist():
            with open(os.path.join(folder, member.filename), "wb") as out:  # expect: unfiltered-archive
                out.write(archive.read(member))
        for name in archive.namelist():
            path = folder + "/" + name
            with open(path, "wb") as out:  # expect: unfiltered-archive
                out.write(archive.read(name))


def safe_by_hand(upload, folder, known):
    with zipfile.ZipFile(upload) as archive:
        archive.extractall(folder)
        for name in archive.namelist():
            with open(os.path.join(folder, os.path.basename(name)), "wb") as out:
                out.write(archive.read(name))
        with open(os.path.join(folder, known), "wb") as out:
            out.write(archive.read(known))


def read_by_hand(upload, folder):
    with zipfile.ZipFile(upload) as archive:
        for member in archive.infolist():
            with open(os.path.join(folder, member.filename), "rb") as kept:
                yield kept.read() == archive.read(member)
