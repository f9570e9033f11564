import shutil
import tarfile


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
