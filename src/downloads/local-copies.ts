/**
 * Local copies of remote files, kept in a folder and identified by their ETag.
 *
 * 1. A copy appears under its name only when it is complete: it is downloaded to a file of this
 *    process and renamed. A crashed process leaves a partial file, which the next one continues.
 * 2. A partial file belongs to one process: it is claimed by a rename, which succeeds once.
 * 3. Each use checks with the server whether the content changed (`If-None-Match`). A copy whose size is
 *    not the recorded one is downloaded again.
 * 4. Content is continued only if its ETag is the same (`If-Range`), and accepted only if it has the
 *    announced size.
 *
 * The folder of an address:
 *
 *     <folder>/<hash of the address>/latest.json           the ETag and size of the newest copy
 *                                   /<hash of the ETag>/<name>
 *                                   /<hash of the ETag>.part   a download that was interrupted
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { parseAddress, shownAddress } from './address.ts';
import { LocalCopyError } from './errors.ts';
import { type Latest, readLatest, readPartialVersion } from './notes.ts';
import { openAddress, type RemoteAddress } from './open-address.ts';

export interface LocalCopyOptions {
  /** The longest time for the whole download. Default: no limit, but one for silence. */
  readonly timeoutSeconds?: number | undefined;
  /** A larger file is refused before it is downloaded. */
  readonly maxBytes?: number | undefined;
}

export interface LocalCopiesContext {
  /** The folder of all copies. */
  readonly folder: string;
  /** Aborted when the step must stop. */
  readonly signal?: AbortSignal | undefined;
  /** A server that sends nothing for this long is given up. */
  readonly silenceMs?: number;
  /** The wait before the first further try. */
  readonly retryMs?: number;
}

const MAX_TRIES = 4;
const SILENCE_MS = 60_000;
const RETRY_MS = 500;
const MAX_NAME_BYTES = 200;

/** A failure that a further try may not have. */
class PassingFailure extends Error {}

/**
 * The path of a file with the content at the address. The file may be shared with other steps and
 * is read-only.
 *
 * @param address an http, https, s3 or file URL, or a path
 * @throws LocalCopyError
 */
export async function localCopyOf(
  address: string,
  context: LocalCopiesContext,
  { timeoutSeconds, maxBytes }: LocalCopyOptions = {},
): Promise<string> {
  const parsed = parseAddress(address);
  if (parsed.kind === 'path') return await existingPath(parsed.path);
  const shown = shownAddress(parsed.url);
  const limits = [
    ...(context.signal === undefined ? [] : [context.signal]),
    ...(timeoutSeconds === undefined ? [] : [AbortSignal.timeout(timeoutSeconds * 1000)]),
  ];
  const download = new Download(parsed, shown, context, AbortSignal.any(limits), maxBytes);
  for (let attempt = 1; ; attempt++) {
    try {
      return await download.run();
    } catch (error) {
      context.signal?.throwIfAborted();
      if (error instanceof LocalCopyError) throw error;
      const reason = limits.some(({ aborted }) => aborted)
        ? `it took longer than ${timeoutSeconds} seconds`
        : reasonOf(error);
      if (attempt === MAX_TRIES || limits.some(({ aborted }) => aborted))
        throw new LocalCopyError(shown, reason, { cause: error });
      await wait((context.retryMs ?? RETRY_MS) * 2 ** (attempt - 1));
    }
  }
}

async function existingPath(path: string): Promise<string> {
  await stat(path).catch((cause: unknown) => {
    throw new LocalCopyError(path, 'there is no such file or folder', { cause });
  });
  return path;
}

class Download {
  readonly #folder: string;
  readonly #name: string;

  constructor(
    readonly address: RemoteAddress,
    readonly shown: string,
    readonly context: LocalCopiesContext,
    readonly signal: AbortSignal,
    readonly maxBytes: number | undefined,
  ) {
    this.#folder = join(context.folder, hashOf(address.url.href).slice(0, 32));
    this.#name = nameOf(address.url);
  }

  async run(): Promise<string> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const latest = await this.#latest();
    const partial = latest === undefined ? await this.#claimPartial() : undefined;
    const silence = new Silence(this.context.silenceMs ?? SILENCE_MS, this.signal);
    try {
      const response = await openAddress(
        this.address,
        {
          ...(latest === undefined ? {} : conditionOf(latest.version)),
          ...(partial === undefined
            ? {}
            : { range: `bytes=${partial.size}-`, 'if-range': partial.version }),
        },
        silence.signal,
      );
      if (response.status === 304 && latest !== undefined) return this.#pathOf(latest);
      return await this.#receive(response, partial, silence);
    } catch (error) {
      if (silence.ended) throw new PassingFailure('the server sent nothing for too long');
      throw error;
    } finally {
      silence.stop();
      if (partial !== undefined) await rm(partial.path, { force: true });
    }
  }

  async #receive(
    response: Response,
    partial: Partial | undefined,
    silence: Silence,
  ): Promise<string> {
    const continued = response.status === 206 && partial !== undefined;
    if (response.status !== 200 && !continued) {
      await response.body?.cancel();
      throw this.#refusal(response.status);
    }
    const version = versionOf(response);
    const before = continued ? partial.size : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const announced = Number.isNaN(length) ? undefined : length + before;
    if (this.maxBytes !== undefined && (announced ?? 0) > this.maxBytes) {
      await response.body?.cancel();
      throw this.#tooLarge(announced);
    }
    const path = continued ? partial.path : join(this.#folder, `${randomUUID()}.download`);
    if (partial !== undefined && !continued) await rm(partial.path, { force: true });
    try {
      await this.#write(response, path, before, silence);
      const { size } = await stat(path);
      if (announced !== undefined && size !== announced)
        throw new PassingFailure(`it has ${announced} bytes, and ${size} arrived`);
      return await this.#publish(path, version, size);
    } catch (error) {
      await this.#keepPartial(path, version, error);
      throw error;
    }
  }

  async #write(response: Response, path: string, before: number, silence: Silence): Promise<void> {
    const { maxBytes } = this;
    let size = before;
    const tooLarge = () => this.#tooLarge(undefined);
    async function* counted(chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        silence.restart();
        size += chunk.byteLength;
        if (maxBytes !== undefined && size > maxBytes) throw tooLarge();
        yield chunk;
      }
    }
    await pipeline(
      response.body === null ? Readable.from([]) : Readable.fromWeb(response.body),
      counted,
      createWriteStream(path, { flags: 'a', mode: 0o600 }),
      { signal: silence.signal },
    );
  }

  /** Without a version, the copy is complete but never used again. */
  async #publish(path: string, version: string | undefined, size: number): Promise<string> {
    const latest: Latest = { version: version ?? randomUUID(), size, name: this.#name };
    const target = this.#pathOf(latest);
    await chmod(path, 0o400);
    await mkdir(join(target, '..'), { recursive: true, mode: 0o700 });
    await rename(path, target);
    if (version !== undefined) {
      const draft = join(this.#folder, `${randomUUID()}.json`);
      await writeFile(draft, JSON.stringify(latest), { mode: 0o600 });
      await rename(draft, join(this.#folder, 'latest.json'));
    }
    return target;
  }

  #pathOf({ version, name }: Latest): string {
    return join(this.#folder, hashOf(version).slice(0, 32), name);
  }

  /** The newest complete copy, if it still has its size. */
  async #latest(): Promise<Latest | undefined> {
    const text = await readFile(join(this.#folder, 'latest.json'), 'utf8').catch(() => undefined);
    const latest = readLatest(text);
    if (latest === undefined || latest.name !== this.#name) return undefined;
    const size = await stat(this.#pathOf(latest)).then(
      (found) => found.size,
      () => undefined,
    );
    return size === latest.size ? latest : undefined;
  }

  /** Rule 2. */
  async #claimPartial(): Promise<Partial | undefined> {
    const note = join(this.#folder, 'partial.json');
    const version = readPartialVersion(await readFile(note, 'utf8').catch(() => undefined));
    if (version === undefined) return undefined;
    const path = join(this.#folder, `${randomUUID()}.download`);
    try {
      await rename(this.#partialPath(version), path);
      const { size } = await stat(path);
      return size > 0 ? { path, size, version } : undefined;
    } catch {
      return undefined;
    }
  }

  /** Keeps what arrived, if the server can continue it. A weak ETag identifies no bytes. */
  async #keepPartial(path: string, version: string | undefined, error: unknown): Promise<void> {
    if (error instanceof LocalCopyError || version === undefined || !version.startsWith('"')) {
      await rm(path, { force: true });
      return;
    }
    const draft = join(this.#folder, `${randomUUID()}.json`);
    await writeFile(draft, JSON.stringify({ version }), { mode: 0o600 });
    await rename(draft, join(this.#folder, 'partial.json'));
    await rename(path, this.#partialPath(version)).catch(() => undefined);
  }

  readonly #partialPath = (version: string): string =>
    join(this.#folder, `${hashOf(version).slice(0, 32)}.part`);

  #refusal(status: number): Error {
    const where = this.address.kind === 's3' ? 'S3' : 'the server';
    if (status >= 500 || status === 429 || status === 408 || status === 416)
      return new PassingFailure(`${where} responded with ${status}`);
    return new LocalCopyError(
      this.shown,
      status === 404
        ? `${where} has no such file (404)`
        : status === 401 || status === 403
          ? `${where} refuses access (${status})${this.address.kind === 's3' ? ': the credentials of the step need s3:GetObject, and s3:ListBucket to see that an object is missing' : ''}`
          : `${where} responded with ${status}`,
    );
  }

  #tooLarge(size: number | undefined): LocalCopyError {
    return new LocalCopyError(
      this.shown,
      `it has ${size === undefined ? 'more' : `${size} bytes, more`} than maxBytes (${this.maxBytes})`,
    );
  }
}

interface Partial {
  readonly path: string;
  readonly size: number;
  readonly version: string;
}

/** Aborts a request when nothing arrives for a time. */
class Silence {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(limitMs: number, parent: AbortSignal) {
    this.signal = AbortSignal.any([parent, this.#controller.signal]);
    this.#timer = setTimeout(() => this.#controller.abort(), limitMs);
  }

  get ended(): boolean {
    return this.#controller.signal.aborted;
  }

  restart(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** The strong or weak ETag, else the time of the last change; undefined if there is neither. */
const versionOf = ({ headers }: Response): string | undefined =>
  headers.get('etag') ?? headers.get('last-modified') ?? undefined;

const conditionOf = (version: string): Readonly<Record<string, string>> =>
  /^(?:W\/)?"/.test(version) ? { 'if-none-match': version } : { 'if-modified-since': version };

function nameOf(url: URL): string {
  const last = posix.basename(url.pathname);
  let name = last;
  try {
    name = decodeURIComponent(last);
  } catch {
    // A malformed escape stays as it is.
  }
  const safe = name.replace(/[\0/\\]/g, '_');
  return safe === '' || safe === '.' || safe === '..' || Buffer.byteLength(safe) > MAX_NAME_BYTES
    ? 'file'
    : safe;
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The reason of a failure; `fetch` has it in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
