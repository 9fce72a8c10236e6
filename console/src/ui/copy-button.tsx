import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { showMessage } from './messages.ts';

/** Copies a text, and states that it did. */
export async function copyText(text: string, what = 'Copied'): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    showMessage(`${what}: ${text.length > 120 ? `${text.slice(0, 119)}…` : text}`);
  } catch {
    showMessage('The browser does not let this page copy. Select the text instead.', 'failed');
  }
}

/** A button that copies a text: a command that does the same as the page, an id, a link. */
export function CopyButton(props: {
  readonly text: string;
  readonly label?: string;
  readonly className?: string;
}): ReactNode {
  const { text, label = 'Copy as command', className = '' } = props;
  return (
    <Button kind="quiet" className={className} title={text} onClick={() => copyText(text)}>
      {label}
    </Button>
  );
}
