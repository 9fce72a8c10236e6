import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../../api/problems.ts';
import { stepCodeQuery } from '../../api/steps.ts';
import { formatBytes } from '../../format/bytes.ts';
import { numberedLines } from '../../format/code-text.ts';
import { visibleText } from '../../format/visible-text.ts';
import { CopyButton } from '../../ui/copy-button.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { Name } from '../../ui/name.tsx';

/** The lines of the source that a step executed; its bundle if they are not on record. */
export default function Code(props: { readonly run: string; readonly call: number }): ReactNode {
  const { data, error } = useQuery(stepCodeQuery(props.run, props.call));
  if (error instanceof ApiError && error.status === 404)
    return <p className="p-4 text-muted">{visibleText(error.message)}</p>;
  if (error !== null)
    return (
      <div className="p-4">
        <ErrorPanel error={error} />
      </div>
    );
  if (data === undefined) return <p className="p-4 text-muted">Loading the code…</p>;
  const { sources, bundle } = data;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3 px-4 pt-3 text-muted">
        <span className="font-mono text-ink">
          <Name text={data.id} wrap />
        </span>
        <span>{`bundle of ${formatBytes(data.size)}`}</span>
        <CopyButton label="Hash" text={data.hash} />
      </p>
      {sources.map(({ file, parts }) => (
        <section key={file} aria-label={file} className="px-4 pt-3">
          <h2 className="font-semibold">
            <Name text={file} wrap />
          </h2>
          {parts.map(({ line, text }) => (
            <CodeLines key={line} label={`${file}, from line ${line}`} first={line} text={text} />
          ))}
        </section>
      ))}
      {sources.length === 0 && (
        <section aria-label="The bundle" className="px-4 pt-3">
          <p className="text-muted">
            The lines of the source are not on record.
            {bundle === null && ' The bundle is too large to be shown here.'}
          </p>
          {bundle !== null && <CodeLines label="The bundle" first={1} text={bundle} />}
        </section>
      )}
    </>
  );
}

function CodeLines(props: {
  readonly label: string;
  readonly first: number;
  readonly text: string;
}): ReactNode {
  const { numbers, text } = numberedLines(props.text, props.first);
  return (
    <div className="mt-1 flex overflow-x-auto rounded-md border border-line bg-surface font-mono text-sm">
      <pre aria-hidden="true" className="px-2 py-1 text-right text-muted select-none">
        {numbers}
      </pre>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard */}
      <pre role="document" aria-label={props.label} tabIndex={0} className="flex-1 py-1 pr-2">
        {text}
      </pre>
    </div>
  );
}
