/**
 * A file or folder as a value. Free of Node.js, because step bundles and the evaluator's context
 * contain it, too.
 *
 * @module
 */

/**
 * Marks the `ArtifactFile`s of every copy of Headrace. They are recognised by it, never by
 * `instanceof`.
 */
export const ARTIFACT_FILE = /* @__PURE__ */ Symbol.for('headrace.ArtifactFile');

/**
 * A file or folder that a step returns or uploads. It is streamed, and never in memory as a whole.
 * If another step receives it as an argument, `path` is a copy for this step to read.
 *
 * @example
 * ```ts
 * const train = component({ returnValues: ['weights'] }, async () => {
 *   const path = join(currentStep().temporaryDirectory, 'weights.bin');
 *   await writeFile(path, weights);
 *   return new ArtifactFile(path);
 * });
 * ```
 */
export class ArtifactFile {
  readonly [ARTIFACT_FILE] = true;

  constructor(readonly path: string) {
    if (typeof path !== 'string' || path === '')
      throw new TypeError('an ArtifactFile needs the path of a file or folder');
  }
}

/** Whether the value is an `ArtifactFile` of any copy of Headrace. */
export function isArtifactFile(value: unknown): value is ArtifactFile {
  return typeof value === 'object' && value !== null && ARTIFACT_FILE in value;
}
