import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import { ReadroomError } from '../contract/errors.ts';
import type { Backend, LoadedBackend } from './backend.ts';
import { createEagerPredictor, createEagerStep } from '../nn/eager-step.ts';
import { probeByLoading } from './probe.ts';

/** Vulkan in software, which chromium brings along; how this backend is tested where there is no graphics card. */
const softwareDrivers = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
];

let loaded: Promise<LoadedBackend> | null = null;

/** Any graphics card, through Dawn's WebGPU. */
export const webgpu: Backend = {
  id: 'webgpu',
  priority: 20,
  probe: () => probeByLoading(webgpu, 'A WebGPU adapter answers.'),
  load: async () => {
    loaded ??= load();
    const backend = await loaded;
    await tf.setBackend('webgpu');
    return backend;
  },
};

async function load(): Promise<LoadedBackend> {
  const { create, globals } = await import('webgpu').catch((error: unknown) => {
    throw unavailable(`Dawn, the WebGPU library, does not load: ${messageOf(error)}`);
  });
  Object.assign(globalThis, globals);
  const adapterOf = async (): Promise<{ gpu: GpuLike; device: string } | null> => {
    const gpu = create([]) as GpuLike;
    const adapter = await gpu.requestAdapter();
    return adapter && { gpu, device: adapter.info.description || adapter.info.device || adapter.info.vendor };
  };
  const found = (await adapterOf()) ?? (useSoftwareDriver() ? await adapterOf() : null);
  if (!found) throw unavailable('There is no graphics card that WebGPU can use.');
  Object.defineProperty(globalThis.navigator, 'gpu', { value: found.gpu, configurable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu')))
    throw unavailable('TensorFlow.js could not start on the WebGPU adapter.');
  return {
    id: 'webgpu',
    device: found.device,
    version: `tfjs ${tf.version_core} on WebGPU`,
    threads: 1,
    createStep: createEagerStep,
    createPredictor: createEagerPredictor,
  };
}

interface GpuLike {
  requestAdapter(): Promise<{ info: { description: string; device: string; vendor: string } } | null>;
}

/** Points the Vulkan loader at a software driver, unless the user has chosen one. */
function useSoftwareDriver(): boolean {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return false;
  const driver = softwareDrivers.find((file) => existsSync(file));
  if (driver === undefined) return false;
  process.env.VK_ICD_FILENAMES = driver;
  keepLoaded(path.join(path.dirname(driver), 'libvulkan.so.1'));
  return true;
}

/**
 * Loads a shared library for good, so that Dawn finds it by name: chromium keeps its Vulkan loader where the
 * system does not look. Node has no call for that but its own add-on loader, which complains afterwards that
 * the library is no add-on.
 */
function keepLoaded(library: string): void {
  const { RTLD_NOW, RTLD_GLOBAL } = constants.dlopen;
  const RTLD_NODELETE = 0x1000;
  try {
    process.dlopen({ exports: {} }, library, RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE);
  } catch {
    // Whether it helped shows when the adapter is asked for.
  }
}

function unavailable(message: string): ReadroomError {
  return new ReadroomError(
    'backendUnavailable',
    message,
    "Install the graphics card's Vulkan driver, or use the tensorflow backend, which needs no graphics card.",
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
