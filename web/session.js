// onnxruntime-web: one network, in WebAssembly (one thread, SIMD) or on the GPU.
//
// Files are kept gzipped, so that they are as small on a host that does not compress.

const RUNTIMES = {
  wasm: { module: './ort/ort.wasm.bundle.min.mjs', binary: './ort/ort-wasm-simd-threaded.wasm.gz' },
  webgpu: {
    module: './ort/ort.webgpu.bundle.min.mjs',
    binary: './ort/ort-wasm-simd-threaded.asyncify.wasm.gz',
  },
};
const loaded = {};

/** Fetch a file beside this module and unpack it where the host has not done so. */
export async function fetchBytes(path) {
  const response = await fetch(new URL(path, import.meta.url));
  if (!response.ok) throw new Error(`${path}: HTTP status ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}

export async function fetchJson(path) {
  return JSON.parse(new TextDecoder().decode(await fetchBytes(path)));
}

/** The library, loaded once for each provider ('wasm' or 'webgpu'). */
function runtime(provider) {
  loaded[provider] ??= (async () => {
    const { module, binary } = RUNTIMES[provider];
    const [ort, bytes] = await Promise.all([import(module), fetchBytes(binary)]);
    ort.env.wasm.wasmBinary = bytes.buffer;
    ort.env.wasm.numThreads = 1; // more need HTTP headers that static hosts do not send
    return ort;
  })();
  return loaded[provider];
}

export class Session {
  constructor(ort, session) {
    Object.assign(this, { ort, session });
  }

  /** @param {string} path Of the .onnx.gz file. @param {string} provider 'wasm' or 'webgpu'. */
  static async open(path, provider = 'wasm') {
    const [ort, model] = await Promise.all([runtime(provider), fetchBytes(path)]);
    const options = { executionProviders: [provider], graphOptimizationLevel: 'all' };
    return new Session(ort, await ort.InferenceSession.create(model, options));
  }

  /** Run on one float32 tensor; returns the first output, {data, dims}. */
  async run(data, dims) {
    const { session, ort } = this;
    const feeds = { [session.inputNames[0]]: new ort.Tensor('float32', data, dims) };
    return (await session.run(feeds))[session.outputNames[0]];
  }

  release() {
    return this.session.release();
  }
}
