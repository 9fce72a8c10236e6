import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useRouter } from '@tanstack/react-router';
import { type ReactNode, useId, useMemo, useState } from 'react';
import { argumentTextOf, isRestParameter } from '../../../../src/model/argument-texts.ts';
import type { VersionDocument } from '../../../../src/wire/pipelines.ts';
import type { RunDocument, RunSummary } from '../../../../src/wire/runs.ts';
import type { Page } from '../../../../src/wire/values.ts';
import { request } from '../../api/client.ts';
import { ApiError } from '../../api/problems.ts';
import { visibleText } from '../../format/visible-text.ts';
import { commandLine, rerunCommand, startCommand } from '../../forms/command.ts';
import {
  argumentOption,
  type FormSource,
  type FormState,
  replacedArguments,
} from '../../forms/run-form.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useRefusal } from '../../ui/refusal.ts';
import { useRequestKey } from '../../ui/use-request-key.ts';
import { FieldRow } from './field-row.tsx';
import { RunOptions } from './run-options.tsx';
import type { NewRunSearch } from './search.ts';
import { requestOf, startRun } from './start-run.ts';
import { useRunForm } from './use-run-form.ts';

/** The form of one version of a pipeline. */
export function RunForm(props: {
  readonly document: VersionDocument;
  readonly versions: readonly string[];
  readonly latest: string | undefined;
  readonly earlier: RunDocument | undefined;
  readonly search: NewRunSearch;
  readonly onVersion: (version: string) => void;
}): ReactNode {
  const { document, versions, latest, earlier, search, onVersion } = props;
  const router = useRouter();
  const id = useId();
  const source = useMemo(() => sourceOf(document, earlier), [document, earlier]);
  const form = useRunForm(source, search);
  const [isSubmitted, setSubmitted] = useState(false);
  const rerunOf = search.rerun === undefined ? undefined : earlier;
  const content = {
    project: document.project,
    pipeline: document.pipeline,
    version: search.version,
    args: rerunOf === undefined ? form.state.args : replacedArguments(form.state),
    tags: search.tag ?? [],
    noCache: search.cache === '0',
    defaultQueue: search.queue,
    rerunOf: rerunOf?.id,
    step: search.step,
  };
  const key = useRequestKey(JSON.stringify(content));
  const refusal = useRefusal();
  const start = useMutation({
    mutationFn: () => startRun(requestOf(content), key),
    onSuccess: ({ id: run }) => router.navigate({ to: '/runs/$run', params: { run } }),
  });
  const submit = () => {
    setSubmitted(true);
    if (form.state.problems === 0 && !start.isPending && refusal === undefined) start.mutate();
  };
  const earlierName = earlier === undefined ? undefined : `#${earlier.number}`;
  const refused = start.error instanceof ApiError ? start.error : undefined;
  return (
    <form
      className="flex min-h-0 grow flex-col"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit();
      }}
    >
      <header className="flex flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-3">
        <title>{`New run of ${document.pipeline} · Headrace`}</title>
        <h1 className="min-w-0 break-words text-lg font-semibold">
          {rerunOf === undefined ? 'New run' : `Rerun of ${earlierName}`}
          <span className="font-normal text-muted"> {visibleText(document.project)} / </span>
          {visibleText(document.pipeline)}
        </h1>
        <span className="inline-flex items-center gap-2">
          <label htmlFor={`${id}-version`}>version</label>
          <select
            id={`${id}-version`}
            className="rounded-sm border border-field bg-surface px-2 py-1 font-mono"
            value={document.version}
            onChange={(event) => onVersion(event.target.value)}
          >
            {versions.map((version) => (
              <option key={version} value={version}>
                {version}
                {version === latest ? ' (latest)' : ''}
              </option>
            ))}
          </select>
        </span>
        <span className="grow" />
        <Button onClick={() => form.reset({ ...source, earlier: undefined })}>Defaults</Button>
        {earlier !== undefined && (
          <Button onClick={() => form.reset(source)}>Values of {earlierName}</Button>
        )}
        {earlier === undefined && <LastRunLink document={document} search={search} />}
      </header>
      <div className="min-h-0 grow space-y-4 overflow-auto p-4">
        {rerunOf !== undefined && <RerunNote step={search.step} run={rerunOf} />}
        {document.runnable ? null : (
          <p role="alert" className="text-failed">
            Only the name of this version is on record. <code>{commandLine('run', 'FILE')}</code>{' '}
            registers its code.
          </p>
        )}
        <Sections
          state={form.state}
          earlierName={earlierName}
          showsProblems={isSubmitted}
          refused={refused}
          onChange={form.set}
        />
        <fieldset className="rounded-md border border-line bg-surface">
          <legend className="ml-2 px-1 font-semibold">Run</legend>
          <RunOptions search={search} versionQueue={document.defaultQueue} />
        </fieldset>
        {start.error !== null && <ErrorPanel error={start.error} />}
      </div>
      <footer className="flex flex-wrap items-center gap-x-4 gap-y-2 border-t border-line bg-surface px-4 py-2">
        <code className="min-w-0 grow truncate text-xs text-muted" title="The same as a command">
          {visibleText(commandOf(content, source, form.state))}
        </code>
        <span aria-live="polite" className="text-muted">
          {summaryOf(form.state, earlierName)}
        </span>
        <Button
          type="submit"
          kind="primary"
          disabled={start.isPending || !document.runnable || refusal !== undefined}
          title={
            refusal ??
            (document.runnable
              ? 'Ctrl or ⌘ with Enter'
              : 'Only the name of this version is on record.')
          }
        >
          {start.isPending ? 'Starting …' : 'Start'}
        </Button>
      </footer>
    </form>
  );
}

function Sections(props: {
  readonly state: FormState;
  readonly earlierName: string | undefined;
  readonly showsProblems: boolean;
  readonly refused: ApiError | undefined;
  readonly onChange: ReturnType<typeof useRunForm>['set'];
}): ReactNode {
  const { state, earlierName, showsProblems, refused, onChange } = props;
  const sections = [...new Set(state.fields.map(({ field }) => field.section))];
  if (sections.length === 0) return <p className="text-muted">The pipeline has no parameters.</p>;
  return sections.map((section) => (
    <fieldset key={section} className="rounded-md border border-line bg-surface">
      <legend className="ml-2 px-1 font-semibold">{visibleText(section)}</legend>
      {state.fields
        .filter(({ field }) => field.section === section)
        .map((each) => {
          const { name } = each.field.parameter;
          return (
            <FieldRow
              key={name}
              state={each}
              earlierName={earlierName}
              showsProblem={showsProblems || each.draft.kind !== 'absent'}
              refusal={refused?.fieldDetail(`args.${name}`)}
              onChange={(draft) => onChange(name, draft)}
            />
          );
        })}
    </fieldset>
  ));
}

function RerunNote(props: {
  readonly step: string | undefined;
  readonly run: RunDocument;
}): ReactNode {
  const { step, run } = props;
  return (
    <p>
      {step === undefined
        ? `A new run with the code of #${run.number}. Every step is executed again; steps with a cache may come from it.`
        : `A new run that adopts what completed before the step ${visibleText(step)} of #${run.number}, and executes that step and the rest again.`}
    </p>
  );
}

/** A link that fills the form with the values of the last run of the pipeline. */
function LastRunLink(props: {
  readonly document: VersionDocument;
  readonly search: NewRunSearch;
}): ReactNode {
  const { search } = props;
  const { project, pipeline } = props.document;
  const { data } = useQuery({
    queryKey: ['runs', 'last', project, pipeline],
    queryFn: ({ signal }) =>
      request<Page<RunSummary>>('v1/runs', { query: { project, pipeline, limit: 1 }, signal }),
  });
  const last = data?.items[0];
  return (
    last !== undefined && (
      <Link
        from="/new"
        to="/new"
        search={{ ...search, project, pipeline, from: last.id }}
        className="text-accent underline"
      >
        Values of the last run, #{last.number}
      </Link>
    )
  );
}

const sourceOf = (document: VersionDocument, earlier: RunDocument | undefined): FormSource => ({
  signature: document.signature ?? { style: 'object', rest: false, parameters: [] },
  argsMap: document.declaration?.argsMap ?? {},
  earlier: earlier?.args,
});

function summaryOf(state: FormState, earlierName: string | undefined): string {
  if (state.problems > 0)
    return `${state.problems} ${state.problems === 1 ? 'value needs' : 'values need'} your attention`;
  return earlierName === undefined
    ? changes(state.changesFromDefault, 'the defaults')
    : changes(state.changesFromEarlier, earlierName);
}

const changes = (count: number, from: string): string =>
  count === 0 ? `as ${from}` : `${count} ${count === 1 ? 'change' : 'changes'} from ${from}`;

function commandOf(
  content: Parameters<typeof requestOf>[0],
  { signature }: FormSource,
  { fields }: FormState,
): string {
  const args = fields.flatMap(({ field: { parameter, section } }) => {
    const value = content.args[parameter.name];
    if (value === undefined) return [];
    const text = argumentTextOf(value, parameter, isRestParameter(signature, parameter));
    return [argumentOption(section, parameter.name, text)];
  });
  const { tags, noCache, version, rerunOf } = content;
  return rerunOf === undefined
    ? startCommand({ ...content, version, args, tags, noCache })
    : rerunCommand({ run: rerunOf, from: content.step, args, tags, noCache });
}
