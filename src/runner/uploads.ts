/**
 * Uploads of a step in addition to its return values: artifacts and models, on the step or on its
 * run.
 *
 * 1. An upload is recorded once its content is in the store.
 * 2. The attempt completes after all of its uploads, including those that the step does not await.
 *    An upload that fails without being awaited fails the step, as any unhandled rejection does.
 * 3. Two uploads under one name are stored as two objects.
 *
 * @module
 */
import { encode, UnserializableValueError } from '../codec/index.ts';
import type { JsonObject } from '../model/json.ts';
import type { Clock } from '../ports/clock.ts';
import { artifactPath } from './artifact-file.ts';
import { ReportError, UnserializableArtifactError } from './errors.ts';
import { keySegment } from './key-segment.ts';
import type { Reporter } from './reporter.ts';
import type { Values } from './values.ts';

export type UploadOwner = 'step' | 'run';

export interface UploadOptions {
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
}

export interface ModelUpload extends UploadOptions {
  readonly framework?: string | undefined;
}

/** Returns the key of an upload, by its kind, its number and the key segment of its name. */
export type UploadKeyOf = (kind: 'artifacts' | 'models', number: number, segment: string) => string;

export class Uploads {
  readonly #values: Values;
  readonly #reporter: Reporter;
  readonly #clock: Clock;
  readonly #keyOf: UploadKeyOf;
  readonly #pending = new Set<Promise<void>>();
  #count = 0;

  constructor(values: Values, reporter: Reporter, clock: Clock, keyOf: UploadKeyOf) {
    this.#values = values;
    this.#reporter = reporter;
    this.#clock = clock;
    this.#keyOf = keyOf;
  }

  artifact(
    owner: UploadOwner,
    name: string,
    value: unknown,
    options: UploadOptions = {},
  ): Promise<void> {
    return this.#track(this.#uploadArtifact(owner, name, value, options));
  }

  model(owner: UploadOwner, name: string, file: unknown, options: ModelUpload = {}): Promise<void> {
    return this.#track(this.#uploadModel(owner, name, file, options));
  }

  /** Resolves when no upload is in progress. The result is false if there was none to wait for. */
  async settled(): Promise<boolean> {
    const hadUploads = this.#pending.size > 0;
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    return hadUploads;
  }

  #track(upload: Promise<void>): Promise<void> {
    const done = upload.then(
      () => undefined,
      () => undefined,
    );
    this.#pending.add(done);
    void done.then(() => this.#pending.delete(done));
    // A new promise without a handler: if the step does not await it, its rejection is unhandled.
    return upload.then();
  }

  async #uploadArtifact(
    owner: UploadOwner,
    name: string,
    value: unknown,
    options: UploadOptions,
  ): Promise<void> {
    const segment = keySegment(checkedName('an artifact', name));
    const key = this.#keyOf('artifacts', this.#count++, segment);
    const what = `artifact ${JSON.stringify(name)}`;
    const metadata = checkedMetadata(what, options.metadata);
    const recorded = await this.#values.write(key, value, what);
    this.#reporter.report({
      kind: owner === 'run' ? 'runArtifact' : 'artifact',
      value: { name, ...recorded, ...metadata, createdAt: this.#clock.now() },
    });
  }

  async #uploadModel(
    owner: UploadOwner,
    name: string,
    file: unknown,
    { framework, metadata }: ModelUpload,
  ): Promise<void> {
    const segment = keySegment(checkedName('a model', name));
    const key = this.#keyOf('models', this.#count++, segment);
    const what = `model ${JSON.stringify(name)}`;
    const path = typeof file === 'string' ? file : artifactPath(file);
    if (path === undefined)
      throw new ReportError(`${what} must be the path of a file or folder, or an ArtifactFile`);
    if (framework !== undefined && typeof framework !== 'string')
      throw new ReportError(`the framework of ${what} must be text`);
    const checked = checkedMetadata(what, metadata);
    const { value, size, hash } = await this.#values.writeFile(key, path, what);
    const record = {
      name,
      value,
      size,
      hash,
      ...(framework === undefined ? {} : { framework }),
      ...checked,
      createdAt: this.#clock.now(),
    };
    this.#reporter.report({ kind: owner === 'run' ? 'runModel' : 'model', value: record });
  }
}

const VALID_NAME = /^[^\p{Cc}\\#]{1,128}$/u;

function checkedName(what: string, name: unknown): string {
  if (typeof name === 'string' && VALID_NAME.test(name) && name.trim() !== '') return name;
  throw new ReportError(
    `${what} needs a name of 1 to 128 characters without control characters, backslashes or #, not ${String(name).slice(0, 200)}`,
  );
}

/** Metadata is displayed to users, so it must be JSON. */
function checkedMetadata(
  what: string,
  metadata: unknown,
): { readonly metadata?: Record<string, JsonObject[string]> } {
  if (metadata === undefined) return {};
  try {
    const encoded = encode(metadata);
    if (encoded.format === 'json') {
      const copy: unknown = JSON.parse(encoded.text);
      if (isJsonObject(copy)) return { metadata: { ...copy } };
    }
  } catch (error) {
    if (error instanceof UnserializableValueError)
      throw new UnserializableArtifactError(`the metadata of ${what}`, error.message, error);
    throw error;
  }
  throw new ReportError(`the metadata of ${what} must be an object of plain JSON`);
}

/** For values that were parsed from JSON text. */
const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
