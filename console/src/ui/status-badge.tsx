import type { ReactNode } from 'react';
import { statusStyle } from './statuses.ts';

/** The glyph and the word of a status. */
export function StatusBadge(props: {
  readonly status: string;
  /** Further words after that of the status, as a reason. */
  readonly children?: ReactNode;
}): ReactNode {
  const { glyph, text } = statusStyle(props.status);
  return (
    <span className={`inline-flex items-center gap-1.5 whitespace-nowrap ${text}`}>
      <span
        aria-hidden="true"
        className={`inline-block w-4 text-center ${props.status === 'running' ? 'animate-pulse' : ''}`}
      >
        {glyph}
      </span>
      {props.status}
      {props.children}
    </span>
  );
}
