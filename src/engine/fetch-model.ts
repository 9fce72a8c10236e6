/**
 * The file or folder of a registered model as a copy, for a step of debug mode.
 *
 * @module
 */

import { createFileObjects } from '../local/file-objects.ts';
import { openStore } from '../local/store/store.ts';
import { type ModelVersion, parseModelReference } from '../model/model-version.ts';
import { findUsedVersion } from '../ports/model-registry.ts';
import { fetchFile } from '../runner/files.ts';

export interface ModelRequest {
  readonly home: string;
  readonly reference: string;
  /** The project of a model whose reference names none. */
  readonly project: string;
  /** The folder for the copy. */
  readonly folder: string;
}

export interface FetchedModel {
  readonly path: string;
  readonly version: ModelVersion;
}

/** The copy, or the reason why there is none. */
export async function fetchModel({
  home,
  reference: text,
  project,
  folder,
}: ModelRequest): Promise<FetchedModel | string> {
  const reference = parseModelReference(text);
  if (typeof reference === 'string') return reference;
  const store = openStore(home);
  try {
    const version = await findUsedVersion(store.models, reference, project);
    if (typeof version === 'string') return version;
    return { path: await fetchFile(createFileObjects(home), version.value, folder), version };
  } finally {
    store.close();
  }
}
