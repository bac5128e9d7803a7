import { existsSync } from 'node:fs';
import path from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import { ReadroomError } from '../contract/errors.ts';
import type { Backend, Drawback, LoadedBackend } from './backend.ts';
import { createEagerPredictor, createEagerStep } from '../nn/eager-step.ts';
import { probeByLoading } from './probe.ts';
import { loadSharedLibrary } from './shared-library.ts';

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
  const adapterOf = async (): Promise<{ gpu: GpuLike; info: AdapterInfo } | null> => {
    const gpu = create([]) as GpuLike;
    const adapter = await gpu.requestAdapter();
    return adapter && { gpu, info: adapter.info };
  };
  const found = (await adapterOf()) ?? (useSoftwareDriver() ? await adapterOf() : null);
  if (!found) throw unavailable(whyNoCard());
  Object.defineProperty(globalThis.navigator, 'gpu', { value: found.gpu, configurable: true });
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu')))
    throw unavailable('TensorFlow.js could not start on the WebGPU adapter.');
  const { description, device, vendor, isFallbackAdapter: bySoftware } = found.info;
  const name = description || device || vendor;
  return {
    id: 'webgpu',
    device: bySoftware ? `CPU, ${name}` : name,
    version: `tfjs ${tf.version_core} on WebGPU`,
    threads: 1,
    drawback: bySoftware ? softwareOnly : null,
    createStep: createEagerStep,
    createPredictor: createEagerPredictor,
  };
}

interface AdapterInfo {
  readonly description: string;
  readonly device: string;
  readonly vendor: string;
  /** It stands in for a graphics card that is not there. */
  readonly isFallbackAdapter: boolean;
}

interface GpuLike {
  requestAdapter(): Promise<{ readonly info: AdapterInfo } | null>;
}

const driverRemedy =
  "Install the graphics card's Vulkan driver (on Debian mesa-vulkan-drivers, or NVIDIA's own driver), or use the tensorflow backend, which needs no graphics card.";

const softwareOnly: Drawback = {
  reason: 'It is a software renderer: no graphics card was found, so the processor computes, and slowly.',
  remedy: driverRemedy,
};

function whyNoCard(): string {
  const what = 'WebGPU finds no graphics card';
  if (process.platform !== 'linux') return `${what}.`;
  return loadSharedLibrary('libvulkan.so.1')
    ? `${what}: Vulkan is installed, but none of its drivers knows one.`
    : `${what}: Vulkan (libvulkan.so.1) is not installed.`;
}

/** Points the Vulkan loader at a software driver, unless the user has chosen one. */
function useSoftwareDriver(): boolean {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return false;
  const driver = softwareDrivers.find((file) => existsSync(file));
  if (driver === undefined) return false;
  process.env.VK_ICD_FILENAMES = driver;
  // Chromium keeps its Vulkan loader where the system does not look; whether this helps shows when the adapter is asked for.
  loadSharedLibrary(path.join(path.dirname(driver), 'libvulkan.so.1'));
  return true;
}

function unavailable(message: string): ReadroomError {
  return new ReadroomError('backendUnavailable', message, driverRemedy);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
