import * as tf from '@tensorflow/tfjs-core';

import { addConstant, type ElementType, type Graph, type Output } from './graph.ts';
import { tracingKernels } from './tracing-kernels.ts';

/** The name under which tfjs knows the backend that writes a graph instead of computing. */
export const tracingBackendName = 'readroom-tracing';

/**
 * Runs portable tfjs code once so that every operation becomes a node of `graph`: what would be computed on
 * another backend is described on this one. No tensor of the traced code has values, so nothing may read any.
 *
 * @param trace gets `placed`, which makes a tensor of a value that is in the graph already, and must be done when
 *   it returns
 */
export function traceInto<T>(graph: Graph, trace: (tools: TracingTools) => T): T {
  const previous = tf.getBackend();
  const backend = tracingBackend();
  if (backend.graph) throw new Error('A graph is being traced already');
  backend.graph = graph;
  activate(tracingBackendName);
  tf.engine().startScope('trace');
  try {
    return trace({
      placed: (output) => tf.engine().makeTensorFromTensorInfo(backend.info(output)),
      outputOf: (tensor) => backend.outputOf(tensor.dataId),
    });
  } catch (error) {
    throw explained(error);
  } finally {
    tf.engine().endScope();
    backend.graph = null;
    activate(previous);
  }
}

/** tfjs names the kernel that is missing, but not where one is added. */
function explained(error: unknown): unknown {
  if (
    !(error instanceof Error) ||
    !error.message.includes(`not registered for backend '${tracingBackendName}'`)
  )
    return error;
  return new Error(`${error.message}. Add it to tracing-kernels.ts.`, { cause: error });
}

export interface TracingTools {
  placed(output: Output): tf.Tensor;
  /** The value that a traced tensor stands for. */
  outputOf(tensor: tf.TensorInfo): Output;
}

/** Synchronous for backends that are loaded: the returned promise has nothing to wait for. */
function activate(name: string): void {
  void tf.setBackend(name);
  if (tf.getBackend() !== name) throw new Error(`The backend ${name} is not loaded`);
}

let registered: TracingBackend | null = null;

function tracingBackend(): TracingBackend {
  if (registered) return registered;
  const backend = new TracingBackend();
  // Priority 0: tfjs must never choose it by itself.
  tf.registerBackend(tracingBackendName, () => backend, 0);
  for (const [kernelName, kernel] of Object.entries(tracingKernels)) {
    tf.registerKernel({
      kernelName,
      backendName: tracingBackendName,
      kernelFunc: ({ inputs, attrs }) => {
        const read = (name: string): Output => backend.outputOf((inputs[name] as tf.TensorInfo).dataId);
        const all = (): Output[] =>
          Object.values(inputs).map((input) => backend.outputOf((input as tf.TensorInfo).dataId));
        const given = kernel({ graph: backend.open(), read, all, attributes: attrs ?? {} });
        return 'name' in given ? backend.info(given) : given.map((output) => backend.info(output));
      },
    });
  }
  registered = backend;
  return backend;
}

/** A tfjs backend is a class: tfjs-core asks for its methods by inheritance. */
class TracingBackend extends tf.KernelBackend {
  graph: Graph | null = null;
  private readonly outputs = new WeakMap<tf.DataId, Output>();
  private count = 0;

  open(): Graph {
    if (!this.graph) throw new Error('Nothing is being traced');
    return this.graph;
  }
  outputOf(dataId: tf.DataId): Output {
    const output = this.outputs.get(dataId);
    if (!output) throw new Error('A traced operation reads a tensor of another backend');
    return output;
  }
  info(output: Output): tf.TensorInfo {
    const dataId = {};
    this.outputs.set(dataId, output);
    this.count++;
    return { dataId, shape: [...output.shape], dtype: tfjsType(output.dtype) };
  }
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    if (dtype !== 'float32' && dtype !== 'int32') throw new Error(`A traced constant cannot be ${dtype}`);
    const numbers = values as ArrayLike<number>;
    const typed = dtype === 'float32' ? Float32Array.from(numbers) : Int32Array.from(numbers);
    return this.info(addConstant(this.open(), typed, shape)).dataId;
  }
  override numDataIds(): number {
    return this.count;
  }
  override disposeData(): boolean {
    this.count--;
    return true;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {
    // Nothing is held: a value lives as long as its graph.
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
}

function tfjsType(dtype: ElementType): tf.DataType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`tfjs has no element type ${dtype}`);
}
