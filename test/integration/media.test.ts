import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';

import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { pictureDisplaySchema } from '../../src/contract/decode.ts';
import type { Contract } from '../../src/contract/index.ts';
import { createEngine, type Engine } from '../../src/engine/create-engine.ts';
import { connect } from '../../src/rpc/in-process.ts';
import { type EngineClient, waitForJob } from '../../src/rpc/jobs.ts';
import { createServer, type RunningServer } from '../../src/server/create-server.ts';
import { tags } from '../../src/worker/decode/dicom/tags.ts';
import { type Elements, imageElements, writeDicom } from '../support/dicom-files.ts';
import { spawnDecoder } from '../support/import-project.ts';
import { greyPng, pattern, writePng } from '../support/picture-files.ts';

let folder: string;
let engine: Engine;
let client: EngineClient;
let project: string;
/** By file name. */
let images: Record<string, string>;

const at = (...names: string[]): string => path.join(folder, ...names);
const deep = pattern(6 * 4, 65_535);

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'readroom-media-'));
  engine = createEngine({
    ...{ spawn: spawnDecoder, program: 'a test', lockWaitMs: 0, version: '0.0.0' },
    ...{ settingsFolder: at('settings'), host: 'command line', userName: 'weber' },
  });
  client = connect<Contract>(engine.router);
  mkdirSync(at('films'));
  writeFileSync(at('films', 'grey.png'), greyPng(8, 8, pattern(64)));
  writeFileSync(
    at('films', 'deep.png'),
    writePng({ width: 6, height: 4, colourType: 0, bits: 16, samples: deep }),
  );
  writeFileSync(
    at('films', 'colour.png'),
    writePng({ width: 3, height: 2, colourType: 2, bits: 8, samples: pattern(18) }),
  );
  ({ project } = await client.project.create({ path: at('chest') }));
  const { job } = await client.dataset.import({ project, sources: [at('films')], labels: { from: 'none' } });
  await waitForJob(client, job);
  await readImages();
});

afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true });
});

async function readImages(): Promise<void> {
  const { rows } = await client.dataset.images({ project });
  images = Object.fromEntries(rows.map(({ fileName, image }) => [fileName, image]));
}

function ask(below: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
  return engine.media(new Request(`http://localhost/media/${project}/${below}`, init));
}

const bytesOf = async (answer: Response): Promise<Buffer> => Buffer.from(await answer.arrayBuffer());
const shapeOf = ({ headers }: Response) =>
  ['width', 'height', 'channels', 'bits'].map((name) => Number(headers.get(`x-readroom-${name}`)));

describe('pixels', () => {
  it('are the samples as decoded, of every depth and colour', async () => {
    const grey = await ask(`${images['grey.png']!}/pixels`);
    expect([grey.status, grey.headers.get('content-type')]).toEqual([200, 'application/vnd.readroom.pixels']);
    expect(shapeOf(grey)).toEqual([8, 8, 1, 8]);
    expect([...(await bytesOf(grey))]).toEqual(pattern(64));
    const sixteen = await ask(`${images['deep.png']!}/pixels`);
    expect(shapeOf(sixteen)).toEqual([6, 4, 1, 16]);
    const samples = await bytesOf(sixteen);
    expect(deep.map((_, i) => samples.readUInt16LE(2 * i))).toEqual(deep);
    const colour = await ask(`${images['colour.png']!}/pixels`);
    expect(shapeOf(colour)).toEqual([3, 2, 3, 8]);
    expect([...(await bytesOf(colour))]).toEqual(pattern(18));
  });

  it('come frame by frame, with what the file says that they mean', async () => {
    const values = Int16Array.from(pattern(2 * 12, 2000).map((value) => value - 1000));
    const elements: Elements = [
      ...imageElements({ rows: 3, columns: 4, allocated: 16, signed: true, frames: 2 }),
      [tags.SpecificCharacterSet, 'CS', 'ISO_IR 100'],
      [tags.Modality, 'CS', 'CT'],
      [tags.RescaleIntercept, 'DS', '-24'],
      [tags.RescaleSlope, 'DS', '1'],
      [tags.WindowCenter, 'DS', '40'],
      [tags.WindowWidth, 'DS', '400'],
      [tags.WindowCenterWidthExplanation, 'LO', 'Ödem'],
      [tags.PixelData, 'OW', Buffer.from(values.buffer)],
    ];
    mkdirSync(at('scans'));
    writeFileSync(at('scans', 'scan.dcm'), writeDicom(elements));
    const { job } = await client.dataset.import({ project, sources: [at('scans')] });
    await waitForJob(client, job);
    const { rows } = await client.dataset.images({ project });
    const frames = rows.filter(({ fileName }) => fileName === 'scan.dcm');
    expect(frames).toHaveLength(2);
    for (const [frame, { image }] of frames.entries()) {
      // Decoded, then as it is kept.
      for (let time = 0; time < 2; time += 1) {
        const answer = await ask(`${image}/pixels`);
        expect(shapeOf(answer)).toEqual([4, 3, 1, 16]);
        const header = answer.headers.get('x-readroom-display')!;
        expect(header).toMatch(/^[ -~]*$/);
        const { slope, intercept, unit, windows } = pictureDisplaySchema.parse(JSON.parse(header));
        expect([unit, windows.map(({ name }) => name)]).toEqual(['HU', ['Ödem']]);
        const samples = await bytesOf(answer);
        expect(samples).toHaveLength(24);
        const shown = Array.from({ length: 12 }, (_, i) => samples.readUInt16LE(2 * i) * slope + intercept);
        expect(shown).toEqual([...values.subarray(12 * frame, 12 * frame + 12)].map((value) => value - 24));
      }
      const thumbnail = await ask(`${image}/thumbnail`);
      expect([thumbnail.status, thumbnail.headers.get('content-type')]).toEqual([200, 'image/webp']);
    }
    expect((await ask(`${images['deep.png']!}/pixels`)).headers.get('x-readroom-display')).toBeNull();
  });

  it('are decoded once for all who ask at once, and kept', async () => {
    const below = `${images['grey.png']!}/pixels`;
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(below)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const cache = at('chest', 'cache', 'pixels');
    const [name] = readdirSync(cache);
    expect(readdirSync(cache)).toHaveLength(1);
    // What another engine finds there needs no decoding: not even the film.
    const before = statSync(path.join(cache, name!)).ino;
    renameSync(at('films'), at('elsewhere'));
    expect((await ask(below)).status).toBe(200);
    expect(statSync(path.join(cache, name!)).ino).toBe(before);
  });

  it('need no second journey, and no body for HEAD', async () => {
    const below = `${images['grey.png']!}/pixels`;
    const head = await ask(below, { method: 'HEAD' });
    expect([head.headers.get('content-length'), (await bytesOf(head)).length]).toEqual(['64', 0]);
    const etag = head.headers.get('etag')!;
    expect((await ask(below, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('of a file that is gone or changed are refused with a code, and it is marked missing', async () => {
    renameSync(at('films', 'grey.png'), at('away.png'));
    const gone = await ask(`${images['grey.png']!}/pixels`);
    expect([gone.status, gone.headers.get('x-readroom-code')]).toEqual([404, 'fileNotFound']);
    const { rows } = await client.dataset.images({ project });
    expect(rows.filter(({ missing }) => missing).map(({ fileName }) => fileName)).toEqual(['grey.png']);
    writeFileSync(at('films', 'deep.png'), greyPng(8, 8));
    const changed = await ask(`${images['deep.png']!}/pixels`);
    expect([changed.status, changed.headers.get('x-readroom-code')]).toEqual([422, 'fileChanged']);
    renameSync(at('away.png'), at('films', 'grey.png'));
    expect((await ask(`${images['grey.png']!}/pixels`)).status).toBe(200);
    expect((await client.dataset.images({ project })).rows.filter(({ missing }) => missing)).toEqual([]);
  });

  it('of a project opened for reading leave nothing in it, nor behind them', async () => {
    await client.project.close({ project });
    await client.project.open({ path: at('chest'), mode: 'read' });
    expect((await ask(`${images['grey.png']!}/pixels`)).status).toBe(200);
    expect((await ask(`${images['grey.png']!}/thumbnail`)).status).toBe(200);
    expect(existsSync(at('chest', 'cache'))).toBe(false);
    const ours = () => readdirSync(tmpdir()).filter((name) => name.startsWith('readroom-pictures-'));
    expect(ours()).toHaveLength(1);
    await engine.close();
    expect(ours()).toEqual([]);
  });
});

describe('files that are not of the project', () => {
  it('are shown by a handle, until they change', async () => {
    writeFileSync(at('new.png'), greyPng(4, 4, pattern(16)));
    const { file } = await client.dataset.showFile({ project, path: at('new.png') });
    expect((await client.dataset.showFile({ project, path: at('new.png') })).file).toBe(file);
    const pixels = await ask(`file/${file}/pixels`);
    expect([shapeOf(pixels), [...(await bytesOf(pixels))]]).toEqual([[4, 4, 1, 8], pattern(16)]);
    const thumbnail = await sharp(await bytesOf(await ask(`file/${file}/thumbnail`))).metadata();
    expect([thumbnail.format, thumbnail.width]).toEqual(['webp', 4]);
    writeFileSync(at('new.png'), greyPng(5, 4, pattern(20)));
    const changed = await client.dataset.showFile({ project, path: at('new.png') });
    expect(shapeOf(await ask(`file/${changed.file}/pixels`))).toEqual([5, 4, 1, 8]);
    expect(existsSync(at('chest', 'cache'))).toBe(false);
  });

  it('are refused when there is none, and in words when they are no picture', async () => {
    const show = (file: string) =>
      client.dataset.showFile({ project, path: file }).then(
        () => 'none',
        (error: unknown) => (error as { code: string }).code,
      );
    expect([await show(at('none.png')), await show('new.png'), await show(folder)]).toEqual([
      ...['fileNotFound', 'usage', 'usage'],
    ]);
    writeFileSync(at('notes.png'), 'not a picture');
    const { file } = await client.dataset.showFile({ project, path: at('notes.png') });
    const refused = await ask(`file/${file}/pixels`);
    expect([refused.status, refused.headers.get('x-readroom-code')]).toEqual([422, 'notAnImage']);
    expect((await ask(`file/${images['grey.png']!}/pixels`)).status).toBe(404);
  });
});

it('gives previews and reports by name only', async () => {
  const preview = '018f2b6e-0000-7000-8000-000000000000-1.webp';
  expect((await ask(`previews/${preview}`)).status).toBe(404);
  mkdirSync(at('chest', 'cache', 'previews'), { recursive: true });
  writeFileSync(at('chest', 'cache', 'previews', preview), 'webp');
  expect((await ask(`previews/${preview}`)).headers.get('content-type')).toBe('image/webp');
  const run = '018f2b6e-0000-7000-8000-000000000000';
  const none = await ask(`runs/${run}/report`);
  expect([none.status, await none.text()]).toEqual([404, expect.stringContaining('no report')]);
  mkdirSync(at('chest', 'runs', run), { recursive: true });
  writeFileSync(at('chest', 'runs', run, 'report.html'), '<p>Report</p>');
  const report = await ask(`runs/${run}/report`);
  expect([report.status, await report.text()]).toEqual([200, '<p>Report</p>']);
  expect(report.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'unsafe-inline'; img-src data:;.*; sandbox$/,
  );
  const filters = await ask(`runs/${run}/filters/3`);
  expect([filters.status, await filters.text()]).toEqual([404, expect.stringContaining('after epoch 3')]);
  mkdirSync(at('chest', 'runs', run, 'filters'));
  writeFileSync(at('chest', 'runs', run, 'filters', 'epoch-0003.png'), 'png');
  const picture = await ask(`runs/${run}/filters/3`);
  expect([picture.headers.get('content-type'), await picture.text()]).toEqual(['image/png', 'png']);
  for (const epoch of ['0', '03', '-3', '..%2f..%2freport', '3/..'])
    expect([epoch, (await ask(`runs/${run}/filters/${epoch}`)).status]).toEqual([epoch, 404]);
  for (const below of ['previews/..%2f..%2fproject.sqlite', 'previews/a.png', 'runs/x/report', 'nothing', ''])
    expect([below, (await ask(below)).status]).toEqual([below, 404]);
});

it('gives a model package as an archive, by the name that its export was given', async () => {
  const name = 'first-try-018f2b6e-8a11-20260102030405';
  mkdirSync(at('chest', 'exports', 'labels-yolo-20260102030405'), { recursive: true });
  expect((await ask(`exports/${name}.zip`)).status).toBe(404);
  const folder = at('chest', 'exports', name);
  mkdirSync(path.join(folder, 'onnx'), { recursive: true });
  const weights = randomBytes(3_000_000);
  writeFileSync(path.join(folder, 'onnx', 'model.onnx'), weights);
  writeFileSync(path.join(folder, 'Röntgen.md'), 'card');
  writeFileSync(path.join(folder, 'empty'), '');
  symlinkSync(at('chest', 'project.sqlite'), path.join(folder, 'link'));
  const answer = await ask(`exports/${name}.zip`);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/zip',
    'content-disposition': `attachment; filename="${name}.zip"`,
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(answer.headers.get('content-length')).toBe(String(bytes.length));
  const zip = at('package.zip');
  writeFileSync(zip, bytes);
  const script =
    'import json,sys,zipfile; z=zipfile.ZipFile(sys.argv[1]); z.testzip() and exit(1); z.extractall(sys.argv[2]); print(json.dumps(z.namelist()))';
  const listed = execFileSync('python3', ['-c', script, zip, at('unpacked')], { encoding: 'utf8' });
  expect(JSON.parse(listed)).toEqual([`${name}/Röntgen.md`, `${name}/empty`, `${name}/onnx/model.onnx`]);
  expect(readFileSync(at('unpacked', name, 'onnx', 'model.onnx')).equals(weights)).toBe(true);
  for (const below of [
    '..',
    name,
    `..%2f${name}.zip`,
    `${name}%2f..zip`,
    `../runs.zip`,
    `${name}.zip/x`,
    '018f2b6e.zip',
    'labels-yolo-20260102030405.zip',
  ])
    expect([below, (await ask(`exports/${below}`)).status]).toEqual([below, 404]);
});

describe('files that come through the browser', () => {
  const upload = '018f2b6e-0000-7000-8000-00000000000a';
  const put = (name: string, body: string) => ask(`incoming/${upload}/${name}`, { method: 'PUT', body });

  it('are written where an import finds them, with folders and names as they were, and removed', async () => {
    const sent = await put('A%20%26%20B/Röntgen%2050%25.png', 'bytes');
    const { path: written, folder: top } = (await sent.json()) as { path: string; folder: string };
    expect(top).toBe(at('chest', 'incoming', upload));
    expect(written).toBe(path.join(top, 'A & B', 'Röntgen 50%.png'));
    expect(readFileSync(written, 'utf8')).toBe('bytes');
    await put('empty.png', '');
    expect(readdirSync(top).toSorted()).toEqual(['A & B', 'empty.png']);
    expect((await ask(`incoming/${upload}`, { method: 'DELETE' })).status).toBe(204);
    expect(existsSync(top)).toBe(false);
  });

  it('can be imported as the project’s own copies', async () => {
    const body = greyPng(9, 9, pattern(81));
    await ask(`incoming/${upload}/NORMAL/film.png`, { method: 'PUT', body: new Uint8Array(body) });
    const sources = [at('chest', 'incoming', upload)];
    const { job } = await client.dataset.import({ project, sources, copy: true, labels: { from: 'none' } });
    await waitForJob(client, job);
    await ask(`incoming/${upload}`, { method: 'DELETE' });
    await readImages();
    expect(shapeOf(await ask(`${images['film.png']!}/pixels`))).toEqual([9, 9, 1, 8]);
  });

  it.each([
    '..%2fevil',
    '%2e%2e%2fevil',
    'a%5cb',
    'a%0ab',
    'a%00',
    'a//b',
    'x'.repeat(256),
    '%ff',
    `${'d/'.repeat(40)}x`,
  ])('are refused when they are called %s', async (name) => {
    const answer = await put(name, 'bytes');
    expect([400, 404]).toContain(answer.status);
    expect(existsSync(at('chest', 'incoming'))).toBe(false);
  });

  it('are refused when something of that name is in the way, in a project opened for reading, and when too large', async () => {
    await put('a', 'bytes');
    expect((await put('a/b', 'bytes')).status).toBe(400);
    const headers = { 'content-length': String(5 * 1024 ** 3) };
    const large = await ask(`incoming/${upload}/b`, { method: 'PUT', body: 'x', headers });
    expect(large.status).toBe(413);
    await client.project.close({ project });
    await client.project.open({ path: at('chest'), mode: 'read' });
    expect((await put('c', 'bytes')).status).toBe(403);
    expect((await ask(`incoming/${upload}`, { method: 'DELETE' })).status).toBe(403);
    expect(readdirSync(at('chest', 'incoming', upload))).toEqual(['a']);
  });

  it('go a day after nobody imported them', async () => {
    await put('a', 'bytes');
    const old = '018f2b6e-0000-7000-8000-00000000000b';
    await ask(`incoming/${old}/a`, { method: 'PUT', body: 'bytes' });
    const longAgo = new Date(Date.now() - 25 * 3600 * 1000);
    utimesSync(at('chest', 'incoming', old), longAgo, longAgo);
    await client.project.close({ project });
    await client.project.open({ path: at('chest') });
    expect(readdirSync(at('chest', 'incoming'))).toEqual([upload]);
  });

  describe('over HTTP', () => {
    let server: RunningServer;
    let token: string;
    beforeEach(async () => {
      server = await createServer({ router: engine.router, media: engine.media, port: 0 });
      token = new URL(server.url).searchParams.get('token')!;
    });
    afterEach(() => server.close());

    function send(name: string, length: number) {
      const request = httpRequest({
        ...{ host: '127.0.0.1', port: server.port, method: 'PUT' },
        path: `/media/${project}/incoming/${upload}/${name}`,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/octet-stream',
          'content-length': length,
        },
      });
      const status = new Promise<number>((resolve) => {
        request.on('response', (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        });
        request.on('error', () => resolve(0));
      });
      return { request, status };
    }

    it('stream, however large', async () => {
      const chunk = Buffer.alloc(1 << 20, 7);
      const { request, status } = send('large.zip', 24 * chunk.length);
      for (let i = 0; i < 24; i += 1) request.write(chunk);
      request.end();
      expect(await status).toBe(200);
      expect(statSync(at('chest', 'incoming', upload, 'large.zip')).size).toBe(24 * chunk.length);
    });

    it('leave nothing when the browser leaves in the middle', async () => {
      const { request } = send('half.zip', 10_000_000);
      const arrived = () =>
        existsSync(at('chest', 'incoming', upload)) && readdirSync(at('chest', 'incoming', upload)).length;
      request.write(Buffer.alloc(100_000));
      await expect.poll(arrived).toBe(1);
      request.destroy();
      await expect.poll(arrived).toBe(0);
    });

    it('are told why they are refused', async () => {
      const { request, status } = send('%0a', 3);
      request.end('abc');
      expect(await status).toBe(400);
    });
  });
});
