import type { ReactNode } from 'react';
import { visibleLines } from '../format/visible-lines.ts';

/** A text of several lines that a pipeline or a user wrote, in which long lines are wrapped. */
export function Lines(props: { readonly text: string; readonly className?: string }): ReactNode {
  return (
    <bdi className={`whitespace-pre-wrap wrap-anywhere ${props.className ?? ''}`}>
      {visibleLines(props.text)}
    </bdi>
  );
}
