import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { VersionDocument } from '../../../../../src/wire/pipelines.ts';
import { versionQuery } from '../../../api/pipelines.ts';
import { runQuery } from '../../../api/run.ts';
import { previousRunQuery } from '../../../api/versions.ts';
import { commandLine } from '../../../forms/command.ts';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { MaskedValue } from '../../../ui/masked-value.tsx';
import { Name } from '../../../ui/name.tsx';
import { runName } from '../run-names.ts';
import type { TabProps } from '../tab-props.ts';
import { type ParameterRow, parameterRows, sectionsOf } from './parameter-rows.ts';

const HEAD = 'px-2 py-1 text-left text-xs font-medium tracking-wide text-muted uppercase';
const CELL = 'px-2 py-1 align-top';

/** The arguments of a run by section, its environment and its packages. */
export function ParametersTab({ run, search, change }: TabProps): ReactNode {
  const version = useQuery(
    versionQuery({ project: run.project, pipeline: run.pipeline }, run.version),
  );
  const previous = useQuery(previousRunQuery(run));
  const otherId = search.diff ?? previous.data ?? undefined;
  const other = useQuery({ ...runQuery(otherId ?? ''), enabled: otherId !== undefined });
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const rows = parameterRows(run, version.data, other.data);
  const shown = onlyDifferences ? rows.filter(({ differs }) => differs) : rows;
  const otherName = other.data === undefined ? undefined : runName(other.data);
  return (
    <div className="min-h-0 flex-1 overflow-auto p-4">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <label className="flex items-center gap-1.5">
          Compare with run
          <input
            className="h-7 w-64 rounded-sm border border-field bg-surface px-2 font-mono text-sm"
            placeholder={previous.data ?? 'id of a run'}
            defaultValue={search.diff ?? ''}
            onBlur={(event) => change({ diff: event.target.value.trim() || undefined })}
            onKeyDown={(event) => {
              if (event.key === 'Enter')
                change({ diff: event.currentTarget.value.trim() || undefined });
            }}
          />
        </label>
        <label className="flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={onlyDifferences}
            disabled={other.data === undefined}
            onChange={(event) => setOnlyDifferences(event.target.checked)}
          />
          Only differences
        </label>
        {other.error !== null && (
          <span role="alert" className="text-failed">
            {other.error.message}
          </span>
        )}
      </div>
      {shown.length === 0 ? (
        <EmptyState
          title={
            rows.length === 0
              ? 'The pipeline has no parameters.'
              : `No argument differs from that of ${otherName ?? 'the other run'}.`
          }
          {...(rows.length === 0 && { command: commandLine('runs', 'show', run.id, '--json') })}
        />
      ) : (
        sectionsOf(shown).map(([section, list]) => (
          <ParameterTable key={section} section={section} rows={list} otherName={otherName} />
        ))
      )}
      {version.error !== null && (
        <p className="mt-4 text-muted">
          {`The types and defaults are not known: ${version.error.message}`}
        </p>
      )}
      {version.data !== undefined && <VersionFacts version={version.data} />}
    </div>
  );
}

function ParameterTable(props: {
  readonly section: string;
  readonly rows: readonly ParameterRow[];
  readonly otherName: string | undefined;
}): ReactNode {
  const { section, rows, otherName } = props;
  return (
    <table className="mb-4 w-full border-collapse">
      <caption className="pb-1 text-left font-semibold">{section}</caption>
      <thead>
        <tr className="border-b border-line">
          <th className={HEAD}>Parameter</th>
          <th className={HEAD}>Type</th>
          <th className={HEAD}>Value</th>
          <th className={HEAD}>Default</th>
          <th className={HEAD}>{otherName ?? 'Previous run'}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name} className="border-b border-line">
            <td className={CELL}>
              <Name text={row.name} wrap className="font-medium" />
              {row.description !== undefined && (
                <p className="text-muted">
                  <Name text={row.description} wrap />
                </p>
              )}
            </td>
            <td className={`${CELL} font-mono text-sm text-muted`}>
              <Name text={row.type} wrap />
            </td>
            <td className={`${CELL} ${row.isDefault ? '' : 'font-medium'}`}>
              {row.value === undefined ? (
                <span className="text-muted">default</span>
              ) : (
                <MaskedValue text={row.value} name={row.name} />
              )}
            </td>
            <td className={`${CELL} font-mono text-sm text-muted`}>
              {row.defaultText === undefined ? '–' : <Name text={row.defaultText} wrap />}
            </td>
            <td className={`${CELL} ${row.differs ? 'bg-selected' : 'text-muted'}`}>
              {row.other === undefined ? '–' : <MaskedValue text={row.other} name={row.name} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The options of the version: environment, packages, and whatever else it declares. */
function VersionFacts({ version }: { readonly version: VersionDocument }): ReactNode {
  const { environment = {}, ...options } = version.declaration ?? {};
  const variables = Object.entries(environment);
  const packages = new Map(
    version.components
      .flatMap(({ packages: list }) => list)
      .map((each) => [each.name, each.version]),
  );
  const plain = Object.entries(options).filter(
    ([name, value]) => name !== 'argsMap' && !isEmpty(value),
  );
  return (
    <>
      {variables.length > 0 && (
        <FactTable
          caption="Environment"
          rows={variables.map(([name, value]) => [
            name,
            <MaskedValue key={name} text={value} name={name} />,
          ])}
        />
      )}
      {packages.size > 0 && (
        <FactTable
          caption="Packages"
          rows={[...packages].sort().map(([name, each]) => [name, each])}
        />
      )}
      <FactTable
        caption="Pipeline"
        rows={plain.map(([name, value]) => [
          name,
          <Name key={name} text={plainText(value)} wrap />,
        ])}
      />
    </>
  );
}

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  (typeof value === 'object' && value !== null && Object.keys(value).length === 0);

const plainText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');

function FactTable(props: {
  readonly caption: string;
  readonly rows: readonly (readonly [string, ReactNode])[];
}): ReactNode {
  return (
    <table className="mb-4 border-collapse">
      <caption className="pb-1 text-left font-semibold">{props.caption}</caption>
      <tbody>
        {props.rows.map(([name, value]) => (
          <tr key={name} className="border-b border-line">
            <th scope="row" className={`${CELL} text-left font-normal text-muted`}>
              <Name text={name} wrap />
            </th>
            <td className={`${CELL} font-mono text-sm`}>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
