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
    : notesOfAll(compiled, (each) => [
        ...[containerNote(each) ?? []].flat(),
        ...repositoryProblemNotes(each.repositories),
        ...each.packageNotes,
      ]);

/** For a run behind an API. */
export const remoteNotes = (compiled: CompiledPipeline): readonly string[] =>
  notesOfAll(compiled, (each) => [...repositoryNotes(each.repositories), ...each.packageNotes]);

/** The notes of the pipeline and of those that it calls, each once. */
const notesOfAll = (
  compiled: CompiledPipeline,
  notesOf: (each: CompiledPipeline) => readonly string[],
): readonly string[] => [
  ...new Set([
    ...notesOf(compiled),
    ...compiled.children.flatMap((child) => notesOfAll(child.compiled, notesOf)),
  ]),
];
