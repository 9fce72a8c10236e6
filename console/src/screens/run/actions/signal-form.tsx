import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { SendSignal } from '../../../../../src/wire/runs.ts';
import { sendSignal } from '../../../api/run-actions.ts';
import { commandLine } from '../../../forms/command.ts';
import { useRequestKey } from '../../../ui/use-request-key.ts';
import { keptText } from '../run-counts.ts';
import { ActionForm, FIELD_CLASS, Field } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';

/** Sends a signal that the logic awaits: an approval, as a rule. */
export function SignalForm(props: ActionProps & { readonly name: string }): ReactNode {
  const { run, feed, name, onClose } = props;
  const [text, setText] = useState('true');
  const key = useRequestKey(text);
  const value = parsedJson(text);
  const mutation = useMutation({
    mutationFn: () => sendSignal(run.id, name, { value: value?.value ?? null }, key),
    onSuccess: () => {
      feed.acted();
      onClose();
    },
  });
  return (
    <ActionForm
      title={`Send the signal ${name}`}
      action="Send the signal"
      command={commandLine('runs', 'signal', run.id, name, text)}
      mutation={mutation}
      isInvalid={value === undefined}
      onClose={onClose}
    >
      <p>
        All waits of the run for this signal receive the value and continue. A signal cannot be
        withdrawn. {keptText(feed.columns)}.
      </p>
      <Field label="Value (JSON)">
        <textarea
          className={`${FIELD_CLASS} font-mono`}
          rows={3}
          value={text}
          aria-invalid={value === undefined}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      {value === undefined && <p className="text-failed">This is not JSON.</p>}
    </ActionForm>
  );
}

function parsedJson(text: string): { readonly value: SendSignal['value'] } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
