/**
 * Short messages about what was done, shown for some seconds and announced to readers.
 *
 * @module
 */

export interface Message {
  readonly id: number;
  readonly text: string;
  readonly kind: 'done' | 'failed';
}

const SHOWN_MS = 6_000;

let messages: readonly Message[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function change(next: readonly Message[]): void {
  messages = next;
  for (const listener of listeners) listener();
}

/** Shows a message. */
export function showMessage(text: string, kind: Message['kind'] = 'done'): void {
  lastId++;
  const id = lastId;
  change([...messages.slice(-3), { id, text, kind }]);
  setTimeout(() => dismissMessage(id), SHOWN_MS);
}

/** Removes a message before its time. */
export const dismissMessage = (id: number): void =>
  change(messages.filter((each) => each.id !== id));

export const currentMessages = (): readonly Message[] => messages;

export function onMessages(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
