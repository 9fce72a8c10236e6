/**
 * Executes the API's requests for runs with the engine of this process.
 *
 * @module
 */
import type { RunControl } from '../../api/ports.ts';
import { ProblemError } from '../../api/problems.ts';
import type { LocalEngine } from '../../engine/local-engine.ts';
import { rerunInfo } from '../../engine/rerun-info.ts';
import type { RunId } from '../../model/ids.ts';
import { isTerminalRun, type Run, type RunInfo } from '../../model/run.ts';
import { completeArguments } from '../../submit/arguments.ts';
import { newRunOf } from '../../submit/prepare.ts';
import { newRunId } from '../../submit/run-id.ts';
import { changeTagsLocally, removeRunLocally } from '../record-edits.ts';
import type { ServedRuns } from './served-runs.ts';

/**
 * @param note prints a message about a run that the engine cannot continue; the run stays resumable
 */
export function createRunControl(
  engine: LocalEngine,
  home: string,
  served: ServedRuns,
  note: (line: string) => void,
): RunControl {
  const { store, objects } = engine;

  const noteFailureOf = (id: RunId): void =>
    void engine
      .waitUntilFinished(id)
      .catch((error: unknown) =>
        note(
          `run ${id} cannot continue: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );

  /** Starts the run, unless an earlier delivery of the same request started it. */
  const create = async (info: Omit<RunInfo, 'number'>): Promise<Run> => {
    served.add(info.id);
    const existing = await store.tasks.run(info.id);
    if (existing === undefined) {
      const run = await engine.start(info, new Map());
      noteFailureOf(info.id);
      return run;
    }
    if (isTerminalRun(existing.head.status)) served.remove(info.id);
    else if (!(await store.owners.isAlive(info.id))) await engine.resume(info.id);
    return existing;
  };

  return {
    newId: () => newRunId(),
    prepare: (version, { id, args, tags, noCache, defaultQueue, evaluatedBy }) => {
      const { content } = version;
      const taggedDeclaration = {
        ...content.declaration,
        tags: [...new Set([...content.declaration.tags, ...tags])],
      };
      const completeArgs = completeArguments(args, content.code.signature);
      return newRunOf(
        { ...version, content: { ...content, declaration: taggedDeclaration } },
        { id, args: completeArgs, noCache, defaultQueue, evaluatedBy },
      );
    },
    create,
    async resume({ info, head }) {
      if (!isTerminalRun(head.status) && (await store.owners.isAlive(info.id)))
        throw new ProblemError(409, `run ${info.id} is ${head.status}: it needs no resume`);
      served.add(info.id);
      await engine.resume(info.id);
      noteFailureOf(info.id);
    },
    async rerun(source, { id, from, version }) {
      if (version !== null) completeArguments(source.info.args, version.content.code.signature);
      const info = rerunInfo(source.info, version ?? undefined, Date.now(), id);
      return await create({
        ...info,
        ...(from === null ? {} : { rerunFrom: { step: from, sameCode: version === null } }),
      });
    },
    abort: ({ info }, reason) => engine.abort(info.id, reason),
    tag: ({ info }, change) => changeTagsLocally(store, info.id, change),
    async remove(run) {
      await removeRunLocally({ removal: store.removal, objects }, run, home);
      served.remove(run.info.id);
    },
  };
}
