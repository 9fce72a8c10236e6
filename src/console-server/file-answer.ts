/**
 * Answers a request for a file of the console.
 *
 * 1. A path that names no file is a screen, and its answer is `index.html`, which reads the path.
 *    Missing assets are 404: a page of an earlier version must not receive markup as its script.
 * 2. A browser stores an asset for ever, and `index.html` only to compare its hash.
 *
 * @module
 */
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { type ConsoleFile, type ConsoleFiles, INDEX_FILE } from './console-files.ts';

export interface FileRequest {
  /** The path below `/console/` as in the URL, still encoded. */
  readonly path: string;
  readonly acceptEncoding?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

export interface FileAnswer {
  readonly status: 200 | 304 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Uint8Array;
}

const NOTHING = new Uint8Array();
/** Smaller contents grow, or become smaller by less than a header. */
const MIN_COMPRESSED_BYTES = 1024;

export function answerFile(
  files: ConsoleFiles,
  { path, acceptEncoding = '', ifNoneMatch }: FileRequest,
): FileAnswer {
  const file = fileAt(files, path);
  if (file === undefined) return notFound();
  const encoding = encodingFor(file, acceptEncoding);
  const etag = `"${file.hash}${encoding === undefined ? '' : `-${encoding}`}"`;
  const headers = {
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag,
    vary: 'accept-encoding',
  };
  if (ifNoneMatch?.split(/\s*,\s*/).includes(etag))
    return { status: 304, headers, content: NOTHING };
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': file.contentType,
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    },
    content: encoding === undefined ? file.content : compressed(file, encoding),
  };
}

/** The file that a path selects (rule 1); undefined if there is none. */
export function fileAt(files: ConsoleFiles, path: string): ConsoleFile | undefined {
  const name = decoded(path);
  if (name === undefined) return undefined;
  const found = files.get(name);
  if (found !== undefined) return found;
  if (
    name.startsWith('assets/') ||
    name.split(/[/\\]/).some((part) => part === '..' || part === '.')
  )
    return undefined;
  return files.get(INDEX_FILE);
}

function decoded(path: string): string | undefined {
  try {
    const text = decodeURIComponent(path);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

const notFound = (): FileAnswer => ({
  status: 404,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  content: Buffer.from('the console has no such file\n'),
});

type Encoding = 'br' | 'gzip';

function encodingFor({ content }: ConsoleFile, accepted: string): Encoding | undefined {
  if (content.byteLength < MIN_COMPRESSED_BYTES) return undefined;
  const names = accepted
    .toLowerCase()
    .split(',')
    .filter((each) => !/;\s*q=0(?:\.0+)?\s*$/.test(each))
    .map((each) => each.split(';')[0]?.trim());
  return (['br', 'gzip'] as const).find((each) => names.includes(each));
}

/** Compressed contents, made at the first request for each. */
const compressedContents = new WeakMap<ConsoleFile, Map<Encoding, Buffer>>();

function compressed(file: ConsoleFile, encoding: Encoding): Buffer {
  const contents = compressedContents.get(file) ?? new Map<Encoding, Buffer>();
  compressedContents.set(file, contents);
  const content =
    contents.get(encoding) ??
    (encoding === 'gzip'
      ? gzipSync(file.content)
      : brotliCompressSync(file.content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }));
  contents.set(encoding, content);
  return content;
}
