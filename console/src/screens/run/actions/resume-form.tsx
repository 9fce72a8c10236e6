import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { resumeRun } from '../../../api/run-actions.ts';
import { commandLine } from '../../../forms/command.ts';
import { keepPlan } from '../../../forms/keep-plan.ts';
import { plannedCalls } from '../run-counts.ts';
import { runName } from '../run-names.ts';
import { ActionForm } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';
import { PlanText } from './plan-text.tsx';

/** Resumes a failed or aborted run with its stored code. */
export function ResumeForm({ run, feed, onClose }: ActionProps): ReactNode {
  const mutation = useMutation({
    mutationFn: () => resumeRun(run.id),
    onSuccess: () => {
      feed.acted();
      onClose();
    },
  });
  const plan = keepPlan(plannedCalls(feed.columns), { kind: 'resume' });
  return (
    <ActionForm
      title={`Resume ${runName(run)}?`}
      action="Resume the run"
      command={commandLine('runs', 'resume', run.id)}
      mutation={mutation}
      onClose={onClose}
    >
      <PlanText plan={plan} keptLabel="Kept" />
      <p>
        The run continues by its stored code, with a new budget of retries. With{' '}
        <code>--file FILE</code> the command starts a new run of corrected code, which adopts the
        completed steps.
      </p>
    </ActionForm>
  );
}
