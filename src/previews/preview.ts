/**
 * Makes the preview of a value on record: of an artifact, a model or a result.
 *
 * 1. At most the requested bytes of an object are read, and a whole image up to a bound. A folder is
 *    read header by header.
 * 2. No content leads to an error: what is not what its format states is shown as text or bytes,
 *    with the reason. What a name ends with is a hint only; the bytes decide.
 * 3. Nothing is a document for a browser: HTML and SVG are text.
 *
 * @module
 */
import { imageHeader } from '../model/image-header.ts';
import type { PreviewContent } from '../model/preview.ts';
import { isStored, type Value } from '../model/value.ts';
import type { Objects } from '../ports/objects.ts';
import { PreviewBudget, type PreviewRange } from './budget.ts';
import { readCbor } from './cbor-reader.ts';
import { MalformedContentError, PreviewPathError } from './errors.ts';
import { folderEntries } from './folder-entries.ts';
import { readJson } from './json-reader.ts';
import { recordTable, separatedTable } from './tables.ts';

/** A larger image is shown by its link. */
const MAX_IMAGE_BYTES = 3_000_000;
/** A browser needs four bytes for each when it decodes one, however few bytes the image has. */
const MAX_DECODED_PIXELS = 50_000_000;
const HEX_BYTES = 256;

export interface PreviewRequest extends PreviewRange {
  /** The name of the artifact or model. */
  readonly name: string;
  /** The bytes of an object that are read. */
  readonly bytes: number;
  /** A JSON pointer; empty: the whole value. */
  readonly path: string;
}

export interface Preview {
  readonly content: PreviewContent;
  readonly truncated: boolean;
}

/**
 * @throws ObjectMissingError
 * @throws PreviewPathError if the value has no such place
 */
export async function previewOf(
  objects: Pick<Objects, 'slice'>,
  value: Value,
  request: PreviewRequest,
): Promise<Preview> {
  const budget = new PreviewBudget();
  const size = isStored(value) ? value.size : inlineBytes(value).length;
  if (isStored(value) && value.format === 'folder' && request.path === '') {
    const read = (from: number, to: number) => objects.slice(value.key, from, to);
    try {
      const content = await folderEntries(size, read, budget);
      return { content, truncated: budget.isExceeded };
    } catch (error) {
      if (!(error instanceof MalformedContentError)) throw error;
      return binaryPreview(await read(0, Math.min(size, HEX_BYTES)), size, error.message);
    }
  }
  const bytes = isStored(value)
    ? await objects.slice(value.key, 0, Math.min(size, request.bytes))
    : inlineBytes(value).subarray(0, request.bytes);
  const part = { bytes, isWhole: bytes.length >= size, size };
  const image = isStored(value) ? await imagePreview(objects, value.key, part) : undefined;
  if (image !== undefined && request.path === '') return image;
  const fileName = isStored(value) ? (value.name ?? request.name) : request.name;
  return contentPreview(part, { format: value.format, fileName }, request, budget);
}

const inlineBytes = (value: { readonly format: string; readonly text: string }): Buffer =>
  Buffer.from(value.text, value.format === 'cbor' ? 'base64' : 'utf8');

/** The start of the content. */
interface Part {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
  readonly size: number;
}

function contentPreview(
  part: Part,
  { format, fileName }: { readonly format: string; readonly fileName: string },
  request: PreviewRequest,
  budget: PreviewBudget,
): Preview {
  const extension = /\.([A-Za-z0-9]{1,10})$/.exec(fileName)?.[1]?.toLowerCase() ?? '';
  if (format === 'cbor') return valuePreview('cbor', part, request, budget);
  if (format === 'json') return valuePreview('json', part, request, budget);
  const text = textOf(part);
  if (request.path !== '' && (text === undefined || extension !== 'json'))
    throw new PreviewPathError(request.path, false);
  if (text === undefined) return binaryPreview(part.bytes, part.size, null);
  if (extension === 'json') return valuePreview('json', part, request, budget);
  if (extension === 'csv' || extension === 'tsv') {
    const table = separatedTable(text, part.isWhole, request, budget);
    if (table !== undefined)
      return { content: table, truncated: budget.isExceeded || !part.isWhole };
  }
  return textPreview(text, extension, part.isWhole);
}

/** An encoded value, or the place in it that the path names. */
function valuePreview(
  format: 'json' | 'cbor',
  part: Part,
  request: PreviewRequest,
  budget: PreviewBudget,
): Preview {
  const path = pointerKeys(request.path);
  const read = (limit: number) =>
    format === 'cbor'
      ? readCbor(part.bytes, part.isWhole, path, { ...request, limit }, budget)
      : readJson(decodedText(part), part.isWhole, path, { ...request, limit }, budget);
  let found: ReturnType<typeof read>;
  try {
    found = read(request.limit);
  } catch (error) {
    if (!(error instanceof MalformedContentError)) throw error;
    if (request.path !== '') throw new PreviewPathError(request.path, false);
    const text = format === 'json' ? textOf(part) : undefined;
    return text === undefined
      ? binaryPreview(part.bytes, part.size, error.message)
      : textPreview(text, 'json', part.isWhole);
  }
  const { isCut } = found;
  if (found.value === undefined && request.path !== '')
    throw new PreviewPathError(request.path, isCut);
  const value = found.value === undefined ? budget.omitted('value') : found.value;
  const content = recordTable(value, request.from) ?? { kind: 'json', from: request.from, value };
  return { content, truncated: budget.isExceeded || isCut };
}

/** The keys of a JSON pointer (RFC 6901). */
const pointerKeys = (pointer: string): readonly string[] =>
  pointer === ''
    ? []
    : pointer
        .slice(1)
        .split('/')
        .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const decodedText = ({ bytes, isWhole }: Part): string =>
  Buffer.from(bytes.subarray(0, isWhole ? bytes.length : wholeCharacters(bytes))).toString('utf8');

/** The content as text; undefined if it is none. */
function textOf({ bytes, isWhole }: Part): string | undefined {
  const whole = bytes.subarray(0, isWhole ? bytes.length : wholeCharacters(bytes));
  if (whole.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(whole);
  } catch {
    return undefined;
  }
}

/** The length without an incomplete UTF-8 character at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  let start = bytes.length - 1;
  while (start > bytes.length - 4 && start > 0 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  const lead = bytes[start] ?? 0;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return start + length > bytes.length ? Math.max(0, start) : bytes.length;
}

/** Names of formats that views highlight; any other text is plain. */
const LANGUAGES: ReadonlySet<string> = new Set([
  ...[
    'cjs',
    'css',
    'csv',
    'html',
    'ini',
    'js',
    'json',
    'jsonl',
    'log',
    'md',
    'mjs',
    'ndjson',
    'py',
  ],
  ...['sh', 'sql', 'svg', 'toml', 'ts', 'tsv', 'txt', 'xml', 'yaml', 'yml'],
]);
const MAX_TEXT_LENGTH = 400_000;

const textPreview = (text: string, extension: string, isWhole: boolean): Preview => ({
  content: {
    kind: 'text',
    text: text.slice(0, MAX_TEXT_LENGTH),
    language: LANGUAGES.has(extension) ? extension : 'txt',
  },
  truncated: !isWhole || text.length > MAX_TEXT_LENGTH,
});

const binaryPreview = (bytes: Uint8Array, size: number, reason: string | null): Preview => ({
  content: {
    kind: 'binary',
    hex: Buffer.from(bytes.subarray(0, HEX_BYTES)).toString('hex'),
    reason,
  },
  truncated: size > HEX_BYTES,
});

/** The image, if the bytes are those of one that browsers decode. */
async function imagePreview(
  objects: Pick<Objects, 'slice'>,
  key: string,
  { bytes, isWhole, size }: Part,
): Promise<Preview | undefined> {
  const header = imageHeader(bytes);
  if (header === undefined) return undefined;
  const isSmall = size <= MAX_IMAGE_BYTES && header.width * header.height <= MAX_DECODED_PIXELS;
  const whole = isWhole ? bytes : isSmall ? await objects.slice(key, 0, size) : undefined;
  const content: PreviewContent = {
    kind: 'image',
    mediaType: `image/${header.format}`,
    width: header.width,
    height: header.height,
    data: whole === undefined || !isSmall ? null : Buffer.from(whole).toString('base64'),
  };
  return { content, truncated: content.data === null };
}
