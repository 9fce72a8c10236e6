/**
 * `uploadArtifact` in a pipeline's logic: values that are stored on the run.
 *
 * @module
 */
import { encode, toInline } from '../../codec/index.ts';
import { awaitNestedLazies, containsLazies, replaceFiles } from './nested-values.ts';
import { ledger, requireRun } from './session.ts';

interface UploadOptions {
  readonly metadata?: unknown;
}

/** Stores a value on the run, once the Lazies in it are there. @throws UnserializableValueError */
export function uploadArtifact(name: string, value: unknown, options?: UploadOptions): Upload {
  requireRun('PipelineDecorator.uploadArtifact');
  if (typeof name !== 'string' || name === '')
    throw new TypeError('uploadArtifact needs the name of the artifact as its first argument');
  const metadata = metadataOf(options);
  const issue = (settled: unknown): void => {
    const encoded = toInline(encode(replaceFiles(settled)));
    ledger.issue({
      kind: 'artifact',
      name,
      value: encoded,
      ...(metadata === undefined ? {} : { metadata }),
    });
  };
  if (containsLazies(value)) return new Upload(awaitNestedLazies(value).then(issue));
  issue(value);
  return new Upload(Promise.resolve());
}

function metadataOf(
  options: UploadOptions | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const metadata = options?.metadata;
  if (metadata === undefined) return undefined;
  const encoded = encode(metadata);
  if (encoded.format !== 'json' || !isRecord(metadata))
    throw new TypeError('the metadata of an artifact are an object of JSON values');
  const copy: unknown = JSON.parse(encoded.text);
  return isRecord(copy) ? copy : undefined;
}

type Handler<T, R> = ((value: T) => R | PromiseLike<R>) | null | undefined;

/** Uploads that are under way. */
const pendingUploads = new Set<Upload>();

/** What `uploadArtifact` returns: a promise that knows whether somebody looks after it. */
class Upload {
  #handled = false;
  readonly #promise: Promise<void>;

  constructor(promise: Promise<void>) {
    this.#promise = promise;
    pendingUploads.add(this);
    promise.then(
      () => pendingUploads.delete(this),
      () => undefined,
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

  /** The upload, unless somebody looks after it. */
  static unhandledPromise(upload: Upload): Promise<void> | undefined {
    return upload.#handled ? undefined : upload.#promise;
  }
}

/** The function does not return before what it uploads is there: the failure of a step that only an upload waits for is its own. */
export const awaitUploads = async (): Promise<void> => {
  await Promise.all([...pendingUploads].map(Upload.unhandledPromise));
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
