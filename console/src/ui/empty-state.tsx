import type { ReactNode } from 'react';
import { visibleText } from '../format/visible-text.ts';
import { CopyButton } from './copy-button.tsx';

/** Replaces an empty list: why it is empty, and the command that fills it. */
export function EmptyState(props: {
  readonly title: string;
  readonly command?: string;
  readonly children?: ReactNode;
}): ReactNode {
  const { title, command, children } = props;
  return (
    <div className="mx-auto flex max-w-120 flex-col items-center gap-3 px-4 py-16 text-center">
      <p className="text-lg font-semibold wrap-anywhere">{visibleText(title)}</p>
      {children !== undefined && <div className="text-muted">{children}</div>}
      {command !== undefined && (
        <p className="flex max-w-full items-center gap-1 rounded-md border border-line bg-surface py-1 pr-1 pl-3">
          <code className="min-w-0 text-left wrap-anywhere">{visibleText(command)}</code>
          <CopyButton text={command} label="Copy" />
        </p>
      )}
    </div>
  );
}
