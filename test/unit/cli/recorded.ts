/**
 * A home with recorded runs, written without an engine.
 *
 * @module
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createFileObjects, type FileObjects } from '../../../src/local/file-objects.ts';
import { openStore, type Store } from '../../../src/local/store/store.ts';
import type { RunId } from '../../../src/model/ids.ts';
import type { Run, RunHead, RunInfo } from '../../../src/model/run.ts';
import { recordedOutputs } from '../../../src/ports/reported-outputs.ts';
import type { ReportSource } from '../../../src/view/run-report.ts';
import { aCommit, aHead, anInfo } from '../../conformance/records.ts';

export interface RecordedHome {
  readonly home: string;
  readonly store: Store;
  readonly objects: FileObjects;
  readonly source: ReportSource;
  /** Writes a run with this head and content. */
  record(
    id: RunId,
    info: Partial<Omit<RunInfo, 'number'>>,
    content: Parameters<typeof aCommit>[1],
    head: Partial<RunHead>,
  ): Promise<Run>;
}

/** A home that is removed when the test ends. */
export function aHome(): RecordedHome {
  const home = mkdtempSync(join(tmpdir(), 'headrace-cli-'));
  const store = openStore(home);
  const objects = createFileObjects(home);
  onTestFinished(() => {
    store.close();
    rmSync(home, { recursive: true, force: true });
  });
  return {
    home,
    store,
    objects,
    source: {
      tasks: store.tasks,
      queries: store.queries,
      reported: recordedOutputs(store),
      objects,
    },
    async record(id, info, content, head) {
      const created = await store.tasks.createRun(anInfo(id, info), aHead(id));
      await store.tasks.commit(id, aCommit(created.head, content, head));
      const run = await store.tasks.run(id);
      if (run === undefined) throw new Error(`run ${id} was not recorded`);
      return run;
    },
  };
}
