"""What loads of an unpacked TensorFlow for GPUs: libraries.py FOLDER

Prints one JSON document: {"files": {library: {"error", "from": [...]}}, "opened": {name: {"ok", "from": [...]}}}.
"files" are all shared libraries in the folder, each loaded with every symbol resolved in a process of its own;
"opened" are those that TensorFlow's own loader opens where there is a GPU; "from" names what was mapped for it.
"""

import ctypes
import json
import os
import pathlib
import sys

# Functions of tsl::internal::DsoLoader (xla/tsl/platform/default/dso_loader.h).
OPENED = "CudaDriver Nvml CudaRuntime Cublas CublasLt Cufft Cusolver Cusparse Cupti Cudnn Nccl".split()


class StatusOrPointer(ctypes.Structure):
    """absl::StatusOr<void*>: a word that is 1 for OK, and the handle. Returned through a hidden first argument."""

    _fields_ = [("status", ctypes.c_uint64), ("handle", ctypes.c_void_p), ("spare", ctypes.c_uint64 * 2)]


def mapped():
    lines = pathlib.Path("/proc/self/maps").read_text().splitlines()
    return {os.path.realpath(line[line.index("/") :]) for line in lines if ".so" in line and "/" in line}


def in_child(work):
    """What `work` returns in a process of its own, by JSON."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        with os.fdopen(writer, "w") as answer:
            json.dump(work(), answer)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        text = answer.read()
    _, status = os.wait()
    return json.loads(text) if text else {"error": f"the process that loaded it ended with {status}", "from": []}


def load(file):
    before = mapped()
    try:
        ctypes.CDLL(str(file), os.RTLD_NOW)
    except OSError as error:
        return {"error": str(error), "from": []}
    return {"error": None, "from": sorted(mapped() - before)}


def open_all():
    framework = ctypes.CDLL(str(folder / "tensorflow/libtensorflow_framework.so.2"), ctypes.RTLD_GLOBAL)
    ctypes.CDLL(str(folder / "tensorflow/libtensorflow_cc.so.2"), ctypes.RTLD_GLOBAL)
    found = {}
    for name in OPENED:
        method = f"Get{name}DsoHandle"
        function = getattr(framework, f"_ZN3tsl8internal9DsoLoader{len(method)}{method}Ev")
        function.restype, function.argtypes = None, [ctypes.POINTER(StatusOrPointer)]
        before, answer = mapped(), StatusOrPointer()
        function(ctypes.byref(answer))
        found[name] = {"ok": answer.status == 1, "from": sorted(mapped() - before)}
    function = framework._ZN3tsl8internal9DsoLoader26MaybeTryDlopenGPULibrariesEv
    function.restype, function.argtypes = None, [ctypes.POINTER(StatusOrPointer)]
    answer = StatusOrPointer()
    function(ctypes.byref(answer))
    return {"each": found, "together": answer.status == 1}


folder = pathlib.Path(os.path.realpath(sys.argv[1]))
files = [file for file in sorted(folder.glob("**/*.so*")) if not file.is_symlink() and file.suffix != ".node"]
print(
    json.dumps(
        {
            "files": {str(file.relative_to(folder)): in_child(lambda: load(file)) for file in files},
            "opened": in_child(open_all),
        }
    )
)
