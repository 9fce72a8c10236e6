import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import type { Rerun } from '../../../../../src/wire/runs.ts';
import { rerunRun } from '../../../api/run-actions.ts';
import { commandLine } from '../../../format/command-lines.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { firstCallNamed, type KeptWork, keptByRerun, keptByResume } from '../kept-work.ts';
import { runName } from '../run-names.ts';
import { ActionForm, FIELD_CLASS, Field } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';
import { useRequestKey } from './use-request-key.ts';

type Scope = 'all' | 'from' | 'failed';

/** Makes a new run like this one. `from`: the step that is selected first. */
export function RerunForm(props: ActionProps & { readonly from?: string | undefined }): ReactNode {
  const { run, feed, onClose } = props;
  const navigate = useNavigate();
  const [scope, setScope] = useState<Scope>(props.from === undefined ? 'all' : 'from');
  const [from, setFrom] = useState(props.from ?? '');
  const [noCache, setNoCache] = useState(false);
  const group = useId();
  const names = useId();
  const { columns } = feed;
  const firstCall = scope === 'from' ? firstCallNamed(columns, from) : undefined;
  const body: Rerun = {
    ...(scope === 'from' ? { from } : {}),
    ...(scope === 'failed' ? { keepCompleted: true } : {}),
    ...(noCache ? { noCache } : {}),
  };
  const key = useRequestKey(JSON.stringify(body));
  const mutation = useMutation({
    mutationFn: () => rerunRun(run.id, body, key),
    onSuccess: ({ id }) => {
      onClose();
      return navigate({ to: '/runs/$run', params: { run: id } });
    },
  });
  const work: KeptWork | undefined =
    scope === 'all'
      ? keptByRerun(columns, null)
      : scope === 'failed'
        ? keptByResume(columns)
        : firstCall === undefined
          ? undefined
          : keptByRerun(columns, firstCall);
  const options: readonly (readonly [Scope, string])[] = [
    ['all', 'Everything'],
    ['from', 'From a step on'],
    ['failed', 'What did not complete'],
  ];
  return (
    <ActionForm
      title={`Rerun ${runName(run)}`}
      action="Start the new run"
      command={commandLine(
        'runs',
        'rerun',
        run.id,
        ...(scope === 'from' && from !== '' ? ['--from', from] : []),
        ...(noCache ? ['--no-cache'] : []),
      )}
      mutation={mutation}
      isInvalid={work === undefined}
      onClose={onClose}
    >
      <fieldset className="flex flex-col gap-1">
        <legend className="font-medium">Execute</legend>
        {options.map(([value, label]) => (
          <label key={value} className="flex items-center gap-2">
            <input
              type="radio"
              name={group}
              checked={scope === value}
              onChange={() => setScope(value)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {scope === 'from' && (
        <Field label="The first step that runs again">
          <input
            className={FIELD_CLASS}
            list={names}
            value={from}
            required
            onChange={(event) => setFrom(event.target.value)}
          />
          <datalist id={names}>
            {columns.components.map((name) => (
              <option key={name} value={name} />
            ))}
          </datalist>
        </Field>
      )}
      <label className="flex items-center gap-2">
        <input
          type="checkbox"
          checked={noCache}
          onChange={(event) => setNoCache(event.target.checked)}
        />
        Without results of the cache
      </label>
      <p aria-live="polite">
        {work === undefined
          ? from === ''
            ? 'Name a step or a component of the run.'
            : `The run has no step ${from}.`
          : `Adopted: the results of ${formatCounted(work.kept, 'step')}. Executed: ${formatCounted(work.executed, 'step')}, by the code and the arguments of this run.`}
      </p>
    </ActionForm>
  );
}
