import { structuredPatch } from 'diff';
import { type ReactNode, useMemo } from 'react';
import { visibleLines } from '../../format/visible-lines.ts';

const CONTEXT_LINES = 4;
/** A comparison of longer texts could take seconds. */
const TIMEOUT_MS = 1_000;

const STYLES = {
  '+': 'bg-added text-ink',
  '-': 'bg-removed text-ink',
  ' ': '',
} as const;

/** The lines in which two texts differ, with some lines around them. */
export function TextDiff(props: {
  readonly label: string;
  readonly before: string;
  readonly after: string;
}): ReactNode {
  const { label, before, after } = props;
  const patch = useMemo(
    () =>
      structuredPatch('', '', before, after, undefined, undefined, {
        context: CONTEXT_LINES,
        timeout: TIMEOUT_MS,
      }),
    [before, after],
  );
  if (patch === undefined)
    return <p className="p-3">The texts are too large to be compared here.</p>;
  if (patch.hunks.length === 0) return <p className="p-3 text-muted">The texts are equal.</p>;
  return (
    <table aria-label={label} className="w-full font-mono text-sm">
      <tbody>
        {patch.hunks.map((hunk) => (
          <HunkRows
            key={`${hunk.oldStart} ${hunk.newStart}`}
            lines={hunk.lines}
            oldStart={hunk.oldStart}
            newStart={hunk.newStart}
          />
        ))}
      </tbody>
    </table>
  );
}

function HunkRows(props: {
  readonly lines: readonly string[];
  readonly oldStart: number;
  readonly newStart: number;
}): ReactNode {
  let [before, after] = [props.oldStart, props.newStart];
  const rows = props.lines
    .filter((line) => !line.startsWith('\\'))
    .map((line) => {
      const mark = line.startsWith('+') ? '+' : line.startsWith('-') ? '-' : ' ';
      const numbers = [mark === '+' ? '' : before, mark === '-' ? '' : after] as const;
      if (mark !== '+') before += 1;
      if (mark !== '-') after += 1;
      return { mark, numbers, text: line.slice(1) } as const;
    });
  return (
    <>
      <tr className="text-muted">
        <td colSpan={4} className="border-y border-line px-2 text-xs">
          lines {props.oldStart} and {props.newStart}
        </td>
      </tr>
      {rows.map(({ mark, numbers, text }) => (
        <tr key={numbers.join(' ')} className={STYLES[mark]}>
          <td className="w-10 px-1 text-right text-muted select-none">{numbers[0]}</td>
          <td className="w-10 px-1 text-right text-muted select-none">{numbers[1]}</td>
          <td className="w-4 select-none">
            <span aria-hidden="true">{mark}</span>
            <span className="sr-only">{MEANINGS[mark]}</span>
          </td>
          <td className="whitespace-pre-wrap wrap-anywhere pr-2">{visibleLines(text)}</td>
        </tr>
      ))}
    </>
  );
}

const MEANINGS = { '+': 'added', '-': 'removed', ' ': '' } as const;
