import type { UseMutationResult } from '@tanstack/react-query';
import type { FormEvent, ReactNode } from 'react';
import { visibleLines } from '../../../format/visible-lines.ts';
import { Button } from '../../../ui/button.tsx';
import { Dialog } from '../../../ui/dialog.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';

/** A dialog that states the effect of an action, and requests it. */
export function ActionForm(props: {
  readonly title: string;
  readonly action: string;
  readonly kind?: 'primary' | 'danger';
  readonly command: string;
  readonly mutation: Pick<
    UseMutationResult<unknown, Error, void>,
    'mutate' | 'isPending' | 'error'
  >;
  readonly isInvalid?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const { title, action, kind = 'primary', command, mutation, isInvalid = false } = props;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutation.mutate();
  };
  return (
    <Dialog title={title} onClose={props.onClose}>
      <form onSubmit={submit} className="flex flex-col gap-3">
        {props.children}
        <p className="text-muted">
          The same as a command:{' '}
          <code className="break-all whitespace-pre-wrap rounded-sm bg-raised px-1 font-mono text-sm text-ink">
            {visibleLines(command)}
          </code>
        </p>
        {mutation.error !== null && <ErrorPanel error={mutation.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={props.onClose}>Cancel</Button>
          <Button type="submit" kind={kind} disabled={mutation.isPending || isInvalid}>
            {mutation.isPending ? 'Requesting…' : action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export const FIELD_CLASS = 'w-full rounded-sm border border-field bg-surface px-2 py-1 text-ink';

/** A field with its label above it. */
export function Field(props: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is among the children
    <label className="flex flex-col gap-1">
      <span className="font-medium">{props.label}</span>
      {props.children}
    </label>
  );
}
