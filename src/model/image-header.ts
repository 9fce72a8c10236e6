/**
 * The format and the size of an image, from its first bytes. The rest of the image is not decoded.
 *
 * @module
 */

export interface ImageHeader {
  readonly format: 'png' | 'jpeg' | 'gif' | 'webp';
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Undefined if the bytes are no PNG, JPEG, GIF or WebP image. */
export function imageHeader(bytes: Uint8Array): ImageHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return pngHeader(view) ?? gifHeader(view) ?? webpHeader(view) ?? jpegHeader(view);
}

const has = (view: DataView, offset: number, text: string): boolean =>
  view.byteLength >= offset + text.length &&
  [...text].every((character, index) => view.getUint8(offset + index) === character.charCodeAt(0));

/** Eight bytes, then the chunk IHDR with width and height (RFC 2083). */
const pngHeader = (view: DataView): ImageHeader | undefined =>
  view.byteLength >= 24 && has(view, 0, '\x89PNG\r\n\x1a\n') && has(view, 12, 'IHDR')
    ? { format: 'png', width: view.getUint32(16), height: view.getUint32(20) }
    : undefined;

const gifHeader = (view: DataView): ImageHeader | undefined =>
  view.byteLength >= 10 && (has(view, 0, 'GIF87a') || has(view, 0, 'GIF89a'))
    ? { format: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true) }
    : undefined;

/** A RIFF file whose first chunk has the size in one of three forms (RFC 9649). */
function webpHeader(view: DataView): ImageHeader | undefined {
  if (view.byteLength < 30 || !has(view, 0, 'RIFF') || !has(view, 8, 'WEBP')) return undefined;
  if (has(view, 12, 'VP8X')) {
    const uint24 = (offset: number): number =>
      view.getUint16(offset, true) + view.getUint8(offset + 2) * 65_536;
    return { format: 'webp', width: uint24(24) + 1, height: uint24(27) + 1 };
  }
  if (has(view, 12, 'VP8L') && view.getUint8(20) === 0x2f) {
    const bits = view.getUint32(21, true);
    return { format: 'webp', width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
  }
  if (has(view, 12, 'VP8 ') && has(view, 23, '\x9d\x01\x2a'))
    return {
      format: 'webp',
      width: view.getUint16(26, true) & 0x3fff,
      height: view.getUint16(28, true) & 0x3fff,
    };
  return undefined;
}

/** Markers of frames, without those of tables (DHT, DAC) and JPG. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

/** Segments with their lengths until the first frame, which has the size (ITU T.81, annex B). */
function jpegHeader(view: DataView): ImageHeader | undefined {
  if (!has(view, 0, '\xff\xd8\xff')) return undefined;
  let offset = 2;
  while (offset + 9 <= view.byteLength) {
    if (view.getUint8(offset) !== 0xff) return undefined;
    const marker = view.getUint8(offset + 1);
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    if (isFrame(marker))
      return {
        format: 'jpeg',
        width: view.getUint16(offset + 7),
        height: view.getUint16(offset + 5),
      };
    const isStandalone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
    offset += isStandalone ? 2 : 2 + view.getUint16(offset + 2);
  }
  return undefined;
}
