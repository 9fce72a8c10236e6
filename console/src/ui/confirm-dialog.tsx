import { type ReactNode, useId, useState } from 'react';
import { visibleText } from '../format/visible-text.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { ErrorPanel } from './error-panel.tsx';

/**
 * Confirms an action that changes or removes something. It names the thing and states what remains.
 * With `typed` the button works once that text was entered.
 */
export function ConfirmDialog(props: {
  readonly title: string;
  /** The verb of the button, as `Abort`. */
  readonly action: string;
  readonly kind?: 'primary' | 'danger';
  readonly typed?: string;
  readonly isBusy?: boolean;
  readonly error?: unknown;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const { title, action, kind = 'danger', typed, isBusy = false, error, children } = props;
  const [text, setText] = useState('');
  const id = useId();
  return (
    <Dialog title={title} onClose={props.onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          props.onConfirm();
        }}
      >
        <div className="space-y-3">
          {children}
          {typed !== undefined && (
            <p>
              <label htmlFor={id}>
                Type <code className="font-semibold">{visibleText(typed)}</code> to confirm
              </label>
              <input
                id={id}
                value={text}
                autoComplete="off"
                onChange={({ target }) => setText(target.value)}
                className="field mt-1 w-full"
              />
            </p>
          )}
          {error !== undefined && error !== null && <ErrorPanel error={error} />}
        </div>
        <div className="mt-4 flex justify-end gap-2">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button
            type="submit"
            kind={kind}
            disabled={isBusy || (typed !== undefined && text !== typed)}
          >
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
