"""The kernels that a TensorFlow library has for operations: registered_kernels.py FOLDER OPERATION...

Prints one JSON document: {operation: [{"device", "types": {attribute: [type, ...]}, "hostMemory": [argument, ...]}]}.
"""

import ctypes
import json
import pathlib
import sys

# tensorflow/core/framework/types.proto, as far as our graphs use it.
TYPE_NAMES = {1: "float32", 3: "int32", 4: "uint8", 9: "int64", 10: "bool", 20: "resource", 23: "uint64"}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def fields(data):
    """Number and value of each field of a protobuf message: an integer, or the bytes of what has a length."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 2:
            length, at = varint(data, at)
            value, at = data[at : at + length], at + length
        else:
            raise ValueError(f"wire type {kind} is not expected here")
        yield number, value


def integers(packed):
    at, values = 0, []
    while at < len(packed):
        value, at = varint(packed, at)
        values.append(value)
    return values


def allowed_types(constraint):
    """KernelDef.AttrConstraint: 1 is the attribute, 2 an AttrValue, whose list (1) has types (6), packed or not."""
    name, codes = "", []
    for number, value in fields(constraint):
        if number == 1:
            name = value.decode()
            continue
        for inner, items in fields(value):
            for kind, item in fields(items) if inner == 1 else ():
                if kind == 6:
                    codes += [item] if isinstance(item, int) else integers(item)
    return name, [TYPE_NAMES.get(code, str(code)) for code in codes]


def kernel(definition):
    """KernelDef: 2 is the device, 3 a constraint, 4 an argument that lies in host memory."""
    found = {"device": "", "types": {}, "hostMemory": []}
    for number, value in fields(definition):
        if number == 2:
            found["device"] = value.decode()
        elif number == 3:
            name, types = allowed_types(value)
            found["types"][name] = types
        elif number == 4:
            found["hostMemory"].append(value.decode())
    return found


class Buffer(ctypes.Structure):
    """TF_Buffer of tensorflow/c/tf_buffer.h."""

    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("deallocator", ctypes.c_void_p)]


folder = pathlib.Path(sys.argv[1])
ctypes.CDLL(str(folder / "libtensorflow_framework.so.2"), ctypes.RTLD_GLOBAL)
library = ctypes.CDLL(str(folder / "libtensorflow_cc.so.2"), ctypes.RTLD_GLOBAL)
library.TF_NewStatus.restype = ctypes.c_void_p
library.TF_GetCode.argtypes = [ctypes.c_void_p]
library.TF_GetRegisteredKernelsForOp.restype = ctypes.POINTER(Buffer)
library.TF_GetRegisteredKernelsForOp.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
status = library.TF_NewStatus()
kernels = {}
for operation in sys.argv[2:]:
    answer = library.TF_GetRegisteredKernelsForOp(operation.encode(), status)
    if library.TF_GetCode(status) != 0:
        sys.exit(f"TensorFlow does not tell the kernels of {operation}")
    data = ctypes.string_at(answer.contents.data, answer.contents.length)
    kernels[operation] = [kernel(definition) for number, definition in fields(data) if number == 1]
print(json.dumps(kernels))
