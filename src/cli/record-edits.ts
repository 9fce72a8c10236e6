/**
 * Changes to a home's records that need no engine: tags, notes, archiving, and the removal of a run.
 *
 * @module
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  commitHeadEdit,
  type HeadEdit,
  headAfter,
  headTransition,
} from '../controller/run/head-edits.ts';
import { type RemovalPorts, removeRun as removeRecords } from '../controller/run/run-removal.ts';
import type { Store } from '../local/store/store.ts';
import type { RunId } from '../model/ids.ts';
import { isTerminalRun, type Run } from '../model/run.ts';
import { hasReceived } from '../model/signal-ids.ts';

const RECORD_POLL_MS = 20;

/** Resolves when the run has the change. A run that a process moves is changed by that process. */
export async function editHeadLocally(
  store: Pick<Store, 'tasks' | 'owners' | 'inbox'>,
  id: RunId,
  edit: HeadEdit,
): Promise<void> {
  for (let isRequested = false; ; await delay(RECORD_POLL_MS)) {
    const run = await store.tasks.run(id);
    if (run === undefined || headAfter(run.head, edit) === undefined) return;
    // The process that moves the run receives one message; it may end before it handles the
    // message.
    if (isTerminalRun(run.head.status) || !(await store.owners.isAlive(id)))
      await commitHeadEdit(store.tasks, run, edit);
    else if (!isRequested) store.inbox.post([headTransition(id, edit)]);
    isRequested = true;
  }
}

/** How a signal was sent: the run has received it, has ended before, or receives it when it continues. */
export type SignalDelivery = 'received' | 'ended' | 'kept';

/**
 * Sends a signal to the process that moves the run, and waits until that process has recorded it. It
 * is sent again if the process ends before. Without a process, the signal is kept for the next one.
 */
export async function sendSignalLocally(
  store: Pick<Store, 'tasks' | 'owners' | 'inbox'>,
  run: RunId,
  { id, name, value }: { readonly id: string; readonly name: string; readonly value: string },
): Promise<SignalDelivery> {
  const post = (): void => store.inbox.post([{ kind: 'run.signal', run, id, name, value }]);
  for (let isPosted = false; ; await delay(RECORD_POLL_MS)) {
    const head = (await store.tasks.run(run))?.head;
    if (head === undefined) return 'ended';
    if (hasReceived(head, id)) return 'received';
    if (isTerminalRun(head.status)) return 'ended';
    if (!(await store.owners.isAlive(run))) {
      // The process may have ended after it removed the message from the inbox.
      post();
      return 'kept';
    }
    if (!isPosted) post();
    isPosted = true;
  }
}

/**
 * Removes a terminal run with its logs, and with the objects of its steps that no other run has
 * adopted.
 */
export async function removeRunLocally(
  store: RemovalPorts,
  { info }: Run,
  home: string,
): Promise<void> {
  await rm(join(home, 'logs', info.id), { recursive: true, force: true });
  await removeRecords(store, info);
}
