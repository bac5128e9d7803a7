import { expect, it } from 'vitest';

import {
  folderFormat,
  guessFormat,
  suggestedPath,
  uploadedSource,
} from '../../../../src/renderer/features/data/label-files.ts';

it('tells the format by names, where they tell it', () => {
  expect(guessFormat(['/films/labels.CSV'])).toBe('csv');
  expect(guessFormat(['C:\\films\\boxes.json'])).toBe('coco');
  expect(guessFormat(['boxes/labels/1.txt', 'boxes/data.yaml', 'boxes/images.csv'])).toBe('yolo');
  expect(guessFormat(['out/segmentation-00001.dcm'])).toBe('dicom-seg');
  expect(guessFormat(['/films/labels'])).toBeNull();
});

it('tells the format of a folder by what lies in it', () => {
  expect(folderFormat(['segmentation-00001.dcm', 'segmentation-00002.dcm'])).toBe('dicom-seg');
  expect(folderFormat(['report-00001.dcm'])).toBe('dicom-seg');
  expect(folderFormat(['labels', 'segments', 'images.csv'])).toBe('yolo');
  expect(folderFormat([])).toBe('yolo');
});

it('tells masks in a folder for each patient from YOLO, whose top names the classes', () => {
  expect(folderFormat(['P001', 'P002', 'legend.csv'], ['slice-1.png'])).toBe('mask-png');
  expect(folderFormat(['images', 'labels', 'data.yaml'], ['film-1.png'])).toBe('yolo');
  expect(folderFormat(['labels'], ['film-1.txt'])).toBe('yolo');
});

it('suggests a name that is new each second', () => {
  const at = new Date('2026-03-01T12:00:05Z');
  expect(suggestedPath('/p/exports', 'csv', at)).toBe('/p/exports/labels-csv-20260301120005.csv');
  expect(suggestedPath('/p', 'coco', at)).toBe('/p/labels-coco-20260301120005.json');
  expect(suggestedPath('/p', 'yolo', at)).toBe('/p/labels-yolo-20260301120005');
});

it('reads of an upload the file, the folder that was dropped, or the one that holds all', () => {
  expect(uploadedSource(['a.csv'], ['/in/a.csv'], '/in')).toBe('/in/a.csv');
  expect(uploadedSource(['y/labels/1.txt', 'y/data.yaml'], [], '/in')).toBe('/in/y');
  expect(uploadedSource(['one/a.csv'], ['/in/one/a.csv'], '/in')).toBe('/in/one');
  expect(uploadedSource(['1.dcm', '2.dcm'], [], '/in')).toBe('/in');
});
