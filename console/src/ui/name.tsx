import type { ReactNode } from 'react';
import { visibleParts, visibleText } from '../format/visible-text.ts';

/**
 * A text that a pipeline or a user wrote. Invisible characters are marks. A long one is cut at the
 * end of its place, with the whole text as title; with `wrap` it continues on the next line.
 */
export function Name(props: {
  readonly text: string;
  readonly wrap?: boolean;
  readonly className?: string;
}): ReactNode {
  const { text, wrap = false, className = '' } = props;
  const fit = wrap
    ? 'whitespace-pre-wrap wrap-anywhere'
    : 'inline-block max-w-full truncate align-bottom';
  return (
    <bdi className={`${fit} ${className}`} {...(!wrap && { title: visibleText(text) })}>
      {visibleParts(text).map((part, index) =>
        part.kind === 'text' ? (
          part.text
        ) : (
          <span
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other identity.
            key={index}
            title={part.title}
            className="mx-px rounded-sm border border-line px-0.5 font-mono text-xs text-muted"
          >
            {part.text}
          </span>
        ),
      )}
    </bdi>
  );
}
