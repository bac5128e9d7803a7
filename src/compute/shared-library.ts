import { constants } from 'node:os';

const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
const RTLD_NODELETE = 0x1000;

/**
 * Loads a shared library for good, so that others find it by its name. Node has no call for that but its own
 * add-on loader, which complains afterwards that the library is no add-on.
 *
 * @param library a path, or a name to be found where the system looks
 * @returns whether it is there and loads
 */
export function loadSharedLibrary(library: string): boolean {
  try {
    process.dlopen({ exports: {} }, library, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch (error) {
    return error instanceof Error && /did not self-register/.test(error.message);
  }
  return true;
}
