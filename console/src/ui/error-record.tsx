import type { ReactNode } from 'react';
import type { ErrorRecord } from '../../../src/model/error-record.ts';
import { visibleLines } from '../format/visible-lines.ts';

const MAX_CAUSES = 5;

/** An error on record: message, position, lines of the source, and the errors behind it. */
export function ErrorRecordView(props: {
  readonly error: ErrorRecord;
  readonly depth?: number;
}): ReactNode {
  const { error, depth = 0 } = props;
  const { name, message, location, codeFrame, stack, cause, errors = [] } = error;
  return (
    <div className="min-w-0 rounded-sm border border-line border-l-4 border-l-failed bg-surface p-2">
      <p className="break-words font-semibold text-failed">{name}</p>
      <p className="max-h-60 overflow-auto whitespace-pre-wrap break-words">
        {visibleLines(message)}
      </p>
      {location !== undefined && (
        <p className="mt-1 break-all font-mono text-sm text-muted">
          {`${location.file}:${location.line}:${location.column}`}
        </p>
      )}
      {codeFrame !== undefined && (
        <pre className="mt-1 overflow-x-auto rounded-sm bg-raised p-2 font-mono text-sm">
          {visibleLines(codeFrame)}
        </pre>
      )}
      {stack !== undefined && (
        <details className="mt-1">
          <summary className="cursor-pointer text-muted">Stack</summary>
          <pre className="max-h-80 overflow-auto rounded-sm bg-raised p-2 font-mono text-sm">
            {visibleLines(stack)}
          </pre>
        </details>
      )}
      {depth < MAX_CAUSES &&
        [...(cause === undefined ? [] : [cause]), ...errors].map((each, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the list of an error never changes
          <div key={index} className="mt-2">
            <p className="text-muted">Caused by</p>
            <ErrorRecordView error={each} depth={depth + 1} />
          </div>
        ))}
    </div>
  );
}
