/**
 * Uploads of a step in addition to its return values: artifacts and models, on the step or on its
 * run, and plots.
 *
 * 1. An upload is recorded once its content is in the store.
 * 2. The attempt completes after all of its uploads, including those that the step does not await.
 *    An upload that fails without being awaited fails the step, as any unhandled rejection does.
 * 3. Two uploads under one name are stored as two objects.
 *
 * @module
 */
import { UnserializableValueError } from '../codec/index.ts';
import type { UploadKind } from '../model/object-layout.ts';
import { isStored } from '../model/value.ts';
import type { Clock } from '../ports/clock.ts';
import type { PlotContent } from '../sdk/plot-data.ts';
import {
  type CheckedPlot,
  checkedFramework,
  checkedName,
  ReportError,
  type ReportLimits,
} from '../sdk/report-limits.ts';
import { type CheckedMetadata, checkedMetadata } from '../sdk/report-metadata.ts';
import { UnserializableArtifactError } from '../sdk/value-errors.ts';
import { artifactPath } from './artifact-file.ts';
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
export type UploadKeyOf = (kind: UploadKind | 'plot', number: number, segment: string) => string;

export class Uploads {
  readonly #values: Values;
  readonly #reporter: Reporter;
  readonly #limits: ReportLimits;
  readonly #clock: Clock;
  readonly #keyOf: UploadKeyOf;
  readonly #pending = new Set<Promise<void>>();
  #count = 0;

  constructor(
    values: Values,
    reporter: Reporter,
    limits: ReportLimits,
    clock: Clock,
    keyOf: UploadKeyOf,
  ) {
    this.#values = values;
    this.#reporter = reporter;
    this.#limits = limits;
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

  /** @param checked the names, which are counted @param plot the content, or its error */
  plot(checked: CheckedPlot, plot: PlotContent | Promise<PlotContent>): Promise<void> {
    return this.#track(this.#uploadPlot(checked, plot));
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
    const kind = owner === 'run' ? 'runArtifact' : 'artifact';
    const key = this.#keyOf(kind, this.#count++, segment);
    const what = `artifact ${JSON.stringify(name)}`;
    const metadata = storableMetadata(what, options.metadata);
    this.#limits.checkCount(owner, 'artifact', name);
    const recorded = await this.#values.write(key, value, what);
    const record = { name, ...recorded, ...metadata, createdAt: this.#clock.now() };
    this.#limits.addOutput(owner, 'artifact', record);
    this.#reporter.report({ kind, value: record });
  }

  async #uploadModel(
    owner: UploadOwner,
    name: string,
    file: unknown,
    { framework, metadata }: ModelUpload,
  ): Promise<void> {
    const segment = keySegment(checkedName('a model', name));
    const key = this.#keyOf('model', this.#count++, segment);
    const what = `model ${JSON.stringify(name)}`;
    const path = typeof file === 'string' ? file : artifactPath(file);
    if (path === undefined)
      throw new ReportError(`${what} must be the path of a file or folder, or an ArtifactFile`);
    const checkedText = checkedFramework(what, framework);
    const checked = storableMetadata(what, metadata);
    this.#limits.checkCount(owner, 'model', name);
    const { value, size, hash } = await this.#values.writeFile(key, path, what);
    const record = {
      name,
      value,
      size,
      hash,
      ...(checkedText === undefined ? {} : { framework: checkedText }),
      ...checked,
      createdAt: this.#clock.now(),
    };
    this.#limits.addOutput(owner, 'model', record);
    this.#reporter.report({ kind: owner === 'run' ? 'runModel' : 'model', value: record });
  }

  async #uploadPlot(
    { title, series, iteration }: CheckedPlot,
    plot: PlotContent | Promise<PlotContent>,
  ): Promise<void> {
    const number = this.#count++;
    const { kind, format, width, height, bytes } = await plot;
    const at = this.#clock.now();
    const { value, size } = await this.#values.writePlot(
      this.#keyOf('plot', number, EXTENSIONS[format]),
      bytes,
      format === 'json' ? 'json' : 'bytes',
    );
    if (!isStored(value)) this.#limits.addInlinePlot(value.text);
    this.#reporter.report({
      kind: 'plot',
      value: { kind, title, series, iteration, format, width, height, size, value, at },
    });
  }
}

const EXTENSIONS: Readonly<Record<PlotContent['format'], string>> = {
  json: 'json',
  png: 'png',
  jpeg: 'jpg',
  gif: 'gif',
  webp: 'webp',
};

function storableMetadata(what: string, metadata: unknown): CheckedMetadata {
  try {
    return checkedMetadata(what, metadata);
  } catch (error) {
    if (error instanceof UnserializableValueError)
      throw new UnserializableArtifactError(`the metadata of ${what}`, error.message, error);
    throw error;
  }
}
