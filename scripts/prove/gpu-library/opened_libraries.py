"""Has TensorFlow's own loader open each library that it opens on a machine with a GPU: opened_libraries.py FOLDER

Prints one JSON document: {name: {"opened": bool, "files": [newly mapped file, ...]}}.
"""

import ctypes
import json
import pathlib
import sys

# Functions of tsl::internal::DsoLoader (xla/tsl/platform/default/dso_loader.h).
NAMES = ["CudaDriver", "Nvml", "CudaRuntime", "Cublas", "CublasLt", "Cufft", "Cusolver", "Cusparse", "Cupti", "Cudnn", "Nccl"]


class StatusOrPointer(ctypes.Structure):
    """absl::StatusOr<void*>: a word that is 1 for OK, and the handle. Returned through a hidden first argument."""

    _fields_ = [("status", ctypes.c_uint64), ("handle", ctypes.c_void_p), ("spare", ctypes.c_uint64 * 2)]


def mapped():
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return {line[line.index("/") :] for line in lines if ".so" in line and "/" in line}


folder = pathlib.Path(sys.argv[1])
framework = ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), ctypes.RTLD_GLOBAL)
found = {}
for name in NAMES:
    method = f"Get{name}DsoHandle"
    function = getattr(framework, f"_ZN3tsl8internal9DsoLoader{len(method)}{method}Ev")
    function.restype, function.argtypes = None, [ctypes.POINTER(StatusOrPointer)]
    before, answer = mapped(), StatusOrPointer()
    function(ctypes.byref(answer))
    found[name] = {"opened": answer.status == 1, "files": sorted(mapped() - before)}
print(json.dumps(found))
