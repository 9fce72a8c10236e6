/**
 * `uploadArtifact` in a pipeline's logic: stores values on the run.
 *
 * @module
 */
import { encode, toInline } from '../../codec/index.ts';
import { checkedName, ReportLimits } from '../report-limits.ts';
import { checkedMetadata } from '../report-metadata.ts';
import { awaitNestedLazies, containsLazies, replaceFiles } from './nested-values.ts';
import { ledger, requireRun } from './session.ts';

interface UploadOptions {
  readonly metadata?: unknown;
}

/** The uploads of this evaluation. */
const limits = new ReportLimits();

/**
 * Stores a value on the run, when all Lazies in it are settled.
 *
 * @throws UnserializableValueError, ReportError, ReportLimitError
 */
export function uploadArtifact(name: string, value: unknown, options?: UploadOptions): Upload {
  requireRun('PipelineDecorator.uploadArtifact');
  checkedName('an artifact', name);
  const checked = checkedMetadata(`artifact ${JSON.stringify(name)}`, options?.metadata);
  limits.addOutput('run', 'artifact', { name, ...checked });
  const issue = (settled: unknown): void => {
    const encoded = toInline(encode(replaceFiles(settled), 'recorded'));
    ledger.issue({
      kind: 'artifact',
      name,
      value: encoded,
      ...checked,
    });
  };
  if (containsLazies(value)) return new Upload(awaitNestedLazies(value).then(issue));
  issue(value);
  return new Upload(Promise.resolve());
}

type Handler<T, R> = ((value: T) => R | PromiseLike<R>) | null | undefined;

interface UploadFailure {
  readonly error: unknown;
}

/** The uploads that are not complete, or have failed. */
const pendingUploads = new Set<Upload>();

/** The promise that `uploadArtifact` returns. It records whether a handler is attached. */
class Upload {
  #handled = false;
  #failure: UploadFailure | undefined;
  readonly #promise: Promise<void>;

  constructor(promise: Promise<void>) {
    this.#promise = promise;
    pendingUploads.add(this);
    promise.then(
      () => pendingUploads.delete(this),
      (error: unknown) => {
        this.#failure = { error };
      },
    );
  }

  then<A = void, B = never>(
    onValue?: Handler<void, A>,
    onError?: Handler<unknown, B>,
  ): Promise<A | B> {
    this.#handled = true;
    return this.#promise.then(onValue, onError);
  }

  catch<B = never>(onError?: Handler<unknown, B>): Promise<unknown> {
    return this.then(undefined, onError);
  }

  finally(onSettled?: (() => void) | null): Promise<void> {
    this.#handled = true;
    return this.#promise.finally(onSettled);
  }

  /** Removes the upload. Returns its failure, if it failed and no handler is attached. */
  static takeFailure(upload: Upload): UploadFailure | undefined {
    if (upload.#failure === undefined) return undefined;
    pendingUploads.delete(upload);
    return upload.#handled ? undefined : upload.#failure;
  }

  /** The promise of the upload; undefined if a handler is attached. */
  static unhandledPromise(upload: Upload): Promise<void> | undefined {
    return upload.#handled ? undefined : upload.#promise;
  }
}

/** Returns the failure of an upload that the function did not wait for, each once. */
export function failedUpload(): UploadFailure | undefined {
  for (const upload of pendingUploads) {
    const failure = Upload.takeFailure(upload);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/**
 * Waits for all uploads. The pipeline's function returns only after that. If an upload without a
 * handler waits for a step that fails, the failure is the function's.
 */
export const awaitUploads = async (): Promise<void> => {
  await Promise.all([...pendingUploads].map(Upload.unhandledPromise));
};
