import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { abortRun } from '../../../api/run-actions.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { commandLine } from '../../../forms/command.ts';
import { keptText, statusCounts } from '../run-counts.ts';
import { runName } from '../run-names.ts';
import { ActionForm, FIELD_CLASS, Field } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';

/** Aborts a run: running steps are stopped, completed ones keep their results. */
export function AbortForm({ run, feed, onClose }: ActionProps): ReactNode {
  const [reason, setReason] = useState('');
  const mutation = useMutation({
    mutationFn: () => abortRun(run.id, reason),
    onSuccess: () => {
      feed.acted();
      onClose();
    },
  });
  const counts = statusCounts(feed.columns);
  const stopped = (counts.queued ?? 0) + (counts.running ?? 0);
  const reasonParts = reason.trim() === '' ? [] : ['--reason', reason.trim()];
  return (
    <ActionForm
      title={`Abort ${runName(run)}?`}
      action="Abort the run"
      kind="danger"
      command={commandLine('runs', 'abort', run.id, ...reasonParts)}
      mutation={mutation}
      onClose={onClose}
    >
      <p>
        {`Stopped: ${formatCounted(stopped, 'queued or running step')}. `}
        {`${keptText(feed.columns)}; `}a resume continues with them.
      </p>
      <Field label="Reason (optional)">
        <input
          className={FIELD_CLASS}
          value={reason}
          maxLength={1000}
          onChange={(event) => setReason(event.target.value)}
        />
      </Field>
    </ActionForm>
  );
}
