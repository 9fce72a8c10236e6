import { type CSSProperties, memo, type ReactNode } from 'react';
import { type AnsiSpan, parseAnsiLine } from '../../../format/ansi.ts';
import type { SpanColours } from '../../../format/ansi-colours.ts';
import { formatClock } from '../../../format/clock-times.ts';
import { cutLine } from '../../../format/long-lines.ts';
import { formatCount } from '../../../format/numbers.ts';
import { formatIso } from '../../../format/times.ts';
import { visibleText } from '../../../format/visible-text.ts';
import type { ShownLine } from '../log-window.ts';
import './ansi.css';

const LEVEL_CLASSES: Readonly<Record<string, string>> = {
  warn: 'border-l-aborted-fill',
  error: 'border-l-failed-fill',
  fatal: 'border-l-failed-fill',
};

/** A line of a log with its time, as text. */
export const LogLine = memo(function LogLine(props: {
  readonly line: ShownLine;
  readonly timeZone: string;
  readonly source: string | undefined;
  readonly isSelected: boolean;
  readonly onSelect: (position: string) => void;
  readonly onShowAll: (line: ShownLine) => void;
}): ReactNode {
  const { line, timeZone, source, isSelected, onSelect, onShowAll } = props;
  const { shown, hidden } = cutLine(line.text);
  return (
    <div
      className={`flex h-4.5 items-center border-l-3 font-mono text-sm whitespace-pre ${LEVEL_CLASSES[line.level ?? ''] ?? 'border-l-transparent'} ${isSelected ? 'bg-selected' : ''}`}
    >
      <a
        href={`#L${line.position}`}
        className="w-28 shrink-0 px-2 text-right text-muted hover:text-ink"
        title={line.at === null ? 'Link to this line' : formatIso(line.at)}
        aria-label="Link to this line"
        onClick={(event) => {
          event.preventDefault();
          onSelect(line.position);
        }}
      >
        {line.at === null ? '·' : formatClock(line.at, timeZone)}
      </a>
      {source !== undefined && (
        <span className="w-36 shrink-0 truncate pr-2 text-muted" title={visibleText(source)}>
          {visibleText(source)}
        </span>
      )}
      <span className="pr-4">
        <AnsiText text={shown} />
        {hidden > 0 && (
          <button
            type="button"
            className="sticky right-2 ml-2 rounded-sm border border-line bg-surface px-1 text-accent"
            onClick={() => onShowAll(line)}
          >
            {`${formatCount(hidden)} more characters: show all`}
          </button>
        )}
      </span>
    </div>
  );
});

/** A line of a terminal. */
export function AnsiText({ text }: { readonly text: string }): ReactNode {
  return parseAnsiLine(text).map((span, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a line have no other identity
    <Span key={index} span={span} />
  ));
}

const styleOf = ({
  foreground,
  background,
  hue,
}: SpanColours): CSSProperties & { readonly '--ansi-hue': string | undefined } => ({
  color: foreground,
  backgroundColor: background,
  '--ansi-hue': hue,
});

function Span({ span }: { readonly span: AnsiSpan }): ReactNode {
  const { text, classes, colours, href } = span;
  const style = colours === undefined ? undefined : styleOf(colours);
  const content =
    classes === '' && style === undefined ? (
      text
    ) : (
      <span className={classes} style={style}>
        {text}
      </span>
    );
  if (href === undefined) return content;
  return (
    <>
      {content}
      {' ‹'}
      <a href={href} target="_blank" rel="noopener noreferrer" className="text-accent underline">
        {href}
      </a>
      {'›'}
    </>
  );
}
