import { fetchPixels } from '../api/media.ts';
import { createPictureCache } from './picture-cache.ts';

const limitBytes = 256 * 1024 * 1024;
/** Leaves connections for thumbnails and for the picture that is waited for. */
const concurrency = 2;

/** The pictures that viewers of this window have shown or are about to show. */
export const pictures = createPictureCache({
  read: fetchPixels,
  pause: () => new Promise((resolve) => setTimeout(resolve, 0)),
  limitBytes,
  concurrency,
});
