/**
 * Files and folders as the step's code sees them: recognised by their brand, because every bundle has a copy of the class.
 *
 * @module
 */
import { ArtifactFile, isArtifactFile } from '../sdk/artifact-file.ts';

/** The path of an `ArtifactFile`; undefined for anything else. */
export function artifactPath(value: unknown): string | undefined {
  return isArtifactFile(value) && typeof value.path === 'string' ? value.path : undefined;
}

/** What an argument that is a file or folder arrives as. */
export const artifactFile = (path: string): ArtifactFile => new ArtifactFile(path);
