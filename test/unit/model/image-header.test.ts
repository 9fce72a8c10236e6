import { expect, it } from 'vitest';
import { imageHeader } from '../../../src/model/image-header.ts';
import { IMAGES } from '../../images.ts';

it.each(Object.entries(IMAGES))('%s: format and size are read from the header', (name, bytes) => {
  const [format = ''] = name.split(/[ ,]/);
  expect(imageHeader(bytes)).toEqual({ format, width: 3, height: 2 });
  // Bytes in the middle of a larger buffer.
  const shifted = new Uint8Array([0, ...bytes]).subarray(1);
  expect(imageHeader(shifted)).toEqual({ format, width: 3, height: 2 });
});

it.each(Object.entries(IMAGES))('%s: no shorter text throws', (_, bytes) => {
  for (let length = 0; length < bytes.length; length += 1)
    expect(() => imageHeader(bytes.subarray(0, length))).not.toThrow();
});

it.each([
  ['no bytes', ''],
  ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>'],
  ['HTML', '<!doctype html><p>'],
  ['a JPEG without a frame', '\xff\xd8\xff\xe0\0\x02\xff\xd9'],
  ['a JPEG whose segments lead out of it', '\xff\xd8\xff\xe0\xff\xff\0\0\0\0\0\0'],
  ['a RIFF file of another kind', `RIFF\0\0\0\0WAVE${'\0'.repeat(20)}`],
])('%s is no image', (_, text) => {
  expect(imageHeader(Buffer.from(text, 'latin1'))).toBeUndefined();
});
