"""Unpacks the named parts of a wheel: unpack-wheel.py WHEEL FOLDER PREFIX..."""

import pathlib
import sys
import zipfile

wheel, folder, *prefixes = sys.argv[1:]
target = pathlib.Path(folder).resolve()
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.infolist():
        name = entry.filename
        if entry.is_dir() or not (name.startswith(tuple(prefixes)) or ".dist-info/" in name):
            continue
        place = (target / name).resolve()
        if target not in place.parents:
            sys.exit(f"{name} would be written outside of the folder")
        # zipfile checks each member's CRC-32 as it reads.
        archive.extract(entry, target)
        if "/bin/" in name:
            place.chmod(0o755)
