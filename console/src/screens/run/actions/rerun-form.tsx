import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import type { Rerun } from '../../../../../src/wire/runs.ts';
import { rerunRun } from '../../../api/run-actions.ts';
import { rerunCommand } from '../../../forms/command.ts';
import { keepPlan, type Restart } from '../../../forms/keep-plan.ts';
import { Name } from '../../../ui/name.tsx';
import { useRequestKey } from '../../../ui/use-request-key.ts';
import { firstCallNamed, plannedCalls } from '../run-counts.ts';
import { runName } from '../run-names.ts';
import { ActionForm, FIELD_CLASS, Field } from './action-form.tsx';
import type { ActionProps } from './action-props.ts';
import { PlanText } from './plan-text.tsx';

type Scope = 'all' | 'from';

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
  const restart = restartOf(scope, firstCall);
  const plan = restart === undefined ? undefined : keepPlan(plannedCalls(columns), restart);
  const options: readonly (readonly [Scope, string])[] = [
    ['all', 'Everything'],
    ['from', 'From a step on'],
  ];
  return (
    <ActionForm
      title={`Rerun ${runName(run)}`}
      action="Start the new run"
      command={rerunCommand({
        run: run.id,
        from: scope === 'from' && from !== '' ? from : undefined,
        args: [],
        tags: [],
        noCache,
      })}
      mutation={mutation}
      isInvalid={plan === undefined}
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
      {plan === undefined ? (
        <p aria-live="polite">
          {from === '' ? (
            'Name a step or a component of the run.'
          ) : (
            <Name text={`The run has no step ${from}.`} wrap />
          )}
        </p>
      ) : (
        <PlanText plan={plan} keptLabel="Adopted" />
      )}
      <p>
        By the code and the arguments of this run.{' '}
        <Link
          to="/new"
          search={{ from: run.id, rerun: '1', step: body.from || undefined }}
          className="text-accent underline"
        >
          Change the arguments…
        </Link>
      </p>
    </ActionForm>
  );
}

function restartOf(scope: Scope, firstCall: number | undefined): Restart | undefined {
  if (scope === 'all') return { kind: 'rerun', from: undefined };
  return firstCall === undefined ? undefined : { kind: 'rerun', from: firstCall };
}
