/**
 * What the API asks of runs, done by the engine of this process.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunControl } from '../../api/ports.ts';
import { ProblemError } from '../../api/problems.ts';
import { type TagChange, tagsAfter } from '../../controller/asked.ts';
import { NOTHING_ELSE } from '../../controller/heads.ts';
import { runPrefixes } from '../../controller/specs.ts';
import type { LocalEngine } from '../../engine/local.ts';
import { repeated } from '../../engine/repeat.ts';
import { isTerminal, type Run, type RunInfo } from '../../model/run.ts';
import { StaleRunError } from '../../ports/tasks.ts';
import { completeArguments } from '../../submit/arguments.ts';
import { runOf } from '../../submit/prepare.ts';
import { newRunId } from '../../submit/run-id.ts';
import type { Served } from './served.ts';

const LOOK_MILLISECONDS = 20;

export function engineControl(engine: LocalEngine, home: string, served: Served): RunControl {
  const { store, objects } = engine;

  /** Starts the run, unless it was started by the same request before. */
  const create = async (info: Omit<RunInfo, 'number'>): Promise<Run> => {
    served.add(info.id);
    const there = await store.tasks.run(info.id);
    if (there === undefined) return await engine.start(info, new Map());
    if (isTerminal(there.head.status)) served.over(info.id);
    else if (!(await store.owners.alive(info.id))) await engine.resume(info.id);
    return there;
  };

  return {
    newId: () => newRunId(),
    prepare: (version, { id, args, tags, noCache, defaultQueue }) => {
      const { content } = version;
      const tagged = { ...content.declaration, tags: [...new Set([...content.declaration.tags, ...tags])] };
      const complete = completeArguments(args, content.code.signature);
      return runOf({ ...version, content: { ...content, declaration: tagged } }, { id, args: complete, noCache, defaultQueue });
    },
    create,
    async resume({ info, head }) {
      if (!isTerminal(head.status) && (await store.owners.alive(info.id)))
        throw new ProblemError(409, `run ${info.id} is ${head.status}: it goes on by itself`);
      served.add(info.id);
      await engine.resume(info.id);
    },
    async rerun(source, { id, from, version }) {
      if (version !== null) completeArguments(source.info.args, version.content.code.signature);
      const info = repeated(source.info, version ?? undefined, Date.now(), id);
      return await create({ ...info, ...(from === null ? {} : { takeOver: { from, sameCode: version === null } }) });
    },
    abort: ({ info }, reason) => engine.abort(info.id, reason),
    async tag({ info: { id } }, change) {
      for (let told = false; ; await delay(LOOK_MILLISECONDS)) {
        const run = await store.tasks.run(id);
        if (run === undefined || tagsAfter(run.head.tags, change) === run.head.tags) return;
        // Whoever moves the run is told once; it may end before it listens, and then nobody moves it.
        if (isTerminal(run.head.status) || !(await store.owners.alive(id))) await commitTags(engine, run, change);
        else if (!told) store.inbox.post([{ kind: 'run.tags', run: id, add: [...change.add], remove: [...change.remove] }]);
        told = true;
      }
    },
    async remove({ info }) {
      // The objects first: a removal that dies here is asked for again.
      for (const prefix of runPrefixes(info)) await objects.remove(prefix);
      await rm(join(home, 'logs', info.id), { recursive: true, force: true });
      await store.removal.remove(info.id);
      served.over(info.id);
    },
  };
}

/** Of a run that nobody moves. One that changed meanwhile is looked at again. */
async function commitTags({ store }: LocalEngine, { info, head }: Run, change: TagChange): Promise<void> {
  try {
    await store.tasks.commit(info.id, { ...NOTHING_ELSE, head: { ...head, revision: head.revision + 1, tags: tagsAfter(head.tags, change) } });
  } catch (error) {
    if (!(error instanceof StaleRunError)) throw error;
  }
}
