import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { ChangeRun, RunDocument } from '../../../../src/wire/runs.ts';
import { meQuery } from '../../api/me.ts';
import { runCostQuery } from '../../api/run.ts';
import { changeRun } from '../../api/run-actions.ts';
import { previousRunQuery } from '../../api/versions.ts';
import { commandLine } from '../../forms/command.ts';
import type { RunFeed } from '../../live/run-feed.ts';
import { Button } from '../../ui/button.tsx';
import { Cost } from '../../ui/cost.tsx';
import { Lines } from '../../ui/lines.tsx';
import { useRefusal } from '../../ui/refusal.ts';
import { ActionForm, FIELD_CLASS, Field } from './actions/action-form.tsx';
import { isActive, runName } from './run-names.ts';

/** The limit of the API. */
const MAX_NOTE_LENGTH = 2_000;

/** What users do with a run beside its execution: compare it, write a note, archive it. */
export function RunExtras(props: { readonly run: RunDocument; readonly feed: RunFeed }): ReactNode {
  const { run, feed } = props;
  const refusal = useRefusal();
  const [isEditing, setEditing] = useState(false);
  const archive = useMutation({
    mutationFn: () => changeRun(run.id, { archived: !run.archived }),
    onSuccess: () => feed.acted(),
  });
  const whyNotArchived =
    refusal ?? (isActive(run.status) ? `The run is ${run.status}.` : undefined);
  return (
    <>
      <span className="flex">
        <CompareButton run={run} />
        <Button
          kind="quiet"
          disabled={refusal !== undefined}
          title={refusal}
          onClick={() => setEditing(true)}
        >
          {run.note === null ? 'Add a note…' : 'Edit the note…'}
        </Button>
        <Button
          kind="quiet"
          disabled={whyNotArchived !== undefined || archive.isPending}
          title={archive.error?.message ?? whyNotArchived ?? 'Lists leave out archived runs.'}
          onClick={() => archive.mutate()}
        >
          {run.archived ? 'Unarchive' : 'Archive'}
        </Button>
      </span>
      {isEditing && <NoteForm run={run} feed={feed} onClose={() => setEditing(false)} />}
    </>
  );
}

/** The note of a run. */
export function RunNote({ run: { note } }: { readonly run: RunDocument }): ReactNode {
  return (
    note !== null && (
      <p className="max-h-24 overflow-auto">
        <span className="text-muted">Note </span>
        <Lines text={note} />
      </p>
    )
  );
}

/** The cost of a run, requested only from a service that knows prices. */
export function RunCost({ run }: { readonly run: RunDocument }): ReactNode {
  const hasCosts = useQuery(meQuery()).data?.features.includes('costs') === true;
  const { data } = useQuery({ ...runCostQuery(run.id, isActive(run.status)), enabled: hasCosts });
  const cost = data?.cost ?? null;
  return cost !== null && <Cost cost={cost} />;
}

/** Compares the run with the one that it repeats, or with the one before it. */
function CompareButton({ run }: { readonly run: RunDocument }): ReactNode {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const compare = async () => {
    const other =
      run.rerunOf ?? (await queries.fetchQuery(previousRunQuery(run)).catch(() => null));
    await navigate({
      to: '/compare',
      search: { runs: other === null ? run.id : `${other},${run.id}` },
    });
  };
  return (
    <Button
      kind="quiet"
      title={`With ${run.rerunOf === null ? 'the run before' : 'the run that it repeats'}`}
      onClick={() => void compare()}
    >
      Compare
    </Button>
  );
}

function NoteForm(props: {
  readonly run: RunDocument;
  readonly feed: RunFeed;
  readonly onClose: () => void;
}): ReactNode {
  const { run, feed, onClose } = props;
  const [text, setText] = useState(run.note ?? '');
  const note = text.trim();
  const change: ChangeRun = { note: note === '' ? null : note };
  const mutation = useMutation({
    mutationFn: () => changeRun(run.id, change),
    onSuccess: () => {
      feed.acted();
      onClose();
    },
  });
  return (
    <ActionForm
      title={`Note of ${runName(run)}`}
      action="Save"
      command={commandLine('runs', 'note', run.id, note === '' ? '--remove' : note)}
      mutation={mutation}
      onClose={onClose}
    >
      <Field label="All users of the run see it; an empty one is removed">
        <textarea
          className={FIELD_CLASS}
          rows={5}
          maxLength={MAX_NOTE_LENGTH}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
    </ActionForm>
  );
}
