import { isSmooth, levelAt } from './camera.ts';
import type { Painter } from './painter.ts';
import type { PreparedPicture } from './picture-cache.ts';
import type { Pixels } from './pixels.ts';
import { square, turning } from './transform.ts';
import { windowBounds } from './window-level.ts';

/** One triangle that covers the viewport. */
const vertexShader = `#version 300 es
void main() {
  gl_Position = vec4(vec2(gl_VertexID == 1 ? 3 : -1, gl_VertexID == 2 ? 3 : -1), 0, 1);
}`;

/** Samples stay whole numbers up to here, so that 16-bit pictures lose nothing; smoothing is done by hand. */
const fragmentShader = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
uniform usampler2D picture;
/** Of the picture, in pixels of this level: the last one may be half outside. */
uniform vec2 pictureSize;
uniform vec2 viewport;
uniform vec2 middle;
uniform float scale;
/** How long a pixel is across and down. */
uniform vec2 stretch;
/** Turns and mirrors a way on the screen into one in the picture. */
uniform mat2 unturn;
uniform float low;
uniform float perSample;
uniform bool isGrey;
uniform bool isSigmoid;
uniform bool isInverted;
uniform bool isSmooth;
out vec4 colour;

vec3 sampleAt(ivec2 place) {
  uvec4 found = texelFetch(picture, clamp(place, ivec2(0), textureSize(picture, 0) - 1), 0);
  return isGrey ? vec3(found.r) : vec3(found.rgb);
}

vec3 smoothAt(vec2 place) {
  vec2 corner = floor(place - 0.5);
  vec2 share = place - 0.5 - corner;
  ivec2 at = ivec2(corner);
  vec3 upper = mix(sampleAt(at), sampleAt(at + ivec2(1, 0)), share.x);
  vec3 lower = mix(sampleAt(at + ivec2(0, 1)), sampleAt(at + ivec2(1, 1)), share.x);
  return mix(upper, lower, share.y);
}

void main() {
  vec2 seen = vec2(gl_FragCoord.x, viewport.y - gl_FragCoord.y);
  vec2 place = (middle + unturn * (seen - viewport / 2.0) / scale) / stretch;
  if (any(lessThan(place, vec2(0))) || any(greaterThanEqual(place, pictureSize))) {
    colour = vec4(0, 0, 0, 1);
    return;
  }
  vec3 value = isSmooth ? smoothAt(place) : sampleAt(ivec2(floor(place)));
  vec3 share = (value - low) * perSample;
  vec3 shade = isSigmoid ? 1.0 / (1.0 + exp(2.0 - 4.0 * share)) : clamp(share, 0.0, 1.0);
  colour = vec4(isInverted ? 1.0 - shade : shade, 1);
}`;

const uniformNames = [
  'pictureSize',
  'viewport',
  'middle',
  'scale',
  'stretch',
  'unturn',
  'low',
  'perSample',
  'isGrey',
  'isSigmoid',
  'isInverted',
  'isSmooth',
] as const;

/**
 * A painter on the graphics card; null where there is none, or no WebGL 2. A card that the processor plays counts
 * only with `allowImitated`.
 */
export function createWebglPainter({ allowImitated = false } = {}): Painter | null {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2', { alpha: false, antialias: false, depth: false });
  if (context === null || (!allowImitated && isImitated(context))) return null;
  const gl = context;
  const program = createProgram(gl);
  const at = Object.fromEntries(
    uniformNames.map((name) => [name, gl.getUniformLocation(program, name)]),
  ) as Record<(typeof uniformNames)[number], WebGLUniformLocation | null>;
  gl.useProgram(program);
  const greatestEdge = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;

  let picture: PreparedPicture | null = null;
  /** By level; only those that were drawn. */
  const textures = new Map<number, WebGLTexture>();

  function textureOf(level: number): WebGLTexture {
    const known = textures.get(level);
    if (known) return known;
    const texture = createTexture(gl, picture!.levels[level]!);
    textures.set(level, texture);
    return texture;
  }
  function forget(): void {
    for (const texture of textures.values()) gl.deleteTexture(texture);
    textures.clear();
  }

  return {
    canvas,
    draw(shown, viewport) {
      if (gl.isContextLost()) return;
      if (picture !== shown.picture) {
        forget();
        picture = shown.picture;
      }
      const { camera, stretch, orientation, window, inverted } = shown;
      const [whole] = picture.levels as [Pixels];
      const smallest = picture.levels.findIndex(
        ({ width, height }) => Math.max(width, height) <= greatestEdge,
      );
      const level = Math.max(smallest, levelAt(camera.scale, picture.levels.length));
      const shrunk = 2 ** level;
      if (canvas.width !== viewport.width) canvas.width = viewport.width;
      if (canvas.height !== viewport.height) canvas.height = viewport.height;
      gl.viewport(0, 0, viewport.width, viewport.height);
      gl.bindTexture(gl.TEXTURE_2D, textureOf(level));
      const { a, b, c, d } = turning(orientation);
      gl.uniform2f(at.pictureSize, whole.width / shrunk, whole.height / shrunk);
      gl.uniform2f(at.viewport, viewport.width, viewport.height);
      gl.uniform2f(at.middle, camera.x / shrunk, camera.y / shrunk);
      gl.uniform1f(at.scale, camera.scale * shrunk);
      gl.uniform2f(at.stretch, stretch.x, stretch.y);
      // Column by column: the transposed matrix, which is the inverse.
      gl.uniformMatrix2fv(at.unturn, false, [a, c, b, d]);
      gl.uniform1f(at.low, windowBounds(window).low);
      gl.uniform1f(at.perSample, 1 / window.width);
      gl.uniform1i(at.isGrey, whole.channels === 1 ? 1 : 0);
      gl.uniform1i(at.isSigmoid, window.curve === 'sigmoid' ? 1 : 0);
      gl.uniform1i(at.isInverted, inverted ? 1 : 0);
      gl.uniform1i(at.isSmooth, isSmooth(camera.scale, stretch !== square) ? 1 : 0);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    },
    free() {
      forget();
      gl.deleteProgram(program);
      gl.getExtension('WEBGL_lose_context')?.loseContext();
    },
  };
}

/** Whether the processor plays the card: then a frame takes longer than with the plain canvas. */
function isImitated(gl: WebGL2RenderingContext): boolean {
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const card: unknown = names && gl.getParameter(names.UNMASKED_RENDERER_WEBGL);
  return typeof card === 'string' && /swiftshader|llvmpipe|softpipe|software|basic render/i.test(card);
}

function createTexture(gl: WebGL2RenderingContext, pixels: Pixels): WebGLTexture {
  const { width, height, channels, samples } = pixels;
  const is16Bit = samples instanceof Uint16Array;
  const grey = channels === 1;
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  // Whole numbers cannot be smoothed by the card; without this the texture is incomplete.
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  const stored = is16Bit ? (grey ? gl.R16UI : gl.RGB16UI) : grey ? gl.R8UI : gl.RGB8UI;
  gl.texStorage2D(gl.TEXTURE_2D, 1, stored, width, height);
  gl.texSubImage2D(
    gl.TEXTURE_2D,
    0,
    0,
    0,
    width,
    height,
    grey ? gl.RED_INTEGER : gl.RGB_INTEGER,
    is16Bit ? gl.UNSIGNED_SHORT : gl.UNSIGNED_BYTE,
    samples,
  );
  return texture;
}

function createProgram(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexShader],
    [gl.FRAGMENT_SHADER, fragmentShader],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true && !gl.isContextLost()) {
    throw new Error(`The viewer's shader does not compile: ${gl.getProgramInfoLog(program)}`);
  }
  return program;
}
