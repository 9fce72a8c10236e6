import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { resumeRun } from '../../../api/run-actions.ts';
import { commandLine } from '../../../format/command-lines.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { keptByResume } from '../kept-work.ts';
import { runName } from '../run-names.ts';
import { ActionForm } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';

/** Resumes a failed or aborted run with its stored code. */
export function ResumeForm({ run, feed, onClose }: ActionProps): ReactNode {
  const mutation = useMutation({
    mutationFn: () => resumeRun(run.id),
    onSuccess: () => {
      feed.acted();
      onClose();
    },
  });
  const { kept, executed } = keptByResume(feed.columns);
  return (
    <ActionForm
      title={`Resume ${runName(run)}?`}
      action="Resume the run"
      command={commandLine('runs', 'resume', run.id)}
      mutation={mutation}
      onClose={onClose}
    >
      <p>
        {`Kept: the results of ${formatCounted(kept, 'completed step')}. `}
        {`Executed: ${formatCounted(executed, 'step')} that failed, ${executed === 1 ? 'was' : 'were'} aborted or skipped, or had not ended, and what follows from ${executed === 1 ? 'it' : 'them'}.`}
      </p>
      <p>
        The run continues by its stored code, with a new budget of retries. A correction of the
        source needs a rerun.
      </p>
    </ActionForm>
  );
}
