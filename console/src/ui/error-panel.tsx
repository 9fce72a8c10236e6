import type { ReactNode } from 'react';
import { ApiError } from '../api/problems.ts';
import { visibleText } from '../format/visible-text.ts';
import { Button } from './button.tsx';

/** Line breaks are blanks; invisible characters are marks. */
const lineOf = (text: string): string => visibleText(text.replace(/\s+/gu, ' '));

/** States why something could not be shown or done, as the API did. */
export function ErrorPanel(props: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}): ReactNode {
  const { error, onRetry } = props;
  const fields = error instanceof ApiError ? error.fields : [];
  return (
    <div role="alert" className="rounded-md border border-failed bg-surface p-3">
      <p className="font-semibold text-failed">
        {error instanceof ApiError ? error.title : 'This did not work'}
      </p>
      <p className="mt-1 break-words">
        {lineOf(error instanceof Error ? error.message : String(error))}
      </p>
      {fields.length > 0 && (
        <ul className="mt-2 list-disc pl-5">
          {fields.map((field) => (
            <li key={`${field.in} ${field.field}`}>
              <code>{lineOf(field.field)}</code>: {lineOf(field.detail)}
            </li>
          ))}
        </ul>
      )}
      {onRetry !== undefined && (
        <div className="mt-3">
          <Button onClick={onRetry}>Try again</Button>
        </div>
      )}
    </div>
  );
}
