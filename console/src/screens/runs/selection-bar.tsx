import { useMutation, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { BulkOutcome } from '../../../../src/wire/bulk.ts';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { abortRuns, archiveRuns, changeTagsOfRuns, removeRuns } from '../../api/bulk.ts';
import { meQuery } from '../../api/me.ts';
import { formatCounted } from '../../format/numbers.ts';
import { commandLine } from '../../forms/command.ts';
import { useOpen } from '../../ui/app-link.tsx';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { useCommands } from '../../ui/keyboard.ts';
import { Menu } from '../../ui/menu.tsx';
import { showMessage } from '../../ui/messages.ts';
import { Name } from '../../ui/name.tsx';
import { useRefusal } from '../../ui/refusal.ts';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { runNameText } from './columns.tsx';
import { TagDialog } from './tag-dialog.tsx';

/** A request changes so many runs. */
const MAX_RUNS = 100;
const MAX_COMPARED = 100;

type Action = 'abort' | 'tag' | 'remove';

const isActive = ({ status }: RunSummary): boolean => status === 'queued' || status === 'running';

/** What can be done with the selected runs. Each change states before what it affects. */
export function SelectionBar(props: {
  readonly selected: readonly RunSummary[];
  readonly onClear: () => void;
  readonly onChanged: () => void;
  readonly onRemoved: (ids: readonly string[]) => void;
}): ReactNode {
  const { selected, onClear, onChanged, onRemoved } = props;
  const [action, setAction] = useState<Action>();
  const readOnly = useRefusal();
  const me = useQuery(meQuery()).data;
  const active = selected.filter(isActive);
  const ended = selected.filter(({ endedAt }) => endedAt !== null);
  const refusal =
    me === null
      ? 'This API is older than the console, and cannot change runs in bulk.'
      : (readOnly ??
        (selected.length > MAX_RUNS ? `A request changes at most ${MAX_RUNS} runs.` : undefined));
  const notCompared =
    selected.length < 2
      ? 'Select another run.'
      : selected.length > MAX_COMPARED
        ? `At most ${MAX_COMPARED} runs are compared.`
        : undefined;
  const open = useOpen();
  const compare = () => {
    if (notCompared !== undefined) showMessage(notCompared, 'failed');
    else open(`compare?runs=${selected.map(({ id }) => id).join(',')}`);
  };
  useCommands([
    { label: 'Compare the selected runs', group: 'Runs', keys: ['c'], run: compare },
    {
      label: 'Clear the selection',
      group: 'Runs',
      keys: ['Escape'],
      run: onClear,
      inPalette: false,
    },
  ]);
  const close = () => setAction(undefined);
  const done = (text: string) => {
    close();
    onChanged();
    showMessage(text);
  };
  const isArchived = ended.length > 0 && ended.every((run) => run.archived);
  const archive = useMutation({
    mutationFn: () =>
      archiveRuns({
        runs: ended.map(({ id }) => id),
        archived: !isArchived,
      }),
    onSuccess: (outcome) => {
      showMessage(report(outcome, selected, isArchived ? 'Unarchived' : 'Archived'));
      onChanged();
    },
    onError: (error) => showMessage(error.message, 'failed'),
  });
  return (
    <section
      aria-label="Selected runs"
      className="flex flex-wrap items-center gap-2 border-t border-line bg-raised px-4 py-2"
    >
      <span className="font-medium" role="status">
        {formatCounted(selected.length, 'run')} selected
      </span>
      <Button disabled={notCompared !== undefined} title={notCompared} onClick={compare}>
        Compare <kbd className="text-xs text-muted">C</kbd>
      </Button>
      <Button
        disabled={refusal !== undefined || active.length === 0}
        title={
          refusal ?? (active.length === 0 ? 'None of these runs is queued or running.' : undefined)
        }
        onClick={() => setAction('abort')}
      >
        Abort…
      </Button>
      <Button disabled={refusal !== undefined} title={refusal} onClick={() => setAction('tag')}>
        Tag…
      </Button>
      <Menu
        label="⋯"
        name="More actions for the selected runs"
        items={[
          {
            label: isArchived ? 'Unarchive' : 'Archive',
            disabled: refusal ?? (ended.length === 0 ? 'No run has ended.' : undefined),
            onSelect: () => archive.mutate(),
          },
          {
            label: 'Remove…',
            disabled: refusal ?? (ended.length === 0 ? 'No run has ended.' : undefined),
            onSelect: () => setAction('remove'),
          },
        ]}
      />
      <CopyButton
        text={selected.map((run) => commandLine('runs', 'show', run.id)).join('\n')}
        label="Copy as command"
      />
      <span className="flex-1" />
      <Button kind="quiet" onClick={onClear}>
        Clear <kbd className="text-xs text-muted">Esc</kbd>
      </Button>
      {action === 'abort' && (
        <BulkDialog
          title={
            active.length === 1 && active[0]
              ? `Abort ${runNameText(active[0])}?`
              : `Abort ${formatCounted(active.length, 'run')}?`
          }
          action="Abort"
          runs={active}
          change={(runs) => abortRuns({ runs: [...runs] })}
          onClose={close}
          onDone={(outcome) => done(report(outcome, selected, 'Aborting'))}
        >
          <p>
            Running steps are stopped. Results of completed steps are kept, and an aborted run can
            be resumed.
          </p>
        </BulkDialog>
      )}
      {action === 'remove' && (
        <BulkDialog
          title={
            ended.length === 1 && ended[0]
              ? `Remove ${runNameText(ended[0])}?`
              : `Remove ${formatCounted(ended.length, 'run')}?`
          }
          action="Remove"
          runs={ended}
          typed={
            ended.length === 1 && ended[0] ? runNameText(ended[0]) : `remove ${ended.length} runs`
          }
          change={(runs) => removeRuns({ runs: [...runs] })}
          onClose={close}
          onDone={(outcome) => {
            const removed = outcome.items.filter(({ problem }) => problem === null);
            onRemoved(removed.map(({ run }) => run));
            done(report(outcome, selected, 'Removed'));
          }}
        >
          <p>
            Their records, logs, artifacts and models are deleted. This cannot be undone. Results in
            the cache that other runs use are kept.
          </p>
        </BulkDialog>
      )}
      {action === 'tag' && (
        <TagDialog
          runs={selected}
          onClose={close}
          change={async (tags) => {
            const outcome = await changeTagsOfRuns({ runs: selected.map(({ id }) => id), ...tags });
            done(report(outcome, selected, 'Tagged'));
          }}
        />
      )}
    </section>
  );
}

/** What happened, as a sentence; failures are shown with their reasons. */
function report(outcome: BulkOutcome, runs: readonly RunSummary[], verb: string): string {
  const failed = outcome.items.filter(({ problem }) => problem !== null);
  for (const { run, problem } of failed.slice(0, 3)) {
    const known = runs.find(({ id }) => id === run);
    showMessage(
      `${known === undefined ? run : runNameText(known)}: ${problem?.detail ?? ''}`,
      'failed',
    );
  }
  return `${verb} ${formatCounted(outcome.items.length - failed.length, 'run')}.`;
}

function BulkDialog(props: {
  readonly title: string;
  readonly action: string;
  readonly runs: readonly RunSummary[];
  readonly typed?: string;
  readonly change: (runs: readonly RunSummary['id'][]) => Promise<BulkOutcome>;
  readonly onDone: (outcome: BulkOutcome) => void;
  readonly onClose: () => void;
  readonly children: ReactNode;
}): ReactNode {
  const { runs, change, onDone, children, ...dialog } = props;
  const mutation = useMutation({
    mutationFn: () => change(runs.map(({ id }) => id)),
    onSuccess: onDone,
  });
  return (
    <ConfirmDialog
      {...dialog}
      isBusy={mutation.isPending}
      error={mutation.error}
      onConfirm={() => mutation.mutate()}
    >
      {children}
      <ul className="max-h-40 overflow-auto rounded-sm border border-line p-2">
        {runs.map((run) => (
          <li key={run.id} className="flex items-center gap-3">
            <StatusBadge status={run.status} />
            <Name text={runNameText(run)} />
          </li>
        ))}
      </ul>
    </ConfirmDialog>
  );
}
