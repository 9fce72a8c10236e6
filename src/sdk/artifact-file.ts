/**
 * A file or folder as a value. No Node: step bundles and the evaluator's context have it too.
 *
 * @module
 */

/** Marks an `ArtifactFile`, whichever copy of Headrace made it: recognised by this, never by `instanceof`. */
export const ARTIFACT_FILE = /* @__PURE__ */ Symbol.for('headrace.ArtifactFile');

/**
 * A file or folder that a step returns or uploads. It streams: it is never in memory as a whole. Where another step gets it as an argument, `path` is the
 * copy that this step may read.
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

export function isArtifactFile(value: unknown): value is ArtifactFile {
  return typeof value === 'object' && value !== null && ARTIFACT_FILE in value;
}
