import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { removeRun } from '../../../api/run-actions.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { commandLine } from '../../../forms/command.ts';
import { runName } from '../run-names.ts';
import { ActionForm } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';

/** Removes a run that has ended. */
export function RemoveForm({ run, feed, onClose }: ActionProps): ReactNode {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const mutation = useMutation({
    mutationFn: () => removeRun(run.id),
    onSuccess: async () => {
      onClose();
      await queries.invalidateQueries({ queryKey: ['runs'] });
      await navigate({ to: '/runs' });
    },
  });
  return (
    <ActionForm
      title={`Remove ${runName(run)}?`}
      action="Remove the run"
      kind="danger"
      command={commandLine('runs', 'remove', run.id, '--yes')}
      mutation={mutation}
      onClose={onClose}
    >
      <p>
        {`Removed: the run, its ${formatCounted(feed.columns.total, 'step')}, their logs, metrics, artifacts and models. `}
        Values that other runs use stay until they expire. This cannot be undone.
      </p>
    </ActionForm>
  );
}
