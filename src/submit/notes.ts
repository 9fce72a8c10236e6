/**
 * The lines that a person who starts a run should read before it starts.
 *
 * @module
 */
import type { CompiledPipeline } from './compile.ts';
import { containerNote } from './prepare.ts';
import { repositoryNotes, repositoryProblemNotes } from './repositories.ts';

/** For a run on this machine, whose steps are subprocesses, or run in containers. */
export const localNotes = (compiled: CompiledPipeline, containers = false): readonly string[] =>
  containers
    ? remoteNotes(compiled)
    : [
        ...[containerNote(compiled) ?? []].flat(),
        ...repositoryProblemNotes(compiled.repositories),
        ...compiled.packageNotes,
      ];

/** For a run behind an API. */
export const remoteNotes = (compiled: CompiledPipeline): readonly string[] => [
  ...repositoryNotes(compiled.repositories),
  ...compiled.packageNotes,
];
