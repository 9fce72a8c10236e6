import { type ReactNode, useSyncExternalStore } from 'react';
import { visibleLines } from '../format/visible-lines.ts';
import { currentMessages, dismissMessage, onMessages } from './messages.ts';

/** The messages of the page, in a live region. */
export function MessageList(): ReactNode {
  const messages = useSyncExternalStore(onMessages, currentMessages);
  return (
    <div
      role="status"
      className="pointer-events-none fixed right-4 bottom-4 z-20 flex max-w-100 flex-col gap-2"
    >
      {messages.map(({ id, text, kind }) => (
        <p
          key={id}
          className={`pointer-events-auto flex items-start gap-3 rounded-md border bg-surface px-3 py-2 shadow-popover wrap-anywhere ${kind === 'failed' ? 'border-failed' : 'border-line'}`}
        >
          <span>{visibleLines(text)}</span>
          <button
            type="button"
            aria-label="Dismiss"
            className="text-muted hover:text-ink"
            onClick={() => dismissMessage(id)}
          >
            ✕
          </button>
        </p>
      ))}
    </div>
  );
}
