/**
 * Files and folders as the step's code sees them. An `ArtifactFile` is recognised by its brand,
 * because every bundle has its own copy of the class.
 *
 * @module
 */
import { ArtifactFile, isArtifactFile } from '../sdk/artifact-file.ts';

/** The path of an `ArtifactFile`; undefined for anything else. */
export function artifactPath(value: unknown): string | undefined {
  return isArtifactFile(value) && typeof value.path === 'string' ? value.path : undefined;
}

/** The form in which a step receives an argument that is a file or folder. */
export const artifactFile = (path: string): ArtifactFile => new ArtifactFile(path);
