import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { outputsQuery, stepOutputsQuery } from '../../../api/outputs.ts';
import { formatCount } from '../../../format/numbers.ts';
import { commandLine } from '../../../forms/command.ts';
import type { RunColumns } from '../../../live/columns.ts';
import { Button } from '../../../ui/button.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Name } from '../../../ui/name.tsx';
import { isActive } from '../run-names.ts';
import { childrenOf } from '../step-panel/step-document.ts';
import { StepLink } from '../step-panel/step-sections.tsx';
import type { TabProps } from '../tab-props.ts';
import { type ListedOutput, listed, outputText, selectedOutput } from './listed-outputs.ts';
import { OutputButton } from './output-button.tsx';
import { PreviewView } from './preview-view.tsx';

const REFRESH_MS = 15_000;

/** Artifacts and models by step, with a preview of the selected one. */
export default function ArtifactsTab({ run, live, search, change }: TabProps): ReactNode {
  const { columns } = live.feed;
  const stamp = `${columns.epoch} ${run.steps.unfinished}`;
  const steps = useInfiniteQuery(stepOutputsQuery(run.id, stamp));
  const refetchInterval = isActive(run.status) ? REFRESH_MS : false;
  const artifacts = useInfiniteQuery({
    ...outputsQuery(run.id, null, 'artifacts'),
    refetchInterval,
  });
  const models = useInfiniteQuery({ ...outputsQuery(run.id, null, 'models'), refetchInterval });
  const ofRun: readonly ListedOutput[] = [
    ...(run.result === null
      ? []
      : [{ kind: 'result' as const, name: 'result', type: 'result', size: null }]),
    ...listed(artifacts.data?.pages.flatMap(({ items }) => items) ?? [], 'artifact'),
    ...listed(models.data?.pages.flatMap(({ items }) => items) ?? [], 'model'),
  ];
  const groups = [
    ...(ofRun.length === 0 ? [] : [{ call: null, title: 'the run', outputs: ofRun, more: 0 }]),
    ...(steps.data?.pages.flatMap(({ items }) => items) ?? [])
      .map((step) => {
        const outputs = [...listed(step.artifacts, 'artifact'), ...listed(step.models, 'model')];
        return {
          call: step.call,
          title: step.name,
          outputs,
          more: step.artifactCount + step.modelCount - outputs.length,
        };
      })
      .filter(({ outputs }) => outputs.length > 0),
  ];
  const owner = search.step ?? null;
  const selected = selectedOutput(
    { run: run.id, call: owner },
    search.name,
    groups.find(({ call }) => call === owner)?.outputs ?? [],
  );
  const error = steps.error ?? artifacts.error ?? models.error;
  return (
    <div className="flex min-h-0 flex-1">
      <nav
        aria-label="Artifacts and models"
        className="w-80 shrink-0 overflow-auto border-r border-line py-2"
      >
        {error !== null && (
          <div className="p-2">
            <ErrorPanel error={error} />
          </div>
        )}
        {groups.map(({ call, title, outputs, more }) => (
          <details key={call ?? 'run'} open={groups.length <= 30 || call === (search.step ?? null)}>
            <summary className="cursor-pointer truncate px-3 py-0.5 font-medium">
              <Name text={title} />
            </summary>
            <ul>
              {outputs.map((output) => (
                <li key={`${output.kind} ${output.name}`}>
                  <OutputButton
                    output={output}
                    isSelected={
                      selected?.call === call &&
                      selected.name === output.name &&
                      selected.kind === output.kind
                    }
                    onSelect={() =>
                      change({
                        step: call ?? undefined,
                        name: outputText(output),
                        attempt: undefined,
                      })
                    }
                  />
                </li>
              ))}
              {more > 0 && <li className="pl-7 text-muted">{`and ${formatCount(more)} more`}</li>}
            </ul>
          </details>
        ))}
        {steps.hasNextPage && (
          <div className="p-3">
            <Button disabled={steps.isFetchingNextPage} onClick={() => void steps.fetchNextPage()}>
              More steps
            </Button>
          </div>
        )}
      </nav>
      <section className="min-w-0 flex-1 overflow-auto p-4">
        {selected !== undefined ? (
          <>
            <h2 className="text-lg font-semibold">
              <Name text={selected.name} wrap />
            </h2>
            {selected.call !== null && (
              <Lineage run={run.id} call={selected.call} columns={columns} />
            )}
            <PreviewView
              key={`${selected.call ?? ''} ${selected.kind} ${selected.name}`}
              output={selected}
            />
          </>
        ) : (
          <EmptyState
            title={
              groups.length > 0
                ? 'Select an artifact or a model.'
                : steps.data === undefined
                  ? 'Loading the artifacts…'
                  : 'No step has stored an artifact or a model.'
            }
            {...(groups.length === 0 &&
              steps.data !== undefined && { command: commandLine('runs', 'show', run.id) })}
          />
        )}
      </section>
    </div>
  );
}

/** The step that made an output, and the steps that depend on it. */
function Lineage(props: {
  readonly run: string;
  readonly call: number;
  readonly columns: RunColumns;
}): ReactNode {
  const { run, call, columns } = props;
  if (call >= columns.known) return null;
  const users = childrenOf(columns, call);
  return (
    <p className="mb-2 flex flex-wrap gap-x-2 text-muted">
      {'Made by '}
      <StepLink run={run} call={call}>
        <Name text={columns.nameOf(call)} />
      </StepLink>
      {users.length > 0 && <span>· used by</span>}
      {users.map((user) => (
        <StepLink key={user} run={run} call={user}>
          <Name text={columns.nameOf(user)} />
        </StepLink>
      ))}
    </p>
  );
}
