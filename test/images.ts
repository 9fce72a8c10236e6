/**
 * The start of an image of 3 × 2 pixels in each format and form: as much as a reader of its size
 * needs.
 *
 * @module
 */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

export const IMAGES: Readonly<Record<string, Buffer>> = {
  png: latin1('\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x03\0\0\0\x02\x08\x02\0\0\0'),
  'gif of 1987': latin1('GIF87a\x03\0\x02\0\0\0\0;'),
  'gif of 1989': latin1('GIF89a\x03\0\x02\0\0\0\0;'),
  'jpeg with an application segment': latin1(
    '\xff\xd8\xff\xe0\0\x04AB\xff\xc4\0\x02\xff\xff\xc0\0\x11\x08\0\x02\0\x03\x03',
  ),
  'jpeg, progressive': latin1('\xff\xd8\xff\xc2\0\x11\x08\0\x02\0\x03\x03'),
  'webp, lossy': latin1('RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0\0\0\0\x9d\x01\x2a\x03\0\x02\0'),
  // Width and height minus 1, in 14 bits each.
  'webp, lossless': latin1(`RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0\x2f\x02\x40\0\0${'\0'.repeat(8)}`),
  'webp, extended': latin1('RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x02\0\0\x01\0\0'),
};
