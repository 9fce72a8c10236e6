/**
 * The tabs of one browser that show the same run: one of them, the leader, requests changes and
 * shares the answers.
 *
 * 1. A lock of the browser selects the leader. It passes to another tab when the leader is closed,
 *    hidden or crashes.
 * 2. A message is never needed for correctness: a tab that missed one requests what it lacks.
 *
 * @module
 */
import type {
  RunChangesDocument,
  RunGraphDocument,
  RunStateDocument,
} from '../../../src/wire/run-state.ts';
import type { RunDocument } from '../../../src/wire/runs.ts';

/** What tabs send one another. */
export type TabMessage =
  /** The leader has read the run anew. */
  | {
      readonly kind: 'snapshot';
      readonly run: RunDocument;
      readonly state: RunStateDocument;
      readonly graph: readonly RunGraphDocument[];
    }
  /** Changes since `since`, with pages of the graph of calls that they added. */
  | {
      readonly kind: 'changes';
      readonly since: number;
      readonly document: RunChangesDocument;
    }
  | { readonly kind: 'graph'; readonly page: RunGraphDocument }
  /** The user has acted in a tab: the leader polls soon. */
  | { readonly kind: 'acted' }
  /** The connection of the leader is lost, or works again. */
  | { readonly kind: 'connection'; readonly isLost: boolean };

export interface TabGroup {
  /** Sends a message to all other tabs. */
  post(message: TabMessage): void;
  /** Calls `listener` with the messages of other tabs. */
  onMessage(listener: (message: TabMessage) => void): void;
  /** Runs `lead` while this tab is the leader, until the signal is aborted. */
  whileLeading(signal: AbortSignal, lead: () => Promise<void>): Promise<void>;
  close(): void;
}

/** The group of a name. Without support of the browser, each tab is a leader. */
export function openTabGroup(name: string): TabGroup {
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(name) : null;
  return {
    post: (message) => channel?.postMessage(message),
    onMessage(listener) {
      channel?.addEventListener('message', (event: MessageEvent<TabMessage>) =>
        listener(event.data),
      );
    },
    async whileLeading(signal, lead) {
      if (!('locks' in navigator)) return lead();
      try {
        await navigator.locks.request(name, { signal }, lead);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
    close: () => channel?.close(),
  };
}
