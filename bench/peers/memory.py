"""Memory of this process, as bench/comparison/own-memory.ts reads it."""

import resource


def peak_memory_bytes():
    """Most resident memory so far. Not ru_maxrss where VmHWM is to be had: that includes the parent's before exec."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
