import { createCanvasPainter } from './canvas-painter.ts';
import type { Painter } from './painter.ts';
import { createWebglPainter } from './webgl-painter.ts';

/**
 * Draws with WebGL 2, and with the plain canvas where there is none or while the graphics driver has taken it away.
 * `onChange` asks for another `draw`: what was drawn is lost. The canvas lies in `host`.
 */
export function createPainter(host: HTMLElement, onChange: () => void): Omit<Painter, 'canvas'> {
  let current: Painter | null = null;

  function use(painter: Painter): void {
    current?.free();
    current?.canvas.remove();
    current = painter;
    host.append(painter.canvas);
  }

  function useWebgl(): boolean {
    const painter = createWebglPainter();
    if (painter === null) return false;
    painter.canvas.addEventListener('webglcontextlost', (event) => {
      // Or the browser would not give it back.
      event.preventDefault();
      if (current !== painter) return;
      const replacement = createCanvasPainter();
      host.replaceChildren(replacement.canvas);
      current = replacement;
      onChange();
    });
    painter.canvas.addEventListener(
      'webglcontextrestored',
      () => {
        if (current !== null && current !== painter && useWebgl()) onChange();
      },
      { once: true },
    );
    use(painter);
    return true;
  }

  if (!useWebgl()) use(createCanvasPainter());
  return {
    draw: (shown, viewport) => current?.draw(shown, viewport),
    free() {
      current?.free();
      current?.canvas.remove();
      current = null;
    },
  };
}
