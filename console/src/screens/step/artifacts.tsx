import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { outputsQuery } from '../../api/outputs.ts';
import { commandLine } from '../../forms/command.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Name } from '../../ui/name.tsx';
import { listed, outputText, selectedOutput } from '../run/artifacts/listed-outputs.ts';
import { OutputButton } from '../run/artifacts/output-button.tsx';
import { PreviewView } from '../run/artifacts/preview-view.tsx';

/** The artifacts and models of a step, with a preview of the selected one. */
export default function Artifacts(props: {
  readonly run: string;
  readonly call: number;
  readonly stepName: string;
  /** As in the address. */
  readonly selected: string | undefined;
  readonly onSelect: (text: string) => void;
}): ReactNode {
  const { run, call, onSelect } = props;
  const artifacts = useInfiniteQuery(outputsQuery(run, call, 'artifacts'));
  const models = useInfiniteQuery(outputsQuery(run, call, 'models'));
  const error = artifacts.error ?? models.error;
  const outputs = [
    ...listed(artifacts.data?.pages.flatMap(({ items }) => items) ?? [], 'artifact'),
    ...listed(models.data?.pages.flatMap(({ items }) => items) ?? [], 'model'),
  ];
  const first = outputs[0];
  const text = props.selected ?? (first === undefined ? undefined : outputText(first));
  const selected = selectedOutput({ run, call }, text, outputs);
  if (error !== null)
    return (
      <div className="p-4">
        <ErrorPanel error={error} />
      </div>
    );
  if (artifacts.data === undefined || models.data === undefined)
    return <p className="p-4 text-muted">Loading the artifacts…</p>;
  if (selected === undefined)
    return (
      <EmptyState
        title="The step has stored no artifact and no model."
        command={commandLine('runs', 'show', run, props.stepName)}
      />
    );
  return (
    <div className="flex min-h-0 flex-1">
      <nav
        aria-label="Artifacts and models"
        className="w-80 shrink-0 overflow-auto border-r border-line py-2"
      >
        <ul>
          {outputs.map((output) => (
            <li key={outputText(output)}>
              <OutputButton
                output={output}
                isSelected={selected.kind === output.kind && selected.name === output.name}
                onSelect={() => onSelect(outputText(output))}
              />
            </li>
          ))}
        </ul>
        {[artifacts, models].map(
          (query, index) =>
            query.hasNextPage && (
              <Button
                key={index === 0 ? 'artifacts' : 'models'}
                className="m-3"
                disabled={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {index === 0 ? 'More artifacts' : 'More models'}
              </Button>
            ),
        )}
      </nav>
      <section className="min-w-0 flex-1 overflow-auto p-4">
        <h2 className="text-lg font-semibold">
          <Name text={selected.name} wrap />
        </h2>
        <PreviewView key={outputText(selected)} output={selected} />
      </section>
    </div>
  );
}
