import { describe, expect, it } from 'vitest';

import { openWeightFile } from '../../../../src/nn/readers/index.ts';
import type { WeightFile } from '../../../../src/nn/readers/weight-file.ts';
import { placeOf, smallWeightBytes } from '../../../support/weight-files.ts';
import { writeZip, type ZipEntry } from '../../../support/zip-files.ts';

const noHdf5 = () => Promise.reject(new Error('no HDF5 here'));
const open = (bytes: Uint8Array): Promise<WeightFile> => openWeightFile(placeOf(bytes), noHdf5);
const latin = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A file as torch.save writes it, of this pickle. */
function zipOf(pickle: string | Buffer, more: readonly ZipEntry[] = []): Buffer {
  const data = Buffer.isBuffer(pickle) ? pickle : latin(pickle);
  return writeZip([{ name: 'archive/data.pkl', data, stored: true }, ...more]);
}

/** A file as torch.save wrote it before version 1.6: this is its fourth pickle. */
function legacyOf(pickle: string): Buffer {
  const magic = latin('\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.');
  return Buffer.concat([magic, latin('\x80\x02M\xe9\x03.'), latin('\x80\x02}.'), latin(pickle), latin('].')]);
}

const text = (value: string): string => `X${String.fromCharCode(value.length)}\0\0\0${value}`;

const storage = (length: string, kind = 'FloatStorage', key = '0'): string =>
  `(${text('storage')}ctorch\n${kind}\n${text(key)}${text('cpu')}${length}tQ`;
const rebuilt = (of: string, shape: string, strides: string): string =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${of}K\0${shape}${strides}\x89}tR`;
const stateDict = (tensor: string): string => `\x80\x02}(${text('conv1.weight')}${tensor}u.`;

// Each of these runs a command when Python's own pickle opens it.
const code: Readonly<Record<string, [pickle: string, named: string]>> = {
  'a function that is called': ["cos\nsystem\n(S'touch /tmp/owned'\ntR.", 'os.system'],
  'a name of protocol 4': ['\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.', 'posix.system'],
  'a class in protocol 0': ["(S'id'\nios\nsystem\n.", 'makes an object'],
  'an object of a class': ["(cos\nsystem\nS'id'\no.", 'os.system'],
  'a new object': ['ccollections\nOrderedDict\n)\x81.', 'makes an object of collections.OrderedDict'],
  'a new object with keywords': [
    'ccollections\nOrderedDict\n)}\x92.',
    'makes an object of collections.OrderedDict',
  ],
  'a state that is set': ['ccollections\nOrderedDict\n}b.', 'sets the state of collections.OrderedDict'],
  'an extension': ['\x82\x01.', 'extension registry'],
  'a persistent id in text': ['Pos.system\n.', 'fetches a value from outside'],
  'a name within a state dict': [stateDict("cbuiltins\neval\n(S'1'\ntR"), 'builtins.eval'],
  'a name as a key': ['\x80\x02}(cbuiltins\nexec\nK\x01u.', 'builtins.exec'],
  'a storage type': [`(${text('storage')}cos\nsystem\ntQ.`, 'os.system'],
  'torch’s own loader': ["ctorch\nload\n(S'x'\ntR.", 'torch.load'],
  'a whole model': ['ctorchvision.models.resnet\nResNet\n)\x81.', 'torchvision.models.resnet.ResNet'],
  'a name that is like an allowed one': [
    'ccollections.OrderedDict\n__init__\n.',
    'collections.OrderedDict.__init__',
  ],
};

describe.each(Object.entries(code))('a pickle with %s', (_, [pickle, named]) => {
  it.each([
    ['now', zipOf(pickle)],
    ['of before 1.6', legacyOf(pickle)],
  ])('is refused by name, written %s', async (_when, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({
      code: 'badWeights',
      message: expect.stringMatching(
        new RegExp(`asks Python for .*${named.replaceAll('.', '\\.')}`),
      ) as string,
      hint: expect.stringContaining('torch.save(model.state_dict()') as string,
    });
  });
});

it('of Python by itself is named as one, and not run', async () => {
  await expect(open(latin("\x80\x02cos\nsystem\n(S'touch /tmp/owned'\ntR."))).rejects.toMatchObject({
    code: 'badWeights',
    message: expect.stringMatching(
      /is a pickle of Python and no weight file\. .* nothing of it was run\.$/,
    ) as string,
  });
});

// Python's names that are allowed must not become a way to something else.
const damaged: Readonly<Record<string, string>> = {
  'a storage that is called': 'ctorch\nFloatStorage\n(tR.',
  'a persistent id that is no storage': `${text('storage')}Q.`,
  'a storage of a text type': `(${text('storage')}${text('torch.FloatStorage')}${text('0')}${text('cpu')}K\x01tQ.`,
  'a negative length': stateDict(rebuilt(storage('J\xff\xff\xff\xff'), 'K\x01\x85', 'K\x01\x85')),
  'a tensor beyond its storage': stateDict(rebuilt(storage('K\x04'), 'K\x05\x85', 'K\x01\x85')),
  'strides beyond the storage': stateDict(rebuilt(storage('K\x04'), 'K\x02K\x02\x86', 'K\x7fK\x01\x86')),
  // Two bytes of strides would make 4 GB of values.
  'a stride of nothing': stateDict(rebuilt(storage('K\x01'), 'J\xff\xff\xff\x7f\x85', 'K\0\x85')),
  'more axes than shape': stateDict(rebuilt(storage('K\x04'), 'K\x02\x85', 'K\x01K\x01\x86')),
  'a memo that is empty': 'h\x07.',
  'a mark without an end': '(.',
  'an end without a mark': 't.',
  'items of a number': 'K\x01K\x02a.',
  'an unknown instruction': '\x7f.',
  'a protocol to come': '\x80\x09N.',
  'an instruction of protocol 5': '\x98.',
  'a number of 4 GB': '\x8b\xff\xff\xff\xff.',
};

describe.each(Object.entries(damaged))('a pickle with %s', (_, pickle) => {
  it('is damaged', async () => {
    await expect(open(zipOf(pickle))).rejects.toMatchObject({
      code: 'badWeights',
      message: expect.stringContaining('weights.pth is damaged') as string,
    });
  });
});

describe('a pickle that is long or cut off', () => {
  it.each([
    ['text of 2^63 bytes', '\x8d\xff\xff\xff\xff\xff\xff\xff\x7f'],
    ['text of 4 GB', 'X\xff\xff\xff\xff'],
    ['a line without an end', 'cos'],
    ['nothing', ''],
  ])('of %s is cut off, in a moment', async (_what, pickle) => {
    await expect(open(zipOf(pickle))).rejects.toMatchObject({
      message: expect.stringContaining('is cut off') as string,
    });
  });

  // A reader that follows nesting by calling itself runs out of stack.
  it('of a million nested lists, and of a list in itself, holds no state dict', async () => {
    const nested = Buffer.concat([Buffer.alloc(1e6, ']'), Buffer.alloc(1e6 - 1, 'a'), latin('.')]);
    for (const pickle of [nested, latin(']q\0h\0a.'), latin(']r\xff\xff\xff\xff.')])
      await expect(open(zipOf(pickle))).rejects.toMatchObject({
        message: 'weights.pth holds no state dict, but something else.',
      });
  });

  it('of 17 MB is none of a state dict', async () => {
    await expect(open(zipOf(Buffer.alloc(17e6, ']')))).rejects.toMatchObject({
      message: expect.stringContaining('no state dict needs so many') as string,
    });
  });
});

// A few hundred bytes would keep the reader busy for years, or fill the memory.
describe('a small pickle that asks for very much', () => {
  /** A list of two of a list of two …, sixty deep, in 400 bytes; as text it would have 2^60 parts. */
  const doubled = [...Array(60).keys()].map((i) => {
    const [before, own] = [String.fromCharCode(i), String.fromCharCode(i + 1)];
    return `(h${before}h${before}lq${own}0`;
  });
  const lists = `]q\x000${doubled.join('')}`;
  const orderedDict = 'ccollections\nOrderedDict\nq\x010';

  it.each([
    ['its name', `${lists}h\x3c\x8c\x01a\x93.`, 'its pickle has a name that is no text'],
    ['its module', `${lists}\x8c\x01ah\x3c\x93.`, 'its pickle has a name that is no text'],
    ['a key', `${lists}}(h\x3cK\x01u.`, 'holds no state dict, but a dictionary without names.'],
    ['a key beside names', `${lists}}(h\x3cK\x01${text('a')}Nu.`, 'but a dictionary with a.'],
  ])('as text for %s is refused in a moment', async (_what, pickle, message) => {
    await expect(open(zipOf(pickle))).rejects.toMatchObject({
      code: 'badWeights',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['dictionaries', '}'.repeat(2.1e6)],
    ['lists that are remembered', `]${'\x94'.repeat(2.1e6)}`],
    ['bytes', 'C\0'.repeat(2.1e6)],
    // 20 KB.
    ['copies of one list', `(${'K\0'.repeat(1000)}l\x85q\x000${orderedDict}${'h\x01h\x00R0'.repeat(2500)}N`],
  ])('of %s is refused', async (_what, pickle) => {
    for (const bytes of [zipOf(`${pickle}.`), legacyOf(`${pickle}.`)])
      await expect(open(bytes)).rejects.toMatchObject({
        code: 'badWeights',
        message: 'weights.pth asks for more than 2000000 values: no state dict needs so many.',
      });
  });
});

/** The same ZIP of one entry with the numbers of files above 4 GB. */
function zip64Of(zip: Buffer): Buffer {
  const end = zip.length - 22;
  const [length, offset] = [zip.readUInt32LE(end + 12), zip.readUInt32LE(end + 16)];
  const entry = Buffer.from(zip.subarray(offset, offset + length));
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(24)), 4);
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(20)), 12);
  extra.writeBigUInt64LE(BigInt(entry.readUInt32LE(42)), 20);
  for (const at of [20, 24, 42]) entry.writeUInt32LE(0xffffffff, at);
  entry.writeUInt16LE(extra.length, 30);
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(1n, 32);
  record.writeBigUInt64LE(BigInt(entry.length + extra.length), 40);
  record.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(offset + entry.length + extra.length), 8);
  const last = Buffer.from(zip.subarray(end));
  last.fill(0xff, 8, 20);
  return Buffer.concat([zip.subarray(0, offset), entry, extra, record, locator, last]);
}

describe('a file of PyTorch', () => {
  it('of more than 4 GB has its numbers elsewhere', async () => {
    const zip = zip64Of(zipOf(stateDict(rebuilt(storage('K\x04'), 'K\x04\x85', 'K\x01\x85'))));
    expect((await open(zip)).tensors).toMatchObject([{ name: 'conv1.weight', shape: [4] }]);
    await expect(open(zip.subarray(60))).rejects.toMatchObject({ code: 'badWeights' });
  });

  it('whose storage is missing or shorter says so when it is read', async () => {
    const pickle = stateDict(
      rebuilt(storage('K\x04', 'FloatStorage', '../../../etc/passwd'), 'K\x04\x85', 'K\x01\x85'),
    );
    const { tensors } = await open(zipOf(pickle));
    expect(tensors).toMatchObject([{ name: 'conv1.weight', shape: [4], type: 'float32' }]);
    await expect(tensors[0]!.read()).rejects.toMatchObject({
      message: 'weights.pth lacks the values of conv1.weight.',
    });
    const short = await open(
      zipOf(stateDict(rebuilt(storage('K\x04'), 'K\x04\x85', 'K\x01\x85')), [
        { name: 'archive/data/0', data: Buffer.alloc(12), stored: true },
      ]),
    );
    await expect(short.tensors[0]!.read()).rejects.toMatchObject({ code: 'badWeights' });
  });

  // A transposed view saved as it lies: taken in memory order it would be another matrix.
  it('is read along its strides', async () => {
    const pickle = stateDict(rebuilt(storage('K\x06'), 'K\x02K\x03\x86', 'K\x01K\x02\x86'));
    const data = Buffer.from(Float32Array.of(0, 1, 2, 3, 4, 5).buffer);
    const { tensors } = await open(zipOf(pickle, [{ name: 'archive/data/0', data, stored: true }]));
    expect([...(await tensors[0]!.read())]).toEqual([0, 2, 4, 1, 3, 5]);
  });

  it('that is a program, packed or of another byte order says so', async () => {
    const entry = (name: string, content = ''): ZipEntry => ({ name, data: latin(content), stored: true });
    await expect(open(zipOf('}.', [entry('archive/constants.pkl')]))).rejects.toMatchObject({
      message: 'weights.pth is a TorchScript program, not weights.',
    });
    await expect(open(zipOf('}.', [entry('archive/byteorder', 'big')]))).rejects.toMatchObject({
      message: 'weights.pth was written on a big-endian machine.',
    });
    const packed = writeZip([{ name: 'archive/data.pkl', data: latin('}.') }]);
    await expect(open(packed)).rejects.toMatchObject({
      message: expect.stringContaining('is packed') as string,
    });
    const lying = writeZip([
      { name: 'archive/data.pkl', data: latin('}.'), stored: true, claimedSize: 2 ** 31 },
    ]);
    await expect(open(lying)).rejects.toMatchObject({ code: 'badWeights' });
  });

  it('that is something else is named as unknown, with what is read', async () => {
    for (const bytes of [latin('}.'), latin('hello world, no weights'), Buffer.alloc(100)])
      await expect(open(bytes)).rejects.toMatchObject({
        message: 'weights.pth is no weight file that Readroom knows.',
        hint: expect.stringContaining('PyTorch (.pth, .pt), ') as string,
      });
    await expect(open(Buffer.alloc(0))).rejects.toMatchObject({ message: 'weights.pth is empty.' });
  });

  it('with single bytes altered is read or refused in a sentence', async () => {
    for (const name of ['alexnet.pth', 'alexnet-legacy.pth', 'alexnet.safetensors']) {
      const whole = smallWeightBytes(name);
      // Where the tables stand: the rest are values.
      const places = [...Array(700).keys()].map((i) => (i % 2 === 0 ? 3 * i : whole.length - 1 - 4 * i));
      for (const at of places) {
        const bytes = Buffer.from(whole);
        bytes[at] = bytes[at]! ^ (1 << (at % 8));
        const outcome = await open(bytes)
          .then(async ({ tensors }) => {
            for (const tensor of tensors) if (tensor.type !== 'whole') await tensor.read();
            return 'read';
          })
          .catch((error: unknown) => (error as { code?: string }).code ?? error);
        expect(['read', 'badWeights']).toContainEqual(outcome);
      }
    }
  });
});

describe('safetensors', () => {
  const file = (table: string, values = 8): Buffer => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(table.length));
    return Buffer.concat([head, latin(table), Buffer.alloc(values)]);
  };
  const headOf = (length: bigint): Buffer => {
    const bytes = file('{}');
    bytes.writeBigUInt64LE(length);
    return bytes;
  };
  it.each([
    ['a table that is longer than the file', file('{}').fill(200, 0, 1), 'ends inside its table'],
    ['a table of 20 MB', headOf(20_000_000n), 'describes its tensors in 20000000 bytes'],
    ['a table that is no JSON', file('{"a":'), 'is not JSON'],
    [
      'a shape of other size than its values',
      file('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}'),
      'another length',
    ],
    [
      'an unknown type',
      file('{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}'),
      'of the type F8_E4M3',
    ],
    [
      'places that are none',
      file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}'),
      'describes a wrongly',
    ],
    ['layouts of another program', file('{"__metadata__":{"format":"tf"}}'), 'saved from tf'],
  ])('with %s is refused', async (_what, bytes, message) => {
    await expect(open(bytes)).rejects.toMatchObject({
      code: 'badWeights',
      message: expect.stringContaining(message) as string,
    });
  });
  it('with values beyond the end says so when they are read', async () => {
    const { tensors } = await open(file('{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}'));
    await expect(tensors[0]!.read()).rejects.toMatchObject({
      message: expect.stringContaining('ends inside the values of a') as string,
    });
  });
});
