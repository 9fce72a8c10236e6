import { type ReactNode, useState } from 'react';
import type { RunDocument } from '../../../../../src/wire/runs.ts';
import { commandLine } from '../../../forms/command.ts';
import type { RunFeed } from '../../../live/run-feed.ts';
import { Button } from '../../../ui/button.tsx';
import { CopyButton, copyText } from '../../../ui/copy-button.tsx';
import { useCommands } from '../../../ui/keyboard.ts';
import { useRefusal } from '../../../ui/refusal.ts';
import { isActive } from '../run-names.ts';
import { AbortForm } from './abort-form.tsx';
import { RemoveForm } from './remove-form.tsx';
import { RerunForm } from './rerun-form.tsx';
import { ResumeForm } from './resume-form.tsx';
import { SignalForm } from './signal-form.tsx';

type Opened =
  | { readonly kind: 'abort' | 'resume' | 'rerun' | 'remove' }
  | { readonly kind: 'signal'; readonly name: string };

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
  const { status } = run;
  const reasons = {
    abort: refusal ?? (isActive(status) ? undefined : `The run is ${status}.`),
    resume:
      refusal ??
      (status === 'failed' || status === 'aborted'
        ? undefined
        : `The run is ${status}: only a failed or aborted run is resumed.`),
    rerun: refusal,
    remove: refusal ?? (isActive(status) ? `The run is ${status}: abort it first.` : undefined),
  };
  const open = (kind: 'abort' | 'resume' | 'rerun' | 'remove') => () => {
    if (reasons[kind] === undefined) setOpened({ kind });
  };
  useCommands([
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
        <Button
          disabled={reasons.rerun !== undefined}
          title={reasons.rerun ?? 'R'}
          onClick={open('rerun')}
        >
          Rerun…
        </Button>
        <Button
          disabled={reasons.resume !== undefined}
          title={reasons.resume}
          onClick={open('resume')}
        >
          Resume…
        </Button>
        <Button
          kind="danger"
          disabled={reasons.abort !== undefined}
          title={reasons.abort}
          onClick={open('abort')}
        >
          Abort…
        </Button>
        <Button
          kind="danger"
          disabled={reasons.remove !== undefined}
          title={reasons.remove}
          onClick={open('remove')}
        >
          Remove…
        </Button>
      </div>
      {opened?.kind === 'abort' && <AbortForm {...form} />}
      {opened?.kind === 'resume' && <ResumeForm {...form} />}
      {opened?.kind === 'rerun' && <RerunForm {...form} from={stepName} />}
      {opened?.kind === 'remove' && <RemoveForm {...form} />}
      {opened?.kind === 'signal' && <SignalForm {...form} name={opened.name} />}
    </>
  );
}
