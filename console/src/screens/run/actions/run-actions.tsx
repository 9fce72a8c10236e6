import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { RunDocument } from '../../../../../src/wire/runs.ts';
import { runBeside } from '../../../api/versions.ts';
import { commandLine } from '../../../forms/command.ts';
import type { RunFeed } from '../../../live/run-feed.ts';
import { Button } from '../../../ui/button.tsx';
import { CopyButton, copyText } from '../../../ui/copy-button.tsx';
import { useCommands } from '../../../ui/keyboard.ts';
import { showMessage } from '../../../ui/messages.ts';
import { useRefusal } from '../../../ui/refusal.ts';
import { isActive } from '../run-names.ts';
import { AbortForm } from './abort-form.tsx';
import { RemoveForm } from './remove-form.tsx';
import { RerunForm } from './rerun-form.tsx';
import { ResumeForm } from './resume-form.tsx';
import { SignalForm } from './signal-form.tsx';

type Action = 'abort' | 'resume' | 'rerun' | 'remove';

type Opened = { readonly kind: Action } | { readonly kind: 'signal'; readonly name: string };

const ACTIONS: readonly (readonly [action: Action, label: string, kind: 'plain' | 'danger'])[] = [
  ['rerun', 'Rerun…', 'plain'],
  ['resume', 'Resume…', 'plain'],
  ['abort', 'Abort…', 'danger'],
  ['remove', 'Remove…', 'danger'],
];

/** The command that shows what the page shows. */
const showCommand = (run: string, step: string | undefined): string =>
  commandLine('runs', 'show', run, ...(step === undefined ? [] : [step]));

/** The actions of a run. One that is refused states why. */
export function RunActions(props: {
  readonly run: RunDocument;
  readonly feed: RunFeed;
  readonly stepName: string | undefined;
}): ReactNode {
  const { run, feed, stepName } = props;
  const [opened, setOpened] = useState<Opened | null>(null);
  const refusal = useRefusal();
  const navigate = useNavigate({ from: '/runs/$run' });
  const { status } = run;
  const reasons: Readonly<Record<Action, string | undefined>> = {
    abort: refusal ?? (isActive(status) ? undefined : `The run is ${status}.`),
    resume:
      refusal ??
      (status === 'failed' || status === 'aborted'
        ? undefined
        : `The run is ${status}: only a failed or aborted run is resumed.`),
    rerun: refusal,
    remove: refusal ?? (isActive(status) ? `The run is ${status}: abort it first.` : undefined),
  };
  const open = (kind: Action) => () => {
    const reason = reasons[kind];
    if (reason === undefined) setOpened({ kind });
    else showMessage(reason, 'failed');
  };
  const openBeside = (direction: 1 | -1) => () =>
    void runBeside(run, direction).then(
      (id) =>
        id === undefined
          ? showMessage(`${run.pipeline} has no ${direction === 1 ? 'later' : 'earlier'} run.`)
          : navigate({ to: '/runs/$run', params: { run: id }, search: ({ tab }) => ({ tab }) }),
      (error: Error) => showMessage(error.message, 'failed'),
    );
  useCommands([
    { group: 'Run', label: 'Previous run of the pipeline', keys: ['['], run: openBeside(-1) },
    { group: 'Run', label: 'Next run of the pipeline', keys: [']'], run: openBeside(1) },
    { group: 'Run', label: 'Rerun…', keys: ['r'], run: open('rerun') },
    { group: 'Run', label: 'Resume…', run: open('resume') },
    { group: 'Run', label: 'Abort…', run: open('abort') },
    { group: 'Run', label: 'Copy the link', keys: ['y'], run: () => void copyText(location.href) },
    {
      group: 'Run',
      label: 'Copy as command',
      keys: ['Shift+Y'],
      run: () => void copyText(showCommand(run.id, stepName)),
    },
  ]);
  const form = { run, feed, onClose: () => setOpened(null) };
  return (
    <>
      <div className="flex flex-wrap items-center gap-1">
        <CopyButton label="Link" text={location.href} />
        <CopyButton text={showCommand(run.id, stepName)} />
        {run.waitsForSignals.map((name) => (
          <Button
            key={name}
            kind="primary"
            disabled={refusal !== undefined}
            title={refusal}
            onClick={() => setOpened({ kind: 'signal', name })}
          >
            {`Send ${name}…`}
          </Button>
        ))}
        {ACTIONS.map(([kind, label, style]) => (
          <Button
            key={kind}
            kind={style}
            disabled={reasons[kind] !== undefined}
            title={reasons[kind] ?? (kind === 'rerun' ? 'R' : undefined)}
            onClick={open(kind)}
          >
            {label}
          </Button>
        ))}
      </div>
      {opened?.kind === 'abort' && <AbortForm {...form} />}
      {opened?.kind === 'resume' && <ResumeForm {...form} />}
      {opened?.kind === 'rerun' && <RerunForm {...form} from={stepName} />}
      {opened?.kind === 'remove' && <RemoveForm {...form} />}
      {opened?.kind === 'signal' && <SignalForm {...form} name={opened.name} />}
    </>
  );
}
