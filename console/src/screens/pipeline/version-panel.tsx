import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { expectation } from '../../../../src/model/argument-texts.ts';
import type { VersionDocument } from '../../../../src/wire/pipelines.ts';
import { type PipelineName, versionQuery } from '../../api/pipelines.ts';
import { formatBytes } from '../../format/bytes.ts';
import { visibleText } from '../../format/visible-text.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useEscape } from '../../ui/keyboard.ts';
import { Name } from '../../ui/name.tsx';

/** One version: its parameters, components and packages. */
export function VersionPanel(props: {
  readonly pipeline: PipelineName;
  readonly version: string;
}): ReactNode {
  const { pipeline, version } = props;
  const { data, error, refetch } = useQuery(versionQuery(pipeline, version));
  const navigate = useNavigate({ from: '/pipelines/$project/$name' });
  useEscape('Pipeline', () => void navigate({ search: {} }));
  return (
    <aside
      aria-label={`Version ${version}`}
      className="w-100 shrink-0 space-y-4 overflow-auto border-l border-line bg-surface p-4"
    >
      <header className="flex items-center gap-3">
        <h2 className="grow text-lg font-semibold">{version}</h2>
        <Link
          to="/new"
          search={{ project: pipeline.project, pipeline: pipeline.pipeline, version }}
          className="text-accent underline"
        >
          New run
        </Link>
        <Link
          to="/pipelines/$project/$name"
          params={{ project: pipeline.project, name: pipeline.pipeline }}
          search={{}}
          aria-label="Close"
          className="px-1 hover:bg-raised"
        >
          ×
        </Link>
      </header>
      {data !== undefined ? (
        <VersionDetails document={data} />
      ) : error === null ? (
        <p className="text-muted">Loading …</p>
      ) : (
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      )}
    </aside>
  );
}

function VersionDetails({ document }: { readonly document: VersionDocument }): ReactNode {
  const { signature, components, defaultQueue, runnable, codeHash } = document;
  return (
    <>
      {!runnable && <p>Only its name is on record: it cannot be started.</p>}
      <dl className="grid grid-cols-[max-content_1fr] gap-x-4">
        <dt className="text-muted">Code</dt>
        <dd className="truncate font-mono" title={codeHash}>
          {codeHash.slice(0, 16)}
        </dd>
        <dt className="text-muted">Default queue</dt>
        <dd>{defaultQueue ?? 'as deployed'}</dd>
      </dl>
      <section>
        <h3 className="font-semibold">Parameters</h3>
        {signature === null || signature.parameters.length === 0 ? (
          <p className="text-muted">none</p>
        ) : (
          <ul className="space-y-1">
            {signature.parameters.map((parameter) => (
              <li key={parameter.name}>
                <Name text={parameter.name} className="font-mono" />
                <span className="font-mono text-sm text-muted">
                  {parameter.optional && parameter.defaultText === undefined ? '?' : ''}:{' '}
                  {visibleText(expectation(parameter))}
                  {parameter.defaultText === undefined
                    ? ''
                    : ` = ${visibleText(parameter.defaultText)}`}
                </span>
                {parameter.description !== undefined && (
                  <p className="text-muted">
                    <Name text={parameter.description} wrap />
                  </p>
                )}
              </li>
            ))}
          </ul>
        )}
      </section>
      <section>
        <h3 className="font-semibold">Components</h3>
        <ul className="space-y-1">
          {components.map(({ id, name, size, packages }) => (
            <li key={id}>
              <Name text={name} /> <span className="text-muted">{formatBytes(size)}</span>
              <p className="font-mono text-xs text-muted">
                <Name text={id} wrap />
              </p>
              {packages.length > 0 && (
                <p className="text-sm text-muted">
                  {packages.map((each) => `${each.name} ${each.version}`).join(', ')}
                </p>
              )}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
