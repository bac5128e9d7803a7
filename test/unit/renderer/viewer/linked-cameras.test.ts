import { expect, it } from 'vitest';

import { fit } from '../../../../src/renderer/viewer/camera.ts';
import { ofShared, share, sharedCamera } from '../../../../src/renderer/viewer/linked-cameras.ts';

it('linked viewers show the same part of pictures of unequal size', () => {
  const by = Symbol('viewer');
  const [film, viewport] = [
    { width: 3000, height: 2500 },
    { width: 600, height: 500 },
  ];
  const prior = { width: 1500, height: 1250 };
  share(by, { x: 750, y: 1250, scale: 0.8 }, film, viewport);
  expect(sharedCamera.value).toEqual({ x: 0.25, y: 0.5, zoom: 4, by });
  expect(ofShared(sharedCamera.value!, prior, viewport)).toEqual({ x: 375, y: 625, scale: 1.6 });
  share(by, fit(film, viewport), film, viewport);
  expect(ofShared(sharedCamera.value!, prior, viewport)).toEqual(fit(prior, viewport));
});
