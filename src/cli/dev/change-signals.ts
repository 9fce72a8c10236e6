/**
 * When runs of a home change: by the events of the engine in this process, and, for runs that another
 * process executes, by their revisions, which are read while anyone follows them.
 *
 * @module
 */
import type { ChangeSignals } from '../../api/change-stream.ts';
import type { RunId } from '../../model/ids.ts';

const POLL_MS = 250;

export interface LocalChangeSignals extends ChangeSignals {
  /** This process changed the run. */
  changed(run: RunId): void;
  close(): void;
}

interface FollowedRun {
  readonly listeners: Set<() => void>;
  revision: number | undefined;
}

/** @param revisionOf the revision of a run; undefined if it does not exist */
export function createChangeSignals(
  revisionOf: (run: RunId) => Promise<number | undefined>,
  pollMs = POLL_MS,
): LocalChangeSignals {
  const runs = new Map<RunId, FollowedRun>();
  let timer: NodeJS.Timeout | undefined;
  const notify = ({ listeners }: FollowedRun): void => {
    for (const listener of listeners) listener();
  };
  const poll = async (): Promise<void> => {
    for (const [id, run] of runs) {
      // A store that is busy is read again at the next poll.
      const revision = await revisionOf(id).catch(() => run.revision);
      if (revision === run.revision) continue;
      run.revision = revision;
      notify(run);
    }
    schedule();
  };
  const schedule = (): void => {
    timer = runs.size === 0 ? undefined : setTimeout(() => void poll(), pollMs);
    timer?.unref();
  };
  return {
    changed(id) {
      const run = runs.get(id);
      if (run !== undefined) notify(run);
    },
    subscribe(id, listener) {
      const run: FollowedRun = runs.get(id) ?? { listeners: new Set(), revision: undefined };
      runs.set(id, run);
      run.listeners.add(listener);
      if (timer === undefined) schedule();
      return () => {
        run.listeners.delete(listener);
        if (run.listeners.size === 0 && runs.get(id) === run) runs.delete(id);
      };
    },
    close() {
      runs.clear();
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
