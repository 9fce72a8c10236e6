/**
 * The program of a step's subprocess on a laptop: objects are files, and bundles load the project's
 * own packages.
 *
 * @module
 */
import { downloadsFolder } from '../downloads/downloads-folder.ts';
import { createFileObjects } from '../local/file-objects.ts';
import { serveAttempt } from '../runner/attempt-process.ts';

serveAttempt({
  objects: ({ home }) => createFileObjects(home),
  codeFolder: ({ codeFolder, temporaryDirectory }) => codeFolder ?? temporaryDirectory,
  downloadsFolder: () => downloadsFolder(process.env),
  materialize: async () => (await import('../bundle/materialize.ts')).materialize,
});
